//! Secrets are taken out of what is shown, written or handed on: passwords' hashes, keys, tokens. What they were is
//! overwritten in place, so that lengths, and with them Content-Length, stay right.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// What stands where a secret was.
const MASK: u8 = b'x';
/// Header fields whose values prove something (RFC 3261 22.4), and whether a scheme stands before the parameters. A
/// challenge proves nothing and stays.
const PROOFS: [(&[u8], bool); 4] = [
    (b"authorization", true),
    (b"proxy-authorization", true),
    (b"authentication-info", false),
    (b"proxy-authentication-info", false),
];
/// What may be seen of them: who proves it, for which realm, and how.
const SHOWN_PARAMS: [&[u8]; 10] =
    [b"username", b"username*", b"userhash", b"realm", b"uri", b"algorithm", b"qop", b"nc", b"stale", b"nextnonce"];
/// What keys and passwords of SDP follow, up to the end of the line or something that ends them: SDES (RFC 4568), the
/// old `k=` line, ICE (RFC 8839), MIKEY (RFC 4567).
const SDP_SECRETS: [&[u8]; 5] = [b"inline:", b"\nk=", b"a=ice-pwd:", b"\\nk=", b"a=key-mgmt:mikey "];
/// Members of the client protocol's JSON whose strings are masked: tokens, passwords of TURN servers.
const JSON_SECRETS: [&[u8]; 5] = [b"\"resume\"", b"\"credential\"", b"\"password\"", b"\"token\"", b"\"secret\""];

/// A SIP message without its secrets, of the same length.
pub fn sip(message: &[u8]) -> Cow<'_, [u8]> {
    let mut text = Cow::Borrowed(message);
    // Empty lines before the first one are to be overlooked (RFC 3261 7.5).
    let start = message.iter().take_while(|&&byte| matches!(byte, b'\r' | b'\n')).count();
    let head = start + head_len(&message[start..]);
    let mut field = start;
    while field < head {
        let end = field + field_len(&message[field..head]);
        if let Some((value, has_scheme)) = proof(&message[field..end]) {
            mask_proof(&mut text, field + value, end, has_scheme);
        }
        field = end;
    }
    mask_uri_passwords(&mut text, head);
    mask_sdp(&mut text, head);
    text
}

/// A message of the client protocol without its secrets, of the same length.
pub fn json(message: &[u8]) -> Cow<'_, [u8]> {
    let mut text = Cow::Borrowed(message);
    mask_sdp(&mut text, 0);
    for name in JSON_SECRETS {
        for at in places(message, name) {
            let begin = at + name.len();
            let value = message[begin..].iter().position(|byte| !matches!(byte, b':' | b' ' | b'\t' | b'\r' | b'\n'));
            let Some(begin) = value.map(|skipped| begin + skipped).filter(|&begin| message[begin] == b'"') else {
                continue;
            };
            mask(&mut text, begin + 1, begin + 1 + quoted_len(&message[begin + 1..]));
        }
    }
    text
}

/// The length of the header with the empty line behind it.
pub(super) fn head_len(message: &[u8]) -> usize {
    let mut at = 0;
    while at < message.len() {
        let line = &message[at..at + line_len(&message[at..])];
        at += line.len();
        if matches!(line, b"\r\n" | b"\n") {
            break;
        }
    }
    at
}

/// The length of a field with the lines in which it goes on: they begin with a space (RFC 3261 7.3.1).
pub(super) fn field_len(head: &[u8]) -> usize {
    let mut length = line_len(head);
    while matches!(head.get(length), Some(b' ' | b'\t')) {
        length += line_len(&head[length..]);
    }
    length
}

/// The length of a line with its end.
fn line_len(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(text.len(), |feed| feed + 1)
}

/// Where the value of a field begins that proves something, and whether a scheme stands there first.
fn proof(field: &[u8]) -> Option<(usize, bool)> {
    // Most fields are told by their first letter.
    if !matches!(field.first(), Some(b'A' | b'a' | b'P' | b'p')) {
        return None;
    }
    let colon = memchr::memchr(b':', field)?;
    let name = field[..colon].trim_ascii_end();
    let &(_, has_scheme) = PROOFS.iter().find(|(proof, _)| name.eq_ignore_ascii_case(proof))?;
    Some((colon + 1, has_scheme))
}

/// Masks a proof between two places: of Digest all parameters but those that may be seen, of anything else everything
/// behind the scheme. White space stays, so that lines do.
fn mask_proof(text: &mut Cow<'_, [u8]>, begin: usize, end: usize, has_scheme: bool) {
    let value = text[begin..end].to_vec();
    let mut at = spaces(&value, 0);
    if has_scheme {
        let scheme = at..until(&value, at, |byte| byte.is_ascii_whitespace());
        at = scheme.end;
        if !value[scheme].eq_ignore_ascii_case(b"digest") {
            return mask(text, begin + at, end);
        }
    }
    while at < value.len() {
        let name = at..until(&value, at, |byte| matches!(byte, b'=' | b',') || byte.is_ascii_whitespace());
        let equals = spaces(&value, name.end);
        if value.get(equals) != Some(&b'=') {
            mask(text, begin + name.start, begin + name.end);
            at = (name.end + 1).min(value.len());
            continue;
        }
        let from = spaces(&value, equals + 1);
        let to = match value.get(from) {
            Some(b'"') => from + 1 + quoted_len(&value[from + 1..]),
            _ => until(&value, from, |byte| byte == b',' || byte.is_ascii_whitespace()),
        };
        if !SHOWN_PARAMS.iter().any(|shown| value[name.clone()].eq_ignore_ascii_case(shown)) {
            let quoted = usize::from(value.get(from) == Some(&b'"'));
            mask(text, begin + from + quoted, begin + to);
        }
        at = until(&value, to, |byte| byte == b',') + 1;
        // Between the value and the comma belongs nothing.
        mask(text, begin + to + usize::from(value.get(to) == Some(&b'"')), begin + (at - 1).min(value.len()));
    }
}

fn spaces(bytes: &[u8], from: usize) -> usize {
    until(bytes, from, |byte| !byte.is_ascii_whitespace())
}

/// The place of the first octet from a place on that ends something; their number where there is none.
fn until(bytes: &[u8], from: usize, ends: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from.min(bytes.len()) + rest.iter().position(|&byte| ends(byte)).unwrap_or(rest.len())
}

/// Masks passwords in SIP URIs (RFC 3261 19.1.1) up to a place.
fn mask_uri_passwords(text: &mut Cow<'_, [u8]>, end: usize) {
    let mut from = 0;
    while let Some(found) = memchr::memchr(b':', &text[from..end]) {
        let colon = from + found;
        from = colon + 1;
        let scheme = &text[..colon];
        let is = |name: &[u8]| {
            scheme.len().checked_sub(name.len()).is_some_and(|at| scheme[at..].eq_ignore_ascii_case(name))
        };
        if !is(b"sip") && !is(b"sips") {
            continue;
        }
        let last = until(&text[..end], colon + 1, |byte| b"@<>,\" \t\r\n".contains(&byte));
        let password = until(&text[..last], colon + 1, |byte| byte == b':') + 1;
        if text.get(last) == Some(&b'@') && password <= last {
            mask(text, password, last);
        }
    }
}

/// Masks keys and passwords of a session description, written as it is or within JSON.
fn mask_sdp(text: &mut Cow<'_, [u8]>, from: usize) {
    static MARKS: LazyLock<[Finder<'static>; SDP_SECRETS.len()]> = LazyLock::new(|| SDP_SECRETS.map(Finder::new));
    for mark in &*MARKS {
        let mut begin = from;
        while let Some(found) = mark.find(&text[begin..]) {
            begin += found + mark.needle().len();
            let end = until(text, begin, |byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\\' | b'"' | b'|' | b';'));
            mask(text, begin, end);
        }
    }
}

/// Overwrites what is between two places but white space.
fn mask(text: &mut Cow<'_, [u8]>, begin: usize, end: usize) {
    let shows = |&byte: &u8| byte != MASK && !byte.is_ascii_whitespace();
    if text.get(begin..end).is_some_and(|secret| secret.iter().any(shows)) {
        let secret = &mut text.to_mut()[begin..end];
        secret.iter_mut().filter(|byte| shows(byte)).for_each(|byte| *byte = MASK);
    }
}

/// Until the quotation mark that ends it.
fn quoted_len(bytes: &[u8]) -> usize {
    let mut escaped = false;
    let ends = |&byte: &u8| match (escaped, byte) {
        (false, b'"') => true,
        (was, byte) => {
            escaped = !was && byte == b'\\';
            false
        }
    };
    bytes.iter().position(ends).unwrap_or(bytes.len())
}

/// All places of a part.
fn places(bytes: &[u8], part: &[u8]) -> Vec<usize> {
    memchr::memmem::find_iter(bytes, part).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(bytes: Cow<'_, [u8]>) -> String {
        String::from_utf8(bytes.into_owned()).unwrap()
    }

    #[test]
    fn a_proof_keeps_who_and_where_but_not_what() {
        let message = b"REGISTER sip:pbx.test SIP/2.0\r\nAuthorization: Digest username=\"100\", realm=\"pbx.test\", \
            nonce=\"n\\\"1\", uri=\"sip:pbx.test\", response = \"0123456789abcdef\", cnonce=abc,\r\n opaque=\"o\", \
            nc=00000001\r\nPROXY-Authorization : Basic dXNlcg==\r\nAuthentication-Info: rspauth=\"beef\", nextnonce=\"next\"\r\n\
            WWW-Authenticate: Digest nonce=\"shown\"\r\n\
            Content-Length: 0\r\n\r\n";
        let shown = text(sip(message));
        assert_eq!(shown.len(), message.len());
        for secret in ["0123456789abcdef", "n\\\"1", "abc", "\"o\"", "dXNlcg==", "beef"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        for kept in
            ["username=\"100\"", "realm=\"pbx.test\"", "uri=\"sip:pbx.test\"", "nc=00000001", "\"shown\"", "\"next\""]
        {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
    }

    #[test]
    fn no_way_to_write_a_proof_shows_it() {
        for field in [
            "Authorization: Basic\r\n dXNlcjpwdw==",
            "Authorization: Basic  dXNlcjpwdw==",
            "Authorization: Basic\tdXNlcjpwdw==",
            "Authorization: Negotiate dXNlcjpwdw==",
            "Proxy-Authorization: Digest username=\"100\", response=\r\n \"dXNlcjpwdw==\"",
            "Proxy-Authorization: Digest username=\"100\",response=\"dXNl\r\n cjpwdw==\" dXNlcjpwdw==",
            "Authorization: Digest gssapi-data=\"dXNlcjpwdw==",
            "Contact: <SIPS:100:dXNlcjpwdw==@pbx.test:5061>",
        ] {
            for before in ["", "\r\n", "\r\n\r\n"] {
                let message = format!("{before}REGISTER sip:pbx.test SIP/2.0\r\n{field}\r\nCall-ID: shown\r\n\r\n");
                let shown = text(sip(message.as_bytes()));
                assert_eq!(shown.len(), message.len());
                assert!(!["dXNl", "cjpw", "dw=="].iter().any(|secret| shown.contains(secret)), "{shown}");
                assert!(
                    shown.contains("\r\nCall-ID: shown\r\n\r\n") && shown.lines().count() == message.lines().count()
                );
                assert!(!message.contains("\"100\"") || shown.contains("username=\"100\""), "{shown}");
            }
        }
    }

    #[test]
    fn keys_of_a_description_are_masked_and_the_rest_is_not() {
        let message = b"INVITE sip:1@a SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\
            a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20|1:4;inline:b3RoZXI=\r\na=ice-ufrag:abcd\r\n\
            a=ice-pwd:topsecret\r\nk=clear:key\r\na=rtpmap:8 PCMA/8000\r\n";
        let shown = text(sip(message));
        assert_eq!(shown.len(), message.len());
        for secret in ["c2VjcmV0", "b3RoZXI", "topsecret", "clear:key"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        assert!(shown.contains("AES_CM_128_HMAC_SHA1_80 inline:xxxxxxxx|2^20|1:4") && shown.contains("PCMA/8000\r\n"));
    }

    #[test]
    fn tokens_of_clients_are_masked() {
        let message =
            br#"{"id":1,"resume": "t\"oken","sdp":"a=ice-pwd:topsecret\r\na=x","ice":[{"credential":"turn"}]}"#;
        let shown = text(json(message));
        assert_eq!(shown.len(), message.len());
        assert!(!shown.contains("oken") && !shown.contains("topsecret") && !shown.contains("turn\""), "{shown}");
        assert!(shown.contains(r#"\r\na=x"#));
        serde_json::from_str::<serde_json::Value>(&shown).expect("it is JSON still");
    }

    #[test]
    fn what_has_no_secret_is_not_copied() {
        assert!(matches!(sip(b"OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn lengths_stay(message in proptest::collection::vec(any::<u8>(), 0..300),
            parts in proptest::collection::vec(0..7_usize, 0..8)) {
            let known: [&[u8]; 7] = [b"Authorization: Digest response=\"", b"inline:", b"\"resume\":\"", b"\r\n", b"nonce",
                b"=", b"a=ice-pwd:"];
            let mut bytes = message.clone();
            for part in parts {
                bytes.extend_from_slice(known[part]);
            }
            bytes.extend_from_slice(&message);
            prop_assert_eq!(sip(&bytes).len(), bytes.len());
            prop_assert_eq!(json(&bytes).len(), bytes.len());
            let once = sip(&bytes).into_owned();
            let twice = sip(&once).into_owned();
            prop_assert_eq!(twice, once);
        }
    }
}
