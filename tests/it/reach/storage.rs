//! The storage: keys and values that last as long as the actor.

use super::{answer, each, joined, make, several, with_each};
use crate::support::Client;

/// The entries, read in pages of two.
fn entries(client: &mut Client) -> Vec<String> {
    let (mut all, mut after, mut more) = (Vec::new(), "-".to_owned(), true);
    while more {
        let page = answer(client, &format!("keys 2 - {after}"));
        let mut words = page.split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>();
        more = words.pop_if(|word| word == "…").is_some();
        after = words.last().map_or(after, |last| last.split('=').next().unwrap().to_owned());
        all.extend(words);
    }
    all
}

#[test]
fn a_value_is_stored_read_replaced_and_deleted_and_each_call_sees_its_own_changes() {
    each(|server, shape| {
        let mut one = joined(server, shape);
        make(
            &mut one,
            "get a; put a x; get a; put a y 🐎; get a",
            &["none", "done", "value x", "done", "value y 🐎"],
        );
        // Other calls see it too, and those for other clients.
        let mut two = joined(server, shape);
        make(&mut two, "get a; put empty ; get empty", &["value y 🐎", "done", "value "]);
        make(&mut one, "delete a; delete a; get a", &["deleted", "not there", "none"]);
        make(&mut two, "get a; keys 9 - -", &["none", "page empty="]);
        make(
            &mut two,
            "put b x; delete-all; get b; keys 9 - -; put c x",
            &["done", "done", "none", "page", "done"],
        );
        make(&mut one, "get empty; keys 9 - -", &["none", "page c=x"]);
    });
}

#[test]
fn entries_are_listed_by_their_beginning_in_the_order_of_their_keys_page_by_page() {
    each(|server, shape| {
        let mut one = joined(server, shape);
        make(&mut one, "put b/2 x; put a 1; put ü x; put b/10 x; put b x; put c x", &["done"; 6]);
        for (request, page) in [
            ("keys 9 - -", "page a=1 b=x b/10=x b/2=x c=x ü=x"),
            ("keys 6 - -", "page a=1 b=x b/10=x b/2=x c=x ü=x"),
            ("keys 5 - -", "page a=1 b=x b/10=x b/2=x c=x …"),
            ("keys 2 b b", "page b/10=x b/2=x"),
            ("keys 1 b/ -", "page b/10=x …"),
            ("keys 1 b/ b/10", "page b/2=x"),
            ("keys 1 - b/3", "page c=x …"),
            ("keys 9 d -", "page"),
            // A limit of 0 asks only whether there is something.
            ("keys 0 b/ -", "page …"),
            ("keys 0 b/ b/2", "page"),
            ("keys 4294967295 b/ -", "page b/10=x b/2=x"),
        ] {
            make(&mut one, request, &[page]);
        }
        assert_eq!(entries(&mut one), ["a=1", "b=x", "b/10=x", "b/2=x", "c=x", "ü=x"]);
    });
}

#[test]
fn a_page_ends_before_64_kib_but_has_at_least_one_entry() {
    with_each(
        |actor| actor.limit("storage_value", "\"256KiB\""),
        |server, shape| {
            let mut one = joined(server, shape);
            let half = (32 << 10) - 64 - 1;
            make(&mut one, &format!("put-big a {half}; put-big b {half}"), &["done", "done"]);
            make(&mut one, "sizes 9 - -", &[&format!("page a:{half} b:{half}")]);
            make(&mut one, &format!("put-big b {}; put-big c 262144", half + 1), &["done"; 2]);
            make(&mut one, "sizes 9 - -", &[&format!("page a:{half} …")]);
            make(&mut one, "sizes 9 - b", &["page c:262144"]);
            // Each entry counts 64 bytes more.
            make(&mut one, "delete-all; fill 1100 0; sizes 0 - -", &["done", "done", "page …"]);
            let count = answer(&mut one, "sizes 4294967295 - -").split(':').count() - 1;
            let mut keys: Vec<_> = (0..1100).map(|key| key.to_string()).collect();
            keys.sort();
            let sizes = keys.iter().scan(0, |sum, key| {
                *sum += key.len() + 64;
                Some(*sum)
            });
            assert_eq!(count, sizes.take_while(|sum| *sum <= 64 << 10).count());
        },
    );
}

#[test]
fn a_key_and_a_value_may_be_as_long_as_their_limits_and_no_longer() {
    with_each(
        |actor| actor.limit("storage_key", 10).limit("storage_value", 20),
        |server, shape| {
            let mut one = joined(server, shape);
            make(&mut one, "put  x; put 01234567890 x; put äääääb x", &["invalid-key"; 3]);
            make(&mut one, "put 0123456789 x; put äääää x", &["done", "done"]);
            make(&mut one, "put-big a 21; get a; put-big a 20", &["too-large", "none", "done"]);
            // Such a key is only absent where nothing is stored.
            let long = "get 01234567890; delete 01234567890; delete ";
            make(&mut one, long, &["none", "not there", "not there"]);
        },
    );
}

#[test]
fn all_entries_together_may_take_as_much_as_the_limit_and_no_more() {
    with_each(
        |actor| actor.limit("storage", 300),
        |server, shape| {
            let mut one = joined(server, shape);
            // Each entry counts its key, its value and 64 bytes.
            make(&mut one, "put-big a 35; put-big b 85; get c", &["done", "done", "none"]);
            make(&mut one, "put-big c 0; put-big c 1", &["full 250", "full 250"]);
            make(
                &mut one,
                "put-big b 70; put-big c 1; put-big b 71",
                &["done", "full 235", "done"],
            );
            make(&mut one, "put-big b 70; put-big c 0", &["done", "done"]);
            make(&mut one, "put-big a 36; put-big d 0", &["full 300", "full 300"]);
            // What makes it no larger is always possible.
            make(&mut one, "put a y; delete b; put-big b 105", &["done", "deleted", "full 131"]);
            make(&mut one, "delete-all; put-big a 236; put-big a 235", &["done", "full 0", "done"]);
        },
    );
}

#[test]
fn what_a_call_changes_counts_in_its_effects() {
    with_each(
        |actor| actor.limit("effects", 2 * 64 + 10),
        |server, shape| {
            let mut one = joined(server, shape);
            make(&mut one, "put-big a 74; put-big a 73", &["limit", "done"]);
            make(&mut one, "put-big b 4; put-big c 5; put-big c 4", &["done", "limit", "done"]);
            // Nothing counts that changes nothing.
            make(
                &mut one,
                "put-big b 4; put-big b 4; delete d; delete b; delete c; delete a",
                &["done", "done", "not there", "deleted", "deleted", "limit"],
            );
            make(&mut one, "repeat 100 delete-all; put-big a 73; get b", &["done", "done", "none"]);
            // Messages count in the same limit.
            make(
                &mut one,
                "send 1 x; put-big b 8; put b 12345678",
                &["x", "sent 1", "done", "limit"],
            );
        },
    );
}

/// The ways in which a call can fail, and whether the host then closes the client. Only some shapes
/// have the last one.
const FAILURES: [(&str, bool); 4] =
    [("trap", true), ("big:300000", true), ("wrong-field", false), ("err", false)];

#[test]
fn nothing_that_a_failed_call_has_stored_or_deleted_stays_so() {
    each(|server, shape| {
        let mut witness = joined(server, shape);
        make(&mut witness, "put a old; put b old; put c old", &["done"; 3]);
        let failures =
            if matches!(shape, "result" | "renamed") { &FAILURES[..] } else { &FAILURES[..3] };
        for (failure, closed) in failures {
            for changes in [
                "put a new; delete b; put d new; put d newer; delete c; put c old",
                "put a new; delete-all; put b new; put d new; delete-all; put e new",
                "delete-all",
            ] {
                let mut client = joined(server, shape);
                client.text(&format!("do {changes}; {failure}"));
                if *closed {
                    client.expect_close(1011);
                } else {
                    client.ask("hello", "hello");
                }
                make(&mut witness, "keys 9 - -", &["page a=old b=old c=old"]);
            }
        }
    });
}

#[test]
fn what_a_call_stores_stays_with_everything_else_of_it() {
    each(|server, shape| {
        let [mut one, mut two] = several(server, shape);
        make(&mut one, "put a x; tag 1 t; send 2 hello", &["done", "done", "sent 5"]);
        two.expect_all(&["hello"]);
        make(&mut two, "get a; list t", &["value x", "list 1"]);
        // A `close` event and an alarm may store too.
        make(&mut two, "attach 2 do put left x | delete a", &["done"]);
        two.close(None);
        server.wait_for(&[&format!("{shape}#2: actor: close ")]);
        make(&mut one, "keys 9 - -", &["page left=x"]);
        make(&mut one, "tag 1 alarm; attach 1 do put rang x; alarm 1", &["done"; 3]);
        one.expect_all(&["alarm", "done"]);
        make(&mut one, "keys 9 - -", &["page left=x rang=x"]);
    });
}

#[test]
fn entries_outlast_the_instance() {
    with_each(
        |actor| actor.limit("hibernate_after", "\"50ms\""),
        |server, shape| {
            let [mut one, mut two] = several(server, shape);
            make(&mut one, "put a kept; put b kept", &["done", "done"]);
            two.text("trap");
            two.expect_close(1011);
            make(&mut one, "keys 9 - -", &["page a=kept b=kept"]);
            server.wait_for(&[&format!("DEBUG {shape}: hibernates")]);
            make(&mut one, "keys 9 - -", &["page a=kept b=kept"]);
        },
    );
}

#[test]
fn thousands_of_changes_in_one_call_are_made_and_taken_back() {
    each(|server, shape| {
        let [mut one, mut two] = several(server, shape);
        make(&mut one, "fill 5000 10", &["done"]);
        two.text("do delete-all; fill 6000 1; trap");
        two.expect_close(1011);
        make(
            &mut one,
            "sizes 1 - 4999; get 4999; get 5000",
            &["page 5:10 …", "value xxxxxxxxxx", "none"],
        );
        make(&mut one, "delete-all; keys 9 - -", &["done", "page"]);
        make(&mut one, "keys 9 - -", &["page"]);
    });
}
