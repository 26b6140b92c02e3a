//! What must not leave the server with a message: credentials and keys always; numbers and names where that is wanted,
//! in whose place stand pseudonyms, the same for the same one.

mod pseudonym;
mod sdp;
mod sip;

use serde_json::Value;

pub use self::pseudonym::Pseudonyms;
pub use self::sip::sip;

/// What stands in the place of a secret.
const REDACTED: &str = "redacted";
/// Fields of the client protocol that let somebody in.
const SECRETS: [&str; 5] = ["resume", "credential", "password", "token", "secret"];
/// Fields of the client protocol that say who telephones.
const PERSONAL: [&str; 8] =
    ["number", "name", "display_name", "username", "remote_office", "transferring_to", "digits", "detail"];

/// A message of the client protocol without tokens, passwords and keys. What is no JSON gives nothing.
pub fn client(text: &[u8], mut pseudonyms: Option<&mut Pseudonyms>) -> String {
    let Ok(mut value) = serde_json::from_slice::<Value>(text) else { return String::new() };
    walk(&mut value, &mut pseudonyms);
    value.to_string()
}

/// The parser bounds how deep values are nested.
fn walk(value: &mut Value, pseudonyms: &mut Option<&mut Pseudonyms>) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| walk(value, pseudonyms)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if SECRETS.contains(&key.as_str()) => REDACTED.clone_into(text),
                    Value::String(text) if key == "sdp" => {
                        let shown = sdp::sdp(text.as_bytes(), pseudonyms.as_deref_mut());
                        *text = String::from_utf8_lossy(&shown).into_owned();
                    }
                    Value::String(text) if PERSONAL.contains(&key.as_str()) => {
                        if let Some(pseudonyms) = pseudonyms.as_deref_mut() {
                            *text = pseudonyms.of(text);
                        }
                    }
                    value => walk(value, pseudonyms),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
