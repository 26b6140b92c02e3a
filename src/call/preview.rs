//! How a number would be dialled on a line, for whoever is about to call. Nothing is dialled, and no call is touched.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::cause::CauseCode;
use super::directory::Directory;
use super::numbers::{Around, LONGEST_TYPED, Typed, cause_of};
use crate::ids::{LineGroupId, LineId};
use crate::numbers::{DialPlan, Preview, Reach, name_in};

/// Where a number leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// To somebody at the PBX, or at that of another location.
    Internal,
    /// Into the public network.
    External,
    /// To those who help in an emergency.
    Emergency,
}

impl Directory {
    /// The dial plan of a line's location, where it has one.
    pub fn plan_of(&self, line: LineId) -> Option<&DialPlan> {
        self.plan(self.group_of(line)?)
    }

    /// What the PBX of a connection would get for what a person types, and where that leads; none where it is dialled as it is
    /// typed: without a location, and names.
    ///
    /// # Errors
    /// Why nothing would be dialled.
    pub fn preview(
        &self,
        group: LineGroupId,
        typed: &Typed,
        around: Around<'_>,
    ) -> Result<Option<(Preview, Destination)>, CauseCode> {
        let Some(plan) = self.plan(group) else { return Ok(None) };
        if typed.text.len() > LONGEST_TYPED {
            return Err(CauseCode::InvalidNumber);
        }
        match plan.preview(&typed.text, &self.circumstances(group, typed, around)) {
            Ok(_) if name_in(&typed.text).is_some() => Ok(None),
            Ok(preview) => {
                let destination = match preview.reach {
                    _ if preview.emergency => Destination::Emergency,
                    Reach::Internal => Destination::Internal,
                    Reach::External => Destination::External,
                };
                Ok(Some((preview, destination)))
            }
            Err(why) => Err(cause_of(&why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::call::directory::{LineEntry, LineGroupEntry};
    use crate::numbers::country::Countries;
    use crate::numbers::{Location, Numbers};

    const LOCATED: LineGroupId = LineGroupId(0);
    const BARE: LineGroupId = LineGroupId(1);

    /// A connection in Berlin, and one without a location.
    fn directory() -> Directory {
        let berlin: Location = serde_json::from_value(json!({
            "name": "Berlin", "country": "DE", "area_code": "30",
            "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "100", "to": "299" }] },
            "formatting": { "dialling_final": [{ "pattern": "^0?(5555|031)$", "replacement": "" }] },
            "projects": [{ "name": "Bridge", "code": "77eeeeX", "use": "dial" }],
        }))
        .unwrap();
        let numbers = Arc::new(Numbers::new([("berlin", &berlin)], &Countries::default()));
        let group = LineGroupEntry {
            emergency_numbers: vec!["112".into(), "5555".into(), "031".into()],
            ..LineGroupEntry::default()
        };
        let line = LineEntry {
            group: LOCATED,
            number: "100".into(),
            known: None,
            users: Vec::new(),
            redirections: Vec::new(),
            voice_mailbox: None,
        };
        let groups = vec![group.clone(), group];
        let mut directory = Directory { lines: vec![line], groups, ..Directory::default() };
        directory.locate([Some("berlin".to_owned()), None], numbers);
        directory
    }

    fn asked(group: LineGroupId, typed: Typed, forwarding: bool) -> Result<Option<(Preview, Destination)>, CauseCode> {
        directory().preview(group, &typed, Around { forwarding, ..Around::default() })
    }

    fn dialled(typed: &str) -> (String, Destination) {
        let (preview, destination) = asked(LOCATED, typed.into(), false).unwrap().unwrap();
        (preview.dialled, destination)
    }

    #[test]
    fn a_number_is_shown_as_it_is_dialled() {
        assert_eq!(dialled("089 55 66"), ("00895566".into(), Destination::External));
        assert_eq!(dialled("030 1234 142"), ("142".into(), Destination::Internal));
        assert_eq!(directory().plan_of(LineId(0)).map(DialPlan::name), Some("Berlin"));
        assert!(directory().plan_of(LineId(1)).is_none());
    }

    #[test]
    fn for_help_nothing_stands_in_the_way() {
        assert_eq!(dialled("112"), ("0112".into(), Destination::Emergency));
        assert_eq!(dialled("5555"), ("5555".into(), Destination::Emergency), "also where a rule leaves nothing of it");
        let with_project = Typed { project: Some("Bridge".into()), ..Typed::from("112") };
        let (preview, destination) = asked(LOCATED, with_project, false).unwrap().unwrap();
        assert_eq!((preview.dialled.as_str(), destination), ("0112", Destination::Emergency), "no PIN is asked for");
        let (_, forwarded) = asked(LOCATED, "112".into(), true).unwrap().unwrap();
        assert_eq!(forwarded, Destination::External);
    }

    #[test]
    fn what_is_dialled_as_it_is_typed_has_no_preview() {
        assert_eq!(asked(BARE, "089 55 66".into(), false), Ok(None));
        for name in ["mira.hoffmann", "mira2", "room-101"] {
            assert_eq!(asked(LOCATED, name.into(), false), Ok(None), "{name}");
        }
    }

    #[test]
    fn why_nothing_is_dialled_is_told() {
        let with = |project: &str, pin: &str| Typed {
            project: Some(project.to_owned()),
            pin: pin.to_owned(),
            ..Typed::from("089 55 66")
        };
        for (typed, cause) in [
            ("+".into(), CauseCode::InvalidNumber),
            ("".into(), CauseCode::InvalidNumber),
            (format!("089 55 66{}", " ".repeat(LONGEST_TYPED)).into(), CauseCode::InvalidNumber),
            (with("Tunnel", ""), CauseCode::UnknownProject),
            (with("Bridge", "12"), CauseCode::PinNeeded),
        ] {
            assert_eq!(asked(LOCATED, typed, false), Err(cause));
        }
        assert_eq!(asked(LOCATED, "5555".into(), true), Err(CauseCode::NumberSuppressed), "nobody needs help there");
    }
}
