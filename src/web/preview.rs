//! How a number would be dialled, for clients that show it while somebody types. Nothing is asked of the driver.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use rustc_hash::FxHashMap;

use super::protocol::{Dialling, Preview, ProjectChoice};
use super::{Labels, WebState};
use crate::call::cause::CauseCode;
use crate::call::numbers::{Around, ClientPlace, Typed};
use crate::call::preview::Destination;
use crate::ids::{LineId, UserId};
use crate::numbers::{DialPlan, Places};
use crate::rights::{Right, rights_on};
use crate::site::User;
use crate::site::binding::LineKey;

/// Questions that a user may ask at once.
const AT_ONCE: f64 = 40.0;
/// Questions that a user may ask each second, on and on: a person who types asks five.
const PER_SECOND: f64 = 10.0;

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) line: LineId,
    pub(super) number: Typed,
    /// Whether calls are to be forwarded there.
    pub(super) forwarding: bool,
}

/// How often users have asked.
#[derive(Debug, Clone, Default)]
pub struct Asked(Arc<Mutex<FxHashMap<UserId, Allowance>>>);

impl Asked {
    fn may(&self, user: UserId, now: Instant) -> bool {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users.entry(user).or_insert(Allowance { left: AT_ONCE, at: now }).take(now)
    }
}

/// What is left of the questions that somebody may ask.
#[derive(Debug)]
struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    fn take(&mut self, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        (self.left, self.at) = ((self.left + since * PER_SECOND).min(AT_ONCE), now);
        let may = self.left >= 1.0;
        if may {
            self.left -= 1.0;
        }
        may
    }
}

/// How a number would be dialled; none where the line has no location. `place` is where the client is.
pub(super) fn preview(
    state: &WebState,
    (user, place): (UserId, &ClientPlace),
    question: &Question,
) -> Result<Option<Preview>, CauseCode> {
    if !state.previews.may(user, Instant::now()) {
        return Err(CauseCode::AskedTooOften);
    }
    let labels = state.labels();
    if !labels.directory.users_of(question.line).contains(&user) {
        return Err(CauseCode::UnknownLine);
    }
    let Some(group) = labels.directory.group_of(question.line) else { return Ok(None) };
    let forwarding = question.forwarding && labels.directory.pbx_forwards(group);
    let around = Around { client: Some(place), moment: state.zone.moment(SystemTime::now()), forwarding };
    let found = labels.directory.preview(group, &question.number, around)?;
    Ok(found.map(|(found, destination)| {
        let line = labels.directory.line_known_as(group, &found.canonical);
        Preview {
            dialled: found.dialled,
            access_code: found.access_code,
            then: found.then,
            owner: line.and_then(|line| owner(state, &labels, user, line)),
            place: state.countries().place(&found.canonical).filter(|_| destination == Destination::External),
            number: found.canonical,
            shown: found.shown,
            destination,
            private: found.private,
        }
    }))
}

/// The name of a line's owner, where a user may see it.
fn owner(state: &WebState, labels: &Labels, user: UserId, line: LineId) -> Option<String> {
    let site = state.administration.site();
    let label = labels.line(line).filter(|label| !label.removed)?;
    let key = LineKey { group: labels.group(label.group)?.name.clone(), number: label.number.clone() };
    let owner = state.bound(&site).bindings.owner(&key)?;
    let by = state.object::<User>(&*state.users.account(user)?)?.id;
    let sees = by == owner || rights_on(&site, by, owner).contains(Right::SeeDisplayName);
    let name = &site.get::<User>(owner)?.object.display_name;
    Some(name.clone()).filter(|name| sees && !name.is_empty())
}

/// What can be chosen for calls by a plan.
pub(super) fn dialling(plan: &DialPlan) -> Dialling {
    let projects = plan.projects().iter().map(|project| {
        let Places { pin, user } = plan.places(Some(project));
        ProjectChoice { name: project.name.clone(), private: project.is_private(), pin, user }
    });
    let Places { pin, user } = plan.places(None);
    Dialling { projects: projects.collect(), private_pin: pin, private_user: user }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_asks_faster_than_people_type_has_to_wait() {
        let (asked, user, now) = (Asked::default(), UserId(1), Instant::now());
        let at_once = (0..1000).filter(|_| asked.may(user, now)).count();
        assert_eq!(at_once, AT_ONCE as usize);
        assert!(asked.may(UserId(2), now), "others do not wait");
        let later = now + Duration::from_secs(1);
        assert_eq!((0..1000).filter(|_| asked.may(user, later)).count(), PER_SECOND as usize);
        let much_later = now + Duration::from_secs(3600);
        assert_eq!((0..1000).filter(|_| asked.may(user, much_later)).count(), AT_ONCE as usize, "no more is saved");
    }
}
