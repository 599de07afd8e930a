//! The exact texts about mistakes in the `config` of an `http-client` handler.

use super::added;
use crate::{
    http_client::grant::Grant,
    manifest::{
        Handler,
        tests::{LEAST, parse, said},
    },
};

/// An `http-client` handler in three lines.
fn handler(config: &str) -> String {
    format!("[[handlers]]\ntype = 'http-client'\nconfig = {{ {config} }}\n")
}

#[test]
fn mistakes_about_servers_are_told() {
    let allow = "add allow = [\"https://api.example.org\"], the servers that the actor may ask, with \
                 a path if that is all it may use there";
    let write = "write an address such as \"https://api.example.org\" or \
                 \"http://10.0.0.5:8123/api\"";
    for (config, expected) in [
        // Theater's own manifests have no more.
        ("allow = 1", format!(".allow: 1 is not a list of addresses; {allow}")),
        ("allow = []", format!(".allow: an array is not a list of addresses; {allow}")),
        ("allow = [1]", ".allow[0]: 1 is not a string; write one text in quotes".into()),
        (
            "allow = ['http://a', 'a']",
            format!(
                ".allow[1]: \"a\" can't be allowed: it has to begin with `http://` or `https://`; \
                 {write}"
            ),
        ),
        (
            "allow = ['http://bücher.example']",
            format!(
                ".allow[0]: \"http://bücher.example\" can't be allowed: a host's name is written in \
                 ASCII, as `xn--…` if it has other letters; {write}"
            ),
        ),
        (
            "allow = ['http://user@a']",
            format!(
                ".allow[0]: \"http://...@a\" can't be allowed: it has a user or a password; use the \
                 field `Authorization`; {write}"
            ),
        ),
        (
            "allow = ['http://a/?x']",
            ".allow[0]: \"http://a/?x\" has a query or a fragment; end it with the path, which allows \
             all queries"
                .into(),
        ),
        (
            "allow = ['http://0.0.0.0']",
            format!(".allow[0]: \"http://0.0.0.0\" is the address of no server; {write}"),
        ),
        (
            "allow = ['http://a'], private = 1",
            ".private: 1 is not a boolean; write true or false, without quotes".into(),
        ),
        (
            "allow = ['http://a'], alow = 1",
            ".alow: unknown key; did you mean `allow`? The keys here are `allow`, `private`".into(),
        ),
    ] {
        let text = format!("{LEAST}{}", handler(config));
        assert_eq!(said(&text), format!("8: handlers[1].config{expected}"), "{config}");
    }
    added(&[(
        "[[handlers]]\ntype = 'http-client'",
        "6: handlers[1].config: missing; add config = { allow = [\"https://api.example.org\"] }",
    )]);
}

#[test]
fn an_address_with_tls_is_a_mistake_where_there_is_none() {
    let text = format!("{LEAST}{}", handler("allow = ['https://a']"));
    if cfg!(feature = "tls") {
        assert!(parse(&text).is_ok());
    } else {
        assert_eq!(
            said(&text),
            "8: handlers[1].config.allow[0]: \"https://a\" needs TLS, and this footlight was built \
             without it; build it with `--features tls`"
        );
    }
}

#[test]
fn several_handlers_add_up_and_each_says_for_itself_what_may_be_private() {
    let one = handler("allow = ['http://A:80/x/../api', 'http://10.0.0.5']");
    let text = format!("{LEAST}{one}{}", handler("allow = ['http://b'], private = true"));
    let manifest = parse(&text).unwrap();
    let config = manifest.handlers.iter().find_map(|handler| match handler {
        Handler::HttpClient(config) => Some(config),
        _ => None,
    });
    let shown = |Grant { origin, path, private }: &Grant| format!("{origin}{path} {private}");
    let grants: Vec<_> = config.unwrap().grants.iter().map(shown).collect();
    assert_eq!(grants, ["http://a/api false", "http://10.0.0.5/ false", "http://b/ true"]);
}
