//! Least-cost routing as it is set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Half hours of a day.
pub const HALF_HOURS: usize = 48;

/// Providers by zone and time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct LeastCostRouting {
    /// Whether it is used.
    pub enabled: bool,
    /// Those who carry calls.
    pub providers: Vec<CallByCallProvider>,
    /// Where calls lead.
    pub zones: Vec<TariffZone>,
}

/// Who carries a call when a prefix is dialled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct CallByCallProvider {
    /// Its name. Unique.
    pub name: String,
    /// What is dialled before the number: 01013.
    pub prefix: String,
}

/// Numbers that cost the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct TariffZone {
    /// Its name. Unique.
    pub name: String,
    /// How its numbers begin, super-canonical: +49171. Of all zones, the longest that fits is taken.
    pub prefixes: Vec<String>,
    /// Providers of the 48 half hours from Monday to Friday, null for none; empty: none.
    pub weekdays: Vec<Option<String>>,
    /// The same for Saturday.
    pub saturday: Vec<Option<String>>,
    /// The same for Sunday.
    pub sunday: Vec<Option<String>>,
}
