//! Where the server cannot listen, told so that it can be mended.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::StartError;
use crate::config::Config;
use crate::net::media::MediaError;
use crate::web::interfaces::Trouble;

/// An address that the server cannot listen at.
#[derive(Debug)]
pub struct ListenError {
    /// The key in the configuration.
    pub key: &'static str,
    /// The address.
    pub address: SocketAddr,
    /// The configuration file; none where there is none to write the key into.
    pub file: Option<PathBuf>,
    /// Why.
    pub source: io::Error,
}

impl ListenError {
    /// Of an address that is told with `--listen`.
    pub(super) fn new(key: &'static str, address: SocketAddr, source: io::Error) -> ListenError {
        ListenError { key, address, file: None, source }
    }

    fn of(self, config: &Config) -> ListenError {
        // A server without a file is given one there.
        let file = config.file.clone().unwrap_or_else(|| config.data_dir.join("offhook.toml"));
        ListenError { file: Some(file), ..self }
    }
}

impl StartError {
    /// The same, with the file that sets the address.
    pub(super) fn of(self, config: &Config) -> StartError {
        match self {
            StartError::Listen(error) => StartError::Listen(error.of(config)),
            StartError::Media(MediaError::Bind { address, source }) => {
                StartError::Listen(ListenError::new("listen.webrtc", address, source).of(config))
            }
            other => other,
        }
    }
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ListenError { key, address, file, source } = self;
        let what = match *key {
            "listen.sip" => "SIP over UDP and TCP",
            "listen.webrtc" => "audio of browsers over UDP and TCP",
            _ => "the browser app over TCP",
        };
        let trouble = Trouble::of(source);
        write!(f, "{key} = \"{address}\" ({what}): {}", trouble.english())?;
        if trouble == Trouble::InUse {
            let port = address.port();
            write!(
                f,
                " It may be another Offhook, or a PBX or softphone on this machine: `ss -tulnp 'sport = :{port}'` shows it, as root."
            )?;
        }
        match (file, key.rsplit_once('.')) {
            (Some(file), Some((table, key))) => {
                write!(f, " Another address or port is set by `{key}` under [{table}] in {}.", file.display())
            }
            _ => write!(f, " Another address or port is given with --listen."),
        }
    }
}

impl std::error::Error for ListenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};
    use std::path::Path;

    use super::*;
    use crate::app::{bind_sip, interfaces};
    use crate::net::transport::TransportSettings;

    #[tokio::test]
    async fn who_cannot_listen_is_told_where_who_may_be_there_and_how_to_change_it() {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (address, port) = (taken.local_addr().unwrap(), taken.local_addr().unwrap().port());
        let config = Config::parse("data_dir = \"data\"", "offhook.toml", Path::new("/srv")).unwrap();
        let named = Config { file: Some("/etc/offhook.toml".into()), ..config.clone() };
        let refused = async || bind_sip(TransportSettings::at(address)).await.map(|_| ()).unwrap_err();
        let begin = format!("listen.sip = \"{address}\" (SIP over UDP and TCP): This port is taken, ");
        for (error, end) in [
            (refused().await.of(&named), "set by `sip` under [listen] in /etc/offhook.toml."),
            (refused().await.of(&config), "set by `sip` under [listen] in /srv/data/offhook.toml."),
            (refused().await, "given with --listen."),
        ] {
            let text = error.to_string();
            assert!(text.starts_with(&begin) && text.ends_with(end), "{text}");
            assert!(text.contains(&format!("`ss -tulnp 'sport = :{port}'` shows it")), "{text}");
        }
        let audio = MediaError::Bind { address, source: io::ErrorKind::AddrNotAvailable.into() };
        let text = StartError::from(audio).of(&named).to_string();
        assert!(text.contains("listen.webrtc") && text.contains("does not have this address"), "{text}");

        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut config = named;
        config.listen.http = Some(taken.local_addr().unwrap());
        let text = interfaces::bind(&config).unwrap_err().to_string();
        assert!(
            text.starts_with("listen.http = ") && text.ends_with("`http` under [listen] in /etc/offhook.toml."),
            "{text}"
        );
    }
}
