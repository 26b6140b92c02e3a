//! Dial plans: locations, ready for numbers.

use std::collections::HashMap;
use std::sync::Arc;

use rlibphonenumber::Region;

use super::country::{Countries, Country, calling_code, keeps_zero};
use super::emergency::Subnet;
use super::extension::Extensions;
use super::lcr::Zones;
use super::location::{Location, Numbering};
use super::rule::Rules;
use super::simple::SimpleRules;

/// The dial plans of a site's locations. Two are equal where their locations and the countries of those are.
#[derive(Debug, Default)]
pub struct Numbers {
    plans: HashMap<String, Arc<DialPlan>>,
}

impl PartialEq for Numbers {
    fn eq(&self, other: &Numbers) -> bool {
        let same = |one: &Arc<DialPlan>, other: &Arc<DialPlan>| {
            Arc::ptr_eq(one, other)
                || one.location == other.location && one.country == other.country && one.longest == other.longest
        };
        let is_in_other = |(id, plan)| other.plans.get(id).is_some_and(|other| same(plan, other));
        self.plans.len() == other.plans.len() && self.plans.iter().all(is_in_other)
    }
}

impl Numbers {
    /// Those of locations, each with its id. A location of an unknown country has none.
    pub fn new<'a>(locations: impl IntoIterator<Item = (&'a str, &'a Location)>, countries: &Countries) -> Numbers {
        let mut known: HashMap<&str, Option<Arc<Country>>> = HashMap::new();
        let mut country = |location: &'a Location| {
            known.entry(&location.country).or_insert_with(|| countries.get(&location.country)).clone()
        };
        let places: Vec<Place<'a>> = locations
            .into_iter()
            .filter_map(|(id, location)| Some(Place { id, location, country: country(location)? }))
            .collect();
        let networked = places.iter().filter(|place| place.location.network.enabled);
        let networked: Vec<(&str, Arc<Other>)> = networked.map(|place| (place.id, Arc::new(place.other()))).collect();
        let plan = |place: &Place<'a>| {
            let others = networked.iter().filter(|(id, _)| *id != place.id && place.location.network.enabled);
            let others = others.map(|(_, other)| other.clone()).collect();
            let plan = DialPlan::new(place, others, countries)?;
            Some((place.id.to_owned(), Arc::new(plan)))
        };
        Numbers { plans: places.iter().filter_map(plan).collect() }
    }

    /// That of a location.
    pub fn plan(&self, location: &str) -> Option<&Arc<DialPlan>> {
        self.plans.get(location)
    }
}

/// A location with its country.
struct Place<'a> {
    id: &'a str,
    location: &'a Location,
    country: Arc<Country>,
}

impl Place<'_> {
    /// As other locations of the network see it.
    fn other(&self) -> Other {
        let Place { location, country, .. } = self;
        Other {
            name: location.name.clone(),
            head: Head::new(location, &country.calling_code, own_area(location, country)),
            extensions: Extensions::of(location),
        }
    }
}

/// A location, ready for numbers.
#[derive(Debug)]
pub struct DialPlan {
    pub(super) location: Location,
    pub(super) country: Arc<Country>,
    pub(super) region: Region,
    /// The area code without what introduces one.
    pub(super) area: String,
    /// How the numbers of its extensions begin.
    pub(super) head: Head,
    pub(super) extensions: Extensions,
    pub(super) external: Rules,
    pub(super) internal: Rules,
    pub(super) lines: Rules,
    pub(super) incoming: Rules,
    pub(super) outgoing: Rules,
    pub(super) dialling: Rules,
    pub(super) dialling_final: Rules,
    pub(super) subnets: Vec<Option<Subnet>>,
    pub(super) zones: Zones,
    pub(super) simple: SimpleRules,
    /// Digits after each calling code at most, where that is needed.
    pub(super) longest: HashMap<String, u32>,
    /// Other locations of the network, shared by all of them.
    pub(super) others: Vec<Arc<Other>>,
}

/// How the numbers of extensions look from outside.
#[derive(Debug, Clone)]
pub(super) enum Head {
    /// This, then the extension.
    Trunk(String),
    /// Each has its own: from outside and inside.
    Multipoint(Vec<(String, String)>),
}

impl Head {
    fn new(location: &Location, calling_code: &str, area: &str) -> Head {
        match &location.numbering {
            Numbering::Trunk { base_number, .. } => Head::Trunk(format!("+{calling_code}{area}{base_number}")),
            Numbering::Multipoint { numbers, .. } => {
                let pairs = numbers.iter().map(|number| (number.number.clone(), number.internal.clone()));
                Head::Multipoint(pairs.collect())
            }
        }
    }

    /// The super-canonical number of an extension.
    pub(super) fn outside(&self, extension: &str) -> Option<String> {
        match self {
            Head::Trunk(head) => Some(format!("{head}{extension}")),
            Head::Multipoint(pairs) => {
                pairs.iter().find(|(_, inside)| inside == extension).map(|(outside, _)| outside.clone())
            }
        }
    }

    /// The extension of a super-canonical number.
    pub(super) fn inside<'a>(&'a self, number: &'a str) -> Option<&'a str> {
        match self {
            Head::Trunk(head) => number.strip_prefix(head.as_str()).filter(|extension| !extension.is_empty()),
            Head::Multipoint(pairs) => {
                pairs.iter().find(|(outside, _)| outside == number).map(|(_, inside)| inside.as_str())
            }
        }
    }
}

/// Another location of the network.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) name: String,
    pub(super) head: Head,
    pub(super) extensions: Extensions,
}

impl DialPlan {
    /// That of one location beside the others of its site. None: it is in an unknown country.
    pub fn of<'a>(
        location: &'a Location,
        others: impl IntoIterator<Item = &'a Location>,
        countries: &Countries,
    ) -> Option<DialPlan> {
        let place =
            |location: &'a Location| Some(Place { id: "", location, country: countries.get(&location.country)? });
        let networked = others.into_iter().filter(|other| location.network.enabled && other.network.enabled);
        let others = networked.filter_map(place).map(|other| Arc::new(other.other())).collect();
        DialPlan::new(&place(location)?, others, countries)
    }

    fn new(place: &Place<'_>, others: Vec<Arc<Other>>, countries: &Countries) -> Option<DialPlan> {
        let Place { location, country, .. } = place;
        let area = own_area(location, country).to_owned();
        let mut location = (*location).clone();
        if location.simple.country_prefix.is_empty() {
            location.simple.country_prefix.clone_from(&country.calling_code);
        }
        Some(DialPlan {
            region: country.iso.parse().ok()?,
            head: Head::new(&location, &country.calling_code, &area),
            extensions: Extensions::of(&location),
            external: Rules::new(&location.external_rules),
            internal: Rules::new(&location.internal_rules),
            lines: Rules::new(&location.line_rules),
            incoming: Rules::new(&location.formatting.incoming),
            outgoing: Rules::new(&location.formatting.outgoing),
            dialling: Rules::new(&location.formatting.dialling),
            dialling_final: Rules::new(&location.formatting.dialling_final),
            subnets: location.emergency.rules.iter().map(|rule| Subnet::parse(&rule.subnet)).collect(),
            zones: Zones::new(&location.least_cost_routing),
            simple: SimpleRules::new(&location.simple),
            longest: if location.split_long_numbers { countries.longest_numbers() } else { HashMap::new() },
            others,
            country: country.clone(),
            area,
            location,
        })
    }

    /// The location's name.
    pub fn name(&self) -> &str {
        &self.location.name
    }

    /// The extension that a super-canonical number leads to.
    pub fn extension<'a>(&'a self, number: &'a str) -> Option<&'a str> {
        self.head.inside(number).filter(|extension| self.extensions.contains(extension))
    }

    /// The super-canonical number of an extension.
    pub(super) fn outside(&self, extension: &str) -> Option<String> {
        self.head.outside(extension).filter(|_| self.extensions.contains(extension))
    }

    /// Digits of the shortest and the longest internal number, where that is known.
    pub(super) fn internal_lengths(&self) -> Option<(usize, usize)> {
        let (Numbering::Trunk { shortest, longest, .. } | Numbering::Multipoint { shortest, longest, .. }) =
            &self.location.numbering;
        (*longest > 0).then_some((*shortest as usize, *longest as usize))
    }

    /// Whether a number is as long as internal ones, and has only digits.
    pub(super) fn is_internal_length(&self, number: &str) -> bool {
        let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
        is_digits
            && self.internal_lengths().is_some_and(|(shortest, longest)| (shortest..=longest).contains(&number.len()))
    }
}

/// The area code without what introduces one.
fn own_area<'a>(location: &'a Location, country: &Country) -> &'a str {
    area_code(&location.area_code, country.keeps_zero)
}

/// An area code without the 0 that people write before it: 030 for 30. Where the 0 belongs to the number it stays.
fn area_code(written: &str, keeps_zero: bool) -> &str {
    if keeps_zero { written } else { written.trim_start_matches('0') }
}

impl Location {
    /// Takes away the 0 that people write before the area code.
    pub fn tidy_area_code(&mut self) {
        self.area_code = self.tidy_area().to_owned();
    }

    fn tidy_area(&self) -> &str {
        match self.area_code.starts_with('0') {
            true => area_code(&self.area_code, keeps_zero(&self.country)),
            false => &self.area_code,
        }
    }

    /// The internal number that a super-canonical one leads to, which needs not be among the extensions.
    pub fn inside(&self, number: &str) -> Option<String> {
        match &self.numbering {
            Numbering::Trunk { base_number, .. } => {
                let rest = number.strip_prefix('+')?.strip_prefix(&calling_code(&self.country)?.to_string())?;
                let internal = rest.strip_prefix(self.tidy_area())?.strip_prefix(base_number.as_str())?;
                Some(internal.to_owned()).filter(|internal| !internal.is_empty())
            }
            Numbering::Multipoint { numbers, .. } => {
                numbers.iter().find(|own| own.number == number).map(|own| own.internal.clone())
            }
        }
    }
}
