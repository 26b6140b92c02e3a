//! Line groups and their lines.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use super::super::body::{Beside, FileGroup, choose_pilot};
use super::super::mistake::{Mistake, Wrong};
use super::super::{
    CaptureAudio, CaptureNumbers, CaptureWanted, GroupKind, Line, LineBody, LineGroup, LineRedirection, Listener,
    Secret,
};
use super::{Numbers, Problem};

/// A line, or several that differ in their user names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FileLine {
    user_name: String,
    #[serde(default)]
    auth_name: String,
    #[serde(default)]
    password: Secret,
    #[serde(default)]
    number: String,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    pilot: bool,
    #[serde(default)]
    redirections: Vec<LineRedirection>,
}

/// What a line group is checked against.
pub(super) struct Others<'a> {
    pub(super) groups: &'a [LineGroup],
    pub(super) listeners: &'a [Listener],
    pub(super) capture_numbers: CaptureNumbers,
    pub(super) folder: &'a Path,
}

/// The line group that the file has in this place.
pub(super) fn validate(group: FileGroup, others: &Others<'_>, numbers: &mut Numbers) -> Result<LineGroup, Problem> {
    let place = others.groups.len();
    read(group, others, numbers).map_err(|mistake| {
        let pointer = format!("/line_group/{place}{}", mistake.pointer);
        Problem::at_pointer(pointer, mistake.sentence())
    })
}

fn read(group: FileGroup, others: &Others<'_>, numbers: &mut Numbers) -> Result<LineGroup, Mistake> {
    let (body, beside, file_lines) = group.split();
    let other = |pointer: &str, sentence: String| Mistake::new(pointer, Wrong::Other(sentence));
    let name = &body.name;
    if name.is_empty() || others.groups.iter().any(|other| other.name == *name) {
        return Err(other("/name", format!("every line group needs a name of its own; {name:?} is not one.")));
    }
    if let Some(mistake) = body.mistakes().into_iter().next() {
        return Err(mistake);
    }
    check_account(&body.kind, &beside)?;
    let same = |group: &&LineGroup| matches!(&group.account, Some((user, _)) if *user == body.user_name);
    if let Some(known) = others.groups.iter().find(same) {
        let sentence = format!("{:?} is the user_name of the line group {:?}.", body.user_name, known.name);
        return Err(other("/user_name", sentence));
    }
    if body.capture_audio == CaptureAudio::Payload && others.capture_numbers == CaptureNumbers::Pseudonyms {
        let sentence = "capture_audio = \"payload\" does not go with numbers = \"pseudonyms\" of [capture]: a voice has \
                        no pseudonym. Use \"headers\".";
        return Err(other("/capture_audio", sentence.to_owned()));
    }
    let listener = match body.listener.as_str() {
        "" => None,
        name => Some(
            others
                .listeners
                .iter()
                .position(|listener| listener.name == *name)
                .ok_or_else(|| other("/listener", format!("there is no listener called {name:?}.")))?,
        ),
    };
    if beside.certificate.is_some() && beside.key.is_none() {
        return Err(other("/certificate", "a certificate needs its key.".to_owned()));
    }
    let mut lines = lines(&file_lines, others.groups.len(), numbers)?;
    if let CaptureWanted::Lines(wanted) = &body.capture
        && let Some(number) = wanted.iter().find(|number| lines.iter().all(|line| line.number != **number))
    {
        return Err(other("/capture", format!("no line of this line group has the number {number:?}.")));
    }
    if body.kind.has_pilot() {
        let marked = file_lines.iter().filter(|line| line.pilot).count();
        if marked > 1 || lines.iter().filter(|line| line.pilot).count() > 1 {
            return Err(other("/name", "only one line of a trunk can be its pilot.".to_owned()));
        }
        choose_pilot(body.kind, &mut lines);
        if body.kind != GroupKind::TrunkFixed && !lines.iter().any(|line| line.pilot && line.active) {
            return Err(other("/name", "a trunk with registration needs an active line that registers it.".to_owned()));
        }
    }
    Ok(body.group(beside, lines, listener, others.folder))
}

/// A trunk that registers here has a password, and no other has.
fn check_account(kind: &GroupKind, beside: &Beside) -> Result<(), Mistake> {
    let wrong = match (*kind == GroupKind::TrunkRegistrar, beside.password.expose().is_empty()) {
        (true, true) => Wrong::Missing,
        (false, false) => Wrong::OtherKind,
        _ => return Ok(()),
    };
    Err(Mistake::new("/password", wrong))
}

/// The lines that the entries of a group stand for.
fn lines(entries: &[FileLine], group: usize, numbers: &mut Numbers) -> Result<Vec<Line>, Mistake> {
    let mut lines: Vec<Line> = Vec::new();
    let mut user_names = HashSet::new();
    for (at, entry) in entries.iter().enumerate() {
        let within = |mistake: Mistake| Mistake { pointer: format!("/line/{at}{}", mistake.pointer), ..mistake };
        let other = |pointer: &str, sentence: String| within(Mistake::new(pointer, Wrong::Other(sentence)));
        for body in entry.body().expand().map_err(within)? {
            if let Some(mistake) = body.mistakes().into_iter().next() {
                return Err(within(mistake));
            }
            let line = body.line(entry.password.clone());
            if !user_names.insert(line.user_name.clone()) {
                let sentence = format!("the user name {:?} stands twice in this line group.", line.user_name);
                return Err(other("/user_name", sentence));
            }
            if numbers.insert(line.number.clone(), (group, lines.len())).is_some() {
                return Err(other("/number", format!("the number {:?} belongs to two lines.", line.number)));
            }
            lines.push(line);
        }
    }
    Ok(lines)
}

impl FileLine {
    fn body(&self) -> LineBody {
        LineBody {
            user_name: self.user_name.clone(),
            auth_name: self.auth_name.clone(),
            number: self.number.clone(),
            active: self.active,
            pilot: self.pilot,
            redirections: self.redirections.clone(),
        }
    }
}

fn yes() -> bool {
    true
}
