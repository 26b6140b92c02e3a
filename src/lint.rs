//! `offhook lint`: how a SIP message is understood, as JSON.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use offhook_sip::header::{NameAddr, Params, Via};
use offhook_sip::lint::{self, Fault, Field, Parsed, Report, Start, Stream};
use offhook_sip::uri::{Scheme, Uri};
use serde_json::{Map, Value, json};

/// Longer files are read up to here: no message and no capture of a person is as long.
const MAX_FILE: u64 = 64 << 20;

/// The message is valid.
const VALID: u8 = 0;
/// The message is not valid.
const INVALID: u8 = 1;
/// The file cannot be read, or the answer not be written.
const FAILED: u8 = 2;

/// Prints how the message in `file` is understood (`-`: on standard input), and gives the exit code.
pub fn run(file: &Path, is_stream: bool) -> u8 {
    let bytes = match read(file) {
        Ok(bytes) => bytes.into(),
        Err(error) => {
            eprintln!(
                "offhook: {} cannot be read: {error}. Give the path of a file, or - for standard input.",
                file.display()
            );
            return FAILED;
        }
    };
    let (valid, json) = if is_stream {
        let stream = lint::stream(&bytes);
        (stream.is_valid(), of_stream(&stream))
    } else {
        let report = lint::datagram(&bytes);
        (report.is_valid(), Value::Object(of_message(&report, report.is_valid())))
    };
    match writeln!(io::stdout().lock(), "{json:#}") {
        Ok(()) if valid => VALID,
        Ok(()) => INVALID,
        Err(_) => FAILED,
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(MAX_FILE).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(file)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The first message, as if it were alone, then those behind it and how they were told apart.
fn of_stream(stream: &Stream) -> Value {
    let mut messages = stream.messages.iter();
    let mut json = match messages.next() {
        Some(first) => of_message(first, stream.is_valid()),
        None => Map::from_iter([("valid".to_owned(), json!(false))]),
    };
    if let Some(fault) = &stream.error {
        json.entry("error").or_insert_with(|| of_fault(fault));
    }
    let whole = stream.messages.iter().filter(|message| message.is_valid()).count();
    let framing = json!({
        "messages": stream.messages.len(),
        "valid_messages": whole,
        "keep_alive_bytes": stream.keep_alive,
        "rest_bytes": stream.rest,
    });
    json.insert("framing".into(), framing);
    let further: Vec<Value> = messages.map(|report| Value::Object(of_message(report, report.is_valid()))).collect();
    if !further.is_empty() {
        json.insert("further".into(), further.into());
    }
    Value::Object(json)
}

fn of_message(report: &Report, valid: bool) -> Map<String, Value> {
    let mut json = Map::new();
    json.insert("valid".into(), valid.into());
    match &report.start {
        Some(Start::Request { method, text, uri }) => {
            json.insert("kind".into(), "request".into());
            json.insert("method".into(), method.as_str().into());
            json.insert("request_uri".into(), uri.as_ref().map_or_else(|| json!({ "text": text }), of_uri));
        }
        Some(Start::Response { status, reason }) => {
            json.insert("kind".into(), "response".into());
            json.insert("status".into(), (*status).into());
            json.insert("reason".into(), reason.as_str().into());
        }
        None => {}
    }
    if let Some(fault) = &report.error {
        json.insert("error".into(), of_fault(fault));
    }
    json.insert("warnings".into(), report.warnings.iter().map(of_fault).collect());
    json.insert("headers".into(), report.fields.iter().map(of_field).collect());
    let content_type = report.fields.iter().find(|field| field.name == "Content-Type").map(|field| &*field.value);
    json.insert("content_type".into(), content_type.into());
    json.insert("body_length".into(), report.body_len.into());
    json.insert("unused_bytes".into(), report.unused.into());
    json
}

fn of_fault(fault: &Fault) -> Value {
    json!({
        "message": fault.message,
        "line": fault.place.line,
        "offset": fault.place.offset,
        "rfc": fault.rfc,
        "status": fault.status,
    })
}

fn of_field(field: &Field) -> Value {
    let mut json = json!({ "name": field.name, "value": field.value, "line": field.place.line });
    if field.written != field.name {
        json["written"] = field.written.as_str().into();
    }
    if let Some(parsed) = &field.parsed {
        json["parsed"] = of_parsed(parsed);
    }
    json
}

fn of_parsed(parsed: &Parsed) -> Value {
    match parsed {
        Parsed::Vias(vias) => vias.iter().map(of_via).collect(),
        Parsed::Address(address) => of_address(address),
        Parsed::Addresses(addresses) => addresses.iter().map(of_address).collect(),
        Parsed::Wildcard => json!({ "wildcard": true }),
        Parsed::CSeq(cseq) => json!({ "number": cseq.number, "method": cseq.method.as_str() }),
        Parsed::Number(number) => json!({ "number": number }),
        Parsed::Tokens(tokens) => json!({ "tokens": tokens }),
        Parsed::MediaType(media_type, params) => {
            json!({ "type": media_type, "params": params.iter().cloned().collect::<std::collections::BTreeMap<_, _>>() })
        }
    }
}

fn of_via(via: &Via) -> Value {
    json!({
        "protocol": via.protocol.as_str(),
        "host": via.host.to_string(),
        "port": via.port,
        "params": of_params(&via.params),
    })
}

fn of_address(address: &NameAddr) -> Value {
    json!({ "display": address.display, "uri": of_uri(&address.uri), "params": of_params(&address.params) })
}

fn of_uri(uri: &Uri) -> Value {
    let scheme = uri.as_str().split(':').next().unwrap_or_default().to_ascii_lowercase();
    let mut json = json!({ "text": uri.as_str(), "scheme": scheme });
    if uri.scheme() == Scheme::Other {
        return json;
    }
    json["user"] = uri.user().into();
    json["user_decoded"] = uri.user_decoded().into();
    json["has_password"] = uri.password().is_some().into();
    if uri.scheme() != Scheme::Tel {
        json["host"] = uri.host().to_string().into();
        json["port"] = uri.port().into();
    }
    json["params"] = of_pairs(uri.params().split(';').filter(|param| !param.is_empty()));
    json["headers"] = of_pairs(uri.headers().split('&').filter(|header| !header.is_empty()));
    json
}

/// `name=value` and `name`; of several with one name the first counts, as in the stack.
fn of_pairs<'a>(pairs: impl Iterator<Item = &'a str>) -> Value {
    let mut json = Map::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
        json.entry(name).or_insert_with(|| value.into());
    }
    Value::Object(json)
}

fn of_params(params: &Params) -> Value {
    let mut json = Map::new();
    for (name, _) in params.iter() {
        json.entry(name).or_insert_with(|| params.value(name).into());
    }
    Value::Object(json)
}
