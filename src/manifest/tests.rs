//! Tests of whole manifests: the values that are read, and the exact texts about mistakes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use log::LevelFilter;

use super::*;
use crate::{
    config::Mistake,
    exchange::OnOverflow,
    files::config::SharedFolder,
    logger::config::Output,
    server::{
        access::AccessConfig,
        config::{AutoResponse, Listener},
        trusted_proxies::AddressRange,
    },
    storage::Durability,
};

/// The shortest valid manifest.
pub(super) const LEAST: &str = r#"name = "a"
component_path = "a.wasm"
[[handlers]]
type = "websocket-server"
config = { port = 8080 }
"#;

/// Parses a text as if it were in `chat/manifest.toml`.
pub(super) fn parse(text: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(Path::new("chat/manifest.toml"), text)
}

/// The listeners of a manifest.
pub(super) fn listeners(manifest: &Manifest) -> &[Listener] {
    let mut handlers = manifest.handlers.iter();
    let found = handlers.find_map(|handler| match handler {
        Handler::WebSocketServer(config) => Some(&*config.listeners),
        _ => None,
    });
    found.unwrap_or_default()
}

/// The folders of a manifest.
fn folders(manifest: &Manifest) -> &[SharedFolder] {
    let mut handlers = manifest.handlers.iter();
    let found = handlers.find_map(|handler| match handler {
        Handler::Filesystem(config) => Some(&*config.folders),
        _ => None,
    });
    found.unwrap_or_default()
}

/// The messages about a manifest, without the file's name.
pub(super) fn said(text: &str) -> String {
    let error = parse(text).expect_err(text).to_string();
    let lines: Vec<&str> =
        error.lines().map(|l| l.strip_prefix("chat/manifest.toml:").unwrap()).collect();
    lines.join("\n")
}

#[test]
fn every_key_of_theaters_manifests_is_read() {
    let manifest = parse(
        r#"
name = "chat-room"
component_path = "chat_room.wasm"   # relative to the manifest
init_state = "state.json"           # optional, relative to the manifest

[interface]
implements = "ntwk:theater/websocket-server"   # a string, or a list of strings
requires = []

[[handlers]]
type = "websocket-server"
config = { port = 8080 }

[logging]                           # chain_events, level, output, file_path, log_dir
level = "info"
"#,
    )
    .unwrap();
    let listener = Listener::new(Ipv4Addr::LOCALHOST.into(), 8080);
    assert_eq!(manifest.file, Path::new("chat/manifest.toml"));
    assert_eq!(manifest.name, "chat-room");
    assert_eq!(manifest.component, Path::new("chat/chat_room.wasm"));
    assert_eq!(manifest.init_state, Some(PathBuf::from("chat/state.json")));
    assert_eq!(listener.path, "/ws");
    assert_eq!(listeners(&manifest), [listener]);
    assert_eq!(manifest.limits, Limits::default());
    assert_eq!(manifest.logging, Logging::default());
}

#[test]
fn what_is_left_out_has_its_default() {
    let manifest = parse(LEAST).unwrap();
    assert_eq!(manifest.init_state, None);
    assert_eq!(folders(&manifest), []);
    let folder = "[[handlers]]\ntype = 'filesystem'\nconfig = { path = 'data' }\n";
    let with = parse(&format!("{LEAST}{folder}")).unwrap();
    let folder = SharedFolder { path: "chat/data".into(), writable: false, name: None };
    assert_eq!(folders(&with), [folder]);
    assert_eq!(manifest.limits, Limits::default());
    assert_eq!(manifest.logging.level, LevelFilter::Info);
    assert_eq!(manifest.logging.output, Output::Stderr);
    assert!(!manifest.logging.chain_events);
    let expected = StorageConfig {
        durability: None,
        interval: Duration::from_secs(5),
        wear: 2_000_000_000,
        wait: Duration::from_secs(30),
    };
    assert_eq!(manifest.storage, expected);
}

#[test]
fn everything_can_be_set() {
    let manifest = parse(
        r#"
name = "A.b-c_9"
component_path = "/opt/a.wasm"
[interface]
implements = ["theater:simple/websocket-server", "theater:simple/actor", "ntwk:theater/types"]
requires = ["theater:simple/runtime", "ntwk:theater/types", "footlight:host/files@0.1.0"]
[[handlers]]
type = "websocket-server"
config = { port = 0, host = "::1", path = "/a/b%20c" }
[[handlers]]
type = "websocket-server"
[handlers.config]
host = "0.0.0.0"
port = 0x1F90
origins = ["self", "null", "https://example.org:8443"]
names = ["example.org"]
trusted_proxies = ["10.0.0.0/8"]
proxy_protocol = true
subprotocols = ["chat.v1", "json"]
token_file = "secret/token"
console = false
static = "/srv/page"
auto_response = { ping = "ping", pong = "pong" }
on_overflow = "drop"
[[handlers]]
type = "filesystem"
config = { path = "data", writable = true, name = "own" }
[[handlers]]
type = "filesystem"
config = { path = "/sys/class/leds", name = "leds-2_B" }
[limits]
message = "128KiB"
memory = 131_073
state = "128KiB"
answer = 1
fuel = 1_000_000
close = "500ms"
[logging]
level = "off"
output = "file"
log_dir = "logs"
chain_events = true
[storage]
durability = "relaxed"
interval = "100ms"
wear = "500MB/day"
wait = "1h"
"#,
    )
    .unwrap();
    assert_eq!(manifest.component, Path::new("/opt/a.wasm"));
    assert_eq!(listeners(&manifest)[0].host.to_string(), "::1");
    assert_eq!(listeners(&manifest)[0].path, "/a/b%20c");
    let expected = Listener {
        access: AccessConfig {
            origins: Some(["self", "null", "https://example.org:8443"].map(Into::into).into()),
            names: vec!["example.org".into()],
            trusted_proxies: vec![AddressRange::parse("10.0.0.0/8").unwrap()],
            proxy_protocol: true,
        },
        subprotocols: ["chat.v1", "json"].map(Into::into).into(),
        token_file: Some("chat/secret/token".into()),
        console: false,
        inspect: false,
        static_folder: Some("/srv/page".into()),
        auto_response: Some(AutoResponse { ping: "ping".into(), pong: "pong".into() }),
        on_overflow: OnOverflow::Drop,
        ..Listener::new(Ipv4Addr::UNSPECIFIED.into(), 8080)
    };
    assert_eq!(listeners(&manifest)[1], expected);
    let folder = |path: &str, writable, name: &str| SharedFolder {
        path: path.into(),
        writable,
        name: Some(name.into()),
    };
    let expected = [folder("chat/data", true, "own"), folder("/sys/class/leds", false, "leds-2_B")];
    assert_eq!(folders(&manifest), expected);
    assert_eq!(manifest.limits.message, 128 << 10);
    assert_eq!(manifest.limits.memory, 128 << 10, "whole pages only");
    assert_eq!(manifest.limits.close, Duration::from_millis(500));
    assert_eq!(manifest.logging.level, LevelFilter::Off);
    assert_eq!(manifest.logging.output, Output::File("chat/logs/A.b-c_9.log".into()));
    assert!(manifest.logging.chain_events);
    let expected = StorageConfig {
        durability: Some(Durability::Relaxed),
        interval: Duration::from_millis(100),
        wear: 500_000_000,
        wait: Duration::from_secs(60 * 60),
    };
    assert_eq!(manifest.storage, expected);
}

#[test]
fn a_log_file_is_implied_by_its_path_or_folder() {
    let output = |lines: &str| parse(&format!("{LEAST}[logging]\n{lines}")).unwrap().logging.output;
    assert_eq!(output("file_path = 'x.log'"), Output::File("chat/x.log".into()));
    assert_eq!(output("log_dir = '/var/log'"), Output::File("/var/log/a.log".into()));
    assert_eq!(output("output = 'stdout'"), Output::Stdout);
    assert_eq!(output("output = 'stderr'"), Output::Stderr);
}

#[test]
fn the_system_may_choose_the_ports_of_several_listeners() {
    let handler = "[[handlers]]\ntype = 'websocket-server'\nconfig.port = 0\n";
    let text = format!("name = 'a'\ncomponent_path = 'a'\n{handler}{handler}");
    assert_eq!(listeners(&parse(&text).unwrap()).len(), 2);
}

#[test]
fn all_mistakes_are_said_in_one_pass_in_the_order_of_lines() {
    let text = "nmae = 'a'\ncomponent_path = 5\n[[handlers]]\ntype = 'websocket-server'\n\
                [handlers.config]\nprot = 1\n[limits]\nmessage = 0\n";
    assert_eq!(
        said(text),
        "1: name: missing; add name = \"my-actor\"\n\
         1: nmae: unknown key; did you mean `name`? The keys here are `name`, `component_path`, \
         `init_state`, `tick`, `interface`, `handlers`, `limits`, `logging`, `storage`, `env`, `build`\n\
         2: component_path: 5 is not a string; write one text in quotes\n\
         5: handlers[0].config.port: missing; add port = 8080 (0 lets the system choose)\n\
         6: handlers[0].config.prot: unknown key; did you mean `port`? The keys here are `port`, \
         `host`, `path`, `origins`, `names`, `trusted_proxies`, `proxy_protocol`, `token_file`, \
         `static`, `tls`, `health`, `metrics`, `subprotocols`, `console`, `auto_response`, \
         `on_overflow`\n\
         8: limits.message: 0 is out of range; write a size from \"1B\" to \"1GiB\""
    );
}

#[test]
fn a_mistake_carries_its_parts() {
    let error = parse(&LEAST.replace("8080", "99999")).unwrap_err();
    let mistake = Mistake {
        file: "chat/manifest.toml".into(),
        line: Some(5),
        key: Some("handlers[0].config.port".to_owned()),
        problem: "99999 is not a port".to_owned(),
        advice: Some("write a whole number from 0 to 65535 (0 lets the system choose)".to_owned()),
    };
    assert_eq!(error, ManifestError { mistakes: vec![mistake] });
    assert_eq!(
        error.to_string(),
        "chat/manifest.toml:5: handlers[0].config.port: 99999 is not a port; write a whole \
         number from 0 to 65535 (0 lets the system choose)"
    );
}

#[test]
fn lines_are_counted_the_same_with_windows_line_ends_and_a_byte_order_mark() {
    let windows = LEAST.replace("8080", "99999").replace('\n', "\r\n");
    assert!(said(&windows).starts_with("5: "), "{}", said(&windows));
    let marked = format!("\u{feff}{}", LEAST.replace("8080", "99999"));
    assert!(said(&marked).starts_with("5: "), "{}", said(&marked));
}

#[test]
fn a_manifest_is_loaded_from_its_file_or_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.toml");
    fs::write(&file, LEAST).unwrap();
    let manifest = Manifest::load(&file).unwrap();
    assert_eq!(manifest, Manifest::load(folder.path()).unwrap());
    assert_eq!(manifest.file, file);
    assert_eq!(manifest.component, folder.path().join("a.wasm"));
}

#[test]
fn a_file_that_cannot_be_read_as_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.toml");
    let said = |path: &Path| {
        let error = Manifest::load(path).unwrap_err().to_string();
        error.strip_prefix(file.to_str().unwrap()).unwrap().to_owned()
    };
    assert_eq!(
        said(folder.path()),
        ": cannot be read: No such file or directory (os error 2); give a manifest, a folder that \
         holds manifest.toml, or a module; `footlight new PATH` creates a project"
    );
    let script = folder.path().join("chat.js");
    fs::write(&script, "").unwrap();
    let module = format!(", or a module, such as {}", script.display());
    assert!(said(folder.path()).ends_with(&module), "{}", said(folder.path()));
    let other = folder.path().join("kitchen.toml");
    fs::write(&other, "").unwrap();
    fs::write(folder.path().join("Cargo.toml"), "").unwrap();
    let manifest = format!(", or a module, such as {}", other.display());
    assert!(said(folder.path()).ends_with(&manifest), "{}", said(folder.path()));
    fs::write(&file, b"name = 'a'\ncomponent_path = '\xff'\n").unwrap();
    assert_eq!(said(&file), ":2: not TOML: not UTF-8 text; save the file as UTF-8");
    fs::write(&file, vec![b'#'; MAX_FILE]).unwrap();
    assert!(said(&file).starts_with(":1: name: missing"), "{}", said(&file));
    fs::write(&file, vec![b'#'; MAX_FILE + 1]).unwrap();
    assert!(said(&file).contains("too large for a manifest (more than 1MiB);"));
}
