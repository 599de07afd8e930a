//! Answers of good servers and of hostile ones.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use wit_core::host::HttpError;

use super::{
    FOLLOW, Options, Outcome, Serve, Server, client, client_with, get, impatient, ok, plain, send,
    text,
};
use crate::limits::Limits;

/// The outcome with a server that answers so.
fn answered(answer: &str) -> Outcome {
    let server = Server::saying(&[answer]);
    get(&client(&[&server.url("/")]), &server.url("/"))
}

/// The reason why there was no answer.
fn failed(outcome: Outcome) -> String {
    match outcome {
        Err(HttpError::Failed(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// A server that sends the same bytes until the client has enough, and may rest in between.
fn endless(start: &'static str, more: &'static str, rest: Duration) -> Server {
    let serve: Serve = Box::new(move |mut socket: TcpStream| {
        let mut sent = socket.write_all(start.as_bytes());
        while sent.is_ok() {
            std::thread::sleep(rest);
            sent = socket.write_all(more.as_bytes());
        }
    });
    Server::start(vec![serve])
}

#[test]
fn every_way_to_end_a_body_is_understood() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (answer, expected) in [
        (ok("hello"), "hello"),
        (ok(""), ""),
        (format!("{chunked}5\r\nhello\r\n0\r\n\r\n"), "hello"),
        (format!("{chunked}2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\n"), "hello"),
        (format!("{chunked}5\r\nhello\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n"), "hello"),
        (format!("{chunked}0\r\n\r\n"), ""),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end".into(), "until the end"),
        ("HTTP/1.0 200 OK\r\n\r\nold".into(), "old"),
        (format!("HTTP/1.1 100 Continue\r\n\r\n{}", ok("after 100")), "after 100"),
        (format!("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n{}", ok("after 103")), "after 103"),
        ("HTTP/1.1 204 No Content\r\n\r\n".into(), ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n".into(), ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello".into(), "hello"),
        (format!("{}and more", ok("hello")), "hello"),
        ("HTTP/1.1 500\r\nContent-Length: 2\r\n\r\nno".into(), "no"),
    ] {
        assert_eq!(text(&answered(&answer)), expected, "{answer:?}");
    }
}

#[test]
fn an_answer_has_its_status_and_all_its_fields_as_text() {
    let answer = "HTTP/1.1 418 Tea\r\nSet-Cookie: a=1\r\nX-Long:  spaces \r\nSet-Cookie: b=2\r\n\
                  Content-Length: 0\r\n\r\n";
    let response = answered(answer).unwrap();
    assert_eq!(response.status, 418);
    let of = |name: &str| {
        let own = response.headers.iter().filter(|(one, _)| one == name);
        own.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (of("set-cookie"), of("x-long")),
        (vec!["a=1".into(), "b=2".into()], vec!["spaces".into()])
    );
    let server = Server::saying(&["HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"]);
    let head = send(&client(&[&server.url("/")]), plain("HEAD", &server.url("/")), FOLLOW).unwrap();
    assert_eq!(head.body, None);
}

#[test]
fn what_is_no_http_is_a_failure() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for answer in [
        String::new(),
        "HTTP/1.1 200 OK\r\n".into(),
        "SSH-2.0-OpenSSH\r\n\r\n".into(),
        "HTTP/2 200 OK\r\n\r\n".into(),
        "HTTP/1.1 099 No\r\n\r\n".into(),
        "HTTP/1.1 20 No\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".into(),
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort".into(),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n".into(),
        format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(200)),
        format!("HTTP/1.1 100 Continue\r\nX: {}\r\n\r\n", "x".repeat(10)),
        format!("{chunked}x\r\n"),
        format!("{chunked}5\r\nhello"),
        format!("{chunked}5\r\nhello!\r\n0\r\n\r\n"),
        format!("{chunked}5\r\nhello\r\n"),
        format!("{chunked}fffffffffffffffff\r\n"),
        format!("{chunked}-1\r\n"),
    ] {
        failed(answered(&answer));
    }
}

#[test]
fn a_body_fits_up_to_its_limit_and_is_refused_one_byte_past_it_however_it_is_told() {
    let most = 1000;
    for (length, fits) in [(most, true), (most + 1, false)] {
        let body = "x".repeat(length);
        for answer in [
            ok(&body),
            format!("HTTP/1.1 200 OK\r\n\r\n{body}"),
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
            ),
        ] {
            let server = Server::saying(&[&answer, &answer]);
            let limits = Limits { fetch_response: most, ..Limits::default() };
            let by_limit = get(&client_with(&[&server.url("/")], false, limits), &server.url("/"));
            let options = Options { max_body: Some(most), ..FOLLOW };
            let client = client(&[&server.url("/")]);
            let by_option = send(&client, plain("GET", &server.url("/")), options);
            for outcome in [by_limit, by_option] {
                match fits {
                    true => assert_eq!(text(&outcome).len(), most),
                    false => assert_eq!(outcome, Err(HttpError::TooLarge)),
                }
            }
        }
    }
    // An option can't raise the limit.
    let server = Server::saying(&[&ok("hello")]);
    let limits = Limits { fetch_response: 4, ..Limits::default() };
    let client = client_with(&[&server.url("/")], false, limits);
    let options = Options { max_body: Some(100), ..FOLLOW };
    let outcome = send(&client, plain("GET", &server.url("/")), options);
    assert_eq!(outcome, Err(HttpError::TooLarge));
}

#[test]
fn an_endless_answer_ends_at_a_bound() {
    let none = Duration::ZERO;
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let endless_head = endless("HTTP/1.1 200 OK\r\nX: ", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", none);
    let url = endless_head.url("/");
    assert!(failed(get(&client(&[&url]), &url)).contains("more than 16384 bytes"));
    let interim = endless("", "HTTP/1.1 102 Wait\r\nX: xxxxxxxxxxxxxxxxxxx\r\n\r\n", none);
    let url = interim.url("/");
    assert!(failed(get(&client(&[&url]), &url)).contains("more than 16384 bytes"));
    for (start, more) in [
        ("HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        (chunked, "1\r\nx\r\n"),
        (chunked, "20\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"),
    ] {
        let server = endless(start, more, none);
        let url = server.url("/");
        assert_eq!(get(&client(&[&url]), &url), Err(HttpError::TooLarge), "{start:?} {more:?}");
    }
    let trailers = endless(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        "X-Trailer: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
        none,
    );
    let url = trailers.url("/");
    assert_eq!(get(&client(&[&url]), &url), Err(HttpError::TooLarge));
    let line = endless(chunked, "0", none);
    let url = line.url("/");
    failed(get(&client(&[&url]), &url));
}

#[test]
fn a_server_that_is_too_slow_is_given_up_at_the_limit_and_at_the_actors_own_earlier() {
    let slow = |start, more| endless(start, more, Duration::from_millis(20));
    let silent: Serve = Box::new(|mut socket| _ = socket.read(&mut [0]));
    for server in [
        Server::start(vec![silent]),
        slow("", "H"),
        slow("HTTP/1.1 200 OK\r\nX: ", "x"),
        slow("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", "x"),
        slow("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
    ] {
        let url = server.url("/");
        // A slow head may first be recognised as none.
        let outcome = get(&client_with(&[&url], false, impatient()), &url);
        assert!(matches!(outcome, Err(HttpError::TimedOut | HttpError::Failed(_))), "{outcome:?}");
    }
    let silent: Serve = Box::new(|mut socket| _ = socket.read(&mut [0]));
    let server = Server::start(vec![silent]);
    let options = Options { wait: Some(Duration::from_millis(50)), ..FOLLOW };
    let limits = Limits { fetch_wait: Duration::from_secs(1000), ..Limits::default() };
    let client = client_with(&[&server.url("/")], false, limits);
    let begun = Instant::now();
    let outcome = send(&client, plain("GET", &server.url("/")), options);
    assert_eq!(outcome, Err(HttpError::TimedOut));
    assert!(begun.elapsed() < Duration::from_secs(500));
    // The connection is closed, which ends the server.
    server.heads();
}

#[test]
fn requests_are_counted_with_their_failures_and_their_bytes() {
    let server = Server::saying(&[&ok("hello"), "nonsense"]);
    let client = client(&[&server.url("/")]);
    assert!(get(&client, &server.url("/")).is_ok());
    assert!(get(&client, &server.url("/")).is_err());
    assert!(get(&client, "http://other.example/").is_err());
    let stats = &client.stats;
    let counted = (stats.fetches.get(), stats.fetch_failures.get(), stats.fetched_bytes.get());
    assert_eq!(counted, (3, 2, 5));
}
