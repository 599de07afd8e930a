//! Handlers of type `http-server`: the actor answers HTTP requests.

mod hostile;
mod manifests;
mod sites;
mod values;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use crate::support::{PATIENCE, Server, guest};

/// A response, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// Takes the bytes until the end of the connection apart.
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        let status = status.and_then(|status| status.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("{head}")),
            head: head.into(),
            body: body.into(),
        }
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends bytes, and reads until the end.
fn exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(request).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    answer
}

/// Sends a request with some fields, each with its line end, and a content if there is one.
pub fn ask(address: SocketAddr, line: &str, fields: &str, content: Option<&[u8]>) -> Answer {
    let length = content.map_or(String::new(), |it| format!("Content-Length: {}\r\n", it.len()));
    let head = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}{length}\r\n");
    let request = [head.as_bytes(), content.unwrap_or_default()].concat();
    Answer::of(&exchange(address, &request))
}

/// The answer to a plain GET.
pub fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, &format!("GET {path}"), "", None)
}

#[test]
fn the_actor_answers_on_the_sockets_port_with_the_sockets_state() {
    for shape in crate::support::SHAPES {
        let server = Server::of(guest(shape).http());
        let address = server.address(shape);
        let mut client = server.client(shape);
        client.expect("state:0");
        let answer = ask(address, "POST /a%20b?c=d", "X-A: 1\r\n", Some(b"content"));
        assert_eq!(
            (answer.status, answer.field("content-type")),
            (200, Some("text/plain; charset=utf-8"))
        );
        let expected = "POST /a%20b?c=d\nhost: x\nx-a: 1\ncontent-length: 7\n\ncontent";
        assert_eq!(answer.body, expected, "{shape}");
        client.ask("count", "3");
        assert_eq!(get(address, "/count").body, "4");
        let answer = ask(address, "POST /do", "", Some(b"sender; broadcast - - hello"));
        assert_eq!(answer.body, "sender none\nto 1");
        client.expect("hello");
    }
}

#[test]
fn an_actor_without_a_socket_answers_on_a_port_of_its_own() {
    let server = Server::of(guest("requests").without_files().only_http());
    let address = server.address("requests");
    assert_eq!(server.url("requests"), format!("http://{address}/"));
    assert_eq!(get(address, "/count").body, "1");
    assert_eq!(get(address, "/ws").body, "GET /ws\nhost: x\n\n", "there is no socket");
    assert_eq!(get(address, "/").body, "GET /\nhost: x\n\n");
    assert_eq!(get(address, "/console").body, "GET /console\nhost: x\n\n");
    assert_eq!(get(address, "/healthz").body, "ok\n");
    // A request for an upgrade is one like all others, which a server may do (RFC 9110, section 7.8).
    let upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    let answer = ask(address, "GET /ws", upgrade, None);
    assert_eq!(answer.body, "GET /ws\nhost: x\nsec-websocket-version: 13\n\n");
}

#[test]
fn the_hosts_own_paths_and_files_that_exist_come_before_the_actor() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file.txt"), "file").unwrap();
    fs::write(folder.path().join(".hidden"), "hidden").unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let config = format!("static = {:?}", folder.path());
    let server = Server::of(guest("events").config(&config).http());
    let address = server.address("events");
    let of_actor = |line: &str| ask(address, line, "", None).body.starts_with(line);
    assert_eq!(get(address, "/file.txt").body, "file");
    assert_eq!(get(address, "/file.txt?x").body, "file");
    assert_eq!(ask(address, "HEAD /file.txt", "", None).field("content-length"), Some("4"));
    assert_eq!(get(address, "/sub").status, 301);
    assert_eq!(get(address, "/healthz").body, "ok\n");
    assert!(get(address, "/metrics").body.contains("footlight_events_total"));
    assert!(get(address, "/console").body.contains("<html"));
    assert_eq!(get(address, "/ws").status, 426);
    assert_eq!(ask(address, "POST /healthz", "", None).status, 405);
    for line in [
        "GET /",
        "GET /missing",
        "GET /.hidden",
        "GET /../file.txt",
        "GET /sub/",
        "POST /file.txt",
        "PUT /file.txt",
        "DELETE /sub",
        "OPTIONS /file.txt",
        "PATCH /x",
        "POST /",
    ] {
        assert!(of_actor(line), "{line}");
    }
    fs::write(folder.path().join("index.html"), "index").unwrap();
    assert_eq!(get(address, "/").body, "index");
}

#[test]
fn the_hosts_pages_can_be_elsewhere_or_nowhere() {
    let moved = "health = \"/api/up\"\nmetrics = false";
    let server = Server::of(guest("events").config(moved).http());
    let address = server.address("events");
    assert_eq!(get(address, "/api/up").body, "ok\n");
    for path in ["/healthz", "/metrics"] {
        assert!(get(address, path).body.starts_with(&format!("GET {path}\n")), "{path}");
    }
    let server = Server::of(guest("events").config("health = false\nmetrics = \"/m\""));
    let address = server.address("events");
    assert_eq!((get(address, "/healthz").status, get(address, "/metrics").status), (404, 404));
    assert_eq!(get(address, "/m").status, 200);
}

#[test]
fn a_failed_request_gets_500_and_the_next_one_is_answered() {
    let server = Server::of(guest("result").http());
    let address = server.address("result");
    for (path, line) in [
        ("/trap", "the actor failed at a request event, the state is kept"),
        ("/err", "the actor returned an error for a request event, the state is kept: asked to"),
        ("/status/101", "its status is 101; a response has one from 200 to 599"),
        ("/field/a/b%0d%0aSet-Cookie:%20c", "has the control character 0x0d in its value"),
        ("/field/a%20b/c", "headers[0] is named \"a b\""),
        ("/fields/65", "past the limit of 64"),
    ] {
        let answer = get(address, path);
        assert_eq!(answer.status, 500, "{path}");
        assert_eq!(answer.body, "the actor failed\n");
        assert!(!answer.head.contains("Set-Cookie"), "{}", answer.head);
        server.wait_for(&[line]);
    }
    assert_eq!(get(address, "/count").body, "1");
}

#[test]
fn several_requests_come_over_one_connection() {
    let server = Server::of(guest("requests").without_files().only_http());
    let address = server.address("requests");
    let one = "POST /same HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfirst";
    let two = "POST /same HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
               3;ext=1\r\nsec\r\n3\r\nond\r\n0\r\nTrailer: x\r\n\r\n";
    let three = "GET /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let all = exchange(address, [one, two, three].concat().as_bytes());
    let text = String::from_utf8(all).unwrap();
    let bodies: Vec<_> = text.split("\r\n\r\n").skip(1).collect();
    assert_eq!(bodies.len(), 3, "{text}");
    assert!(bodies[0].starts_with("firstHTTP/1.1 200 OK"), "{text}");
    assert!(bodies[1].starts_with("secondHTTP/1.1 200 OK"), "{text}");
    assert_eq!(bodies[2], "3");
}

#[test]
fn a_response_waits_for_the_disk_and_gets_503_if_it_fails() {
    let device = crate::durable::Device::new();
    let server = device.run(&guest("events").http());
    let address = server.address("events");
    assert_eq!(get(address, "/count").body, "1");
    server.limit_file_size(Some(0));
    let answer = get(address, "/count");
    assert_eq!((answer.status, &*answer.body), (503, "the state could not be stored\n"));
    let answer = get(address, "/count");
    assert_eq!((answer.status, &*answer.body), (503, "nothing can be stored at the moment\n"));
    server.limit_file_size(None);
    server.wait_for(&["goes on: the store can store again"]);
    assert_eq!(get(address, "/count").body, "2", "the failed one was undone");
}

#[test]
fn requests_are_counted_and_logged() {
    let server = Server::of(guest("events").http());
    let address = server.address("events");
    for path in ["/count?secret", "/status/404", "/status/302", "/trap", "/none"] {
        get(address, path);
    }
    server.wait_for(&[" GET /none: 200"]);
    let log = server.log();
    assert!(log.contains(" GET /count: 200") && !log.contains("secret"), "{log}");
    let metrics = get(address, "/metrics").body;
    for (class, count) in [("2xx", 2), ("3xx", 1), ("4xx", 1), ("5xx", 0)] {
        let line =
            format!("footlight_responses_total{{actor=\"events\",class=\"{class}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
    let refused = "footlight_refused_requests_total{actor=\"events\",status=\"500\"} 1\n";
    assert!(metrics.contains(refused), "{metrics}");
}
