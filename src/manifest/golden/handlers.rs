//! The exact texts about mistakes in `[[handlers]]`, and in a listener's `config`.

use super::{added, replaced};
use crate::{
    manifest::tests::{LEAST, listeners, parse, said},
    server::config::TlsFiles,
};

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
                "type = 'process'",
                "4: handlers[0].type: this host has no handler of type `process`; it has \
                 `websocket-server`, `http-server`, `filesystem`, `http-client`, \
                 `message-server` and `mqtt`",
            ),
            (
                "type = 'websocket-server'\nport = 1",
                "5: handlers[0].port: unknown key; a handler's own keys stand in its config, as in \
                 config = { port = 8080 }; the keys here are `type`, `config`",
            ),
            (
                "type = 'websocket-server'\ntick = 1000",
                "5: handlers[0].tick: unknown key; it is a key of the manifest: write it above the \
                 first [[handlers]]; the keys here are `type`, `config`",
            ),
            (
                "type = 'websocket-sever'",
                "4: handlers[0].type: this host has no handler of type `websocket-sever`; did you \
                 mean `websocket-server`? It has `websocket-server`, `http-server`, `filesystem`, \
                 `http-client`, `message-server` and `mqtt`",
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
    assert!(parse(&lines.join("\n")).is_ok());
    let too_long = path(256);
    lines[4] = &too_long;
    assert!(said(&lines.join("\n")).contains("xxx... is not a path; write \"/\""));
}

#[test]
fn mistakes_about_what_a_listener_serves_are_told() {
    let origins = "write a list such as [\"self\", \"https://example.org\"]";
    let origin = "is not an origin that browsers send";
    let network = "is not an IP address or a network";
    let name = "is not a host name; write letters, digits, `-`, `.` and `_`, without a port; \
                addresses are always known";
    let names = "write a list of names such as [\"chat.v1\"]";
    let auto = "write { ping = \"ping\", pong = \"pong\" }";
    for (key, value, expected) in [
        ("origins", "'*'", format!(": \"*\" is not a list of 1 to 64 texts; {origins}")),
        ("origins", "[]", format!(": an array is not a list of 1 to 64 texts; {origins}")),
        (
            "origins",
            "['self', 'https://a.org/']",
            format!(
                "[1]: \"https://a.org/\" {origin}; an origin ends with its host and port: write \
                 \"https://a.org\""
            ),
        ),
        (
            "origins",
            "['a.org:443']",
            format!(
                "[0]: \"a.org:443\" {origin}; write a scheme and a host, such as \
                 \"https://example.org\"; or \"self\", \"null\" or \"file://\""
            ),
        ),
        ("names", "['a.org:80']", format!("[0]: \"a.org:80\" {name}")),
        (
            "names",
            "['a.org']",
            ": without `origins` a listener answers to any name; add origins = [\"self\"], or remove \
             this"
                .into(),
        ),
        ("names", "['127.0.0.1']", format!("[0]: \"127.0.0.1\" {name}")),
        ("names", "['a..org']", format!("[0]: \"a..org\" {name}")),
        (
            "trusted_proxies",
            "['proxy']",
            format!("[0]: \"proxy\" {network}; write \"127.0.0.1\", \"::1\" or \"10.0.0.0/8\""),
        ),
        (
            "trusted_proxies",
            "['10.0.0.1/8']",
            "[0]: \"10.0.0.1/8\" is not a network; it has bits after its own; write \"10.0.0.0/8\""
                .into(),
        ),
        (
            "proxy_protocol",
            "true",
            ": the PROXY protocol is taken from trusted proxies only; add trusted_proxies = \
             [\"127.0.0.1\"], or the address of your proxy"
                .into(),
        ),
        ("subprotocols", "['a b']", format!("[0]: \"a b\" is not one that fits here; {names}")),
        ("subprotocols", "[1]", format!("[0]: 1 is not one that fits here; {names}")),
        ("token_file", "1", ": 1 is not a string; write one text in quotes".into()),
        (
            "console",
            "'no'",
            ": \"no\" is not a kind of console; write true, false or \"inspect\"".into(),
        ),
        ("console", "1", ": 1 is not a kind of console; write true, false or \"inspect\"".into()),
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
fn the_console_is_a_page_an_inspector_or_nothing() {
    for (value, expected) in
        [("true", (true, false)), ("false", (false, false)), ("'inspect'", (true, true))]
    {
        let text = LEAST.replace("port = 8080", &format!("port = 1, console = {value}"));
        if expected.1 && !cfg!(feature = "tools") {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains("was built without the inspector"), "{error}");
            continue;
        }
        let manifest = parse(&text).unwrap();
        let listener = &listeners(&manifest)[0];
        assert_eq!((listener.console, listener.inspect), expected, "{value}");
        assert_eq!(manifest.is_inspected(), listener.inspect);
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
        assert_eq!(listeners(&parse(&text).unwrap())[0].tls, Some(expected));
    } else {
        let expected = format!(
            "{at}: this footlight was built without TLS; build it with `--features tls`; or remove \
             this and put a proxy that has TLS, such as Caddy or nginx, in front"
        );
        replaced(5, &[(&files("{ cert = 'a', key = 'b' }"), &expected)]);
    }
}

#[test]
fn mistakes_about_where_the_actor_answers_are_told() {
    let second = |config: &str| format!("[[handlers]]\ntype = 'http-server'\nconfig = {config}");
    let shared = |key: &str| {
        format!(
            "8: handlers[1].config.{key}: handlers[0] has the same port, and so one listener; write \
             `{key}` there"
        )
    };
    let path = "write \"/\" and what follows it, at most 256 ASCII characters, without `?`, `#` and \
                space";
    let keys = "the keys here are `port`, `host`, `origins`, `names`, `trusted_proxies`, \
                `proxy_protocol`, `token_file`, `static`, `tls`, `health`, `metrics`";
    let port = "write a whole number from 0 to 65535 (0 lets the system choose)";
    for (config, expected) in [
        ("{ port = 8080, static = 'a' }", shared("static")),
        ("{ port = 8080, origins = 'a' }", shared("origins")),
        ("{ port = 8080, health = false }", shared("health")),
        (
            "{ host = '0.0.0.0', port = 8080 }",
            "8: handlers[1].config.port: handlers[0] has this port at 127.0.0.1; write host = \
             \"127.0.0.1\" here too, to share its listener"
                .into(),
        ),
        (
            "{ port = 8081, console = false }",
            format!("8: handlers[1].config.console: unknown key; {keys}"),
        ),
        (
            "{ port = 8081, health = 'x' }",
            format!("8: handlers[1].config.health: \"x\" is not a path; {path}"),
        ),
        (
            "{ port = 8081, health = '/a', metrics = '/a' }",
            "8: handlers[1].config.metrics: something else has this path; write another path"
                .into(),
        ),
        ("{ port = 'x' }", format!("8: handlers[1].config.port: \"x\" is not a port; {port}")),
        (
            "{ host = '::1' }",
            "8: handlers[1].config.port: missing; add port = 8080 (0 lets the system choose)"
                .into(),
        ),
    ] {
        added(&[(&second(config), &expected)]);
    }
    // A listener of the socket takes one handler.
    let twice = [second("{ port = 8080 }"), second("{ port = 8080 }")].join("\n");
    let taken = "11: handlers[2].config.port: 127.0.0.1:8080 is taken by handlers[0] already; \
                 write another port or another host";
    added(&[(&twice, taken)]);
    replaced(
        5,
        &[(
            "config = { port = 1, metrics = '/ws' }",
            "5: handlers[0].config.metrics: something else has this path; write another path",
        )],
    );
}

#[test]
fn an_actor_answers_at_a_listener_of_its_own_or_at_the_sockets() {
    let read = |text: &str| listeners(&parse(text).unwrap()).to_vec();
    let handler = |config: &str| format!("[[handlers]]\ntype = 'http-server'\nconfig = {config}\n");
    let head = "name = 'a'\ncomponent_path = 'a.wasm'\n";
    let socket = "[[handlers]]\ntype = 'websocket-server'\nconfig = { port = 0 }\n";
    // The order of the handlers is of no importance.
    for text in [
        format!("{head}{socket}{}", handler("{ port = 0 }")),
        format!("{head}{}{socket}", handler("{ port = 0, host = '127.0.0.1' }")),
    ] {
        let [one] = &read(&text)[..] else { panic!("{text}") };
        assert!(one.has_socket && one.has_actor && one.console);
    }
    let own =
        handler("{ port = 8084, health = '/up', metrics = false, origins = ['https://a.b'] }");
    let text = format!("{head}{own}{socket}");
    let [socket, own] = &read(&text)[..] else { panic!("{text}") };
    assert!(socket.has_socket && !socket.has_actor);
    assert!(!own.has_socket && own.has_actor && !own.console);
    let pages = |listener: &crate::server::config::Listener| {
        (listener.health.clone(), listener.metrics.clone())
    };
    assert_eq!(pages(socket), (Some("/healthz".into()), Some("/metrics".into())));
    assert_eq!(pages(own), (Some("/up".into()), None));
    assert_eq!(own.access.origins, Some(vec!["https://a.b".into()]));
}
