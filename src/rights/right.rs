//! The rights that one user can have on another, and the levels that give them: the table that everything else reads.

use std::fmt;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

/// What a right is about: the sections of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// What is shown of a contact.
    Contact,
    /// Presence, note and appointments.
    Presence,
    /// Telephone numbers, and whether a line is in use.
    Phone,
    /// The first line (business number).
    FirstLine,
    /// The second line (second business number).
    SecondLine,
    /// All further lines.
    AdditionalLine,
    /// Conversations with sound and picture among users.
    AudioVideo,
}

impl Section {
    /// All of them, in the table's order.
    pub const ALL: [Section; 7] = [
        Section::Contact,
        Section::Presence,
        Section::Phone,
        Section::FirstLine,
        Section::SecondLine,
        Section::AdditionalLine,
        Section::AudioVideo,
    ];

    /// Its heading in English.
    pub fn english(self) -> &'static str {
        match self {
            Section::Contact => "Contact data",
            Section::Presence => "Presence",
            Section::Phone => "Telephone",
            Section::FirstLine => "First line (business)",
            Section::SecondLine => "Second line (business 2)",
            Section::AdditionalLine => "Additional lines",
            Section::AudioVideo => "Audio and video",
        }
    }

    /// Its heading in German.
    pub fn german(self) -> &'static str {
        match self {
            Section::Contact => "Kontaktdaten",
            Section::Presence => "Präsenz",
            Section::Phone => "Telefon",
            Section::FirstLine => "Erste Leitung (geschäftlich)",
            Section::SecondLine => "Zweite Leitung (geschäftlich 2)",
            Section::AdditionalLine => "Weitere Leitungen",
            Section::AudioVideo => "Audio und Video",
        }
    }
}

/// A cell of the table: `X`, the level gives the right; `-`, it does not.
macro_rules! gives {
    (X) => {
        true
    };
    (-) => {
        false
    };
}

/// Makes [`Right`] and its table. A row: name, code, the levels Public, Business, Team member and Personal, English, German.
macro_rules! rights {
    ($($section:ident { $($(#[doc = $doc:literal])* $right:ident = $code:literal,
        $public:tt $business:tt $team:tt $personal:tt, $english:literal, $german:literal;)* })*) => {
        /// What one user may see of another, or do for them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
        pub enum Right {
            $($($(#[doc = $doc])* #[serde(rename = $code)] $right,)*)*
        }

        impl Right {
            /// All of them, in the table's order.
            pub const ALL: &'static [Right] = &[$($(Right::$right),*),*];

            /// The right as it stands in JSON.
            pub fn code(self) -> &'static str {
                match self { $($(Right::$right => $code),*),* }
            }

            /// What it is about.
            pub fn section(self) -> Section {
                match self { $($(Right::$right => Section::$section),*),* }
            }

            /// What it allows, in English.
            pub fn english(self) -> &'static str {
                match self { $($(Right::$right => $english),*),* }
            }

            /// What it allows, in German.
            pub fn german(self) -> &'static str {
                match self { $($(Right::$right => $german),*),* }
            }

            /// Which of the levels Public, Business, Team member and Personal give it.
            const fn levels(self) -> [bool; 4] {
                match self {
                    $($(Right::$right => [gives!($public), gives!($business), gives!($team), gives!($personal)]),*),*
                }
            }
        }
    };
}

rights! {
    Contact {                                                   // Public, Business, Team member, Personal
        /// The picture, wherever the user is shown.
        SeePicture = "see_picture",                                X X X X, "See the picture", "Bild sehen";
        /// The name for people to read.
        SeeDisplayName = "see_display_name",                       X X X X, "See the displayed name", "Angezeigten Namen sehen";
        /// Title.
        SeeTitle = "see_title",                                    X X X X, "See the title", "Titel sehen";
        /// Company.
        SeeCompany = "see_company",                                X X X X, "See the company", "Firma sehen";
        /// Department.
        SeeDepartment = "see_department",                          - X X X, "See the department", "Abteilung sehen";
        /// Office.
        SeeOffice = "see_office",                                  - X X X, "See the office", "Büro sehen";
        /// Street, postal code, city, state and country.
        SeeAddress = "see_address",                                - X X X, "See the business address", "Geschäftsadresse sehen";
        /// The business number.
        SeeBusiness = "see_business",                              X X X X, "See the business number", "Geschäftliche Nummer sehen";
        /// The second business number.
        SeeBusiness2 = "see_business2",                            X X X X, "See the second business number", "Zweite geschäftliche Nummer sehen";
        /// The mobile number.
        SeeMobile = "see_mobile",                                  X X X X, "See the mobile number", "Mobilnummer sehen";
        /// The pager number.
        SeePager = "see_pager",                                    - X X X, "See the pager number", "Pagernummer sehen";
        /// The private number.
        SeePrivate = "see_private",                                - - - X, "See the private number", "Private Nummer sehen";
        /// Numbers that a directory has beside those above.
        SeeOtherNumbers = "see_other_numbers",                     - - - X, "See other numbers", "Weitere Nummern sehen";
        /// The fax number.
        SeeFax = "see_fax",                                        - X X X, "See the fax number", "Faxnummer sehen";
        /// The e-mail address.
        SeeEmail = "see_email",                                    X X X X, "See the e-mail address", "E-Mail-Adresse sehen";
        /// The identity, `user@domain`.
        SeeIdentity = "see_identity",                              X X X X, "See the identity (SIP address)", "Identität (SIP-Adresse) sehen";
        /// The website.
        SeeWebsite = "see_website",                                - X X X, "See the website", "Webseite sehen";
    }
    Presence {
        /// Present, absent and so on.
        SeePresence = "see_presence",                              X X X X, "See the presence", "Präsenz sehen";
        /// Change it for the user.
        SetPresence = "set_presence",                              - - X X, "Set the presence", "Präsenz setzen";
        /// The note beside the presence.
        SeeNote = "see_note",                                      X X X X, "See the note", "Notiz sehen";
        /// Change it for the user.
        SetNote = "set_note",                                      - - X X, "Set the note", "Notiz setzen";
        /// That there is a private appointment, as "private".
        SeePrivateAppointments = "see_private_appointments",       - X X X, "See that there are private appointments", "Sehen, dass es private Termine gibt";
        /// Subject and place of private appointments.
        SeePrivateDetails = "see_private_details",                 - - - X, "See subject and place of private appointments", "Betreff und Ort privater Termine sehen";
        /// Appointments that are not private.
        SeePublicAppointments = "see_public_appointments",         - X X X, "See public appointments", "Öffentliche Termine sehen";
    }
    Phone {
        /// The numbers of all the user's lines.
        SeeNumbers = "see_numbers",                                X X X X, "See the numbers of the lines", "Nummern der Leitungen sehen";
        /// Free or busy, of each line.
        SeeLineStatus = "see_line_status",                         - X X X, "See whether lines are free or busy", "Sehen, ob Leitungen frei oder besetzt sind";
    }
    FirstLine {
        /// Whom the user calls there.
        FirstSeeOutgoing = "first_see_outgoing",                   - X X X, "See whom the user calls", "Sehen, wen der Benutzer anruft";
        /// Who calls there.
        FirstSeeIncoming = "first_see_incoming",                   - X X X, "See who calls", "Sehen, wer anruft";
        /// That calls are forwarded.
        FirstSeeDiversions = "first_see_diversions",               X X X X, "See that calls are forwarded", "Sehen, dass Anrufe umgeleitet werden";
        /// Where calls are forwarded to.
        FirstSeeDiversionNumber = "first_see_diversion_number",    - X X X, "See where calls are forwarded to", "Sehen, wohin Anrufe umgeleitet werden";
        /// Change how calls are forwarded.
        FirstSetDiversions = "first_set_diversions",               - - - X, "Set forwarding", "Umleitungen setzen";
        /// Take a call that rings there.
        FirstPickUp = "first_pick_up",                             - - X X, "Pick up calls", "Anrufe heranholen";
    }
    SecondLine {
        /// Whom the user calls there.
        SecondSeeOutgoing = "second_see_outgoing",                 - - X X, "See whom the user calls", "Sehen, wen der Benutzer anruft";
        /// Who calls there.
        SecondSeeIncoming = "second_see_incoming",                 - - X X, "See who calls", "Sehen, wer anruft";
        /// That calls are forwarded.
        SecondSeeDiversions = "second_see_diversions",             X X X X, "See that calls are forwarded", "Sehen, dass Anrufe umgeleitet werden";
        /// Where calls are forwarded to.
        SecondSeeDiversionNumber = "second_see_diversion_number",  - - X X, "See where calls are forwarded to", "Sehen, wohin Anrufe umgeleitet werden";
        /// Change how calls are forwarded.
        SecondSetDiversions = "second_set_diversions",             - - - X, "Set forwarding", "Umleitungen setzen";
        /// Take a call that rings there.
        SecondPickUp = "second_pick_up",                           - - - X, "Pick up calls", "Anrufe heranholen";
    }
    AdditionalLine {
        /// Whom the user calls there.
        AdditionalSeeOutgoing = "additional_see_outgoing",         - - X X, "See whom the user calls", "Sehen, wen der Benutzer anruft";
        /// Who calls there.
        AdditionalSeeIncoming = "additional_see_incoming",         - - X X, "See who calls", "Sehen, wer anruft";
        /// That calls are forwarded.
        AdditionalSeeDiversions = "additional_see_diversions",     X X X X, "See that calls are forwarded", "Sehen, dass Anrufe umgeleitet werden";
        /// Where calls are forwarded to.
        AdditionalSeeDiversionNumber = "additional_see_diversion_number", - - X X, "See where calls are forwarded to", "Sehen, wohin Anrufe umgeleitet werden";
        /// Change how calls are forwarded.
        AdditionalSetDiversions = "additional_set_diversions",     - - - -, "Set forwarding", "Umleitungen setzen";
        /// Take a call that rings there.
        AdditionalPickUp = "additional_pick_up",                   - - - -, "Pick up calls", "Anrufe heranholen";
    }
    AudioVideo {
        /// That the user cannot be reached by audio and video, without whether it is for a conversation.
        SeeAvStatus = "see_av_status",                             X X X X, "See whether audio and video are available", "Sehen, ob Audio und Video verfügbar sind";
        /// That the user is in a conversation.
        SeeAvBusy = "see_av_busy",                                 - - X X, "See that the user is in a conversation", "Sehen, dass der Benutzer im Gespräch ist";
        /// With whom.
        SeeAvParticipants = "see_av_participants",                 - - X X, "See who takes part in a conversation", "Gesprächsteilnehmer sehen";
    }
}

// One bit each.
const _: () = assert!(Right::ALL.len() <= 64);

/// What can be done with a line that is somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum LineRight {
    /// See whether it is free or busy.
    SeeStatus,
    /// See who is called there.
    SeeOutgoing,
    /// See who calls there.
    SeeIncoming,
    /// See that calls are forwarded.
    SeeDiversions,
    /// See where to.
    SeeDiversionNumber,
    /// Change it.
    SetDiversions,
    /// Take a call that rings there.
    PickUp,
}

/// Which of a user's lines it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The first phone, and lines with the business number.
    First,
    /// The second phone, and lines with the second business number.
    Second,
    /// All others.
    Additional,
}

impl LineRight {
    /// All of them, in the table's order.
    pub const ALL: [LineRight; 7] = [
        LineRight::SeeStatus,
        LineRight::SeeOutgoing,
        LineRight::SeeIncoming,
        LineRight::SeeDiversions,
        LineRight::SeeDiversionNumber,
        LineRight::SetDiversions,
        LineRight::PickUp,
    ];

    /// The right that allows it on a user's line of that place.
    pub fn at(self, place: Place) -> Right {
        let [first, second, additional] = match self {
            LineRight::SeeStatus => [Right::SeeLineStatus; 3],
            LineRight::SeeOutgoing => [Right::FirstSeeOutgoing, Right::SecondSeeOutgoing, Right::AdditionalSeeOutgoing],
            LineRight::SeeIncoming => [Right::FirstSeeIncoming, Right::SecondSeeIncoming, Right::AdditionalSeeIncoming],
            LineRight::SeeDiversions => {
                [Right::FirstSeeDiversions, Right::SecondSeeDiversions, Right::AdditionalSeeDiversions]
            }
            LineRight::SeeDiversionNumber => {
                [Right::FirstSeeDiversionNumber, Right::SecondSeeDiversionNumber, Right::AdditionalSeeDiversionNumber]
            }
            LineRight::SetDiversions => {
                [Right::FirstSetDiversions, Right::SecondSetDiversions, Right::AdditionalSetDiversions]
            }
            LineRight::PickUp => [Right::FirstPickUp, Right::SecondPickUp, Right::AdditionalPickUp],
        };
        match place {
            Place::First => first,
            Place::Second => second,
            Place::Additional => additional,
        }
    }
}

/// A set of rights. In JSON it is the list of their codes, in the table's order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, JsonSchema, TS)]
#[ts(as = "Vec<Right>")]
pub struct RightSet(#[schemars(with = "Vec<Right>")] u64);

impl RightSet {
    /// No right.
    pub const EMPTY: RightSet = RightSet(0);

    /// Every right there is.
    pub const ALL: RightSet = RightSet(u64::MAX >> (64 - Right::ALL.len()));

    /// Whether the right is in it.
    pub const fn contains(self, right: Right) -> bool {
        self.0 & (1 << right as u32) != 0
    }

    /// This set and that right.
    pub const fn with(self, right: Right) -> RightSet {
        RightSet(self.0 | 1 << right as u32)
    }

    /// What is in one of them or in both.
    pub const fn union(self, other: RightSet) -> RightSet {
        RightSet(self.0 | other.0)
    }

    /// Whether everything in the other is in this one.
    pub const fn includes(self, other: RightSet) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is no right in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rights in it, in the table's order.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.iter().copied().filter(move |right| self.contains(*right))
    }

    /// The rights that the level in that column of the table gives.
    const fn of_column(column: usize) -> RightSet {
        let mut set = RightSet::EMPTY;
        let mut at = 0;
        while at < Right::ALL.len() {
            if Right::ALL[at].levels()[column] {
                set = set.with(Right::ALL[at]);
            }
            at += 1;
        }
        set
    }
}

impl FromIterator<Right> for RightSet {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        rights.into_iter().fold(RightSet::EMPTY, RightSet::with)
    }
}

impl fmt::Debug for RightSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for RightSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for RightSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Right>::deserialize(deserializer).map(RightSet::from_iter)
    }
}

/// A ready-made set of rights. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing.
    #[default]
    None,
    /// What anybody in the company may know.
    Public,
    /// What people who work together need.
    Business,
    /// What people who stand in for each other need.
    TeamMember,
    /// Everything that a level can give.
    Personal,
}

impl Level {
    /// All of them, the least first.
    pub const ALL: [Level; 5] = [Level::None, Level::Public, Level::Business, Level::TeamMember, Level::Personal];

    /// The rights it gives.
    pub const fn rights(self) -> RightSet {
        const COLUMNS: [RightSet; 5] = [
            RightSet::EMPTY,
            RightSet::of_column(0),
            RightSet::of_column(1),
            RightSet::of_column(2),
            RightSet::of_column(3),
        ];
        COLUMNS[self as usize]
    }

    /// The least level that gives the right; None where none does.
    pub fn that_gives(right: Right) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.rights().contains(right))
    }

    /// Its name in English.
    pub fn english(self) -> &'static str {
        match self {
            Level::None => "None",
            Level::Public => "Public",
            Level::Business => "Business",
            Level::TeamMember => "Team member",
            Level::Personal => "Personal",
        }
    }

    /// Its name in German.
    pub fn german(self) -> &'static str {
        match self {
            Level::None => "Keine",
            Level::Public => "Öffentlich",
            Level::Business => "Geschäftlich",
            Level::TeamMember => "Teammitglied",
            Level::Personal => "Persönlich",
        }
    }
}

/// Rights that are given: those of a level, or chosen one by one.
///
/// In JSON `{ "level": "business" }` or `{ "level": "special", "rights": ["see_presence"] }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(try_from = "GrantShape", into = "GrantShape")]
#[ts(as = "GrantShape")]
pub enum Grant {
    /// Those of a level.
    Level(Level),
    /// Chosen one by one.
    Special(RightSet),
}

impl Default for Grant {
    fn default() -> Self {
        Grant::Level(Level::None)
    }
}

impl Grant {
    /// The rights.
    pub const fn rights(self) -> RightSet {
        match self {
            Grant::Level(level) => level.rights(),
            Grant::Special(rights) => rights,
        }
    }
}

/// A [`Grant`] as it stands in JSON.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Grant")]
#[ts(rename = "Grant")]
pub struct GrantShape {
    /// The level, or `special`.
    level: GrantLevel,
    /// The rights, with `special` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    rights: Option<RightSet>,
}

/// A level, or `special`: rights chosen one by one.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema, TS)]
#[serde(untagged)]
pub enum GrantLevel {
    /// A level.
    Level(Level),
    /// Rights chosen one by one.
    Special(SpecialLevel),
}

/// The word `special`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum SpecialLevel {
    /// Rights chosen one by one.
    Special,
}

impl<'de> Deserialize<'de> for GrantLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "special" {
            return Ok(GrantLevel::Special(SpecialLevel::Special));
        }
        let level = Level::deserialize(serde::de::value::StrDeserializer::<D::Error>::new(&text));
        level
            .map(GrantLevel::Level)
            .map_err(|_| D::Error::custom("expected none, public, business, team_member, personal or special"))
    }
}

impl TryFrom<GrantShape> for Grant {
    type Error = &'static str;

    fn try_from(shape: GrantShape) -> Result<Self, Self::Error> {
        match (shape.level, shape.rights) {
            (GrantLevel::Level(level), None) => Ok(Grant::Level(level)),
            (GrantLevel::Special(_), Some(rights)) => Ok(Grant::Special(rights)),
            (GrantLevel::Level(_), Some(_)) => Err("expected no rights beside a level other than special"),
            (GrantLevel::Special(_), None) => Err("expected rights beside the level special"),
        }
    }
}

impl From<Grant> for GrantShape {
    fn from(grant: Grant) -> Self {
        match grant {
            Grant::Level(level) => GrantShape { level: GrantLevel::Level(level), rights: None },
            Grant::Special(rights) => {
                GrantShape { level: GrantLevel::Special(SpecialLevel::Special), rights: Some(rights) }
            }
        }
    }
}
