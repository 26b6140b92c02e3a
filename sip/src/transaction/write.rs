//! Messages that transactions make from others: ACK of a failure, and CANCEL; and where responses go.

use std::net::SocketAddr;

use bytes::Bytes;

use crate::flow::{Destination, Source};
use crate::header::{CSeq, Name, Via};
use crate::message::{Builder, Message};
use crate::method::Method;

/// Value of Max-Forwards in what starts here (RFC 3261 8.1.1.6).
pub(crate) const MAX_FORWARDS: u8 = 70;

/// The ACK of a failure response (RFC 3261 17.1.1.3). `request` is the INVITE as we sent it.
pub(super) fn failure_ack(request: &Bytes, response: &Message) -> Option<Bytes> {
    let request = Message::parse(request.clone()).ok()?;
    let to = response.header(Name::To)?;
    Some(hop_request(&request, &Method::Ack, to)?.finish())
}

/// The CANCEL of an INVITE (RFC 3261 9.1). `request` is the INVITE as we sent it.
pub(super) fn cancel(request: &Bytes, reason: Option<&str>) -> Option<Bytes> {
    let request = Message::parse(request.clone()).ok()?;
    let to = request.header(Name::To)?;
    let mut builder = hop_request(&request, &Method::Cancel, to)?;
    if let Some(reason) = reason {
        builder = builder.header(Name::Reason, reason);
    }
    Some(builder.finish())
}

/// A request that follows an INVITE of ours hop by hop: same Request-URI, Via, Route, From, Call-ID and CSeq number.
fn hop_request(invite: &Message, method: &Method, to: &str) -> Option<Builder> {
    let uri = invite.request_uri().ok()?;
    let number = invite.cseq().ok()?.number;
    let builder = Builder::request(method, &uri)
        .copy(invite, Name::Via)
        .header(Name::MaxForwards, MAX_FORWARDS)
        .copy(invite, Name::Route)
        .copy(invite, Name::From)
        .header(Name::To, to)
        .copy(invite, Name::CallId)
        .header(Name::CSeq, CSeq { number, method: method.clone() });
    Some(builder)
}

/// The To tag of a response, empty where there is none.
pub(crate) fn to_tag(message: &Message) -> String {
    message.to().ok().and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default()
}

/// Where responses go (RFC 3261 18.2.2, RFC 3581 4): always to the address that the request came from. On streams the
/// port counts only where the connection is gone: a new one cannot go to the port that the old one came from.
pub(crate) fn response_destination(via: &Via, source: &Source) -> Destination {
    let port = match via.rport() {
        Some(_) if !source.protocol.is_reliable() => source.remote.port(),
        _ => via.port_or_default(),
    };
    let to = Destination::at(source.protocol, SocketAddr::new(source.remote.ip(), port));
    Destination { connection: source.connection, ..to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::ConnectionId;
    use crate::transport::Protocol;

    #[test]
    fn rport_counts_on_udp_and_the_sent_by_port_where_a_stream_is_gone() {
        let remote = "192.0.2.1:40000".parse().expect("address");
        let local = "192.0.2.2:5060".parse().expect("address");
        let to = |protocol, via: &str| {
            let source = Source { protocol, local, remote, connection: Some(ConnectionId(1)) };
            response_destination(&Via::parse(via).expect("via"), &source)
        };
        let udp = to(Protocol::Udp, "SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1");
        assert_eq!((udp.host, udp.port), (remote.ip().into(), 40000));
        let tcp = to(Protocol::Tcp, "SIP/2.0/TCP 10.0.0.1:5070;rport;branch=z9hG4bK1");
        assert_eq!((tcp.host, tcp.port, tcp.connection), (remote.ip().into(), 5070, Some(ConnectionId(1))));
        assert_eq!(to(Protocol::Tls, "SIP/2.0/TLS 10.0.0.1;rport;branch=z9hG4bK1").port, 5061);
    }
}
