//! A location: where telephones stand, how their numbers are built, and how the PBX there wants numbers and reports them.

mod check;
mod least_cost;
mod simple;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::check::limits;
pub use self::least_cost::{CallByCallProvider, HALF_HOURS, LeastCostRouting, TariffZone};
pub use self::simple::{SimplePlan, SimpleRule};

/// A location as it is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "LocationObject")]
#[ts(rename = "LocationObject")]
pub struct Location {
    /// Its name. Unique whatever its case.
    pub name: String,
    /// Its country: ISO 3166-1, two letters.
    pub country: String,
    /// Its area code, without the digits that introduce one: 30 rather than 030. Empty where numbers have none.
    pub area_code: String,
    /// Whether there is a PBX, which makes numbers internal or external.
    pub has_pbx: bool,
    /// The numbers that lead to its extensions.
    pub numbering: Numbering,
    /// What is dialled for an outside line.
    pub access_codes: AccessCodes,
    /// What is taken away from the front of reported numbers.
    pub strip: StripCodes,
    /// Whether the numbers of those who are really connected are ignored: for a PBX that reports them in many forms.
    pub ignore_connected_id: bool,
    /// Numbers that are external although they look internal. The first that fits is taken; a replacement is final and
    /// super-canonical.
    pub external_rules: Vec<NumberRule>,
    /// Numbers that are internal although they look external. The first that fits is taken; a replacement is final and
    /// super-canonical.
    pub internal_rules: Vec<NumberRule>,
    /// What the numbers of lines become that are no number of the location. Replacements are super-canonical.
    pub line_rules: Vec<NumberRule>,
    /// Rules that rewrite numbers.
    pub formatting: FormattingRules,
    /// Emergency calls by where the client is.
    pub emergency: Emergency,
    /// Providers by zone and time.
    pub least_cost_routing: LeastCostRouting,
    /// Area codes, without the digits that introduce one, after which letters stand for digits (ITU-T E.161): 700, 800. They
    /// count where a number's area code stands.
    pub vanity: Vec<String>,
    /// Projects, codes and private calls that a user chooses when dialling.
    pub projects: Vec<Project>,
    /// How calls are dialled in the North American numbering plan.
    pub north_america: NorthAmerica,
    /// Whether the area code is dialled for calls in the own area. Numbers are not completed with it then.
    pub always_area_code: bool,
    /// What the PBX is given.
    pub output: Output,
    /// Whether digits beyond the longest number of the country are sent as DTMF when the call is answered.
    pub split_long_numbers: bool,
    /// Numbers of other locations.
    pub network: LocationNetwork,
    /// By which rules numbers are read and dialled.
    pub dialect: Dialect,
    /// The rules of the simple dialect.
    pub simple: SimplePlan,
}

impl Default for Location {
    fn default() -> Location {
        Location {
            name: String::new(),
            country: String::new(),
            area_code: String::new(),
            has_pbx: true,
            numbering: Numbering::default(),
            access_codes: AccessCodes::default(),
            strip: StripCodes::default(),
            ignore_connected_id: false,
            external_rules: Vec::new(),
            internal_rules: Vec::new(),
            line_rules: Vec::new(),
            formatting: FormattingRules::default(),
            emergency: Emergency::default(),
            least_cost_routing: LeastCostRouting::default(),
            vanity: Vec::new(),
            projects: Vec::new(),
            north_america: NorthAmerica::default(),
            always_area_code: false,
            output: Output::default(),
            split_long_numbers: false,
            network: LocationNetwork::default(),
            dialect: Dialect::default(),
            simple: SimplePlan::default(),
        }
    }
}

/// The numbers that lead to a location's extensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Numbering {
    /// A base number to which extensions are appended (direct dialling in).
    Trunk {
        /// The number between area code and extension; empty: extensions follow the area code.
        #[serde(default)]
        base_number: String,
        /// Extensions of the same length, from one to another.
        #[serde(default)]
        ranges: Vec<ExtensionRange>,
        /// Extensions of several lengths, by what they begin with. Either this or `ranges`.
        #[serde(default)]
        prefixes: Option<ExtensionPrefixes>,
        /// Digits of the shortest internal number; 0: as 1.
        #[serde(default)]
        shortest: u32,
        /// Digits of the longest internal number; 0: none is known by its length.
        #[serde(default)]
        longest: u32,
    },
    /// Whole numbers, each leading to an internal one.
    Multipoint {
        /// The numbers.
        #[serde(default)]
        numbers: Vec<SubscriberNumber>,
        /// Digits of the shortest internal number; 0: as 1.
        #[serde(default)]
        shortest: u32,
        /// Digits of the longest internal number; 0: none is known by its length.
        #[serde(default)]
        longest: u32,
    },
}

impl Default for Numbering {
    fn default() -> Numbering {
        Numbering::Trunk { base_number: String::new(), ranges: Vec::new(), prefixes: None, shortest: 0, longest: 0 }
    }
}

/// Extensions from one to another, all with as many digits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRange {
    /// The first.
    pub from: String,
    /// The last.
    pub to: String,
}

/// Extensions by what they begin with, as long as internal numbers are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct ExtensionPrefixes {
    /// The lowest first digit.
    pub from: String,
    /// The highest first digit.
    pub to: String,
}

/// A number of its own that leads to an internal one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct SubscriberNumber {
    /// Super-canonical: +, country, area, number.
    pub number: String,
    /// The internal number.
    pub internal: String,
}

/// What is dialled for an outside line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct AccessCodes {
    /// For calls in the own area, and for special and emergency numbers whatever `output` is.
    pub local: String,
    /// For calls in the own country.
    pub national: String,
    /// For calls to other countries.
    pub international: String,
    /// For private calls, with the places `e`, `E`, `u` and `U` of [`Project::code`]; empty: as for other calls.
    pub private: String,
    /// For the number that a PBX is to forward calls to.
    pub forwarding: String,
}

impl Default for AccessCodes {
    fn default() -> AccessCodes {
        let [local, national, international, forwarding] = std::array::from_fn(|_| "0".to_owned());
        AccessCodes { local, national, international, private: String::new(), forwarding }
    }
}

/// Access codes that are taken away from the front of what the PBX reports, each by the kind of number. The longest that
/// fits is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct StripCodes {
    /// Numbers of incoming calls.
    pub incoming: Vec<String>,
    /// Numbers of outgoing calls.
    pub outgoing: Vec<String>,
    /// Numbers that calls are forwarded to.
    pub forwarding: Vec<String>,
    /// Who is really connected with an incoming call.
    pub connected_incoming: Vec<String>,
    /// Who is really connected with an outgoing call.
    pub connected_outgoing: Vec<String>,
}

impl Default for StripCodes {
    fn default() -> StripCodes {
        let [incoming, outgoing, forwarding, connected_incoming, connected_outgoing] =
            std::array::from_fn(|_| vec!["0".to_owned()]);
        StripCodes { incoming, outgoing, forwarding, connected_incoming, connected_outgoing }
    }
}

/// Something that a number is compared with, and what it becomes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct NumberRule {
    /// What it is for.
    pub description: String,
    /// How it is compared.
    pub compare: Comparison,
    /// The regular expression, or the whole number.
    pub pattern: String,
    /// What the whole number becomes, `\1` being what the pattern's first bracket holds; null: it stays.
    pub replacement: Option<String>,
}

/// How a number is compared with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// As a regular expression, found anywhere in the number.
    #[default]
    Regex,
    /// Digit by digit.
    Equal,
}

/// Rules that rewrite numbers. In each list, the first that fits is taken.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct FormattingRules {
    /// For reported numbers of incoming calls.
    pub incoming: Vec<NumberRule>,
    /// For reported numbers of outgoing calls.
    pub outgoing: Vec<NumberRule>,
    /// For numbers that are dialled, while they are super-canonical or, where they lead to an extension here, that extension.
    /// What is not super-canonical then is dialled as it is, without a code for an outside line, and counts as internal.
    pub dialling: Vec<NumberRule>,
    /// For numbers that are dialled, just before the PBX gets them.
    pub dialling_final: Vec<NumberRule>,
}

/// Emergency calls by where the client is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Emergency {
    /// Whether the rules are used.
    pub enabled: bool,
    /// The rules; the first with the client's network and the number is taken.
    pub rules: Vec<EmergencyRule>,
}

/// What goes before an emergency number that is dialled in a network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct EmergencyRule {
    /// Its name: letters and digits.
    pub name: String,
    /// The clients' network: CIDR, for IPv6 perhaps with a zone: 192.0.2.0/24, fe80::%3/64.
    pub subnet: String,
    /// The emergency numbers.
    pub numbers: Vec<String>,
    /// What the PBX gets before the number, by which it knows the place.
    pub prefix: String,
}

/// Something that a user chooses for a call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Project {
    /// Its name. Unique.
    pub name: String,
    /// What is dialled before the number, or noted: digits, `*`, `#`; `C` waits for the answer; `e` is a digit of a PIN and `E`
    /// all of one; `u` is a digit of a user's number and `U` all of one; `p` waits for half a second and `P` for one; `N`
    /// is the number, at the end without it; `J` notes user and PIN; `X` lets the number have its access code.
    pub code: String,
    /// What it is for.
    #[serde(rename = "use")]
    #[ts(rename = "use")]
    pub used_for: ProjectUse,
}

impl Project {
    /// Whether calls with it are private.
    pub fn is_private(&self) -> bool {
        self.used_for == ProjectUse::Private
    }
}

/// What a project is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProjectUse {
    /// It is noted in the journal and not dialled.
    #[default]
    Journal,
    /// It is dialled and noted.
    DialAndJournal,
    /// It is dialled and not noted.
    Dial,
    /// The call is private: its access code is that of private calls, and others do not see the number.
    Private,
}

/// How calls are dialled in the North American numbering plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct NorthAmerica {
    /// Which calls in the own area are free.
    pub own_area: OwnArea,
    /// The prefixes of the own area that `own_area` means: the digits after the area code.
    pub own_prefixes: Vec<String>,
    /// Other areas that are free and dialled without the long-distance digit; empty: all are long distance.
    pub free_areas: Vec<AreaCodeRule>,
}

/// Which calls in the own area are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum OwnArea {
    /// All.
    #[default]
    Free,
    /// All but those with the prefixes.
    FreeBut,
    /// Those with the prefixes.
    ChargedBut,
}

/// Numbers of an area.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct AreaCodeRule {
    /// The area code: three digits.
    pub area_code: String,
    /// The digits after it; empty: the whole area.
    pub prefixes: Vec<String>,
}

/// What the PBX is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// What a telephone would dial.
    #[default]
    Dialled,
    /// The super-canonical number (E.164 with +). Special and emergency numbers have none: they are dialled as they are, behind
    /// [`AccessCodes::local`], which is to be empty where nothing goes before them.
    E164,
}

/// Numbers of other locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct LocationNetwork {
    /// Whether it is one of the locations that know each other's numbers. These must not overlap.
    pub enabled: bool,
    /// Whether reported extensions of the others become their super-canonical numbers.
    pub detect: bool,
    /// Whether typed extensions of the others are known by their super-canonical numbers. With `output` `e164` these are dialled.
    pub search: bool,
    /// Whether super-canonical numbers of the others are dialled as extensions.
    pub shorten: bool,
}

/// By which rules numbers are read and dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// All that a location has but `simple`.
    #[default]
    Full,
    /// What `simple` has, and nothing else.
    Simple,
}

#[cfg(test)]
mod tests;
