//! The mistakes in what says who may connect, and by which names.

use super::*;

/// Checks what is said about this `config`, beside a port.
fn said_about(config: &str, expected: &str) {
    let line = format!("config = {{ port = 1, {config} }}");
    replaced(5, &[(&line, &format!("5: handlers[0].config.{expected}"))]);
}

#[test]
fn mistakes_about_names_are_told() {
    let names = "write a list of host names such as [\"device.example.org\"]";
    said_about(
        "names = ['a.example']",
        "names: has no effect without `origins`; add origins = [\"self\"]",
    );
    for (value, expected) in [
        ("'a'", format!(": \"a\" is not a list of 1 to 64 texts; {names}")),
        ("[1]", format!("[0]: 1 is not one that fits here; {names}")),
        (
            "['a', 'http://a']",
            "[1]: \"http://a\" is a URL; write only its host name, without scheme, port and path"
                .into(),
        ),
        (
            "['a:8080']",
            "[0]: \"a:8080\" has a port, and a name counts at every port; write it without the port"
                .into(),
        ),
        (
            "['192.0.2.1']",
            "[0]: \"192.0.2.1\" is an address, and every address counts as a name already; remove \
             it; write only names here"
                .into(),
        ),
        (
            "['*.example']",
            "[0]: \"*.example\" has a `*`, which stands for nothing here; write each name out".into(),
        ),
        (
            "['b\u{fc}cher.example']",
            "[0]: \"b\u{fc}cher.example\" has letters beyond ASCII, which browsers do not send; write \
             the name in its ASCII form, such as xn--bcher-kva.example"
                .into(),
        ),
        (
            "['a b']",
            "[0]: \"a b\" has no valid host name; write a name of letters, digits, `-`, `_` and dots, \
             or an IP address"
                .into(),
        ),
    ] {
        said_about(&format!("origins = ['self'], names = {value}"), &format!("names{expected}"));
    }
}
