//! RTP ports: even numbers for RTP, the next odd one for RTCP (RFC 3550 section 11).

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;

use super::PortPair;

/// Ports tried before giving up: others on the machine may use some of the range.
const ATTEMPTS: usize = 64;

/// The free ports. The one released longest ago is used next, so that late packets of an old call find nobody.
#[derive(Debug)]
pub(super) struct Ports {
    pub(super) free: VecDeque<u16>,
}

impl Ports {
    /// Begins somewhere in the range, as `random` says: after a restart late packets of the calls before find nobody,
    /// and strangers do not know where calls are.
    pub(super) fn new(range: RangeInclusive<u16>, random: u16) -> Ports {
        let first = range.start().checked_next_multiple_of(2).unwrap_or(u16::MAX);
        let last = range.end().saturating_sub(1);
        let mut free: VecDeque<u16> = (first..=last).step_by(2).collect();
        free.rotate_left(usize::from(random) % free.len().max(1));
        Ports { free }
    }

    /// Binds a pair at `shown`, or where that address is not the machine's own (it is behind a NAT), at `own`.
    pub(super) fn take(&mut self, shown: IpAddr, own: IpAddr) -> io::Result<PortPair> {
        let mut last = io::Error::new(io::ErrorKind::AddrInUse, "every port of media.rtp_ports is in use");
        for _ in 0..ATTEMPTS.min(self.free.len()) {
            let Some(port) = self.free.pop_front() else { break };
            match bind_pair(shown, own, port) {
                Ok((rtp, rtcp)) => return Ok(PortPair { port, rtp, rtcp }),
                Err(error) => {
                    self.free.push_back(port);
                    last = error;
                }
            }
        }
        Err(last)
    }

    pub(super) fn release(&mut self, port: u16) {
        self.free.push_back(port);
    }
}

fn bind_pair(shown: IpAddr, own: IpAddr, port: u16) -> io::Result<(UdpSocket, UdpSocket)> {
    let any = match own {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let bind = |port| {
        let mut result = UdpSocket::bind(SocketAddr::new(shown, port));
        for address in [own, any] {
            match &result {
                Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                    result = UdpSocket::bind(SocketAddr::new(address, port));
                }
                _ => break,
            }
        }
        let socket = result?;
        socket.set_nonblocking(true)?;
        Ok::<_, io::Error>(socket)
    };
    Ok((bind(port)?, bind(port + 1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 7, 1));

    #[test]
    fn pairs_are_even_and_odd_and_come_back() {
        let mut ports = Ports::new(62_001..=62_005, 0);
        let pair = ports.take(HOME, HOME).unwrap();
        assert_eq!(pair.port, 62_002);
        assert_eq!(pair.rtcp.local_addr().unwrap().port(), 62_003);
        let second = ports.take(HOME, HOME).unwrap();
        assert_eq!(second.port, 62_004);
        assert!(ports.take(HOME, HOME).is_err());
        drop(pair);
        ports.release(62_002);
        assert_eq!(ports.take(HOME, HOME).unwrap().port, 62_002);
    }

    #[test]
    fn begins_anywhere_and_has_every_pair_once() {
        let mut ports = Ports::new(1024..=65_535, 50_000);
        assert_eq!(ports.free.front(), Some(&(1024 + 2 * (50_000 % 32_256))));
        ports.free.make_contiguous().sort_unstable();
        assert!(ports.free.iter().copied().eq((1024..=65_534).step_by(2)));
        assert!(Ports::new(65_535..=65_535, 7).free.is_empty());
    }

    #[test]
    fn a_port_that_others_use_is_passed_over() {
        let taken = UdpSocket::bind((HOME, 62_010)).unwrap();
        let mut ports = Ports::new(62_010..=62_019, 0);
        assert_eq!(ports.take(HOME, HOME).unwrap().port, 62_012);
        drop(taken);
    }

    #[test]
    fn a_public_address_is_shown_but_not_bound() {
        let elsewhere = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
        let pair = Ports::new(62_020..=62_029, 0).take(elsewhere, HOME).unwrap();
        assert_eq!(pair.rtp.local_addr().unwrap().ip(), HOME);
    }
}
