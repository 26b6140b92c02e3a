//! Messages with other identifiers: what the other side answered to the captured ones answers ours then.

use bytes::Bytes;

/// What is put in place of what; what is None stays.
#[derive(Debug, Default)]
pub(super) struct Edits<'a> {
    pub(super) call_id: Option<&'a str>,
    pub(super) from_tag: Option<&'a str>,
    pub(super) to_tag: Option<&'a str>,
    /// Of the topmost Via.
    pub(super) branch: Option<&'a str>,
    pub(super) cseq: Option<u32>,
    /// The first number of RAck.
    pub(super) rseq: Option<u32>,
    /// In Replaces and Refer-To.
    pub(super) referred: Vec<(String, String)>,
}

/// The message with these edits. Only lines of the header fields that are named are touched.
pub(super) fn rewrite(message: &[u8], edits: &Edits<'_>) -> Bytes {
    let end = memchr::memmem::find(message, b"\r\n\r\n").unwrap_or(message.len());
    let (head, rest) = message.split_at(end);
    let mut out = Vec::with_capacity(message.len() + 64);
    let mut is_top = true;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let Some((name, value)) = text.split_once(':') else {
            out.extend_from_slice(line);
            continue;
        };
        let edited = match name.trim().to_ascii_lowercase().as_str() {
            "call-id" | "i" => edits.call_id.map(|call_id| format!(" {call_id}{}", line_end(value))),
            "from" | "f" => edits.from_tag.map(|tag| with_param(value, "tag", tag)),
            "to" | "t" => edits.to_tag.map(|tag| with_param(value, "tag", tag)),
            "via" | "v" if std::mem::take(&mut is_top) => {
                edits.branch.map(|branch| with_param(value, "branch", branch))
            }
            "cseq" => edits.cseq.map(|number| with_first_number(value, number)),
            "rack" => edits.rseq.map(|number| with_first_number(value, number)),
            "replaces" | "refer-to" | "r" if !edits.referred.is_empty() => {
                let replaced = edits.referred.iter().fold(value.to_owned(), |text, (old, new)| text.replace(old, new));
                Some(replaced)
            }
            _ => None,
        };
        match edited {
            Some(value) => out.extend_from_slice(format!("{name}:{value}").as_bytes()),
            None => out.extend_from_slice(line),
        }
    }
    out.extend_from_slice(rest);
    out.into()
}

fn line_end(value: &str) -> &'static str {
    if value.ends_with("\r\n") { "\r\n" } else { "" }
}

/// The value with another value of a parameter that it has; the first of them.
fn with_param(value: &str, name: &str, new: &str) -> String {
    let place = value.to_ascii_lowercase().find(&format!(";{name}="));
    let Some(at) = place.map(|at| at + name.len() + 2) else { return value.to_owned() };
    let (head, old) = value.split_at(at);
    let end = old.find([';', ',', '>', ' ', '\r', '\n']).unwrap_or(old.len());
    format!("{head}{new}{}", old.get(end..).unwrap_or_default())
}

fn with_first_number(value: &str, number: u32) -> String {
    let rest = value.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    format!(" {number}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_becomes_another() {
        let message = b"SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a;branch=old;rport\r\nVia: SIP/2.0/UDP b;branch=old\r\n\
            f: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2;x=1\r\ni: 1\r\nCSeq: 7 INVITE\r\n\r\nCall-ID: 1\r\n";
        let edits = Edits {
            call_id: Some("new"),
            from_tag: Some("t"),
            to_tag: Some("u"),
            branch: Some("b"),
            cseq: Some(9),
            ..Edits::default()
        };
        let expected = b"SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a;branch=b;rport\r\nVia: SIP/2.0/UDP b;branch=old\r\n\
            f: <sip:a@x>;tag=t\r\nTo: <sip:b@x>;tag=u;x=1\r\ni: new\r\nCSeq: 9 INVITE\r\n\r\nCall-ID: 1\r\n";
        assert_eq!(String::from_utf8_lossy(&rewrite(message, &edits)), String::from_utf8_lossy(expected));
    }
}
