//! `sender`, `info` and `list`: which connections there are, and what is known about them.

use std::{fs, net::Ipv4Addr};

use super::{answer, each, joined, make, several, with_each};
use crate::support::{Client, Raw, Server, guest};

#[test]
fn the_sender_is_whose_event_it_is_from_the_connect_on() {
    each(|server, shape| {
        for id in 1..=3 {
            let mut client = Client::connect(server.address(shape), "/ws?do+sender;+list");
            assert!(client.next().is_text());
            client.expect(&format!("sender {id}"));
            // The list has this connection and the ones before it.
            let listed = client.next();
            assert!(listed.to_text().unwrap().ends_with(&id.to_string()), "{listed}");
            make(&mut client, "sender", &[&format!("sender {id}")]);
            client.close(None);
            server.wait_for(&[&format!("{shape}#{id}: actor: close ")]);
        }
    });
}

#[test]
fn a_number_is_never_used_again_and_the_list_is_in_their_order() {
    each(|server, shape| {
        let [mut one, two, mut three] = several(server, shape);
        two.close(None);
        server.wait_for(&[&format!("{shape}#2: actor: close ")]);
        make(&mut one, "list", &["list 1 3"]);
        for id in 4..30 {
            let mut client = joined(server, shape);
            make(&mut client, "sender", &[&format!("sender {id}")]);
            make(&mut three, "list", &[&format!("list 1 3 {id}")]);
            if id % 2 == 0 {
                client.close(None)
            } else {
                client.vanish()
            }
            server.wait_for(&[&format!("{shape}#{id}: actor: close ")]);
            make(&mut three, &format!("send {id} x"), &["gone"]);
        }
        make(&mut one, "list", &["list 1 3"]);
    });
}

#[test]
fn an_ipv4_address_looks_like_one_at_a_listener_for_both_kinds() {
    let server = Server::of(guest("events").host("::"));
    let address = (Ipv4Addr::LOCALHOST, server.address("events").port()).into();
    let mut refused = Raw::connect(address);
    refused.send(b"GET /nothing HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    assert!(refused.read(12).starts_with(b"HTTP/1.1 404"));
    server.wait_for(&["INFO  events: 127.0.0.1:", "is refused: 404"]);
    let mut client = Client::connect(address, "/ws");
    client.expect("state:0");
    server.wait_for(&["events#1: connected from 127.0.0.1:"]);
    let known = answer(&mut client, "info 1");
    assert!(known.starts_with("peer=127.0.0.1:"), "{known}");
    assert!(!server.log().contains("::ffff"), "{}", server.log());
}

#[test]
fn what_is_known_of_a_connection_is_what_its_handshake_said() {
    each(|server, shape| {
        let mut one = joined(server, shape);
        let told = answer(&mut one, "info 1");
        let peer = one.ws.get_ref().local_addr().unwrap();
        let since =
            told.strip_prefix(&format!("peer={peer} path=/ws query= subprotocol=none since="));
        // No machine's clock shows a time before 2001.
        assert!(since.unwrap().parse::<u64>().unwrap() > 1_000_000_000_000, "{told}");
        let two = Client::connect(server.address(shape), "/?name=Z%C3%A4+x&&=");
        let told = answer(&mut one, "info 2");
        let peer = two.ws.get_ref().local_addr().unwrap();
        assert!(
            told.starts_with(&format!("peer={peer} path=/ query=name=Z%C3%A4+x&&= ")),
            "{told}"
        );
    });
}

#[test]
fn the_subprotocol_is_the_one_that_was_agreed_on() {
    with_each(
        |actor| actor.config("subprotocols = [\"chat\", \"news\"]"),
        |server, shape| {
            let mut raw = Raw::connect(server.address(shape));
            raw.send(
                b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                Sec-WebSocket-Protocol: other, news, chat\r\n\r\n",
            );
            // The next client's handshake may end first, but not the one after it.
            let mut two = joined(server, shape);
            while answer(&mut two, "list") != "list 1 2" {}
            let told = [1, 2].map(|id| answer(&mut two, &format!("info {id}")));
            let with = |name: &str| told.iter().filter(|told| told.contains(name)).count();
            assert_eq!(
                (with(" subprotocol=news "), with(" subprotocol=none ")),
                (1, 1),
                "{told:?}"
            );
        },
    );
}

#[test]
fn the_hosts_own_token_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "s3cret").unwrap();
    with_each(
        |actor| actor.config(&format!("token_file = {file:?}")),
        |server, shape| {
            let mut one = Client::connect(server.address(shape), "/ws?a=1&token=s3cret&b=2");
            assert!(one.next().is_text());
            let told = answer(&mut one, "info 1");
            assert!(told.contains(" query=a=1&b=2 ") && !told.contains("s3cret"), "{told}");
        },
    );
}
