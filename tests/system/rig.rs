//! The rig without the server: what the other tests take for granted of their peers.

use crate::support::baresip::{Answer, Baresip, Settings};
use crate::support::kamailio::{self, Kamailio};
use crate::support::site::Site;
use crate::support::{SOON, eventually};

#[test]
fn two_phones_hear_each_other_through_the_pbx() {
    let site = Site::new("rig");
    let _pbx = Kamailio::start(&site, &kamailio::Settings::default());
    for codec in ["PCMA", "G722"] {
        let codecs = vec![codec];
        let mut caller = Baresip::start(
            &site,
            &Settings {
                user: "100",
                codecs: codecs.clone(),
                tone: 700,
                answer: Answer::WhenTold,
                ..Settings::default()
            },
        );
        let mut called = Baresip::start(&site, &Settings { host: 4, codecs, ..Settings::default() });
        caller.dial("200");
        called.wait("CALL_ESTABLISHED");
        for (phone, tone) in [(&caller, 1000.0), (&called, 700.0)] {
            eventually("the other tone is heard", SOON, || match phone.heard().and_then(|s| s.last(0.4)) {
                Some(sound) if sound.is_tone(tone) => Ok(()),
                Some(sound) => Err(format!("{sound}")),
                None => Err("silence".into()),
            });
        }
        caller.digits("5");
        assert_eq!(called.wait("CALL_DTMF_START"), "5");
        caller.hang_up();
        called.wait("CALL_CLOSED");
    }
}
