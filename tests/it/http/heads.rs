//! The head of a request (RFC 9112, sections 2 to 6; RFC 9110, sections 7 to 10).

use super::{Connection, request};
use crate::support::{Server, guest};

#[test]
fn a_request_that_is_not_understood_gets_its_status_and_the_connection_closes() {
    let server = Server::of(guest("events"));
    let long = "x".repeat(9000);
    for (head, status) in [
        ("GET /healthz HTTP/1.1\r\n\r\n", 400),
        ("GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", 400),
        ("GET http://u@x/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET ftp://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400),
        ("GET /healthz\r\n\r\n", 400),
        ("GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("\r\n\r\n\r\n\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("\x16\x03\x01\x02\x00", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("GET /healthz HTTP/0.9\r\nHost: x\r\n\r\n", 505),
        ("get /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        ("BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (&format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 414),
        (&format!("GET / HTTP/1.1\r\nHost: x\r\nA: {long}\r\n\r\n"), 431),
        (&format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(64)), 431),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n", 413),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        ("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ] {
        let mut client = Connection::open(&server);
        // A request that follows must not be answered.
        client.send([head, &request("GET /healthz", "")].concat());
        let answer = client.answer();
        assert_eq!(answer.status, status, "{head:?}: {answer:?}");
        assert!(answer.closes(), "{head:?}: {answer:?}");
        client.expect_end();
    }
}

#[test]
fn every_form_of_the_target_and_every_version_of_http_1_is_understood() {
    let server = Server::of(guest("events"));
    for (head, status) in [
        ("GET /healthz?x HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("GET http://y:80/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("GET HTTPS://y/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("GET http://y?x HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 204),
        ("OPTIONS http://y HTTP/1.1\r\nHost: x\r\n\r\n", 204),
        ("CONNECT y:80 HTTP/1.1\r\nHost: y:80\r\n\r\n", 405),
        ("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n", 200),
        ("GET /healthz HTTP/1.0\r\n\r\n", 200),
        ("\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("GET /healthz HTTP/1.1\r\nHost:x\r\nA:\r\nB: \u{e4}\r\n\r\n", 200),
    ] {
        let answer = Connection::open(&server).ask(head);
        assert_eq!(answer.status, status, "{head:?}: {answer:?}");
    }
}

#[test]
fn options_names_the_methods_and_so_does_the_refusal_of_others() {
    let server = Server::of(guest("events"));
    for (head, status) in [
        ("OPTIONS / HTTP/1.0\r\n\r\n".to_owned(), 204),
        (request("OPTIONS /ws", ""), 204),
        (request("OPTIONS /missing", ""), 204),
        (request("POST /healthz", ""), 405),
        (request("DELETE /missing", ""), 405),
    ] {
        let answer = Connection::open(&server).ask(&head);
        assert_eq!(answer.status, status, "{head}");
        assert_eq!(answer.field("Allow"), Some("GET, HEAD, OPTIONS"), "{head}");
    }
}

#[test]
fn head_has_the_fields_of_get_and_no_body() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file.txt"), vec![b'x'; 100_000]).unwrap();
    let server = Server::of(guest("events").config(&format!("static = {:?}", folder.path())));
    let mut client = Connection::open(&server);
    for path in ["/healthz", "/console", "/file.txt", "/missing", "/ws"] {
        let get = client.ask(request(&format!("GET {path}"), ""));
        client.send(request(&format!("HEAD {path}"), ""));
        let head = client.head();
        assert!(!get.body.is_empty());
        let known = |fields: Vec<String>| {
            fields.into_iter().filter(|field| !field.starts_with("Date: ")).collect::<Vec<_>>()
        };
        assert_eq!((get.status, known(get.fields)), (head.status, known(head.fields)), "{path}");
    }
}

#[test]
fn every_answer_has_the_date() {
    let server = Server::of(guest("events"));
    for path in ["/healthz", "/missing", "/ws"] {
        let answer = Connection::open(&server).ask(request(&format!("GET {path}"), ""));
        let date = answer.field("Date").unwrap();
        assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
    }
}

#[test]
fn nobody_is_told_to_continue_with_a_body_that_is_not_wanted() {
    let server = Server::of(guest("events"));
    for (fields, status) in [
        ("Expect: 100-continue\r\nContent-Length: 5\r\n", 405),
        ("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", 405),
        ("Expect: the-unexpected\r\nContent-Length: 100000\r\n", 417),
    ] {
        let mut client = Connection::open(&server);
        let answer = client.ask(request("POST /healthz", fields));
        assert!(answer.status == status && answer.closes(), "{fields}: {answer:?}");
        client.expect_end();
    }
    let mut client = Connection::open(&server);
    assert_eq!(client.ask(request("GET /healthz", "Expect: nothing\r\n")).status, 417);
    // HTTP/1.0 has no expectations.
    assert_eq!(client.ask("GET /healthz HTTP/1.0\r\nExpect: nothing\r\n\r\n").status, 200);
}
