//! Secrets are taken out of what is shown, written or handed on: passwords' hashes, keys, tokens. What they were is
//! overwritten in place, so that lengths, and with them Content-Length, stay right.

use std::borrow::Cow;

/// What stands where a secret was.
const MASK: u8 = b'x';
/// Header fields whose values prove something (RFC 3261 22.4). A challenge proves nothing and stays.
const PROOFS: [&[u8]; 2] = [b"authorization", b"proxy-authorization"];
/// Their parameters that are masked. Who proves it, for which realm, and how, is left to be seen.
const PROOF_PARAMS: [&[u8]; 6] = [b"response", b"nonce", b"cnonce", b"opaque", b"auts", b"auth-param"];
/// What keys and passwords of SDP follow, up to the end of the line or something that ends them: SDES (RFC 4568), the
/// old `k=` line, ICE (RFC 8839).
const SDP_SECRETS: [&[u8]; 4] = [b"inline:", b"\nk=", b"a=ice-pwd:", b"\\nk="];
/// Members of the client protocol's JSON whose strings are masked: tokens, passwords of TURN servers.
const JSON_SECRETS: [&[u8]; 5] = [b"\"resume\"", b"\"credential\"", b"\"password\"", b"\"token\"", b"\"secret\""];

/// A SIP message without its secrets, of the same length.
pub fn sip(message: &[u8]) -> Cow<'_, [u8]> {
    let mut text = Cow::Borrowed(message);
    let head = head_len(message);
    let (mut line, mut proof) = (0, false);
    while line < head {
        let end = message[line..head].iter().position(|&byte| byte == b'\n').map_or(head, |length| line + length + 1);
        // A field goes on in lines that begin with a space (RFC 3261 7.3.1).
        if !matches!(message.get(line), Some(b' ' | b'\t')) {
            proof = is_proof(&message[line..end]);
        }
        if proof {
            mask_params(&mut text, line, end);
        }
        line = end;
    }
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
            mask(&mut text, begin + 1, quoted_len);
        }
    }
    text
}

/// The length of the header with the empty line behind it.
fn head_len(message: &[u8]) -> usize {
    let mut at = 0;
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        at += line.len();
        if matches!(line, b"\r\n" | b"\n") {
            break;
        }
    }
    at
}

fn is_proof(line: &[u8]) -> bool {
    let name = line.split(|&byte| byte == b':').next().unwrap_or_default().trim_ascii_end();
    PROOFS.iter().any(|proof| name.eq_ignore_ascii_case(proof))
}

/// Masks the parameters of a proof between two places; of one that is no list of parameters everything.
fn mask_params(text: &mut Cow<'_, [u8]>, begin: usize, end: usize) {
    let line = text[begin..end].trim_ascii_end().to_ascii_lowercase();
    let end = begin + line.len();
    // `Basic` and `Bearer` are followed by the secret itself.
    for scheme in [&b"basic "[..], b"bearer "] {
        for at in places(&line, scheme) {
            mask(text, begin + at + scheme.len(), |bytes| token_len(&bytes[..end - begin - at - scheme.len()]));
        }
    }
    for name in PROOF_PARAMS {
        for at in places(&line, name) {
            let before = at.checked_sub(1).and_then(|before| line.get(before));
            let value = at + name.len();
            let spaces = |from: usize| line[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let equals = value + spaces(value);
            if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
                || line.get(equals) != Some(&b'=')
            {
                continue;
            }
            let value = equals + 1 + spaces(equals + 1);
            match line.get(value) {
                Some(b'"') => mask(text, begin + value + 1, |bytes| quoted_len(&bytes[..end - begin - value - 1])),
                _ => mask(text, begin + value, |bytes| token_len(&bytes[..end - begin - value])),
            }
        }
    }
}

/// Masks keys and passwords of a session description, written as it is or within JSON.
fn mask_sdp(text: &mut Cow<'_, [u8]>, from: usize) {
    for mark in SDP_SECRETS {
        let found = places(&text[from..], mark);
        for at in found {
            mask(text, from + at + mark.len(), |bytes| {
                let ends = |byte: &u8| matches!(byte, b'\r' | b'\n' | b' ' | b'\\' | b'"' | b'|' | b';');
                bytes.iter().position(ends).unwrap_or(bytes.len())
            });
        }
    }
}

/// Overwrites as many octets from a place on as `length` says of what is there.
fn mask(text: &mut Cow<'_, [u8]>, at: usize, length: impl FnOnce(&[u8]) -> usize) {
    let length = length(&text[at..]);
    if let Some(secret) = text.get(at..at + length).filter(|secret| secret.iter().any(|&byte| byte != MASK)) {
        let end = at + secret.len();
        text.to_mut()[at..end].fill(MASK);
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

fn token_len(bytes: &[u8]) -> usize {
    let ends = |byte: &u8| matches!(byte, b',' | b'\r' | b'\n' | b' ' | b'\t');
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
            nc=00000001\r\nPROXY-Authorization : Basic dXNlcg==\r\nWWW-Authenticate: Digest nonce=\"shown\"\r\n\
            Content-Length: 0\r\n\r\n";
        let shown = text(sip(message));
        assert_eq!(shown.len(), message.len());
        for secret in ["0123456789abcdef", "n\\\"1", "abc", "\"o\"", "dXNlcg=="] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        for kept in ["username=\"100\"", "realm=\"pbx.test\"", "uri=\"sip:pbx.test\"", "nc=00000001", "\"shown\""] {
            assert!(shown.contains(kept), "{kept}: {shown}");
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
