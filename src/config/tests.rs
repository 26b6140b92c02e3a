//! What the file may say, and what is said of its mistakes.

use super::file::COUNTRIES;
use super::*;

const GOOD: &str = r#"
data_dir = "data"
[[line_group]]
name = "main"
registrar = "pbx.example"
[[line_group.line]]
user_name = "100"
password = "topsecret"
[[line_group.line]]
user_name = "101"
password = "topsecret"
number = "+4989101"
[[user]]
name = "alice"
password = "wonderland"
lines = ["100", "+4989101"]
"#;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, "offhook.toml", Path::new("/etc")).map_err(|error| error.to_string())
}

#[test]
fn defaults_are_filled_in() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.data_dir, Path::new("/etc/data"));
    assert_eq!(config.listen.http.port(), 7224);
    let group = &config.groups[0];
    assert_eq!((group.domain.as_str(), group.port, group.expires), ("pbx.example", None, 600));
    assert_eq!((group.kind, group.lines[0].auth_name.as_str()), (GroupKind::Softphones, "100"));
    assert_eq!(config.users[0].lines, [(0, 0), (0, 1)]);
}

#[test]
fn audio_settings_are_read_and_a_law_is_always_there() {
    let parse = |added: &str| parse(&GOOD.replacen("name = \"main\"", &format!("name = \"main\"\n{added}"), 1));
    let group = parse("").unwrap().groups.remove(0);
    assert_eq!((group.srtp, group.comfort_noise, group.rtcp_mux, group.ptime), (Srtp::Auto, false, false, 20));
    assert_eq!(group.codecs_incoming, group.codecs_outgoing);
    let added = "srtp = \"dtls\"\ncomfort_noise = true\nptime = 40\ncodecs = [\"G722\"]\ncodecs_incoming = [\"PCMU\"]";
    let group = parse(added).unwrap().groups.remove(0);
    assert_eq!((group.srtp, group.comfort_noise, group.ptime), (Srtp::Dtls, true, 40));
    assert_eq!(group.codecs_outgoing, ["G722", "PCMA"]);
    assert_eq!(group.codecs_incoming, ["PCMU", "PCMA"]);
    for (added, expected) in [
        ("ptime = 5", "offhook.toml:5: ptime must lie between 10 and 60 milliseconds."),
        ("ptime = 25", "offhook.toml:5: ptime must be a multiple of 10 milliseconds."),
        ("srtp = \"maybe\"", "offhook.toml:5: unknown variant `maybe`"),
        ("codecs_outgoing = [\"GSM\"]", "offhook.toml:5: "),
    ] {
        let error = parse(added).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (from, to, expected) in [
        ("registrar =", "registrat =", "offhook.toml:5: unknown field `registrat`"),
        ("number = \"+4989101\"", "number = \"100\"", "offhook.toml:12: the number \"100\" belongs to two lines."),
        ("lines = [\"100\"", "lines = [\"102\"", "offhook.toml:16: no line has the number \"102\"."),
        ("registrar = \"pbx.example\"", "registrar = 5", "offhook.toml:5: invalid type"),
        ("name = \"main\"", "name = \"main", "offhook.toml:4:"),
        ("name = \"main\"", "name = \"main\"\ncodecs = [\"GSM\"]", "offhook.toml:5: the codec \"GSM\" is not known"),
        ("name = \"main\"", "name = \"main\"\nexpires = 1", "offhook.toml:5: expires must lie"),
        ("\"wonderland\"", "\"$argon2id$broken\"", "offhook.toml:15: this is no argon2 hash"),
        ("data_dir = \"data\"", "data_dir = \"d\"\nmedia.country = \"xx\"", "offhook.toml:3: no tones are known"),
        (
            "data_dir = \"data\"",
            "data_dir = \"d\"\nmedia.rtp_ports = \"9-1\"",
            "offhook.toml:3: rtp_ports is \"9-1\", but ports below 1024",
        ),
        (
            "data_dir = \"data\"",
            "data_dir = \"d\"\nmedia.rtp_ports = \"4001-4004\"",
            "offhook.toml:3: rtp_ports is \"4001-4004\", but a call takes two pairs",
        ),
        (
            "data_dir = \"data\"",
            "data_dir = \"d\"\nmedia.rtp_ports = \"65535-65535\"",
            "offhook.toml:3: rtp_ports is \"65535-65535\", but the first port must be lower",
        ),
        (
            "data_dir = \"data\"",
            "data_dir = \"d\"\n[[media.ice_server]]\nurls = [\"turn:turn.example\"]",
            "offhook.toml:3: a TURN server needs username",
        ),
        (
            "data_dir = \"data\"",
            "data_dir = \"d\"\n[[media.ice_server]]\nurls = [\"http://turn.example\"]",
            "offhook.toml:3: \"http://turn.example\" is no STUN or TURN URL",
        ),
    ] {
        let error = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn one_entry_may_stand_for_many_lines() {
    let text = GOOD.replacen("user_name = \"100\"", "user_name = \"100;110-112\"\nauth_name = \"site-<*>-x\"", 1);
    let lines = parse(&text).unwrap().groups.remove(0).lines;
    let names: Vec<_> = lines.iter().map(|line| (line.number.as_str(), line.auth_name.as_str())).collect();
    assert_eq!(names[..2], [("100", "site-100-x"), ("110", "site-110-x")]);
    assert_eq!((names.len(), names[4]), (5, ("+4989101", "101")));
}

#[test]
fn trunks_have_a_pilot() {
    let trunk = |more: &str| GOOD.replacen("name = \"main\"", &format!("name = \"main\"\n{more}"), 1);
    let config = parse(&trunk("kind = \"trunk-registration\"")).unwrap();
    assert_eq!(config.groups[0].lines.iter().map(|line| line.pilot).collect::<Vec<_>>(), [true, false]);
    let moved =
        trunk("kind = \"trunk-registration\"").replacen("user_name = \"101\"", "user_name = \"101\"\npilot = true", 1);
    let config = parse(&moved).unwrap();
    assert_eq!(config.groups[0].lines.iter().map(|line| line.pilot).collect::<Vec<_>>(), [false, true]);
    let error = parse(&trunk("kind = \"trunk-registrar\"")).unwrap_err();
    assert!(error.contains("leave it out"), "{error}");
}

#[test]
fn routes_rewrite_numbers() {
    let more = "[[line_group]]\nname = \"carrier\"\nkind = \"trunk-fixed\"\nregistrar = \"192.0.2.1\"\n\
                [[route]]\nfrom = \"carrier\"\nto = \"main\"\nnumber = '\\+4989(\\d+)'\nrewrite = \"0$1\"\n";
    let config = parse(&format!("{GOOD}{more}")).unwrap();
    let route = &config.routes[0];
    assert_eq!((route.from, route.to), (1, 0));
    assert!(route.number.regex().is_match("+498912"));
    assert!(["x+498912", "+498912x"].iter().all(|number| !route.number.regex().is_match(number)));
    let error = parse(&format!("{GOOD}{more}").replacen("(\\d+)", "(\\d+", 1)).unwrap_err();
    assert!(
        error.starts_with("offhook.toml:24: \"\\\\+4989(\\\\d+\" is no regular expression: unclosed group"),
        "{error}"
    );
}

#[test]
fn secrets_do_not_show() {
    let shown = format!("{:?}", parse(GOOD).unwrap());
    assert!(!shown.contains("topsecret") && !shown.contains("wonderland"), "{shown}");
    let error = parse(&GOOD.replacen("\"topsecret\"", "12345678", 1)).unwrap_err();
    assert_eq!(error, "offhook.toml:8: a password must be text in quotes.");
}

#[test]
fn every_country_has_tones() {
    for code in COUNTRIES {
        assert!(code.parse::<offhook_media::dsp::Country>().is_ok(), "{code}");
    }
    for country in offhook_media::dsp::Country::ALL {
        assert!(COUNTRIES.contains(&country.code()), "{country}");
    }
}
