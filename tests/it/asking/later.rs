//! Requests whose answers come as events.

use super::{ASKERS, answer, asker, one, ready};
use crate::support::{Server, web::Web};

/// A server that answers with what it was sent, but for `/silent`.
fn echo() -> Web {
    Web::start(|seen| (seen.line != "GET /silent").then(|| (200, seen.body.clone())))
}

#[test]
fn an_answer_is_an_event_with_the_actors_tag_in_every_shape() {
    let web = echo();
    let server = Server::start(&ASKERS.map(|name| asker(name, &[&web.url("")])));
    for name in ASKERS {
        let mut client = ready(&server, name);
        client.ask(&format!("later lamp {} content", web.url("/")), "asked");
        client.expect("answer lamp 200 content");
        assert_eq!(web.next().line, "POST /");
        // Now there is no answer to read.
        client.ask("answer", "none");
        let said = answer(&mut client, "later x http://other.example/");
        assert!(said.starts_with("denied: "), "{said}");
    }
}

#[test]
fn other_events_go_on_while_answers_are_awaited_and_a_failure_is_an_answer_too() {
    let web = echo();
    let server = one(&web, |actor| actor.limit("fetch_wait", "\"700ms\""));
    let mut client = ready(&server, "asker-typed");
    client.ask(&format!("later slow {}", web.url("/silent")), "asked");
    client.ask("hello", "hello");
    client.ask(&format!("later quick {} x", web.url("/")), "asked");
    client.expect("answer quick 200 x");
    client.expect("answer slow timed-out");
    // A port that nobody listens on.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::of(asker("asker-guide", &[&format!("http://{closed}")]));
    let mut client = ready(&server, "asker-guide");
    client.ask(&format!("later none http://{closed}/"), "asked");
    let said = client.next();
    assert!(said.to_text().unwrap().starts_with("answer none failed: can't connect to"), "{said}");
}

#[test]
fn a_call_that_fails_sends_no_request() {
    let web = echo();
    let server = one(&web, |actor| actor);
    let mut client = ready(&server, "asker-typed");
    client.text(&format!("trap lost {}", web.url("/lost")));
    client.expect_close(1011);
    let mut client = ready(&server, "asker-typed");
    client.ask(&format!("later kept {} x", web.url("/kept")), "asked");
    client.expect("answer kept 200 x");
    let lines: Vec<_> = web.rest().into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines, ["POST /kept"]);
}

#[test]
fn so_many_requests_may_wait_and_one_more_is_refused() {
    let web = echo();
    let server = one(&web, |actor| actor.limit("fetches", 3).limit("fetch_wait", "\"1s\""));
    let mut client = ready(&server, "asker-typed");
    client.ask(&format!("storm 5 {}", web.url("/silent")), "3 accepted");
    client.ask(&format!("later more {}", web.url("/")), "limit");
    let mut told: Vec<_> = (0..3).map(|_| client.next().to_text().unwrap().to_owned()).collect();
    told.sort();
    assert_eq!(told, ["answer 0 timed-out", "answer 1 timed-out", "answer 2 timed-out"]);
    // Each has made room.
    client.ask(&format!("later more {} x", web.url("/")), "asked");
    client.expect("answer more 200 x");
    // They count in the bytes of a call, which are 4 KiB for each.
    let server = one(&web, |actor| actor.limit("effects", 2 * 4300).limit("fetches", 100));
    let mut client = ready(&server, "asker-typed");
    client.ask(&format!("storm 5 {}", web.url("/silent")), "2 accepted");
}

#[test]
fn an_answer_whose_event_fails_does_not_come_again() {
    let web = echo();
    let server = one(&web, |actor| actor);
    let mut client = ready(&server, "asker-typed");
    client.ask(&format!("later trap-it {} x", web.url("/")), "asked");
    server.wait_for(&["ERROR", "the actor failed at a http-response event"]);
    client.ask(&format!("later after {} x", web.url("/")), "asked");
    client.expect("answer after 200 x");
}

#[test]
fn clients_and_answers_take_turns() {
    let web = echo();
    let server = one(&web, |actor| actor.limit("fetches", 100));
    let mut client = ready(&server, "asker-typed");
    client.ask(&format!("storm 50 {}", web.url("/")), "50 accepted");
    // Answers come meanwhile, but none of a client's own is lost among them.
    let mut answers = 0;
    for round in 0..20 {
        client.text(&format!("round {round}"));
        loop {
            let next = client.next();
            let text = next.to_text().unwrap();
            if text == format!("round {round}") {
                break;
            }
            assert!(text.starts_with("answer "), "{text}");
            answers += 1;
        }
    }
    for _ in answers..50 {
        assert!(client.next().to_text().unwrap().starts_with("answer "));
    }
}
