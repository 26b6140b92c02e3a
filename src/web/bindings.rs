//! Which lines are whose, kept from one request to the next: to find that out takes a look at every user.

use std::sync::{Arc, Mutex, PoisonError};

use super::Labels;
use crate::site::binding::{Bindings, LineKey};
use crate::site::{Computer, Settings, Site, User, digits};

/// The lines that there are, and whose they are.
#[derive(Debug)]
pub(super) struct Bound {
    /// In the configuration's order.
    pub(super) lines: Vec<LineKey>,
    pub(super) bindings: Arc<Bindings>,
}

/// The last that was found out.
#[derive(Debug, Clone, Default)]
pub struct KeptBindings(Arc<Mutex<Option<Kept>>>);

/// What it was found out from.
#[derive(Debug)]
struct Kept {
    site: Site,
    labels: Arc<Labels>,
    bound: Arc<Bound>,
}

impl Kept {
    fn counts(&self, site: &Site, labels: &Arc<Labels>) -> bool {
        Arc::ptr_eq(&self.labels, labels)
            && self.site.shares::<User>(site)
            && self.site.shares::<Computer>(site)
            && self.site.shares::<Settings>(site)
            && self.site.shares_seats(site)
    }
}

impl KeptBindings {
    /// Those of a site and the lines that there are.
    pub(super) fn of(&self, site: &Site, labels: &Arc<Labels>) -> Arc<Bound> {
        // Whoever asks meanwhile waits: each would look at all users otherwise.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.counts(site, labels)) {
            return kept.bound.clone();
        }
        let lines = lines(labels);
        let bindings = Arc::new(Bindings::new(site, &lines, &digits));
        let bound = Arc::new(Bound { lines, bindings });
        *kept = Some(Kept { site: site.clone(), labels: labels.clone(), bound: bound.clone() });
        bound
    }

    /// Keeps what somebody else has found out.
    pub(super) fn keep(&self, site: &Site, labels: Arc<Labels>, bindings: Arc<Bindings>) {
        let bound = Arc::new(Bound { lines: lines(&labels), bindings });
        let kept = Kept { site: site.clone(), labels, bound };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

fn lines(labels: &Labels) -> Vec<LineKey> {
    let there = labels.lines.iter().filter(|line| !line.removed);
    there
        .filter_map(|line| Some(LineKey { group: labels.group(line.group)?.name.clone(), number: line.number.clone() }))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::call::service::Services;
    use crate::ids::LineGroupId;
    use crate::site::{Change, Kind, ObjectId, Seat};
    use crate::web::protocol::admin::LineGroupKind;
    use crate::web::{GroupLabel, LineLabel};

    fn labels(numbers: &[&str]) -> Arc<Labels> {
        let group = GroupLabel {
            name: "pbx".into(),
            kind: LineGroupKind::TrunkFixed,
            registrar: None,
            domain: None,
            listener: None,
            feature_codes: Vec::new(),
            removed: false,
        };
        let line = |number: &&str| LineLabel {
            group: LineGroupId(0),
            number: (*number).into(),
            user_name: (*number).into(),
            pilot: false,
            services: Services::default(),
            removed: false,
        };
        let lines = numbers.iter().map(line).collect();
        Arc::new(Labels { groups: vec![group], lines, ..Labels::default() })
    }

    fn changed(site: &Site, kind: Kind, body: serde_json::Value) -> Site {
        let id = ObjectId::random([kind as u8 + 1; 16]);
        site.plan(&[Change::Put { kind, id, expected: None, body }]).unwrap().site().clone()
    }

    #[test]
    fn lines_are_bound_anew_where_users_or_lines_are_others() {
        let kept = KeptBindings::default();
        let anna = |phone: &str| json!({ "login": "anna", "display_name": "A", "active": true, "first_phone": phone });
        let lines_of = |site: &Site, labels: &Arc<Labels>| {
            let user = site.named::<User>("anna").unwrap().id;
            let bound = kept.of(site, labels);
            (Arc::as_ptr(&bound), bound.bindings.lines(user).iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>())
        };
        let (site, two) = (changed(&Site::new(), Kind::User, anna("100")), labels(&["100", "101"]));
        let (first, lines) = lines_of(&site, &two);
        assert_eq!(lines, ["pbx/100"]);
        // What does not count here: nobody is looked at.
        let site = changed(&site, Kind::Profile, json!({ "name": "p" }));
        assert_eq!(lines_of(&site, &two).0, first);
        let other = changed(&site, Kind::User, anna("101"));
        assert_eq!(lines_of(&other, &two).1, ["pbx/101"]);
        assert_eq!(lines_of(&other, &labels(&["100"])).1, [""; 0]);
        assert_eq!(lines_of(&site, &two).1, ["pbx/100"]);
        let mut seated = changed(&site, Kind::Computer, json!({ "name": "desk", "first_phone": "101" }));
        assert_eq!(lines_of(&seated, &two).1, ["pbx/100"]);
        let user = seated.named::<User>("anna").unwrap().id;
        let computer = seated.named::<Computer>("desk").unwrap().id;
        seated.set_seats(Arc::new([Seat { user, computer }].into()));
        assert_eq!(lines_of(&seated, &two).1, ["pbx/100", "pbx/101"]);
    }
}
