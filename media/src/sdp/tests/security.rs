//! Which encryption comes of which descriptions.

use super::*;
use crate::srtp::{LocalKeys, Suite};

/// 30 octets, as other implementations write them.
const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

fn secure(policy: SrtpPolicy) -> Terms {
    secure_again(policy, None)
}

fn secure_again(policy: SrtpPolicy, active: Option<bool>) -> Terms {
    let keys = LocalKeys::new(&[9; 32]);
    let protection = Protection::Srtp { policy, keys, identity: DtlsIdentity::new().unwrap(), active };
    Terms { protection, ..Terms::from(&PREFERRED) }
}

fn body(media: &str) -> Vec<u8> {
    sdp(&format!("v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\n{media}"))
}

fn lines<'a>(description: &'a str, name: &str) -> Vec<&'a str> {
    let prefix = format!("a={name}:");
    description.lines().filter_map(|line| line.strip_prefix(&prefix)).collect()
}

#[test]
fn the_key_of_rfc_4568_is_read() {
    // Its section 4.1 has a lifetime and an MKI; without the MKI we can follow.
    let line = format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20");
    let crypto = Crypto::parse(&line).unwrap();
    assert_eq!((crypto.tag, crypto.key.suite()), (1, Suite::Aes128CmSha1_80));
    assert_eq!(crypto.key.key_and_salt(), b"YS___semctl () {\t220;}\n}\nunles");
    for (line, understood) in [
        (format!("2 aes_cm_128_hmac_sha1_32 INLINE:{KEY}"), true),
        (format!("2 AES_CM_128_HMAC_SHA1_32 inline:{KEY}|1048576 WSH=128 KDR=0 -x=1"), true),
        (format!("999999999 AES_CM_128_HMAC_SHA1_32 inline:{KEY}"), true),
        (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4"), false),
        (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:4"), false),
        (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20;inline:{KEY}|2^20"), false),
        (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP"), false),
        (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTCP"), false),
        (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNAUTHENTICATED_SRTP"), false),
        (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} KDR=1"), false),
        (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} FEC_KEY=x"), false),
        (format!("1 F8_128_HMAC_SHA1_80 inline:{KEY}"), false),
        (format!("1 AEAD_AES_128_GCM inline:{KEY}"), false),
        (format!("x AES_CM_128_HMAC_SHA1_80 inline:{KEY}"), false),
        (format!("1000000000 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"), false),
        ("1 AES_CM_128_HMAC_SHA1_80 inline:".to_owned(), false),
        ("1 AES_CM_128_HMAC_SHA1_80".to_owned(), false),
        (String::new(), false),
    ] {
        assert_eq!(Crypto::parse(&line).is_some(), understood, "{line}");
    }
    // Padding may be left out.
    let long = format!("1 AES_256_CM_HMAC_SHA1_80 inline:{}", "A".repeat(62));
    assert!(Crypto::parse(&long).is_some());
    assert_eq!(Crypto::parse(&format!("{long}==")), Crypto::parse(&long));
}

#[test]
fn our_offers_say_what_the_policy_is() {
    let offer = text(Offer::new(&LOCAL, secure(SrtpPolicy::Required)).sdp());
    assert!(offer.contains("m=audio 30000 RTP/SAVP 9 8 0 101\n"), "{offer}");
    let cryptos = lines(&offer, "crypto");
    let suites: Vec<_> = cryptos.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(suites, Suite::ALL.map(Suite::name));
    for (line, tag) in cryptos.iter().zip(1..) {
        assert_eq!(Crypto::parse(line).map(|crypto| crypto.tag), Some(tag), "{line}");
    }

    let offer = text(Offer::new(&LOCAL, secure(SrtpPolicy::Optional)).sdp());
    assert!(offer.contains("m=audio 30000 RTP/AVP 9 8 0 101\n") && lines(&offer, "crypto").len() == 6, "{offer}");

    let offer = text(Offer::new(&LOCAL, secure(SrtpPolicy::Dtls)).sdp());
    assert!(offer.contains("m=audio 30000 UDP/TLS/RTP/SAVP 9 8 0 101\n"), "{offer}");
    assert!(lines(&offer, "crypto").is_empty() && offer.ends_with("a=setup:actpass\na=rtcp-mux\n"), "{offer}");
    let [fingerprint] = lines(&offer, "fingerprint")[..] else {
        panic!("{offer}");
    };
    assert!(fingerprint.starts_with("sha-256 ") && fingerprint.len() == 8 + 32 * 3 - 1, "{fingerprint}");
    assert!(Fingerprint::parse(fingerprint).is_some());
}

#[test]
fn the_first_key_we_can_use_is_answered_under_its_tag() {
    let offer = body(&format!(
        "m=audio 5000 RTP/SAVP 8\n\
         a=crypto:1 AES_CM_192_HMAC_SHA1_80 inline:{KEY}\n\
         a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4\n\
         a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:{KEY}|2^31\n\
         a=crypto:8 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\n"
    ));
    let (answered, negotiated) = answer(&LOCAL, secure(SrtpPolicy::Required), &offer, 1).unwrap();
    let answered = text(&answered);
    assert!(answered.contains("m=audio 30000 RTP/SAVP 8\n"), "{answered}");
    let [line] = lines(&answered, "crypto")[..] else {
        panic!("{answered}");
    };
    let ours = Crypto::parse(line).unwrap();
    assert_eq!((ours.tag, ours.key.suite()), (7, Suite::Aes128CmSha1_32));
    let Security::Sdes { local, remote } = negotiated.security else {
        panic!("{:?}", negotiated.security);
    };
    assert_eq!((&ours.key, remote.key_and_salt()), (&local, b"YS___semctl () {\t220;}\n}\nunles".as_slice()));
    // The same leg answers with the same key again.
    let (again, _) = answer(&LOCAL, secure(SrtpPolicy::Required), &offer, 2).unwrap();
    assert_eq!(lines(&text(&again), "crypto"), [line]);
}

#[test]
fn each_policy_takes_what_it_may() {
    use SrtpPolicy::{Dtls, Optional, Required};
    let certificate = DtlsIdentity::new().unwrap();
    let dtls = format!("a=fingerprint:{}\na=setup:actpass\n", certificate.fingerprint());
    let plain = "m=audio 5000 RTP/AVP 8\n".to_owned();
    let best_effort = format!("m=audio 5000 RTP/AVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\n");
    let sdes = format!("m=audio 5000 RTP/SAVPF 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\n");
    let unknown = format!("m=audio 5000 RTP/SAVP 8\na=crypto:1 F8_128_HMAC_SHA1_80 inline:{KEY}\n");
    let handshake = format!("m=audio 5000 UDP/TLS/RTP/SAVPF 8\n{dtls}");
    let old_handshake = format!("m=audio 5000 RTP/SAVP 8\n{dtls}");
    let both = format!("m=audio 5000 RTP/AVP 8\n{}", sdes.replace("5000", "5002"));

    for (offer, off, optional, required, only_dtls) in [
        (&plain, "plain", "plain", "refused", "refused"),
        (&best_effort, "plain", "sdes", "sdes", "refused"),
        (&sdes, "required", "sdes", "sdes", "unsupported"),
        (&unknown, "required", "unsupported", "unsupported", "unsupported"),
        (&handshake, "required", "dtls", "dtls", "dtls"),
        (&old_handshake, "required", "dtls", "dtls", "dtls"),
        (&both, "plain", "sdes", "sdes", "unsupported"),
    ] {
        let outcome = |terms: Terms| match answer(&LOCAL, terms, &body(offer), 1) {
            Ok((_, negotiated)) => match negotiated.security {
                Security::Plain => "plain",
                Security::Sdes { .. } => "sdes",
                Security::Dtls { active, .. } => {
                    assert!(active);
                    "dtls"
                }
            },
            Err(SdpError::SrtpRequired) => "required",
            Err(SdpError::SrtpRefused) => "refused",
            Err(SdpError::SrtpUnsupported) => "unsupported",
            Err(other) => panic!("{other}"),
        };
        assert_eq!(outcome(Terms::from(&PREFERRED)), off, "{offer}");
        assert_eq!(outcome(secure(Optional)), optional, "{offer}");
        assert_eq!(outcome(secure(Required)), required, "{offer}");
        assert_eq!(outcome(secure(Dtls)), only_dtls, "{offer}");
    }
}

#[test]
fn the_encrypted_line_of_two_is_answered_in_its_place() {
    let offer = body(&format!(
        "m=audio 5002 RTP/AVP 8\nm=audio 5000 RTP/SAVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\n"
    ));
    let (answered, negotiated) = answer(&LOCAL, secure(SrtpPolicy::Optional), &offer, 1).unwrap();
    assert_eq!(negotiated.remote.port(), 5_000);
    let answered = text(&answered);
    assert!(answered.contains("m=audio 0 RTP/AVP 8\nm=audio 30000 RTP/SAVP 8\n"), "{answered}");
}

#[test]
fn an_answer_without_encryption_counts_only_where_it_may() {
    use SrtpPolicy::{Dtls, Optional, Required};
    let plain = body("m=audio 5000 RTP/AVP 8\n");
    let crypto = format!("a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\n");
    let unusable = body(&format!("m=audio 5000 RTP/AVP 8\na=crypto:1 F8_128_HMAC_SHA1_80 inline:{KEY}\n"));
    let agreed = |policy, answer: &[u8]| Offer::new(&LOCAL, secure(policy)).accept_answer(answer);

    assert_eq!(agreed(Optional, &plain).unwrap().security, Security::Plain);
    assert!(matches!(agreed(Optional, &unusable), Err(SdpError::SrtpUnsupported)));
    for policy in [Required, Dtls] {
        assert!(matches!(agreed(policy, &plain), Err(SdpError::SrtpRefused)));
    }
    assert!(matches!(agreed(Required, &body("m=audio 5000 RTP/SAVP 8\n")), Err(SdpError::SrtpUnsupported)));
    assert!(matches!(
        agreed(Dtls, &body(&format!("m=audio 5000 RTP/SAVP 8\n{crypto}"))),
        Err(SdpError::SrtpUnsupported)
    ));
    for (policy, transport) in [(Optional, "AVP"), (Optional, "SAVP"), (Required, "SAVP"), (Required, "AVP")] {
        let answer = body(&format!("m=audio 5000 RTP/{transport} 8\n{crypto}"));
        let security = agreed(policy, &answer).unwrap().security;
        let Security::Sdes { local, .. } = security else {
            panic!("{security:?}");
        };
        assert_eq!(local.suite(), Suite::Aes128CmSha1_80);
    }
}

#[test]
fn who_begins_the_handshake_is_agreed_and_stays() {
    let other = DtlsIdentity::new().unwrap();
    let attributes = |setup: &str| format!("a=fingerprint:{}\na=setup:{setup}\n", other.fingerprint());
    let role = |negotiated: Negotiated| match negotiated.security {
        Security::Dtls { active, fingerprint, .. } => {
            assert_eq!(&fingerprint, other.fingerprint());
            active
        }
        other => panic!("{other:?}"),
    };
    for (setup, before, active, written) in [
        ("actpass", None, true, "active"),
        ("actpass", Some(false), false, "passive"),
        ("actpass", Some(true), true, "active"),
        ("passive", None, true, "active"),
        ("active", None, false, "passive"),
        ("ACTIVE", Some(true), false, "passive"),
    ] {
        // Some write it once for the whole session.
        let offer = body(&format!("{}m=audio 5000 UDP/TLS/RTP/SAVP 8\na=rtcp-mux\n", attributes(setup)));
        let (answered, negotiated) = answer(&LOCAL, secure_again(SrtpPolicy::Dtls, before), &offer, 1).unwrap();
        let answered = text(&answered);
        assert_eq!(lines(&answered, "setup"), [written], "{setup} {before:?}");
        assert!(answered.contains("m=audio 30000 UDP/TLS/RTP/SAVP 8\n") && answered.contains("a=rtcp-mux\n"));
        assert!(negotiated.rtcp_mux);
        assert_eq!(role(negotiated), active);
    }
    for (setup, active) in [("active", false), ("passive", true)] {
        let answer = body(&format!("m=audio 5000 UDP/TLS/RTP/SAVP 8\n{}", attributes(setup)));
        let negotiated = Offer::new(&LOCAL, secure(SrtpPolicy::Dtls)).accept_answer(&answer).unwrap();
        assert!(!negotiated.rtcp_mux);
        assert_eq!(role(negotiated), active);
    }
}

#[test]
fn fingerprints_are_of_hashes_that_are_safe() {
    let octets = |count: usize| vec!["0A"; count].join(":");
    for (hash, count, known) in [
        ("sha-256", 32, true),
        ("SHA-384", 48, true),
        ("sha-512", 64, true),
        ("sha-256", 31, false),
        ("sha-256", 64, false),
        ("sha-1", 20, false),
        ("md5", 16, false),
    ] {
        let text = format!("{hash} {}", octets(count));
        let read = Fingerprint::parse(&text);
        assert_eq!(read.is_some(), known, "{text}");
        if let Some(read) = read {
            assert_eq!(Fingerprint::parse(&read.to_string()), Some(read));
        }
    }
    assert_eq!(Fingerprint::parse("sha-256"), None);
}

#[test]
fn noise_and_packet_length_are_agreed() {
    let terms = |comfort_noise| Terms { comfort_noise, ptime: 30, ..Terms::from(&[Codec::Pcma, Codec::Opus]) };
    let offer = Offer::new(&LOCAL, terms(true));
    let offered = text(offer.sdp());
    assert!(offered.contains("RTP/AVP 8 96 102 101 13\n") && offered.contains("a=rtpmap:13 CN/8000\n"), "{offered}");
    assert!(offered.contains("a=ptime:30\n"));
    let negotiated = offer.accept_answer(&body("m=audio 5000 RTP/AVP 8 13\n")).unwrap();
    assert_eq!((negotiated.comfort_noise, negotiated.ptime), (Some((13, 13)), 30));
    let negotiated = offer.accept_answer(&body("m=audio 5000 RTP/AVP 8\na=ptime:20\n")).unwrap();
    assert_eq!((negotiated.comfort_noise, negotiated.ptime), (None, 20));
    // Its clock is that of the narrow codecs.
    let opus = offer.accept_answer(&body("m=audio 5000 RTP/AVP 96 13\na=rtpmap:96 opus/48000/2\n")).unwrap();
    assert_eq!(opus.comfort_noise, None);

    let theirs = body("m=audio 5000 RTP/AVP 8 98\na=rtpmap:98 CN/8000\n");
    let (answered, negotiated) = answer(&LOCAL, terms(true), &theirs, 1).unwrap();
    assert_eq!(negotiated.comfort_noise, Some((98, 98)));
    assert!(text(&answered).contains("RTP/AVP 8 98\n"), "{}", text(&answered));
    let (answered, negotiated) = answer(&LOCAL, terms(false), &theirs, 1).unwrap();
    assert_eq!(negotiated.comfort_noise, None);
    assert!(text(&answered).contains("RTP/AVP 8\n"));
    assert!(!text(Offer::new(&LOCAL, terms(false)).sdp()).contains("CN/8000"));
}

#[test]
fn one_port_for_both_is_offered_where_asked_for() {
    let offer = Offer::new(&LOCAL, Terms { rtcp_mux: true, ..Terms::from(&PREFERRED) });
    assert!(text(offer.sdp()).ends_with("a=rtcp-mux\n"));
    let agreed = offer.accept_answer(&body("m=audio 5000 RTP/AVP 8\na=rtcp-mux\n")).unwrap();
    assert_eq!((agreed.rtcp_mux, agreed.remote_rtcp), (true, None));
    let declined = offer.accept_answer(&body("m=audio 5000 RTP/AVP 8\n")).unwrap();
    assert_eq!((declined.rtcp_mux, declined.remote_rtcp.map(|rtcp| rtcp.port())), (false, Some(5_001)));
    // Nobody may answer what was not offered.
    let unasked = Offer::new(&LOCAL, &PREFERRED).accept_answer(&body("m=audio 5000 RTP/AVP 8\na=rtcp-mux\n")).unwrap();
    assert!(!unasked.rtcp_mux);
}

proptest! {
    #[test]
    fn keys_survive_a_description(octets in proptest::collection::vec(any::<u8>(), 46), tag in 1..1_000_u32) {
        for suite in Suite::ALL {
            let key = MasterKey::new(suite, &octets[..suite.key_len() + suite.salt_len()]).unwrap();
            let crypto = Crypto { tag, key };
            prop_assert_eq!(Crypto::parse(&sdes::Written(&crypto).to_string()), Some(crypto));
        }
    }

    #[test]
    fn nonsense_in_a_key_line_never_panics(
        line in "[0-9]{0,10} (AES_CM_128_HMAC_SHA1_80|AEAD_AES_256_GCM|[A-Z_]{0,9}) ?(inline:)?[A-Za-z0-9+/=]{0,70}[|;:^ ]{0,3}.{0,20}",
    ) {
        if let Some(crypto) = Crypto::parse(&line) {
            prop_assert_eq!(Crypto::parse(&sdes::Written(&crypto).to_string()), Some(crypto));
        }
    }
}
