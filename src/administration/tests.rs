use serde_json::json;

use super::*;
use crate::store::seal::SecretOf;
use crate::store::tests::on_both;

fn actor() -> Actor {
    Actor { kind: "administrator", id: "root".into(), address: Some("127.0.0.1".into()) }
}

fn user(login: &str) -> Value {
    json!({ "login": login, "display_name": login, "active": true })
}

#[tokio::test]
async fn what_is_acknowledged_is_there_after_a_restart_and_in_the_audit_log() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
        let changed = administration.changed();
        let id = ObjectId::random([7; 16]);
        let create = [Change::Put { kind: Kind::User, id, expected: Some(0), body: user("anna") }];
        let secrets = [SecretChange { kind: Kind::User, id, field: "password", secret: Some(Secret::new("geheim")) }];
        let request = Request { changes: &create, secrets: &secrets, ..Request::default() };
        let written = administration.change(request, &actor(), 5).await.unwrap();
        assert_eq!((written.len(), written[0].version), (1, 1));
        assert!(changed.has_changed().unwrap());
        // The same again is not possible, and changes nothing.
        let request = Request { changes: &create, ..Request::default() };
        let refused = administration.change(request, &actor(), 6).await.unwrap_err();
        assert!(matches!(refused, ChangeError::Refused(refusals) if refusals[0].http_status() == 409));
        store.close().await;

        let store = fresh.open().await;
        let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
        assert_eq!(administration.site().named::<site::User>("ANNA").unwrap().id, id);
        let of = SecretOf { kind: "user", id: id.as_str(), field: "password" };
        assert_eq!(administration.table().secret(of).await.unwrap(), Some(Secret::new("geheim")));
        let audit = store.audit().list(&Default::default(), None, 10).await.unwrap();
        let said: Vec<_> = audit.iter().map(|(_, entry)| (entry.action.as_str(), entry.title.as_str())).collect();
        assert_eq!(said, [("set_secret", "anna"), ("create", "anna")]);
        assert!(!format!("{audit:?}").contains("geheim"));
        // What is always there can be changed from its first version on.
        let version = administration.site().version(Kind::Settings, ObjectId::SETTINGS);
        let change = Change::Patch {
            kind: Kind::Settings,
            id: ObjectId::SETTINGS,
            expected: version,
            patch: json!({ "presence_domain": "office.example" }),
        };
        let request = Request { changes: &[change], ..Request::default() };
        administration.change(request, &actor(), 7).await.unwrap();
        assert_eq!(administration.site().settings().presence_domain, "office.example");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_picture_counts_at_once_and_is_there_after_a_restart() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
        let id = ObjectId::random([7; 16]);
        let put = Change::Put { kind: Kind::User, id, expected: Some(0), body: user("anna") };
        make(&administration, put, &[]).await.unwrap();
        let mut changed = administration.changed();
        let picture = Picture { small: vec![1], large: vec![2], version: 9 };
        let set = [PictureChange { user: id, picture: Some(picture) }];
        administration.change(Request { pictures: &set, ..Request::default() }, &actor(), 5).await.unwrap();
        assert!(changed.has_changed().unwrap());
        changed.mark_unchanged();
        assert_eq!(administration.site().picture(id), Some(9));
        store.close().await;

        let store = fresh.open().await;
        let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
        assert_eq!(administration.site().picture(id), Some(9));
        let page = administration.site().list::<site::User>(&Default::default()).unwrap();
        assert_eq!(page.pictures.get(&id), Some(&9));
        let large = store.site().pictures().find("user", id.as_str(), "large").await.unwrap().unwrap();
        assert_eq!((large.media_type.as_str(), large.image), ("image/jpeg", vec![2]));
        let gone = [PictureChange { user: id, picture: None }];
        administration.change(Request { pictures: &gone, ..Request::default() }, &actor(), 6).await.unwrap();
        assert_eq!(administration.site().picture(id), None);
        let audit = store.audit().list(&Default::default(), None, 10).await.unwrap();
        let said: Vec<_> = audit.iter().map(|(_, entry)| entry.action.as_str()).collect();
        assert_eq!(said, ["remove_picture", "set_picture", "create"]);
        // Nobody has a picture who is not there.
        let nobody = [PictureChange { user: ObjectId::random([8; 16]), picture: None }];
        let refused = administration.change(Request { pictures: &nobody, ..Request::default() }, &actor(), 7).await;
        assert!(matches!(refused, Err(ChangeError::Refused(refusals)) if refusals[0].http_status() == 404));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_signed_in_at_a_computer_stays_there_whatever_changes() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
        let (user_id, computer) = (ObjectId::random([7; 16]), ObjectId::random([8; 16]));
        let seat = Seat { user: user_id, computer };
        let mut changed = administration.changed();
        let first = administration.take_seat(seat);
        assert!(changed.has_changed().unwrap());
        changed.mark_unchanged();
        let second = administration.take_seat(seat);
        assert!(!changed.has_changed().unwrap(), "a second window changes nothing");
        let put = Change::Put { kind: Kind::User, id: user_id, expected: Some(0), body: user("anna") };
        make(&administration, put, &[]).await.unwrap();
        drop(first);
        assert!(administration.site().seats().contains(&seat));
        changed.mark_unchanged();
        drop(second);
        assert!(changed.has_changed().unwrap() && administration.site().seats().is_empty());
        let third = administration.take_seat(seat);
        administration.vacate(computer);
        assert!(administration.site().seats().is_empty());
        drop(third);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_file_sets_is_shown_and_not_changed() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let id = ObjectId::random([9; 16]);
        let row = site::Row { kind: Kind::User, id, version: 1, from_file: true, body: user("bob") };
        let administration = Administration::open(store.site(), vec![row]).await.unwrap();
        let change = Change::Delete { kind: Kind::User, id, expected: Some(1) };
        let request = Request { changes: &[change], ..Request::default() };
        let refused = administration.change(request, &actor(), 5).await.unwrap_err();
        assert!(matches!(refused, ChangeError::Refused(refusals) if refusals[0].http_status() == 409));
        administration.set_from_file(Vec::new()).await.unwrap();
        assert!(administration.site().named::<site::User>("bob").is_none());
        store.close().await;
    })
    .await;
}

/// Makes one change with its secrets.
async fn make(
    administration: &Administration,
    change: Change,
    secrets: &[SecretChange],
) -> Result<Vec<site::Write>, ChangeError> {
    let changes = [change];
    administration.change(Request { changes: &changes, secrets, ..Request::default() }, &actor(), 5).await
}

#[tokio::test]
async fn what_is_kept_counts_also_where_nobody_waits_for_the_answer() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let administration = Arc::new(Administration::open(store.site(), Vec::new()).await.unwrap());
        for seed in 1..40 {
            let id = ObjectId::random([seed; 16]);
            let login = format!("user{seed}");
            let put = Change::Put { kind: Kind::User, id, expected: Some(0), body: user(&login) };
            let asked = administration.clone();
            // The connection breaks a little later each time.
            let request = tokio::spawn(async move { make(&asked, put, &[]).await });
            for _ in 0..seed {
                tokio::task::yield_now().await;
            }
            request.abort();
            let _ = request.await;
            // The next change waits for the end of that one.
            let nothing: [Change; 0] = [];
            let next = Request { changes: &nothing, ..Request::default() };
            administration.change(next, &actor(), 5).await.unwrap();
            let kept = store.site().load().await.unwrap().iter().any(|row| row.id == id.as_str());
            assert_eq!(administration.site().has(Kind::User, id), kept, "after {seed} steps");
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_another_process_has_changed_is_not_written_over() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
        let id = ObjectId::random([7; 16]);
        let (kind, put) =
            (Kind::User, |expected, login: &str| Change::Put { kind: Kind::User, id, expected, body: user(login) });
        make(&administration, put(Some(0), "anna"), &[]).await.unwrap();
        let other = super::put(kind, id, 2, &user("anne"), Some(1), Vec::new(), false);
        store.site().write(&[other], &[]).await.unwrap();
        let refused = make(&administration, put(Some(1), "annika"), &[]).await.unwrap_err();
        assert!(matches!(refused, ChangeError::Refused(refusals) if refusals[0].http_status() == 412));
        assert!(administration.site().named::<site::User>("anne").is_some(), "it is known now");
        make(&administration, put(None, "annika"), &[]).await.unwrap();
        assert_eq!(administration.site().version(kind, id), Some(3));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn somebody_who_may_change_everything_can_always_sign_in() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
        let kind = Kind::Administrator;
        let (first, second) = (ObjectId::random([1; 16]), ObjectId::random([2; 16]));
        let put = |id, login: &str, active| {
            let body = json!({ "login": login, "role": "full", "active": active });
            Change::Put { kind, id, expected: None, body }
        };
        let password =
            |id, secret: Option<&str>| [SecretChange { kind, id, field: "password", secret: secret.map(Secret::new) }];
        let last = |outcome: Result<_, ChangeError>| {
            let Err(ChangeError::Refused(refusals)) = outcome else { return false };
            refusals[0].problems[0].code == ProblemCode::LastAdministrator
        };
        make(&administration, put(first, "root", true), &password(first, Some("x"))).await.unwrap();
        // The other one has no password.
        make(&administration, put(second, "other", true), &[]).await.unwrap();
        let delete = Change::Delete { kind, id: first, expected: None };
        assert!(last(make(&administration, delete.clone(), &[]).await));
        assert!(last(make(&administration, put(first, "root", false), &[]).await));
        let taken = password(first, None);
        let request = Request { secrets: &taken, ..Request::default() };
        assert!(last(administration.change(request, &actor(), 5).await));
        let given = password(second, Some("y"));
        administration.change(Request { secrets: &given, ..Request::default() }, &actor(), 5).await.unwrap();
        make(&administration, delete, &[]).await.unwrap();
        // A secret of what is gone is not kept.
        let late = password(first, Some("z"));
        let refused = administration.change(Request { secrets: &late, ..Request::default() }, &actor(), 5).await;
        assert!(matches!(refused, Err(ChangeError::Refused(refusals)) if refusals[0].http_status() == 404));
        store.close().await;
    })
    .await;
}
