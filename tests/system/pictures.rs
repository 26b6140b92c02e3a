//! Pictures of users: brought by administrators and by themselves, seen by colleagues who may, exported and brought back.

use std::io::Cursor;

use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use crate::site::{Asker, USERS, alone, wrong};
use crate::support::http::{self, Answer};
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::{Socket, sign_in};
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// An image of one colour.
pub(crate) fn image(width: u32, height: u32, format: ImageFormat, colour: [u8; 3]) -> Vec<u8> {
    let image = DynamicImage::from(RgbImage::from_pixel(width, height, Rgb(colour)));
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, format).expect("it can be written");
    file.into_inner()
}

pub(crate) const GREEN: [u8; 3] = [20, 160, 60];

/// Sends a file.
fn put(asker: &Asker<'_>, route: &str, media_type: &str, file: &[u8]) -> Answer {
    let headers = [("cookie", asker.cookie.as_str()), ("content-type", media_type)];
    http::ask(asker.server.http(), "PUT", route, &headers, file)
}

fn id(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or_default()
}

/// Width and height of the JPEG of an answer.
#[track_caller]
fn size(answer: &Answer) -> (u32, u32) {
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/jpeg"), "{}", answer.text);
    let body = answer.body();
    let shown = image::load_from_memory_with_format(&body, ImageFormat::Jpeg).expect("it is a JPEG");
    assert!(shown.get_pixel(2, 2).0[1] > 120, "it is green");
    shown.dimensions()
}

#[test]
fn a_picture_has_two_sizes_and_comes_back_with_an_export() {
    let (_site, server) = alone("pictures");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let mia = root.create(USERS, &json!({ "login": "mia", "display_name": "Mia Berg" }));
    let picture = format!("{mia}/picture");
    let none = root.ask("GET", &picture, &[], "");
    assert_eq!((none.status, wrong(&none).2), (404, "not_found".into()));
    for (format, media_type) in
        [(ImageFormat::Png, "image/png"), (ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::WebP, "image/webp")]
    {
        let set = put(&root, &picture, media_type, &image(800, 500, format, GREEN));
        assert_eq!(set.status, 204, "{}", set.text);
        let tag = set.header("etag").to_owned();
        assert_eq!(size(&root.ask("GET", &format!("{picture}?size=small"), &[], "")), (96, 96));
        let large = root.ask("GET", &picture, &[], "");
        assert_eq!((size(&large), large.header("etag")), ((400, 250), tag.as_str()));
        assert_eq!(large.header("cache-control"), "private, no-cache");
        let known = root.ask("GET", &picture, &[("if-none-match", &tag)], "");
        assert_eq!((known.status, known.body().len()), (304, 0));
        let version = tag.trim_matches('"');
        let kept = root.ask("GET", &format!("{picture}?version={version}"), &[], "");
        assert_eq!(kept.header("cache-control"), "private, max-age=3600");
        let list = root.get(&format!("{USERS}?search=mia"));
        assert_eq!(list["pictures"][id(&mia)].to_string(), version);
    }

    // What is no picture changes nothing.
    for (media_type, file, status, code) in [
        ("text/plain", b"x".to_vec(), 415, "wrong_media_type"),
        ("image/png", b"<svg/>".to_vec(), 422, "invalid_picture"),
        ("image/png", image(30, 30, ImageFormat::Png, GREEN)[..60].to_vec(), 422, "invalid_picture"),
        ("image/png", image(12_001, 1, ImageFormat::Png, GREEN), 422, "picture_too_large"),
        ("image/jpeg", vec![0; (10 << 20) + 1], 413, "too_large"),
    ] {
        let refused = put(&root, &picture, media_type, &file);
        assert_eq!((refused.status, wrong(&refused).2.as_str()), (status, code));
    }
    assert_eq!(size(&root.ask("GET", &picture, &[], "")), (400, 250));

    let export = root.ask("GET", "/api/v1/admin/export", &[], "").body();
    let bare = root.ask("GET", "/api/v1/admin/export?without_pictures=true", &[], "").body();
    let names = |zip: &[u8]| -> Vec<String> {
        let zip = zip::ZipArchive::new(Cursor::new(zip.to_vec())).expect("it is a ZIP");
        zip.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect()
    };
    let file = format!("pictures/{}.jpg", id(&mia));
    assert!(names(&export).contains(&file) && !names(&bare).contains(&file), "{:?}", names(&export));
    let import = |preview: bool| {
        let headers = [("cookie", root.cookie.as_str()), ("content-type", "application/zip")];
        let route = format!("/api/v1/admin/import?preview={preview}");
        let answer = http::ask(server.http(), "POST", &route, &headers, &export);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    assert_eq!(import(true)["pictures"], 0, "it is so already");
    assert_eq!(root.ask("DELETE", &picture, &[], "").status, 204);
    assert_eq!(root.ask("GET", &picture, &[], "").status, 404);
    assert_eq!(import(true)["pictures"], 1);
    assert_eq!(root.ask("GET", &picture, &[], "").status, 404, "only looked at");
    assert_eq!(import(false)["pictures"], 1);
    assert_eq!(size(&root.ask("GET", &picture, &[], "")), (400, 250));
    assert_eq!(import(true)["pictures"], 0);

    let audit = root.get(&format!("/api/v1/admin/audit?object={}", id(&mia)));
    let said = audit["entries"].as_array().expect("there are entries").iter();
    let said: Vec<&str> = said.filter_map(|entry| entry["action"].as_str()).collect();
    assert_eq!(said, ["set_picture", "remove_picture", "set_picture", "set_picture", "set_picture", "create"]);
}

/// Alice, whose line Ben is shown.
fn colleagues(name: &str) -> (Site, Kamailio, Offhook, [String; 2]) {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &Default::default());
    let pbxes = vec![Pbx { lines: vec!["100", "101"], ..Pbx::default() }];
    let server = Offhook::start(&site, &Settings { pbxes, users: Vec::new(), ..Settings::default() });
    pbx.wait("bound 101", 1);
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let both = [("alice", "Alice Adler", "100"), ("ben", "Ben Berg", "101")].map(|(login, display_name, line)| {
        let user = json!({ "login": login, "display_name": display_name, "phones": { "business": line } });
        let place = root.create(USERS, &user);
        root.set_password(&place, PASSWORD);
        place
    });
    let line = json!({ "additional_lines": [{ "line": "100", "see_incoming": true }] });
    assert_eq!(root.send("PATCH", &both[1], &[("if-match", "*")], &line).status, 200);
    (site, pbx, server, both)
}

fn settings(root: &Asker<'_>, patch: &Value) {
    let changed = root.send("PATCH", "/api/v1/admin/settings", &[("if-match", "*")], patch);
    assert_eq!(changed.status, 200, "{}", changed.text);
}

#[test]
fn colleagues_see_a_picture_as_far_as_rights_go_and_users_set_their_own() {
    let (_site, _pbx, server, [alice, _]) = colleagues("pictures-rights");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let alices = Asker::of(&server, sign_in(&server, "/api/v1/session", "alice"));
    let bens = Asker::of(&server, sign_in(&server, "/api/v1/session", "ben"));
    let mut socket = Socket::open(&server, &bens.cookie);
    let mut own = Socket::open(&server, &alices.cookie);
    let shown = |message: &Value| message["line"]["picture"].as_str().map(str::to_owned);
    assert_eq!(
        (&socket.hello["monitored_lines"][0]["picture"], &own.hello["account"]["picture"]),
        (&Value::Null, &Value::Null)
    );

    // Who may not change the own account has a picture all the same, by an administrator.
    let file = image(300, 300, ImageFormat::Png, GREEN);
    let refused = put(&alices, "/api/v1/session/picture", "image/png", &file);
    assert_eq!((refused.status, wrong(&refused).2.as_str()), (403, "account_not_given"));
    settings(&root, &json!({ "services": ["configure_account", "control_lines", "audio", "web_app"] }));
    own.wait("account");
    let set = put(&alices, "/api/v1/session/picture", "image/png", &file);
    assert_eq!(set.status, 204, "{}", set.text);
    let told = own.wait("account")["account"]["picture"].clone();
    let told = told.as_str().expect("she is told of it");

    let mut line = socket.wait("monitored_line");
    while shown(&line).is_none() {
        line = socket.wait("monitored_line");
    }
    let path = shown(&line).expect("Ben is told, too");
    assert_eq!(path, told);
    assert_eq!(size(&bens.ask("GET", &format!("{path}&size=small"), &[], "")), (96, 96));
    let strange = http::ask(server.http(), "GET", &path, &[], "");
    assert_eq!(strange.status, 401, "nobody else sees it");

    settings(&root, &json!({ "grant": { "level": "special", "rights": ["see_display_name"] } }));
    assert_eq!(shown(&socket.wait("monitored_line")), None);
    assert_eq!(bens.ask("GET", &path, &[], "").status, 404);
    assert_eq!(alices.ask("GET", &path, &[], "").status, 200, "one's own is always seen");
    settings(&root, &json!({ "grant": { "level": "public", "rights": null } }));
    assert_eq!(shown(&socket.wait("monitored_line")), Some(path));

    assert_eq!(alices.ask("DELETE", "/api/v1/session/picture", &[], "").status, 204);
    assert_eq!(shown(&socket.wait("monitored_line")), None);
    let audit = root.get(&format!("/api/v1/admin/audit?object={}", id(&alice)));
    let last = &audit["entries"][0];
    assert_eq!(
        (&last["action"], &last["actor_kind"], &last["actor"]),
        (&json!("remove_picture"), &json!("user"), &json!(id(&alice)))
    );
}

/// Puts a file into the field that takes pictures, as somebody who chooses one.
const CHOOSE: &str = "(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 500, height: 300 });
    const context = canvas.getContext('2d');
    context.fillStyle = 'rgb(20, 160, 60)';
    context.fillRect(0, 0, 500, 300);
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
    const files = new DataTransfer();
    files.items.add(new File([blob], 'me.png', { type: 'image/png' }));
    const input = document.querySelector('input[type=file]');
    input.files = files.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
})()";

/// Pixels of the pictures that are seen in a part of the page.
fn pictures(page: &Softphone, of: &str) -> Value {
    page.evaluate(&format!(
        "[...document.querySelectorAll('{of} img')].map((image) => image.complete && image.naturalWidth)"
    ))
}

#[test]
fn a_picture_that_is_chosen_in_the_console_is_seen_beside_the_line_at_once() {
    let (_site, _pbx, server, [alice, _]) = colleagues("pictures-browser");
    let bens = Softphone::sign_in(&server, "ben");
    bens.sees("Alice Adler");
    assert_eq!(pictures(&bens, "main"), json!([]), "letters stand for the name");
    let mut page = Softphone::open(&format!("{}admin/users/{}", server.url(), id(&alice)), false);
    page.enter(ADMINISTRATOR, PASSWORD);
    page.sees("Choose a picture");
    page.evaluate(CHOOSE);
    page.sees("Which part of it?");
    page.click("Use the picture");
    page.sees("The picture is set.");
    let sees = |page: &Softphone, expected: Value| {
        eventually("the picture is seen", SOON, || {
            let seen = pictures(page, "main");
            if seen == expected { Ok(()) } else { Err(seen.to_string()) }
        });
    };
    sees(&page, json!([300]));
    sees(&bens, json!([96]));

    page.click("Remove");
    page.sees("The picture is removed.");
    sees(&bens, json!([]));
    page.click("Put it back");
    page.sees("The picture is back.");
    sees(&bens, json!([96]));
}
