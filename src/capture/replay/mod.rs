//! Plays a capture to this program's own decisions: what the PBX sent comes in again, on the capture's clock, and what
//! ours sends is compared with what was sent.
//!
//! Everything that decides is the same as while the server runs: [`offhook_sip::Endpoint`], [`crate::call::Calls`] and
//! [`offhook_media::sdp`]. Captures of Offhook's own say what calls were decided by beside messages
//! ([`Influence`](super::influence::Influence)). In others what people did follows from what was sent: an INVITE of the
//! server's is a call somebody made, its 200 an answer, its BYE a hang-up. Tags, branches and Call-IDs are ours, and the PBX's messages are given
//! those in place of the captured ones.

mod acts;
mod audio;
mod compare;
mod ledger;
mod noted;
mod people;
mod plan;
mod rewrite;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod world;

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use serde::{Deserialize, Serialize};

pub use self::compare::{changes, differences};
use self::plan::Plan;
use self::world::World;
use super::diagnosis::diagnose;
use super::file::comment;
use super::read::{self, Capture, Counts};
use super::verdict::Verdict;

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// The program that replayed it.
    pub version: String,
    /// How the reading of the capture went.
    pub counts: Counts,
    /// Why the capture was not read to its end.
    pub broken: Option<String>,
    /// Its calls, in the order in which they begin.
    pub calls: Vec<ReplayedCall>,
    /// Messages that belong to no call, by what they are about: how many.
    pub others: BTreeMap<String, u32>,
}

/// A call that was replayed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedCall {
    /// The Call-ID of its first message.
    pub id: String,
    /// Who called.
    pub caller: Option<String>,
    /// Who was called.
    pub called: Option<String>,
    /// When its first message was sent: milliseconds since 1970-01-01 UTC.
    pub started_at: f64,
    /// What its messages in the capture come to.
    pub verdict: Verdict,
    /// Why it was not played to the cores, where it was not.
    pub left_out: Option<String>,
    /// What the server decided, dialog by dialog.
    pub dialogs: Vec<Decisions>,
    /// What the call machine went through.
    pub transitions: Vec<Transition>,
    /// What it went through when it was captured, where the capture says so: the state before and after. Where it is
    /// several calls of the machine, one after the other.
    pub captured_transitions: Vec<String>,
    /// What was strange about it.
    pub remarks: Vec<String>,
}

/// What the server sent in one dialog: each message once, without repetitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    /// Its Call-ID in the capture.
    pub call_id: String,
    /// In the capture.
    pub captured: Vec<String>,
    /// In the replay.
    pub replayed: Vec<String>,
}

/// A step of the call machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// When: milliseconds since 1970-01-01 UTC.
    pub at: f64,
    /// What made it.
    pub input: String,
    /// The state before; empty for a call that begins.
    pub before: String,
    /// The state after.
    pub after: String,
    /// The number of the call: in the capture, where that has one.
    #[serde(default)]
    pub call: u64,
}

/// Plays a capture. `epoch` is any moment: time is counted from there.
pub fn replay(capture: &Capture, found: &read::Calls, epoch: Instant) -> Replay {
    let plan = Plan::read(capture, found);
    let mut world = World::new(&plan, epoch);
    world.play();
    let mut dialogs: Vec<Vec<&str>> = vec![Vec::new(); found.calls.len()];
    for (known, call_id) in plan.steps.iter().filter_map(|step| Some((step.call, step.message.call_id().ok()?))) {
        let Some(known) = dialogs.get_mut(known) else { continue };
        if !known.contains(&call_id) {
            known.push(call_id);
        }
    }
    let transitions = world.transitions();
    let captured = noted_steps(capture, &plan);
    let calls = found.calls.iter().zip(dialogs).enumerate().map(|(place, (dialog, call_ids))| {
        let left_out = plan.left_out.get(&place).cloned();
        let decisions = |call_id: &str| Decisions {
            call_id: call_id.to_owned(),
            captured: plan.sent.decisions(call_id),
            replayed: world.sent.decisions(call_id),
        };
        ReplayedCall {
            id: dialog.trace.id.clone(),
            caller: dialog.trace.caller.clone(),
            called: dialog.trace.called.clone(),
            started_at: dialog.trace.started_at,
            verdict: diagnose(&dialog.trace),
            dialogs: if left_out.is_none() { call_ids.into_iter().map(decisions).collect() } else { Vec::new() },
            left_out,
            captured_transitions: captured.get(&place).map(|steps| captured_transitions(steps)).unwrap_or_default(),
            transitions: transitions.get(&place).cloned().unwrap_or_default(),
            remarks: world.remarks.get(&place).cloned().unwrap_or_default(),
        }
    });
    let calls = calls.collect();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let (broken, others) = (capture.broken.clone(), found.others.clone());
    Replay { version, counts: capture.counts, broken, calls, others }
}

/// A step of the call machine that Offhook has noted in a capture of its own.
struct NotedStep<'a> {
    call: u64,
    at: u64,
    before: &'a str,
    after: &'a str,
}

/// All of them, by the call of the capture.
fn noted_steps<'a>(capture: &'a Capture, plan: &Plan) -> HashMap<usize, Vec<NotedStep<'a>>> {
    let messages = capture.messages.iter().map(|message| (message.at, &message.comments));
    let handed = capture.handed.iter().map(|handed| (handed.at, &handed.comments));
    let mut steps: HashMap<usize, Vec<NotedStep<'_>>> = HashMap::new();
    for (at, comment) in messages.chain(handed).flat_map(|(at, comments)| comments.iter().map(move |text| (at, text))) {
        let Some(call) = comment::call(comment) else { continue };
        let Some(&place) = plan.places.get(call) else { continue };
        let call = call.parse().unwrap_or_default();
        let noted = comment::steps(comment).map(|[_, before, after]| NotedStep { call, at, before, after });
        steps.entry(place).or_default().extend(noted);
    }
    steps
}

/// Their states, call by call.
fn captured_transitions(steps: &[NotedStep<'_>]) -> Vec<String> {
    let mut steps: Vec<&NotedStep<'_>> = steps.iter().collect();
    steps.sort_by_key(|step| (step.call, step.at));
    steps.into_iter().map(|step| transition(step.before, step.after)).collect()
}

/// A transition as it is compared: what made it may have another name in another version.
fn transition(before: &str, after: &str) -> String {
    format!("{before} → {after}")
}
