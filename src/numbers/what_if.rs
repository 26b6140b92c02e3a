//! What changed rules would have made of past numbers.

use schemars::JsonSchema;
use serde::Serialize;
use ts_rs::TS;

use super::dialled::Circumstances;
use super::kind::NumberKind;
use super::lcr::{Day, Moment};
use super::past::SeenNumber;
use super::plan::DialPlan;
use super::project::AfterAnswer;
use super::reported::Reach;

/// Numbers that are told at most, those that came last.
pub(super) const MOST_CHANGED: usize = 500;
/// The tariff of past numbers, whenever they were dialled: noon of a working day.
const NOON: Moment = Moment { day: Day::Weekday, minute: 12 * 60 };

/// What changed rules would have made of past numbers, or of the first part of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema, TS)]
pub struct WhatIf {
    /// How many numbers were looked at.
    pub checked: u32,
    /// How many of them would have become others.
    pub total: u32,
    /// These, the one that came last first.
    pub changed: Vec<ChangedNumber>,
    /// Whether there are more than are told.
    pub truncated: bool,
    /// How many numbers are left to be looked at.
    pub left: u32,
    /// Where there are some: they came last before this time, in milliseconds since 1970.
    pub next: Option<f64>,
}

/// A past number of which changed rules make something else.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct ChangedNumber {
    /// What it was.
    pub kind: NumberKind,
    /// What was typed or reported.
    pub text: String,
    /// How often it came.
    pub count: u32,
    /// When it came last, in milliseconds since 1970.
    pub last_at: f64,
    /// What becomes of it as it is.
    pub before: NumberResult,
    /// What would become of it.
    pub after: NumberResult,
}

/// What becomes of a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema, TS)]
pub struct NumberResult {
    /// What the PBX gets, or what a reported number is; null: nothing.
    pub number: Option<String>,
    /// What follows when it is answered.
    pub then: Vec<AfterAnswer>,
    /// Whether it is internal; null: there is no number.
    pub reach: Option<Reach>,
}

/// Compares what two plans make of past numbers, the latest first, until it is enough. Numbers that came at the same time are not
/// parted. `listed` are the emergency numbers of those who dial there.
pub fn what_if(
    before: Option<&DialPlan>,
    after: &DialPlan,
    listed: &[String],
    past: &[SeenNumber],
    is_enough: &dyn Fn() -> bool,
) -> WhatIf {
    let mut found = WhatIf::default();
    let mut last = None;
    for (at, SeenNumber { number, count }) in past.iter().enumerate() {
        if last.is_some_and(|last| last != number.at) && is_enough() {
            found.left = (past.len() - at) as u32;
            found.next = last;
            break;
        }
        last = Some(number.at);
        found.checked += 1;
        let kind = number.kind;
        let before = before.map(|plan| plan.result(kind, &number.text, listed)).unwrap_or_default();
        let after = after.result(kind, &number.text, listed);
        if before == after {
            continue;
        }
        found.total += 1;
        if found.changed.len() < MOST_CHANGED {
            let (text, count, last_at) = (number.text.clone(), *count, number.at);
            found.changed.push(ChangedNumber { kind, text, count, last_at, before, after });
        } else {
            found.truncated = true;
        }
    }
    found
}

impl DialPlan {
    fn result(&self, kind: NumberKind, text: &str, listed: &[String]) -> NumberResult {
        if let Some(kind) = kind.reported() {
            let reported = self.reported(kind, text);
            return reported.map_or_else(NumberResult::default, |reported| NumberResult {
                number: Some(reported.number),
                then: Vec::new(),
                reach: Some(reported.reach),
            });
        }
        let around = Circumstances {
            moment: NOON,
            forwarding: kind == NumberKind::Forwarding,
            emergency_numbers: listed,
            ..Circumstances::default()
        };
        self.dialled(text, &around).map_or_else(
            |_| NumberResult::default(),
            |dialled| NumberResult { number: Some(dialled.number), then: dialled.then, reach: Some(dialled.reach) },
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::numbers::Location;
    use crate::numbers::country::tests::countries;
    use crate::numbers::past::PastNumber;

    fn plan(external: &str) -> DialPlan {
        let location: Location = serde_json::from_value(json!({
            "name": "Berlin", "country": "DE", "area_code": "30",
            "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "10", "to": "19" }], "longest": 4 },
            "external_rules": [{ "pattern": external }]
        }))
        .unwrap();
        DialPlan::of(&location, [], &countries()).unwrap()
    }

    fn seen(kind: NumberKind, text: &str, at: f64) -> SeenNumber {
        let number = PastNumber { location: "a".into(), kind, text: text.into(), at };
        SeenNumber { number, count: 3 }
    }

    #[test]
    fn only_what_becomes_something_else_is_told() {
        let caller = NumberKind::Caller;
        let past =
            [seen(NumberKind::Typed, "4711", 9.0), seen(caller, "4711", 8.0), seen(NumberKind::Typed, "089123", 7.0)];
        let found = what_if(Some(&plan("^9999$")), &plan("^4711$"), &[], &past, &|| false);
        assert_eq!((found.checked, found.total, found.truncated), (3, 2, false));
        let [typed, reported] = &found.changed[..] else { panic!("{found:?}") };
        assert_eq!((typed.kind, typed.count, typed.last_at), (NumberKind::Typed, 3, 9.0));
        let dialled = |result: &NumberResult| (result.number.clone().unwrap(), result.reach.unwrap());
        assert_eq!(dialled(&typed.before), ("4711".to_owned(), Reach::Internal));
        assert_eq!(dialled(&typed.after), ("04711".to_owned(), Reach::External));
        assert_eq!(dialled(&reported.after), ("+49304711".to_owned(), Reach::External));
        assert_eq!(what_if(Some(&plan("^1")), &plan("^1"), &[], &past, &|| false).total, 0);
    }

    #[test]
    fn the_list_is_bounded() {
        let past: Vec<_> = (0..MOST_CHANGED + 7).map(|_| seen(NumberKind::Typed, "4711", 0.0)).collect();
        let found = what_if(Some(&plan("^9999$")), &plan("^4711$"), &[], &past, &|| false);
        assert_eq!((found.changed.len(), found.total as usize), (MOST_CHANGED, MOST_CHANGED + 7));
        assert!(found.truncated);
    }

    #[test]
    fn parts_leave_no_number_out_and_take_none_twice() {
        let times = [9.0, 8.0, 8.0, 8.0, 7.0, 5.0, 5.0];
        let past: Vec<_> = times.map(|at| seen(NumberKind::Typed, "4711", at)).into();
        let (before, after) = (plan("^9999$"), plan("^4711$"));
        let (mut rest, mut parts) = (past.as_slice(), Vec::new());
        loop {
            let part = what_if(Some(&before), &after, &[], rest, &|| true);
            parts.push((part.checked, part.left));
            let Some(next) = part.next else { break };
            rest = &rest[rest.partition_point(|number| number.number.at >= next)..];
        }
        assert_eq!(parts, [(1, 6), (3, 3), (1, 2), (2, 0)]);
    }
}
