//! The configuration changes while the server runs: lines, line groups and people come, change and go, calls go on.

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;

#[test]
fn lines_and_people_come_and_go_while_a_call_goes_on() {
    let site = Site::new("reload");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let before = Settings::default();
    let server = Offhook::start(&site, &before);
    let alice = Softphone::sign_in(&server, "alice");
    let mut far = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    far.dial("100");
    alice.click("Answer");
    far.wait("CALL_ESTABLISHED");
    alice.hears_tone(1000.0);

    // A line more for Alice, and somebody else who has it, too. The other settings of the group stay.
    let connection = Pbx { lines: vec!["101", "100"], ..Default::default() };
    let users = vec![("bob", vec!["101"]), ("alice", vec!["100", "101"])];
    let more = Settings { pbxes: vec![connection], users, ..Default::default() };
    assert_eq!(server.reload(&more.toml(&site)), Ok("The configuration counts.".into()));
    pbx.wait("bound 101", 1);
    server.wait_lines(&["100", "101"], "registered", None);
    assert_eq!(pbx.log().matches("unbound 100").count(), 0, "nothing happened to the line that stays");
    alice.sees("101");
    alice.hears_tone(1000.0);
    let mut bob = Softphone::sign_in(&server, "bob");

    // Alice's first line goes, and so does Bob. Her call is not disturbed by that.
    let connection = Pbx { lines: vec!["101"], ..Default::default() };
    let fewer = Settings { pbxes: vec![connection], users: vec![("alice", vec!["101"])], ..Default::default() };
    assert_eq!(server.reload(&fewer.toml(&site)), Ok("The configuration counts.".into()));
    pbx.wait("unbound 100", 1);
    bob.sees("Sign in");
    assert!(server.lines().iter().all(|line| line["number"] == "101"), "{:?}", server.lines());
    alice.hears_tone(1000.0);
    far.hang_up();
    far.wait("CALL_CLOSED");
    alice.dial("200");
    far.wait("CALL_INCOMING");
    bob.enter("bob", crate::support::offhook::PASSWORD);
    bob.sees("User name or password is wrong.");
}

#[test]
fn a_line_group_registers_anew_where_it_is_changed() {
    let site = Site::new("reload-group");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let group = |password| Settings {
        pbxes: vec![Pbx { password, lines: vec!["100", "101"], ..Default::default() }],
        ..Default::default()
    };
    let server = Offhook::start(&site, &group(Some("not-it")));
    server.wait_lines(&["100", "101"], "failed", Some("wrong_password"));
    server.reload(&group(None).toml(&site)).unwrap();
    server.wait_lines(&["100", "101"], "registered", None);

    // Another PBX: nothing stays at the first.
    let other = Pbx { registrar: Some("nowhere.invalid".into()), ..Default::default() };
    let second = Pbx { name: "second", lines: vec!["101"], ..Default::default() };
    let moved = Settings { pbxes: vec![second, other], ..Default::default() };
    server.reload(&moved.toml(&site)).unwrap();
    pbx.wait("unbound 100", 1);
    server.wait_lines(&["101"], "registered", None);
    server.wait_lines(&["100"], "failed", Some("name_not_resolved"));
    let names = |server: &Offhook| {
        let groups = server.status()["line_groups"].as_array().cloned().unwrap_or_default();
        groups.iter().filter_map(|group| group["name"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(names(&server), ["main", "second"]);
    server.reload(&group(None).toml(&site)).unwrap();
    server.wait_lines(&["100", "101"], "registered", None);
    assert_eq!(names(&server), ["main"]);
}

#[test]
fn a_file_with_a_mistake_changes_nothing() {
    let site = Site::new("reload-mistake");
    let _pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let settings = Settings::default();
    let server = Offhook::start(&site, &settings);
    server.wait_lines(&["100"], "registered", None);
    let wrong = settings.toml(&site) + "[[user]]\nname = \"bob\"\npassword = \"wonderland\"\nlines = [\"999\"]\n";
    let said = server.reload(&wrong).unwrap_err();
    assert!(said.contains("offhook.toml:") && said.contains("no line has the number \"999\""), "{said}");
    let waits = settings.toml(&site) + "[recording]\nchannels = \"per-side\"\n";
    let said = server.reload(&waits).unwrap();
    assert!(said.contains("recording") && said.contains("Restart"), "{said}");
    server.wait_lines(&["100"], "registered", None);
}
