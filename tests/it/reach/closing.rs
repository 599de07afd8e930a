//! `close`, and what an actor still knows about a connection at its end.

use super::{each, joined, make, several, with_each};
use crate::support::Raw;

#[test]
fn a_connection_is_closed_with_code_and_reason_after_what_was_sent_before() {
    each(|server, shape| {
        let [mut one, mut two] = several(server, shape);
        make(
            &mut one,
            "send 2 last; close 2 4001 why not; send 2 never",
            &["sent 4", "done", "gone"],
        );
        two.expect("last");
        assert_eq!(two.expect_close(4001), "why not");
        server.wait_for(&[&format!("{shape}#2: actor: close 4001 why not")]);
        // A client's own connection closes after the answer.
        make(&mut one, "close 1 1000", &["done"]);
        assert_eq!(one.expect_close(1000), "");
    });
}

#[test]
fn a_code_that_must_not_be_sent_and_a_reason_that_is_too_long_are_refused() {
    each(|server, shape| {
        let [mut one, mut two] = several(server, shape);
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 65535] {
            make(&mut one, &format!("close 2 {code}"), &["invalid"]);
        }
        make(
            &mut one,
            &format!("close 2 1000 {}; list", "x".repeat(124)),
            &["invalid", "list 1 2"],
        );
        make(&mut one, &format!("close 2 1000 {}; list", "x".repeat(123)), &["done", "list 1"]);
        assert_eq!(two.expect_close(1000), "x".repeat(123));
        let codes = [1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3008, 4999];
        for (id, code) in (3..).zip(codes) {
            let mut client = joined(server, shape);
            make(&mut one, &format!("close {id} {code}"), &["done"]);
            client.expect_close(code);
        }
        // The client above does not know this code.
        let mut raw = Raw::connect(server.address(shape)).upgraded();
        make(&mut one, &format!("close {} 1014", 3 + codes.len()), &["done"]);
        assert_eq!(raw.frame(), (0x88, 1014_u16.to_be_bytes().into()));
    });
}

#[test]
fn one_that_is_closing_is_gone_for_everything_but_what_is_known_of_it() {
    with_each(
        |actor| actor.limit("close", "\"1m\""),
        |server, shape| {
            let mut one = joined(server, shape);
            let mut raw = Raw::connect(server.address(shape)).upgraded();
            make(&mut one, "tag 2 blue; attach 2 kept; close 2 4000", &["done", "done", "done"]);
            assert_eq!(raw.frame(), (0x88, b"\x0f\xa0".into()));
            // The client does not answer the close frame, so the connection stays.
            make(
                &mut one,
                "send 2 x; tag 2 x; untag 2 blue; attach 2 x; detach 2; close 2 4000",
                &["gone"; 6],
            );
            make(
                &mut one,
                "list; list blue; attachment 2; broadcast - - x",
                &["x", "list 1", "list", "attachment kept", "to 1"],
            );
            drop(raw);
        },
    );
}

#[test]
fn in_its_close_event_a_connection_is_known_but_not_there() {
    each(|server, shape| {
        let [mut one, mut two, three] = several(server, shape);
        make(&mut one, "tag 1 watch; tag 2 watch", &["done", "done"]);
        let left = "do sender | info 2 | attachment 2 | list | list watch | send 2 x | tag 2 x | \
                    attach 2 x | close 2 1000 | send 3 left";
        make(&mut two, &format!("attach 2 {left}"), &["done"]);
        let peer = two.ws.get_ref().local_addr().unwrap();
        two.vanish();
        one.expect("sender 2");
        let info = one.next();
        assert!(info.to_text().unwrap().starts_with(&format!("peer={peer} path=/ws ")), "{info}");
        one.expect(&format!("attachment {left}"));
        for answer in ["list 1 3", "list 1", "gone", "gone", "gone", "gone", "sent 4"] {
            one.expect(answer);
        }
        make(&mut one, "info 2; attachment 2; list", &["none", "none", "list 1 3"]);
        let mut three = three;
        three.expect("left");
    });
}
