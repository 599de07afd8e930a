//! The exact texts about mistakes in the `config` of a `message-server` handler.

use super::added;
use crate::manifest::tests::{LEAST, parse};

#[test]
fn mistakes_about_receivers_are_told() {
    let write = "write the names of actors, as in their manifests: to = [\"lamp\"]";
    let handler =
        |config: &str| format!("[[handlers]]\ntype = 'message-server'\nconfig = {{ {config} }}");
    let list = handler("to = 'lamp'");
    let number = handler("to = [1]");
    let other = handler("too = ['lamp']");
    added(&[
        (&list, &format!("8: handlers[1].config.to: \"lamp\" is not a list of names; {write}")),
        (&number, "8: handlers[1].config.to[0]: 1 is not a string; write one text in quotes"),
        (
            &other,
            "8: handlers[1].config.too: unknown key; did you mean `to`? The keys here are `to`",
        ),
        (
            "[[handlers]]\ntype = 'message-server'",
            "6: handlers[1].config: missing; add config = { to = [\"lamp\"] }",
        ),
        (
            "[interface]\nrequires = 'ntwk:theater/message-server-host'",
            "7: interface.requires: `ntwk:theater/message-server-host` needs actors that it may send \
             to, and no handler names any; add a [[handlers]] table with type = \"message-server\" and \
             config = { to = [\"lamp\"] }",
        ),
    ]);
}

#[test]
fn several_handlers_add_up_and_one_that_only_receives_needs_no_names() {
    let handler =
        |config: &str| format!("[[handlers]]\ntype = 'message-server'\nconfig = {{ {config} }}\n");
    let receivers = |text: &str| {
        let manifest = parse(&format!("{LEAST}{text}")).unwrap();
        let config = manifest.messages();
        config.map(|config| config.to.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(receivers(""), None);
    assert_eq!(receivers(&handler("")), Some(vec![]));
    assert_eq!(receivers(&handler("to = []")), Some(vec![]));
    let two = handler("to = ['a']") + &handler("to = ['b', 'c']");
    assert_eq!(receivers(&two), Some(["a", "b", "c"].map(String::from).to_vec()));
}
