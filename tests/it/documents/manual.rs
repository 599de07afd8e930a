//! Compares `docs/manifest.md`, `docs/actors.md` and `docs/deploy.md` with the program: the manifest's
//! keys and limits, the blocks of code, and the command line.

use std::{path::Path, time::Duration};

use footlight::{
    config::units::Quantity,
    exchange::OnOverflow,
    limits::keys::limit_keys,
    manifest::{Handler, Manifest},
    mqtt::config::{OnFull, Version},
};

use super::blocks;
use crate::support::footlight;

/// The documents.
const MANIFEST: &str = include_str!("../../../docs/manifest.md");
const ACTORS: &str = include_str!("../../../docs/actors.md");
const DEPLOY: &str = include_str!("../../../docs/deploy.md");

/// The part of a manifest above its first handler.
const ABOVE: &str = "name = \"a\"\ncomponent_path = \"a.wasm\"\n\n";

fn parse(text: &str) -> Result<Manifest, String> {
    Manifest::parse(Path::new("manifest.toml"), text).map_err(|error| error.to_string())
}

/// The text below a heading, up to the next heading.
fn section<'d>(document: &'d str, heading: &str) -> &'d str {
    let (_, rest) = document.split_once(&format!("\n{heading}\n")).unwrap();
    rest.split("\n#").next().unwrap()
}

/// The first two cells of each row of a section's table; the first one is a key.
fn rows<'d>(document: &'d str, heading: &str) -> Vec<(&'d str, &'d str)> {
    let lines = section(document, heading).lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = lines.map(|line| {
        let (key, rest) = line.split_once("` | ").unwrap();
        (key, rest.split(" | ").next().unwrap())
    });
    cells.collect()
}

/// The keys that the host lists in its error about the unknown key `zzzzzzzz`.
fn known(text: &str) -> Vec<String> {
    let error = parse(text).unwrap_err();
    let line = error.lines().find(|line| line.contains("zzzzzzzz")).unwrap_or_else(|| {
        panic!("{error}");
    });
    let (_, keys) = line.split_once("the keys here are ").unwrap();
    keys.split(", ").map(|key| key.trim_matches('`').to_owned()).collect()
}

#[test]
fn the_limits_of_the_manual_are_the_real_ones_with_their_real_defaults() {
    let keys = limit_keys();
    for key in &keys {
        let row = format!("\n| `{}` | {} | {} |", key.key, key.default, key.unit);
        assert!(section(MANIFEST, "## Limits").contains(&row), "there is no row {row}");
    }
    assert_eq!(rows(MANIFEST, "## Limits").len(), keys.len(), "there are other rows");
}

#[test]
fn the_keys_of_the_manual_are_all_that_a_manifest_may_have() {
    let server = |config: &str| {
        format!("{ABOVE}[[handlers]]\ntype = \"websocket-server\"\nconfig = {{ {config} }}\n")
    };
    let folder = "[[handlers]]\ntype = \"filesystem\"\nconfig = { path = \"a\", zzzzzzzz = 1 }\n";
    let servers = "[[handlers]]\ntype = \"http-client\"\nconfig = { allow = [\"http://a\"], zzzzzzzz = \
                   1 }\n";
    let receivers = "[[handlers]]\ntype = \"message-server\"\nconfig = { zzzzzzzz = 1 }\n";
    let brokers =
        "[[handlers]]\ntype = \"mqtt\"\nconfig = { broker = \"mqtt://a\", zzzzzzzz = 1 }\n";
    for (heading, text) in [
        ("## Where clients connect", server("port = 1, zzzzzzzz = 1")),
        ("## Folders for the actor", server("port = 1") + folder),
        ("## Servers that the actor may ask", server("port = 1") + servers),
        ("## Actors that it may send to", server("port = 1") + receivers),
        ("## Brokers", server("port = 1") + brokers),
        ("## Logging", server("port = 1") + "[logging]\nzzzzzzzz = 1\n"),
        ("## Interface", server("port = 1") + "[interface]\nzzzzzzzz = 1\n"),
        ("## Storage", server("port = 1") + "[storage]\nzzzzzzzz = 1\n"),
        ("## Building", server("port = 1") + "[build]\nzzzzzzzz = 1\n"),
        ("## Limits", server("port = 1") + "[limits]\nzzzzzzzz = 1\n"),
    ] {
        let mut written: Vec<_> = rows(MANIFEST, heading).into_iter().map(|(key, _)| key).collect();
        let mut known = known(&text);
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known, "{heading}");
    }
    // The root's other keys are the sections.
    let mut written: Vec<_> =
        rows(MANIFEST, "## The actor").into_iter().map(|(key, _)| key.to_owned()).collect();
    written.extend(
        ["interface", "handlers", "logging", "storage", "env", "limits", "build"]
            .map(str::to_owned),
    );
    let mut known = known(&format!("zzzzzzzz = 1\n{}", server("port = 1")));
    written.sort_unstable();
    known.sort_unstable();
    assert_eq!(written, known);
}

#[test]
fn the_defaults_of_the_manual_are_those_of_a_manifest_that_says_nothing() {
    let text =
        format!("{ABOVE}[[handlers]]\ntype = \"websocket-server\"\nconfig = {{ port = 1 }}\n");
    let text = text + "[[handlers]]\ntype = \"filesystem\"\nconfig = { path = \"a\" }\n";
    let text = text + "[[handlers]]\ntype = \"http-client\"\nconfig = { allow = [\"http://a\"] }\n";
    let text = text + "[[handlers]]\ntype = \"mqtt\"\nconfig = { broker = \"mqtt://a\" }\n";
    let manifest = parse(&text).unwrap();
    let [
        Handler::WebSocketServer(server),
        Handler::Filesystem(files),
        Handler::HttpClient(client),
        Handler::Mqtt(mqtt),
    ] = &manifest.handlers[..]
    else {
        panic!("{:?}", manifest.handlers)
    };
    let (listener, folder) = (&server.listeners[0], &files.folders[0]);
    let none = |is_none: bool| if is_none { "none".into() } else { "something".to_owned() };
    let text = |path: &Option<String>| format!("`{:?}`", path.as_deref().unwrap());
    let overflow = match listener.on_overflow {
        OnOverflow::Close => "close",
        OnOverflow::Drop => "drop",
    };
    let origins = if listener.access.origins.is_none() { "all" } else { "some" };
    let level = manifest.logging.level.as_str().to_lowercase();
    let (with, without) = (manifest.storage.durability(true), manifest.storage.durability(false));
    let durability =
        format!("`\"{}\"` with a data folder, else `\"{}\"`", with.name(), without.name());
    let duration = |time: Duration| {
        format!("`\"{}\"`", Quantity::Duration.text(time.as_millis().try_into().unwrap()))
    };
    let broker = &mqtt.brokers[0];
    let version = match broker.version {
        Version::Auto => "`\"auto\"`",
        _ => "another",
    };
    let on_full = match broker.on_full {
        OnFull::Refuse => "`\"refuse\"`",
        OnFull::Drop => "`\"drop\"`",
    };
    for (heading, key, default) in [
        ("## Brokers", "name", format!("`\"{}\"`", broker.name)),
        ("## Brokers", "version", version.to_owned()),
        ("## Brokers", "credentials_file", none(broker.credentials_file.is_none())),
        ("## Brokers", "keepalive", duration(broker.keepalive)),
        ("## Brokers", "session", duration(broker.session)),
        ("## Brokers", "subscribe", none(broker.subscribe.is_empty())),
        ("## Brokers", "publish", none(broker.publish.is_empty())),
        ("## Brokers", "will", none(broker.will.is_none())),
        ("## Brokers", "on_full", on_full.to_owned()),
        ("## The actor", "init_state", none(manifest.init_state.is_none())),
        ("## The actor", "tick", none(manifest.tick.is_none())),
        ("## Where clients connect", "host", format!("`\"{}\"`", listener.host)),
        ("## Where clients connect", "path", format!("`\"{}\"`", listener.path)),
        ("## Where clients connect", "origins", origins.to_owned()),
        ("## Where clients connect", "names", none(listener.access.names.is_empty())),
        (
            "## Where clients connect",
            "trusted_proxies",
            none(listener.access.trusted_proxies.is_empty()),
        ),
        (
            "## Where clients connect",
            "proxy_protocol",
            format!("`{}`", listener.access.proxy_protocol),
        ),
        ("## Where clients connect", "subprotocols", none(listener.subprotocols.is_empty())),
        ("## Where clients connect", "token_file", none(listener.token_file.is_none())),
        ("## Where clients connect", "console", format!("`{}`", listener.console)),
        ("## Where clients connect", "static", none(listener.static_folder.is_none())),
        ("## Where clients connect", "health", text(&listener.health)),
        ("## Where clients connect", "metrics", text(&listener.metrics)),
        ("## Where clients connect", "auto_response", none(listener.auto_response.is_none())),
        ("## Where clients connect", "tls", none(listener.tls.is_none())),
        ("## Where clients connect", "on_overflow", format!("`\"{overflow}\"`")),
        ("## Servers that the actor may ask", "private", format!("`{}`", client.grants[0].private)),
        ("## Folders for the actor", "writable", format!("`{}`", folder.writable)),
        ("## Folders for the actor", "name", none(folder.name.is_none())),
        ("## Logging", "level", format!("`\"{level}\"`")),
        ("## Logging", "chain_events", format!("`{}`", manifest.logging.chain_events)),
        ("## Storage", "durability", durability),
        ("## Storage", "interval", duration(manifest.storage.interval)),
        ("## Storage", "wear", format!("`\"{}\"`", Quantity::Rate.text(manifest.storage.wear))),
        ("## Storage", "wait", duration(manifest.storage.wait)),
    ] {
        let rows = rows(MANIFEST, heading);
        assert!(rows.contains(&(key, &default)), "{heading}: {key} is {default}");
    }
}

#[test]
fn every_toml_block_of_the_manual_is_right() {
    let [whole] = blocks(MANIFEST, "toml")[..] else { panic!("another number of blocks") };
    let manifest = parse(whole).unwrap();
    let [
        Handler::WebSocketServer(server),
        Handler::Filesystem(files),
        Handler::HttpClient(client),
        Handler::MessageServer(messages),
        Handler::Mqtt(mqtt),
    ] = &manifest.handlers[..]
    else {
        panic!("{:?}", manifest.handlers)
    };
    assert_eq!((server.listeners.len(), files.folders.len(), client.grants.len()), (1, 1, 1));
    assert!(messages.allows("lamp"));
    assert_eq!(mqtt.brokers[0].subscribe.len(), 1);

    let [proxy, tls] = blocks(DEPLOY, "toml")[..] else { panic!("another number of blocks") };
    parse(&format!("{ABOVE}{proxy}")).unwrap();
    match parse(&format!("{ABOVE}{tls}")) {
        Ok(manifest) => {
            let Handler::WebSocketServer(server) = &manifest.handlers[0] else { panic!() };
            assert!(cfg!(feature = "tls") && server.listeners[0].tls.is_some());
        }
        Err(error) => {
            // This is the only mistake, and the document mentions it.
            assert!(!cfg!(feature = "tls") && error.contains("built without TLS"), "{error}");
            assert_eq!(error.matches("manifest.toml:").count(), 1, "{error}");
        }
    }
}

#[test]
fn the_rust_of_the_manual_is_that_of_the_examples() {
    let rooms = include_str!("../../../examples/rooms/src/lib.rs");
    let notify = include_str!("../../../examples/notify/src/lib.rs");
    let [world, methods, calls] = blocks(ACTORS, "rust")[..] else {
        panic!("another number of blocks")
    };
    // The example's own names, and its place in this repository.
    let folders = "\"../../wit-core/wit/guide\", \"../../wit-core/wit/host\"";
    let world = world.replace("hello", "rooms").replace("\"wit\", \"host\"", folders);
    let indented = |line: &str| if line.is_empty() { "\n".into() } else { format!("    {line}\n") };
    for (code, source) in [(&*world, rooms), (methods, rooms), (calls, notify)] {
        let code: String = code.lines().map(indented).collect();
        assert!(source.contains(&code), "the example has other code than:\n{code}");
    }
}

#[test]
fn the_manual_has_the_usage_of_every_command_as_the_help_has_it() {
    let help = String::from_utf8(footlight(&["--help"]).stdout).unwrap();
    let usage = help.lines().skip_while(|line| !line.starts_with("Usage: "));
    let usage: Vec<_> = usage.take_while(|line| !line.is_empty()).map(|line| &line[7..]).collect();
    let block = format!("\n```\n{}\n```\n", usage.join("\n"));
    assert!(usage.len() >= 6 && DEPLOY.contains(&block), "docs/deploy.md has no{block}");
}
