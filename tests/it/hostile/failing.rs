//! An actor whose instance can't be made anew. Nothing that a guest sees decides whether it can, so it
//! is the kernel that refuses here: the process gets no more memory.

use super::guest::{Guest, harmless};
use crate::{
    crowd::{metric, status},
    support::{Client, Raw, Server, emulated, eventually},
};

/// The actor's memory, in pages of 64 KiB: more than the host needs for everything else.
const PAGES: u64 = 1024;
/// How much memory the host may still take while that is refused, in bytes.
const LEFT: u64 = 16 << 20;

/// An actor with a large memory, whose instance is soon dropped.
fn large() -> Guest {
    harmless("large")
        .memory(&PAGES.to_string())
        .limit("memory", PAGES << 16)
        .limit("hibernate_after", "\"1s\"")
}

/// An actor that takes all the memory that there is when it is told to, and keeps it.
fn eater() -> Guest {
    harmless("eater")
        .first("(loop $l (br_if $l (i32.ge_s (memory.grow (i32.const 16)) (i32.const 0))))")
        .limit("memory", (4 * PAGES) << 16)
        .limit("watermark", (4 * PAGES) << 16)
        .limit("fuel", 1_000_000_000u64)
}

/// The status of the health page.
fn health(server: &Server) -> String {
    let mut client = Raw::connect(server.address("large"));
    client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    status(&mut client)
}

/// Waits until the actor has no instance, and sees to it that it gets none.
fn refuse(server: &Server) {
    let memory =
        || metric(server.address("large"), "footlight_actor_memory_bytes{actor=\"large\"}");
    eventually("is the instance dropped", || memory() == 0);
    server.limit_memory(Some(LEFT));
    // The host may have kept the instance's memory for the next who asks.
    server.client("eater").ask("attack", "ok !");
}

#[test]
fn while_an_actor_cannot_be_made_anew_clients_are_told_and_afterwards_it_goes_on() {
    if emulated() {
        // The limit would be the emulator's.
        return;
    }
    let server = Server::start(&[large().actor(), eater().actor()]);
    let [mut one, mut two] = [(); 2].map(|()| server.client("large"));
    one.ask("hello", "ok 1");
    refuse(&server);
    one.text("hello");
    assert_eq!(one.expect_close(1011), "the actor failed");
    let line = server.wait_for(&["large#1: the actor failed at a text event, the state is kept"]);
    assert!(line.contains("memory"), "{line}");
    // The end of that connection is an event too, and the waits double.
    server.wait_for(&["ERROR large: can't be started; waits 100ms"]);
    server.wait_for(&["ERROR large: can't be started; waits 200ms"]);
    // Between two waits a client may connect. Its event fails too, and the next wait is longer.
    let is_refused = || {
        let refused = Client::try_connect(server.address("large"), "/ws").err();
        refused.is_some_and(|why| why.contains("503")) && health(&server) == "503"
    };
    eventually("is a client refused", is_refused);
    server.limit_memory(None);
    two.ask("hello", "ok 2");
    assert_eq!(health(&server), "200");
    server.client("large").ask("hello", "ok 3");
}

#[test]
fn an_actor_that_cannot_be_made_anew_is_tried_again_when_its_last_client_has_gone() {
    if emulated() {
        // The limit would be the emulator's.
        return;
    }
    let server = Server::start(&[large().actor(), eater().actor()]);
    let mut client = server.client("large");
    client.ask("hello", "ok 1");
    refuse(&server);
    client.text("hello");
    assert_eq!(client.expect_close(1011), "the actor failed");
    server.wait_for(&["ERROR large: can't be started; waits 200ms"]);
    server.limit_memory(None);
    eventually("is it well", || health(&server) == "200");
    eventually("is a client served", || {
        Client::try_connect(server.address("large"), "/ws").is_ok_and(|mut client| {
            client.text("hello");
            client.next().is_text()
        })
    });
}
