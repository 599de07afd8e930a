//! All or nothing: the host does nothing that a failed call has asked for.

use std::fs;

use super::{each, joined, make, several};

/// The ways in which a call can fail, and whether the host then closes the client. Only some shapes
/// have the last one.
const FAILURES: [(&str, bool); 6] = [
    ("trap", true),
    ("random 65537", true),
    ("big:300000", true),
    ("other", false),
    ("wrong-field", false),
    ("err", false),
];

#[test]
fn nothing_that_a_failed_call_asked_for_takes_effect() {
    each(|server, shape| {
        let mut witness = joined(server, shape);
        make(&mut witness, "tag 1 old; attach 1 before; write file before", &["done"; 3]);
        let failures =
            if matches!(shape, "result" | "renamed") { &FAILURES[..] } else { &FAILURES[..5] };
        for (id, (failure, closed)) in (2..).zip(failures) {
            let mut client = joined(server, shape);
            client.text(&format!(
                "do send 1 never; broadcast - - never; tag 1 new; untag 1 old; attach 1 after; \
                 tag {id} new; close 1 4000 never; write file after; write new-file after; \
                 {failure}"
            ));
            if *closed {
                client.expect_close(1011);
            } else {
                // The host forgets the failed call's `close` as well.
                client.ask("hello", "hello");
                client.close(None);
            }
            make(
                &mut witness,
                "list new; list old; attachment 1",
                &["list", "list 1", "attachment before"],
            );
            make(&mut witness, "read file; read new-file", &["content before", "not-found"]);
            server.wait_for(&[&format!("{shape}#{id}: actor: close ")]);
        }
        let folder = server.folder(shape);
        assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "before");
        assert!(!folder.join("new-file").exists());
    });
}

#[test]
fn all_that_a_call_asked_for_takes_effect_with_its_answer() {
    each(|server, shape| {
        let [mut one, mut two, mut three] = several(server, shape);
        make(
            &mut one,
            "send 2 a; broadcast - - b; tag 1 new; attach 1 after; close 2 4000 bye; \
             write file after; send 3 c; count",
            &["b", "sent 1", "to 3", "done", "done", "done", "done", "sent 2", "4"],
        );
        // The host writes the file before it answers.
        assert_eq!(fs::read_to_string(server.folder(shape).join("file")).unwrap(), "after");
        two.expect_all(&["a", "b"]);
        two.expect_close(4000);
        three.expect_all(&["b", "c"]);
        make(
            &mut three,
            "list new; attachment 1; list",
            &["list 1", "attachment after", "list 1 3"],
        );
    });
}

#[test]
fn a_connect_or_close_event_that_fails_asks_for_nothing_either() {
    each(|server, shape| {
        let [mut one, mut two] = several(server, shape);
        let left = "do send 1 never | broadcast - - never | tag 1 new | write new-file x | trap";
        make(&mut two, &format!("attach 2 {left}"), &["done"]);
        two.close(None);
        server.wait_for(&[&format!("{shape}#2: the actor failed at a close event")]);
        let path = "/ws?do+send+1+never;+tag+1+new;+write+new-file+x;+trap";
        let mut failed = crate::support::Client::connect(server.address(shape), path);
        failed.expect_close(1011);
        make(&mut one, "list new; read new-file; list", &["list", "not-found", "list 1"]);
    });
}
