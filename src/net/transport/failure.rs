//! Why something could not be sent, in words that a person can act on.

use std::fmt;
use std::io;

use offhook_sip::Destination;
use rustls::{AlertDescription, CertificateError};

/// Nothing can be sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportFailure {
    /// Where to.
    pub destination: Destination,
    /// Why.
    pub why: Why,
}

/// What went wrong on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Nobody listens there.
    Refused,
    /// No connection, or no TLS handshake, came about in time.
    TimedOut,
    /// The system knows no way there.
    Unreachable(String),
    /// The name has no address, or none that a listener could send to.
    NotResolved,
    /// No trusted authority has issued the certificate.
    CertificateUntrusted,
    /// The certificate was valid until some time ago.
    CertificateExpired,
    /// The certificate becomes valid later; or this machine's clock is wrong.
    CertificateNotYetValid,
    /// The certificate is for somebody else.
    CertificateWrongName {
        /// Who was expected.
        expected: String,
        /// Whom it is for.
        presented: Vec<String>,
    },
    /// The certificate cannot be used for another reason.
    CertificateInvalid(String),
    /// The other side ended TLS, or does not speak it: its words.
    TlsRefused(String),
    /// Our own certificate, key or authorities cannot be used.
    OwnCertificate(String),
    /// The connection ended.
    Closed,
    /// The other side answers no keep-alives.
    Silent,
    /// More waits than may wait: for the connection, for connections, or for names.
    Full,
    /// No listener is bound for this protocol and this kind of address.
    NoListener,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Refused => f.write_str("the connection was refused: nobody listens there"),
            Why::TimedOut => f.write_str("no connection came about in time"),
            Why::Unreachable(error) => write!(f, "it cannot be reached: {error}"),
            Why::NotResolved => f.write_str("its name has no usable address"),
            Why::CertificateUntrusted => f.write_str("its certificate was issued by no trusted authority"),
            Why::CertificateExpired => f.write_str("its certificate has expired"),
            Why::CertificateNotYetValid => {
                f.write_str("its certificate is not valid yet, or the clock of this machine is wrong")
            }
            Why::CertificateWrongName { expected, presented } if presented.is_empty() => {
                write!(f, "the certificate names nobody, but {expected} is expected there")
            }
            Why::CertificateWrongName { expected, presented } => {
                write!(f, "the certificate is for {}, but {expected} is expected there", presented.join(", "))
            }
            Why::CertificateInvalid(error) => write!(f, "its certificate cannot be used: {error}"),
            Why::TlsRefused(error) => write!(f, "TLS failed: {error}"),
            Why::OwnCertificate(error) => f.write_str(error),
            Why::Closed => f.write_str("the connection was closed"),
            Why::Silent => f.write_str("it no longer answers keep-alives"),
            Why::Full => f.write_str("too much waits to be sent there"),
            Why::NoListener => f.write_str("no listener is bound that could send there"),
        }
    }
}

impl Why {
    /// What an error of a socket or of TLS on it means.
    pub(super) fn of(error: &io::Error) -> Why {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match (tls, error.kind()) {
            (Some(error), _) => Why::of_tls(error),
            (None, io::ErrorKind::ConnectionRefused) => Why::Refused,
            (None, io::ErrorKind::TimedOut) => Why::TimedOut,
            (
                None,
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe,
            ) => Why::Closed,
            (None, _) => Why::Unreachable(error.to_string()),
        }
    }

    fn of_tls(error: &rustls::Error) -> Why {
        match error {
            rustls::Error::InvalidCertificate(error) => Why::of_certificate(error),
            rustls::Error::NoCertificatesPresented => Why::TlsRefused("it presented no certificate".to_owned()),
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
                Why::TlsRefused("it demands a certificate of this side".to_owned())
            }
            rustls::Error::AlertReceived(
                alert @ (AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateUnknown
                | AlertDescription::CertificateExpired
                | AlertDescription::UnknownCA),
            ) => Why::TlsRefused(format!("it does not accept the certificate of this side ({alert:?})")),
            error => Why::TlsRefused(error.to_string()),
        }
    }

    fn of_certificate(error: &CertificateError) -> Why {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Why::CertificateExpired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Why::CertificateNotYetValid,
            CertificateError::UnknownIssuer => Why::CertificateUntrusted,
            CertificateError::NotValidForNameContext { expected, presented } => Why::CertificateWrongName {
                expected: expected.to_str().into_owned(),
                presented: presented.iter().filter_map(|name| plain_name(name)).collect(),
            },
            error => Why::CertificateInvalid(error.to_string()),
        }
    }
}

/// A name of a certificate without what the library writes around it.
fn plain_name(name: &str) -> Option<String> {
    let (kind, inner) = name.split_once('(')?;
    let inner = inner.strip_suffix(')')?.trim_matches('"');
    matches!(kind, "DnsName" | "IpAddress" | "UniformResourceIdentifier").then(|| inner.to_owned())
}
