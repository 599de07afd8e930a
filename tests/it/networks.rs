//! The limits for one address. They do not apply to this machine's own addresses, so these tests run
//! in a network namespace where other addresses lead to this machine too.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

use crate::{
    crowd::{ask_all, metric, status, wait_until_full},
    support::{Actor, REQUEST, Raw, Server, eventually, guest, namespace},
};

/// Where the servers are.
const HOST: &str = "10.9.0.1";
/// The commands that make a network whose addresses all lead to this machine, and some of IPv6.
const SETUP: &str = "ip link set lo up && ip addr add 10.9.0.1/16 dev lo && \
                     for ip in fd00:9::1 fd00:9:0:1::1 fd00:9:0:1::2 fd00:9:0:2::1; do \
                     ip -6 addr add $ip/128 dev lo nodad || exit 1; done";

/// Runs the test with this name inside such a namespace.
fn inside(name: &str, test: impl FnOnce()) {
    namespace::inside("--net", SETUP, name, test);
}

/// A server in the namespace.
fn serve(actor: Actor) -> (Server, SocketAddr) {
    let server = Server::of(actor.host(HOST));
    let address = server.address("events");
    (server, address)
}

/// A connection from an address, which has sent nothing.
fn from(source: impl Into<std::net::IpAddr>, server: SocketAddr) -> Raw {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(source.into(), 0).into()).unwrap();
    socket.connect(&server.into()).unwrap();
    Raw::of(socket.into())
}

/// An address of the network.
fn address(number: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 9, 1, 0).to_bits() + u32::try_from(number).unwrap())
}

/// This many connections from one address.
fn many(source: Ipv4Addr, server: SocketAddr, count: usize) -> Vec<Raw> {
    (0..count).map(|_| from(source, server)).collect()
}

#[test]
fn one_address_has_as_many_connections_as_the_limit_and_the_next_gets_429() {
    inside(
        "networks::one_address_has_as_many_connections_as_the_limit_and_the_next_gets_429",
        || {
            let (server, host) = serve(guest("events").limit("per_address", 3));
            let mut clients = many(address(1), host, 3);
            assert_eq!(ask_all(&mut clients), 3);
            let mut refused = from(address(1), host);
            refused.send(REQUEST);
            let mut said = String::new();
            std::io::Read::read_to_string(&mut refused.socket, &mut said).unwrap();
            assert!(
                said.starts_with("HTTP/1.1 429 ") && said.contains("\r\nRetry-After: "),
                "{said}"
            );
            assert!(said.contains("too many connections from this address"), "{said}");
            server.wait_for(&["events: 10.9.1.1:", "is refused: 429"]);
            let name = "footlight_refused_requests_total{actor=\"events\",status=\"429\"}";
            assert_eq!(number(from(address(2), host), name), 1);
            // Other addresses have their own share. The first one's share is free again when its
            // connections are closed.
            assert_eq!(ask_all(&mut many(address(2), host, 3)), 3);
            drop(clients);
            loop {
                let mut again = from(address(1), host);
                again.send(REQUEST);
                if status(&mut again) == "101" {
                    break;
                }
            }
        },
    );
}

#[test]
fn idle_connections_do_not_count_for_their_address_and_take_a_quarter_of_the_places() {
    inside(
        "networks::idle_connections_do_not_count_for_their_address_and_take_a_quarter_of_the_places",
        || {
            let actor = guest("events").limit("idle_connections", 8).limit("keep_alive", "\"1h\"");
            let (server, host) = serve(actor.limit("per_address", 1));
            // The last connection counts until the host has seen that its answer was sent.
            let get = |source, request: &[u8], expected: &str| {
                let mut client = None;
                eventually("is it let in", || {
                    let client = client.insert(from(source, host));
                    client.send(request);
                    status(client) == expected
                });
                client.unwrap()
            };
            let health = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
            let ask = |source| get(source, health, "200");
            let idle = |count: usize| {
                let name = "footlight_idle_connections{actor=\"events\"}";
                // Another address each time, since the last one may still count.
                let mut others = (10..=250).cycle();
                eventually("are they idle", || {
                    number(from(address(others.next().unwrap()), host), name) == count
                });
            };
            // One address has two places at most. The third connection closes.
            let mut clients = [(); 3].map(|()| ask(address(1)));
            let mut rest = String::new();
            std::io::Read::read_to_string(&mut clients[2].socket, &mut rest).unwrap();
            assert!(rest.contains("\r\nConnection: close\r\n"), "{rest}");
            idle(2);
            // An upgrade is the one connection that the address may have.
            let _client = get(address(1), REQUEST, "101");
            // The next request of an idle connection counts again.
            clients[1].send(health);
            let mut said = String::new();
            std::io::Read::read_to_string(&mut clients[1].socket, &mut said).unwrap();
            assert!(said.contains("HTTP/1.1 429 "), "{said}");
            let _other = ask(address(2));
            // The refused connection is closed, and that of another address is kept.
            idle(2);
            server.wait_for(&["events: 10.9.1.1:", "is refused: 429"]);
        },
    );
}

/// The number of a metric, asked for on this connection.
fn number(mut client: Raw, name: &str) -> usize {
    client.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut client.socket, &mut text).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).trim().parse().unwrap()
}

#[test]
fn the_addresses_of_one_ipv6_network_count_together() {
    inside("networks::the_addresses_of_one_ipv6_network_count_together", || {
        let server = Server::of(guest("events").host("fd00:9::1").limit("per_address", 1));
        let host = server.address("events");
        let statuses: Vec<_> = ["fd00:9:0:1::1", "fd00:9:0:1::2", "fd00:9:0:2::1"]
            .map(|source| {
                let mut client = from(source.parse::<std::net::Ipv6Addr>().unwrap(), host);
                client.send(REQUEST);
                (status(&mut client), client)
            })
            .into();
        let statuses: Vec<_> = statuses.iter().map(|(status, _)| status.as_str()).collect();
        assert_eq!(statuses, ["101", "429", "101"]);
    });
}

#[test]
fn one_address_with_thousands_of_sockets_keeps_nobody_else_out() {
    inside("networks::one_address_with_thousands_of_sockets_keeps_nobody_else_out", || {
        let (server, host) = serve(guest("events").limit("handshake", "\"1h\""));
        // All of them stay silent.
        let _attacker = many(address(1), host, 2000);
        let mut honest: Vec<_> = (2..202).map(|number| from(address(number), host)).collect();
        assert_eq!(ask_all(&mut honest), 200);
        server.wait_for(&["10.9.1.1:", "is refused: 429"]);
    });
}

#[test]
fn as_many_clients_behind_one_address_as_the_limit_get_in_at_once() {
    inside("networks::as_many_clients_behind_one_address_as_the_limit_get_in_at_once", || {
        let (server, host) = serve(guest("events"));
        let before = server.descriptors();
        let mut clients = many(address(1), host, 256);
        wait_until_full(&server, before);
        assert_eq!(ask_all(&mut clients), 256);
        let mut one_more = from(address(1), host);
        one_more.send(REQUEST);
        assert_eq!(status(&mut one_more), "429");
    });
}

#[test]
fn clients_of_this_machine_itself_may_have_all() {
    let server = Server::of(guest("events").limit("per_address", 1));
    let address = server.address("events");
    let mut clients: Vec<_> = (0..3).map(|_| Raw::connect(address)).collect();
    assert_eq!(ask_all(&mut clients), 3);
    assert_eq!(metric(address, "footlight_connections{actor=\"events\"}"), 3);
}
