//! `[env]`, and the exact texts about its mistakes.

use crate::manifest::tests::{LEAST, parse, said};

#[test]
fn an_environment_is_read_up_to_its_limit() {
    let with = |env: &str| parse(&format!("{LEAST}[env]\n{env}"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let read = with("B = 'two words'\nA = ''\n").unwrap();
    assert_eq!(read.env.pairs(), [pair("A", ""), pair("B", "two words")]);
    // Two bytes for each pair are those of `=` and of the end.
    let most = "x".repeat((1 << 15) - 3);
    assert!(with(&format!("A = '{most}'")).is_ok());
    for (env, expected) in [
        (format!("A = '{most}y'"), "6: env: 32769 bytes, at most 32768 are allowed; keep long"),
        ("A = 1".into(), "7: env.A: 1 is not a string; write one text in quotes"),
        ("\"A=B\" = ''".into(), "7: env.\"A=B\": not a name of the environment; write a name"),
        (
            "A = \"a\\u0000\"".into(),
            "7: env.A: \"a\\0\" is not a value of the environment; write a",
        ),
    ] {
        let said = said(&format!("{LEAST}[env]\n{env}"));
        assert!(said.starts_with(expected), "{said}");
    }
}
