//! Imports that an actor does not get: the host says so before it runs, and what to do.

use super::each;
use crate::support::{Actor, SHAPES, Server, footlight, guest, wat};

/// What `run` and `check` say about an actor that must not run.
fn refused(actor: &Actor) -> [String; 2] {
    let folder = tempfile::tempdir().unwrap();
    let manifest = actor.write(folder.path());
    let manifest = manifest.to_str().unwrap();
    let [run, check] = ["run", "check"].map(|word| footlight(&[word, manifest]));
    for output in [&run, &check] {
        assert_eq!(output.status.code(), Some(1));
    }
    [run.stderr, check.stdout].map(|text| String::from_utf8(text).unwrap())
}

/// A module of the guide's shape with this import.
fn importing(import: &str) -> Actor {
    let text = format!(
        r#"(module (import {import}) (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
            (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0))"#
    );
    wat("actor", &text)
}

#[test]
fn an_import_that_is_not_granted_is_named_and_traps_when_it_is_called() {
    let add = "the manifest grants no files; add [[handlers]] with type = \"filesystem\"";
    for shape in SHAPES {
        let actor = guest(shape).without_files();
        let folder = tempfile::tempdir().unwrap();
        let output = footlight(&["check", actor.write(folder.path()).to_str().unwrap()]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}");
        for import in ["footlight:host/files@0.1.0.read", "filesystem.read-file"] {
            assert!(text.contains(import) && text.contains(add), "{import}: {text}");
        }
        let server = Server::start(&[actor]);
        server.wait_for(&[shape, "a call of it traps", add]);
        let mut client = super::joined(&server, shape);
        client.text("do read note");
        client.expect_close(1011);
        server.wait_for(&["the actor failed at a text event", "in a call of `files.read`, ", add]);
    }
}

#[test]
fn what_this_host_does_not_offer_of_theater_loads_and_traps() {
    for (import, part) in [
        (r#""ntwk:theater/supervisor" "spawn" (func (param i32 i32 i32))"#, "no `supervisor`"),
        (r#""ntwk:theater/runtime" "spawn" (func (param i32 i32))"#, "only `log`"),
        (r#""theater:simple/store" "get" (func (param i32 i64 f32) (result f64))"#, "no `store`"),
        (r#""ntwk:theater/filesystem" "execute-command" (func)"#, "runs no commands"),
    ] {
        let actor = importing(import);
        let server = Server::start(&[actor]);
        server.wait_for(&["WARN", "a call of it traps", part]);
    }
}

#[test]
fn what_needs_no_grant_is_there_without_a_handler() {
    for import in [
        r#""footlight:host/clock@0.1.0" "now" (func (result i64))"#,
        r#""footlight:host/alarm@0.1.0" "cancel" (func)"#,
        r#""footlight:host/random@0.1.0" "bytes" (func (param i32 i32))"#,
        r#""footlight:host/connections@0.1.0" "sender" (func (param i32))"#,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let manifest = importing(import).write(folder.path());
        let output = footlight(&["check", manifest.to_str().unwrap()]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("would run"), "{text}");
    }
    // A guest with a folder gets all imports.
    each(|server, shape| super::joined(server, shape).close(None));
}

#[test]
fn an_import_of_another_type_is_told_with_the_right_one() {
    for (import, parts) in [
        (
            r#""footlight:host/clock@0.1.0" "now" (func (result i32))"#,
            ["`footlight:host/clock@0.1.0.now`", "`clock.now` is () → i64"],
        ),
        (
            r#""footlight:host/connections@0.1.0" "send" (func (param i32 i32 i32 i32 i32))"#,
            ["`footlight:host/connections@0.1.0.send`", "is (i64, i32, i32, i32, i32) → ()"],
        ),
        (
            r#""footlight:host/alarm@0.1.0" "set" (global i64)"#,
            ["`footlight:host/alarm@0.1.0.set`", "is (i64) → ()"],
        ),
    ] {
        for text in refused(&importing(import)) {
            for part in parts {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(text.contains("bindings made from this project's WIT files"), "{text}");
        }
    }
}

#[test]
fn a_function_that_the_host_does_not_have_and_another_version_are_told_those_it_has() {
    for import in [
        r#""footlight:host/connections@0.1.0" "kick" (func (param i64))"#,
        r#""footlight:host/sockets@0.1.0" "open" (func)"#,
        r#""footlight:host/clock@0.2.0" "now" (func (result i64))"#,
        r#""footlight:host/clock" "now" (func (result i64))"#,
    ] {
        for text in refused(&importing(import)) {
            assert!(text.contains("this host has no such function; it has"), "{text}");
            assert!(text.contains("`footlight:host/clock@0.1.0`"), "{text}");
        }
    }
}
