//! What becomes of a number at a location, as it is explained to people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::country::{Countries, Place};
use super::dialled::{Circumstances, DialledNumber, NotDialled};
use super::kind::NumberKind;
use super::plan::DialPlan;
use super::reported::{Reach, ReportedNumber};
use super::step::Step;

/// Characters of what is explained; no number has more.
pub const MOST_EXPLAINED: usize = 1_000;

/// What becomes of a number, and how. One of `reported`, `dialled` and `not_dialled` is there, or none of them where there is
/// no number to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[schemars(rename = "ExplainedNumber")]
#[ts(rename = "ExplainedNumber")]
pub struct Explained {
    /// The name of the location.
    pub location: String,
    /// What a reported number is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reported: Option<ReportedNumber>,
    /// What the PBX gets for a typed number. May have a PIN in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub dialled: Option<DialledNumber>,
    /// Why nothing is dialled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub not_dialled: Option<NotDialled>,
    /// As it is shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub shown: Option<String>,
    /// The town or region of an external number, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub place: Option<Place>,
    /// What was done, in this order. May have a PIN in it.
    pub steps: Vec<Step>,
}

impl DialPlan {
    /// What becomes of a number under circumstances, and how. Whether calls are to be forwarded there, `meant` says.
    pub fn explain(
        &self,
        meant: NumberKind,
        text: &str,
        around: &Circumstances<'_>,
        countries: &Countries,
    ) -> Explained {
        let nothing = Explained {
            location: self.location.name.clone(),
            reported: None,
            dialled: None,
            not_dialled: None,
            shown: None,
            place: None,
            steps: Vec::new(),
        };
        let place = |number: &str, reach| countries.place(number).filter(|_| reach == Reach::External);
        if let Some(kind) = meant.reported() {
            let (reported, steps) = self.explain_reported(kind, text);
            let shown = reported.as_ref().map(|reported| self.display(&reported.number));
            let place = reported.as_ref().and_then(|reported| place(&reported.number, reported.reach));
            return Explained { reported, shown, place, steps, ..nothing };
        }
        let around = Circumstances { forwarding: meant == NumberKind::Forwarding, ..*around };
        match self.explain_dialled(text, &around) {
            (Ok(dialled), steps) => {
                let shown = Some(self.display(&dialled.canonical));
                let place = place(&dialled.canonical, dialled.reach);
                Explained { dialled: Some(dialled), shown, place, steps, ..nothing }
            }
            (Err(reason), steps) => Explained { not_dialled: Some(reason), steps, ..nothing },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::numbers::Location;
    use crate::numbers::country::tests::countries;

    fn berlin() -> DialPlan {
        let location: Location = serde_json::from_value(json!({
            "name": "Berlin", "country": "DE", "area_code": "30",
            "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "10", "to": "99" }] },
            "access_codes": { "forwarding": "9" }
        }))
        .unwrap();
        DialPlan::of(&location, [], &countries()).unwrap()
    }

    fn explained(meant: NumberKind, text: &str) -> serde_json::Value {
        serde_json::to_value(berlin().explain(meant, text, &Circumstances::default(), &Countries::default())).unwrap()
    }

    #[test]
    fn the_meaning_decides_what_is_explained() {
        let typed = explained(NumberKind::Typed, "089 5566");
        assert_eq!((&typed["location"], &typed["dialled"]["number"]), (&json!("Berlin"), &json!("00895566")));
        assert_eq!((&typed["shown"], &typed["place"]["german"]), (&json!("+49 (89) 5566"), &json!("München")));
        assert_eq!(explained(NumberKind::Typed, "030 1234 42").get("place"), None, "everybody knows where that is");
        assert_eq!(explained(NumberKind::Forwarding, "089 5566")["dialled"]["number"], "90895566");
        let reported = explained(NumberKind::Caller, "00895566");
        assert_eq!((&reported["reported"]["number"], reported.get("dialled")), (&json!("+49895566"), None));
        let nothing = explained(NumberKind::Typed, "?");
        assert_eq!((&nothing["not_dialled"], nothing.get("shown")), (&json!("empty"), None));
        assert!(!nothing["steps"].as_array().unwrap().is_empty());
    }

    #[test]
    fn what_is_told_is_read_again() {
        let told = berlin().explain(NumberKind::Typed, "+49 30 1234 42", &Circumstances::default(), &countries());
        let text = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<Explained>(&text).unwrap(), told);
    }
}
