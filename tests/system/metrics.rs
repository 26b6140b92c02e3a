//! What a monitoring system reads, and whether the dashboard and the alerts in `docs/grafana` ask for what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::support::baresip::Baresip;
use crate::support::http;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{ADMINISTRATOR, Offhook, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// Labels that Prometheus adds.
const ADDED: [&str; 3] = ["instance", "job", "le"];

#[track_caller]
fn get(server: &Offhook, cookie: &str, route: &str) -> String {
    let answer = http::ask(server.http(), "GET", route, &[("cookie", cookie)], "");
    assert_eq!(answer.status, 200, "{route}: {}", answer.text);
    answer.text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// The metrics that there are, each with its labels and their values.
type Metrics = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

fn read(text: &str) -> Metrics {
    let label = Regex::new(r#"(\w+)="((?:[^"\\]|\\.)*)""#).expect("a pattern");
    let mut metrics = Metrics::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        let labels = metrics.entry(name.to_owned()).or_default();
        for found in label.captures_iter(line) {
            labels.entry(found[1].to_owned()).or_default().insert(found[2].to_owned());
        }
    }
    metrics
}

fn docs(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/grafana").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every query of the dashboard, those that fill its choices among them.
fn dashboard() -> Vec<String> {
    fn find(value: &Value, queries: &mut Vec<String>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| find(value, queries)),
            Value::Object(members) => {
                let texts = ["expr", "query"].into_iter().filter_map(|name| members.get(name)?.as_str());
                queries.extend(texts.filter(|text| text.contains('_')).map(str::to_owned));
                members.values().for_each(|value| find(value, queries));
            }
            _ => {}
        }
    }
    let mut queries = Vec::new();
    find(&serde_json::from_str(&docs("offhook.json")).expect("the dashboard is JSON"), &mut queries);
    queries
}

/// The expression of every alert.
fn alerts() -> Vec<String> {
    let text = docs("alerts.yml");
    let of = |key: &str| text.lines().filter_map(|line| line.trim().strip_prefix(key)).map(str::to_owned).collect();
    let (names, queries): (Vec<String>, Vec<String>) = (of("- alert:"), of("expr:"));
    assert_eq!(names.len(), queries.len(), "an alert has one expression, in one line");
    queries
}

/// What a query asks for that is not there.
fn missing(query: &str, metrics: &Metrics) -> Vec<String> {
    let name = Regex::new(r"\b(?:offhook|process)_\w+").expect("a pattern");
    let chosen = Regex::new(r"\b((?:offhook|process)_\w+)\{([^}]*)\}").expect("a pattern");
    let matcher = Regex::new(r#"(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)""#).expect("a pattern");
    let grouped = Regex::new(r"\bby \(([^)]*)\)").expect("a pattern");
    let names: Vec<&str> = name.find_iter(query).map(|found| found.as_str()).collect();
    let mut missing: Vec<String> =
        names.iter().filter(|name| !metrics.contains_key(**name)).map(|name| format!("the metric {name}")).collect();
    if names.is_empty() {
        missing.push("any metric of ours".to_owned());
    }
    for found in chosen.captures_iter(query) {
        let (name, labels) = (&found[1], metrics.get(&found[1]));
        for found in matcher.captures_iter(&found[2]).filter(|found| !ADDED.contains(&&found[1])) {
            let values = labels.and_then(|labels| labels.get(&found[1]));
            let Some(values) = values else {
                missing.push(format!("the label {} of {name}", &found[1]));
                continue;
            };
            // States are told whether something is in them or not; causes only once there was one.
            let unknown = found[2].split('|').filter(|value| &found[1] == "state" && !values.contains(*value));
            missing.extend(unknown.map(|value| format!("{}={value} of {name}", &found[1])));
        }
    }
    let labels: BTreeSet<&str> =
        names.iter().filter_map(|name| metrics.get(*name)).flatten().map(|(label, _)| label.as_str()).collect();
    for found in grouped.captures_iter(query) {
        let by = found[1].split(',').map(str::trim).filter(|label| !ADDED.contains(label)).map(str::to_owned);
        missing.extend(by.filter(|label| !labels.contains(label.as_str())).map(|label| format!("the label {label}")));
    }
    missing
}

#[test]
fn the_dashboard_and_the_alerts_ask_for_what_is_there() {
    let site = Site::new("metrics");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    let cookie = sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
    let has = |what: &str, wanted: &[&str]| {
        eventually(what, SOON, || {
            let text = get(&server, &cookie, "/metrics");
            let lacks = wanted.iter().find(|wanted| !text.lines().any(|line| line.starts_with(**wanted)));
            lacks.map_or_else(|| Ok(text.clone()), |lacks| Err(format!("{lacks}\n{text}")))
        })
    };
    let browser = Softphone::sign_in(&server, "alice");
    let mut phone = Baresip::start(&site, &Default::default());
    // One call was answered, one found nobody, one runs.
    browser.dial("200");
    phone.wait("CALL_ESTABLISHED");
    has("both legs have sent audio", &["offhook_lowest_mos{party=\"browser\"}", "offhook_lowest_mos{party=\"pbx\"}"]);
    browser.click("Hang up");
    phone.wait("CALL_CLOSED");
    browser.dial("999");
    browser.sees("This number does not exist");
    browser.dial("200");
    phone.wait("CALL_ESTABLISHED");
    let text = has(
        "all that happened is told",
        &[
            "offhook_calls{state=\"connected\"} 1",
            "offhook_calls{state=\"held\"} 0",
            "offhook_calls_ended_total{cause=\"normal_clearing\",answered=\"yes\"} 1",
            "offhook_calls_ended_total{cause=\"unknown_number\",answered=\"no\"} 1",
            "offhook_verdicts_total{code=\"unknown_number\"} 1",
            "offhook_lines{group=\"main\",state=\"registered\"} 1",
            "offhook_clients 1",
            "offhook_users 1",
            "offhook_media_worker_busy_ratio{worker=\"0\"} ",
            "offhook_media_worker_cpu_seconds_total{worker=\"0\"} ",
            "offhook_queue_limit{queue=\"core\"} ",
            "offhook_capture_stopped 0",
            "offhook_certificate_expiry_timestamp_seconds{used_by=\"https\"} ",
            "offhook_lowest_mos{party=\"pbx\"}",
            "process_resident_memory_bytes ",
        ],
    );
    assert!(!text.contains("alice") && !text.contains("\"200\""), "nobody is named: {text}");
    let metrics = read(&text);
    let (dashboard, alerts) = (dashboard(), alerts());
    assert!(dashboard.len() > 20 && alerts.len() > 5, "{dashboard:?} {alerts:?}");
    let missing: Vec<_> = dashboard
        .iter()
        .chain(&alerts)
        .map(|query| (query, missing(query, &metrics)))
        .filter(|(_, missing)| !missing.is_empty())
        .collect();
    assert!(missing.is_empty(), "{missing:#?}\n{text}");

    let status: Value = serde_json::from_str(&get(&server, &cookie, "/api/v1/admin/status")).expect("it is JSON");
    assert_eq!((&status["database"]["kind"], &status["database"]["problem"]), (&"sqlite".into(), &Value::Null));
    assert!(status["workers"][0]["late"].is_f64() && status["workers"][0]["overloaded"].is_boolean(), "{status}");
    assert!(status["process"]["sockets"].as_u64() > Some(4) && status["queues"][0]["name"] == "core", "{status}");
    assert_eq!(status["capture"]["groups"].as_array().map(Vec::len), Some(0), "{status}");
    assert!(status["certificates"][0]["expires_at"].as_f64() > status["now"].as_f64(), "{status}");
}

#[test]
fn a_query_for_what_is_not_there_is_found() {
    let metrics = read("# HELP x\noffhook_lines{group=\"main\",state=\"ready\"} 1\nprocess_open_fds 3\n");
    assert_eq!(
        missing("sum by (group) (offhook_lines{state=~\"ready\",instance=\"x\"}) / process_open_fds", &metrics),
        [""; 0]
    );
    assert_eq!(missing("offhook_nothing", &metrics), ["the metric offhook_nothing"]);
    assert_eq!(missing("offhook_lines{state=\"redy\"}", &metrics), ["state=redy of offhook_lines"]);
    assert_eq!(missing("offhook_lines{worker=\"1\"}", &metrics), ["the label worker of offhook_lines"]);
    assert_eq!(missing("sum by (queue) (offhook_lines)", &metrics), ["the label queue"]);
    assert_eq!(missing("up == 0", &metrics), ["any metric of ours"]);
}
