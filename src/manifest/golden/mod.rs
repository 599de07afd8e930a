//! The exact texts about every kind of mistake.
//!
//! This file has the root, `[limits]` and `[logging]`. The modules have the other tables, and
//! manifests of Theater.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[cfg(feature = "mqtt")]
mod brokers;
mod env;
mod folders;
mod handlers;
mod interface;
mod receivers;
#[cfg(feature = "http-client")]
mod servers;
mod storage;
mod theater;

use super::tests::{LEAST, said};

/// Checks the messages when one line of the shortest manifest is replaced.
fn replaced(line: usize, cases: &[(&str, &str)]) {
    for (instead, expected) in cases {
        let mut lines: Vec<&str> = LEAST.lines().collect();
        lines[line - 1] = instead;
        assert_eq!(said(&lines.join("\n")), *expected, "{instead}");
    }
}

/// Checks the messages when lines are added to the shortest manifest, from the sixth on.
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
    // One message for each line, except for mistakes of TOML.
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
                 `init_state`, `tick`, `interface`, `handlers`, `limits`, `logging`, `storage`, `env`, `build`",
            ),
            (
                "component_path = 'a'\nlimits = 5",
                "3: limits: 5 is not a table; write [limits], with its keys below it",
            ),
        ],
    );
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
        // Found by fuzzing: the parser can accept a text as a number that is not one.
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
             `connections`, `per_address`, `mailbox`, `outbox`, `requests`, `downloads`, `idle_connections`, `request`, `response`, `rate`, `file`, `file_access`, `state`, `storage`, `storage_key`, `storage_value`, `held`, `answer`, `answers`, `effects`, `tags`, `tag`, `attachment`, `alarm`, `memory`, \
             `watermark`, `table`, `tables`, `module`, `time`, `fuel`, `slice`, `log_line`, `log_rate`, `hibernate_after`, `handshake`, `turn`, `keep_alive`, `file_wait`, `fetch_response`, `fetches`, `fetch_wait`, `sends`, `sent`, `reply`, `reply_wait`, `mqtt_publishes`, `mqtt_outbox`, `mqtt_inbox`, `mqtt_inflight`, `ping`, `pong`, `idle`, `close`, `shutdown`",
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

#[cfg(not(feature = "mqtt"))]
#[test]
fn a_build_without_mqtt_refuses_its_handlers_and_its_interface() {
    added(&[
        (
            "[[handlers]]\ntype = 'mqtt'\nconfig = { broker = 'mqtt://b' }",
            "8: handlers[1].config: this build has no MQTT; build it with `--features mqtt`, or remove \
             the handler",
        ),
        (
            "[interface]\nrequires = 'footlight:host/mqtt@0.1.0'",
            "7: interface.requires: `footlight:host/mqtt@0.1.0` can't be granted: this build has no \
             MQTT; build it with `--features mqtt`",
        ),
    ]);
}

#[cfg(not(feature = "http-client"))]
#[test]
fn a_build_without_requests_to_servers_refuses_their_handlers_and_their_interface() {
    added(&[
        (
            "[[handlers]]\ntype = 'http-client'\nconfig = { allow = ['http://a'] }",
            "8: handlers[1].config: this build has no requests to servers; build it with `--features \
             http-client`, or remove the handler",
        ),
        (
            "[interface]\nrequires = 'footlight:host/http@0.1.0'",
            "7: interface.requires: `footlight:host/http@0.1.0` can't be granted: this build has no \
             requests to servers; build it with `--features http-client`",
        ),
    ]);
}
