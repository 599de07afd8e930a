//! Checks the manifests of `docs/sensors.md`, and what it says about folders and links.

use std::{fs, os::unix::fs::symlink, path::Path};

use footlight::{
    limits::keys::limit_keys,
    manifest::{Handler, Manifest},
};

use super::blocks;
use crate::{
    lights,
    support::{Actor, Server, example},
};

/// The document.
const SENSORS: &str = include_str!("../../../docs/sensors.md");
/// The part of a manifest above the handlers of files.
const ABOVE: &str = r#"name = "sensors"
component_path = "sensors.wasm"

[[handlers]]
type = "websocket-server"
config = { port = 8080 }

"#;

#[test]
fn every_manifest_of_the_document_is_one_below_a_websocket_server() {
    let blocks = blocks(SENSORS, "toml");
    assert!(blocks.len() > 10);
    for block in blocks {
        let manifest = Manifest::parse(Path::new("manifest.toml"), &format!("{ABOVE}{block}"));
        let manifest = manifest.unwrap_or_else(|error| panic!("{error}\n{block}"));
        let [_, Handler::Filesystem(files)] = &manifest.handlers[..] else { panic!("{block}") };
        assert_eq!(files.folders.len(), block.matches("\"filesystem\"").count(), "{block}");
        assert!(files.folders.iter().all(|folder| folder.path.is_absolute()), "{block}");
    }
}

#[test]
fn what_the_document_has_changed_in_the_unit_and_in_the_limits_is_there_as_it_says() {
    let unit = include_str!("../../../dist/footlight.service");
    for line in ["ProtectKernelTunables=yes", "ProcSubset=pid", "DynamicUser=yes", "PrivateTmp=yes"]
    {
        assert!(unit.contains(&format!("\n{line}\n")), "{line}");
    }
    let keys = limit_keys();
    for (key, value) in [("file_access", "64KiB"), ("file_wait", "5s")] {
        let limit = keys.iter().find(|limit| limit.key == key).unwrap();
        assert_eq!(limit.default, value, "{key}");
    }
}

#[test]
fn a_manifests_path_may_be_a_link_and_what_the_actor_names_may_not_lead_out() {
    let board = lights::board();
    let class = board.path().join("class");
    fs::create_dir(&class).unwrap();
    for led in ["ACT", "PWR"] {
        symlink(format!("../leds/{led}"), class.join(led)).unwrap();
    }
    symlink("leds", board.path().join("link")).unwrap();
    let leds = |folder: &str| {
        let actor = Actor::file("lights", example("lights"));
        Server::of(actor.folder(&board.path().join(folder), "writable = true"))
    };
    leds("link").client("lights").expect("off ACT\non PWR");
    // A class has only links, which the host does not follow.
    leds("class").client("lights").expect("");
}
