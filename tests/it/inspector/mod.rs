//! The inspector: what it sees of an actor, and who may be one.

mod refused;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::support::{Actor, PATIENCE, Raw, Server, eventually, guest};

/// An actor that may be inspected.
fn inspected() -> Actor {
    guest("events").config("console = \"inspect\"")
}

/// The token that the server has printed.
fn token(server: &Server) -> String {
    let line = server.greeting.iter().find_map(|line| line.split_once("/console?inspect="));
    line.unwrap().1.split(' ').next().unwrap().to_owned()
}

/// A request for the stream, from a program on this machine.
fn request(server: &Server) -> String {
    let (token, address) = (token(server), server.address("events"));
    format!("GET /console/inspect?token={token} HTTP/1.1\r\nHost: {address}\r\n\r\n")
}

/// An inspector.
struct Inspector(BufReader<TcpStream>);

impl Inspector {
    /// Sends a request for the stream, and reads the head of the answer. Returns its first line and
    /// the fields too.
    fn ask(server: &Server, request: &str) -> (Self, String) {
        let mut socket = TcpStream::connect(server.address("events")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(socket);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        (Self(reader), head)
    }

    fn open(server: &Server) -> Self {
        let (inspector, head) = Self::ask(server, &request(server));
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("\r\nContent-Type: text/event-stream\r\n"), "{head}");
        inspector
    }

    /// The type of the next record, and its JSON. `None` at the end of the stream.
    fn next(&mut self) -> Option<(String, Value)> {
        let mut lines = self.0.by_ref().lines().map(Result::unwrap).filter(|line| line != ":");
        let mut line = || lines.by_ref().find(|line| !line.is_empty());
        let ty = line()?;
        let data = line()?;
        let json = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        Some((ty.strip_prefix("event: ").unwrap().to_owned(), json))
    }

    /// Reads on to a record of this type that is as asked.
    fn find(&mut self, ty: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (found, json) = self.next().expect("the stream has ended");
            if found == ty && is_it(&json) {
                return json;
            }
        }
    }
}

#[test]
fn an_inspector_sees_the_actor_its_events_and_its_log() {
    let server = Server::of(inspected());
    let mut early = Inspector::open(&server);
    let view = early.find("view", |_| true);
    assert_eq!(view["actor"], "events");
    assert_eq!(view["state"], json!({"bytes": 1, "text": "0"}));
    assert_eq!(view["clients"], json!({"all": 0, "list": []}));
    let mut client = server.client("events");
    client.expect("state:0");
    client.text("do tag 1 red; put fruit apple; log; send 1 hello");
    client.expect_all(&["hello", "done", "done", "logged", "sent 5"]);
    let event = early.find("event", |event| event["type"] == "text");
    let sent = "do tag 1 red; put fruit apple; log; send 1 hello";
    assert_eq!(event["text"], sent);
    assert_eq!((&event["bytes"], &event["connection"]), (&json!(sent.len()), &json!(1)));
    assert!(event["fuel"].as_u64().unwrap() > 0 && event["us"].is_u64(), "{event}");
    let out =
        |to: &str, text: &str| json!({"to": to, "type": "text", "bytes": text.len(), "text": text});
    let expected = [
        out("#1", "hello"),
        out("", "done"),
        out("", "done"),
        out("", "logged"),
        out("", "sent 5"),
    ];
    assert_eq!((&event["out"], &event["more"]), (&json!(expected), &json!(0)));
    // The actor shows itself again after an event.
    let view = early.find("view", |view| view["keys"]["all"] == 1);
    assert_eq!(view["keys"]["list"], json!([["fruit", 5]]));
    let list = &view["clients"]["list"];
    assert_eq!(list[0]["id"], 1);
    assert_eq!(list[0]["tags"], json!(["red"]));
    assert_eq!(list[0]["path"], "/ws");
    assert!(view["counters"]["fuel"].as_u64().unwrap() > 0, "{view}");
    // Who comes later sees what was before.
    let mut late = Inspector::open(&server);
    late.find("event", |event| event["type"] == "connect");
    let line = late.find("log", |line| line["text"].as_str().unwrap().contains("a line from"));
    assert_eq!((&line["level"], &line["from"]), (&json!("INFO"), &json!("events#1")));
    assert_eq!(line["text"], "actor: a line from guide");
}

#[test]
fn an_inspector_sees_what_failed_and_bytes_as_hex() {
    let server = Server::of(inspected());
    let mut inspector = Inspector::open(&server);
    let mut client = server.client("events");
    client.expect("state:0");
    client.send(vec![0_u8, 0xff, 0x70].into());
    let event = inspector.find("event", |event| event["type"] == "binary");
    assert_eq!((&event["bytes"], &event["hex"]), (&json!(3), &json!("00ff70")));
    client.text("trap");
    let event = inspector.find("event", |event| event["failed"].is_string());
    let why = event["failed"].as_str().unwrap();
    assert!(why.contains("the actor failed at a text event"), "{why}");
    assert_eq!(event["out"], Value::Null);
    let line = inspector.find("log", |line| line["level"] == "ERROR");
    assert!(line["text"].as_str().unwrap().contains("the actor failed at a text event"), "{line}");
}

#[test]
fn much_of_something_is_cut_and_its_size_is_told() {
    let server = Server::of(inspected());
    let mut inspector = Inspector::open(&server);
    let mut client = server.client("events");
    client.expect("state:0");
    client.text("many:20");
    let event = inspector.find("event", |event| event["text"] == "many:20");
    assert_eq!((event["out"].as_array().unwrap().len(), &event["more"]), (8, &json!(12)));
    client.text("big:513");
    let event = inspector.find("event", |event| event["text"] == "big:513");
    assert_eq!(event["out"][0]["bytes"], 513);
    assert_eq!(event["out"][0]["text"].as_str().unwrap().len(), 512);
    client.text("state:100000");
    let view = inspector.find("view", |view| view["state"]["bytes"] == 100_000);
    assert_eq!(view["state"]["text"].as_str().unwrap().len(), 64 << 10);
}

#[test]
fn a_slow_inspector_misses_the_oldest_records_and_is_told_how_many() {
    let server = Server::of(inspected());
    let mut slow = Raw::with_small_buffer(server.address("events"));
    slow.send(request(&server).as_bytes());
    let mut client = server.client("events");
    client.expect("state:0");
    let text = "x".repeat(500);
    // Much more than the history has, and the buffers of the kernel.
    let total = 2000;
    for _ in 0..total {
        client.ask(&text, &text);
    }
    client.ask("last", "last");
    let mut inspector = Inspector(BufReader::new(slow.socket));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        inspector.0.read_line(&mut head).unwrap();
    }
    let (mut seen, mut missed) = (0, 0);
    loop {
        match inspector.next().unwrap() {
            (ty, json) if ty == "missed" => missed += json["records"].as_u64().unwrap(),
            (ty, json) if ty == "event" => {
                seen += u64::from(json["text"] == text);
                if json["text"] == "last" {
                    break;
                }
            }
            _ => {}
        }
    }
    // What was missed has log lines too.
    assert!(missed > 0 && seen < total && seen + missed >= total, "{seen} and {missed}");
}

#[test]
fn so_many_inspectors_look_at_once_and_one_more_is_refused_until_one_has_gone() {
    let server = Server::of(inspected());
    let mut all: Vec<_> = (0..8).map(|_| Inspector::open(&server)).collect();
    let ask = || Inspector::ask(&server, &request(&server)).1;
    assert!(ask().starts_with("HTTP/1.1 503 "));
    server.wait_for(&["is refused: 503", "8 pages inspect actors"]);
    drop(all.pop());
    eventually("admitted", || ask().starts_with("HTTP/1.1 200 "));
    for inspector in &mut all {
        inspector.find("view", |_| true);
    }
}

#[test]
fn an_inspector_does_not_keep_the_host_from_stopping() {
    let server = Server::of(inspected());
    let mut inspector = Inspector::open(&server);
    inspector.find("view", |_| true);
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains("were still open"), "{log}");
    while inspector.next().is_some() {}
}

#[test]
fn without_the_key_there_is_no_inspector_and_the_url_has_no_token() {
    for config in ["console = true", "console = false", ""] {
        let server = Server::of(guest("events").config(config));
        assert!(!server.greeting.concat().contains("inspect"), "{:?}", server.greeting);
        for path in ["/console/inspect?token=", "/console/inspector.js"] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
            let (_, head) = Inspector::ask(&server, &request);
            assert!(head.starts_with("HTTP/1.1 404 "), "{config}: {head}");
        }
    }
}

#[test]
fn the_inspectors_paths_come_before_the_actors_only_where_there_is_one() {
    for (config, status) in [("console = \"inspect\"", "401"), ("", "200")] {
        let server = Server::of(guest("events").config(config).http());
        let request = "GET /console/inspect HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let (_, head) = Inspector::ask(&server, request);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{config}: {head}");
    }
}

#[test]
fn the_page_is_no_secret_and_needs_no_token() {
    let server = Server::of(inspected());
    let request = "GET /console/inspector.js HTTP/1.1\r\nHost: x\r\n\r\n";
    let (_, head) = Inspector::ask(&server, request);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("\r\nContent-Type: text/javascript; charset=utf-8\r\n"), "{head}");
}
