//! The parts of requests and responses, by the book.

use super::{Answer, ask, exchange, get};
use crate::support::{Raw, Server, guest};

/// A server whose only actor answers requests.
fn server() -> Server {
    Server::of(guest("requests").without_files().only_http())
}

#[test]
fn a_content_may_come_to_its_limit_and_not_to_a_byte_more() {
    let server = Server::of(guest("requests").without_files().only_http().limit("request", 1000));
    let address = server.address("requests");
    for (size, status, body) in [(1000, 200, "1000"), (1001, 413, "the body is too large\n")] {
        let answer = ask(address, "POST /size", "", Some(&vec![b'x'; size]));
        assert_eq!((answer.status, &*answer.body), (status, body));
        let chunks = format!("{:x}\r\n{}\r\n0\r\n\r\n", size, "x".repeat(size));
        let head = "POST /size HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
        let answer = Answer::of(&exchange(address, format!("{head}{chunks}").as_bytes()));
        assert_eq!((answer.status, &*answer.body), (status, body));
    }
    // Nothing is read of a content that is too large by its length.
    let mut raw = Raw::connect(address);
    raw.send(b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    assert!(raw.read(12).starts_with(b"HTTP/1.1 413"));
    assert_eq!(get(address, "/count").body, "3");
}

#[test]
fn a_response_may_come_to_its_limit_and_not_to_a_byte_more() {
    let guest = guest("requests").without_files().only_http().limit("response", 1000);
    let server = Server::of(guest);
    let address = server.address("requests");
    // The field takes `content-type` and `text/plain; charset=utf-8`.
    let room = 1000 - "content-type".len() - "text/plain; charset=utf-8".len();
    assert_eq!(get(address, &format!("/big/{room}")).body.len(), room);
    assert_eq!(get(address, &format!("/big/{}", room + 1)).status, 500);
}

#[test]
fn no_content_is_another_thing_than_an_empty_one() {
    let server = server();
    let address = server.address("requests");
    let size = |content: Option<&[u8]>| ask(address, "POST /size", "", content).body;
    assert_eq!(
        (size(None), size(Some(b"")), size(Some(b"1"))),
        ("none".into(), "0".into(), "1".into())
    );
    let answer = get(address, "/none");
    assert_eq!(
        (answer.status, answer.field("content-length"), &*answer.body),
        (200, Some("0"), "")
    );
}

#[test]
fn a_client_that_waits_for_100_gets_it_before_it_sends_the_content() {
    let server = server();
    let mut raw = Raw::connect(server.address("requests"));
    raw.send(
        b"POST /same HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n\
          Content-Length: 5\r\n\r\n",
    );
    assert_eq!(raw.read(25), b"HTTP/1.1 100 Continue\r\n\r\n");
    raw.send(b"hello");
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut raw.socket, &mut rest).unwrap();
    let answer = Answer::of(&rest);
    assert_eq!((answer.status, &*answer.body), (200, "hello"));
}

#[test]
fn a_response_to_head_has_the_fields_and_no_content() {
    let server = server();
    let address = server.address("requests");
    let answer = ask(address, "HEAD /big/1000", "", None);
    assert_eq!((answer.status, answer.field("content-length")), (200, Some("1000")));
    assert_eq!(answer.body, "");
    // An actor may tell the length without making the content.
    let answer = ask(address, "HEAD /length/77", "", None);
    assert_eq!((answer.field("content-length"), &*answer.body), (Some("77"), ""));
    let answer = ask(address, "HEAD /none", "", None);
    assert_eq!((answer.field("content-length"), &*answer.body), (None, ""));
}

#[test]
fn statuses_without_a_content_have_none() {
    let server = server();
    let address = server.address("requests");
    for (status, length) in [(204, None), (304, None), (205, Some("0"))] {
        let answer = get(address, &format!("/status/{status}"));
        assert_eq!((answer.status, answer.field("content-length")), (status, length));
        assert_eq!(answer.body, "", "{status}");
    }
    // A client that reads on finds the next response in its place.
    let request = b"GET /status/204 HTTP/1.1\r\nHost: x\r\n\r\n\
                    GET /status/304 HTTP/1.1\r\nHost: x\r\n\r\n\
                    GET /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let text = String::from_utf8(exchange(address, request)).unwrap();
    let heads: Vec<_> = text.split("\r\n\r\n").collect();
    assert!(heads[0].starts_with("HTTP/1.1 204 ") && heads[1].starts_with("HTTP/1.1 304 "));
    assert!(heads[2].starts_with("HTTP/1.1 200 ") && heads[3] == "6", "{text}");
}

#[test]
fn what_is_the_hosts_is_not_sent_twice() {
    let server = server();
    let address = server.address("requests");
    for (name, value) in [
        ("Content-Length", "3"),
        ("transfer-encoding", "chunked"),
        ("Connection", "upgrade"),
        ("Keep-Alive", "timeout=1"),
        ("Upgrade", "h2c"),
        ("Trailer", "x"),
        ("Date", "yesterday"),
        ("Access-Control-Allow-Origin", "*"),
        ("access-control-allow-credentials", "true"),
    ] {
        let answer = get(address, &format!("/field/{name}/{value}"));
        assert_eq!((answer.status, &*answer.body), (200, "field"), "{name}");
        assert!(!answer.head.contains(&format!("{name}: {value}")), "{}", answer.head);
        assert_eq!(answer.field("content-length"), Some("5"), "{name}");
        let dates = answer.head.lines().filter(|line| line.starts_with("Date: ")).count();
        assert_eq!(dates, 1, "{}", answer.head);
    }
    let answer = get(address, "/field/Set-Cookie/a=b;%20Secure");
    assert_eq!(answer.field("set-cookie"), Some("a=b; Secure"));
}

#[test]
fn every_form_of_the_target_is_a_path_for_the_actor() {
    let server = server();
    let address = server.address("requests");
    for (target, uri) in [
        ("/", "/"),
        ("/a//b/../c", "/a//b/../c"),
        ("/%2e%2E/%00?q=%20?&&", "/%2e%2E/%00?q=%20?&&"),
        ("http://x/a?b", "/a?b"),
        ("http://x", "/"),
    ] {
        let answer = get(address, target);
        assert!(answer.body.starts_with(&format!("GET {uri}\n")), "{target}: {}", answer.body);
    }
    let answer = ask(address, "OPTIONS *", "", None);
    assert_eq!((answer.status, &*answer.body), (204, ""), "the host is asked");
    for method in ["TRACE", "CONNECT"] {
        let target = if method == "CONNECT" { "x:80" } else { "/" };
        let status = ask(address, &format!("{method} {target}"), "", None).status;
        assert_eq!(status, 405, "{method}");
    }
}

#[test]
fn the_listeners_token_is_needed_and_is_kept_from_the_actor() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "s3cret").unwrap();
    let config = format!("token_file = {file:?}");
    let server = Server::of(guest("requests").without_files().only_http().config(&config));
    let address = server.address("requests");
    for fields in ["", "Authorization: Bearer wrong\r\n"] {
        let answer = ask(address, "GET /", fields, None);
        assert_eq!((answer.status, answer.field("www-authenticate")), (401, Some("Bearer")));
    }
    let answer = ask(address, "GET /a", "Authorization: Bearer s3cret\r\n", None);
    assert_eq!(answer.body, "GET /a\nhost: x\n\n");
    let answer = get(address, "/a?b=c&token=s3cret&d");
    assert_eq!(answer.body, "GET /a?b=c&d\nhost: x\n\n");
    assert_eq!(get(address, "/count?token=s3cret").body, "3", "the others did not reach it");
    assert!(!server.log().contains("s3cret"));
    // Without a token of the host's, the field is the actor's.
    let server = self::server();
    let answer = ask(server.address("requests"), "GET /a", "Authorization: Basic abc\r\n", None);
    assert_eq!(answer.body, "GET /a\nhost: x\nauthorization: Basic abc\n\n");
}
