//! Bodies of several parts (RFC 5621).

use offhook_sip::Event;
use offhook_sip::header::Name;
use offhook_sip::message::Builder;

use crate::calls::{answered, incoming, invite, is, is_status};
use crate::net::{World, sdp};

fn multipart(kind: &str, disposition: &str) -> String {
    let body = format!(
        "--x\r\nContent-Type: application/isup\r\nContent-Disposition: signal{disposition}\r\n\r\n12\r\n\
         --x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--x--\r\n"
    );
    let text = invite("z9hG4bKa", "1", "");
    let head = text.split("Content-Type").next().expect("a head");
    format!("{head}Content-Type: multipart/{kind};boundary=x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn the_description_in_an_invite_is_found() {
    for (kind, disposition) in [("mixed", ";handling=optional"), ("alternative", "")] {
        let mut world = World::new(1);
        let bob = world.endpoint("127.0.0.2:5060");
        let phone = world.peer("127.0.0.9:5060");
        world.send(phone, bob, multipart(kind, disposition));
        let ringing = incoming(&mut world, bob);
        let offer = world.wait(bob, 1, |event| match event {
            Event::Incoming { request, .. } => request.part("application/sdp"),
            _ => None,
        });
        assert_eq!(&offer[..], b"v=0\r\n");
        world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
        world.receive(phone, is_status(200));
    }
}

#[test]
fn what_must_be_understood_and_is_not_is_refused() {
    for disposition in ["", ";handling=required"] {
        let mut world = World::new(1);
        let bob = world.endpoint("127.0.0.2:5060");
        let phone = world.peer("127.0.0.9:5060");
        world.send(phone, bob, multipart("mixed", disposition));
        let (_, refused) = world.receive(phone, is_status(415));
        assert!(refused.has_token(Name::Accept, "application/sdp"));
        assert!(world.events(bob).is_empty());
    }
}

#[test]
fn the_description_in_an_answer_is_found() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let phone = world.peer("127.0.0.9:5060");
    let calling = world.call(alice, phone, None);
    let (_, invite) = world.receive(phone, is("INVITE"));
    let body =
        "--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\ncontent-type:application/sdp\r\n\r\nv=0\r\n--x--";
    let answer = Builder::response_from(&invite, 200, "OK", Some("t"), phone)
        .header(Name::Contact, "<sip:t@127.0.0.9:5060>")
        .body("multipart/mixed; boundary=\"x\"", body.as_bytes());
    world.send(phone, alice, answer.finish());
    assert_eq!(answered(&mut world, alice, calling).as_deref(), Some(&b"v=0"[..]));
}
