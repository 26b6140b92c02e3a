//! A place for one test: 254 loopback addresses and a directory that nobody else uses at the same time.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The place of one test. The directory stays when the test fails.
pub(crate) struct Site {
    network: [u8; 2],
    dir: PathBuf,
    /// Held as long as the addresses are in use, so that tests in other processes take other ones.
    _claim: TcpListener,
}

impl Site {
    /// Takes a free block of addresses and makes the directory.
    pub(crate) fn new(name: &str) -> Site {
        static TAKEN: AtomicU32 = AtomicU32::new(0);
        let (network, claim) = std::iter::repeat_with(|| {
            let spread = std::process::id().wrapping_mul(31) + TAKEN.fetch_add(1, Ordering::Relaxed);
            [16 + (spread / 256 % 200) as u8, (spread % 256) as u8]
        })
        .take(50_000)
        .find_map(|[a, b]| Some(([a, b], TcpListener::bind((Ipv4Addr::new(127, a, b, 254), 65001)).ok()?)))
        .expect("one of 50,000 loopback blocks is free");
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{}", network[0], network[1]));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("the directory can be made");
        Site { network, dir, _claim: claim }
    }

    /// One of the test's addresses.
    pub(crate) fn address(&self, host: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.network[0], self.network[1], host)
    }

    /// One of the test's addresses with a port; every port is free.
    pub(crate) fn socket(&self, host: u8, port: u16) -> SocketAddr {
        (self.address(host), port).into()
    }

    /// An IPv6 address with a port that is free for UDP. All sites share the one loopback address that there is.
    pub(crate) fn ipv6_socket() -> SocketAddr {
        let socket = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        socket.expect("a port of IPv6's loopback address is free")
    }

    /// A directory for files of the test.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The files of this test are in {}", self.dir.display());
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}
