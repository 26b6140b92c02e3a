//! REGISTER requests of a client that knows its password, with header fields of the fuzzer's choice, and raw ones.
//! Each line of the input is a header field; an empty one sends the request, `+` lets time pass, `!` takes the input's
//! rest as a request of its own.

#![no_main]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use offhook_sip::Source;
use offhook_sip::digest::{ClientAuth, Credentials, Secret};
use offhook_sip::header::{Name, Protocol};
use offhook_sip::message::{Builder, Message};
use offhook_sip::method::Method;
use offhook_sip::registrar::{AccountView, Accounts, Registrar};
use offhook_sip::uri::Uri;

struct Trunk;

impl Accounts for Trunk {
    fn account(&self, name: &str) -> Option<AccountView> {
        (name == "a").then(|| AccountView { secret: Secret::new("p"), has_range: true })
    }

    fn owns(&self, _: &str, number: &str) -> bool {
        number.starts_with('1')
    }
}

/// Contacts that one account may have, and some room.
const MOST: usize = 32;

fuzz_target!(|data: &[u8]| {
    // Time only has to begin somewhere, the same for all runs.
    static START: OnceLock<Instant> = OnceLock::new();
    let mut now = *START.get_or_init(Instant::now);
    let mut registrar = Registrar::new("r", [7; 32]);
    let mut auth = ClientAuth::new();
    let source = Source {
        protocol: Protocol::Udp,
        local: ([192, 0, 2, 1], 5060).into(),
        remote: ([192, 0, 2, 2], 5060).into(),
        connection: None,
    };
    let text = String::from_utf8_lossy(data);
    let mut lines: Vec<(&str, &str)> = Vec::new();
    let mut rest = &*text;
    let mut cseq = 0_u32;
    while let Some((line, next)) = rest.split_once('\n') {
        rest = next;
        if line == "+" {
            now += Duration::from_secs(61);
        } else if line == "!" {
            if let Ok(message) = Message::parse(Bytes::copy_from_slice(rest.as_bytes())) {
                let _ = registrar.handle(&message, &source, &Trunk, now);
            }
            break;
        } else if let Some(field) = line.split_once(": ") {
            lines.push(field);
        } else {
            for _ in 0..2 {
                cseq += 1;
                let uri = Uri::sip("", "r", None);
                let mut builder = Builder::request(&Method::Register, &uri)
                    .header(Name::From, "<sip:a@r>;tag=1")
                    .header(Name::To, format_args!("<sip:{line}@r>"))
                    .header(Name::CallId, "c")
                    .header(Name::CSeq, format_args!("{cseq} REGISTER"));
                builder = lines.iter().fold(builder, |builder, (name, value)| builder.raw(name, value));
                if !auth.is_empty() {
                    let credentials = Credentials::new("a", "p");
                    builder = builder.headers(&auth.authorization(&credentials, &Method::Register, "sip:r", "c"));
                }
                let message = Message::parse(builder.finish()).expect("what we write can be read");
                let reply = registrar.handle(&message, &source, &Trunk, now);
                assert!((200..700).contains(&reply.status));
                if reply.status != 401 {
                    break;
                }
                let response = Builder::response(401, "").headers(&reply.headers).finish();
                let _ = auth.challenged(&Message::parse(response).expect("what we write can be read"));
            }
            lines.clear();
            assert!(registrar.list(now).len() <= MOST);
            let _ = (registrar.routes("a", "123", now), registrar.routes("a", line, now), registrar.failures(now));
        }
    }
});
