//! Random bytes.

use std::collections::BTreeSet;

use super::{answer, each, joined, make};

#[test]
fn random_bytes_differ_within_a_call_between_calls_and_between_instances() {
    each(|server, shape| {
        let mut seen = BTreeSet::new();
        for _ in 0..3 {
            let mut client = joined(server, shape);
            for _ in 0..10 {
                client.text("do random 16; random 16");
                for _ in 0..2 {
                    let text = client.next().to_text().unwrap().to_owned();
                    let hex = text.strip_prefix("random ").unwrap().to_owned();
                    assert_eq!(hex.len(), 32, "{hex}");
                    assert!(seen.insert(hex), "twice the same");
                }
            }
            client.text("trap");
            client.expect_close(1011);
        }
    });
}

#[test]
fn as_many_bytes_as_the_limit_are_given_at_once_and_one_more_is_a_trap() {
    each(|server, shape| {
        let mut client = joined(server, shape);
        make(&mut client, "random 0; random 65536", &["random ", "random 65536"]);
        // A call may ask more than once.
        assert_eq!(answer(&mut client, "repeat 20 random 65536"), "random 65536");
        client.text("do random 65537");
        client.expect_close(1011);
        server.wait_for(&[shape, "65537 random bytes are asked for, at most 65536 are given"]);
        client = joined(server, shape);
        client.text("do random 4294967295");
        client.expect_close(1011);
    });
}
