//! What is kept of calls, and of lines.

use super::on_both;
use crate::call::settings::{Callers, Forwarding, ForwardingKind, LineSettings, LineSettingsStore};
use crate::capture::failures::{CallVerdict, EndedCount, HourCount, NameCount, VerdictStore};
use crate::capture::verdict::Severity;
use crate::numbers::NumberKind;
use crate::numbers::past::{KEPT_AT_MOST, PastNumber, PastNumbers, SeenNumber};
use crate::quality::{CallReport, LegParty, LegReport, QualityStore};

const HOUR: f64 = 3_600_000.0;
const DAY: f64 = 24.0 * HOUR;

fn verdict(id: &str, ended_at: f64, code: &str, line: Option<&str>) -> CallVerdict {
    CallVerdict {
        id: id.into(),
        started_at: ended_at - 1_000.0,
        ended_at,
        caller: Some("100".into()),
        called: None,
        line: line.map(str::to_owned),
        group: Some("main".into()),
        code: code.into(),
        severity: Severity::Failed,
        english: format!("It failed ({id})."),
        german: "Es ging schief.".into(),
        traced: false,
    }
}

fn call(id: &str, ended_at: f64) -> CallReport {
    let leg = LegReport {
        party: LegParty::Browser,
        name: "anna".into(),
        codec_in: Some("opus".into()),
        codec_out: None,
        transcoded: true,
        encrypted: true,
        silent: false,
        packets_in: 1_000,
        packets_out: 990,
        loss: 1.5,
        loss_remote: None,
        jitter_ms: 2.25,
        jitter_remote_ms: None,
        round_trip_ms: Some(31.0),
        buffer_ms: Some(40.0),
        concealed_ms: 120.0,
        level: Some(-25.5),
        mos: Some(4.1),
        mos_listening: Some(4.2),
        mos_remote: None,
    };
    CallReport {
        id: id.into(),
        caller: Some("21".into()),
        called: None,
        started_at: ended_at - 60_000.0,
        connected_at: Some(ended_at - 50_000.0),
        ended_at: Some(ended_at),
        legs: vec![leg.clone(), LegReport { party: LegParty::Pbx, mos: None, ..leg }],
    }
}

#[tokio::test]
async fn calls_are_kept_for_thirty_days_the_latest_first() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let table = store.quality();
        let day = 24.0 * 3600.0 * 1_000.0;
        let (first, second) = (call("1", day), call("2", 2.0 * day));
        table.keep(&first, day).await.unwrap();
        table.keep(&second, 2.0 * day).await.unwrap();
        assert_eq!(table.recent(10).await.unwrap(), [second.clone(), first]);
        assert_eq!(table.recent(1).await.unwrap(), [second]);
        let late = call("3", 40.0 * day);
        table.keep(&late, 40.0 * day).await.unwrap();
        assert_eq!(table.recent(10).await.unwrap(), [late]);
        let legs: i64 = sqlx::query_scalar("SELECT count(*) FROM leg_quality").fetch_one(&table.pool).await.unwrap();
        assert_eq!(legs, 2, "legs go with their call");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn verdicts_are_counted_by_code_line_group_and_hour() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let table = store.verdicts();
        let kept = [
            verdict("1", DAY, "wrong_password", Some("100")),
            verdict("2", DAY + 1_000.0, "no_common_codec", Some("100")),
            verdict("3", DAY + HOUR, "no_common_codec", None),
        ];
        for call in &kept {
            table.keep(call, DAY + HOUR).await.unwrap();
        }
        let all = table.between(0.0, 2.0 * DAY).await.unwrap();
        assert_eq!(all.calls, [kept[2].clone(), kept[1].clone(), kept[0].clone()]);
        let codes: Vec<_> = all.counts.codes.iter().map(|entry| (entry.code.as_str(), entry.count)).collect();
        assert_eq!(codes, [("no_common_codec", 2), ("wrong_password", 1)]);
        assert_eq!(all.counts.codes[0].english, "It failed (3).", "the latest");
        assert_eq!(all.counts.lines, [NameCount { name: "100".into(), count: 2 }]);
        assert_eq!(all.counts.groups, [NameCount { name: "main".into(), count: 3 }]);
        assert_eq!(all.counts.hours, [HourCount { at: DAY, count: 2 }, HourCount { at: DAY + HOUR, count: 1 }]);
        assert_eq!(table.between(DAY, DAY + HOUR).await.unwrap().calls.len(), 2, "the end is left out");

        // One that was answered and bad all the same counts once among all that ended.
        for (id, ended_at) in [("2", DAY + 1_000.0), ("5", DAY + 2_000.0)] {
            let answered = CallReport { started_at: ended_at - 1_000.0, ..call(id, ended_at) };
            store.quality().keep(&answered, DAY + HOUR).await.unwrap();
        }
        let ended = table.between(0.0, 2.0 * DAY).await.unwrap().ended;
        let counted = |at, count, bad| EndedCount { at, count, bad };
        assert_eq!(ended, [counted(DAY, 3, 2), counted(DAY + HOUR, 1, 1)]);

        table.keep(&verdict("4", 60.0 * DAY, "unknown", None), 60.0 * DAY).await.unwrap();
        assert_eq!(table.between(0.0, 90.0 * DAY).await.unwrap().calls.len(), 1, "old ones go");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn settings_are_kept_by_line_group_and_number() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let table = store.line_settings();
        let forwarding = Forwarding {
            kind: ForwardingKind::NoAnswer,
            callers: Callers::External,
            to: "+4989200".into(),
            after: Some(15),
        };
        let set =
            LineSettings { do_not_disturb: true, forwardings: vec![forwarding], remote_office: Some("+49170".into()) };
        let silent = LineSettings { do_not_disturb: true, ..LineSettings::default() };
        table.keep("main", "100", &silent).await.unwrap();
        table.keep("other", "100", &silent).await.unwrap();
        table.keep("main", "100", &set).await.unwrap();
        store.close().await;

        let store = fresh.open().await;
        let table = store.line_settings();
        let mut kept = table.load().await.unwrap();
        kept.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(kept, [("main".into(), "100".into(), set), ("other".into(), "100".into(), silent)]);
        table.keep("main", "100", &LineSettings::default()).await.unwrap();
        sqlx::query("UPDATE line_settings SET settings = '{'").execute(&table.pool).await.unwrap();
        assert_eq!(table.load().await.unwrap(), [], "what is not set, and what cannot be read");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn numbers_are_kept_once_for_each_kind() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let table = store.past_numbers();
        let number = |kind, text: &str, at| PastNumber { location: "berlin".into(), kind, text: text.into(), at };
        let caller = NumberKind::Caller;
        let typed = number(NumberKind::Typed, "0301234", DAY);
        let elsewhere = PastNumber { location: "wien".into(), ..typed.clone() };
        let newer = number(NumberKind::Typed, "0301234", DAY + HOUR);
        let reported = number(caller, "0301234", DAY + 2.0 * HOUR);
        table.keep(&[typed, elsewhere.clone(), newer.clone(), reported.clone()], DAY).await.unwrap();
        let seen = |number: &PastNumber, count| SeenNumber { number: number.clone(), count };
        assert_eq!(table.latest("berlin", None, 10).await.unwrap(), [seen(&reported, 1), seen(&newer, 2)]);
        assert_eq!(table.latest("berlin", None, 1).await.unwrap(), [seen(&reported, 1)]);
        assert_eq!(table.latest("wien", None, 10).await.unwrap(), [seen(&elsewhere, 1)]);
        assert_eq!(table.latest("berlin", Some(reported.at), 10).await.unwrap(), [seen(&newer, 2)], "those before it");

        let late = number(NumberKind::Forwarding, "0", 40.0 * DAY);
        table.keep(std::slice::from_ref(&late), 40.0 * DAY).await.unwrap();
        assert_eq!(table.latest("berlin", None, 10).await.unwrap(), [seen(&late, 1)], "old ones go");
        assert_eq!(table.latest("wien", None, 10).await.unwrap(), []);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn too_many_numbers_leave_those_that_were_seen_lately() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let table = store.past_numbers();
        let number = |at: u32| PastNumber {
            location: "berlin".into(),
            kind: NumberKind::Typed,
            text: at.to_string(),
            at: f64::from(at),
        };
        let all = "WITH RECURSIVE place (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM place WHERE n < $1)
                   INSERT INTO past_number SELECT 'berlin', 'typed', CAST(n AS TEXT), n, 1 FROM place";
        sqlx::query(all).bind(i64::from(KEPT_AT_MOST)).execute(&table.pool).await.unwrap();
        // The oldest is seen again, so the second is the oldest.
        let again = PastNumber { at: f64::from(KEPT_AT_MOST + 1), ..number(1) };
        table.keep(&[again.clone(), number(KEPT_AT_MOST + 2)], 0.0).await.unwrap();
        let kept = table.latest("berlin", None, KEPT_AT_MOST + 5).await.unwrap();
        assert_eq!(kept.len(), KEPT_AT_MOST as usize);
        assert_eq!(kept[1], SeenNumber { number: again, count: 2 });
        assert_eq!(kept.last().map(|seen| seen.number.text.as_str()), Some("3"));
        store.close().await;
    })
    .await;
}
