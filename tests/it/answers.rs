//! What an actor may answer, and what the host does with an invalid answer.

use async_tungstenite::tungstenite::Message;

use crate::support::{Client, SHAPES, Server, guest};

/// One server with an actor of each shape.
fn every_shape() -> Server {
    Server::start(&SHAPES.map(guest))
}

/// A client after its `connect` event.
fn client(server: &Server, shape: &str) -> Client {
    let mut client = server.client(shape);
    assert!(client.next().is_text());
    client
}

#[test]
fn an_answer_goes_to_the_client_whose_event_it_was_and_to_no_other() {
    let server = every_shape();
    for shape in SHAPES {
        let (mut one, mut two) = (client(&server, shape), client(&server, shape));
        one.ask("for one", "for one");
        two.ask("for two", "for two");
        one.ask("again", "again");
    }
}

#[test]
fn the_messages_of_one_answer_arrive_in_their_order() {
    let server = every_shape();
    for shape in SHAPES {
        let mut client = client(&server, shape);
        client.text("many:50");
        (0..50).for_each(|number| client.expect(&format!("m{number}")));
    }
}

#[test]
fn an_actor_can_send_pings_and_pongs() {
    let server = every_shape();
    for shape in SHAPES {
        let mut client = client(&server, shape);
        client.text("ping");
        assert_eq!(client.next(), Message::Ping("hi".into()));
        // The client library answers the ping by itself, and the actor sees the pong.
        client.expect("pong:6869");
        client.text("pong");
        assert_eq!(client.next(), Message::Pong("hi".into()));
    }
}

#[test]
fn an_actor_can_close_its_client_with_a_code_and_a_reason() {
    let server = every_shape();
    for shape in SHAPES {
        let mut client = client(&server, shape);
        client.text("close");
        assert_eq!(client.expect_close(4001), "bye");
        server.wait_for(&[shape, "#1: actor: close 4001 bye"]);
    }
}

#[test]
fn what_an_actor_sends_after_its_close_is_not_delivered_but_logged_and_counted() {
    let server = every_shape();
    for shape in SHAPES {
        let mut client = client(&server, shape);
        client.text("after-close");
        assert_eq!(client.expect_close(1000), "");
        server.wait_for(&[shape, "1 messages are not sent: they follow a close"]);
    }
    let (_, log) = server.stop();
    assert_eq!(log.matches("1 messages undelivered").count(), SHAPES.len(), "{log}");
}

#[test]
fn a_message_of_a_type_that_cannot_be_sent_is_refused_and_the_state_kept() {
    let server = every_shape();
    for shape in SHAPES {
        let mut client = client(&server, shape);
        client.ask("count", "2");
        client.text("other");
        client.ask("count", "3");
        server.wait_for(&[
            shape,
            "#1: the answer to a text event is refused, the state kept: messages[0] has type \
             \"mystery\"",
        ]);
    }
    let (_, log) = server.stop();
    assert_eq!(log.matches("1 answers refused").count(), SHAPES.len(), "{log}");
}

#[test]
fn a_message_with_the_wrong_field_set_refuses_the_whole_answer() {
    let server = every_shape();
    for shape in SHAPES {
        let mut client = client(&server, shape);
        client.ask("count", "2");
        // The good message before it must not come either.
        client.text("wrong-field");
        client.ask("count", "3");
        server.wait_for(&[shape, "messages[1] has the wrong field set: text takes"]);
    }
}

#[test]
fn an_error_of_the_actors_own_keeps_the_state_and_sends_nothing() {
    let server = every_shape();
    for shape in ["result", "renamed"] {
        let mut client = client(&server, shape);
        client.ask("count", "2");
        client.text("err");
        client.ask("count", "3");
        server.wait_for(&[shape, "#1: the actor returned an error for a text event"]);
        server.wait_for(&[shape, "asked to"]);
    }
    let (_, log) = server.stop();
    assert_eq!(log.matches("1 errors of the actor").count(), 2, "{log}");
}

#[test]
fn a_state_can_be_made_absent_where_the_shape_allows_it() {
    let server = every_shape();
    for shape in ["result", "renamed"] {
        let mut first = client(&server, shape);
        first.text("clear");
        first.ask("count", "1");
        first.text("clear");
        first.send(Message::Ping(b"".as_slice().into()));
        assert!(first.next().is_pong());
        first.expect("ping:");
        first.text("clear");
        // Another client can only come after it.
        first.text("abuse-global");
        assert!(first.next().is_text());
    }
}

#[test]
fn a_trap_costs_one_client_its_connection_and_the_actor_nothing_but_its_instance() {
    let server = every_shape();
    for shape in SHAPES {
        let (mut victim, mut other) = (client(&server, shape), client(&server, shape));
        other.ask("count", "3");
        // The global is in the instance, the count is in the state.
        other.ask("abuse-global", "1");
        other.ask("abuse-global", "2");
        victim.text("trap");
        assert_eq!(victim.expect_close(1011), "the actor failed");
        server.wait_for(&[shape, "#1: the actor failed at a text event", "unreachable"]);
        server.wait_for(&[shape, "#1: actor: close 1011"]);
        // Connects, counts, globals, and the victim's close: the trap did not count.
        other.ask("count", "7");
        other.ask("abuse-global", "1");
        client(&server, shape).ask("still here", "still here");
    }
    let (_, log) = server.stop();
    assert_eq!(log.matches("1 traps").count(), SHAPES.len(), "{log}");
}

#[test]
fn an_actors_log_lines_are_in_the_hosts_log_with_actor_and_connection() {
    let server = every_shape();
    for shape in SHAPES {
        let mut client = client(&server, shape);
        client.ask("log", "logged");
        let name = if shape == "events" { "guide" } else { shape };
        let line = server.wait_for(&[&format!("a line from {name}")]);
        assert!(line.ends_with(&format!("INFO  {shape}#1: actor: a line from {name}")), "{line}");
    }
}
