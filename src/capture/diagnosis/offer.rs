//! What the two descriptions of audio did not agree on.

use offhook_media::sdp::Stream;
use offhook_sip::header::Name;
use offhook_sip::method::Method;

use super::code::Code;
use super::finding::Finding;
use super::reading::{Reading, Said, Transaction};
use crate::call::cause::CauseCode;
use crate::capture::trace::MediaEvent;

/// An offer that came to nothing.
struct Refusal<'r, 'a> {
    invite: &'r Transaction,
    /// What was offered, or answered where that is what could not be used.
    offered: Option<&'r Stream>,
    /// What the other side has, where it said so.
    theirs: Option<&'r Stream>,
    /// Whether the PBX refused; else this server did.
    by_pbx: bool,
    /// The message that refused.
    last: Option<&'r Said<'a>>,
    /// The cause's code, where this server found it out.
    cause: Option<String>,
}

impl<'r, 'a> Refusal<'r, 'a> {
    fn of(reading: &'r Reading<'a>) -> Option<Self> {
        let cause = reading.media(MediaEvent::Refused).last().and_then(|(_, _, detail)| detail.map(str::to_owned));
        let told = [CauseCode::SrtpRequired, CauseCode::SrtpRefused, CauseCode::NoCommonCodec, CauseCode::InvalidSdp];
        let told = reading.cause().filter(|cause| told.contains(cause)).map(|cause| cause.code().to_owned());
        if let Some((invite, last)) = reading.refused().or_else(|| reading.refused_here()) {
            if !matches!(last.status(), 415 | 488 | 606) {
                return None;
            }
            let offered = reading.asked(invite).and_then(Said::audio);
            let by_pbx = invite.ours;
            // The server's cause for a status of the PBX is a guess from that status; for its own refusal it is why.
            let cause = if by_pbx { None } else { cause.or(told) };
            return Some(Refusal { invite, offered, theirs: last.audio(), by_pbx, last: Some(last), cause });
        }
        // Answered, and the answer was of no use.
        let cause = cause.or(told)?;
        let invite = reading.calls().filter(|invite| reading.status(invite) / 100 == 2).last()?;
        let last = reading.last(invite);
        let acknowledged = invite.ack.and_then(|ack| reading.at(ack));
        let asked = reading.asked(invite);
        let (first, second) = match asked.and_then(Said::audio) {
            Some(offer) => (Some(offer), last.and_then(Said::audio)),
            None => (last.and_then(Said::audio), acknowledged.and_then(Said::audio)),
        };
        let (offered, theirs) = if invite.ours { (first, second) } else { (second, first) };
        Some(Refusal { invite, offered, theirs, by_pbx: false, last, cause: Some(cause) })
    }

    /// Whether the refusal names one of these as what is wrong: in its reason or in a Warning, by code or by word.
    fn says(&self, warning: u16, words: &[&str]) -> bool {
        let Some(last) = self.last else { return false };
        let warnings: Vec<&str> = last.message.raw_values(Name::Warning).collect();
        let code = warnings.iter().any(|value| value.trim_start().starts_with(&warning.to_string()));
        let named = |text: &str| words.iter().any(|word| text.to_ascii_lowercase().contains(word));
        code || named(last.message.reason()) || warnings.iter().any(|value| named(value))
    }

    /// Warning 302 (RFC 3261 section 20.43), or words.
    fn names_encryption(&self) -> bool {
        self.says(302, &["srtp", "crypto", "encrypt", "savp", "transport protocol"])
    }

    /// Warning 305 or words, or a description of its own with other codecs.
    fn names_codecs(&self) -> bool {
        self.says(305, &["codec", "incompatible media", "media format", "304 "]) || self.has_other_codecs()
    }

    /// Whether it is known that the two lists do not meet.
    fn has_other_codecs(&self) -> bool {
        match (self.offered, self.theirs) {
            (Some(offered), Some(theirs)) => {
                !theirs.codecs.is_empty() && theirs.codecs.iter().all(|codec| !contains(&offered.codecs, codec))
            }
            _ => false,
        }
    }

    fn is_cause(&self, cause: CauseCode) -> bool {
        self.cause.as_deref() == Some(cause.code())
    }

    fn finding(&self, reading: &Reading<'_>, code: Code) -> Finding {
        let codecs =
            |stream: Option<&Stream>| stream.map(|stream| stream.codecs.join(", ")).filter(|list| !list.is_empty());
        let mine = || reading.setting("line_group.codecs").map(str::to_owned);
        let (ours, theirs) = match (self.by_pbx, self.invite.ours) {
            // The PBX's offer, refused here.
            (false, false) if self.theirs.is_none() => (mine(), codecs(self.offered)),
            _ => (codecs(self.offered).or_else(mine), codecs(self.theirs)),
        };
        let unsaid = |list: Option<String>| {
            let english = list.clone().unwrap_or_else(|| "none that it names".into());
            (english, list.unwrap_or_else(|| "keinen, den sie nennt".into()))
        };
        let (ours, theirs) = (unsaid(ours), unsaid(theirs));
        let protocol = self.offered.map(|stream| stream.protocol.clone());
        let finding = Finding::new(code)
            .with_both("ours", ours.0, ours.1)
            .with_both("theirs", theirs.0, theirs.1)
            .with("protocol", protocol.unwrap_or_else(|| "RTP".into()))
            .decided(reading, self.invite);
        let finding = match self.last {
            Some(last) => finding.header(last, Name::Warning).header(last, Name::Accept),
            None => finding,
        };
        match (self.offered, reading.asked(self.invite)) {
            (Some(stream), Some(asked)) => {
                let line = format!("m=audio {} {} {}", stream.port, stream.protocol, stream.codecs.join(" "));
                finding.event(asked.event, &line, &line)
            }
            _ => finding,
        }
    }
}

fn contains(list: &[String], codec: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(codec))
}

/// The PBX offers encrypted audio only to a connection without, or refuses an offer without and says so.
pub(super) fn srtp_demanded(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    let plain = refusal.offered.is_none_or(|stream| !stream.is_encrypted());
    let demanded = if refusal.by_pbx {
        plain && refusal.names_encryption()
    } else {
        refusal.is_cause(CauseCode::SrtpRequired) || refusal.cause.is_none() && !plain && !refusal.invite.ours
    };
    if !demanded {
        return None;
    }
    Some(refusal.finding(reading, Code::SrtpDemanded).setting(reading, "line_group.srtp"))
}

/// An encrypted offer of ours is refused and nothing else is named as the reason, or the PBX's one is not encrypted
/// where the connection demands it.
pub(super) fn srtp_refused(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    let encrypted = refusal.offered.is_some_and(Stream::is_encrypted);
    let refused = if refusal.by_pbx {
        encrypted && refusal.last.is_none_or(|last| last.status() != 415) && !refusal.names_codecs()
    } else {
        refusal.is_cause(CauseCode::SrtpRefused)
    };
    if !refused {
        return None;
    }
    Some(refusal.finding(reading, Code::SrtpRefused).setting(reading, "line_group.srtp"))
}

/// The codecs do not meet: the refusal says so, its description shows it, this server found it out, or one of the two
/// that every telephone has was not offered and nothing else is named.
pub(super) fn no_common_codec(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    let universal =
        refusal.offered.is_some_and(|stream| contains(&stream.codecs, "PCMA") && contains(&stream.codecs, "PCMU"));
    let status = refusal.last.map_or(0, Said::status);
    let accepts_sdp = refusal.last.is_some_and(|last| last.message.has_token(Name::Accept, "application/sdp"));
    let found = if refusal.by_pbx {
        let body = status == 415 && !accepts_sdp && !refusal.names_codecs();
        !body && (refusal.names_codecs() || refusal.offered.is_some() && !universal)
    } else {
        refusal.is_cause(CauseCode::NoCommonCodec) || refusal.cause.is_none() && refusal.has_foreign_codecs()
    };
    if !found {
        return None;
    }
    Some(refusal.finding(reading, Code::NoCommonCodec).setting(reading, "line_group.codecs"))
}

impl Refusal<'_, '_> {
    /// Whether the PBX's offer has none of the codecs that are known here.
    fn has_foreign_codecs(&self) -> bool {
        let known =
            |codec: &String| ["PCMA", "PCMU", "G722", "opus"].iter().any(|ours| ours.eq_ignore_ascii_case(codec));
        self.offered.is_some_and(|stream| !stream.codecs.is_empty() && !stream.codecs.iter().any(known))
    }
}

/// 415 about the kind of body, to a call or to a request within it.
pub(super) fn body_not_understood(reading: &Reading<'_>) -> Option<Finding> {
    let call = reading.refused().filter(|(_, last)| last.status() == 415).map(|(invite, _)| invite);
    // Of INFO it is about digits; [`super::audio::digits_lost`] knows more of that.
    let within = || reading.inside().find(|one| one.ours && one.method != Method::Info && reading.status(one) == 415);
    let transaction = call.or_else(within)?;
    let last = reading.last(transaction)?;
    let accepts = last.message.header(Name::Accept).unwrap_or("–");
    let finding = Finding::new(Code::BodyNotUnderstood).decided(reading, transaction).with("accepts", accepts);
    Some(finding.header(last, Name::Accept).setting(reading, "line_group.dtmf"))
}

/// 488 or 606 to an offer that anybody should be able to take, without a word why.
pub(super) fn offer_refused(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    let finding = refusal.finding(reading, Code::OfferRefused);
    Some(finding.setting(reading, "line_group.srtp").setting(reading, "line_group.codecs"))
}
