//! What the file may say, and what is said of its mistakes.

use super::file::COUNTRIES;
use std::time::Duration;

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
    assert_eq!((config.listen.http, config.listen.sip.port()), (None, 5060));
    let group = &config.groups[0];
    assert_eq!((group.domain.as_str(), group.port, group.expires), ("pbx.example", None, 600));
    assert_eq!((group.kind, group.lines[0].auth_name.as_str()), (GroupKind::Softphones, "100"));
    assert_eq!(config.users[0].lines, [(0, 0), (0, 1)]);
}

#[test]
fn the_database_is_a_file_or_postgresql_and_its_url_is_a_secret() {
    let with =
        |added: &str| parse(&GOOD.replacen("[[line_group]]", &format!("[database]\n{added}\n[[line_group]]"), 1));
    let database = parse(GOOD).unwrap().database;
    assert!(database.url.is_none());
    assert_eq!(database.key_file, Path::new("/etc/data/secrets.key"));
    let added =
        "url = \"postgres://anna:topsecret@db/offhook\"\npassword_file = \"password\"\nkey_file = \"/keys/offhook\"";
    let database = with(added).unwrap().database;
    assert_eq!(database.password_file.as_deref(), Some(Path::new("/etc/password")));
    assert_eq!(database.key_file, Path::new("/keys/offhook"));
    assert!(!format!("{database:?}").contains("topsecret"));
    for (added, expected) in [
        ("url = \"mysql://anna:topsecret@db\"", "offhook.toml:4: database.url must begin with postgres://"),
        ("url = 5", "offhook.toml:4: "),
        ("password_file = \"password\"", "offhook.toml:4: database.password_file is for PostgreSQL"),
    ] {
        let error = with(added).unwrap_err();
        assert!(error.starts_with(expected) && !error.contains("topsecret"), "{error}");
    }
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
        ("name = \"main\"", "name = \"main\"\ncodecs = [\"GSM\"]", "offhook.toml:5: \"GSM\" is not known for codecs"),
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
    assert!(error.starts_with("offhook.toml:6: registrar does not go") && error.contains("leave it out"), "{error}");
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

/// The example with further keys of the line group.
fn with_group(more: &str) -> Result<Config, String> {
    parse(&GOOD.replacen("name = \"main\"", &format!("name = \"main\"\n{more}"), 1))
}

#[test]
fn call_control_is_read() {
    let control = |more: &str| with_group(more).unwrap().groups.remove(0).call_control;
    let usual = control("");
    assert_eq!((usual.functions.len(), usual.signed_out, usual.decline), (20, Decline::Busy, None));
    assert_eq!((usual.diversion, usual.transfer), (Diversion::NewCall, TransferWay::Auto));
    assert!(usual.pickup_in_server && !usual.hide_decline && !usual.signed_off_to_voice_mailbox);
    assert_eq!(usual.emergency_numbers, ["110", "112"]);
    assert_eq!((usual.internal_digits, usual.park_returns), (5, Duration::from_secs(120)));
    let own = control(
        "switched_off = [\"park_call\", \"deflect_call\"]\nsigned_out = \"ringing\"\ndecline = \"unavailable\"\n\
         hide_decline = true\ndiversion = \"redirect\"\ntransfer = \"bridge\"\nsigned_off_to_voice_mailbox = true\n\
         pickup_code = \"*59<NUMBER>\"\npickup_in_server = false\nemergency_numbers = [\"911\"]\n\
         internal_digits = 3\npark_returns = 60\n\
         feature_codes = [{ name = \"Night service\", code = \"*41\" }, { name = \"Door\", code = \"*7#\" }]",
    );
    assert_eq!(own.functions.len(), 18);
    assert!(!own.functions.iter().any(|function| function == "park_call"));
    assert_eq!((own.signed_out, own.decline), (Decline::Ringing, Some(Decline::Unavailable)));
    assert_eq!((own.diversion, own.transfer), (Diversion::Redirect, TransferWay::Bridge));
    assert!(own.hide_decline && own.signed_off_to_voice_mailbox && !own.pickup_in_server);
    assert_eq!(own.pickup_code.as_deref(), Some("*59<NUMBER>"));
    assert_eq!(own.feature_codes[1], FeatureCode { name: "Door".into(), code: "*7#".into() });
    assert_eq!((own.emergency_numbers, own.internal_digits), (vec!["911".to_owned()], 3));
    let few = control("functions = [\"make_call\"]").functions;
    assert!(few.len() == 6 && few[0] == "make_call" && few.contains(&"clear_connection".to_owned()), "{few:?}");
}

#[test]
fn mistakes_in_call_control_are_named_with_their_place() {
    for (more, expected) in [
        ("functions = [\"fly\"]", "offhook.toml:5: \"fly\" is not known for functions; choose of make_call, "),
        ("switched_off = [\"clear_connection\"]", "offhook.toml:5: these are always there: answer_call, clear_conn"),
        ("functions = []\nswitched_off = []", "offhook.toml:6: say either functions or switched_off"),
        ("signed_out = \"gone\"", "offhook.toml:5: unknown variant `gone`, expected one of `busy`"),
        ("decline = \"never\"", "offhook.toml:5: unknown variant `never`, expected one of `client`"),
        ("diversion = \"302\"", "offhook.toml:5: unknown variant `302`"),
        ("transfer = \"refer\"", "offhook.toml:5: unknown variant `refer`"),
        ("pickup_code = \"*59\"", "offhook.toml:5: a pickup_code needs <NUMBER> in it"),
        ("feature_codes = [{ name = \"Door\", code = \"\" }]", "offhook.toml:5: \"\" cannot be dialled."),
        (
            "feature_codes = [{ name = \"A\", code = \"1\" }, { name = \"A\", code = \"2\" }]",
            "offhook.toml:5: \"A\" stands twice in name.",
        ),
        ("emergency_numbers = [\"\"]", "offhook.toml:5: \"\" cannot be dialled."),
        ("internal_digits = 16", "offhook.toml:5: internal_digits must lie between 0 and 15 digits."),
        ("park_returns = 0", "offhook.toml:5: park_returns must lie between 1 and 3600 seconds."),
    ] {
        let error = with_group(more).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn lines_are_redirected_and_users_have_a_mailbox() {
    let line = |more: &str| GOOD.replacen("user_name = \"100\"", &format!("user_name = \"100-102\"\n{more}"), 1);
    let text =
        line("number = \"+49<*>\"\nredirections = [{ to = \"2<*>\", seconds = 15 }, { to = \"300\", seconds = 30 }]")
            .replacen("user_name = \"101\"", "user_name = \"111\"", 1)
            .replacen("lines = [\"100\", ", "voice_mailbox = \"*98\"\nlines = [", 1);
    let config = parse(&text).unwrap();
    let redirections = &config.groups[0].lines[1].redirections;
    assert_eq!(redirections[0], Redirection { to: "2101".into(), rings: Duration::from_secs(15) });
    assert_eq!((redirections[1].to.as_str(), redirections.len()), ("300", 2));
    assert_eq!(config.users[0].voice_mailbox.as_deref(), Some("*98"));
    for (more, expected) in [
        ("redirections = [{ to = \"\", seconds = 5 }]", "offhook.toml:8: \"\" cannot be dialled."),
        ("redirections = [{ to = \"7\" }]", "offhook.toml:8: missing field `seconds`"),
        ("redirections = [{ to = \"7\", seconds = 0 }]", "offhook.toml:8: seconds must lie between 1 and 600"),
    ] {
        let error = parse(&line(more)).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
    let error = parse(&GOOD.replacen("name = \"alice\"", "name = \"alice\"\nvoice_mailbox = \"a@b\"", 1)).unwrap_err();
    assert!(error.starts_with("offhook.toml:15: \"a@b\" cannot be dialled."), "{error}");
}

#[test]
fn captures_are_kept_within_limits() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.capture.directory, Path::new("/etc/data/captures"));
    assert_eq!((config.capture.max_file, config.capture.total), (20 << 20, 500 << 20));
    assert_eq!(config.capture.keep, Some(Duration::from_secs(7 * 24 * 3600)));
    assert_eq!(config.groups[0].capture, GroupCapture::Off);
    let more = "[capture]\ndirectory = \"logs\"\nmax_file_mb = 5\ntotal_mb = 10\nkeep_days = 0\nwhen_full = \"stop\"\n\
                numbers = \"pseudonyms\"\n";
    let text = GOOD.replace("registrar = ", "capture = [\"+4989101\"]\nregistrar = ");
    let config = parse(&format!("{text}{more}")).unwrap();
    assert_eq!(config.capture.directory, Path::new("/etc/logs"));
    assert_eq!((config.capture.keep, config.capture.when_full), (None, CaptureFull::Stop));
    assert_eq!(config.capture.numbers, CaptureNumbers::Pseudonyms);
    assert_eq!(config.groups[0].capture, GroupCapture::Lines(vec![1]));
    let config = parse(&GOOD.replace("registrar = ", "capture = true\nregistrar = ")).unwrap();
    assert_eq!((&config.groups[0].capture, config.groups[0].capture_audio), (&GroupCapture::All, CaptureAudio::Off));
    let with = |audio: &str| GOOD.replace("registrar = ", &format!("capture_audio = \"{audio}\"\nregistrar = "));
    assert_eq!(parse(&with("payload")).unwrap().groups[0].capture_audio, CaptureAudio::Payload);
    let pseudonyms = "[capture]\nnumbers = \"pseudonyms\"\n";
    let headers = parse(&format!("{}{pseudonyms}", with("headers"))).unwrap();
    assert_eq!(headers.groups[0].capture_audio, CaptureAudio::Headers);
    let error = parse(&format!("{}{pseudonyms}", with("payload"))).unwrap_err();
    assert!(error.contains("a voice has no pseudonym"), "{error}");
}

#[test]
fn captures_that_cannot_be_kept_are_refused() {
    let of_group = |value: &str| parse(&GOOD.replace("registrar = ", &format!("capture = {value}\nregistrar = ")));
    assert!(of_group("[\"999\"]").unwrap_err().ends_with("no line of this line group has the number \"999\"."));
    assert!(of_group("\"yes\"").unwrap_err().contains("capture must be true, false, or a list of the numbers"));
    for (more, sentence) in [
        ("max_file_mb = 6\ntotal_mb = 10", "max_file_mb is 6, but two files must fit into total_mb, 10."),
        ("max_file_mb = 0", "max_file_mb must lie between 1 and 1000 MB."),
        ("keep_days = 4000", "keep_days must lie between 0 and 3650 days."),
    ] {
        let error = parse(&format!("{GOOD}[capture]\n{more}\n")).unwrap_err();
        assert!(error.ends_with(sentence), "{error}");
    }
}

#[test]
fn the_log_is_set_and_shares_the_directory_of_captures() {
    let log = |more: &str| parse(&format!("{GOOD}{more}")).map(|config| config.log);
    let usual = log("").unwrap();
    assert_eq!((usual.level, usual.format, usual.system), (LogLevel::Info, LogFormat::Text, LogSystem::Off));
    assert_eq!((usual.directory.as_path(), usual.files), (Path::new("/etc/data/captures"), true));
    let own = log("[capture]\ndirectory = \"c\"\n[log]\nformat = \"json\"\nlevel = \"warn\"\nkeep_days = 0\n\
                   max_file_mb = 5\ntotal_mb = 10\nsystem = \"warnings\"\n[log.levels]\nsip = \"trace\"\n")
    .unwrap();
    assert_eq!((own.level, own.levels), (LogLevel::Warn, vec![("sip".to_owned(), LogLevel::Trace)]));
    assert_eq!((own.format, own.system, own.keep), (LogFormat::Json, LogSystem::Warnings, None));
    assert_eq!((own.directory.as_path(), own.max_file, own.total), (Path::new("/etc/c"), 5 << 20, 10 << 20));
    assert_eq!(log("[log]\ndirectory = \"l\"\n").unwrap().directory, Path::new("/etc/l"));
    for (more, expected) in [
        (
            "[log.levels]\nphone = \"info\"\n",
            "offhook.toml:18: there is no area \"phone\" of the log; choose of calls,",
        ),
        ("[log]\nlevel = \"loud\"\n", "offhook.toml:18: unknown variant `loud`"),
        ("[log]\nmax_file_mb = 6\ntotal_mb = 10\n", "offhook.toml:18: max_file_mb is 6, but two files"),
        ("[log]\nsystem = \"all\"\n", "offhook.toml:18: unknown variant `all`"),
    ] {
        let error = log(more).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn proxies_are_named_with_the_header_that_they_write() {
    let none = parse(GOOD).unwrap().proxies;
    assert_eq!(none, Proxies { trusted: Vec::new(), header: ProxyHeader::XForwardedFor });
    let text = format!("{GOOD}[http]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nproxy_header = \"forwarded\"\n");
    let proxies = parse(&text).unwrap().proxies;
    assert_eq!((proxies.trusted.len(), proxies.header), (2, ProxyHeader::Forwarded));
    let wrong = parse(&format!("{GOOD}[http]\ntrusted_proxies = [\"proxy.example\"]\n")).unwrap_err();
    assert!(wrong.contains("\"proxy.example\" is no address or network"), "{wrong}");
}
