use super::super::commands::dialable;
use super::super::directory::Redirection;
use super::*;
use crate::ids::LineGroupId;

fn line() -> LineEntry {
    let redirection = |to: &str| Redirection { to: to.into(), rings: Duration::from_secs(15) };
    LineEntry {
        group: LineGroupId(0),
        number: "200".into(),
        known: None,
        users: Vec::new(),
        redirections: ["501", "502", "503"].map(redirection).to_vec(),
        voice_mailbox: Some("900".into()),
    }
}

fn forwarding(kind: ForwardingKind, callers: Callers, to: &str) -> Forwarding {
    Forwarding { kind, callers, to: to.into(), after: None }
}

/// Forwardings as words: `immediate` goes to 1, `busy` to 2, `no-answer` to 3, `signed-off` to 4; one for internal
/// callers alone to the same with 1 behind it, one for external callers with 2.
fn settings(words: &str) -> LineSettings {
    let mut settings = LineSettings::default();
    for word in words.split_whitespace() {
        let (kind, callers) = word.split_once(':').unwrap_or((word, ""));
        let (callers, end) = match callers {
            "internal" => (Callers::Internal, "1"),
            "external" => (Callers::External, "2"),
            _ => (Callers::All, ""),
        };
        let (kind, to) = match kind {
            "immediate" => (ForwardingKind::Immediate, "1"),
            "busy" => (ForwardingKind::Busy, "2"),
            "no-answer" => (ForwardingKind::NoAnswer, "3"),
            "signed-off" => (ForwardingKind::SignedOff, "4"),
            "dnd" => {
                settings.do_not_disturb = true;
                continue;
            }
            "office" => {
                settings.remote_office = Some("7".into());
                continue;
            }
            other => panic!("{other}"),
        };
        settings.forwardings.push(forwarding(kind, callers, &format!("{to}{end}")));
    }
    settings
}

/// Every number is dialled as it is.
fn any(number: &str, _stays: bool) -> Option<Placed> {
    Some(Placed::bare(number.to_owned(), false))
}

/// But for these, where the call has been.
fn but<'a>(tried: &'a [&'a str]) -> impl Fn(&str, bool) -> Option<Placed> + 'a {
    |number, stays| any(number, stays).filter(|_| !tried.contains(&number))
}

fn shown(verdict: Verdict) -> String {
    match verdict {
        Verdict::Ring => "ring".into(),
        Verdict::KeepRinging => "keep ringing".into(),
        Verdict::Divert(Diverted { to, why, .. }) => format!("{} {}", to.number, why.as_str()),
        Verdict::Refuse { status, .. } => status.to_string(),
    }
}

/// What is set; what a line does where somebody is free, where everybody talks, where nobody is signed in; then what
/// follows when nobody takes the call, and when somebody declines it as busy.
const FORWARDINGS: &[[&str; 6]] = &[
    ["", "ring", "ring", "486", "never", "486"],
    ["immediate", "1 unconditional", "1 unconditional", "1 unconditional", "never", "486"],
    ["busy", "ring", "2 user-busy", "486", "never", "2 user-busy"],
    ["no-answer", "ring", "ring", "486", "3 no-answer", "486"],
    ["signed-off", "ring", "ring", "4 unavailable", "never", "486"],
    ["dnd", "486", "486", "486", "never", "486"],
    ["dnd immediate", "1 unconditional", "1 unconditional", "1 unconditional", "never", "486"],
    ["dnd busy", "486", "486", "486", "never", "2 user-busy"],
    ["dnd no-answer", "486", "486", "486", "3 no-answer", "486"],
    ["dnd signed-off", "486", "486", "4 unavailable", "never", "486"],
    ["office", "7 follow-me", "7 follow-me", "7 follow-me", "never", "486"],
    ["office immediate", "1 unconditional", "1 unconditional", "1 unconditional", "never", "486"],
    ["busy no-answer signed-off", "ring", "2 user-busy", "4 unavailable", "3 no-answer", "2 user-busy"],
    ["immediate:external", "ring", "ring", "486", "never", "486"],
    ["immediate:internal", "11 unconditional", "11 unconditional", "11 unconditional", "never", "486"],
    ["immediate immediate:internal", "11 unconditional", "11 unconditional", "11 unconditional", "never", "486"],
    ["immediate immediate:external", "1 unconditional", "1 unconditional", "1 unconditional", "never", "486"],
    ["busy busy:internal", "ring", "21 user-busy", "486", "never", "21 user-busy"],
    ["no-answer:internal no-answer", "ring", "ring", "486", "31 no-answer", "486"],
    ["signed-off:external", "ring", "ring", "486", "never", "486"],
];

#[test]
fn every_forwarding_in_every_situation() {
    let line = LineEntry { redirections: Vec::new(), voice_mailbox: None, ..line() };
    let group = LineGroupEntry::default();
    for row in FORWARDINGS {
        let settings = settings(row[0]);
        let at = |signed_in, busy| Situation {
            line: &line,
            group: &group,
            settings: &settings,
            internal: true,
            signed_in,
            busy,
        };
        let unanswered = at(true, false).unanswered(any).map(Verdict::Divert);
        assert_eq!(unanswered.is_some(), at(true, false).rings(any).is_some());
        let found = [
            shown(at(true, false).arrival(any)),
            shown(at(true, true).arrival(any)),
            shown(at(false, false).arrival(any)),
            unanswered.map_or("never".into(), shown),
            shown(at(true, false).declined(CauseCode::Busy, any)),
        ];
        assert_eq!(found, row[1..], "{}", row[0]);
    }
}

#[test]
fn every_answer_to_who_cannot_be_reached() {
    let line = LineEntry { redirections: Vec::new(), ..line() };
    for (signed_out, expected) in [
        (Decline::Busy, "486"),
        (Decline::Unavailable, "480"),
        (Decline::Declined, "603"),
        (Decline::Ringing, "keep ringing"),
    ] {
        for (words, signed_in, mailbox, expected) in [
            ("", false, false, expected),
            ("", false, true, "900 unavailable"),
            ("signed-off", false, true, "4 unavailable"),
            ("dnd", false, true, "900 unavailable"),
            ("dnd", true, true, expected),
            ("", true, true, "ring"),
        ] {
            let group =
                LineGroupEntry { signed_out, signed_off_to_voice_mailbox: mailbox, ..LineGroupEntry::default() };
            let settings = settings(words);
            let situation =
                Situation { line: &line, group: &group, settings: &settings, internal: false, signed_in, busy: false };
            assert_eq!(shown(situation.arrival(any)), expected, "{signed_out:?} {words} {signed_in} {mailbox}");
        }
    }
}

#[test]
fn every_way_to_decline() {
    let line = line();
    let fixed = |decline| LineGroupEntry { decline, ..LineGroupEntry::default() };
    for (decline, busy, declined, busy_forwarded, declined_forwarded) in [
        (None, "486", "603", "2 user-busy", "603"),
        (Some(Decline::Busy), "486", "486", "2 user-busy", "2 user-busy"),
        (Some(Decline::Unavailable), "480", "480", "480", "480"),
        (Some(Decline::Declined), "603", "603", "603", "603"),
        (Some(Decline::Ringing), "keep ringing", "keep ringing", "keep ringing", "keep ringing"),
    ] {
        let group = fixed(decline);
        let (none, forwarded) = (settings(""), settings("busy"));
        let declines = |settings, wish| {
            let situation =
                Situation { line: &line, group: &group, settings, internal: false, signed_in: true, busy: false };
            shown(situation.declined(wish, any))
        };
        let found = [
            declines(&none, CauseCode::Busy),
            declines(&none, CauseCode::Declined),
            declines(&forwarded, CauseCode::Busy),
            declines(&forwarded, CauseCode::Declined),
        ];
        assert_eq!(found, [busy, declined, busy_forwarded, declined_forwarded], "{decline:?}");
    }
}

#[test]
fn a_list_of_redirections_is_gone_through_until_it_leads_back() {
    let (line, group, settings) = (line(), LineGroupEntry::default(), LineSettings::default());
    let situation =
        Situation { line: &line, group: &group, settings: &settings, internal: false, signed_in: true, busy: false };
    assert_eq!(situation.rings(any), Some(Duration::from_secs(15)));
    let places = |place: &dyn Fn(&str, bool) -> Option<Placed>| {
        let at = |from| situation.next(from, DiversionReason::NoAnswer, place);
        (0..4).map_while(at).map(|next| (next.to.number, next.rings)).collect::<Vec<_>>()
    };
    let seconds = Some(Duration::from_secs(15));
    assert_eq!(places(&any), [("501".into(), seconds), ("502".into(), seconds), ("503".into(), None)]);
    assert_eq!(places(&but(&["502"])), [("501".into(), seconds)]);
    assert_eq!(situation.rings(but(&["501"])), None);
    // With nobody there, nobody is waited for.
    let alone = Situation { signed_in: false, ..situation };
    assert_eq!(shown(alone.arrival(any)), "501 unavailable");
}

#[test]
fn what_leads_back_is_as_if_it_were_not_set() {
    let (line, group) = (line(), LineGroupEntry::default());
    let settings = settings("immediate no-answer");
    let situation =
        Situation { line: &line, group: &group, settings: &settings, internal: false, signed_in: true, busy: false };
    assert_eq!(situation.arrival(but(&["1"])), Verdict::Ring);
    assert_eq!(situation.unanswered(but(&["3"])).map(|next| next.to.number).as_deref(), Some("501"));
    let mailbox = LineGroupEntry { signed_off_to_voice_mailbox: true, ..LineGroupEntry::default() };
    let alone = Situation { signed_in: false, group: &mailbox, ..situation };
    assert_eq!(shown(alone.arrival(but(&["1", "900"]))), "501 unavailable");
    assert_eq!(shown(alone.arrival(|_, _| None)), "486");
}

fn plain(to: &str) -> Result<(String, Placed), CauseCode> {
    let number = dialable(to).ok_or(CauseCode::InvalidNumber)?;
    Ok((number.clone(), Placed::bare(number, false)))
}

#[test]
fn settings_are_checked_before_they_count() {
    let mut settings = LineSettings::default();
    let is_own = |placed: &Placed| same("200", &placed.number);
    let set = |to: &str, kind, after| Forwarding { kind, callers: Callers::All, to: to.into(), after };
    for (to, kind, after, cause) in [
        ("", ForwardingKind::Busy, None, CauseCode::InvalidNumber),
        ("a@b", ForwardingKind::Busy, None, CauseCode::InvalidNumber),
        ("2 0-0", ForwardingKind::Busy, None, CauseCode::OwnNumber),
        ("300", ForwardingKind::Busy, Some(5), CauseCode::InvalidSeconds),
        ("300", ForwardingKind::NoAnswer, Some(0), CauseCode::InvalidSeconds),
        ("300", ForwardingKind::NoAnswer, Some(601), CauseCode::InvalidSeconds),
    ] {
        assert_eq!(settings.set_forwarding(is_own, plain, set(to, kind, after)), Err(cause), "{to} {after:?}");
        assert_eq!(settings, LineSettings::default());
    }
    for (to, after) in [("0049 (89) 1", Some(1)), ("301", Some(600)), ("302", None)] {
        settings.set_forwarding(is_own, plain, set(to, ForwardingKind::NoAnswer, after)).unwrap();
    }
    assert_eq!(settings.forwardings, [set("302", ForwardingKind::NoAnswer, None)]);
    settings.set_forwarding(is_own, plain, set("303", ForwardingKind::Busy, None)).unwrap();
    let internal = Forwarding { callers: Callers::Internal, ..set("304", ForwardingKind::Busy, None) };
    settings.set_forwarding(is_own, plain, internal).unwrap();
    assert_eq!(settings.forwardings.len(), 3);
    settings.cancel_forwarding(Some(ForwardingKind::Busy), None);
    assert_eq!(settings.forwardings, [set("302", ForwardingKind::NoAnswer, None)]);
    settings.cancel_forwarding(None, None);
    assert_eq!(settings, LineSettings::default());
}
