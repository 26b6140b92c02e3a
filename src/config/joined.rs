//! Line groups and lines of the file, with those that administrators have made beside them.

use std::path::Path;

use rustc_hash::FxHashMap;

use super::body::{Beside, captured, choose_pilot};
use super::{CaptureAudio, CaptureNumbers, Config, LineBody, LineGroupBody, Secret};

/// A line group that an administrator has made, or one of the file to which lines were added.
#[derive(Debug)]
pub struct MadeGroup {
    /// As it was set. Where the file has one of this name, that counts.
    pub body: LineGroupBody,
    /// Password of a trunk that registers here.
    pub password: Secret,
    /// Its lines with their passwords.
    pub lines: Vec<(LineBody, Secret)>,
}

impl Config {
    /// The configuration with these beside what is in it. What is in it keeps its place.
    #[must_use]
    pub fn joined(mut self, made: Vec<MadeGroup>) -> Config {
        let folder = self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let places: FxHashMap<String, usize> =
            self.groups.iter().enumerate().map(|(place, group)| (group.name.clone(), place)).collect();
        for MadeGroup { mut body, password, lines } in made {
            let lines = lines.into_iter().map(|(line, password)| line.line(password));
            if let Some(group) = places.get(&body.name).and_then(|place| self.groups.get_mut(*place)) {
                group.lines.extend(lines);
                choose_pilot(group.kind, &mut group.lines);
                group.capture = captured(&group.body.capture, &group.lines);
                continue;
            }
            if self.capture.numbers == CaptureNumbers::Pseudonyms && body.capture_audio == CaptureAudio::Payload {
                // A voice has no pseudonym.
                body.capture_audio = CaptureAudio::Headers;
            }
            let mut lines: Vec<_> = lines.collect();
            choose_pilot(body.kind, &mut lines);
            let listener = self.listeners.iter().position(|listener| listener.name == body.listener);
            let beside = Beside { password, ..Beside::default() };
            self.groups.push(body.group(beside, lines, listener, &folder));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GroupKind;

    fn line(user_name: &str) -> (LineBody, Secret) {
        let body = LineBody { user_name: user_name.into(), active: true, ..LineBody::default() };
        (body, Secret::new("secret"))
    }

    #[test]
    fn what_is_made_stands_behind_what_the_file_has() {
        let text = "data_dir = \"data\"\n[[line_group]]\nname = \"main\"\nregistrar = \"pbx.test\"\ncapture = [\"100\"]\n\
                    [[line_group.line]]\nuser_name = \"100\"\n";
        let config = Config::parse(text, "offhook.toml", Path::new(".")).unwrap();
        let group = |name: &str, kind| LineGroupBody {
            name: name.into(),
            kind,
            registrar: "sip.test".into(),
            ..LineGroupBody::default()
        };
        let made = |body, lines| MadeGroup { body, password: Secret::default(), lines };
        let trunk = made(group("trunk", GroupKind::TrunkRegistration), vec![line("7"), line("8")]);
        let joined = config.joined(vec![made(group("main", GroupKind::Softphones), vec![line("101")]), trunk]);
        let numbers = |place: usize| {
            joined.groups[place].lines.iter().map(|line| (line.number.as_str(), line.pilot)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(0), [("100", false), ("101", false)]);
        assert_eq!(numbers(1), [("7", true), ("8", false)]);
        assert_eq!(
            (joined.groups[0].registrar.as_str(), joined.groups[1].registrar.as_str()),
            ("pbx.test", "sip.test")
        );
        assert_eq!(joined.groups[1].lines[0].password.expose(), "secret");
    }
}
