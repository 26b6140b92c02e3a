//! What a capture shows of what its server did, and what has to be there for ours to do it, too: lines with somebody at
//! them, ways to the PBX, what was refused by configuration.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use offhook_media::codec::Codec;
use offhook_media::sdp;
use offhook_sip::digest::Credentials;
use offhook_sip::header::{Name, Protocol};
use offhook_sip::message::Message;
use offhook_sip::method::Method;
use offhook_sip::uri::Uri;
use offhook_sip::{Account, Destination, Hop, Hops};

use super::acts::Act;
use super::ledger::{Kind, Ledger, Sent};
use super::noted::Noted;
use crate::call::directory::{Decline, Directory, Diversion, LineEntry, LineGroupEntry, TransferWay};
use crate::capture::file::comment;
use crate::capture::read::{self, Capture, Captured, sip};
use crate::capture::trace::TraceTransport;
use crate::ids::{LineGroupId, LineId, UserId};

/// Lines that one capture may have; calls of further ones share the last.
pub(super) const MAX_LINES: usize = 10_000;

/// A message between the server and somebody.
pub(super) struct Step {
    /// Which call it belongs to.
    pub(super) call: usize,
    /// Nanoseconds since 1970.
    pub(super) at: u64,
    /// The server sent it.
    pub(super) sent: bool,
    /// For what was sent: its kind and place; none for a repetition.
    pub(super) place: Option<(Kind, usize)>,
    pub(super) message: Message,
    pub(super) captured: Captured,
}

/// How an INVITE that came in was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// The configuration refused it.
    Refused(u16),
    /// It was for a line.
    Line(LineId),
    /// It was for a line whose calls went to this number at once.
    Forwarded(LineId, String),
    /// It was passed on, as these dialogs.
    Passed(Vec<String>),
}

/// An INVITE of the server's.
pub(super) struct Call {
    pub(super) account: Arc<Account>,
    pub(super) to: Uri,
    /// The line it was made from; none where it passes a call on.
    pub(super) line: Option<LineId>,
    /// The place of its first INVITE among the steps.
    pub(super) first: usize,
}

/// All that has to be there.
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) directory: Arc<Directory>,
    /// Those with somebody signed in.
    pub(super) attended: HashSet<LineId>,
    /// By the branch of the INVITE.
    pub(super) fates: HashMap<String, Fate>,
    /// By Call-ID.
    pub(super) calls: HashMap<String, Call>,
    /// The same in the order of their first INVITEs.
    pub(super) begun: Vec<String>,
    /// The first of them by the number that Offhook gave the call.
    pub(super) begun_as: HashMap<String, String>,
    /// What calls were decided by beside messages, where the capture says so.
    pub(super) noted: Option<Noted>,
    /// Otherwise what people asked for, where the capture says that.
    pub(super) acts: Vec<Act>,
    /// For which calls they asked what.
    pub(super) told: HashSet<(usize, String)>,
    /// The number that Offhook gave the call, by Call-ID.
    pub(super) named: HashMap<String, String>,
    /// The same by the branch of an INVITE that came.
    pub(super) named_at: HashMap<String, String>,
    /// Which of the capture's calls has such a number.
    pub(super) places: HashMap<String, usize>,
    /// What the server sent.
    pub(super) sent: Ledger,
    /// Requests it sent, by branch: dialog, kind and place.
    pub(super) requests: HashMap<String, (String, Kind, usize)>,
    /// Its To tags, by dialog and tag: the branch of the request that was answered with it.
    pub(super) tags: HashMap<(String, String), String>,
    /// Its reliable responses, by dialog and number: kind and place.
    pub(super) reliable: HashMap<(String, u32), (Kind, usize)>,
    pub(super) codecs: Vec<Codec>,
    pub(super) encrypted: bool,
    /// What it asked for as the time after which a session counts as dead; 0 where it asked for nothing.
    pub(super) session_expires: u32,
    /// Why a call cannot be played, by its place.
    pub(super) left_out: HashMap<usize, String>,
}

/// How the group of a line declines, and sends calls elsewhere.
const GROUPS: [(Decline, Diversion); 4] = [
    (Decline::Busy, Diversion::NewCall),
    (Decline::Unavailable, Diversion::NewCall),
    (Decline::Declined, Diversion::NewCall),
    (Decline::Busy, Diversion::Redirect),
];

#[derive(Default)]
struct Lines {
    known: HashMap<(String, usize, bool), LineId>,
    /// Line groups that are there already.
    groups: usize,
    entries: Vec<LineEntry>,
    attended: HashSet<LineId>,
}

impl Lines {
    fn line(&mut self, number: &str, group: usize, attended: bool) -> LineId {
        let key = (number.to_owned(), group, attended);
        if let Some(&line) = self.known.get(&key) {
            return line;
        }
        if self.entries.len() >= MAX_LINES {
            return LineId(MAX_LINES as u32 - 1);
        }
        let place = self.entries.len() as u32;
        let (group, users) = (LineGroupId((self.groups + group) as u32), vec![UserId(place)]);
        let number = number.to_owned();
        self.entries.push(LineEntry {
            group,
            number,
            known: None,
            users,
            redirections: Vec::new(),
            voice_mailbox: None,
        });
        self.known.insert(key, LineId(place));
        if attended {
            self.attended.insert(LineId(place));
        }
        LineId(place)
    }
}

impl Plan {
    /// Reads the plan out of a capture.
    pub(super) fn read(capture: &Capture, found: &read::Calls) -> Plan {
        let mut steps = Vec::new();
        for (call, dialog) in found.calls.iter().enumerate() {
            for captured in dialog.messages.iter().filter_map(|&place| capture.messages.get(place)) {
                let (from, to) = (dialog.server.has(captured.source), dialog.server.has(captured.destination));
                let Some(message) = sip::parse(&captured.bytes).filter(|_| from != to) else { continue };
                let captured = captured.clone();
                steps.push(Step { call, at: captured.at, sent: from, place: None, message, captured });
            }
        }
        steps.sort_by_key(|step| step.at);
        let noted = Noted::read(capture);
        let acts = if noted.is_some() { Vec::new() } else { Act::read(capture, found) };
        let mut plan = Plan {
            noted,
            steps: Vec::new(),
            directory: Arc::default(),
            attended: HashSet::new(),
            fates: HashMap::new(),
            calls: HashMap::new(),
            begun: Vec::new(),
            begun_as: HashMap::new(),
            acts,
            told: HashSet::new(),
            named: HashMap::new(),
            named_at: HashMap::new(),
            places: HashMap::new(),
            sent: Ledger::default(),
            requests: HashMap::new(),
            tags: HashMap::new(),
            reliable: HashMap::new(),
            codecs: Vec::new(),
            encrypted: false,
            session_expires: 0,
            left_out: HashMap::new(),
        };
        plan.note_sent(&mut steps);
        for step in &steps {
            let call = step.captured.comments.iter().find_map(|text| comment::call(text));
            let Some(call) = call else { continue };
            plan.places.entry(call.to_owned()).or_insert(step.call);
            if let Ok(call_id) = step.message.call_id() {
                plan.named.entry(call_id.to_owned()).or_insert_with(|| call.to_owned());
            }
            if let Some(sent) = Sent::of(&step.message).filter(|_| !step.sent && begins(&step.message)) {
                plan.named_at.entry(sent.branch).or_insert_with(|| call.to_owned());
            }
        }
        plan.steps = steps;
        let told = |act: &Act| act.calls.iter().map(|(_, place)| (*place, act.kind().to_owned())).collect::<Vec<_>>();
        plan.told = plan.acts.iter().flat_map(told).collect();
        let known = plan.noted.as_ref().map(|noted| noted.directory.clone()).unwrap_or_default();
        let mut lines = Lines { groups: known.groups.len(), entries: known.lines, ..Lines::default() };
        plan.read_incoming(found, &mut lines);
        plan.read_outgoing(&mut lines);
        plan.leave_out(found);
        let transfers = plan.steps.iter().any(|step| step.sent && step.message.method() == Some(Method::Refer));
        let transfer = if transfers { TransferWay::Auto } else { TransferWay::Bridge };
        if plan.codecs.is_empty() {
            plan.codecs = Codec::ALL.to_vec();
        }
        let group = |(signed_out, diversion): (Decline, Diversion)| LineGroupEntry {
            codecs: plan.codecs.clone(),
            signed_out,
            decline: (signed_out == Decline::Unavailable).then_some(signed_out),
            diversion,
            transfer,
            ..LineGroupEntry::default()
        };
        let groups = known.groups.into_iter().chain(GROUPS.into_iter().map(group)).collect();
        plan.directory = Arc::new(Directory {
            lines: lines.entries,
            groups,
            music_on_hold: known.music_on_hold,
            noted: known.noted.clone(),
            ..Directory::default()
        });
        plan.attended = lines.attended;
        plan
    }

    fn note_sent(&mut self, steps: &mut [Step]) {
        for step in steps.iter_mut().filter(|step| step.sent) {
            let (Ok(dialog), Some(sent)) = (step.message.call_id().map(str::to_owned), Sent::of(&step.message)) else {
                continue;
            };
            step.place = self.sent.note(&dialog, &step.message);
            if let Some((kind, place)) = step.place.clone() {
                match step.message.status() {
                    None => {
                        self.requests.entry(sent.branch).or_insert((dialog, kind, place));
                    }
                    Some(_) => {
                        if let Some(rseq) = sent.rseq {
                            self.reliable.insert((dialog.clone(), rseq), (kind, place));
                        }
                        if !sent.to_tag.is_empty() {
                            self.tags.entry((dialog, sent.to_tag)).or_insert(sent.branch);
                        }
                    }
                }
            }
            if let Some(expires) = step.message.header(Name::SessionExpires) {
                let seconds = expires.split(';').next().and_then(|seconds| seconds.trim().parse().ok());
                self.session_expires = seconds.unwrap_or(self.session_expires);
            }
            if let Some(sdp) = step.message.part("application/sdp") {
                let codecs = sdp::offered_codecs(&sdp).unwrap_or_default();
                for codec in codecs {
                    if !self.codecs.contains(&codec) {
                        self.codecs.push(codec);
                    }
                }
                self.encrypted |= memchr::memmem::find(&sdp, b"/SAVP").is_some();
            }
        }
    }

    /// Those to the server: whom they were for, by how they were answered.
    fn read_incoming(&mut self, found: &read::Calls, lines: &mut Lines) {
        let mut answers: HashMap<String, Vec<u16>> = HashMap::new();
        let mut passed: HashMap<usize, Vec<String>> = HashMap::new();
        for step in &self.steps {
            let Some(sent) = Sent::of(&step.message) else { continue };
            match step.message.status() {
                Some(status) if step.sent => answers.entry(sent.branch).or_default().push(status),
                None if step.sent && begins(&step.message) => {
                    let legs = passed.entry(step.call).or_default();
                    if !legs.contains(&sent.call_id) {
                        legs.push(sent.call_id);
                    }
                }
                _ => {}
            }
        }
        let forwarded = self.forwarded();
        for step in self.steps.iter().filter(|step| !step.sent && begins(&step.message)) {
            let Some(sent) = Sent::of(&step.message) else { continue };
            let is_first = found.calls.get(step.call).is_some_and(|call| call.trace.id == sent.call_id);
            let legs = passed.get(&step.call).filter(|legs| is_first && !legs.contains(&sent.call_id));
            let statuses = answers.get(&sent.branch).map(Vec::as_slice).unwrap_or_default();
            let rang = statuses.iter().any(|status| (101..=299).contains(status));
            let last = statuses.iter().copied().find(|status| *status >= 300);
            let number = step.message.request_uri().ok().and_then(|uri| uri.user_decoded()).unwrap_or_default();
            // Offhook says so itself where a call was for a line.
            let noted = step.captured.comments.iter().find_map(|text| comment::line(text));
            if let Some(fate) = self.noted_fate(step, &number, statuses) {
                self.fates.insert(sent.branch, fate);
                continue;
            }
            let to = forwarded.get(&sent.branch).filter(|_| !rang || noted.is_some());
            let fate = match (legs.filter(|_| noted.is_none()), last) {
                (Some(legs), _) => Fate::Passed(legs.clone()),
                (None, _) if let Some(to) = to => {
                    Fate::Forwarded(lines.line(noted.unwrap_or(&number), group(last), true), to.clone())
                }
                (None, Some(480 | 486 | 603)) if !rang => Fate::Line(lines.line(&number, group(last), false)),
                (None, Some(status)) if !rang && !matches!(status, 415 | 420 | 487 | 488 | 500) => {
                    Fate::Refused(status)
                }
                (None, _) => Fate::Line(lines.line(&number, group(last), true)),
            };
            self.fates.insert(sent.branch, fate);
        }
    }

    /// Whom an INVITE was for, where Offhook has noted how its lines stood; none where it was for none of them, or a call
    /// that is passed on. What the server refused for its own sake it refuses again.
    fn noted_fate(&self, step: &Step, number: &str, statuses: &[u16]) -> Option<Fate> {
        let noted = self.noted.as_ref()?;
        let comments = &step.captured.comments;
        let group = comments.iter().find_map(|text| comment::group(text))?;
        let is_call = comments.iter().any(|text| comment::call(text).is_some());
        let line = comments.iter().find_map(|text| comment::line(text));
        match line.and_then(|line| noted.line_at(group, line)).or_else(|| noted.line_at(group, number)) {
            Some(line) if is_call => Some(Fate::Line(line)),
            Some(line) => Some(match statuses.iter().copied().find(|status| *status >= 300) {
                Some(status @ (500..)) => Fate::Refused(status),
                _ => Fate::Line(line),
            }),
            None => None,
        }
    }

    /// INVITEs that went elsewhere before anybody was rung, by branch, with the number: a 302, or as Offhook says a call of
    /// the server's in place of it.
    fn forwarded(&self) -> HashMap<String, String> {
        let mut waiting: HashMap<&str, String> = HashMap::new();
        let mut rung: HashSet<String> = HashSet::new();
        let mut forwarded: HashMap<String, String> = HashMap::new();
        for step in &self.steps {
            let Some(sent) = Sent::of(&step.message) else { continue };
            let noted = step.captured.comments.iter().find_map(|text| comment::call(text));
            match (step.sent, step.message.status()) {
                (false, None) if begins(&step.message) => {
                    waiting.extend(noted.map(|call| (call, sent.branch)));
                }
                (true, None) if begins(&step.message) => {
                    let branch = noted.and_then(|call| waiting.get(call)).filter(|branch| !rung.contains(*branch));
                    let number = step.message.request_uri().ok().and_then(|uri| uri.user_decoded());
                    if let Some((branch, number)) = branch.zip(number) {
                        forwarded.entry(branch.clone()).or_insert(number);
                    }
                }
                (true, Some(302)) if !rung.contains(&sent.branch) => {
                    forwarded.extend(contact(&step.message).map(|number| (sent.branch, number)));
                }
                (true, Some(180 | 183 | 200)) => {
                    rung.insert(sent.branch);
                }
                _ => {}
            }
        }
        forwarded
    }

    /// Those of the server: from which line, which way and with a password or without.
    fn read_outgoing(&mut self, lines: &mut Lines) {
        let mut hops: HashMap<String, Vec<Hop>> = HashMap::new();
        let mut firsts: Vec<(String, usize)> = Vec::new();
        for (place, step) in self.steps.iter().enumerate() {
            if !step.sent || !begins(&step.message) {
                continue;
            }
            let (Some(sent), Some(hop)) = (Sent::of(&step.message), hop(step)) else { continue };
            let known = hops.entry(sent.call_id.clone()).or_default();
            if known.is_empty() {
                firsts.push((sent.call_id, place));
            }
            if !known.iter().any(|other| other.to.same_place(&hop.to)) {
                known.push(hop);
            }
        }
        let mut proving: HashSet<String> = HashSet::new();
        let mut challenged: HashSet<String> = HashSet::new();
        for step in &self.steps {
            let Ok(call_id) = step.message.call_id() else { continue };
            let proof = [Name::Authorization, Name::ProxyAuthorization].map(|name| step.message.header(name).is_some());
            if step.sent && proof.contains(&true) {
                proving.insert(call_id.to_owned());
            } else if !step.sent && matches!(step.message.status(), Some(401 | 407)) {
                challenged.insert(call_id.to_owned());
            }
        }
        let passed: HashSet<String> = self
            .fates
            .values()
            .flat_map(|fate| match fate {
                Fate::Passed(legs) => legs.clone(),
                _ => Vec::new(),
            })
            .collect();
        for (dialog, place) in firsts {
            let Some(step) = self.steps.get(place) else { continue };
            let (Ok(from), Ok(to)) = (step.message.from(), step.message.request_uri()) else { continue };
            let Some(hops) = hops.remove(&dialog).and_then(Hops::new) else { continue };
            let invites = self.sent.count(&dialog, &(None, "INVITE".to_owned()));
            let number = from.uri.user_decoded().unwrap_or_default();
            // No password is known, and none is needed: nobody checks what is made of it.
            let proves = proving.contains(&dialog) || challenged.contains(&dialog) && invites > 1;
            let credentials = proves.then(|| Credentials::new(number.clone(), ""));
            let account = Account { aor: from.uri, display_name: from.display, hops, routes: Vec::new(), credentials };
            let is_guessed = self.noted.is_none() && !passed.contains(&dialog);
            let line = is_guessed.then(|| lines.line(&number, 0, true));
            self.calls.insert(dialog.clone(), Call { account: Arc::new(account), to, line, first: place });
            if let Some(name) = self.named.get(&dialog) {
                self.begun_as.entry(name.clone()).or_insert_with(|| dialog.clone());
            }
            self.begun.push(dialog);
        }
    }

    /// Calls that began before the capture did, and those of a proxy.
    fn leave_out(&mut self, found: &read::Calls) {
        let mut begun: HashSet<usize> = HashSet::new();
        let mut received: HashSet<(usize, String)> = HashSet::new();
        for step in self.steps.iter().filter(|step| begins(&step.message)) {
            begun.insert(step.call);
            let Ok(call_id) = step.message.call_id() else { continue };
            if !step.sent {
                received.insert((step.call, call_id.to_owned()));
            } else if received.contains(&(step.call, call_id.to_owned())) {
                let why = "The server passed it on under the same Call-ID: it is a proxy, and decides nothing here.";
                self.left_out.insert(step.call, why.to_owned());
            }
        }
        for call in (0..found.calls.len()).filter(|call| !begun.contains(call)) {
            self.left_out.insert(call, "It began before the capture did.".to_owned());
        }
    }
}

/// A request that begins a call.
pub(super) fn begins(message: &Message) -> bool {
    message.method() == Some(Method::Invite) && message.to().is_ok_and(|to| to.tag().is_none())
}

/// The user of the first Contact.
pub(super) fn contact(message: &Message) -> Option<String> {
    message.contacts().ok()?.into_iter().next()?.uri.user_decoded().filter(|user| !user.is_empty())
}

fn group(last: Option<u16>) -> usize {
    match last {
        Some(480) => 1,
        Some(603) => 2,
        Some(302) => 3,
        _ => 0,
    }
}

/// The way a captured INVITE took.
fn hop(step: &Step) -> Option<Hop> {
    let Captured { source, destination, transport, .. } = step.captured;
    let contact = step.message.contacts().ok().and_then(|contacts| contacts.into_iter().next());
    let contact = contact.map_or_else(|| Uri::sip("", source.ip(), Some(source.port())), |contact| contact.uri);
    Some(Hop { to: Destination::at(protocol(transport), destination), local: source, contact })
}

/// What carries a message, as the endpoint calls it.
pub(super) fn protocol(transport: TraceTransport) -> Protocol {
    match transport {
        TraceTransport::Udp => Protocol::Udp,
        TraceTransport::Tcp => Protocol::Tcp,
        TraceTransport::Tls => Protocol::Tls,
    }
}
