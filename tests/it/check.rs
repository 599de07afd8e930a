//! `footlight check`, on good modules and on bad ones.

use std::{fs, path::Path};

use crate::support::{Actor, SHAPES, actors_root, example, footlight, guest};

/// What `check` says about a file with these bytes, and whether it accepts the file.
fn check(bytes: &[u8]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("actor.wasm");
    fs::write(&file, bytes).unwrap();
    check_file(&file)
}

fn check_file(file: &Path) -> (bool, String) {
    let output = footlight(&["check", file.to_str().unwrap()]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let fine = match output.status.code() {
        Some(0) => true,
        Some(1) => false,
        other => panic!("exit code {other:?}"),
    };
    (fine, String::from_utf8(output.stdout).unwrap())
}

/// A module with a handler of the guide's shape, and more text inside.
fn module(more: &str) -> Vec<u8> {
    let text = format!(
        r#"(module {more} (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
            (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0))"#
    );
    wat::parse_str(text).unwrap()
}

/// What `check` finds wrong with a file of these bytes.
fn problem(bytes: &[u8]) -> String {
    let (fine, text) = check(bytes);
    assert!(!fine, "{text}");
    assert!(text.contains("would NOT run"), "{text}");
    text
}

#[cfg(not(feature = "javascript"))]
#[test]
fn a_script_needs_a_build_with_the_feature_javascript() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["actor.js", "actor.mjs"] {
        let file = folder.path().join(name);
        fs::write(&file, "export function connect() {}").unwrap();
        let (fine, text) = check_file(&file);
        assert!(!fine && text.contains("`cargo build --release --features javascript`"), "{text}");
    }
}

#[test]
fn each_shape_and_its_init_are_recognised() {
    for (shape, name) in SHAPES.into_iter().zip(["guide", "typed", "result", "renamed"]) {
        let folder = tempfile::tempdir().unwrap();
        let (fine, text) = check_file(&guest(shape).write(folder.path()));
        assert!(fine, "{text}");
        assert!(text.contains(&format!("shape   {name}\n")), "{text}");
        assert!(text.contains("init    makes the first state\n"), "{text}");
        let imports = [
            ("runtime.log", "(2 × i32) → 0 × i32  — writes to the host's log"),
            ("filesystem.read-file", "(3 × i32) → 0 × i32  — reads a file"),
            ("footlight:host/alarm@0.1.0.set", "— sets the alarm"),
            ("footlight:host/connections@0.1.0.broadcast", "— sends to many clients"),
        ];
        for (import, what) in imports {
            let line = text.lines().find(|line| line.contains(import)).unwrap();
            assert!(line.contains(what), "{line}");
        }
    }
}

#[test]
fn a_folder_a_manifest_and_a_module_can_be_checked_and_all_are() {
    let folder = actors_root().join("examples/chat-room");
    let paths = [folder.clone(), folder.join("manifest.toml"), example("chat-room")];
    let args: Vec<_> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    let output = footlight(&[&["check"], &args[..]].concat());
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("would run").count(), 3, "{text}");
    assert_eq!(text.matches("shape   guide").count(), 3, "{text}");
}

#[test]
fn a_manifest_and_a_module_are_told_apart_by_content_and_not_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let chat_room = example("chat-room");
    let manifest = format!(
        "name = \"a\"\ncomponent_path = {chat_room:?}\n\
         [[handlers]]\ntype = \"websocket-server\"\nconfig = {{ port = 0 }}\n"
    );
    fs::write(at("manifest.conf"), manifest).unwrap();
    fs::copy(chat_room, at("module.toml")).unwrap();
    for name in ["manifest.conf", "module.toml"] {
        let (fine, text) = check_file(&at(name));
        assert!(fine && text.contains("shape   guide\n"), "{name}: {text}");
    }
    fs::write(at("mistaken"), "nme = 1\n").unwrap();
    let (fine, text) = check_file(&at("mistaken"));
    assert!(!fine && text.contains("mistaken:1: nme: unknown key"), "{text}");
}

#[test]
fn a_folder_that_an_actor_may_use_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").folder(Path::new("data"), "").write(folder.path());
    let (fine, text) = check_file(&manifest);
    assert!(!fine && text.contains("problem: "), "{text}");
    assert!(text.contains("events/data: cannot be opened: No such file"), "{text}");
    fs::create_dir(manifest.with_file_name("data")).unwrap();
    let (fine, text) = check_file(&manifest);
    assert!(fine, "{text}");
}

#[test]
fn one_bad_file_among_good_ones_makes_the_exit_code_1() {
    let good = example("echo");
    let output = footlight(&["check", good.to_str().unwrap(), "nowhere.wasm"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("would run") && text.contains("nowhere.wasm: would NOT run"), "{text}");
}

#[test]
fn what_is_not_webassembly_is_told() {
    for bytes in [&b""[..], b"\0as", b"(module)", b"\x7fELF\x02\x01\x01\0", b"\0asm\x02\0\0\0"] {
        let text = problem(bytes);
        assert!(text.contains("actor.wasm: is not WebAssembly"), "{text}");
    }
}

#[test]
fn every_cut_of_a_module_is_told_as_invalid() {
    let bytes = module("");
    for len in (8..bytes.len()).step_by(7) {
        let text = problem(&bytes[..len]);
        assert!(text.contains("is not valid") || text.contains("no export"), "{len}: {text}");
    }
}

#[test]
fn a_module_without_a_handler_is_told_what_is_missing() {
    let text = problem(&wat::parse_str(r#"(module (func (export "handle_msg")))"#).unwrap());
    assert!(text.contains("no export `ntwk:theater/websocket-server#handle-message`"), "{text}");
    assert!(text.contains("(it has `handle_msg`)"), "{text}");
}

#[test]
fn a_handler_of_no_known_type_is_told_the_known_ones() {
    let text = problem(
        &wat::parse_str(
            r#"(module (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i64) (result i32) i32.const 0))"#,
        )
        .unwrap(),
    );
    assert!(text.contains("its type is (i32, i64) → i32"), "{text}");
    for known in ["guide (10 × i32)", "typed (11 × i32)", "result (12 × i32)"] {
        assert!(text.contains(known), "{known}: {text}");
    }
}

#[test]
fn a_module_without_memory_or_allocator_is_told_both() {
    let text = problem(
        &wat::parse_str(
            r#"(module (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0))"#,
        )
        .unwrap(),
    );
    assert!(text.contains("no export `memory`"), "{text}");
    assert!(text.contains("no export `cabi_realloc`"), "{text}");
}

#[test]
fn what_is_not_seen_in_a_name_is_shown_as_text_and_in_json() {
    let hidden = "a\u{3164}b\u{202e}\u{feff}";
    let bytes = module(&format!("(func (export {hidden:?}))"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("actor\u{202e}\u{1b}[2J.wasm");
    fs::write(&file, bytes).unwrap();
    let (fine, text) = check_file(&file);
    assert!(fine && text.contains(r"a\u{3164}b\u{202e}\u{feff}"), "{text}");
    assert!(text.contains(r"actor\u{202e}\x1b[2J.wasm: would run"), "{text}");
    let json = footlight(&["check", "--json", file.to_str().unwrap()]).stdout;
    assert!(!String::from_utf8(json.clone()).unwrap().contains('\u{202e}'));
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json[0]["path"], file.to_str().unwrap());
    let output = footlight(&["run", file.with_extension("toml").to_str().unwrap()]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(r"actor\u{202e}\x1b[2J.toml: cannot be read"), "{text}");
}

#[test]
fn an_export_of_the_wrong_type_is_told() {
    let text = problem(&module(r#"(func (export "_initialize") (param i32))"#));
    assert!(text.contains("export `_initialize`: its type is (1 × i32) → 0 × i32"), "{text}");
    let text = problem(&module(r#"(func (export "ntwk:theater/actor#init") (param i32))"#));
    assert!(text.contains("export `ntwk:theater/actor#init`: its type is"), "{text}");
}

#[test]
fn each_kind_of_unknown_import_is_told_with_its_own_advice() {
    for (import, advice) in [
        (r#""wasi_snapshot_preview1" "fd_write" (func (param i32))"#, "WASI's own WIT files"),
        (r#""wasi_snapshot_preview1" "fd_wrote" (func)"#, "this host offers no such part of WASI"),
        (r#""wasi_unstable" "fd_write" (func)"#, "this host offers no such part of WASI"),
        (r#""wasi:http/types@0.2.0" "get" (func)"#, "ask servers with `footlight:host/http`"),
        (r#""gojs" "runtime.wasmExit" (func)"#, "GOOS=wasip1"),
        (r#""wasi:clocks/wall-clock@0.3.0" "now" (func)"#, "this host offers no such part of WASI"),
        (r#""ntwk:theater/wallet" "pay" (func)"#, "knows no such interface of Theater's"),
        (r#""ntwk:theater/supervisor" "spawn" (global i32)"#, "knows no such interface"),
        (r#""ntwk:theater/filesystem" "read-file" (func)"#, "`filesystem.read-file` is (i32, i32,"),
        (r#""footlight:host/clock@0.1.0" "now" (func)"#, "`clock.now` is () → i64"),
        (r#""footlight:host/clock@0.2.0" "now" (func)"#, "this host has no such function"),
        (r#""footlight:host/clock@0.1.0" "then" (func)"#, "`footlight:host/clock@0.1.0`"),
        (r#""__wbindgen_placeholder__" "now" (func)"#, "wasm-bindgen's glue"),
        (r#""env" "sleep" (func)"#, "the linker left it undefined"),
        (r#""env" "table" (table 1 funcref)"#, "the linker left it undefined"),
        (r#""env" "abort" (func (param i32 i32 i32 i32))"#, "asc --use abort="),
        (r#""something" "else" (global i32)"#, "nothing of this name"),
        (r#""ntwk:theater/runtime" "log" (func (param i32))"#, "`log` takes a string"),
    ] {
        let text = problem(&module(&format!("(import {import})")));
        let parts: Vec<_> = import.split('"').collect();
        let name = format!("import `{}.{}`", parts[1], parts[3]);
        assert!(text.contains(&name) && text.contains(advice), "{import}: {text}");
    }
}

#[test]
fn an_object_file_is_told_as_one() {
    let text = problem(
        &wat::parse_str(
            r#"(module (import "env" "__linear_memory" (memory 1))
                (import "env" "__stack_pointer" (global (mut i32)))
                (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0))"#,
        )
        .unwrap(),
    );
    assert!(text.contains("an object file, which was not linked; leave out `-c`"), "{text}");
}

#[test]
fn files_and_sockets_of_wasi_load_and_trap() {
    for (import, part) in [
        (
            r#""wasi:filesystem/types@0.2.3" "[method]descriptor.read-directory""#,
            "no files of WASI",
        ),
        (r#""wasi:sockets/tcp-create-socket@0.2.3" "create-tcp-socket""#, "no sockets"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("actor.wasm");
        fs::write(&file, module(&format!("(import {import} (func (param i32 i32)))"))).unwrap();
        let (fine, text) = check_file(&file);
        assert!(fine && text.contains("traps if it is called") && text.contains(part), "{text}");
    }
}

#[test]
fn imports_of_a_kind_are_told_in_one_line() {
    let import = |name: &str| format!(r#"(import "wasi_unstable" "{name}" (func))"#);
    let text = problem(&module(&["a", "b", "c", "d", "e", "f"].map(import).concat()));
    let line = "imports `wasi_unstable.a`, `wasi_unstable.b`, `wasi_unstable.c`, `wasi_unstable.d` \
                and 2 more: this host offers no such part of WASI";
    assert!(text.contains(line), "{text}");
    assert_eq!(text.matches("problem:").count(), 1, "{text}");
}

#[test]
fn an_actor_of_several_linked_modules_is_told_as_that_and_nothing_else() {
    let text = problem(
        &wat::parse_str(
            r#"(module (import "env" "memory" (memory 1)) (import "env" "cabi_realloc" (func))
                (import "GOT.mem" "x" (global (mut i32)))
                (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0))"#,
        )
        .unwrap(),
    );
    assert!(text.contains("the actor is made of several linked modules"), "{text}");
    assert_eq!(text.matches("problem:").count(), 1, "{text}");
}

#[test]
fn features_that_are_off_are_told() {
    for (text, part) in [
        (r#"(memory 1) (memory 1)"#, "multi"),
        (r#"(memory i64 1)"#, "memory64"),
        (r#"(func (drop (v128.const i64x2 0 0)))"#, "SIMD"),
    ] {
        let text_of = problem(&wat::parse_str(format!("(module {text})")).unwrap());
        assert!(text_of.to_lowercase().contains(&part.to_lowercase()), "{part}: {text_of}");
    }
}

#[test]
fn json_has_everything_that_the_text_has() {
    let folder = tempfile::tempdir().unwrap();
    let good = guest("typed").write(folder.path());
    let bad = Actor::bytes("bad", module(r#"(import "env" "sleep" (func))"#)).write(folder.path());
    let output =
        footlight(&["check", "--json", good.to_str().unwrap(), bad.to_str().unwrap(), "nothing"]);
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let [good, bad, nothing] = json.as_array().unwrap().as_slice() else { panic!("{json:#}") };
    assert_eq!(good["ok"], true);
    assert_eq!(good["format"], "module");
    assert_eq!(good["shape"], "typed");
    assert_eq!(good["init"], true);
    assert_eq!(good["memory"]["minimum"], 65536);
    assert!(good["bytes"].as_u64().unwrap() > 1000);
    let log = |import: &&serde_json::Value| import["name"] == "ntwk:theater/runtime.log";
    let log = good["imports"].as_array().unwrap().iter().find(log).unwrap();
    assert_eq!(log["verdict"], "used");
    assert!(good["exports"].as_array().unwrap().iter().any(|item| item["verdict"] == "ignored"));
    assert_eq!(bad["ok"], false);
    assert_eq!(bad["imports"][0]["verdict"], "wrong");
    assert!(bad["problems"][0].as_str().unwrap().contains("env.sleep"));
    assert_eq!(nothing["ok"], false);
    assert!(nothing["shape"].is_null());
}

#[test]
fn messages_between_actors_have_their_roles_and_receivers_that_are_nowhere_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| actors_root().join(format!("tests/guests/mail-{name}.wasm"));
    let one = Actor::file("one", file("typed")).receivers(&["other", "nobody"]);
    let other = Actor::file("other", file("renamed")).receivers(&[]);
    let manifests = [one.write(folder.path()), other.write(folder.path())];
    let manifests = manifests.each_ref().map(|file| file.to_str().unwrap());
    let output = footlight(&[&["check"], &manifests[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for (name, role) in [
        ("ntwk:theater/message-server-host.send ", "— sends to another actor"),
        ("theater:simple/message-server-host.request ", "— asks another actor"),
        ("ntwk:theater/message-server-client#handle-send ", "— handles actors' messages"),
        ("theater:simple/message-server-client#handle-request ", "— replies to actors"),
        ("cabi_post_ntwk:theater/message-server-client#handle-request ", "— frees the reply"),
    ] {
        let line = text.lines().find(|line| line.trim_start().starts_with(name));
        assert!(line.is_some_and(|line| line.ends_with(role)), "{name}: {text}");
    }
    let notes = [
        "note: `to` of its message-server names \"nobody\", and no manifest here has an actor of that name",
        "note: it sends to other actors, and `to` of its message-server names none, so each send is refused",
    ];
    assert_eq!(text.matches("note: ").count(), notes.len(), "{text}");
    assert!(notes.iter().all(|note| text.contains(note)), "{text}");
}

#[test]
fn a_handler_for_messages_needs_an_export_or_a_receiver() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("typed").receivers(&[]).write(folder.path());
    let (fine, text) = check_file(&manifest);
    assert!(!fine, "{text}");
    let problem = "a handler of type message-server that lets the actor only receive needs the export \
                   `ntwk:theater/message-server-client#handle-send`";
    assert!(text.contains(problem), "{text}");
    assert!(check_file(&guest("typed").receivers(&["lamp"]).write(folder.path())).0);
}
