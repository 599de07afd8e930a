//! The exact texts about mistakes in `[interface]`.

use super::added;
use crate::manifest::tests::{LEAST, parse, said};

#[test]
fn mistakes_about_the_interface_are_told() {
    let calls = "remove it; this host calls `websocket-server`, `http-server`, \
                 `message-server-client`, `actor`, `types`, `http-types` of `ntwk:theater` or `theater:simple`";
    let offers = "remove it, and the import from the actor; this host offers `runtime`, `types`, \
                  `filesystem`, `http-client`, `message-server-host`, `http-types` of `ntwk:theater` or `theater:simple`, and \
                  `footlight:host/connections@0.1.0`, `footlight:host/alarm@0.1.0`, \
                  `footlight:host/clock@0.1.0`, `footlight:host/random@0.1.0`, \
                  `footlight:host/files@0.1.0`, `footlight:host/storage@0.1.0`, `footlight:host/http@0.1.0`";
    let server = "names no websocket-server, http-server or message-server-client interface; add \
                  \"ntwk:theater/websocket-server\" or \"theater:simple/websocket-server\"";
    let named = "is not an interface; write its name in quotes, or a list of names";
    added(&[
        (
            "[interface]\nimplements = 'ntwk:theater/message-server'",
            &format!(
                "7: interface.implements: `ntwk:theater/message-server` is not an interface that \
                 this host calls; {calls}"
            ),
        ),
        (
            "[interface]\nimplements = [\n'ntwk:theater/websocket-server',\n'wasi:cli/run']",
            &format!(
                "9: interface.implements[1]: `wasi:cli/run` is not an interface that this host \
                 calls; {calls}"
            ),
        ),
        ("[interface]\nimplements = []", &format!("7: interface.implements: {server}")),
        (
            "[interface]\nimplements = 'ntwk:theater/actor'",
            &format!("7: interface.implements: {server}"),
        ),
        (
            "[interface]\nrequires = \"a\\nb\"",
            &format!("7: interface.requires: `a\\nb` is not offered by this host; {offers}"),
        ),
        ("[interface]\nimplements = true", &format!("7: interface.implements: true {named}")),
        (
            "[interface]\nrequires = ['ntwk:theater/runtime', 7]",
            "7: interface.requires[1]: 7 is not a string; write one text in quotes",
        ),
        (
            "[interface]\nrequires = 'ntwk:theater/supervisor'",
            &format!(
                "7: interface.requires: `ntwk:theater/supervisor` is not offered by this host; \
                 {offers}"
            ),
        ),
        (
            // The names of imports include the version, so those of the manifest do too.
            "[interface]\nrequires = 'footlight:host/clock'",
            &format!(
                "7: interface.requires: `footlight:host/clock` is not offered by this host; \
                 {offers}"
            ),
        ),
        (
            "[interface]\nrequire = []",
            "7: interface.require: unknown key; did you mean `requires`? The keys here are \
             `implements`, `requires`",
        ),
    ]);
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
