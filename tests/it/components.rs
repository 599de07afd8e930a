//! Components: the unchanged output of the component tools runs here.

use std::{fs, path::Path};

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::support::{Actor, SHAPES, Server, actors_root, example, footlight, guest};

/// Makes a component of a core module, as the usual tools do. Modules that wit-bindgen did not
/// make get the metadata that it would have left in them.
fn component(module: &Path, shape: &str, world: &str) -> Vec<u8> {
    let mut bytes = fs::read(module).unwrap();
    if !bytes.windows(14).any(|window| window == b"component-type") {
        let mut resolve = Resolve::default();
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit-core/wit").join(shape);
        let (package, _) = resolve.push_dir(wit).unwrap();
        let world = resolve.select_world(&[package], Some(world)).unwrap();
        embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8, false).unwrap();
    }
    encode(module, ComponentEncoder::default().module(&bytes).unwrap())
}

/// The component that `cargo component build` makes of a guest by default: for wasm32-wasip1, with an
/// adapter to WASI 0.2.
pub fn wasip1(name: &str) -> Vec<u8> {
    let module = actors_root().join("tests/guests/wasip1").join(format!("{name}.wasm"));
    let bytes = fs::read(&module).unwrap();
    let mut encoder = ComponentEncoder::default();
    let (adapter, wasm) =
        (WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
    encode(&module, encoder.module(&bytes).unwrap().adapter(adapter, wasm).unwrap())
}

/// Finishes the component of a module.
fn encode(module: &Path, encoder: &mut ComponentEncoder) -> Vec<u8> {
    let bytes = encoder.validate(true).encode();
    let bytes = bytes.unwrap_or_else(|error| panic!("{module:?}: {error:#}"));
    assert_eq!(bytes[6..8], [1, 0], "not a component");
    bytes
}

#[test]
fn every_example_runs_as_a_component_too() {
    let names = ["welcome", "chat-room", "echo", "counter", "rooms", "notes", "upper", "hits"];
    let actors = names.map(|name| {
        let actor = Actor::bytes(name, component(&example(name), "guide", "websocket-actor"));
        let folder = example(name).parent().unwrap().join("state.json");
        if folder.exists() { actor.init_state(&fs::read(folder).unwrap()) } else { actor }
    });
    let server = Server::start(&actors);
    for name in names {
        crate::examples::drive(name, server.client(name));
    }
}

#[test]
fn every_shape_runs_as_a_component_too_with_its_imports() {
    let actors = SHAPES.map(|shape| {
        let folder = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(guest(shape).write(folder.path())).unwrap();
        let file = text.split('"').find(|part| part.ends_with(".wasm")).unwrap().to_owned();
        let bytes = component(Path::new(&file), shape, "websocket-actor-with-init");
        Actor::bytes(shape, bytes).folder(Path::new("."), "")
    });
    use_imports(&Server::start(&actors));
}

#[test]
fn every_shape_runs_as_cargo_component_builds_it_by_default() {
    let actors = SHAPES.map(|shape| {
        let bytes = wasip1(shape);
        let adapted = b"wasi:io/streams@0.2";
        assert!(bytes.windows(adapted.len()).any(|window| window == adapted), "no adapter");
        Actor::bytes(shape, bytes).folder(Path::new("."), "")
    });
    use_imports(&Server::start(&actors));
}

/// Uses imports of the guest of each shape.
fn use_imports(server: &Server) {
    for shape in SHAPES {
        let mut client = server.client(shape);
        client.expect("state:0");
        client.ask("log", "logged");
        server.wait_for(&[shape, "actor: a line from"]);
        client.ask("count", "3");
        client.ask("do send 1 sent", "sent");
        client.expect("sent 4");
        client.ask("do read gone", "not-found");
    }
}

#[test]
fn check_says_that_a_file_is_a_component() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("echo.wasm");
    fs::write(&file, component(&example("echo"), "guide", "websocket-actor")).unwrap();
    let output = footlight(&["check", file.to_str().unwrap()]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("component, its core module"), "{text}");
    let output = footlight(&["check", "--json", file.to_str().unwrap()]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json[0]["format"], "component");
}

#[test]
fn a_component_that_cannot_be_taken_apart_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.wasm");
    fs::write(&empty, wat::parse_str("(component (core module) (core module))").unwrap()).unwrap();
    let output = footlight(&["check", empty.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("none of its 2 core modules exports"), "{text}");
    assert!(text.contains("build the actor as a core module for wasm32-unknown-unknown"), "{text}");

    let whole = component(&example("echo"), "guide", "websocket-actor");
    let cut = folder.path().join("cut.wasm");
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let output = footlight(&["check", cut.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("is a component that is cut short in the section at offset"), "{text}");
}

#[test]
fn a_component_with_a_wasi_adapter_runs_by_its_main_module() {
    let module = r#"(core module
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8)
        (func (export "ntwk:theater/websocket-server#handle-message")
            (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 8))"#;
    let adapter = r#"(core module
        (import "wasi:cli/stdout@0.2.3" "get-stdout" (func (result i32)))
        (func (export "fd_write") (param i32 i32 i32 i32) (result i32) i32.const 0))"#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wasi.wasm");
    fs::write(&file, wat::parse_str(format!("(component {module} {adapter})")).unwrap()).unwrap();
    let output = footlight(&["check", file.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("wasi_snapshot_preview1.fd_write"), "{text}");
    assert!(text.contains("writes to the actor's log") && !text.contains("get-stdout"), "{text}");
}
