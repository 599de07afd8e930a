//! `send` and `broadcast`: which client gets which message, and in which order.

use async_tungstenite::tungstenite::Message;

use super::{each, joined, make, several, with_each};

#[test]
fn a_message_goes_to_the_client_that_it_is_sent_to_and_to_no_other() {
    each(|server, shape| {
        let [mut one, mut two, mut three] = several(server, shape);
        make(&mut one, "send 2 for two", &["sent 7"]);
        make(&mut one, "send 3 für drei 🐎", &["sent 14"]);
        make(&mut one, "send-bytes 3 2", &["sent 2"]);
        two.expect("for two");
        three.expect("für drei 🐎");
        assert_eq!(three.next(), Message::binary(&b"xx"[..]));
        // Nothing else is on its way to any of them.
        for client in [&mut one, &mut two, &mut three] {
            client.ask("hello", "hello");
        }
    });
}

#[test]
fn what_waits_for_a_client_is_told_and_an_empty_message_counts_as_one_byte() {
    each(|server, shape| {
        let [mut one, mut two] = several(server, shape);
        make(&mut one, "send 2 hello; send 2 ; send 2 abc", &["sent 5", "sent 6", "sent 9"]);
        two.expect_all(&["hello", "", "abc"]);
        // The client has read them in the meantime.
        make(&mut one, "send 2 x", &["sent 1"]);
    });
}

#[test]
fn a_broadcast_goes_to_all_or_to_those_with_a_tag_but_not_to_one() {
    each(|server, shape| {
        let [mut one, mut two, mut three] = several(server, shape);
        make(&mut one, "broadcast - - to all", &["to all", "to 3"]);
        [&mut two, &mut three].into_iter().for_each(|client| client.expect("to all"));
        make(&mut one, "broadcast - 1 to others", &["to 2"]);
        [&mut two, &mut three].into_iter().for_each(|client| client.expect("to others"));
        // `except` may name a client that is not there.
        make(&mut one, "broadcast - 99 to all", &["to all", "to 3"]);
        [&mut two, &mut three].into_iter().for_each(|client| client.expect("to all"));
        make(&mut one, "tag 2 blue; tag 1 blue; broadcast blue 2 to one", &["to one"]);
        one.expect_all(&["done", "done", "to 1"]);
        make(&mut one, "broadcast red - to nobody", &["to 0"]);
        for client in [&mut one, &mut two, &mut three] {
            client.ask("hello", "hello");
        }
    });
}

#[test]
fn what_a_call_asks_for_comes_in_its_order_and_before_its_answer() {
    each(|server, shape| {
        let [mut one, mut two] = several(server, shape);
        make(
            &mut one,
            "send 2 a; broadcast - - b; send 2 c; broadcast - 1 d; send 1 e; count; send 2 f",
            &["b", "e", "sent 1", "to 2", "sent 3", "to 1", "sent 2", "3", "sent 5"],
        );
        two.expect_all(&["a", "b", "c", "d", "f"]);
        // The other way round: another call's messages come after these.
        make(&mut two, "broadcast - - g", &["g", "to 2"]);
        make(&mut one, "broadcast - - h", &["g", "h", "to 2"]);
        two.expect("h");
    });
}

#[test]
fn nobody_is_reached_under_a_number_that_was_never_given() {
    each(|server, shape| {
        let mut one = joined(server, shape);
        for id in ["0", "2", "18446744073709551615"] {
            make(&mut one, &format!("send {id} x"), &["gone"]);
            make(&mut one, &format!("tag {id} x"), &["gone"]);
            make(&mut one, &format!("untag {id} x"), &["gone"]);
            make(&mut one, &format!("attach {id} x"), &["gone"]);
            make(&mut one, &format!("detach {id}"), &["gone"]);
            make(&mut one, &format!("close {id} 1000"), &["gone"]);
            make(&mut one, &format!("info {id}; attachment {id}"), &["none", "none"]);
        }
    });
}

#[test]
fn a_call_may_ask_for_as_much_as_the_limit_and_no_more() {
    // The bytes that an effect costs beside its content, and those for each receiver of a broadcast.
    const EACH: usize = 64;
    const RECEIVER: usize = 8;
    with_each(
        |actor| actor.limit("effects", 1000),
        |server, shape| {
            let [mut one, mut two] = several(server, shape);
            let most = 1000 - EACH;
            make(&mut one, &format!("send-big 2 {}", most + 1), &["limit"]);
            make(
                &mut one,
                &format!("send-big 2 {most}; send 2 "),
                &[&format!("sent {most}"), "limit"],
            );
            two.expect(&"x".repeat(most));
            let most = most - 2 * RECEIVER;
            make(&mut one, &format!("broadcast-big - - {}", most + 1), &["limit"]);
            make(&mut one, &format!("broadcast-big - - {most}"), &[&"x".repeat(most), "to 2"]);
            two.expect(&"x".repeat(most));
            // Each call begins at zero, and a refusal costs nothing.
            let half = 500 - EACH;
            let twice = format!("send-big 2 {half}; send-big 2 {}; send-big 2 {half}", half + 1);
            make(
                &mut one,
                &twice,
                &[&format!("sent {half}"), "limit", &format!("sent {}", 2 * half)],
            );
            two.expect(&"x".repeat(half));
            two.expect(&"x".repeat(half));
            // The other requests cost something too. Tags and attachments cost the bytes that the
            // host saves at their first change.
            let rest = 1000 - 2 * EACH;
            make(
                &mut one,
                &format!("send-big 2 {rest}; tag 2 t; attach 2 a; untag 2 t"),
                &[&format!("sent {rest}"), "done", "done", "done"],
            );
            two.expect(&"x".repeat(rest));
            make(
                &mut one,
                &format!("send-big 2 {}; tag 2 t", rest),
                &[
                    &format!("sent {rest}"),
                    // The host saves the attachment of one byte too.
                    "limit",
                ],
            );
            two.expect(&"x".repeat(rest));
            make(
                &mut one,
                &format!("send-big 2 {rest}; close 2 4000 y"),
                &[&format!("sent {rest}"), "limit"],
            );
            two.expect(&"x".repeat(rest));
            make(
                &mut one,
                &format!("send-big 2 {rest}; close 2 4000"),
                &[&format!("sent {rest}"), "done"],
            );
            two.expect(&"x".repeat(rest));
            two.expect_close(4000);
        },
    );
}

#[test]
fn a_message_of_a_client_that_waits_is_refused_when_it_would_pass_the_outbox() {
    with_each(
        |actor| actor.limit("outbox", 1000),
        |server, shape| {
            let [mut one, mut two] = several(server, shape);
            // The host sends a call's messages after its end, so all of them wait.
            let (at, past) = ("send-big 2 600; send-big 2 400", "send-big 2 1; send 2 ");
            make(
                &mut one,
                &format!("{at}; {past}"),
                &["sent 600", "sent 1000", "full 1000", "full 1000"],
            );
            two.expect(&"x".repeat(600));
            two.expect(&"x".repeat(400));
            // If nothing waits, the outbox takes one message of any size.
            make(&mut one, "send-big 2 5000; send 2 x", &["sent 5000", "full 5000"]);
            two.expect(&"x".repeat(5000));
            two.ask("hello", "hello");
        },
    );
}
