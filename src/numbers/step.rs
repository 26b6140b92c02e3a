//! Steps: what was done to a number, in order, and for each rule that did not act, why.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::problem::fill;
use schemars::JsonSchema;

/// Makes an enum with a table: code, sentence in English, in German. `{}` stands for values, in their order.
macro_rules! notes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $english:literal, $german:literal;)*) => {
        /// What a step did, or why it or one of its rules did nothing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
        pub enum NoteCode {
            $($(#[doc = $doc])* #[serde(rename = $code)] $variant,)*
        }

        impl NoteCode {
            /// Every code, in the table's order.
            pub const ALL: &'static [NoteCode] = &[$(NoteCode::$variant),*];

            /// The code as it stands in JSON.
            pub fn code(self) -> &'static str {
                match self { $(NoteCode::$variant => $code),* }
            }

            /// The sentence in English, `{}` where values go.
            pub fn english(self) -> &'static str {
                match self { $(NoteCode::$variant => $english),* }
            }

            /// The sentence in German, `{}` where values go.
            pub fn german(self) -> &'static str {
                match self { $(NoteCode::$variant => $german),* }
            }
        }
    };
}

notes! {
    /// It had nothing to do.
    Unchanged = "unchanged", "Nothing to do.", "Nichts zu tun.";
    /// Characters that are no part of a number were dropped.
    Removed = "removed", "Only what is part of a number is kept.", "Nur was zu einer Nummer gehört, bleibt.";
    /// There is nothing left of the number.
    Empty = "empty", "Nothing is left: there is no number.", "Es bleibt nichts übrig: Es gibt keine Nummer.";
    /// A rule fits and changes the number.
    RuleReplaced = "rule_replaced", "Rule {} fits and makes {} of it.", "Regel {} passt und macht {} daraus.";
    /// A rule fits and leaves nothing of the number.
    RuleEmptied = "rule_emptied", "Rule {} fits and leaves nothing of it.", "Regel {} passt und lässt nichts davon übrig.";
    /// A rule fits and leaves the number.
    RuleFits = "rule_fits", "Rule {} fits.", "Regel {} passt.";
    /// No rule of the list fits.
    NoRuleFits = "no_rule_fits", "No rule fits.", "Keine Regel passt.";
    /// There are no rules.
    NoRules = "no_rules", "There are no rules.", "Es gibt keine Regeln.";
    /// Formatting made a super-canonical number: nothing else is done.
    CanonicalAlready = "canonical_already", "The rules have made a super-canonical number of it: nothing else is done.", "Die Regeln haben daraus eine superkanonische Nummer gemacht: Sonst geschieht nichts mehr.";
    /// An access code was taken away.
    AccessCodeRemoved = "access_code_removed", "The access code {} is taken away, so the number is external.", "Die Amtskennziffer {} ist entfernt. Also ist die Nummer extern.";
    /// No access code is there.
    NoAccessCode = "no_access_code", "None of the codes of reported numbers stands before it: {}.", "Vor ihr steht keine der Amtskennziffern gemeldeter Nummern: {}.";
    /// No access code is set.
    NoAccessCodes = "no_access_codes", "For reported numbers of this kind no codes are set.", "Für gemeldete Nummern dieser Art sind keine Amtskennziffern angegeben.";
    /// Without a PBX there are no internal numbers.
    NoPbx = "no_pbx", "There is no PBX here: every number is external.", "Hier gibt es keine Telefonanlage: Jede Nummer ist extern.";
    /// It is one of the location's extensions.
    Extension = "extension", "{} is an extension here: internal.", "{} ist hier eine Durchwahl: intern.";
    /// It is not one of the location's extensions.
    NoExtension = "no_extension", "It is none of the extensions here.", "Sie ist keine der Durchwahlen hier.";
    /// It is an extension of another location.
    OtherLocation = "other_location", "It is an extension of {}: internal.", "Sie ist eine Durchwahl von {}: intern.";
    /// No other location has this extension.
    NoOtherLocation = "no_other_location", "No other location has this extension.", "Kein anderer Standort hat diese Durchwahl.";
    /// Other locations are not looked at.
    DetectionOff = "detection_off", "Numbers of other locations are not looked for here.", "Nummern anderer Standorte werden hier nicht gesucht.";
    /// A step that is not needed any more.
    LeftOutDecided = "left_out_decided", "Left out: a step before has decided whether it is internal.", "Entfällt: Ob sie intern ist, hat ein Schritt davor entschieden.";
    /// As long as internal numbers are.
    InternalLength = "internal_length", "It has {} digits, as internal numbers have: internal.", "Sie hat {} Ziffern wie interne Nummern: intern.";
    /// Not as long as internal numbers are.
    OtherLength = "other_length", "Internal numbers have {} digits at least and {} at most, and nothing else: external.", "Interne Nummern haben mindestens {} und höchstens {} Ziffern und sonst nichts: extern.";
    /// Internal numbers have no known length.
    NoLength = "no_length", "The length of internal numbers is not set: external.", "Die Länge interner Nummern ist nicht angegeben: extern.";
    /// A code of the PBX.
    FeatureCode = "feature_code", "It begins with * or #, so it is meant for the PBX: internal.", "Sie beginnt mit * oder #, ist also für die Telefonanlage: intern.";
    /// A special external rule fits.
    External = "external", "Rule {} fits: external.", "Regel {} passt: extern.";
    /// A special internal rule fits.
    Internal = "internal", "Rule {} fits: internal.", "Regel {} passt: intern.";
    /// A provider's prefix was taken away.
    ProviderRemoved = "provider_removed", "The provider's prefix {} is taken away.", "Die Vorwahl {} des Anbieters ist entfernt.";
    /// No provider's prefix is there.
    NoProvider = "no_provider", "It has no provider's prefix before it.", "Vor ihr steht keine Vorwahl eines Anbieters.";
    /// Only outgoing numbers have prefixes of providers.
    OutgoingOnly = "outgoing_only", "Left out: only outgoing numbers have prefixes of providers.", "Entfällt: Nur ausgehende Nummern haben Vorwahlen von Anbietern.";
    /// It has been super-canonical.
    Canonical = "canonical", "It is super-canonical.", "Sie ist superkanonisch.";
    /// It has been super-canonical but for digits that do not belong there.
    Tidied = "tidied", "What is not dialled with a calling code is taken away.", "Was mit einer Landesvorwahl nicht gewählt wird, ist entfernt.";
    /// It began with the international prefix.
    International = "international", "{} introduces a calling code.", "{} leitet eine Landesvorwahl ein.";
    /// It began with the trunk prefix.
    National = "national", "{} introduces an area code: +{} goes before it.", "{} leitet eine Ortsvorwahl ein: +{} kommt davor.";
    /// It was whole but for the calling code.
    Whole = "whole", "It is a whole number of the country: +{} goes before it.", "Sie ist eine ganze Nummer des Landes: +{} kommt davor.";
    /// It was of the own area.
    Subscriber = "subscriber", "It is a number of the own area: +{} and the area code {} go before it.", "Sie ist eine Nummer des eigenen Ortsnetzes: +{} und die Ortsvorwahl {} kommen davor.";
    /// It was of the own area, and the area code is always dialled.
    NotCompleted = "not_completed", "The area code is always dialled here, so it is not completed: it stays.", "Die Ortsvorwahl wird hier immer gewählt. Also wird sie nicht ergänzt: Die Nummer bleibt.";
    /// A number without a country.
    Special = "special", "{} is a special number of the country: it stays.", "{} ist eine Sonderrufnummer des Landes: Sie bleibt.";
    /// Not a special number.
    NotSpecial = "not_special", "It is no special number of the country.", "Sie ist keine Sonderrufnummer des Landes.";
    /// An extension with a number that leads to it from outside.
    OwnHead = "own_head", "From outside, its number is {}.", "Von außen ist ihre Nummer {}.";
    /// An internal number without one from outside.
    InternalOnly = "internal_only", "It is internal and no number leads to it from outside: it stays.", "Sie ist intern, und von außen führt keine Nummer dorthin: Sie bleibt.";
    /// A code with * or #.
    NotConvertible = "not_convertible", "It has * or # in it: it stays.", "Sie enthält * oder #: Sie bleibt.";
    /// No country can be told.
    NotANumber = "not_a_number", "This cannot become a super-canonical number: it stays.", "Daraus lässt sich keine superkanonische Nummer machen: Sie bleibt.";
    /// The PBX's word on who is connected is not believed.
    ConnectedIgnored = "connected_ignored", "Connected numbers are ignored here.", "Die Nummern der Verbundenen werden hier nicht beachtet.";
    /// A rule's pattern does not fit.
    DoesNotFit = "does_not_fit", "Its pattern does not fit.", "Das Muster passt nicht.";
    /// A rule's number is another one.
    NotEqual = "not_equal", "The number is not equal to it.", "Die Nummer ist nicht gleich.";
    /// A rule further up was taken.
    EarlierRule = "earlier_rule", "Rule {}, which is tried earlier, was taken.", "Regel {}, die früher an der Reihe ist, wurde genommen.";
    /// A rule whose result would be final and is no number.
    ResultNotCanonical = "result_not_canonical", "It fits, but it would make {}, which is not super-canonical.", "Sie passt, ergäbe aber {}. Das ist nicht superkanonisch.";
    /// It is dialled as it was typed.
    Raw = "raw", "It begins with !, so the PBX gets it as it is.", "Sie beginnt mit !. Also bekommt die Anlage sie, wie sie ist.";
    /// It is a name.
    Name = "name", "It begins with a letter: it is a name, which the PBX gets as it is.", "Sie beginnt mit einem Buchstaben: Sie ist ein Name, den die Anlage bekommt, wie er ist.";
    /// An emergency number, from a network with a rule.
    EmergencyRule = "emergency_rule", "Rule {} is for {} from {}: {} goes before it, and nothing else is done.", "Regel {} gilt für {} aus {}: {} kommt davor, und sonst geschieht nichts.";
    /// An emergency number.
    EmergencyNumber = "emergency_number", "{} is an emergency number: nothing stands in its way.", "{} ist eine Notrufnummer: Nichts steht ihr im Weg.";
    /// An emergency number with the code for an outside line.
    EmergencyWhole = "emergency_whole", "It is an emergency number with the code for an outside line: it is dialled as it was typed.", "Sie ist eine Notrufnummer mit der Amtskennziffer: Sie wird gewählt, wie sie getippt wurde.";
    /// No rule keeps an emergency call back.
    EmergencyKept = "emergency_kept", "The rules leave nothing of it, but it is an emergency number: the PBX gets {}.", "Die Regeln lassen nichts von ihr übrig, aber sie ist eine Notrufnummer: Die Anlage bekommt {}.";
    /// Rules for emergency numbers are not used.
    EmergencyOff = "emergency_off", "Rules for emergency numbers are not in use here.", "Regeln für Notrufnummern werden hier nicht angewendet.";
    /// The client's address is not known.
    NoClient = "no_client", "No client whose address is known dials it, so no rule for emergency numbers can fit.", "Kein Client, dessen Adresse bekannt ist, wählt sie. Also kann keine Regel für Notrufnummern passen.";
    /// A rule's emergency numbers are others.
    OtherNumbers = "other_numbers", "It is for other numbers.", "Sie gilt für andere Nummern.";
    /// The client is in another network.
    OtherSubnet = "other_subnet", "The client is not in {}.", "Der Client ist nicht in {}.";
    /// Letters have become digits.
    Vanity = "vanity", "Letters after {} stand for digits.", "Buchstaben nach {} stehen für Ziffern.";
    /// Letters are dropped.
    NoVanity = "no_vanity", "Letters stand for digits only after the area codes set for that: they are dropped.", "Buchstaben stehen nur nach den dafür angegebenen Vorwahlen für Ziffern: Sie entfallen.";
    /// It is dialled at once.
    SpecialDialled = "special_dialled", "{} is a special number of the country: it is external and dialled as it is.", "{} ist eine Sonderrufnummer des Landes: Sie ist extern und wird gewählt, wie sie ist.";
    /// A step that special numbers do not have.
    LeftOutSpecial = "left_out_special", "Left out: special numbers are dialled as they are.", "Entfällt: Sonderrufnummern werden gewählt, wie sie sind.";
    /// A step that numbers of external rules do not have.
    LeftOutExternal = "left_out_external", "Left out: what a rule says is external is dialled as it is.", "Entfällt: Was laut Regel extern ist, wird gewählt, wie es ist.";
    /// A step that internal numbers do not have.
    LeftOutInternal = "left_out_internal", "Left out: internal numbers are dialled as they are.", "Entfällt: Interne Nummern werden gewählt, wie sie sind.";
    /// The call has a project.
    Project = "project", "The project {} with the code {} is dialled with it.", "Das Projekt {} mit der Kennziffer {} wird mitgewählt.";
    /// The project is not dialled.
    ProjectNoted = "project_noted", "The project {} is only noted in the journal.", "Das Projekt {} steht nur im Journal.";
    /// There is no project.
    NoProject = "no_project", "No project was chosen.", "Es ist kein Projekt gewählt.";
    /// Emergency calls have none.
    ProjectNotForSpecial = "project_not_for_special", "Special numbers are dialled without a project.", "Sonderrufnummern werden ohne Projekt gewählt.";
    /// A provider was chosen.
    Provider = "provider", "Zone {}: {} ({}) carries it at this time.", "Zone {}: {} ({}) vermittelt zu dieser Zeit.";
    /// A zone fits, and no provider is to be used.
    ZoneWithoutProvider = "zone_without_provider", "Zone {} has no provider at this time.", "Zone {} hat zu dieser Zeit keinen Anbieter.";
    /// No zone fits.
    NoZone = "no_zone", "It is in no zone.", "Sie ist in keiner Zone.";
    /// Least-cost routing is not used.
    LeastCostOff = "least_cost_off", "Least-cost routing is not in use here.", "Least-Cost-Routing wird hier nicht angewendet.";
    /// Not for where calls are forwarded to.
    LeastCostNotForwarding = "least_cost_not_forwarding", "Left out: a forwarding is there at all times.", "Entfällt: Eine Umleitung gilt zu jeder Zeit.";
    /// Not for internal numbers, nor with some projects or outputs.
    LeastCostNotHere = "least_cost_not_here", "Left out: internal numbers, whole numbers for the PBX and numbers within a code have no provider.", "Entfällt: Interne Nummern, ganze Nummern für die Anlage und Nummern innerhalb einer Kennziffer haben keinen Anbieter.";
    /// It leads to an own extension.
    Shortened = "shortened", "It leads to the extension {} here: internal.", "Sie führt hier zur Durchwahl {}: intern.";
    /// It leads elsewhere.
    NotOwn = "not_own", "It leads to no extension here.", "Sie führt hier zu keiner Durchwahl.";
    /// The PBX wants whole numbers.
    WholeWanted = "whole_wanted", "Left out: the PBX gets super-canonical numbers.", "Entfällt: Die Anlage bekommt superkanonische Nummern.";
    /// Within a code without X.
    WholeWithinCode = "whole_within_code", "Left out: within a project's code without X it is dialled as from outside.", "Entfällt: Innerhalb der Kennziffer eines Projekts ohne X wird sie gewählt wie von außen.";
    /// A rule has made something that is dialled.
    RuleDialled = "rule_dialled", "What the rule makes is not super-canonical, so it is dialled as it is.", "Was die Regel ergibt, ist nicht superkanonisch. Also wird es gewählt, wie es ist.";
    /// Other locations' numbers are not shortened.
    ShorteningOff = "shortening_off", "Numbers of other locations are not shortened here.", "Nummern anderer Standorte werden hier nicht gekürzt.";
    /// It leads to no other location.
    NotOfOther = "not_of_other", "It leads to no extension of another location.", "Sie führt zu keiner Durchwahl eines anderen Standorts.";
    /// Digits that do not belong to the number.
    Split = "split", "Numbers of this country have {} digits at most: {} follows as DTMF.", "Nummern dieses Landes haben höchstens {} Ziffern: {} folgt als DTMF.";
    /// As within an area.
    DialledLocal = "dialled_local", "A number of the own area: dialled as {}.", "Eine Nummer des eigenen Ortsnetzes: gewählt als {}.";
    /// As within an area that charges.
    DialledLocalCharged = "dialled_local_charged", "A number of the own area that costs: dialled as {}.", "Eine kostenpflichtige Nummer des eigenen Ortsnetzes: gewählt als {}.";
    /// As in a near area.
    DialledNear = "dialled_near", "A free number of another area: dialled as {}.", "Eine kostenlose Nummer eines anderen Ortsnetzes: gewählt als {}.";
    /// As within the country.
    DialledNational = "dialled_national", "A number of the own country: dialled as {}.", "Eine Nummer des eigenen Landes: gewählt als {}.";
    /// As abroad.
    DialledInternational = "dialled_international", "A number of another country: dialled as {}.", "Eine Nummer eines anderen Landes: gewählt als {}.";
    /// As it is.
    DialledAsIs = "dialled_as_is", "It is no super-canonical number: dialled as it is.", "Sie ist keine superkanonische Nummer: gewählt, wie sie ist.";
    /// With +.
    DialledWhole = "dialled_whole", "The PBX gets it super-canonical.", "Die Anlage bekommt sie superkanonisch.";
    /// The code for an outside line goes before it.
    AccessCode = "access_code", "{} goes before it for an outside line.", "{} kommt davor, für eine Amtsleitung.";
    /// There is no such code.
    NoAccessCodeSet = "no_access_code_set", "For such calls nothing is dialled before the number.", "Für solche Gespräche wird nichts vor der Nummer gewählt.";
    /// It needs none.
    NoAccessCodeNeeded = "no_access_code_needed", "It is internal or whole: it needs no access code.", "Sie ist intern oder ganz: Sie braucht keine Amtskennziffer.";
    /// The project's code has no X.
    AccessCodeByProject = "access_code_by_project", "The project's code has no X: there is no access code.", "Die Kennziffer des Projekts hat kein X: Es gibt keine Amtskennziffer.";
    /// The number in its project's code.
    InCode = "in_code", "The number goes into the code {}.", "Die Nummer kommt in die Kennziffer {}.";
    /// The end.
    Sent = "sent", "The PBX gets it.", "Die Anlage bekommt sie.";
    /// The end, with more to come.
    SentAndThen = "sent_and_then", "The PBX gets it; when it is answered, there follows {}.", "Die Anlage bekommt sie; nach der Annahme folgt {}.";
    /// A number of the own country, in the simple dialect.
    OwnCountry = "own_country", "It is a number of the country {}: it is dialled as within the country.", "Sie ist eine Nummer des Landes {}: Sie wird wie im Inland gewählt.";
    /// A rule for all numbers of the own country, or abroad.
    OwnCountryFirst = "own_country_first", "Left out: numbers of the own country are dialled as within the country.", "Entfällt: Nummern des eigenen Landes werden wie im Inland gewählt.";
    /// Digits were taken from the front.
    FrontRemoved = "front_removed", "{} is taken from the front.", "{} wird vorn entfernt.";
    /// Digits were put to the front.
    FrontAdded = "front_added", "{} is put before it.", "{} wird davor gesetzt.";
    /// Digits were taken from the front, and others put there.
    FrontChanged = "front_changed", "{} is taken from the front, and {} is put there.", "{} wird vorn entfernt und {} davor gesetzt.";
    /// A rule with a pattern that cannot be used.
    Unusable = "unusable", "Its pattern cannot be used.", "Das Muster ist nicht brauchbar.";
}

/// A note with what its sentence names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[schemars(rename = "NumberNote")]
#[ts(rename = "NumberNote")]
pub struct Note {
    /// Its code.
    pub code: NoteCode,
    /// What its sentence names.
    pub values: Vec<String>,
}

impl Note {
    pub(super) fn new(code: NoteCode, values: &[&dyn Display]) -> Note {
        Note { code, values: values.iter().map(ToString::to_string).collect() }
    }

    /// The sentence in English.
    pub fn english(&self) -> String {
        fill(self.code.english(), &self.values)
    }

    /// The sentence in German.
    pub fn german(&self) -> String {
        fill(self.code.german(), &self.values)
    }
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Only what a number has is kept.
    Characters,
    /// The rules for reported numbers.
    Formatting,
    /// Access codes are taken away.
    StripAccessCode,
    /// The rules for external numbers.
    ExternalRules,
    /// The location's own extensions.
    Extensions,
    /// The rules for internal numbers.
    InternalRules,
    /// Extensions of other locations.
    OtherLocations,
    /// Internal numbers by their length.
    InternalLength,
    /// A provider's prefix is taken away.
    StripProvider,
    /// The number becomes super-canonical.
    Canonical,
    /// What begins with `!` is not touched.
    Raw,
    /// Letters stand for digits.
    Vanity,
    /// Only digits, `+`, `*` and `#` are kept.
    Digits,
    /// Emergency numbers by the client's network.
    Emergency,
    /// Special numbers of the country.
    SpecialNumbers,
    /// The chosen project.
    Project,
    /// Least-cost routing.
    LeastCost,
    /// Numbers that lead here become extensions.
    OwnNumbers,
    /// The rules for dialling.
    DiallingRules,
    /// Numbers of other locations become extensions.
    Shorten,
    /// The number is written as it is dialled.
    Dialable,
    /// What is dialled for an outside line.
    AccessCode,
    /// The rules for what is dialled.
    FinalRules,
    /// The rules of the simple dialect.
    SimpleRules,
    /// Numbers of the own country in the simple dialect.
    OwnCountry,
    /// What the simple dialect does to the front of incoming numbers.
    Front,
    /// The PBX gets it.
    Send,
}

/// A rule that did not act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct SkippedRule {
    /// Its place in its list, from 0.
    pub at: usize,
    /// What it compares with.
    pub pattern: String,
    /// Why it did not act.
    pub reason: Note,
}

/// One step of a number's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[schemars(rename = "NumberStep")]
#[ts(rename = "NumberStep")]
pub struct Step {
    /// Its place in the order of steps. Several have the same where one decision has several parts.
    pub number: u8,
    /// What it is.
    pub name: StepName,
    /// The number before it.
    pub before: String,
    /// The number after it.
    pub after: String,
    /// What it did.
    pub note: Note,
    /// Rules of its list that did not act.
    pub skipped: Vec<SkippedRule>,
}

/// Notes steps, or nothing where nobody asks.
#[derive(Debug, Default)]
pub(super) struct Trace {
    steps: Option<Vec<Step>>,
    /// How many characters at the front of what is dialled are the code for an outside line, noted whoever asks; 0 where a
    /// later step has made something else of it.
    pub(super) access_code: usize,
}

impl Trace {
    /// One that notes.
    pub(super) fn on() -> Trace {
        Trace { steps: Some(Vec::new()), access_code: 0 }
    }

    /// Whether it notes.
    pub(super) fn is_on(&self) -> bool {
        self.steps.is_some()
    }

    /// Notes a step.
    pub(super) fn step(&mut self, at: (u8, StepName), change: (&str, &str), code: NoteCode, values: &[&dyn Display]) {
        self.with_skipped(at, change, (code, values), Vec::new);
    }

    /// Notes a step with rules.
    pub(super) fn with_skipped(
        &mut self,
        (number, name): (u8, StepName),
        (before, after): (&str, &str),
        (code, values): (NoteCode, &[&dyn Display]),
        skipped: impl FnOnce() -> Vec<SkippedRule>,
    ) {
        if let Some(steps) = &mut self.steps {
            let note = Note::new(code, values);
            steps.push(Step { number, name, before: before.into(), after: after.into(), note, skipped: skipped() });
        }
    }

    /// All that were noted.
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_have_as_many_places_in_both_languages() {
        for &code in NoteCode::ALL {
            let places = |sentence: &str| sentence.matches("{}").count();
            assert_eq!(places(code.english()), places(code.german()), "{}", code.code());
        }
    }
}
