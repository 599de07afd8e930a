//! Clients behind proxies: `X-Forwarded-For`, and the PROXY protocol.

use std::net::SocketAddr;

use crate::{
    http::Connection,
    support::{Raw, Server, eventually, guest},
};

const UPGRADE: &str = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A server behind trusted proxies.
fn behind(config: &str) -> Server {
    Server::of(guest("events").config(config))
}

/// Connects with this before the request, and with these fields. Returns the status.
fn connect(server: &Server, before: &[u8], fields: &str) -> (u16, Raw) {
    let mut client = Raw::connect(server.address("events"));
    client.send(&[before, UPGRADE.as_bytes(), fields.as_bytes(), b"\r\n"].concat());
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(client.read(1));
    }
    let status = str::from_utf8(&head).unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    (status, client)
}

/// A header of version 2 for a client.
fn version_2(client: &str) -> Vec<u8> {
    let client: SocketAddr = client.parse().unwrap();
    let (family, address) = match client.ip() {
        std::net::IpAddr::V4(ip) => (0x11, ip.octets().to_vec()),
        std::net::IpAddr::V6(ip) => (0x21, ip.octets().to_vec()),
    };
    let ports = [client.port().to_be_bytes(), 80_u16.to_be_bytes()].concat();
    let body = [&*address, &*address, &*ports].concat();
    let len = u16::try_from(body.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n", &[0x21, family][..], &len, &*body].concat()
}

#[test]
fn the_client_is_whom_a_trusted_proxy_names_in_the_log_and_for_the_actor() {
    let server = behind("trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]");
    for (fields, client) in [
        ("X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7:0"),
        ("X-Forwarded-For: 1.2.3.4, 192.0.2.8:4711, 10.0.0.1\r\n", "192.0.2.8:4711"),
        ("X-Forwarded-For: 2001:db8::9\r\n", "[2001:db8::9]:0"),
    ] {
        let (status, mut connection) = connect(&server, b"", fields);
        assert_eq!(status, 101);
        server.wait_for(&[&format!("connected from {client}")]);
        let text = |frame: (u8, Vec<u8>)| String::from_utf8(frame.1).unwrap();
        assert!(text(connection.frame()).starts_with("state:"));
        connection.text("do sender");
        let sender = text(connection.frame());
        let id = sender.rsplit(' ').next().unwrap();
        connection.text(&format!("do info {id}"));
        let info = text(connection.frame());
        assert!(info.contains(&format!("peer={client} ")), "{info}");
    }
}

#[test]
fn who_is_no_trusted_proxy_speaks_only_for_itself() {
    let server = behind("trusted_proxies = [\"10.0.0.0/8\"]");
    assert_eq!(connect(&server, b"", "X-Forwarded-For: 192.0.2.7\r\n").0, 101);
    server.wait_for(&["connected from 127.0.0.1:"]);
    let server = behind("");
    assert_eq!(connect(&server, b"", "X-Forwarded-For: 192.0.2.7\r\n").0, 101);
    server.wait_for(&["connected from 127.0.0.1:"]);
}

#[test]
fn each_client_behind_a_proxy_has_its_own_share_of_the_connections() {
    let actor = guest("events").config("trusted_proxies = [\"127.0.0.1\"]");
    let server = Server::of(actor.limit("per_address", 2));
    let of = |client: &str| connect(&server, b"", &format!("X-Forwarded-For: {client}\r\n"));
    let (first, second) = (of("192.0.2.1"), of("192.0.2.1"));
    assert_eq!((first.0, second.0), (101, 101));
    assert_eq!(of("192.0.2.1").0, 429);
    server.wait_for(&["192.0.2.1:0 is refused: 429"]);
    assert_eq!(of("192.0.2.2").0, 101);
    // IPv6 clients share by network.
    let others = [of("2001:db8::1"), of("2001:db8::2")];
    assert_eq!(of("2001:db8::3").0, 429);
    drop(first);
    eventually("the first address has room again", || of("192.0.2.1").0 == 101);
    drop((second, others));
}

#[test]
fn a_request_on_a_kept_connection_counts_for_its_own_client() {
    let actor = guest("events").config("trusted_proxies = [\"127.0.0.1\"]");
    let server = Server::of(actor.limit("per_address", 1));
    let (status, _open) = connect(&server, b"", "X-Forwarded-For: 192.0.2.1\r\n");
    assert_eq!(status, 101);
    let mut proxy = Connection::open(&server);
    for (client, expected) in [("192.0.2.1", 429), ("192.0.2.2", 200), ("192.0.2.1", 429)] {
        let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n\r\n");
        assert_eq!(proxy.ask(head).status, expected, "{client}");
    }
}

#[test]
fn the_proxy_protocol_tells_the_client() {
    let server = behind("trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true");
    for (header, client) in [
        (b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n".to_vec(), "192.0.2.7:4711"),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n".to_vec(), "[2001:db8::7]:4711"),
        (version_2("192.0.2.8:4712"), "192.0.2.8:4712"),
        (version_2("[2001:db8::8]:4712"), "[2001:db8::8]:4712"),
        (b"PROXY UNKNOWN\r\n".to_vec(), "127.0.0.1:"),
        (b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00".to_vec(), "127.0.0.1:"),
        // A client that its proxy trusts may name another, but this one is no proxy.
        (b"PROXY TCP4 ::ffff:192.0.2.9 ::1 1 2\r\n".to_vec(), ""),
    ] {
        let (status, _open) = connect(&server, &header, "");
        if client.is_empty() {
            assert_eq!(status, 400);
        } else {
            assert_eq!(status, 101);
            server.wait_for(&[&format!("connected from {client}")]);
        }
    }
}

#[test]
fn a_connection_without_the_header_or_from_another_address_gets_400() {
    let server = behind("trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true");
    assert_eq!(connect(&server, b"", "").0, 400);
    server.wait_for(&["the header of the PROXY protocol is missing or not valid"]);
    let server = behind("trusted_proxies = [\"192.0.2.1\"]\nproxy_protocol = true");
    assert_eq!(connect(&server, b"PROXY TCP4 192.0.2.1 192.0.2.1 1 2\r\n", "").0, 400);
    server.wait_for(&["only the proxies in `trusted_proxies` may connect here"]);
    // A header that nobody asked for is no request.
    let server = behind("trusted_proxies = [\"127.0.0.1\"]");
    assert_eq!(connect(&server, b"PROXY TCP4 192.0.2.1 192.0.2.1 1 2\r\n", "").0, 400);
}

#[test]
fn clients_of_the_proxy_protocol_have_their_own_share_of_the_connections() {
    let actor = guest("events").config("trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true");
    let server = Server::of(actor.limit("per_address", 1));
    let one = connect(&server, &version_2("192.0.2.1:1"), "");
    assert_eq!(one.0, 101);
    assert_eq!(connect(&server, &version_2("192.0.2.1:2"), "").0, 429);
    assert_eq!(connect(&server, &version_2("192.0.2.2:1"), "").0, 101);
}

#[test]
fn a_header_that_does_not_come_ends_with_the_handshakes_time() {
    let actor = guest("events").config("trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true");
    let server = Server::of(actor.limit("handshake", "\"100ms\""));
    let mut connection = Connection::open(&server);
    connection.send("PROXY TCP4 192.0.2.1");
    connection.expect_end();
}
