//! URIs, addresses and Via: whatever is accepted must print so that it is read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_sip::header::{NameAddr, Via};
use offhook_sip::uri::Uri;

fuzz_target!(|text: &str| {
    if let Ok(uri) = Uri::parse(text) {
        assert_eq!(uri.to_string(), text);
        assert!(uri.equivalent(&uri));
        let _ = (uri.user_decoded(), uri.password(), uri.transport(), uri.without_param("lr"));
        let with = uri.with_param("transport", Some("tcp"));
        assert_eq!(with.host(), uri.host());
        assert!(uri.without_headers().headers().is_empty());
    }
    if let Ok(address) = NameAddr::parse(text) {
        let again = NameAddr::parse(&address.to_string()).expect("prints readable");
        assert_eq!(again.uri, address.uri);
        assert_eq!(again.tag(), address.tag());
    }
    if let Ok(mut via) = Via::parse(text) {
        via.fill_received(([192, 0, 2, 1], 5060).into());
        let again = Via::parse(&via.to_string()).expect("prints readable");
        assert_eq!(again.branch(), via.branch());
        assert_eq!((again.host, again.port), (via.host, via.port));
    }
});
