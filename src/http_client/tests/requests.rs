//! What an actor may send, and what servers get.

use std::io::{Read as _, Write as _};

use wit_core::{HttpRequest, host::HttpError};

use super::{FOLLOW, Server, client, get, ok, plain, send, text};
use crate::http_client::request::{MAX_FIELD_BYTES, MAX_FIELDS, Request};

/// A request with one field.
fn with(name: &str, value: &str) -> HttpRequest {
    let headers = vec![(name.to_owned(), value.to_owned())];
    HttpRequest { headers, ..plain("GET", "http://a/") }
}

/// Why a request is invalid.
fn invalid(request: HttpRequest) -> String {
    match Request::new(request) {
        Err(failure) => match failure.0 {
            HttpError::Invalid(text) => text,
            other => panic!("{other:?}"),
        },
        Ok(request) => panic!("{request:?}"),
    }
}

#[test]
fn the_hosts_own_fields_and_those_that_end_a_line_are_refused_by_name() {
    for name in [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "Keep-Alive",
        "Proxy-Connection",
        "Proxy-Authorization",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
    ] {
        let said = invalid(with(name, "x"));
        assert_eq!(said, format!("the host itself sets the header field {name}"));
    }
    for value in ["a\r\nb: c", "a\n", "\r", "a\0b", "\x7f", "\x1b[m"] {
        let said = invalid(with("X-Test", value));
        assert!(said.starts_with("the header field X-Test has a line end"), "{said}");
    }
    for name in ["", "a b", "a:", "a\r\n", "é", "a\0", "(x)"] {
        assert!(invalid(with(name, "x")).contains("is no name of a header field"), "{name:?}");
    }
    for value in ["", " spaces\tand tabs ", "é and 語", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"] {
        assert!(Request::new(with("X-Test", value)).is_ok(), "{value}");
    }
}

#[test]
fn methods_are_tokens_that_do_not_concern_the_connection() {
    for method in ["", "G T", "GET\r\n", "GÉT", "CONNECT", "connect", "TRACE", &"X".repeat(33)] {
        assert!(invalid(plain(method, "http://a/")).contains("method"), "{method:?}");
    }
    for method in ["GET", "get", "PROPFIND", "M-SEARCH", &"X".repeat(32)] {
        assert!(Request::new(plain(method, "http://a/")).is_ok(), "{method}");
    }
    let head = HttpRequest { body: Some(Vec::new()), ..plain("HEAD", "http://a/") };
    assert_eq!(invalid(head), "a HEAD request has no body");
}

#[test]
fn fields_fit_up_to_their_number_and_their_bytes() {
    let many = |count: usize, value: &str| HttpRequest {
        headers: vec![("a".to_owned(), value.to_owned()); count],
        ..plain("GET", "http://a/")
    };
    assert!(Request::new(many(MAX_FIELDS, "")).is_ok());
    assert!(invalid(many(MAX_FIELDS + 1, "")).contains("at most 64 header fields with 8192 bytes"));
    assert!(Request::new(many(1, &"x".repeat(MAX_FIELD_BYTES - 1))).is_ok());
    assert!(invalid(many(1, &"x".repeat(MAX_FIELD_BYTES))).contains("at most 64"));
}

#[test]
fn a_server_gets_the_request_with_the_hosts_own_fields() {
    let server = Server::saying(&[&ok("one"), &ok("two"), &ok(""), &ok("")]);
    let client = client(&[&server.url("/")]);
    assert_eq!(text(&get(&client, &server.url("/a/../b?c=%20d#e"))), "one");
    let headers = [("X-One", "1"), ("x-one", "2"), ("User-Agent", "mine")];
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let request =
        HttpRequest { headers: headers.map(own).to_vec(), ..plain("GET", &server.url("")) };
    assert_eq!(text(&send(&client, request, FOLLOW)), "two");
    assert!(send(&client, plain("POST", &server.url("/")), FOLLOW).is_ok());
    assert!(send(&client, plain("DELETE", &server.url("/")), FOLLOW).is_ok());
    let address = server.address;
    let heads = server.heads();
    let lines = |head: &str| head.lines().map(str::to_owned).collect::<Vec<_>>();
    let first = lines(&heads[0]);
    assert_eq!(first[0], "GET /b?c=%20d HTTP/1.1");
    let agent = concat!("user-agent: footlight/", env!("CARGO_PKG_VERSION"));
    for line in [format!("host: {address}"), "connection: close".into(), agent.into(), "".into()] {
        assert_eq!(first.iter().filter(|one| **one == line).count(), 1, "{first:?} {line}");
    }
    assert_eq!(first.len(), 5, "{first:?}");
    let second = lines(&heads[1]);
    assert_eq!(second[0], "GET / HTTP/1.1");
    let ones = second.iter().filter(|line| line.starts_with("x-one: "));
    assert_eq!(ones.collect::<Vec<_>>(), ["x-one: 1", "x-one: 2"]);
    assert!(heads[1].contains("user-agent: mine") && !heads[1].contains("footlight"));
    assert!(heads[2].contains("content-length: 0\r\n"), "{}", heads[2]);
    assert!(!heads[3].contains("content-length"), "{}", heads[3]);
}

#[test]
fn a_body_arrives_whole_with_its_length_whatever_the_method() {
    for method in ["POST", "PUT", "PATCH", "DELETE", "GET", "PROPFIND"] {
        for length in [0_usize, 1, 100_000] {
            let echo = Box::new(move |mut socket: std::net::TcpStream| {
                let mut body = vec![0; length];
                socket.read_exact(&mut body).unwrap();
                assert!(body.iter().all(|byte| *byte == b'x'));
                socket.write_all(ok("got it").as_bytes()).unwrap();
            });
            let server = Server::start(vec![echo]);
            let client = client(&[&server.url("/")]);
            let body = Some(vec![b'x'; length]);
            let request = HttpRequest { body, ..plain(method, &server.url("/")) };
            assert_eq!(text(&send(&client, request, FOLLOW)), "got it", "{method} {length}");
            let heads = server.heads();
            assert!(heads[0].contains(&format!("content-length: {length}\r\n")), "{}", heads[0]);
            assert!(!heads[0].contains("transfer-encoding"), "{}", heads[0]);
        }
    }
}

#[test]
fn a_server_that_refuses_a_large_body_early_is_heard() {
    let refuse = Box::new(|mut socket: std::net::TcpStream| {
        socket
            .write_all(
                b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig",
            )
            .unwrap();
        // Takes the rest, so that no reset overtakes the answer.
        let _ = std::io::copy(&mut socket, &mut std::io::sink());
    });
    let server = Server::start(vec![refuse]);
    let client = client(&[&server.url("/")]);
    let body = Some(vec![0; 1 << 20]);
    let outcome = send(&client, HttpRequest { body, ..plain("POST", &server.url("/")) }, FOLLOW);
    assert_eq!((outcome.as_ref().unwrap().status, text(&outcome)), (413, "big"));
}
