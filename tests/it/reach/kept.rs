//! Tags and attachments: what they may be, and how long they last.

use super::{answer, each, joined, make, several, with_each};

#[test]
fn a_call_sees_at_once_what_it_has_changed() {
    each(|server, shape| {
        let [mut one, _two] = several(server, shape);
        make(
            &mut one,
            "list; list blue; tag 2 blue; list blue",
            &["list 1 2", "list", "done", "list 2"],
        );
        make(
            &mut one,
            "tag 1 blue; list blue; untag 2 blue; list blue",
            &["done", "list 1 2", "done", "list 1"],
        );
        make(
            &mut one,
            "attach 2 new; attachment 2; attach 2 ; attachment 2; detach 2; attachment 2",
            &["done", "attachment new", "done", "attachment ", "done", "none"],
        );
        make(&mut one, "close 2 4000; list", &["done", "list 1"]);
    });
}

#[test]
fn to_give_a_tag_twice_and_to_take_away_one_that_is_not_there_changes_nothing() {
    each(|server, shape| {
        let mut one = joined(server, shape);
        make(&mut one, "tag 1 a; tag 1 a; untag 1 a; list a", &["done", "done", "done", "list"]);
        make(&mut one, "untag 1 a; untag 1 ; list", &["done", "done", "list 1"]);
    });
}

#[test]
fn a_tag_may_be_as_long_as_the_limit_and_no_longer_and_not_empty() {
    with_each(
        |actor| actor.limit("tag", 10),
        |server, shape| {
            let mut one = joined(server, shape);
            make(&mut one, "tag 1 ; tag 1 01234567890; list", &["invalid", "invalid", "list 1"]);
            make(&mut one, "tag 1 0123456789; list 0123456789", &["done", "list 1"]);
            // Bytes count, not characters.
            make(&mut one, "tag 1 ääääää; tag 1 äääää", &["invalid", "done"]);
        },
    );
}

#[test]
fn a_connection_may_have_as_many_tags_as_the_limit_and_no_more() {
    with_each(
        |actor| actor.limit("tags", 3),
        |server, shape| {
            let [mut one, _two] = several(server, shape);
            let answers = ["done", "done", "done", "invalid", "done", "done", "done"];
            make(
                &mut one,
                "tag 1 a; tag 1 b; tag 1 c; tag 1 d; tag 1 c; tag 2 d; untag 1 b",
                &answers,
            );
            make(&mut one, "tag 1 d; tag 1 e; list d", &["done", "invalid", "list 1 2"]);
        },
    );
}

#[test]
fn an_attachment_may_be_as_large_as_the_limit_and_no_larger() {
    with_each(
        |actor| actor.limit("attachment", 10),
        |server, shape| {
            let mut one = joined(server, shape);
            make(
                &mut one,
                "attach 1 0123456789; attach 1 01234567890; attachment 1",
                &["done", "invalid", "attachment 0123456789"],
            );
        },
    );
}

#[test]
fn tags_and_attachments_outlast_the_instance_and_end_with_the_connection() {
    with_each(
        |actor| actor.limit("hibernate_after", "\"50ms\""),
        |server, shape| {
            let [mut one, mut two, mut three] = several(server, shape);
            make(&mut one, "tag 1 blue; tag 2 blue; attach 2 kept", &["done", "done", "done"]);
            let check = |client: &mut crate::support::Client| {
                assert_eq!(answer(client, "list blue"), "list 1 2");
                assert_eq!(answer(client, "attachment 2"), "attachment kept");
            };
            three.text("trap");
            three.expect_close(1011);
            check(&mut one);
            server.wait_for(&[&format!("DEBUG {shape}: hibernates")]);
            check(&mut one);
            check(&mut two);
            two.close(None);
            server.wait_for(&[&format!("{shape}#2: actor: close ")]);
            make(&mut one, "list blue; attachment 2; info 2", &["list 1", "none", "none"]);
        },
    );
}
