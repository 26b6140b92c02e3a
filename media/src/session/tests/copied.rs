//! Copies of packets, as captures get them.

use super::*;
use crate::testing::Copied;

/// The copies of a side, RTCP apart.
fn rtp(world: &World, side: Side, sent: bool) -> Vec<&Copied> {
    let of = |copy: &&Copied| (copy.side, copy.sent, copy.is_rtcp) == (side, sent, false);
    world.copies.iter().filter(of).collect()
}

#[test]
fn nothing_is_copied_that_nobody_wants() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    whistle(&mut world, Side::A, &mut whistle_for(Side::A, Codec::Pcma), 5);
    world.session.copy_packets(Some(Copying::Whole));
    world.session.copy_packets(None);
    whistle(&mut world, Side::A, &mut whistle_for(Side::A, Codec::Pcma), 5);
    assert_eq!(world.copies, []);
}

#[test]
fn copies_are_what_came_and_what_went_with_both_ends() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    world.session.copy_packets(Some(Copying::Whole));
    whistle(&mut world, Side::A, &mut whistle_for(Side::A, Codec::Pcma), 5);
    let (came, went) = (rtp(&world, Side::A, false), rtp(&world, Side::B, true));
    assert_eq!((came.len(), went.len(), world.copies.len()), (5, 5, 10));
    for ((came, went), heard) in came.iter().zip(&went).zip(world.heard(Side::B)) {
        assert_eq!((came.remote, went.remote), (phone(Side::A), phone(Side::B)));
        assert_eq!(came.bytes[12..], heard.payload);
        assert_eq!(went.bytes, [heard.header.to_bytes().as_slice(), &heard.payload].concat());
        assert_eq!((came.length, went.length, came.encrypted), (172, 172, false));
    }
    let formats = "8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n";
    assert_eq!(came[0].formats, formats);
}

#[test]
fn copies_of_headers_have_nothing_of_what_was_said_or_dialled() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    world.session.copy_packets(Some(Copying::Headers));
    let mut source = whistle_for(Side::A, Codec::Pcma);
    let (header, payload) = source.next();
    // Two contributing sources and an extension belong to the header.
    let mut datagram = header.to_bytes().to_vec();
    datagram[0] |= 0x12;
    datagram.extend([0; 8]);
    datagram.extend([0xbe, 0xde, 0, 1, 0x10, 0x7f, 0, 0]);
    datagram.extend(&payload);
    world.session.handle_packet(Side::A, Channel::Rtp, phone(Side::A), &datagram, world.now);
    world.drain();
    let came = rtp(&world, Side::A, false);
    assert_eq!((came[0].bytes.as_slice(), came[0].length), (&datagram[..28], 188));
    world.session.send_digits(Side::B, "7", world.now);
    world.run(Duration::from_secs(1));
    let went = rtp(&world, Side::B, true);
    assert!(went.iter().any(|copy| copy.bytes[1] & 0x7f == 101), "its telephone events are there");
    assert!(went.iter().all(|copy| copy.bytes.len() == 12 && copy.length > 12));
}

#[test]
fn reports_are_copied_whole() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    world.session.copy_packets(Some(Copying::Headers));
    whistle(&mut world, Side::A, &mut whistle_for(Side::A, Codec::Pcma), 500);
    let copied: Vec<_> = world.copies.iter().filter(|copy| copy.is_rtcp).collect();
    let sent: Vec<_> = world.rtcp.iter().map(|(_, bytes)| bytes.clone()).collect();
    assert!(!sent.is_empty());
    assert_eq!(copied.iter().map(|copy| copy.bytes.clone()).collect::<Vec<_>>(), sent);
    assert!(copied.iter().all(|copy| copy.sent && copy.length == copy.bytes.len()));
}

#[test]
fn what_a_browser_sends_and_gets_is_copied_without_its_encryption() {
    let mut world = World::new();
    world.set_phone(Side::A, negotiated(Side::A, Codec::Pcmu));
    world.connect_browser(Side::B, &[Codec::Pcmu], &[Codec::Pcmu]);
    for side in [Side::A, Side::B] {
        world.hear(side, crate::Source::Peer);
    }
    world.session.copy_packets(Some(Copying::Whole));
    let mut source = whistle_for(Side::A, Codec::Pcmu);
    let (header, payload) = source.next();
    world.rtp(Side::A, header, &payload);
    let went = rtp(&world, Side::B, true);
    assert_eq!((&went[0].bytes[12..], went[0].length, went[0].encrypted), (payload.as_slice(), 172, true));
    assert!(went[0].formats.contains("a=rtpmap:0 PCMU/8000\r\n") && went[0].formats.ends_with("a=rtcp-mux\r\n"));
    let (header, payload) = source.next();
    let now = world.now;
    world.browser().send(header, &payload, now);
    world.drain();
    let came = rtp(&world, Side::B, false);
    assert!(came[0].bytes.ends_with(&payload) && came[0].encrypted, "{came:?}");
}
