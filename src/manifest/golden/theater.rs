//! Manifests of Theater: what had no effect there is warned of.

use std::path::PathBuf;

use crate::manifest::tests::{LEAST, listeners, parse, said};

#[test]
#[cfg_attr(not(feature = "http-client"), ignore = "this build refuses one of its handlers")]
fn a_manifest_of_theaters_time_loads_and_what_had_no_effect_there_is_warned_of() {
    let manifest = parse(
        r#"
name = "chat"
version = "0.1.0"
description = "A chat room"
component_path = "chat.wasm"
init_data = "state.json"

[interface]
implements = "ntwk:simple-actor/single-actor"

[[handlers]]
type = "runtime"
config = {}

[[handlers]]
type = "http-client"
config = {}

[[handlers]]
type = "supervisor"
config = {}

[[handlers]]
type = "websocket-server"
config = { port = 8084 }
"#,
    )
    .unwrap();
    assert_eq!(manifest.init_state, Some(PathBuf::from("chat/state.json")));
    assert_eq!(listeners(&manifest).len(), 1);
    let warnings: Vec<_> = manifest.warnings.iter().map(ToString::to_string).collect();
    let beginnings = [
        "chat/manifest.toml:3: version: has no effect; ",
        "chat/manifest.toml:4: description: has no effect; ",
        "chat/manifest.toml:9: interface.implements: `ntwk:simple-actor/single-actor` has no effect: ",
        "chat/manifest.toml:12: handlers[0].type: has no effect; every actor may log",
        "chat/manifest.toml:17: handlers[1].config: grants no servers, so every request is refused; ",
        "chat/manifest.toml:20: handlers[2].type: has no effect: this host offers no `supervisor`, ",
    ];
    assert_eq!(warnings.len(), beginnings.len(), "{warnings:?}");
    for (warning, beginning) in warnings.iter().zip(beginnings) {
        assert!(warning.starts_with(beginning), "{warning}");
    }
}

#[test]
fn an_older_key_has_no_effect_beside_its_new_name() {
    let manifest = parse(&format!("init_state = 'new'\ninit_data = 'old'\n{LEAST}")).unwrap();
    assert_eq!(manifest.init_state, Some(PathBuf::from("chat/new")));
    let warnings: Vec<_> = manifest.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "chat/manifest.toml:2: init_data: has no effect beside `init_state`; remove one of the two"
        ]
    );
}

#[test]
fn only_handlers_without_effect_are_no_handlers() {
    let text = "name = 'a'\ncomponent_path = 'a'\n[[handlers]]\ntype = 'runtime'\n";
    assert!(said(text).contains("so nothing could reach the actor"), "{}", said(text));
}
