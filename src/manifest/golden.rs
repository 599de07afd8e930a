//! The exact words about every kind of mistake.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::{
    TlsFiles,
    tests::{LEAST, parse, said},
};

/// Checks what is said when one line of the least manifest is replaced.
fn replaced(line: usize, cases: &[(&str, &str)]) {
    for (instead, expected) in cases {
        let mut lines: Vec<&str> = LEAST.lines().collect();
        lines[line - 1] = instead;
        assert_eq!(said(&lines.join("\n")), *expected, "{instead}");
    }
}

/// Checks what is said when lines, from the sixth on, are added to the least manifest.
fn added(cases: &[(&str, &str)]) {
    for (lines, expected) in cases {
        assert_eq!(said(&format!("{LEAST}{lines}\n")), *expected, "{lines}");
    }
}

#[test]
fn mistakes_of_toml_have_their_line() {
    let unquoted = "not TOML: string values must be quoted, expected literal string";
    replaced(
        2,
        &[
            ("component_path = a.wasm", &format!("2: {unquoted}")),
            ("component_path =", &format!("2: {unquoted}")),
            ("name = 'b'", "2: not TOML: duplicate key"),
            ("component_path = \"a", "2: not TOML: invalid basic string, expected `\"`"),
        ],
    );
    // One message a line, and no others beside those about TOML.
    assert_eq!(
        said("unknown = yes no\n\nname = [1,\n[e\n"),
        format!("1: {unquoted}\n4: not TOML: unclosed array, expected `]`")
    );
}

#[test]
fn mistakes_of_the_root_are_told() {
    let name = "not beginning with `.`";
    let name = format!("write 1 to 64 ASCII letters, digits, `-`, `_` and `.`, {name}");
    let long = "x".repeat(65);
    replaced(
        1,
        &[
            ("", "1: name: missing; add name = \"my-actor\""),
            ("name = ['a']", "1: name: an array is not a string; write one text in quotes"),
            ("name = ''", &format!("1: name: \"\" is not a name; {name}")),
            ("name = 'a b'", &format!("1: name: \"a b\" is not a name; {name}")),
            ("name = 'é'", &format!("1: name: \"é\" is not a name; {name}")),
            ("name = '..'", &format!("1: name: \"..\" is not a name; {name}")),
            (
                "name = \"a\\n\\u001b\"",
                &format!("1: name: \"a\\n\\u{{1b}}\" is not a name; {name}"),
            ),
            (
                &format!("name = '{long}'"),
                &format!("1: name: \"{}... is not a name; {name}", &long[..59]),
            ),
            (
                "name = 'footlight'",
                "1: name: the host's own lines in the log have this name; write another name",
            ),
        ],
    );
    let path = "write a path, relative to the manifest's folder";
    replaced(
        2,
        &[
            ("", "1: component_path: missing; add component_path = \"actor.wasm\""),
            ("component_path = ''", &format!("2: component_path: \"\" is not a path; {path}")),
            (
                "component_path = \"a\\u0000\"",
                &format!("2: component_path: \"a\\0\" is not a path; {path}"),
            ),
            (
                "component_path = 1979-05-27",
                "2: component_path: a date is not a string; write one text in quotes",
            ),
            (
                "component_path = 'a'\ninit_state = 1.5",
                "3: init_state: 1.5 is not a string; write one text in quotes",
            ),
            (
                "component_path = 'a'\n\"a b\" = 1",
                "3: \"a b\": unknown key; the keys here are `name`, `component_path`, \
                 `init_state`, `interface`, `handlers`, `limits`, `logging`",
            ),
            (
                "component_path = 'a'\nlimits = 5",
                "3: limits: 5 is not a table; write [limits], with its keys below it",
            ),
        ],
    );
}

#[test]
fn mistakes_about_the_interface_are_told() {
    let calls = "remove it; this host calls `websocket-server`, `actor`, `types` of \
                 `ntwk:theater` or `theater:simple`";
    let offers = "remove it, and the import from the actor; this host offers `runtime`, `types` \
                  of `ntwk:theater` or `theater:simple`";
    let server = "does not name a websocket-server interface; add \
                  \"ntwk:theater/websocket-server\" or \"theater:simple/websocket-server\"";
    let named = "is not an interface; write its name in quotes, or a list of names";
    added(&[
        (
            "[interface]\nimplements = 'ntwk:theater/http-server'",
            &format!(
                "7: interface.implements: `ntwk:theater/http-server` is not an interface that \
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
            "[interface]\nrequires = 'ntwk:theater/http-client'",
            &format!(
                "7: interface.requires: `ntwk:theater/http-client` is not offered by this host; \
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
fn mistakes_about_handlers_are_told() {
    let example = "add a [[handlers]] table with type = \"websocket-server\" and config = { port \
                   = 8080 }";
    let root = "name = 'a'\ncomponent_path = 'a'\n";
    assert_eq!(said(root), format!("1: handlers: missing; {example}"));
    assert_eq!(
        said(&format!("{root}handlers = []")),
        format!("3: handlers: no handler, so nothing could reach the actor; {example}")
    );
    assert_eq!(
        said(&format!("{root}[handlers]\ntype = 'websocket-server'")),
        "3: handlers: a table is not a list of tables; write [[handlers]], in two pairs of \
         brackets"
    );
    assert_eq!(
        said(&format!("{root}handlers = ['websocket-server']")),
        "3: handlers[0]: \"websocket-server\" is not a table; write [[handlers]], with type and \
         config below it"
    );
    replaced(
        4,
        &[
            ("", "3: handlers[0].type: missing; add type = \"websocket-server\""),
            ("type = 1", "4: handlers[0].type: 1 is not a string; write one text in quotes"),
            (
                "type = 'http-server'",
                "4: handlers[0].type: this host has no handler of type `http-server`; it has \
                 `websocket-server`",
            ),
            (
                "type = 'filesystem'",
                "4: handlers[0].type: this host has no handler of type `filesystem`; it has \
                 `websocket-server`",
            ),
            (
                "type = 'websocket-server'\nport = 1",
                "5: handlers[0].port: unknown key; the keys here are `type`, `config`",
            ),
        ],
    );
    replaced(
        5,
        &[
            ("", "3: handlers[0].config: missing; add config = { port = 8080 }"),
            (
                "config = 1",
                "5: handlers[0].config: 1 is not a table; write config = { port = 8080 }",
            ),
        ],
    );
    added(&[(
        "[[handlers]]\ntype = 'websocket-server'\nconfig = { host = '127.0.0.1', port = 8080 }",
        "8: handlers[1].config.port: 127.0.0.1:8080 is taken by handlers[0] already; write \
         another port or another host",
    )]);
}

#[test]
fn mistakes_about_a_listener_are_told() {
    let port = "write a whole number from 0 to 65535 (0 lets the system choose)";
    let host = "write \"127.0.0.1\" (this machine only), \"0.0.0.0\" (every network) or another \
                address";
    let path = "write \"/\" and what follows it, at most 256 ASCII characters, without `?`, `#` \
                and space";
    let config = |key: &str, value: &str| format!("config = {{ {key} = {value} }}");
    let case = |key: &str, value: &str, shown: &str, rest: &str| {
        (config(key, value), format!("5: handlers[0].config.{key}: {shown} is not {rest}"))
    };
    let mut cases = Vec::new();
    for value in ["65536", "-1", "\"8080\"", "80.0", "true", "99999999999999999999999999999999"] {
        cases.push(case("port", value, value, &format!("a port; {port}")));
    }
    for value in ["localhost", "", "127.0.0.1:8080", "[::1]", "256.0.0.1"] {
        let value = format!("{value:?}");
        cases.push(case("port = 1, host", &value, &value, &format!("an IP address; {host}")));
    }
    for value in ["", "ws", "/a b", "/a?b", "/a#b", "/é", "/\u{7f}"] {
        let value = format!("{value:?}").replace("\\u{7f}", "\\u007f");
        let shown = value.replace("\\u007f", "\\u{7f}");
        cases.push(case("port = 1, path", &value, &shown, &format!("a path; {path}")));
    }
    for (line, expected) in &cases {
        replaced(5, &[(line, &expected.replace("port = 1, ", ""))]);
    }
    let path = |length: usize| format!("config = {{ port = 1, path = '/{}' }}", "x".repeat(length));
    let mut lines: Vec<&str> = LEAST.lines().take(4).collect();
    let longest = path(255);
    lines.push(&longest);
    assert!(super::tests::parse(&lines.join("\n")).is_ok());
    let too_long = path(256);
    lines[4] = &too_long;
    assert!(said(&lines.join("\n")).contains("xxx... is not a path; write \"/\""));
}

#[test]
fn mistakes_about_what_a_listener_serves_are_told() {
    let origins = "write a list such as [\"self\", \"https://example.org\"]: a scheme, a host and \
                   no path";
    let names = "write a list of names such as [\"chat.v1\"]";
    let auto = "write { ping = \"ping\", pong = \"pong\" }";
    for (key, value, expected) in [
        ("origins", "'*'", format!(": \"*\" is not a list of 1 to 64 texts; {origins}")),
        ("origins", "[]", format!(": an array is not a list of 1 to 64 texts; {origins}")),
        ("origins", "['*']", format!("[0]: \"*\" is not one that fits here; {origins}")),
        (
            "origins",
            "['self', 'https://a.org/']",
            format!("[1]: \"https://a.org/\" is not one that fits here; {origins}"),
        ),
        ("origins", "['a.org']", format!("[0]: \"a.org\" is not one that fits here; {origins}")),
        ("subprotocols", "['a b']", format!("[0]: \"a b\" is not one that fits here; {names}")),
        ("subprotocols", "[1]", format!("[0]: 1 is not one that fits here; {names}")),
        ("token_file", "1", ": 1 is not a string; write one text in quotes".into()),
        (
            "console",
            "'no'",
            ": \"no\" is not a boolean; write true or false, without quotes".into(),
        ),
        (
            "static",
            "''",
            ": \"\" is not a path; write a path, relative to the manifest's folder".into(),
        ),
        ("auto_response", "'ping'", format!(": \"ping\" is not a table; {auto}")),
        ("auto_response", "{ ping = 'a' }", format!(".pong: missing; {auto}")),
        (
            "auto_response",
            "{ ping = '', pong = 'a' }",
            ".ping: \"\" is not a text for this; write 1 to 1024 bytes".into(),
        ),
        (
            "on_overflow",
            "'wait'",
            ": \"wait\" is not a way to go on; write \"close\" or \"drop\"".into(),
        ),
    ] {
        let line = format!("config = {{ port = 1, {key} = {value} }}");
        replaced(5, &[(&line, &format!("5: handlers[0].config.{key}{expected}"))]);
    }
}

#[test]
fn tls_is_a_mistake_where_there_is_none_and_read_where_there_is() {
    let files = |tls| format!("config = {{ port = 1, tls = {tls} }}");
    let at = "5: handlers[0].config.tls";
    if cfg!(feature = "tls") {
        let example = "write { cert = \"cert.pem\", key = \"key.pem\" }";
        for (tls, expected) in [
            ("true", format!("{at}: true is not a table; {example}")),
            ("{ cert = 'a' }", format!("{at}.key: missing; {example}")),
            (
                "{ cert = 'a', key = 1 }",
                format!("{at}.key: 1 is not a string; write one text in quotes"),
            ),
            (
                "{ cert = 'a', key = 'b', ca = 'c' }",
                format!("{at}.ca: unknown key; the keys here are `cert`, `key`"),
            ),
        ] {
            replaced(5, &[(&files(tls), &expected)]);
        }
        let text = LEAST.replace("port = 8080", "port = 1, tls = { cert = 'a', key = '/b' }");
        let expected = TlsFiles { cert: "chat/a".into(), key: "/b".into() };
        assert_eq!(parse(&text).unwrap().listeners[0].tls, Some(expected));
    } else {
        let expected = format!(
            "{at}: this footlight was built without TLS; build it with `--features tls`; or remove \
             this and put a proxy that has TLS, such as Caddy or nginx, in front"
        );
        replaced(5, &[(&files("{ cert = 'a', key = 'b' }"), &expected)]);
    }
}

#[test]
fn mistakes_about_limits_are_told() {
    let size = "write bytes as a whole number, or text such as \"64KiB\" (units: B, KiB, MiB, GiB)";
    let units = "(units: ms, s, m, h)";
    let example = format!("write a whole number and its unit, such as \"5s\" {units}");
    let case = |line: &str, rest: &str| {
        let key = line.split(' ').next().unwrap().to_owned();
        (format!("[limits]\n{line}"), format!("7: limits.{key}: {rest}"))
    };
    let cases = [
        case("message = 0", "0 is out of range; write a size from \"1B\" to \"1GiB\""),
        case("message = -1", "-1 is out of range; write a size from \"1B\" to \"1GiB\""),
        case("message = '2GiB'", "\"2GiB\" is out of range; write a size from \"1B\" to \"1GiB\""),
        case("message = '64KB'", "\"64KB\" is not a size; write \"64KiB\" (1KiB is 1024 bytes)"),
        case("message = '1 mb'", "\"1 mb\" is not a size; write \"1MiB\" (1KiB is 1024 bytes)"),
        case("message = '64'", &format!("\"64\" is not a size; {size}")),
        case("message = 1.5", &format!("1.5 is not a size; {size}")),
        case("answers = 'many'", "\"many\" is not a whole number; write digits, without quotes"),
        case("answers = 0", "0 is out of range; write a whole number from 1 to 1_000_000"),
        // Found by fuzzing: what the parser takes for a number may not be one.
        case(
            "fuel = 1_000\0",
            "1000\\0 is out of range; write a whole number from 1 to 1_000_000_000_000_000",
        ),
        case("slice = 999", "999 is out of range; write a whole number from 1000 to 40_000"),
        case(
            "memory = 65_535",
            "65535 is out of range; write a size from \"64KiB\" to \"4194240KiB\"",
        ),
        case("close = 5", &format!("5 is not a duration; {example}")),
        case("close = '5'", &format!("\"5\" is not a duration; {example}")),
        case("close = '5 s'", &format!("\"5 s\" is not a duration; {example}")),
        case("close = 'soon'", &format!("\"soon\" is not a duration; {example}")),
        case("close = '0s'", "\"0s\" is out of range; write a duration from \"1ms\" to \"24h\""),
        case("close = '25h'", "\"25h\" is out of range; write a duration from \"1ms\" to \"24h\""),
        case(
            "messages = 1",
            "unknown key; did you mean `message`? The keys here are `message`, \
             `connections`, `mailbox`, `outbox`, `requests`, `file`, `state`, `answer`, `answers`, `memory`, \
             `watermark`, `table`, `tables`, `module`, `fuel`, `slice`, `log_line`, `log_rate`, `hibernate_after`, `handshake`, `response`, `ping`, `pong`, `idle`, `close`, `shutdown`",
        ),
    ];
    for (lines, expected) in &cases {
        added(&[(lines, expected)]);
    }
}

#[test]
fn mistakes_about_logging_are_told() {
    let levels = "write \"error\", \"warn\", \"info\", \"debug\", \"trace\" or \"off\"";
    added(&[
        (
            "[logging]\nlevel = 'loud'",
            &format!("7: logging.level: \"loud\" is not a level; {levels}"),
        ),
        ("[logging]\nlevel = 3", &format!("7: logging.level: 3 is not a level; {levels}")),
        (
            "[logging]\noutput = 'both'",
            "7: logging.output: \"both\" is not an output; write \"stderr\", \"stdout\" or \"file\"",
        ),
        (
            "[logging]\noutput = 'file'",
            "7: logging.output: \"file\" does not say which file; add file_path = \"actor.log\" \
             or log_dir = \"logs\"",
        ),
        (
            "[logging]\noutput = 'stdout'\nfile_path = 'a.log'",
            "8: logging.file_path: contradicts logging.output = \"stdout\"; remove one of the \
             two, or write output = \"file\"",
        ),
        (
            "[logging]\nlog_dir = 'logs'\noutput = 'stderr'",
            "7: logging.log_dir: contradicts logging.output = \"stderr\"; remove one of the two, \
             or write output = \"file\"",
        ),
        (
            "[logging]\nfile_path = 'a.log'\nlog_dir = 'logs'",
            "8: logging.log_dir: contradicts logging.file_path; keep one of the two",
        ),
        (
            "[logging]\nfile_path = ''",
            "7: logging.file_path: \"\" is not a path; write a path, relative to the manifest's \
             folder",
        ),
        (
            "[logging]\nchain_events = 'yes'",
            "7: logging.chain_events: \"yes\" is not a boolean; write true or false, without \
             quotes",
        ),
        (
            "[logging]\nfile = 'a.log'",
            "7: logging.file: unknown key; the keys here are `level`, `output`, `file_path`, \
             `log_dir`, `chain_events`",
        ),
    ]);
}
