//! Several requests on one connection, and what ends it (RFC 9112, sections 6, 7 and 9).

use std::io::Write as _;

use super::{Connection, request};
use crate::{
    crowd::metric,
    support::{Client, Raw, Server, eventually, guest},
};

/// A small request that gets 200.
fn health() -> String {
    request("GET /healthz", "")
}

/// The number of connections that stay open. The one that asks does not.
fn idle(server: &Server) -> usize {
    metric(server.address("events"), "footlight_idle_connections{actor=\"events\"}")
}

#[test]
fn requests_that_come_at_once_are_answered_in_their_order() {
    let server = Server::of(guest("events"));
    let mut client = Connection::open(&server);
    let requests = [
        request("GET /healthz", ""),
        request("HEAD /console", ""),
        request("GET /missing", ""),
        "\r\n".into(),
        request("OPTIONS *", ""),
        request("GET /metrics", ""),
        request("GET /ws", ""),
        request("GET /healthz", "Connection: close\r\n"),
        // This one comes after the end.
        request("GET /healthz", ""),
    ];
    client.send(requests.concat());
    assert_eq!(client.answer().status, 200);
    assert_eq!(client.head().status, 200);
    for status in [404, 204, 200] {
        let answer = client.answer();
        assert!(answer.status == status && !answer.closes(), "{answer:?}");
    }
    let upgrade = client.answer();
    assert_eq!((upgrade.status, upgrade.field("Connection")), (426, Some("Upgrade")));
    let last = client.answer();
    assert!(last.status == 200 && last.closes(), "{last:?}");
    client.expect_end();
}

#[test]
fn http_1_0_is_closed_after_the_answer_unless_the_client_asks_otherwise() {
    let server = Server::of(guest("events"));
    let mut client = Connection::open(&server);
    let kept = client.ask("GET /healthz HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    assert_eq!(kept.field("Connection"), Some("keep-alive"));
    let last = client.ask("GET /healthz HTTP/1.0\r\n\r\n");
    assert_eq!(last.field("Connection"), Some("close"));
    client.expect_end();
}

#[test]
fn a_small_body_that_nobody_wants_is_skipped() {
    let server = Server::of(guest("events"));
    let mut client = Connection::open(&server);
    let long = format!("Content-Length: {}\r\n", 64 << 10);
    for (fields, body) in [
        ("Content-Length: 5\r\n", "hello".to_owned()),
        ("Content-Length: 0\r\n", String::new()),
        (&*long, "x".repeat(64 << 10)),
        ("Transfer-Encoding: chunked\r\n", "5;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n".into()),
    ] {
        client.send([&request("POST /healthz", fields), &body, &*health()].concat());
        let refused = client.answer();
        assert!(refused.status == 405 && !refused.closes(), "{fields}: {refused:?}");
        assert_eq!(client.answer().status, 200, "{fields}");
    }
    // GET may have a body as well, and it may come late.
    assert_eq!(client.ask(request("GET /healthz", "Content-Length: 5\r\n")).status, 200);
    client.send("GET /");
    assert_eq!(client.ask(health()).status, 200);
}

#[test]
fn after_a_body_that_is_refused_nothing_is_taken_for_a_request() {
    let server = Server::of(guest("events"));
    let hidden = health();
    let chunk =
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}", 1 << 20, "x".repeat(70_000));
    for (body, closes) in [
        (format!("Content-Length: {}\r\n\r\n{}", (64 << 10) + 1, "x".repeat(100)), true),
        // Whether these are good is seen only after the answer.
        (format!("Transfer-Encoding: chunked\r\n\r\nzz\r\n{hidden}"), false),
        (format!("Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX{hidden}"), false),
        (format!("Transfer-Encoding: chunked\r\n\r\n0\r\n\n{hidden}"), false),
        (chunk, false),
    ] {
        let mut client = Connection::open(&server);
        client.send(format!("POST /healthz HTTP/1.1\r\nHost: x\r\n{body}{hidden}"));
        let answer = client.answer();
        assert!(answer.status == 405 && answer.closes() == closes, "{answer:?}");
        client.expect_end();
    }
}

#[test]
fn a_connection_may_be_upgraded_after_other_requests() {
    let server = Server::of(guest("events"));
    let mut client = Connection::open(&server);
    assert_eq!(client.ask(health()).status, 200);
    let upgraded = Raw::of(client.0.into_inner()).upgraded();
    drop(upgraded);
}

#[test]
fn a_connection_without_a_further_request_closes_after_the_limit() {
    let server = Server::of(guest("events").limit("keep_alive", "\"50ms\""));
    let mut client = Connection::open(&server);
    assert_eq!(client.ask(health()).status, 200);
    client.expect_end();
    // The rest of a body that nobody wants has the same time.
    let mut client = Connection::open(&server);
    assert_eq!(client.ask(request("GET /healthz", "Content-Length: 5\r\n")).status, 200);
    client.expect_end();
}

#[test]
fn past_the_limit_an_answer_says_that_the_connection_closes() {
    let actor = guest("events").limit("idle_connections", 2).limit("keep_alive", "\"1h\"");
    let server = Server::of(actor);
    let mut clients: Vec<_> = (0..2).map(|_| Connection::open(&server)).collect();
    for client in &mut clients {
        assert!(!client.ask(health()).closes());
    }
    let mut third = Connection::open(&server);
    assert!(third.ask(health()).closes());
    third.expect_end();
    // Those that were kept stay.
    for client in &mut clients {
        assert!(!client.ask(health()).closes());
    }
    clients.pop();
    eventually("is its place free", || idle(&server) == 1);
    assert!(!Connection::open(&server).ask(health()).closes());
}

#[test]
fn idle_connections_keep_no_request_and_no_client_out() {
    let actor = guest("events")
        .limit("requests", 1)
        .limit("connections", 2)
        .limit("keep_alive", "\"1h\"")
        .limit("handshake", "\"1h\"");
    let server = Server::of(actor);
    let mut clients: Vec<_> = (0..20).map(|_| Connection::open(&server)).collect();
    for client in &mut clients {
        assert_eq!(client.ask(health()).status, 200);
    }
    let mut first = Client::connect(server.address("events"), "/ws");
    let mut second = Client::connect(server.address("events"), "/ws");
    first.expect("state:0");
    second.next();
    // While another request is read, the next one of an open connection waits for its turn. It needs
    // room among the connections meanwhile.
    drop(first);
    let open = "footlight_connections{actor=\"events\"}";
    eventually("is it gone", || metric(server.address("events"), open) == 1);
    let mut slow = Connection::open(&server);
    slow.send("GET /healthz HTTP/1.1\r\n");
    for client in &mut clients {
        assert_eq!(client.ask(health()).status, 200);
    }
}

#[test]
fn idle_connections_end_at_once_when_the_host_stops() {
    let mut server = Server::of(guest("events").limit("keep_alive", "\"1h\""));
    let mut clients: Vec<_> = (0..3).map(|_| Connection::open(&server)).collect();
    for client in &mut clients {
        assert_eq!(client.ask(health()).status, 200);
    }
    eventually("are they idle", || idle(&server) == 3);
    server.signal("TERM");
    clients.iter_mut().for_each(Connection::expect_end);
    drop(clients);
    assert_eq!(server.wait().code(), Some(0));
    assert!(!server.log().contains("still open"), "{}", server.log());
}

#[test]
fn a_client_that_takes_its_answers_too_slowly_is_cut_off() {
    // Who may fall behind by 64 KiB has 62 ms at this rate.
    let server = Server::of(guest("events").limit("rate", "\"1MiB\""));
    let mut client = Connection::open(&server);
    let requests = request("GET /console", "").repeat(100);
    // The host stops reading when nobody takes the answers, so not all of these are sent.
    client.0.get_ref().set_nonblocking(true).unwrap();
    let broken = "is too slow for a page, which broke off";
    eventually("is it cut off", || {
        let _ = client.0.get_mut().write(requests.as_bytes());
        server.count(broken) > 0
    });
}
