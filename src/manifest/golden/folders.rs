//! The exact texts about mistakes in the `config` of a `filesystem` handler.

use super::{added, replaced};
use crate::manifest::tests::{LEAST, parse, said};

/// A `filesystem` handler in three lines.
fn handler(config: &str) -> String {
    format!("[[handlers]]\ntype = 'filesystem'\nconfig = {{ {config} }}\n")
}

#[test]
fn mistakes_about_a_folder_are_told() {
    let path = "write a path, relative to the manifest's folder";
    let name = "write 1 to 64 ASCII letters, digits, `-` and `_`";
    for (config, expected) in [
        ("", ".path: missing; add path = \"data\", relative to the manifest's folder".into()),
        ("path = 1", ".path: 1 is not a string; write one text in quotes".into()),
        ("path = ''", format!(".path: \"\" is not a path; {path}")),
        (
            "path = 'a', writable = 'yes'",
            ".writable: \"yes\" is not a boolean; write true or false, without quotes".into(),
        ),
        ("path = 'a', name = ''", format!(".name: \"\" is not a name of a folder; {name}")),
        ("path = 'a', name = '..'", format!(".name: \"..\" is not a name of a folder; {name}")),
        ("path = 'a', name = 'é'", format!(".name: \"é\" is not a name of a folder; {name}")),
        ("path = 'a', name = 'a/b'", format!(".name: \"a/b\" is not a name of a folder; {name}")),
        ("path = 'a', name = 1", ".name: 1 is not a string; write one text in quotes".into()),
        (
            "path = 'a', paths = 1",
            ".paths: unknown key; did you mean `path`? The keys here are `path`, `writable`, \
             `name`"
                .into(),
        ),
    ] {
        let text = format!("{LEAST}{}", handler(config));
        assert_eq!(said(&text), format!("8: handlers[1].config{expected}"), "{config}");
    }
    let named = |length| handler(&format!("path = 'a', name = '{}'", "x".repeat(length)));
    assert!(parse(&format!("{LEAST}{}", named(64))).is_ok());
    assert!(said(&format!("{LEAST}{}", named(65))).contains("is not a name of a folder"));
    added(&[
        (
            "[[handlers]]\ntype = 'filesystem'",
            "6: handlers[1].config: missing; add config = { path = \"data\" }",
        ),
        (
            "[[handlers]]\ntype = 'filesystem'\nconfig = 'data'",
            "8: handlers[1].config: \"data\" is not a table; write config = { path = \"data\" }",
        ),
    ]);
}

#[test]
fn several_folders_need_names_of_their_own() {
    let missing = "missing; add name = \"data\": of several folders each needs a name of its own, \
                   with which the actor's paths begin";
    let two = |one: &str, other: &str| said(&format!("{LEAST}{}{}", handler(one), handler(other)));
    assert_eq!(
        two("path = 'a'", "path = 'b'"),
        format!("8: handlers[1].config.name: {missing}\n11: handlers[2].config.name: {missing}")
    );
    assert_eq!(
        two("path = 'a', name = 'x'", "path = 'b'"),
        format!("11: handlers[2].config.name: {missing}")
    );
    assert_eq!(
        two("path = 'a', name = 'x'", "path = 'b', name = 'x'"),
        "11: handlers[2].config.name: another folder has this name; write another name"
    );
    // A refused name does not count as missing.
    let refused = two("path = 'a', name = 'x'", "path = 'b', name = '.'");
    assert_eq!(refused.lines().count(), 1, "{refused}");
}

#[test]
fn a_folder_alone_does_not_let_anybody_reach_the_actor() {
    let root = "name = 'a'\ncomponent_path = 'a'\n";
    assert_eq!(
        said(&format!("{root}{}", handler("path = 'a'"))),
        "3: handlers: none is a `websocket-server`, `http-server`, `message-server` or `mqtt`, so \
         nothing could reach the actor; add a [[handlers]] table with type = \"websocket-server\" and config = { port = 8080 }"
    );
    // A handler of an unknown type may have been meant as the listener.
    replaced(
        4,
        &[(
            "type = 'websocket'",
            "4: handlers[0].type: this host has no handler of type `websocket`; it has \
             `websocket-server`, `http-server`, `filesystem`, `http-client`, `message-server` and \
             `mqtt`",
        )],
    );
}
