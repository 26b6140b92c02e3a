//! What the scenarios are played with: real peers on loopback addresses of their own, a browser, a microphone.

pub(crate) mod asker;
pub(crate) mod baresip;
pub(crate) mod bridge;
pub(crate) mod client;
pub(crate) mod dns;
pub(crate) mod hop;
pub(crate) mod http;
pub(crate) mod kamailio;
pub(crate) mod linphone;
pub(crate) mod offhook;
pub(crate) mod patience;
pub(crate) mod pebble;
pub(crate) mod perceptual;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod rtpengine;
pub(crate) mod scenario;
pub(crate) mod sipp;
pub(crate) mod site;
pub(crate) mod socket;
pub(crate) mod softphone;
pub(crate) mod speech;
pub(crate) mod tap;
pub(crate) mod tls;
pub(crate) mod wav;

use std::time::Duration;

use self::patience::Patience;

/// How long anything that should happen soon may take on a busy two-core machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Asks `condition` again and again until it has an answer; panics with `what` and the last state after `within`.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, within: Duration, condition: impl FnMut() -> Result<T, String>) -> T {
    let patience = Patience::new(within);
    match until(|| patience.is_over(), condition) {
        Ok(answer) => answer,
        Err(state) => panic!("{what}: not within {within:?}; {state}"),
    }
}

/// Asks `condition` again and again until it has an answer, or `is_over` says that it is too late: the last state then.
#[allow(clippy::disallowed_methods, reason = "the one place where the tests poll")]
pub(crate) fn until<T>(
    is_over: impl Fn() -> bool,
    mut condition: impl FnMut() -> Result<T, String>,
) -> Result<T, String> {
    loop {
        match condition() {
            Ok(answer) => return Ok(answer),
            Err(state) if is_over() => return Err(state),
            Err(_) => std::thread::sleep(Duration::from_millis(25)),
        }
    }
}
