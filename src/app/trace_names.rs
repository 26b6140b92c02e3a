//! What traces call lines, line groups and users, and the settings that they show. Nothing secret is among them.

use std::fmt::Debug;

use crate::call::directory::{Directory, LineEntry};
use crate::capture::recorder::{GroupNames, LineNames, Names};
use crate::capture::trace::TraceSetting;
use crate::config::{Authority, CallControl, Config, Line, LineGroup, Redirection};
use crate::ids::LineGroupId;

/// Names and settings for traces, lines in the order of [`LineId`](crate::ids::LineId).
pub(super) fn names(config: &Config, lines: &[(usize, usize)], directory: &Directory, users: Vec<String>) -> Names {
    let line = |(&(group, line), people): (&(usize, usize), &LineEntry)| {
        let entry = &config.groups[group].lines[line];
        LineNames {
            number: entry.number.clone(),
            group: LineGroupId(group as u32),
            settings: of_line(entry, people, &users),
        }
    };
    Names {
        groups: config
            .groups
            .iter()
            .map(|group| GroupNames { name: group.name.clone(), settings: of_group(config, group) })
            .collect(),
        lines: lines.iter().zip(&directory.lines).map(line).collect(),
        users,
        settings: of_server(config),
    }
}

fn of_server(config: &Config) -> Vec<TraceSetting> {
    let mut list = List::default();
    list.add("listen.sip", config.listen.sip);
    list.add_some("listen.public_address", config.listen.public_address);
    list.add("listen.webrtc", config.listen.webrtc);
    list.add_some("dns.servers", some_joined(config.name_servers.iter()));
    list.add_some("media.address", some_joined(config.media.address.iter()));
    list.add("media.rtp_ports", format!("{}-{}", config.media.rtp_ports.start(), config.media.rtp_ports.end()));
    list.add("media.webrtc_codecs", config.media.webrtc_codecs.join(", "));
    list.add_some("media.workers", config.media.workers);
    let urls = config.media.ice_server.iter().flat_map(|server| &server.urls);
    list.add_some("media.ice_server", some_joined(urls));
    list.0
}

fn of_group(config: &Config, group: &LineGroup) -> Vec<TraceSetting> {
    let mut list = List::default();
    list.add("line_group.name", &group.name);
    list.add("line_group.kind", word(group.kind));
    list.add_some("line_group.registrar", Some(&group.registrar).filter(|registrar| !registrar.is_empty()));
    list.add_some("line_group.port", group.port);
    list.add_some("line_group.transport", group.transport.map(word));
    list.add_some("line_group.domain", Some(&group.domain).filter(|domain| !domain.is_empty()));
    list.add_some(
        "line_group.listener",
        group.listener.and_then(|index| config.listeners.get(index)).map(|at| &at.name),
    );
    list.add("line_group.expires", group.expires);
    list.add("line_group.register_delay", group.register_delay.as_millis());
    list.add("line_group.retry_interval", group.retry_interval.as_secs());
    list.add("line_group.nat_refresh", group.nat_refresh.as_secs());
    list.add("line_group.options_refresh", group.options_refresh.as_secs());
    list.add_some("line_group.ca", some_joined(group.tls.ca.iter().map(authority)));
    list.add("line_group.system_ca", group.tls.system_ca);
    list.add_some("line_group.certificate", group.tls.certificate.as_ref().map(|(path, _)| path.display()));
    list.add_some("line_group.allow_from", some_joined(group.allow_from.iter()));
    list.add_some("line_group.user_name", group.account.as_ref().map(|(name, _)| name));
    list.add_some("line_group.numbers", group.numbers.as_ref().map(|pattern| pattern.regex()));
    list.add("line_group.trust_identity", group.trust_identity);
    match group.codecs_outgoing == group.codecs_incoming {
        true => list.add("line_group.codecs", group.codecs_outgoing.join(", ")),
        false => {
            list.add("line_group.codecs_outgoing", group.codecs_outgoing.join(", "));
            list.add("line_group.codecs_incoming", group.codecs_incoming.join(", "));
        }
    }
    list.add("line_group.srtp", word(group.srtp));
    list.add("line_group.dtmf", word(group.dtmf));
    list.add("line_group.comfort_noise", group.comfort_noise);
    list.add("line_group.rtcp_mux", group.rtcp_mux);
    list.add("line_group.ptime", group.ptime);
    list.add("line_group.record", group.record);
    let CallControl { functions, signed_out, decline, diversion, transfer, .. } = &group.call_control;
    list.add("line_group.functions", functions.join(", "));
    list.add("line_group.signed_out", word(signed_out));
    list.add_some("line_group.decline", decline.map(word));
    list.add("line_group.diversion", word(diversion));
    list.add("line_group.transfer", word(transfer));
    list.add("line_group.signed_off_to_voice_mailbox", group.call_control.signed_off_to_voice_mailbox);
    list.add_some("line_group.pickup_code", group.call_control.pickup_code.as_ref());
    list.0
}

fn authority(authority: &Authority) -> String {
    match authority {
        Authority::File(path) => path.display().to_string(),
        Authority::Text(_) => "PEM".to_owned(),
    }
}

fn of_line(line: &Line, people: &LineEntry, users: &[String]) -> Vec<TraceSetting> {
    let mut list = List::default();
    list.add("line_group.line.number", &line.number);
    list.add("line_group.line.user_name", &line.user_name);
    list.add("line_group.line.auth_name", &line.auth_name);
    let password = if line.password.expose().is_empty() { "none" } else { "set" };
    list.add("line_group.line.password", password);
    list.add("line_group.line.active", line.active);
    list.add("line_group.line.pilot", line.pilot);
    let redirection = |Redirection { to, rings }: &Redirection| format!("{to} for {} s", rings.as_secs());
    list.add_some("line_group.line.redirections", some_joined(line.redirections.iter().map(redirection)));
    let users = people.users.iter().filter_map(|user| users.get(user.0 as usize));
    list.add_some("user.lines", some_joined(users));
    list.add_some("user.voice_mailbox", people.voice_mailbox.as_ref());
    list.0
}

/// Settings in the order in which they are added.
#[derive(Default)]
struct List(Vec<TraceSetting>);

impl List {
    fn add(&mut self, key: &str, value: impl ToString) {
        self.0.push(TraceSetting { key: key.to_owned(), value: value.to_string() });
    }

    /// One that may be left out of the configuration.
    fn add_some(&mut self, key: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(key, value);
        }
    }
}

fn some_joined(values: impl Iterator<Item = impl ToString>) -> Option<String> {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// A choice by the word that stands for it in the configuration: small letters, with hyphens between words.
fn word(choice: impl Debug) -> String {
    let mut word = String::new();
    for character in format!("{choice:?}").chars() {
        if character.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(character.to_ascii_lowercase());
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Dtmf, GroupKind};

    #[test]
    fn choices_have_their_words_of_the_configuration() {
        assert_eq!(word(GroupKind::TrunkBulkRegistration), "trunk-bulk-registration");
        assert_eq!(word(Dtmf::Rfc4733), "rfc4733");
    }

    #[test]
    fn no_password_is_among_them() {
        let text = r#"
            data_dir = "/tmp"
            [[line_group]]
            name = "main"
            registrar = "pbx.test"
            [[line_group.line]]
            user_name = "100"
            password = "geheim"
            [[media.ice_server]]
            urls = ["turn:turn.test"]
            username = "u"
            credential = "streng-geheim"
        "#;
        let config = Config::parse(text, "offhook.toml", std::path::Path::new("/")).unwrap();
        let lines = [(0, 0)];
        let directory = super::super::settings::directory(&config, &lines, &[Default::default()]);
        let names = names(&config, &lines, &directory, Vec::new());
        let all = format!("{names:?}");
        assert!(!all.contains("geheim") && all.contains("turn:turn.test"), "{all}");
        let of = |key: &str| {
            let settings = names.groups[0].settings.iter().chain(&names.lines[0].settings);
            settings.filter(|setting| setting.key == key).map(|setting| setting.value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of("line_group.kind"), ["softphones"]);
        assert_eq!(of("line_group.line.password"), ["set"]);
        assert_eq!(of("line_group.transport"), [] as [&str; 0], "what is not set has no value");
    }
}
