//! Whole calls as readable files: a peer, a step or an expectation a line.
//!
//! ```text
//! # What the scenario shows.
//! group transfer = "bridge"        a key of the line group, as it stands in the configuration
//! line 101 KEY = VALUE             a key of a line
//! user bob KEY = VALUE             a key of a user
//! user alice line 100 tone 700     a user with a client that is signed in, whose microphone hears a tone
//! user bob line 101 away           a user without one
//! phone 200 tone 400               a telephone at the PBX; with `answers` it takes calls by itself
//! phone 201 tone 550 linphone      one that knows Replaces; `answers` may follow
//! phone 202 sipp                   one that does what a script says: tests/system/scenarios/SCRIPT.xml
//!
//! alice make_call 200              a command by its name in the protocol; `answered`, `refused CAUSE` behind it
//! alice sees 200 held              the call with 200 as alice's client sees it: a state, a cause of what failed or ended, `gone`
//! alice may 200 retrieve_call      what she may ask for in it; `may not`
//! alice hears 200, 201             exactly these, of all who make a tone; also `nothing`, `music`
//! alice signs in tone 700 / signs out / goes away     the last without a word: the server waits for her
//! 200 hears alice                  the same at a telephone
//! 200 dials 100 / answers / hangs up / holds / resumes / transfers to 201
//! 200 rings / hears ringing / established / closed [REASON]
//! 201 joins its calls                        by REFER with Replaces
//! 202 plays SCRIPT [PLACE=WORDS, …]          it waits to be called
//! 202 dials 100 by SCRIPT [PLACE=WORDS, …]
//! 202 has played                             to the end, and as it should
//! alice events 200 delivered, established
//! pbx saw REFER                    a request at the PBX; `no` before it, `3 times` behind it; `saw 181` a response
//! pbx saw BYE because SIP;cause=486          one with this Reason
//! server grants team_member        what all users may do with each other's lines
//! server restarts                  with what it has stored; a client signs in anew
//! ```
//!
//! In the end what the server has captured comes to the same decisions once more (`offhook replay`).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use self::phone::{Cue, Phone};
use super::client::{Client, tones_in};
use super::kamailio::{self, Kamailio};
use super::offhook::{Offhook, PASSWORD, Pbx, Settings};
use super::site::Site;
use super::tap::Tap;
use super::wav::{self, Sound};
use super::{SOON, eventually};

mod phone;

/// Calls of one scenario of which cases are made.
const MAX_CALLS: u32 = 24;
/// The tone that is the music on hold.
const MUSIC: u32 = 300;

/// Who plays.
struct Cast {
    clients: BTreeMap<String, Client>,
    phones: BTreeMap<String, Phone>,
    /// What comes to each of them.
    taps: BTreeMap<String, Tap>,
    /// Who makes which tone.
    tones: BTreeMap<String, u32>,
    /// The number of each user's line.
    lines: BTreeMap<String, String>,
    pbx: Kamailio,
    server: Offhook,
    site: Site,
}

/// What stands in a file before its first step.
#[derive(Default)]
struct Setting {
    group: String,
    lines: BTreeMap<String, String>,
    users: Vec<User>,
    phones: Vec<Cue>,
}

struct User {
    name: String,
    line: String,
    tone: Option<u32>,
    keys: String,
}

/// Plays a scenario; panics with the line that is not so.
#[track_caller]
pub(crate) fn play(name: &str, text: &str) {
    play_through(name, text).replays();
}

/// The same, and copies what the server has captured.
#[track_caller]
pub(crate) fn play_and_keep(name: &str, text: &str, file: &Path) {
    let cast = play_through(name, text);
    let captured = cast.captured();
    assert_eq!(captured.len(), 1, "{captured:?}");
    std::fs::copy(&captured[0], file).expect("the capture can be copied");
}

#[track_caller]
fn play_through(name: &str, text: &str) -> Cast {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let lines: Vec<_> = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect();
    let mut setting = Setting::default();
    let steps = lines.iter().position(|(_, line)| !setting.take(line)).unwrap_or(lines.len());
    setting.group += "capture = true\n";
    let mut cast = setting.cast(name);
    for (at, line) in &lines[steps..] {
        eprintln!("{name}:{at}: {line}");
        let (who, step) = line.split_once(' ').unwrap_or_else(|| panic!("{name}:{at}: a step has two words"));
        cast.step(who, step.trim());
    }
    cast
}

impl Setting {
    /// Takes a line in; false where it is a step.
    fn take(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["group", ..] => self.group += &format!("{}\n", line["group ".len()..].trim()),
            ["line", number, ..] => {
                let keys = self.lines.entry(number.to_owned()).or_default();
                let _ = writeln!(keys, "{}", line["line ".len()..].trim_start()[number.len()..].trim());
            }
            ["user", name, "line", number, ref rest @ ..] => {
                let tone = match rest {
                    ["tone", tone] => Some(tone.parse().expect("a tone is a number")),
                    ["away"] => None,
                    _ => panic!("{line}: a user has a tone or is away"),
                };
                let (name, line) = (name.to_owned(), number.to_owned());
                self.users.push(User { name, line, tone, keys: String::new() });
            }
            ["user", name, ..] => {
                let user = self.users.iter_mut().find(|user| user.name == name).expect("the user is there");
                let _ = writeln!(user.keys, "{}", line["user ".len()..].trim_start()[name.len()..].trim());
            }
            ["phone", ref words @ ..] => {
                self.phones.push(Cue::read(words).unwrap_or_else(|| panic!("{line}: no such telephone")));
            }
            _ => return false,
        }
        true
    }

    /// Starts everybody.
    fn cast(self, name: &str) -> Cast {
        let site = Site::new(&format!("scenario-{name}"));
        let numbered = || self.phones.iter().enumerate();
        let routes: Vec<_> = numbered().filter_map(|(place, phone)| phone.route(&site, place)).collect();
        let registers = |number: &&String| !routes.iter().any(|(script, _)| script == *number);
        let numbers = self.users.iter().map(|user| &user.line).chain(self.phones.iter().map(|p| &p.number));
        let users = numbers.filter(registers).map(|number| (number.clone(), kamailio::password(number))).collect();
        let pbx = Kamailio::start(&site, &kamailio::Settings { users, routes, ..Default::default() });
        let music = site.dir().join("music.wav");
        wav::write(&music, &wav::tone(MUSIC, 8_000, 10));
        let connection =
            Pbx { codecs: vec!["PCMA"], lines: Vec::new(), more: self.group.clone(), ..Default::default() };
        let settings =
            Settings { pbxes: vec![connection], webrtc_codecs: vec!["PCMA"], users: Vec::new(), ..Default::default() };
        let mut toml = settings.toml(&site);
        // Lines belong to the group that stands before them, users come after all groups.
        let mut more = String::new();
        for user in &self.users {
            let (line, keys) = (&user.line, self.lines.get(&user.line).map_or("", String::as_str));
            let password = kamailio::password(line);
            let _ = write!(more, "[[line_group.line]]\nuser_name = \"{line}\"\npassword = \"{password}\"\n{keys}");
        }
        for User { name, line, keys, .. } in &self.users {
            let _ =
                write!(more, "[[user]]\nname = \"{name}\"\npassword = \"{PASSWORD}\"\nlines = [\"{line}\"]\n{keys}");
        }
        toml = toml.replacen("[[administrator]]", &format!("{more}[[administrator]]"), 1);
        toml = toml.replacen("[media]\n", &format!("[media]\nmusic_on_hold = {music:?}\n"), 1);
        let server = Offhook::start_with(&site, &settings, &toml);
        for user in &self.users {
            pbx.wait(&format!("bound {}", user.line), 1);
        }
        let (mut phones, mut taps) = (BTreeMap::new(), BTreeMap::new());
        for (place, cue) in numbered() {
            let (phone, tap) = cue.start(&site, place);
            phones.insert(cue.number.clone(), phone);
            taps.extend(tap.map(|tap| (cue.number.clone(), tap)));
        }
        let client = |user: &User| Some((user.name.clone(), Client::sign_in(&server, &user.name, user.tone?)));
        let clients = self.users.iter().filter_map(client).collect();
        let tones = self.users.iter().filter_map(|user| Some((user.name.clone(), user.tone?)));
        let tones = tones.chain(self.phones.iter().map(|phone| (phone.number.clone(), phone.tone)));
        let tones = tones.chain([("music".to_owned(), MUSIC)]).collect();
        let lines = self.users.iter().map(|user| (user.name.clone(), user.line.clone())).collect();
        Cast { clients, phones, taps, tones, lines, pbx, server, site }
    }
}

/// Has the program replay a file; gives how many calls of it came to the same decisions, which all of them must.
#[track_caller]
fn decided_the_same(words: &[&str], file: &Path) -> usize {
    let mut program = Command::new(env!("CARGO_BIN_EXE_offhook"));
    let output = program.args(words).arg(file).env("OFFHOOK_LOG", "error").output();
    let decided = String::from_utf8_lossy(&output.expect("the program can be started").stdout).into_owned();
    let otherwise = ["Decided otherwise", "Not replayed"].into_iter().any(|word| decided.contains(word));
    assert!(!otherwise, "{}: {decided}", file.display());
    decided.matches("Replayed to the same").count()
}

impl Cast {
    #[track_caller]
    fn step(&mut self, who: &str, step: &str) {
        if who == "pbx" {
            return self.pbx_step(step);
        }
        if let ("server", Some(level)) = (who, step.strip_prefix("grants ")) {
            return self.server.grant(level);
        }
        if (who, step) == ("server", "restarts") {
            self.server.restart();
            let lines: Vec<&str> = self.lines.values().map(String::as_str).collect();
            return self.server.wait_lines(&lines, "registered", None);
        }
        if let Some(heard) = step.strip_prefix("hears ").filter(|&heard| heard != "ringing") {
            return self.hears(who, heard);
        }
        match self.phones.get_mut(who) {
            Some(phone) => phone.step(&self.site, who, step),
            None => self.client_step(who, step),
        }
    }

    /// Ends the capture; gives its files, one for each start of the server.
    #[track_caller]
    fn captured(&self) -> Vec<PathBuf> {
        let output = self.server.run(&["capture", "off", "--group", "main"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        eventually("the capture is complete", SOON, || {
            let status = self.server.run(&["capture", "status", "--json"]).stdout;
            let status: Value = serde_json::from_slice(&status).map_err(|error| error.to_string())?;
            let folder = self.server.dir().join("data/captures");
            let path = |file: &Value| folder.join(file["name"].as_str().unwrap_or_default());
            match status["files"].as_array().filter(|files| !files.is_empty()) {
                Some(files) if files.iter().all(|file| file["open"] == false) => Ok(files.iter().map(path).collect()),
                _ => Err(status.to_string()),
            }
        })
    }

    #[track_caller]
    fn replays(&self) {
        let files = self.captured();
        let replayed: usize = files.iter().map(|file| decided_the_same(&["replay", "--brief"], file)).sum();
        assert!(replayed > 0, "no call was captured");
        self.cases_replay();
    }

    /// So does the case file of each call, with and without pseudonyms: nothing but the file is known where it is opened.
    #[track_caller]
    fn cases_replay(&self) {
        let mut replayed = 0;
        for call in 1..=MAX_CALLS {
            for pseudonyms in [&[][..], &["--pseudonyms"]] {
                let file = self.server.dir().join(format!("case-{call}-{}.zip", pseudonyms.len()));
                let words = ["case", "make", &call.to_string(), "--output", &file.display().to_string()];
                // A restart has forgotten those before it.
                if self.server.run(&[&words[..], pseudonyms].concat()).status.success() {
                    replayed += decided_the_same(&["case"], &file);
                }
            }
        }
        assert!(replayed > 0, "no case has a call that is replayed");
    }

    #[track_caller]
    fn pbx_step(&self, step: &str) {
        match step.split_whitespace().collect::<Vec<_>>()[..] {
            ["saw", status] if status.parse::<u16>().is_ok() => self.pbx.wait(&format!("response {status} "), 1),
            ["saw", method] => self.pbx.wait(&format!("request {method} "), 1),
            ["saw", method, times, "times"] => {
                let times: usize = times.parse().expect("times is a number");
                eventually(&format!("the PBX sees {method} {times} times"), SOON, || match self.pbx.requests(method) {
                    found if found == times => Ok(()),
                    found => Err(format!("{found} times so far")),
                });
            }
            ["saw", method, "because", reason] => {
                let (request, reason) = (format!("request {method} "), format!(" reason {reason}"));
                eventually(&format!("the PBX sees {method}{reason}"), SOON, || {
                    let log = self.pbx.log();
                    let mut requests = log.lines().filter(|line| line.contains(&request));
                    if requests.any(|line| line.ends_with(&reason)) { Ok(()) } else { Err("not so far".to_owned()) }
                });
            }
            ["saw", "no", method] => {
                assert!(!self.pbx.log().contains(&format!("request {method} ")), "the PBX saw {method}");
            }
            _ => panic!("pbx {step}: no such step"),
        }
    }

    #[track_caller]
    fn client_step(&mut self, who: &str, step: &str) {
        let words: Vec<&str> = step.split_whitespace().collect();
        match words[..] {
            ["signs", "in", "tone", tone] => {
                let tone = tone.parse().expect("a tone is a number");
                self.tones.insert(who.to_owned(), tone);
                let client = Client::sign_in(&self.server, who, tone);
                self.clients.insert(who.to_owned(), client);
            }
            ["signs", "out"] => self.clients.remove(who).expect("the client is there").sign_out(),
            ["goes", "away"] => self.clients.remove(who).expect("the client is there").close(),
            ["sees", number, state] => self.sees(who, number, state),
            ["may", "not", number, ref services @ ..] => self.may(who, number, services, false),
            ["may", number, ref services @ ..] => self.may(who, number, services, true),
            ["events", number, ref events @ ..] => {
                let wanted: Vec<_> = events.iter().map(|event| event.trim_end_matches(',').to_owned()).collect();
                let client = &self.clients[who];
                eventually(&format!("{who} is told of {wanted:?}"), SOON, || match client.events(number) {
                    events if events == wanted => Ok(()),
                    events => Err(format!("{events:?}")),
                });
            }
            [command, ref arguments @ ..] => self.command(who, command, arguments),
            [] => panic!("{who} does nothing"),
        }
    }

    /// Sends a command: its arguments are numbers of calls, or what its fields are.
    #[track_caller]
    fn command(&self, who: &str, command: &str, arguments: &[&str]) {
        let client = &self.clients[who];
        let (arguments, refused) = match arguments.iter().position(|&word| word == "refused") {
            Some(at) => (&arguments[..at], arguments.get(at + 1).copied()),
            None => (arguments, None),
        };
        let call = |at: usize| client.id_of(arguments[at]);
        let line = || client.line(&self.lines[who])["id"].clone();
        let mut request: Value = match command {
            "make_call" => json!({ "line": line(), "number": arguments[0] }),
            "directed_pickup_call" => json!({ "line": line(), "number": arguments[0] }),
            "consultation_call" | "single_step_transfer_call" | "deflect_call" => {
                json!({ "call": call(0), "number": arguments[1] })
            }
            "park_call" => json!({ "call": call(0), "number": arguments.get(1) }),
            "decline_call" => json!({ "call": call(0), "reason": arguments[1] }),
            "generate_digits" => json!({ "call": call(0), "digits": arguments[1] }),
            "alternate_call" | "reconnect_call" | "transfer_call" | "conference_call" => {
                json!({ "active": call(0), "held": call(1) })
            }
            "set_do_not_disturb" => json!({ "line": line(), "on": arguments[0] == "on" }),
            "set_remote_office" => json!({ "line": line(), "number": arguments.first() }),
            "set_forwarding" => {
                let after = arguments.get(3).and_then(|after| after.parse::<u32>().ok());
                let callers = arguments.get(2).copied().unwrap_or("all");
                let forwarding =
                    json!({ "kind": arguments[0], "to": arguments[1], "callers": callers, "after": after });
                json!({ "line": line(), "forwarding": forwarding })
            }
            "cancel_forwarding" => json!({ "line": line(), "kind": arguments.first() }),
            _ => json!({ "call": call(0) }),
        };
        request["type"] = command.into();
        let result = client.command(&request);
        match refused {
            Some(cause) => assert_eq!(result, Err(cause.to_owned()), "{who} {command}"),
            None => assert_eq!(result, Ok(()), "{who} {command}"),
        }
    }

    /// A call's state, or why it is over or what was asked for has failed.
    #[track_caller]
    fn sees(&self, who: &str, number: &str, state: &str) {
        let client = &self.clients[who];
        eventually(&format!("{who} sees {number} {state}"), SOON, || {
            let call = client.call(number);
            let so = match state {
                "gone" => is_over(&call),
                "ringing" => call["remote_state"] == "alerting",
                _ => call["state"] == state || call["cause"]["code"] == state,
            };
            if so { Ok(()) } else { Err(call.to_string()) }
        });
    }

    #[track_caller]
    fn may(&self, who: &str, number: &str, services: &[&str], may: bool) {
        let client = &self.clients[who];
        eventually(&format!("{who} may {services:?} with {number}: {may}"), SOON, || {
            let call = client.call(number);
            // In a call that is over she may do nothing anyway.
            let offered = call["services"].as_array().filter(|_| !is_over(&call)).ok_or_else(|| call.to_string())?;
            let has = |service: &&str| offered.iter().any(|one| one == service.trim_end_matches(','));
            if services.iter().all(|service| has(service) == may) { Ok(()) } else { Err(call.to_string()) }
        });
    }

    /// Exactly these are heard, of all who make a tone.
    #[track_caller]
    fn hears(&self, who: &str, heard: &str) {
        let (heard, call) = match heard.split_once(" in ") {
            Some((heard, call)) => (heard, Some(call)),
            None => (heard, None),
        };
        let names: Vec<&str> = heard.split(',').map(str::trim).filter(|&name| name != "nothing").collect();
        let mut wanted: Vec<u32> = names.iter().map(|&name| self.tones[name]).collect();
        wanted.sort_unstable();
        let mut all: Vec<u32> = self.tones.values().copied().collect();
        all.sort_unstable();
        all.dedup();
        eventually(&format!("{who} hears {heard}"), SOON, || {
            let sound: Option<Sound> = match self.taps.get(who) {
                Some(phone) => phone.heard().and_then(|sound| sound.last(0.4)),
                None => self.clients[who].heard(call.or(names.first().copied()).unwrap_or_default(), 0.4),
            };
            let sound = sound.ok_or("no sound yet")?;
            let there = tones_in(&sound, &all)?;
            if there == wanted { Ok(()) } else { Err(format!("{there:?} Hz of {all:?}, {sound}")) }
        });
    }
}

fn is_over(call: &Value) -> bool {
    call.is_null() || call["state"] == "null" || call["state"] == "failed"
}
