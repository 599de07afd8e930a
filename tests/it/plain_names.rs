//! Exports with plain names, for languages that can't write those of the canonical ABI.

use crate::support::{Actor, Server, footlight, wat};

const PLAIN: &str = "handle_message";
const PLAIN_POST: &str = "cabi_post_handle_message";
const FULL: &str = "ntwk:theater/websocket-server#handle-message";

/// An actor whose handler and what frees its result have these names. `init` makes the first state, `A`.
/// The actor answers a text with its state, and takes the text as its new state. Once a result was freed,
/// it answers `freed`.
fn actor(handler: &str, post: &str, more: &str) -> Actor {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 16) "text") (data (i32.const 32) "freed") (data (i32.const 48) "A")
            ;; The first state: a pointer and a length.
            (data (i32.const 64) "\30\00\00\00\01\00\00\00")
            (global $next (mut i32) (i32.const 1024))
            (global $freed (mut i32) (i32.const 0))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $next (i32.add (global.get $next) (local.get 3)))
                (i32.sub (global.get $next) (local.get 3)))
            (func (export "init") (result i32) (i32.const 64))
            (func (export "cabi_post_init") (param i32))
            (func (export "{post}") (param i32)
                (global.set $freed (i32.const 1)))
            (func (export "{handler}")
                (param $type i32) (param $type-len i32)
                (param $has-data i32) (param $data i32) (param $data-len i32)
                (param $has-text i32) (param $text i32) (param $text-len i32)
                (param $state i32) (param $state-len i32) (result i32)
                ;; The result at 128, and its message at 160.
                (i32.store (i32.const 128) (local.get $state))
                (i32.store (i32.const 132) (local.get $state-len))
                (if (local.get $has-text) (then
                    (i32.store (i32.const 128) (local.get $text))
                    (i32.store (i32.const 132) (local.get $text-len))))
                (i32.store (i32.const 136) (i32.const 160))
                (i32.store (i32.const 140) (local.get $has-text))
                (i32.store (i32.const 160) (i32.const 16))
                (i32.store (i32.const 164) (i32.const 4))
                (i32.store (i32.const 180) (i32.const 1))
                (i32.store (i32.const 184) (local.get $state))
                (i32.store (i32.const 188) (local.get $state-len))
                (if (global.get $freed) (then
                    (i32.store (i32.const 184) (i32.const 32))
                    (i32.store (i32.const 188) (i32.const 5))))
                (i32.const 128))
            {more})"#
    );
    wat("named", &text)
}

/// What the actor answers to its first text. The event `connect` came before it.
fn first_answer(actor: Actor) -> String {
    let server = Server::of(actor);
    let mut client = server.client("named");
    client.text("B");
    let answer = client.next().into_text().unwrap().to_string();
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains("failed"), "{log}");
    answer
}

#[test]
fn a_handler_and_init_may_have_plain_names_and_so_may_what_frees_their_results() {
    assert_eq!(first_answer(actor(PLAIN, "other", "")), "A");
    assert_eq!(first_answer(actor(PLAIN, PLAIN_POST, "")), "freed");
}

#[test]
fn where_a_handler_has_its_full_name_plain_names_are_something_else() {
    assert_eq!(first_answer(actor(FULL, PLAIN_POST, "")), "");
    let more = r#"(func (export "handle_message") (param i32) (unreachable))
        (func (export "handle_request") (param i64))"#;
    assert_eq!(first_answer(actor(FULL, "other", more)), "");
}

/// What `check` says of the actor, and whether it would run.
fn check(actor: &Actor) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = actor.write(folder.path());
    let output = footlight(&["check", manifest.to_str().unwrap()]);
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn check_tells_what_plain_names_are_and_which_are_not_used() {
    let (fine, text) = check(&actor(PLAIN, PLAIN_POST, ""));
    assert!(fine && text.contains("shape   guide\n"), "{text}");
    assert!(text.contains("init    makes the first state\n"), "{text}");
    for (name, role) in [
        (PLAIN, "the handler"),
        (PLAIN_POST, "frees the handler's result"),
        ("init", "makes the first state"),
        ("cabi_post_init", "frees the result of init"),
    ] {
        let mut lines = text.lines().filter(|line| line.trim().starts_with(&format!("{name} ")));
        assert!(lines.any(|line| line.ends_with(role)), "{name}: {text}");
    }

    let (fine, text) = check(&actor(FULL, PLAIN_POST, ""));
    assert!(fine && text.contains("init    none\n"), "{text}");
    assert_eq!(text.matches("i32  — not used").count(), 3, "{text}");
}

#[test]
fn a_plain_handler_of_no_known_type_is_told_the_known_ones() {
    let more = r#"(func (export "handle_request") (param i32) (result i32) (i32.const 0))"#;
    let (fine, text) = check(&actor(PLAIN, PLAIN_POST, more));
    assert!(!fine && text.contains("export `handle_request`: its type is (1 × i32)"), "{text}");
    let (fine, text) = check(&actor("handle_messages", PLAIN_POST, ""));
    assert!(!fine && text.contains("(it has `"), "{text}");
    assert!(text.contains("such a name, `handle_message` will do"), "{text}");
}

#[test]
fn an_actor_with_plain_names_gets_messages_of_others() {
    let text = r#"(module (memory (export "memory") 1)
        (data (i32.const 64) "\50\00\00\00\02\00\00\00\00\00\00\00\00\00\00\00ok")
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "handle_message") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
            (result i32) (i32.const 64))
        (func (export "handle_send") (param i32 i32 i32 i32) (result i32) (i32.const 72))
        (func (export "handle_message_request") (param i32 i32 i32 i32) (result i32) (i32.const 64)))"#;
    let folder = tempfile::tempdir().unwrap();
    let manifest =
        wat("plain", text).extra("[[handlers]]\ntype = \"message-server\"\nconfig = {}\n");
    let manifest = manifest.write(folder.path());
    let manifest = manifest.to_str().unwrap();
    let output = footlight(&["call", manifest, r#"{"request":"x","from":"door"}"#]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("ok"), "{text}");
}
