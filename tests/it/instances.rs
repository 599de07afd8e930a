//! Instances are expendable: only the memory shows that the host has dropped one.

use crate::support::{Client, Server, guest, wat};

/// A client after its `connect` event.
fn client(server: &Server) -> Client {
    let mut client = server.client("events");
    assert!(client.next().is_text());
    client
}

#[test]
fn an_idle_actors_instance_is_dropped_and_its_state_and_connections_stay() {
    let server = Server::of(guest("events").limit("hibernate_after", "\"1s\""));
    let mut client = client(&server);
    client.ask("count", "2");
    client.ask("abuse-global", "1");
    server.wait_for(&["DEBUG events: hibernates"]);
    client.ask("count", "4");
    // The global was in the instance.
    client.text("abuse-global");
    client.expect("1");
    let (_, log) = server.stop();
    assert!(log.contains(" hibernations"), "{log}");
}

#[test]
fn an_instance_is_kept_that_has_grown_to_the_watermark_and_dropped_with_more() {
    let grow = |client: &mut Client| {
        client.ask("abuse-global", "1");
        client.ask("grow:1000000", "grown");
    };
    let server = Server::of(guest("events"));
    let mut measured = client(&server);
    grow(&mut measured);
    measured.text("memory");
    let grown = measured.next().to_text().unwrap().parse::<usize>().unwrap() * 65_536;
    for (watermark, second) in [(grown, "2"), (grown - 1, "1")] {
        let server = Server::of(guest("events").limit("watermark", watermark));
        let mut client = client(&server);
        grow(&mut client);
        client.ask("abuse-global", second);
    }
}

#[test]
fn memory_that_one_message_took_is_given_back_after_it() {
    let server = Server::of(guest("events"));
    let mut client = client(&server);
    client.text("memory");
    let before = client.next();
    client.ask("grow:8000000", "grown");
    client.ask("count", "4");
    client.text("memory");
    assert_eq!(client.next(), before);
    let (_, log) = server.stop();
    assert!(log.contains("1 instances dropped for their memory"), "{log}");
}

/// Asks an actor whose `cabi_realloc` returns `pointer` for a block without bytes. The second answer tells
/// how often it was called for one so far, in the events `connect`, first text and second text: the state
/// is empty in each.
fn calls_for_nothing(pointer: &str) -> String {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 16) "text")
            (global $calls (mut i32) (i32.const 48))
            (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
                (if (i32.eqz (local.get $size)) (then
                    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                    (return (i32.const {pointer}))))
                (i32.const 1024))
            (func (export "handle_message")
                (param i32 i32 i32 i32 i32) (param $has-text i32) (param i32 i32)
                (param $state i32) (param i32) (result i32)
                ;; What the host gives for an empty state is what `cabi_realloc` returned.
                (if (i32.ne (local.get $state) (i32.const {pointer})) (then (unreachable)))
                ;; The result at 128, its message at 160, and its text at 32.
                (i32.store8 (i32.const 32) (global.get $calls))
                (i32.store (i32.const 136) (i32.const 160))
                (i32.store (i32.const 140) (local.get $has-text))
                (i32.store (i32.const 160) (i32.const 16))
                (i32.store (i32.const 164) (i32.const 4))
                (i32.store (i32.const 180) (i32.const 1))
                (i32.store (i32.const 184) (i32.const 32))
                (i32.store (i32.const 188) (i32.const 1))
                (i32.const 128)))"#
    );
    let server = Server::of(wat("nothing", &text));
    let mut client = server.client("nothing");
    for _ in 0..2 {
        client.text("x");
    }
    client.next();
    client.next().into_text().unwrap().to_string()
}

#[test]
fn an_instance_that_gives_no_memory_for_nothing_is_asked_for_nothing_once() {
    // Null, the alignment, and an address that the guest may want to free.
    for (pointer, calls) in [("0", "1"), ("1", "1"), ("2", "3"), ("65536", "3")] {
        assert_eq!(calls_for_nothing(pointer), calls, "{pointer}");
    }
}

#[test]
fn what_is_asked_for_in_one_entry_may_take_longer_than_a_slice() {
    // An echo whose `cabi_realloc` takes some slices for each block.
    let text = r#"(module
        (memory (export "memory") 1)
        (global $next (mut i32) (i32.const 1024))
        (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
            (local $left i32)
            (local.set $left (i32.const 50000))
            (loop $on
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $on (local.get $left)))
            (global.set $next (i32.add (global.get $next) (local.get $size)))
            (i32.sub (global.get $next) (local.get $size)))
        (func (export "handle_message")
            (param $type i32) (param $type-len i32) (param i32 i32 i32)
            (param $has-text i32) (param $text i32) (param $text-len i32) (param i32 i32) (result i32)
            ;; The result at 128, and its message at 160.
            (i32.store (i32.const 136) (i32.const 160))
            (i32.store (i32.const 140) (local.get $has-text))
            (i32.store (i32.const 160) (local.get $type))
            (i32.store (i32.const 164) (local.get $type-len))
            (i32.store (i32.const 180) (i32.const 1))
            (i32.store (i32.const 184) (local.get $text))
            (i32.store (i32.const 188) (local.get $text-len))
            (i32.const 128)))"#;
    let server = Server::of(wat("slow", text));
    let mut client = server.client("slow");
    for text in ["one", "another"] {
        client.ask(text, text);
    }
}
