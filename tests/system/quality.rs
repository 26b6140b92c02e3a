//! How calls sound: an administrator sees it while a call runs and afterwards, and who talks is told when nothing
//! arrives from the other side.

use serde_json::Value;

use crate::support::baresip::{self, Baresip};
use crate::support::http;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// An administrator's cookie.
#[track_caller]
pub(crate) fn sign_in(server: &Offhook) -> String {
    let body = format!(r#"{{"name":"{ADMINISTRATOR}","password":"{PASSWORD}"}}"#);
    let headers = [("content-type", "application/json")];
    http::ask(server.http(), "POST", "/api/v1/admin/session", &headers, &body).cookie.expect("it gives a cookie")
}

/// The body of an answer to the administrator.
#[track_caller]
pub(crate) fn get(server: &Offhook, route: &str, cookie: &str) -> String {
    let answer = http::ask(server.http(), "GET", route, &[("cookie", cookie)], "");
    assert_eq!(answer.status, 200, "{route}: {}", answer.text);
    answer.text.split_once("\r\n\r\n").expect("an answer has a body").1.to_owned()
}

/// What the administrator is told of calls.
#[track_caller]
pub(crate) fn calls(server: &Offhook, cookie: &str) -> Value {
    let body = get(server, "/api/v1/admin/calls", cookie);
    // The body may come in chunks; the object is what stands between the first and the last brace.
    let (from, to) = (body.find('{').unwrap_or_default(), body.rfind('}').map_or(0, |at| at + 1));
    serde_json::from_str(&body[from..to]).expect("it is JSON")
}

#[test]
fn a_call_is_judged_a_silent_phone_is_told_of_and_both_are_kept() {
    let site = Site::new("quality");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    for route in ["/api/v1/admin/calls", "/metrics"] {
        assert_eq!(http::ask(server.http(), "GET", route, &[], "").status, 401, "{route} without signing in");
    }
    let cookie = sign_in(&server);
    let browser = Softphone::sign_in(&server, "alice");
    let mut phone = Baresip::start(&site, &baresip::Settings::default());
    browser.dial("200");
    phone.wait("CALL_ESTABLISHED");

    eventually("both legs have a score", SOON, || {
        let report = calls(&server, &cookie);
        let legs = &report["running"][0]["legs"];
        let judged = |leg: &Value| leg["mos"].as_f64().is_some_and(|mos| mos > 3.5) && leg["loss"].as_f64() < Some(5.0);
        let parties = (legs[0]["party"].as_str(), legs[1]["party"].as_str());
        let whole = parties == (Some("browser"), Some("pbx"))
            && judged(&legs[0])
            && judged(&legs[1])
            && legs[0]["encrypted"] == true
            && legs[1]["codec_in"] == "PCMA";
        if whole { Ok(()) } else { Err(report.to_string()) }
    });

    phone.freeze();
    browser.status("No audio arrives from the telephone system (");
    let metrics = get(&server, "/metrics", &cookie);
    assert!(metrics.contains("offhook_silences_total{party=\"pbx\"} 1"), "{metrics}");
    assert!(metrics.contains("offhook_silent_legs{party=\"pbx\"} 1"), "{metrics}");
    assert!(server.log().contains("no audio arrives"), "{}", server.log());
    phone.thaw();
    browser.sees_no_more("No audio arrives");

    browser.click("Hang up");
    eventually("the call is kept", SOON, || {
        let report = calls(&server, &cookie);
        let kept = &report["ended"][0];
        let whole = kept["called"] == "200" && kept["legs"][1]["mos"].is_f64() && report["running"][0].is_null();
        if whole { Ok(()) } else { Err(report.to_string()) }
    });
    let mut page = Softphone::open(&format!("{}admin/calls", server.url()), false);
    page.enter(ADMINISTRATOR, PASSWORD);
    page.sees("Calls that ended");
    page.sees("100 → 200");
    page.sees("MOS ");
}
