//! Clients that are slow, leave or come all at once, and actors that return garbage.

use std::{io::Read as _, net::Shutdown};

use super::{Answer, ask, get};
use crate::support::{Actor, Raw, Server, eventually, guest, wat};

/// An actor without a socket.
fn only_http() -> Actor {
    guest("requests").without_files().only_http()
}

/// Sends a request on a connection of its own, and does not read.
fn send(server: &Server, text: &str) -> Raw {
    let mut raw = Raw::connect(server.address("requests"));
    raw.send(text.as_bytes());
    raw
}

/// Reads a whole response, after which the connection is closed.
fn rest(mut raw: Raw) -> Answer {
    let mut bytes = Vec::new();
    raw.socket.read_to_end(&mut bytes).unwrap();
    Answer::of(&bytes)
}

const CLOSE: &str = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";

#[test]
fn a_client_that_leaves_before_its_turn_causes_no_event_and_one_that_leaves_later_does() {
    // The loop keeps the actor busy, until the time is up.
    let server = Server::of(only_http().limit("time", "\"1s\""));
    let address = server.address("requests");
    let busy = send(&server, &format!("GET /loop{CLOSE}\r\n"));
    eventually("the loop", || get_metric(&server, "footlight_requests_in_progress") == 1);
    let waits = send(&server, &format!("GET /count{CLOSE}\r\n"));
    eventually("both", || get_metric(&server, "footlight_requests_in_progress") == 2);
    waits.socket.shutdown(Shutdown::Both).unwrap();
    drop(waits);
    // The one that has begun goes on without its client.
    drop(busy);
    server.wait_for(&["the actor failed at a request event"]);
    server.wait_for(&["a request event is left out: its client is gone"]);
    assert_eq!(get(address, "/count").body, "1");
}

/// A number of this server's metrics.
fn get_metric(server: &Server, name: &str) -> u64 {
    let text = get(server.address("requests"), "/metrics").body;
    let line = text.lines().find(|line| line.starts_with(&format!("{name}{{")));
    line.and_then(|line| line.rsplit(' ').next()).unwrap().parse().unwrap()
}

#[test]
fn of_many_requests_some_wait_and_the_rest_is_refused() {
    // One is answered, and one waits.
    let server = Server::of(only_http().limit("requests", 1).limit("time", "\"1s\""));
    let busy = send(&server, &format!("GET /loop{CLOSE}\r\n"));
    eventually("the loop", || get_metric(&server, "footlight_requests_in_progress") == 1);
    let waiting: Vec<_> =
        (0..8).map(|_| send(&server, &format!("GET /count{CLOSE}\r\n"))).collect();
    let answers: Vec<_> = waiting.into_iter().map(rest).collect();
    assert_eq!(rest(busy).status, 500);
    let refused = answers.iter().filter(|answer| answer.status == 503).count();
    assert_eq!(refused, 7, "{answers:?}");
    let refused = answers.iter().find(|answer| answer.status == 503).unwrap();
    assert_eq!(refused.body, "the actor has too many requests\n");
    assert_eq!(refused.field("retry-after"), Some("5"));
}

#[test]
fn a_request_that_waits_too_long_gets_503_and_causes_no_event() {
    let limits = only_http().limit("turn", "\"200ms\"").limit("time", "\"2s\"");
    let server = Server::of(limits);
    let busy = send(&server, &format!("GET /loop{CLOSE}\r\n"));
    eventually("the loop", || get_metric(&server, "footlight_requests_in_progress") == 1);
    let late = get(server.address("requests"), "/count");
    assert_eq!((late.status, &*late.body), (503, "the actor has too many requests\n"));
    assert_eq!(rest(busy).status, 500);
    assert_eq!(get(server.address("requests"), "/count").body, "1");
}

#[test]
fn a_content_that_stops_arriving_gives_way_to_others() {
    let server = Server::of(only_http().limit("requests", 1));
    let mut slow = Raw::connect(server.address("requests"));
    slow.send(format!("POST /size{CLOSE}Content-Length: 10\r\n\r\n12345").as_bytes());
    eventually("it", || get_metric(&server, "footlight_requests_in_progress") == 1);
    // It has the only place, and loses it for this one.
    assert_eq!(get(server.address("requests"), "/count").body, "1");
    let answer = rest(slow);
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body, "this request is too slow while others wait\n");
}

#[test]
fn messages_go_on_while_requests_have_all_places() {
    let server = Server::of(guest("events").http().limit("requests", 1));
    let mut client = server.client("events");
    client.expect("state:0");
    let mut slow = Raw::connect(server.address("events"));
    slow.send(format!("POST /size{CLOSE}Content-Length: 10\r\n\r\n12345").as_bytes());
    client.ask("hello", "hello");
    client.ask("count", "3");
    slow.send(b"67890");
    assert_eq!(rest(slow).body, "10");
    client.ask("count", "5");
}

#[test]
fn a_content_without_its_end_is_refused_and_causes_no_event() {
    let server = Server::of(only_http());
    let address = server.address("requests");
    for (fields, content) in [
        ("Content-Length: 10\r\n", "12345"),
        ("Transfer-Encoding: chunked\r\n", "5\r\n123"),
        ("Transfer-Encoding: chunked\r\n", "5\r\n12345\r\n"),
        ("Transfer-Encoding: chunked\r\n", "x\r\n"),
        ("Transfer-Encoding: chunked\r\n", "-1\r\n"),
        ("Transfer-Encoding: chunked\r\n", "1\r\n12\r\n"),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", "12"),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    ] {
        let raw = send(&server, &format!("POST /count{CLOSE}{fields}\r\n{content}"));
        raw.socket.shutdown(Shutdown::Write).unwrap();
        assert_eq!(rest(raw).status, 400, "{fields}{content}");
    }
    assert_eq!(get(address, "/count").body, "1");
}

#[test]
fn a_host_that_stops_answers_what_has_begun_and_refuses_what_waits() {
    let server = Server::of(only_http().limit("time", "\"1s\""));
    let busy = send(&server, &format!("GET /loop{CLOSE}\r\n"));
    eventually("the loop", || get_metric(&server, "footlight_requests_in_progress") == 1);
    let waits = send(&server, &format!("GET /count{CLOSE}\r\n"));
    eventually("both", || get_metric(&server, "footlight_requests_in_progress") == 2);
    server.signal("TERM");
    let answer = rest(waits);
    assert_eq!((answer.status, &*answer.body), (503, "the host is stopping\n"));
    assert_eq!(rest(busy).status, 500);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
}

#[test]
fn fields_that_are_too_many_or_too_long_never_reach_the_actor() {
    let server = Server::of(only_http());
    let address = server.address("requests");
    let many = "a: b\r\n".repeat(65);
    let long = format!("a: {}\r\n", "x".repeat(8192));
    for fields in [&many, &long] {
        assert_eq!(ask(address, "GET /count", fields, None).status, 431);
    }
    let most = "a: b\r\n".repeat(62);
    assert_eq!(ask(address, "GET /count", &most, None).body, "1");
}

#[test]
fn a_client_that_takes_nothing_of_a_large_response_delays_nobody() {
    let guest = only_http().limit("requests", 1).limit("response", "\"8MiB\"");
    let server = Server::of(guest.limit("memory", "\"64MiB\""));
    let mut slow = Raw::with_small_buffer(server.address("requests"));
    slow.send(format!("GET /big/7000000{CLOSE}\r\n").as_bytes());
    assert!(slow.read(12).starts_with(b"HTTP/1.1 200"));
    // It has the only place, and loses it for this one.
    assert_eq!(get(server.address("requests"), "/count").body, "2");
}

/// An actor whose `handle-request` returns this pointer, with these bytes in its memory there.
fn returning(pointer: u32, data: &str) -> Actor {
    let i32s = "i32 ".repeat(11);
    wat(
        "requests",
        &format!(
            r#"(module
              (memory (export "memory") 1)
              (data (i32.const 1024) "{data}")
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
              (func (export "ntwk:theater/http-server#handle-request") (param {i32s}) (result i32)
                i32.const {pointer}))"#
        ),
    )
    .only_http()
}

#[test]
fn an_actor_that_returns_garbage_gets_its_client_500() {
    for (pointer, data, line) in [
        (u32::MAX, "", "its result is not valid: result at offset 0xffffffff is not aligned"),
        (65_520, "", "its result is not valid: result at offset 0xfff0 is 32 bytes long"),
        // The list of fields: a pointer out of bounds.
        (
            1024,
            r"\c8\00\00\00\f0\ff\ff\ff\ff\ff\ff\0f",
            "its result is not valid: headers at offset",
        ),
        // The content: a discriminant that is none.
        (
            1024,
            r"\c8\00\00\00\00\00\00\00\00\00\00\00\02",
            "body at offset 0x40c has discriminant 2",
        ),
        // The content: as large as the address space.
        (
            1024,
            r"\c8\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\ff\ff\ff\ff",
            "body at",
        ),
        (1024, r"\00\00", "its status is 0; a response has one from 200 to 599"),
    ] {
        // The numbers are signed in WebAssembly's text form.
        let server = Server::of(returning(pointer, data));
        let answer = get(server.address("requests"), "/");
        assert_eq!(answer.status, 500, "{line}");
        server.wait_for(&[line]);
    }
    let server = Server::of(returning(1024, r"\c8\00"));
    assert_eq!(get(server.address("requests"), "/").status, 200);
}
