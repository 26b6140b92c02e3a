//! How long the tests wait for what should happen: deadlines that go slower while the machine has no time for them.

use std::fs;
use std::time::{Duration, Instant};

/// A deadline in time that the machine had: while programs wait for a processor, be it because of the tests
/// themselves, of somebody else's work or of other machines on the same host, up to three quarters of the time are not
/// counted. What is fast on a quiet machine is then found to be missing no later than ever, and what is slow only
/// because of others is not.
pub(crate) struct Patience {
    within: Duration,
    begin: Instant,
    lost: Duration,
    used: Used,
}

/// The most of the time that is not counted.
const LOST_AT_MOST: f64 = 0.75;

impl Patience {
    pub(crate) fn new(within: Duration) -> Patience {
        Patience { within, begin: Instant::now(), lost: lost(), used: Used::so_far() }
    }

    /// What is left; zero when it is over.
    pub(crate) fn left(&self) -> Duration {
        let elapsed = self.begin.elapsed();
        let lost = lost().saturating_sub(self.lost).min(elapsed.mul_f64(LOST_AT_MOST));
        self.within.saturating_sub(elapsed - lost)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    /// Of the processor time that programs of this machine could have used since, the share that the host gave to other
    /// machines.
    pub(crate) fn stolen(&self) -> f64 {
        let now = Used::so_far();
        let stolen = now.stolen.saturating_sub(self.used.stolen) as f64;
        let ours = now.ours.saturating_sub(self.used.ours) as f64;
        stolen / (stolen + ours).max(1.0)
    }
}

/// Processor time since the machine began, in hundredths of a second (proc_stat(5)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Used {
    /// In programs of this machine, and in its kernel for them.
    ours: u64,
    /// In other machines while something here could have gone on.
    stolen: u64,
}

impl Used {
    /// Nothing where the system does not tell.
    fn so_far() -> Used {
        fs::read_to_string("/proc/stat").ok().and_then(|text| Used::read(&text)).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Used> {
        let times: Vec<u64> = text.lines().next()?.split_ascii_whitespace().skip(1).flat_map(str::parse).collect();
        Some(Used { ours: times.get(..3)?.iter().sum(), stolen: *times.get(7)? })
    }
}

/// For how long something had to wait for a processor so far; zero where the system does not tell.
fn lost() -> Duration {
    let pressure = fs::read_to_string("/proc/pressure/cpu").ok().and_then(|text| waited(&text));
    let stolen = fs::read_to_string("/proc/stat").ok().and_then(|text| stolen(&text));
    pressure.unwrap_or_default() + stolen.unwrap_or_default()
}

/// The time in which programs of this machine waited (Linux' Documentation/accounting/psi.rst), in µs there.
fn waited(text: &str) -> Option<Duration> {
    let some = text.lines().find(|line| line.starts_with("some "))?;
    some.rsplit_once("total=")?.1.trim().parse().ok().map(Duration::from_micros)
}

/// The time that the host gave to other machines (proc_stat(5)), of each processor, in hundredths of a second there.
fn stolen(text: &str) -> Option<Duration> {
    let all = Used::read(text)?.stolen;
    let processors = text.lines().filter(|line| line.starts_with("cpu")).count().saturating_sub(1).max(1);
    Some(Duration::from_millis(all * 10) / processors as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read() {
        let pressure = "some avg10=0.10 avg60=20.60 avg300=55.91 total=12052525492\nfull avg10=0.00 total=7\n";
        assert_eq!(waited(pressure), Some(Duration::from_micros(12_052_525_492)));
        assert_eq!(waited("nothing"), None);
        let stat = "cpu  28 11 44 117 17 0 10 220 0 0\ncpu0 14 5 22 58 8 0 5 110 0 0\ncpu1 14 6 22 59 9 0 5 110 0 0\n";
        assert_eq!(stolen(stat), Some(Duration::from_millis(1_100)));
        assert_eq!(stolen(""), None);
        assert_eq!(Used::read(stat), Some(Used { ours: 28 + 11 + 44, stolen: 220 }));
    }

    #[test]
    fn it_ends() {
        assert!(Patience::new(Duration::ZERO).is_over());
        let long = Patience::new(Duration::from_secs(1_000));
        assert!(!long.is_over() && long.left() > Duration::from_secs(900));
    }
}
