//! The start: the first state, and everything that can prevent an actor's start.

use std::{net::TcpListener, path::Path, process::Output};

use crate::support::{Actor, SHAPES, Server, footlight, guest, wat};

/// Runs actors that must fail to start.
fn fails(actors: &[Actor]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let manifests: Vec<_> = actors
        .iter()
        .enumerate()
        .map(|(index, actor)| actor.write(&folder.path().join(index.to_string())))
        .collect();
    let mut args = vec!["run"];
    args.extend(manifests.iter().map(|manifest| manifest.to_str().unwrap()));
    let Output { status, stdout, stderr } = footlight(&args);
    assert_eq!(status.code(), Some(1));
    assert!(stdout.is_empty(), "{}", String::from_utf8_lossy(&stdout));
    String::from_utf8(stderr).unwrap()
}

/// A module whose handler does nothing, with more text inside.
fn idle(more: &str) -> String {
    format!(
        r#"(module (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
            (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0)
            {more})"#
    )
}

#[test]
fn the_first_state_is_what_init_returns() {
    let server = Server::start(&SHAPES.map(guest));
    for shape in SHAPES {
        server.client(shape).expect("state:0");
    }
}

#[test]
fn an_init_state_file_comes_first_and_goes_through_init_where_that_takes_state() {
    let server = Server::start(&SHAPES.map(|shape| guest(shape).init_state(b"41")));
    for shape in SHAPES {
        let mut client = server.client(shape);
        client.expect("state:41");
        client.ask("count", "43");
    }
}

#[test]
fn without_init_and_without_a_file_the_first_state_is_empty() {
    let echo_state = idle("");
    let server = Server::of(wat("idle", &echo_state));
    // The handler returns zeroes: an empty state and no messages.
    let mut client = server.client("idle");
    client.text("anything");
    client.close(None);
    server.wait_for(&["idle#1: closed: 1005"]);
}

#[test]
fn an_init_that_returns_an_error_is_fatal_and_told() {
    for shape in ["result", "renamed"] {
        let text = fails(&[guest(shape).name("refuse")]);
        assert!(
            text.contains("refuse: the actor's `init` returned an error: init refuses"),
            "{text}"
        );
    }
}

#[test]
fn an_actor_whose_init_fails_is_left_out_and_the_others_are_served() {
    let (bad, good) = (guest("result").name("refuse"), guest("result"));
    let server = Server::start_partly(&[bad, good], 1);
    server.client("result").expect("state:0");
    server.wait_for(&["ERROR refuse: left out: the actor's `init` returned an error"]);
}

#[test]
fn an_init_or_a_start_function_that_traps_or_loops_is_fatal_and_told() {
    let init = |body: &str| {
        idle(&format!(r#"(func (export "ntwk:theater/actor#init") (result i32) {body})"#))
    };
    let endless = "(loop (br 0)) i32.const 0";
    for (module, part) in [
        (init("unreachable"), "it trapped in ntwk:theater/actor#init"),
        (init(endless), "units of fuel in ntwk:theater/actor#init"),
        (init("i32.const -4"), "result at offset 0xfffffffc"),
        (idle("(func $start unreachable) (start $start)"), "it trapped in the start function"),
        (idle("(func $start (loop (br 0))) (start $start)"), "units of fuel in the start function"),
        (idle(r#"(func (export "_initialize") unreachable)"#), "it trapped in _initialize"),
    ] {
        let text = fails(&[wat("bad", &module).limit("fuel", 3_000_000)]);
        assert!(text.contains("bad: the actor could not be started"), "{text}");
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn an_init_whose_files_cannot_be_written_has_failed() {
    // An invalid number, which `/sys` refuses.
    let module = r#"(module
        (import "footlight:host/files@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 512) "oom_score_adj")
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "ntwk:theater/websocket-server#handle-message")
            (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0)
        (func (export "ntwk:theater/actor#init") (result i32)
            (call $write (i32.const 512) (i32.const 13) (i32.const 512) (i32.const 5) (i32.const 600))
            i32.const 700))"#;
    let actor = wat("bad", module).folder(Path::new("/proc/self"), "writable = true");
    let text = fails(&[actor]);
    let why = "bad: what the actor's `init` writes is not written: writing \"oom_score_adj\": ";
    assert!(text.contains(why) && text.contains("Invalid argument"), "{text}");
}

#[test]
fn initialize_is_called_once_before_everything_else() {
    // It makes the byte at 512 count up; init returns that byte as the state.
    let module = idle(
        r#"(func (export "_initialize")
                (i32.store8 (i32.const 512) (i32.add (i32.load8_u (i32.const 512)) (i32.const 1))))
            (func (export "ntwk:theater/actor#init") (result i32)
                (if (i32.ne (i32.load8_u (i32.const 512)) (i32.const 1)) (then unreachable))
                (i32.store (i32.const 520) (i32.const 512))
                (i32.store (i32.const 524) (i32.const 1))
                i32.const 520)"#,
    );
    Server::of(wat("careful", &module)).client("careful").close(None);
}

#[test]
fn each_mistake_around_a_manifest_names_the_file_and_what_to_do() {
    let missing = Actor::file("gone", "nowhere.wasm".into());
    let text = fails(&[missing]);
    assert!(text.contains("gone/nowhere.wasm: cannot be read"), "{text}");
    assert!(text.contains("; build it first, or correct the path"), "{text}");

    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("Cargo.toml"), "").unwrap();
    let module = root.path().join("target/wasm32-unknown-unknown/release/a.wasm");
    let text = fails(&[Actor::file("unbuilt", module)]);
    let command = "build it first: `cargo build --release --target wasm32-unknown-unknown` in /";
    assert!(text.contains(command), "{text}");

    let text = fails(&[guest("events").extra("[logging]\noutput = \"file\"\nfile_path = \"/\"\n")]);
    assert!(text.contains("logging: the file cannot be opened"), "{text}");

    let text = fails(&[guest("events").init_state(&[b'1'; 2000]).limit("state", 1000)]);
    assert!(text.contains("state: is 2000 bytes long, past the limit of 1000"), "{text}");

    let text = fails(&[guest("events").folder(Path::new("gone"), "")]);
    assert!(text.contains("events/gone: cannot be opened: No such file"), "{text}");
    assert!(text.contains("`path` of a `filesystem` handler"), "{text}");

    let text = fails(&[guest("events"), guest("typed").name("events")]);
    assert!(text.contains("another manifest has the name \"events\" already"), "{text}");

    let text = fails(&[guest("events").limit("module", 1000)]);
    assert!(text.contains("past the limit of 1000; strip it"), "{text}");
}

#[test]
fn a_port_that_is_taken_is_told_with_the_manifest_the_address_and_who_has_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").write(folder.path());
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("port = 0", &format!("port = {port}"))).unwrap();
    let output = footlight(&["run", manifest.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("manifest.toml: cannot listen on 127.0.0.1:"), "{text}");
    // The test's own process has it.
    let owner = format!(", process {}, listens there; choose another", std::process::id());
    assert!(text.contains(&owner), "{text}");
}

#[test]
fn of_two_actors_with_one_address_the_second_is_told_that_the_first_has_it() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = fails(&[guest("events").port(port), guest("typed").port(port)]);
    let address = format!("127.0.0.1:{port} is taken by ");
    assert!(text.contains(&address) && text.contains("events/manifest.toml already"), "{text}");
}
