//! Why a call failed or was bad: a trace in, a verdict out.
//!
//! Each rule looks at one cause. They stand in one list, the most certain and specific first, and the first that finds
//! something decides; a rule therefore excludes by itself only what stands behind it. What the rules say is in one
//! table ([`code::Code`], docs/verdicts.md).
//!
//! A trace may come from a capture of any tool: everything is read leniently, nothing is taken for granted, and the time
//! it takes grows with the trace's length only.

mod account;
mod audio;
mod client;
pub mod code;
mod dialog;
mod finding;
mod here;
mod offer;
mod reach;
mod reading;
mod refusal;
mod told;
mod unknown;
mod usual;

#[cfg(test)]
mod tests;

use super::trace::Trace;
use super::verdict::Verdict;
use finding::Finding;
use reading::Reading;

/// What one cause is recognised by.
type Rule = fn(&Reading<'_>) -> Option<Finding>;

/// All rules, in the order in which they are asked.
const RULES: &[Rule] = &[
    // What the server knows for certain of itself and its clients.
    here::own_limit,
    here::shutting_down,
    here::not_begun,
    client::no_microphone,
    client::ice_never_connected,
    client::client_lost,
    // Who does not let us in, and who cannot be reached.
    account::wrong_domain,
    account::wrong_password,
    account::authentication_unsupported,
    account::no_credentials,
    account::unknown_account,
    account::registration_refused,
    reach::name_not_resolved,
    reach::certificate,
    reach::tls_failed,
    reach::connection_refused,
    reach::unreachable,
    reach::connection_closed,
    reach::not_answering,
    reach::no_progress,
    // What the descriptions of audio did not agree on.
    offer::srtp_demanded,
    offer::srtp_refused,
    offer::no_common_codec,
    offer::body_not_understood,
    offer::offer_refused,
    // A call that was there and broke.
    dialog::nat_contact,
    dialog::ack_missing,
    dialog::session_expired,
    dialog::dialog_unknown,
    dialog::session_lost,
    // How people telephone.
    usual::forked_loser,
    usual::answered_elsewhere,
    usual::forwarded,
    usual::nobody_signed_in,
    usual::busy,
    usual::declined,
    usual::unavailable,
    // What a final response says.
    refusal::loop_detected,
    refusal::unknown_here,
    refusal::unknown_number,
    refusal::source_not_allowed,
    refusal::not_permitted,
    refusal::extension_missing,
    refusal::interval_too_small,
    refusal::pbx_overloaded,
    here::own_fault,
    refusal::pbx_error,
    refusal::malformed,
    // Nobody answered, or too late.
    reach::late_and_given_up,
    usual::no_answer,
    usual::given_up,
    refusal::refused_otherwise,
    // A call that was answered and bad.
    audio::nat_sdp,
    audio::from_elsewhere,
    audio::none_at_all,
    audio::browser_silent,
    audio::one_way,
    audio::digits_lost,
    audio::packet_loss,
    audio::jitter,
    audio::delay,
    audio::poor,
    dialog::glare_storm,
    dialog::change_refused,
    reach::late,
    reach::late_ringing,
    // The rest.
    here::ended_here,
    usual::nothing,
];

/// Why a call, or a line's registration, failed or was bad, and what shows it.
pub fn diagnose(trace: &Trace) -> Verdict {
    let reading = Reading::of(trace);
    let found = RULES.iter().find_map(|rule| rule(&reading));
    found.unwrap_or_else(|| unknown::unknown(&reading)).verdict(&reading)
}
