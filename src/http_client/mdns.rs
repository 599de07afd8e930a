//! Names that end with `.local`: asks everybody on the link (RFC 6762, section 5.1).
//!
//! The question leaves from a port of its own, so whoever has the name answers to that port alone.
//! That needs no service on this machine, and no plug-in of the C library, which a static program
//! can't load.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use smol::{Timer, future::FutureExt as _, net::UdpSocket};

use super::dns;

/// Whom to ask: all on the link that have names.
pub(super) const EVERYBODY: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)), 5353);
/// When to ask again, because datagrams get lost.
const AGAIN: Duration = Duration::from_millis(700);
/// How often to ask. A device on the link answers within 20 to 120 ms.
const TIMES: usize = 3;
/// The largest answer in bytes (RFC 6762, section 17).
const MAX_ANSWER: usize = 9000;

/// The addresses of a name. None if nobody answers.
pub(super) async fn addresses(name: &str, everybody: SocketAddr) -> io::Result<Vec<IpAddr>> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    // As RFC 6762 wants it (section 11). Where that can't be set, the link is still the link.
    let _ = socket.set_multicast_ttl_v4(255);
    let id = socket.local_addr()?.port();
    let mut packet = vec![0; MAX_ANSWER];
    for _ in 0..TIMES {
        for ty in [dns::A, dns::AAAA] {
            socket.send_to(&dns::question(id, name, ty), everybody).await?;
        }
        let late = async {
            Timer::after(AGAIN).await;
            Ok(Vec::new())
        };
        let found = answer(&socket, &mut packet, id, name).or(late).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Waits for an answer with addresses. Others are left out, whoever sent them.
async fn answer(
    socket: &UdpSocket,
    packet: &mut [u8],
    id: u16,
    name: &str,
) -> io::Result<Vec<IpAddr>> {
    loop {
        let (length, _) = socket.recv_from(packet).await?;
        let answer = packet.get(..length).unwrap_or_default();
        let mut found = dns::addresses(answer, id, name).unwrap_or_default();
        // Such an address means nothing without the link that it is on.
        found.retain(|found| !matches!(found, IpAddr::V6(v6) if v6.is_unicast_link_local()));
        if !found.is_empty() {
            return Ok(found);
        }
    }
}
