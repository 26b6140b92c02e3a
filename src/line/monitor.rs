//! A line as somebody sees it who is not its user: as far as the rights go, and no further.

use crate::call::MonitoredCall;
use crate::call::service::{Service, Services};
use crate::call::settings::{Callers, ForwardingKind, LineSettings};
use crate::call::view::Direction;
use crate::ids::LineId;
use crate::line::LineState;
use crate::picture::PictureOf;
use crate::rights::{LineRight, OnLine};

/// A line that is not one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitoredLine {
    /// The line.
    pub line: LineId,
    /// The name of its owner; none where it has none, or that is not to be seen.
    pub owner: Option<String>,
    /// The owner's picture; none where there is none, or that is not to be seen.
    pub picture: Option<PictureOf>,
    /// Whether calls are possible.
    pub state: LineState,
    /// What may be seen and done.
    pub rights: Vec<LineRight>,
    /// Its calls; of who is at the other end only what may be seen.
    pub calls: Vec<MonitoredCall>,
    /// Whether calls are kept away; false where that is not to be seen.
    pub do_not_disturb: bool,
    /// Where calls go instead; nothing where that is not to be seen.
    pub forwardings: Vec<MonitoredForwarding>,
    /// What can be asked for on the line.
    pub services: Services,
}

impl MonitoredLine {
    /// Whether anything can be asked for on it, or of a call there.
    pub fn offers_something(&self) -> bool {
        let services = self.calls.iter().map(|call| call.services);
        services.chain([self.services]).any(|services| services != Services::default())
    }
}

/// A forwarding of a line that is not one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitoredForwarding {
    /// When.
    pub kind: ForwardingKind,
    /// Of which callers.
    pub callers: Callers,
    /// Where to; none where that is not to be seen.
    pub to: Option<String>,
    /// Seconds that it rings first.
    pub after: Option<u32>,
}

/// All that is known of a line.
#[derive(Debug)]
pub struct Known<'k> {
    /// The line.
    pub line: LineId,
    /// The name of its owner, for who may see it.
    pub owner: Option<&'k str>,
    /// The picture of its owner, for who may see it.
    pub picture: Option<PictureOf>,
    /// Whether calls are possible.
    pub state: LineState,
    /// Its calls.
    pub calls: &'k [MonitoredCall],
    /// What its users have set.
    pub settings: &'k LineSettings,
    /// What its connection offers on a line without a call.
    pub offered: Services,
}

impl Known<'_> {
    /// What somebody sees of it who may do this with it.
    pub fn seen_with(&self, on_line: OnLine) -> MonitoredLine {
        let calls = self.calls.iter().filter(|_| on_line.may(LineRight::SeeStatus));
        let sees_diversions = on_line.may(LineRight::SeeDiversions);
        let forwardings = self.settings.forwardings.iter().filter(|_| sees_diversions).map(|set| MonitoredForwarding {
            kind: set.kind,
            callers: set.callers,
            to: on_line.may(LineRight::SeeDiversionNumber).then(|| set.to.clone()),
            after: set.after,
        });
        let sets = on_line.may(LineRight::SetDiversions) && self.offered.contains(Service::SetForwarding);
        MonitoredLine {
            line: self.line,
            owner: self.owner.filter(|_| on_line.names_owner()).map(str::to_owned),
            picture: self.picture.filter(|_| on_line.shows_picture()),
            state: self.state,
            rights: on_line.rights().collect(),
            calls: calls.map(|call| seen(call, on_line)).collect(),
            do_not_disturb: sees_diversions && self.settings.do_not_disturb,
            forwardings: forwardings.collect(),
            services: sets.then_some(Service::SetForwarding).into_iter().collect(),
        }
    }
}

fn seen(call: &MonitoredCall, on_line: OnLine) -> MonitoredCall {
    let sees_remote = on_line.may(match call.direction {
        Direction::Incoming => LineRight::SeeIncoming,
        Direction::Outgoing => LineRight::SeeOutgoing,
    });
    let services = if on_line.may(LineRight::PickUp) { call.services } else { Services::default() };
    let (remote, shown) = (call.remote.clone(), call.shown.clone());
    MonitoredCall {
        remote: remote.filter(|_| sees_remote),
        shown: shown.filter(|_| sees_remote),
        services,
        ..call.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::call::effect::Caller;
    use crate::call::settings::Forwarding;
    use crate::call::view::ConnectionState;
    use crate::ids::CallId;
    use crate::site::ObjectId;

    fn call(id: u64, direction: Direction, services: Services) -> MonitoredCall {
        MonitoredCall {
            id: CallId(id),
            direction,
            state: ConnectionState::Alerting,
            remote_state: ConnectionState::Connected,
            remote: Some(Caller { number: format!("60{id}"), name: Some("Carol".into()) }),
            shown: Some(format!("60{id}")),
            created: Instant::now(),
            connected: None,
            services,
        }
    }

    /// What somebody with these rights sees: whether there are calls, the other side of the incoming and of the outgoing
    /// one, whether a call can be picked up; forwardings, their number, whether they can be set.
    fn seen_by(rights: &[LineRight]) -> String {
        let calls = [
            call(1, Direction::Incoming, [Service::DirectedPickupCall].into_iter().collect()),
            call(2, Direction::Outgoing, Services::default()),
        ];
        let forwarding =
            Forwarding { kind: ForwardingKind::Busy, callers: Callers::All, to: "700".into(), after: None };
        let settings =
            LineSettings { do_not_disturb: true, forwardings: vec![forwarding], remote_office: Some("017".into()) };
        let known = Known {
            line: LineId(1),
            owner: Some("Alice"),
            picture: Some(PictureOf { user: ObjectId::random([1; 16]), version: 7 }),
            state: LineState::Registered,
            calls: &calls,
            settings: &settings,
            offered: Services::all(),
        };
        let line = known.seen_with(OnLine::of(rights.iter().copied()));
        assert_eq!((line.owner.as_deref(), line.picture, line.rights.as_slice()), (None, None, rights));
        let numbers = line.calls.iter().map(|call| call.remote.as_ref().map_or("-", |remote| &*remote.number));
        let picks = line.calls.iter().any(|call| call.services.contains(Service::DirectedPickupCall));
        let to = line.forwardings.iter().map(|set| set.to.as_deref().unwrap_or("-"));
        assert_eq!(line.do_not_disturb, !line.forwardings.is_empty());
        let parts = [
            numbers.collect::<Vec<_>>().join(" "),
            if picks { "picks up".into() } else { String::new() },
            to.collect::<Vec<_>>().join(" "),
            if line.services.contains(Service::SetForwarding) { "sets".into() } else { String::new() },
        ];
        parts.join("|")
    }

    #[test]
    fn each_right_shows_its_part_and_nothing_more() {
        use LineRight::*;
        for (rights, expected) in [
            (vec![], "|||"),
            (vec![SeeStatus], "- -|||"),
            (vec![SeeStatus, SeeOutgoing], "- 602|||"),
            (vec![SeeStatus, SeeIncoming], "601 -|||"),
            (vec![SeeDiversions], "||-|"),
            (vec![SeeDiversions, SeeDiversionNumber], "||700|"),
            (vec![SeeDiversionNumber], "|||"),
            (vec![SetDiversions], "|||sets"),
            (vec![SeeStatus, PickUp], "- -|picks up||"),
            (vec![PickUp], "|||"),
            (LineRight::ALL.to_vec(), "601 602|picks up|700|sets"),
        ] {
            assert_eq!(seen_by(&rights), expected, "{rights:?}");
        }
    }
}
