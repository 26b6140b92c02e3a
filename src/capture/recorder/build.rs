//! Puts a recording into words: a [`Trace`].

use super::Names;
use super::story::Recording;
use crate::call::numbers::{Translated, Translation};
use crate::call::record::{Number, Party};
use crate::call::settings::{Forwarding, LineSettings};
use crate::capture::influence::Influence;
use crate::capture::record::{ClientRecord, Record, SipRecord, What};
use crate::capture::redact;
use crate::capture::trace::{PartyKind, Trace, TraceCause, TraceEvent, TraceParty, TraceSetting, TraceWhat, ms};
use crate::ids::{ClientId, LineGroupId, LineId, UserId};

/// Who takes part, as far as a recording tells them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    Server,
    Group(LineGroupId),
    Address(String),
    Client(ClientId, UserId),
}

/// The parties in the order in which they appear.
struct Cast<'a> {
    names: &'a Names,
    parties: Vec<(Who, TraceParty)>,
}

impl Recording {
    /// In words, without the quality of its legs; secrets are masked.
    pub fn trace(&self, names: &Names) -> Trace {
        let mut cast = Cast { names, parties: Vec::new() };
        let mut events: Vec<_> = self.records.iter().filter_map(|record| event(record, &mut cast)).collect();
        let places = cast.order();
        for TraceEvent { from, to, .. } in &mut events {
            for place in [from, to] {
                *place = places.get(*place as usize).copied().unwrap_or_default();
            }
        }
        let record = self.record.as_ref();
        let number = |number: &Number| match number {
            Number::Line(line) => names.line(*line).map(|line| line.number.clone()),
            Number::Other(number) | Number::Known { number, .. } => Some(number.clone()),
            Number::Private | Number::None => None,
        };
        let line = self.line_of();
        let group = self.group.or_else(|| names.line(line?).map(|line| line.group));
        let id = match (self.call, &self.call_id) {
            (Some(call), _) => call.to_string(),
            (None, Some(call_id)) => call_id.to_string(),
            (None, None) => line.and_then(|line| names.line(line)).map_or(String::new(), |line| line.number.clone()),
        };
        Trace {
            id,
            caller: record.and_then(|record| number(&record.caller)),
            called: record.and_then(|record| number(&record.called)),
            line: line.and_then(|line| names.line(line)).map(|line| line.number.clone()),
            group: group.and_then(|group| names.group(group)).map(|group| group.name.clone()),
            started_at: ms(self.began),
            connected_at: record.and_then(|record| record.connected).map(|at| ms(self.clock.unix(at))),
            ended_at: self.ended.map(ms),
            cause: record.and_then(|record| record.cause.as_ref()).map(|cause| TraceCause {
                code: cause.code,
                sip_status: cause.sip_status,
                detail: cause.detail.clone(),
            }),
            parties: cast.parties.into_iter().map(|(_, party)| party).collect(),
            events,
            legs: Vec::new(),
            settings: self.settings_in(names, group, line),
            dropped: self.dropped,
        }
    }

    /// The line that it is about: its own, or else one that calls or is called.
    pub fn line_of(&self) -> Option<LineId> {
        let of = |number: &Number| match number {
            Number::Line(line) => Some(*line),
            _ => None,
        };
        let record = self.record.as_ref();
        self.line.or_else(|| record.and_then(|record| of(&record.called).or_else(|| of(&record.caller))))
    }

    /// The settings of the server, the line groups and the line. Those of a second line group bear its name.
    fn settings_in(&self, names: &Names, group: Option<LineGroupId>, line: Option<LineId>) -> Vec<TraceSetting> {
        let mut settings = names.settings.clone();
        settings
            .extend(group.and_then(|group| names.group(group)).into_iter().flat_map(|group| group.settings.clone()));
        let parties = self.record.iter().flat_map(|record| record.parties);
        let others = parties.filter_map(|party| match party {
            Party::Pbx(other) if Some(other) != group => names.group(other),
            _ => None,
        });
        for other in others {
            settings.extend(other.settings.iter().map(|setting| TraceSetting {
                key: setting.key.replacen("line_group.", &format!("line_group[{:?}].", other.name), 1),
                value: setting.value.clone(),
            }));
        }
        settings.extend(line.and_then(|line| names.line(line)).into_iter().flat_map(|line| line.settings.clone()));
        settings.extend(self.settings.iter().flat_map(set_by_users));
        settings
    }
}

/// What the users of a line have set for it.
fn set_by_users(settings: &LineSettings) -> Vec<TraceSetting> {
    let LineSettings { do_not_disturb, forwardings, remote_office } = settings;
    let setting = |key: &str, value: String| TraceSetting { key: key.to_owned(), value };
    let forwarding = |set: &Forwarding| {
        let value = serde_json::to_string(set).unwrap_or_default();
        setting("line_settings.forwarding", value)
    };
    let disturbed = do_not_disturb.then(|| setting("line_settings.do_not_disturb", "true".to_owned()));
    let office = remote_office.iter().map(|number| setting("line_settings.remote_office", number.clone()));
    disturbed.into_iter().chain(forwardings.iter().map(forwarding)).chain(office).collect()
}

/// An event, whose parties are places in the cast as it is so far; none for what is shown as what it led to.
fn event(record: &Record, cast: &mut Cast<'_>) -> Option<TraceEvent> {
    let server = cast.place(Who::Server, None);
    let (other, sent, what) = match &record.what {
        What::Sip(SipRecord { sent, transport, local, remote, bytes }) => {
            let address = remote.to_string();
            let other = cast.sip(record.group, &address);
            let local = local.to_string();
            let (source, destination) = if *sent { (local, address) } else { (address, local) };
            let text = String::from_utf8_lossy(&redact::sip(bytes)).into_owned();
            (other, *sent, TraceWhat::Sip { transport: *transport, source, destination, text })
        }
        What::Client(ClientRecord { sent, client, user, text }) => {
            let other = cast.place(Who::Client(*client, *user), None);
            let text = String::from_utf8_lossy(&redact::json(text)).into_owned();
            (other, *sent, TraceWhat::Client { text })
        }
        What::Step(step) => {
            let before = step.before.map_or(String::new(), |state| state.to_string());
            let (input, after) = (step.trigger.to_string(), step.after.to_string());
            (server, true, TraceWhat::Step { input, before, after })
        }
        What::Media { party, event, detail } => {
            let other = match *party {
                Party::Browser(user) => cast.browser(user),
                Party::Pbx(group) => cast.place(Who::Group(group), None),
                Party::Server => server,
            };
            let detail = detail.as_ref().map(|detail| detail.to_string());
            (other, event.is_sent(), TraceWhat::Media { event: *event, detail })
        }
        What::Failure { to, why, detail } => {
            let address = to.as_ref().map(ToString::to_string);
            let other = match (&address, record.group) {
                (None, None) => server,
                (None, Some(group)) => cast.place(Who::Group(group), None),
                (Some(address), group) => cast.sip(group, address),
            };
            let detail = match address {
                Some(address) => format!("{address}: {detail}"),
                None => detail.to_string(),
            };
            (other, true, TraceWhat::Failure { why: *why, detail })
        }
        What::Influence(influence) => match &**influence {
            Influence::Number(translation) => (server, true, number(translation)),
            _ => return None,
        },
    };
    let (from, to) = if sent { (server, other) } else { (other, server) };
    Some(TraceEvent { at: ms(record.at), from, to, what })
}

/// What became of a number, for people. Of a private call nothing is told of it.
fn number(translation: &Translation) -> TraceWhat {
    let Translation { kind, text, result, location, .. } = translation;
    let is_private = translation.is_private();
    let (number, shown, refused) = match result {
        Translated::Dialled(placed) => (Some(&placed.number), placed.known.as_ref().map(|known| &known.shown), None),
        Translated::Reported(known) => (Some(&known.number), Some(&known.shown), None),
        Translated::NotDialled { cause } => (None, None, Some(*cause)),
        Translated::Nothing => (None, None, None),
    };
    let seen = |text: Option<&String>| text.filter(|text| !is_private && !text.is_empty()).cloned();
    TraceWhat::Number {
        meant: *kind,
        text: seen(Some(text)),
        result: seen(number),
        shown: seen(shown),
        refused,
        location: location.clone(),
    }
}

impl Cast<'_> {
    /// The place of somebody, who gets one where there is none yet.
    fn place(&mut self, who: Who, address: Option<&str>) -> u32 {
        let known = self.parties.iter().position(|(known, _)| *known == who);
        let place = known.unwrap_or_else(|| {
            let (kind, name) = match &who {
                Who::Server => (PartyKind::Server, "Offhook".to_owned()),
                Who::Group(group) => (
                    PartyKind::Sip,
                    self.names.group(*group).map_or_else(|| group.to_string(), |group| group.name.clone()),
                ),
                Who::Address(address) => (PartyKind::Sip, address.clone()),
                Who::Client(_, user) => (PartyKind::Client, self.names.user(*user).unwrap_or_default().to_owned()),
            };
            self.parties.push((who, TraceParty { kind, name, address: None }));
            self.parties.len() - 1
        });
        if let Some((_, party)) = self.parties.get_mut(place) {
            party.address = party.address.take().or_else(|| address.map(str::to_owned));
        }
        place as u32
    }

    /// A PBX by its line group; whoever is none of ours by the address.
    fn sip(&mut self, group: Option<LineGroupId>, address: &str) -> u32 {
        let who = group.map_or_else(|| Who::Address(address.to_owned()), Who::Group);
        self.place(who, Some(address))
    }

    /// The client that a user talks with: the one that was heard of last.
    fn browser(&mut self, user: UserId) -> u32 {
        let known = self.parties.iter().rposition(|(who, _)| matches!(who, Who::Client(_, whose) if *whose == user));
        match known {
            Some(place) => place as u32,
            None => self.place(Who::Client(ClientId::api(user), user), None),
        }
    }

    /// Whoever began stands first, then the server, then the others; gives the place for each former place.
    fn order(&mut self) -> Vec<u32> {
        let server = self.parties.iter().position(|(who, _)| *who == Who::Server).unwrap_or_default();
        let mut order: Vec<usize> = (0..self.parties.len()).collect();
        order.retain(|&place| place != server);
        if !self.parties.is_empty() {
            order.insert(order.len().min(1), server);
        }
        let mut places = vec![0; self.parties.len()];
        for (new, &old) in (0..).zip(&order) {
            places[old] = new;
        }
        let mut parties: Vec<_> = std::mem::take(&mut self.parties).into_iter().map(Some).collect();
        self.parties = order.iter().filter_map(|&old| parties[old].take()).collect();
        places
    }
}
