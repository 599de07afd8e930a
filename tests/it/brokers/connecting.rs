//! What the log says of connections that are refused or lost, and what to do.

use std::{fs, io::Write as _, net::TcpListener};

use super::{ask, at, broker::Broker, guest, joined, up};
use crate::support::{Server, eventually};

#[test]
fn a_wrong_password_is_named_with_its_file_and_the_right_one_connects() {
    let Some(broker) = Broker::mosquitto("allow_anonymous false") else { return };
    let server = Server::of(guest().extra(&at(broker.address, "")));
    let mut ws = joined(&server);
    server.wait_for(&[
        "is not made: the broker refuses the connection: not authorized",
        "`credentials_file`",
    ]);
    eventually("down", || ask(&mut ws, "status mqtt").contains("not authorized"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let of = format!("credentials_file = {file:?}");
    for (password, part) in
        [("wrong", "; check the user and the password in "), ("secret", "connected with")]
    {
        fs::write(&file, format!("ann\n{password}\n")).unwrap();
        let server = Server::of(guest().extra(&at(broker.address, &of)));
        server.wait_for(&[part]);
        assert!(!server.log().contains("wrong\n"));
    }
}

#[test]
fn the_log_names_a_client_identifier_that_two_devices_have() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let actor = guest().extra(&at(broker.address, "client_id = \"same\""));
    let first = Server::of(actor.clone());
    up(&first);
    let _second = Server::of(actor);
    let line = first.wait_for(&["another device with the same client identifier, same"]);
    assert!(line.contains("Write `{hostname}` or `{machine-id}` in `client_id`"), "{line}");
}

#[test]
fn after_a_takeover_the_host_waits_for_half_a_minute_at_least() {
    // mosquitto 2.0.11 does not say that it was one.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let keys = format!("broker = \"mqtt://{}\", version = \"5\"", listener.local_addr().unwrap());
    let handler = format!("[[handlers]]\ntype = \"mqtt\"\nconfig = {{ {keys} }}\n");
    let server = Server::of(guest().extra(&handler));
    let (mut socket, _) = listener.accept().unwrap();
    // CONNACK, and DISCONNECT with its reason.
    socket.write_all(&[0x20, 3, 0, 0, 0, 0xe0, 1, 0x8e]).unwrap();
    let line = server.wait_for(&["another client connected", "fleets are copied SD cards"]);
    let wait = line.split_once("the next attempt is in ").unwrap().1;
    let wait: f32 = wait.split(' ').next().unwrap().parse().unwrap();
    assert!((30.0..=60.0).contains(&wait), "{line}");
    // An actor that ends does not wait.
    assert!(server.stop().0.success());
}

#[test]
fn a_broker_that_is_away_is_not_a_line_for_each_attempt() {
    let server = Server::of(guest().extra(&super::handler("").replace("200ms", "100ms")));
    let line = server.wait_for(&["is not made (16 times so far): ", "the next attempt is in"]);
    assert!(line.contains("Connection refused"), "{line}");
    assert_eq!(server.count("is not made"), 5);
}
