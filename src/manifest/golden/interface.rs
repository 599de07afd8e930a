//! The exact texts about mistakes in `[interface]`.

use super::added;
use crate::manifest::tests::{LEAST, parse, said};

#[test]
fn mistakes_about_the_interface_are_told() {
    let named = "is not an interface; write its name in quotes, or a list of names";
    added(&[
        ("[interface]\nimplements = true", &format!("7: interface.implements: true {named}")),
        (
            "[interface]\nrequires = ['ntwk:theater/runtime', 7]",
            "7: interface.requires[1]: 7 is not a string; write one text in quotes",
        ),
        (
            "[interface]\nrequire = []",
            "7: interface.require: unknown key; did you mean `requires`? The keys here are \
             `implements`, `requires`",
        ),
    ]);
}

#[test]
fn names_that_this_host_does_not_know_have_no_effect_and_are_warned_of() {
    let calls = "this host calls `websocket-server`, `http-server`, `message-server-client`, `actor`, \
                 `types`, `http-types` of `ntwk:theater` or `theater:simple`";
    let offers = "this host offers `runtime`, `types`, `filesystem`, `http-client`, \
                  `message-server-host`, `http-types` of `ntwk:theater` or `theater:simple`, and `footlight:host/connections@0.1.0`, \
                  `footlight:host/alarm@0.1.0`, `footlight:host/clock@0.1.0`, \
                  `footlight:host/random@0.1.0`, `footlight:host/files@0.1.0`, \
                  `footlight:host/storage@0.1.0`, `footlight:host/http@0.1.0`, \
                  `footlight:host/mqtt@0.1.0`";
    for (interface, expected) in [
        (
            "implements = 'ntwk:simple-actor/actor'",
            format!(
                "7: interface.implements: `ntwk:simple-actor/actor` has no effect: this host does not \
                 call it; {calls}"
            ),
        ),
        (
            "implements = [\n'ntwk:theater/websocket-server',\n'wasi:cli/run']",
            format!(
                "9: interface.implements[1]: `wasi:cli/run` has no effect: this host does not call it; \
                 {calls}"
            ),
        ),
        (
            "requires = 'ntwk:theater/supervisor'",
            format!(
                "7: interface.requires: `ntwk:theater/supervisor` is not offered by this host, so a \
                 call of it traps; {offers}"
            ),
        ),
        (
            // The names of imports include the version, so those of the manifest do too.
            "requires = 'footlight:host/clock'",
            format!(
                "7: interface.requires: `footlight:host/clock` is not offered by this host, so a call \
                 of it traps; {offers}"
            ),
        ),
    ] {
        let warnings = parse(&format!("{LEAST}[interface]\n{interface}\n")).unwrap().warnings;
        let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings, [format!("chat/manifest.toml:{expected}")]);
    }
}

#[test]
fn what_needs_a_folder_is_required_only_with_a_handler_that_has_one() {
    let line =
        "add a [[handlers]] table with type = \"filesystem\" and config = { path = \"data\" }";
    for name in
        ["footlight:host/files@0.1.0", "ntwk:theater/filesystem", "theater:simple/filesystem"]
    {
        let interface = format!("[interface]\nrequires = '{name}'\n");
        assert_eq!(
            said(&format!("{LEAST}{interface}")),
            format!(
                "7: interface.requires: `{name}` needs a folder, and no handler has one; {line}"
            )
        );
        let folder = "[[handlers]]\ntype = 'filesystem'\nconfig = { path = 'data' }\n";
        assert!(parse(&format!("{LEAST}{interface}{folder}")).is_ok());
        // A handler with a mistake still counts.
        let said = said(&format!("{LEAST}{interface}{}", folder.replace("'data'", "1")));
        assert!(said.starts_with("10: handlers[1].config.path: 1 is not a string;"), "{said}");
        assert_eq!(said.lines().count(), 1);
    }
}
