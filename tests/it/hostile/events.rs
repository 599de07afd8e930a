//! Guests that are hostile at `connect` or `close`, or again and again.

use super::{
    guest::{Guest, fails},
    stage::end,
};
use crate::support::{Client, Server, guest};

/// A server with this guest and a neighbour, and the neighbour's client.
fn beside_a_neighbour(hostile: &Guest) -> (Server, Client) {
    let server = Server::start(&[guest("events").name("neighbour"), hostile.actor()]);
    let mut neighbour = server.client("neighbour");
    assert!(neighbour.next().is_text());
    (server, neighbour)
}

#[test]
fn a_guest_that_fails_at_connect_costs_each_client_its_own_connection() {
    for (name, body) in [("traps", "(unreachable)"), ("loops", "(loop $l (br $l))")] {
        let body = format!("(if (i32.eq (local.get $len) (i32.const 7)) (then {body}))");
        let (server, mut neighbour) = beside_a_neighbour(&fails(name, &[]).event(&body));
        for client in 1..4 {
            assert_eq!(server.client(name).expect_close(1011), "the actor failed");
            server.wait_for(&[&format!("{name}#{client}: the actor failed at a connect event")]);
            neighbour.ask("still here", "still here");
        }
        drop(neighbour);
        end(server);
    }
}

#[test]
fn a_guest_that_fails_at_close_costs_nobody_anything() {
    for (name, body) in [("traps", "(unreachable)"), ("loops", "(loop $l (br $l))")] {
        let body = format!("(if (i32.eq (local.get $len) (i32.const 5)) (then {body}))");
        let (server, mut neighbour) = beside_a_neighbour(&fails(name, &[]).event(&body));
        let mut witness = server.client(name);
        witness.ask("hello", "ok 1");
        for (client, count) in (2..5).zip(["ok 2", "ok 3", "ok 4"]) {
            server.client(name).close(None);
            server.wait_for(&[&format!("{name}#{client}: the actor failed at a close event")]);
            witness.ask("still there", count);
            neighbour.ask("still here", "still here");
        }
        drop((witness, neighbour));
        end(server);
    }
}

#[test]
fn clients_that_make_a_guest_fail_again_and_again_cannot_take_it_down() {
    let traps = fails("traps", &[]).memory("200").attack("(unreachable)");
    let (server, mut neighbour) = beside_a_neighbour(&traps);
    let mut witness = server.client("traps");
    for count in 0..40u8 {
        let mut attacker = server.client("traps");
        attacker.text("attack");
        assert_eq!(attacker.expect_close(1011), "the actor failed");
        witness.ask("still there", &format!("ok {}", char::from(b'1' + count)));
        neighbour.ask("still here", "still here");
    }
    drop((witness, neighbour));
    end(server);
}
