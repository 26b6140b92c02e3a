//! How something typed would be dialled, for whoever is about to call: without what was entered for a code.

use super::dialled::{Circumstances, DialledNumber, NotDialled};
use super::location::{Dialect, Project};
use super::plan::DialPlan;
use super::project::{AfterAnswer, Places, is_dialled, wants_access_code};
use super::reported::Reach;
use super::step::Trace;

/// Stands for each character of what was entered.
const HIDDEN: char = '•';

/// How something typed would be dialled. Nothing in it was entered for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What the PBX gets, `•` standing for each character of what was entered.
    pub dialled: String,
    /// What `dialled` begins with for an outside line; empty where nothing is, or a rule has made something else of it.
    pub access_code: String,
    /// What follows when it is answered, hidden in the same way.
    pub then: Vec<AfterAnswer>,
    /// Super-canonical where it can be.
    pub canonical: String,
    /// As people read it.
    pub shown: String,
    /// Where it leads.
    pub reach: Reach,
    /// Whether others do not see the number.
    pub private: bool,
    /// Whether it is for emergencies.
    pub emergency: bool,
}

impl DialPlan {
    /// How something typed would be dialled.
    ///
    /// # Errors
    /// Nothing would be dialled.
    pub fn preview(&self, typed: &str, around: &Circumstances<'_>) -> Result<Preview, NotDialled> {
        let mut trace = Trace::default();
        let dialled = self.dial(typed, around, &mut trace)?;
        let length = trace.access_code;
        let dialled = self.without_entries(dialled, typed, around, HIDDEN);
        let DialledNumber { number, then, canonical, reach, private, emergency, .. } = dialled;
        Ok(Preview {
            access_code: number.chars().take(length).collect(),
            dialled: number,
            then,
            shown: self.display(&canonical),
            canonical,
            reach,
            private,
            emergency,
        })
    }

    /// The projects that a user can choose.
    pub fn projects(&self) -> &[Project] {
        match self.location.dialect {
            Dialect::Full => &self.location.projects,
            Dialect::Simple => &[],
        }
    }

    /// What has to be entered for a call with a project, or a private one without.
    pub fn places(&self, project: Option<&Project>) -> Places {
        let dialled = project.filter(|project| is_dialled(project)).map(|project| project.code.as_str());
        let is_private = project.is_none_or(Project::is_private);
        let has_access_code = is_private && dialled.is_none_or(wants_access_code);
        let access_code = Some(self.location.access_codes.private.as_str()).filter(|_| has_access_code);
        match self.location.dialect {
            Dialect::Full => Places::of(dialled.unwrap_or_default()).or(Places::of(access_code.unwrap_or_default())),
            Dialect::Simple => Places::default(),
        }
    }

    /// Whether a user can choose the same as at another location.
    pub fn offers_as(&self, other: &DialPlan) -> bool {
        self.projects() == other.projects() && self.places(None) == other.places(None)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::numbers::country::tests::countries;
    use crate::numbers::{Entries, Location, Missing, Numbers};

    fn numbers(more: Value) -> Numbers {
        let mut location = json!({
            "name": "Munich", "country": "DE", "area_code": "89",
            "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "10", "to": "99" }], "shortest": 2, "longest": 2 },
        });
        let (Some(all), Value::Object(more)) = (location.as_object_mut(), more) else { panic!("objects") };
        all.extend(more);
        let location: Location = serde_json::from_value(location).unwrap();
        Numbers::new([("a", &location)], &countries())
    }

    fn preview(more: Value, typed: &str, around: Circumstances<'_>) -> Result<Preview, NotDialled> {
        numbers(more).plan("a").unwrap().preview(typed, &around)
    }

    fn with<'a>(project: &'a str, pin: &'a str, user: &'a str) -> Circumstances<'a> {
        let project = Some(project).filter(|project| !project.is_empty());
        Circumstances { project, entries: Entries { pin, user }, ..Circumstances::default() }
    }

    #[test]
    fn a_number_with_its_access_code_apart() {
        let outside = preview(json!({}), "0049 (30) 55 66", Circumstances::default()).unwrap();
        assert_eq!((outside.dialled.as_str(), outside.access_code.as_str()), ("00305566", "0"));
        assert_eq!((outside.canonical.as_str(), outside.shown.as_str()), ("+49305566", "+49 (30) 5566"));
        assert_eq!((outside.reach, outside.private), (Reach::External, false));
        let inside = preview(json!({}), "089 1234 42", Circumstances::default()).unwrap();
        assert_eq!((inside.dialled.as_str(), inside.access_code.as_str(), inside.shown.as_str()), ("42", "", "42"));
        assert_eq!(inside.reach, Reach::Internal);
        let changed = json!({ "formatting": { "dialling_final": [{ "pattern": "^0(.*)", "replacement": "7\\1" }] } });
        let changed = preview(changed, "030 5566", Circumstances::default()).unwrap();
        assert_eq!(
            (changed.dialled.as_str(), changed.access_code.as_str()),
            ("70305566", ""),
            "not told apart any more"
        );
        let help = preview(json!({}), "112", Circumstances::default()).unwrap();
        assert_eq!((help.dialled.as_str(), help.access_code.as_str(), help.emergency), ("0112", "0", true));
        let project = json!({ "projects": [{ "name": "Code", "code": "*60#X", "use": "dial" }] });
        let within = preview(project, "030 55", with("Code", "", "")).unwrap();
        assert_eq!((within.dialled.as_str(), within.access_code.as_str()), ("*60#003055", ""), "within a code");
        let raw = preview(json!({}), "!030", Circumstances::default()).unwrap();
        assert_eq!((raw.dialled.as_str(), raw.access_code.as_str()), ("030", ""));
    }

    #[test]
    fn the_digits_of_a_pin_are_hidden_wherever_they_come_to() {
        let projects = json!({ "projects": [
            { "name": "Code", "code": "*60eeee#X", "use": "dial" },
            { "name": "Card", "code": "0080012345678CP#eeeeeeee#uuuu#N#", "use": "dial" },
            { "name": "Any", "code": "*1E*", "use": "dial" },
        ] });
        let code = preview(projects.clone(), "030 55", with("Code", "6000", "")).unwrap();
        assert_eq!((code.dialled.as_str(), code.access_code.as_str()), ("*60••••#003055", ""), "only where the PIN is");
        let card = preview(projects.clone(), "030 55", with("Card", "12345678", "4321")).unwrap();
        assert_eq!(card.dialled, "0080012345678");
        assert_eq!(card.then, [AfterAnswer::Pause(1000), AfterAnswer::Digits("#••••••••#••••#03055#".into())]);
        let any = preview(projects, "030 55", with("Any", "1*9", "")).unwrap();
        assert_eq!(any.dialled, "*1•••*03055");
        let turned = json!({
            "access_codes": { "private": "9eee" },
            "formatting": { "dialling_final": [{ "pattern": "^9(...)(.*)", "replacement": "\\2*\\1" }] }
        });
        let around = Circumstances { private: true, ..with("", "123", "") };
        assert_eq!(
            preview(turned, "030 55", around).unwrap().dialled,
            "03055*•••",
            "also where a rule puts it elsewhere"
        );
        let chosen = json!({
            "access_codes": { "private": "9eee" },
            "formatting": { "dialling_final": [{ "pattern": "^9(123)(.*)", "replacement": "\\1" }] }
        });
        let chosen = preview(chosen, "030 55", Circumstances { private: true, ..with("", "123", "") }).unwrap();
        assert_eq!((chosen.dialled.as_str(), chosen.private), ("•••", true), "and where one goes by it");
    }

    #[test]
    fn the_access_code_of_private_calls_hides_its_pin() {
        let location = json!({ "access_codes": { "private": "9eee" } });
        let private = preview(location, "030 55", Circumstances { private: true, ..with("", "909", "") }).unwrap();
        assert_eq!((private.dialled.as_str(), private.access_code.as_str()), ("9•••03055", "9•••"));
    }

    #[test]
    fn what_has_to_be_entered_is_known_before() {
        let numbers = numbers(json!({
            "access_codes": { "private": "9eee" },
            "projects": [
                { "name": "Noted", "code": "eeee", "use": "journal" },
                { "name": "Code", "code": "*60eeee#uu", "use": "dial" },
                { "name": "Any", "code": "*60U#", "use": "dial_and_journal" },
                { "name": "Own", "code": "*7", "use": "private" },
                { "name": "Own X", "code": "*7U#X", "use": "private" },
            ]
        }));
        let plan = numbers.plan("a").unwrap();
        let places: Vec<_> = plan.projects().iter().map(|project| plan.places(Some(project))).collect();
        let place = |pin, user| Places { pin, user };
        assert_eq!(
            places,
            [
                place(None, None),
                place(Some(4), Some(2)),
                place(None, Some(0)),
                place(None, None),
                place(Some(3), Some(0))
            ]
        );
        assert_eq!(plan.places(None), place(Some(3), None));
        for (project, places) in plan.projects().iter().zip(places) {
            let pin = "1".repeat(places.pin.unwrap_or_default() as usize);
            let user = "1".repeat(places.user.map_or(0, |digits| digits.max(1)) as usize);
            assert!(plan.preview("030 55", &with(&project.name, &pin, &user)).is_ok(), "{}", project.name);
        }
        let missing = plan.preview("030 55", &with("Code", "1", "11"));
        assert_eq!(missing, Err(NotDialled::Missing(Missing::Pin(4))));
    }

    #[test]
    fn the_simple_dialect_has_no_projects() {
        let numbers =
            numbers(json!({ "dialect": "simple", "projects": [{ "name": "Code", "code": "eeee", "use": "dial" }] }));
        let plan = numbers.plan("a").unwrap();
        assert_eq!((plan.projects(), plan.places(None)), (&[][..], Places::default()));
    }
}
