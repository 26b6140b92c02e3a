//! Starting: whatever is changed once somebody can come counts.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Prepared;
use crate::administration::{Actor, Request};
use crate::config::Config;
use crate::ids::UserId;
use crate::site::{Change, Kind, ObjectId};
use crate::store::tests::Fresh;

/// A server of nobody, at ports that are free.
fn config(fresh: &Fresh) -> Config {
    let [http, https] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let listen = format!("http = \"{http}\"\nhttps = \"{https}\"\nsip = \"127.0.0.1:0\"\nwebrtc = \"127.0.0.1:0\"\n");
    let text = format!("data_dir = \".\"\n[listen]\n{listen}");
    let mut config = Config::parse(&text, "offhook.toml", &fresh.folder).unwrap();
    config.media.workers = Some(1);
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_before_the_last_interface_listens_counts() {
    let fresh = Fresh::sqlite();
    let prepared = Prepared::new(config(&fresh), None, None).await.unwrap();
    assert!(!prepared.state.users.second_factor_needed());
    let user = json!({ "login": "anna", "display_name": "Anna", "active": true });
    let changes = [
        Change::Put { kind: Kind::User, id: ObjectId::random([7; 16]), expected: Some(0), body: user },
        Change::Patch {
            kind: Kind::Settings,
            id: ObjectId::SETTINGS,
            expected: None,
            patch: json!({ "second_factor": "everybody" }),
        },
    ];
    let request = Request { changes: &changes, ..Request::default() };
    let actor = Actor { kind: "command", id: "test".into(), address: None };
    prepared.state.administration.change(request, &actor, 1).await.unwrap();
    let server = prepared.open().await.unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while server.state.users.account(UserId(0)).is_none() {
        assert!(Instant::now() < until, "the user does not count");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.stop().await;

    let prepared = Prepared::new(config(&fresh), None, None).await.unwrap();
    assert!(prepared.state.users.second_factor_needed(), "whoever comes first is asked for it");
    prepared.open().await.unwrap().stop().await;
}
