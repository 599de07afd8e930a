//! `footlight new`: what it makes, and what it refuses.
//!
//! A test builds the project if there is a Rust for wasm32-unknown-unknown and cargo can fetch the
//! crates. With `FOOTLIGHT_REQUIRE_WASM` it fails if that is not so.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::{
    browser,
    clients::available,
    http_server::ask,
    support::{Actor, Client, Host, Server, footlight},
};

/// The variable that says that the project must be built.
const REQUIRED: &str = "FOOTLIGHT_REQUIRE_WASM";

/// Runs `footlight new` for this path with options.
fn new(path: &Path, options: &[&str]) -> Output {
    footlight(&[&["new", path.to_str().unwrap()], options].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.into()).unwrap()
}

/// Cargo as a user calls it in the project's folder.
pub fn cargo(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/wasm-rust.sh"));
    command.args(args).current_dir(folder);
    // The variables of the cargo that runs the tests must not reach this one.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO")) {
        if name != "CARGO_HOME" {
            command.env_remove(name);
        }
    }
    if std::env::var_os(REQUIRED).is_none() {
        // A test that may be skipped installs nothing.
        command = Command::new("cargo");
        command.args(args).current_dir(folder).env_remove("CARGO_TARGET_DIR");
    }
    command
}

/// Whether the project in this folder can be built here.
pub fn can_build(folder: &Path) -> bool {
    if std::env::var_os(REQUIRED).is_none() {
        let mut rustc = Command::new("rustc");
        rustc.args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
        let output = rustc.output().unwrap();
        if !Path::new(text(&output.stdout).trim()).exists() {
            eprintln!("skipped: this Rust has no target wasm32-unknown-unknown");
            return false;
        }
    }
    available("the project's crates", cargo(folder, &["fetch"]), REQUIRED)
}

#[test]
fn a_new_project_builds_checks_and_answers_with_the_steps_that_were_printed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("path/to/my-actor");
    let made = new(&folder, &[]);
    assert!(made.status.success(), "{made:?}");
    let steps = text(&made.stdout);
    let steps: Vec<_> = steps.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let [cd, build, run] = steps[..] else { panic!("{steps:?}") };
    assert_eq!(cd, format!("cd {}", folder.display()));
    let mut commands = [build, run].map(|step| step.split('#').next().unwrap().trim().split(' '));
    assert!(commands[0].next() == Some("cargo") && commands[1].next() == Some("footlight"));
    if !can_build(&folder) {
        return;
    }

    let built = cargo(&folder, &commands[0].clone().collect::<Vec<_>>()).output().unwrap();
    let log = text(&built.stderr);
    assert!(built.status.success() && !log.contains("warning"), "{log}");

    // Another program may use port 8080 on this machine.
    let manifest = folder.join("manifest.toml");
    let words = fs::read_to_string(&manifest).unwrap();
    assert!(words.contains("port = 8080"), "{words}");
    fs::write(&manifest, words.replace("port = 8080", "port = 0")).unwrap();
    let checked = footlight(&["check", folder.to_str().unwrap()]);
    assert!(checked.status.success(), "{checked:?}");

    let mut server = Command::new(env!("CARGO_BIN_EXE_footlight"))
        .args(commands[1].clone())
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let served = std::panic::catch_unwind(|| {
        let url = line.split_once("  my-actor  ws://").unwrap().1;
        let address = url.split('/').next().unwrap().parse().unwrap();
        let mut first = Client::connect(address, "/ws");
        first.expect("Welcome, visitor number 1!");
        first.ask("Ada", "Hello, Ada!");
        first.close(None);
        Client::connect(address, "/ws").expect("Welcome, visitor number 2!");
    });
    server.kill().unwrap();
    server.wait().unwrap();
    served.unwrap();
}

/// The options of all kinds of projects.
const KINDS: [&[&str]; 5] = [
    &[],
    &["--template", "counter"],
    &["--template", "rooms"],
    &["--template", "dashboard"],
    &["--template", "api"],
];

#[test]
fn each_template_passes_its_tests_on_this_machine_and_would_run() {
    let parent = tempfile::tempdir().unwrap();
    for (number, kind) in KINDS.iter().enumerate() {
        let folder = parent.path().join(format!("actor-{number}"));
        assert!(new(&folder, kind).status.success());
        if !can_build(&folder) {
            return;
        }
        // `cargo test` runs it for this machine, in a way that needs a shell.
        let tested = cargo(&folder, &["test"]).output().unwrap();
        let (out, log) = (text(&tested.stdout), text(&tested.stderr));
        assert!(tested.status.success() && !log.contains("warning"), "{kind:?}: {out}{log}");
        assert!(out.contains("test tests::") && !out.contains("0 passed"), "{kind:?}: {out}");

        let built = cargo(&folder, &["build", "--release"]).output().unwrap();
        let log = text(&built.stderr);
        assert!(built.status.success() && !log.contains("warning"), "{kind:?}: {log}");
        let checked = footlight(&["check", folder.to_str().unwrap()]);
        assert!(checked.status.success(), "{kind:?}: {checked:?}");
        if let [_, template] = kind {
            let host = Host::start(&folder, &["run"]);
            let page = format!("http://{}/", host.address());
            browser::look_if_possible(&page, "template_page_client.py", &[Path::new(template)]);
            host.stop();
        }
    }
}

#[test]
fn the_api_of_the_template_answers_programs_and_tells_clients_each_change() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("values");
    assert!(new(&folder, &["--template", "api"]).status.success());
    if !can_build(&folder) {
        return;
    }
    let built = cargo(&folder, &["build", "--release"]).output().unwrap();
    assert!(built.status.success(), "{}", text(&built.stderr));
    let host = Host::start(&folder, &["run"]);
    is_the_api(host.address());
    host.stop();
}

/// Uses the template `api`, in whichever language it is.
pub fn is_the_api(address: SocketAddr) {
    let mut client = Client::connect(address, "/ws");
    client.expect("{}");
    // It answers under its own names only.
    let send = |line: &str, fields: &str, content: Option<&str>| {
        let line = line.replace(" /", &format!(" http://{address}/"));
        ask(address, &line, fields, content.map(str::as_bytes))
    };
    let asked = |line: &str, content: Option<&str>| {
        let answer = send(line, "", content);
        (answer.status, answer.body)
    };
    assert_eq!(asked("PUT /values/kitchen", Some("21.5\n")), (201, String::new()));
    client.expect(r#"{"kitchen":"21.5"}"#);
    assert_eq!(asked("GET /values/kitchen", None), (200, "21.5".into()));
    assert_eq!(asked("PUT /values/kitchen", Some("22")), (204, String::new()));
    client.expect(r#"{"kitchen":"22"}"#);
    let answer = send("GET /values", "", None);
    assert_eq!(answer.body, r#"{"kitchen":"22"}"#);
    assert_eq!(answer.field("content-type"), Some("application/json"));
    assert_eq!(send("POST /values/kitchen", "", None).status, 405);
    // A page of another site changes nothing.
    let other = "Origin: http://evil.example\r\n";
    assert_eq!(send("DELETE /values/kitchen", other, None).status, 403);
    assert_eq!(asked("DELETE /values/kitchen", None), (204, String::new()));
    client.expect("{}");
    for (line, content, expected) in [
        ("GET /values/none", None, 404),
        ("DELETE /values/none", None, 404),
        ("GET /other", None, 404),
        ("GET /values/a/b", None, 404),
        ("POST /values", None, 405),
        ("PUT /values/Kitchen", Some("1"), 400),
        ("PUT /values/", Some("1"), 400),
        ("PUT /values/kitchen", Some("two\nlines"), 400),
        ("PUT /values/__proto__", Some("1"), 201),
        ("DELETE /values/__proto__", None, 204),
    ] {
        assert_eq!(asked(line, content).0, expected, "{line}");
    }
    let put = |number: usize| asked(&format!("PUT /values/{number}"), Some("a")).0;
    assert!((0..100).all(|number| put(number) == 201));
    assert_eq!((put(100), put(99)), (507, 204));
}

/// What the actor of the next test does for some texts.
const FAULTS: &str = r#"
            "text" if message.text.as_deref() == Some("panic") => {
                log("soon");
                panic!("a message")
            }
            "text" if message.text.as_deref() == Some("stack") => log(&deep(1).to_string()),
            "text" if message.text.as_deref() == Some("memory") => {
                let large = std::hint::black_box(vec![1u8; 1 << 30]);
                log(&large.len().to_string());
            }
"#;

/// Needs more stack at each call.
const DEEP: &str = "
fn deep(number: u64) -> u64 {
    let numbers = std::hint::black_box([number; 100]);
    if number == 0 { 0 } else { deep(number + 1) + numbers[7] }
}
";

#[test]
fn a_panic_an_overflow_of_the_stack_and_a_lack_of_memory_are_told_as_what_they_are() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("faulty");
    assert!(new(&folder, &[]).status.success());
    if !can_build(&folder) {
        return;
    }
    let source = folder.join("src/lib.rs");
    let code = fs::read_to_string(&source).unwrap();
    let (before, after) = code.split_once("            \"text\" => {").unwrap();
    fs::write(&source, [before, FAULTS, "            \"text\" => {", after, DEEP].concat())
        .unwrap();
    let built = cargo(&folder, &["build", "--release"]).output().unwrap();
    assert!(built.status.success(), "{}", text(&built.stderr));
    let module = folder.join("target/wasm32-unknown-unknown/release/faulty.wasm");
    let server = Server::of(Actor::file("faulty", module));
    let fails = |text: &str| {
        let mut client = server.client("faulty");
        client.next();
        client.text(text);
        client.expect_close(1011);
    };
    fails("panic");
    let panicked = ": it panicked in ntwk:theater/websocket-server#handle-message: panicked at \
                    src/lib.rs:";
    server.wait_for(&[
        "the actor failed",
        panicked,
        ":\\na message; before that it logged [\"soon\"]",
    ]);
    fails("stack");
    server.wait_for(&["the actor failed", "this means that its stack of 16384 bytes overflowed"]);
    fails("memory");
    server.wait_for(&["the actor failed", "it ran out of memory: it wanted 10"]);
}

#[test]
fn the_bindings_are_those_that_the_wit_files_give() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = root.join("scripts/bindings.sh");
    if !available(
        "the crates that make bindings",
        cargo(&root.join("scripts/bindings"), &["fetch"]),
        REQUIRED,
    ) {
        return;
    }
    let output = Command::new(script).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn the_project_is_formatted_as_rustfmt_does_without_settings() {
    let mut probe = Command::new("rustfmt");
    probe.arg("--version");
    if !available("rustfmt", probe, REQUIRED) {
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    for (number, kind) in KINDS.iter().enumerate() {
        let folder = parent.path().join(format!("actor-{number}"));
        assert!(new(&folder, kind).status.success());
        let mut rustfmt = Command::new("rustfmt");
        let output = rustfmt.args(["--check", "--edition=2024", "src/lib.rs"]).current_dir(&folder);
        let output = output.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stdout));
    }
}

#[test]
fn nothing_is_overwritten() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("hello");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("Cargo.toml"), "mine").unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "mine").unwrap();
    for path in [&folder, &file] {
        let refused = new(path, &[]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.stdout.is_empty());
        let error = text(&refused.stderr);
        assert!(error.starts_with(&format!("footlight: {}: ", path.display())), "{error}");
        assert!(error.contains("nothing is overwritten"), "{error}");
    }
    assert_eq!(fs::read_to_string(folder.join("Cargo.toml")).unwrap(), "mine");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
}

#[test]
fn an_empty_folder_is_filled_and_the_current_one_gives_its_name() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("hello");
    fs::create_dir(&folder).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_footlight"));
    let made = program.args(["new", "."]).current_dir(&folder).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let steps = text(&made.stdout);
    assert!(steps.starts_with("Made the actor hello.") && !steps.contains("cd "), "{steps}");
    let cargo_toml = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    assert!(cargo_toml.contains("\nname = \"hello\"\n"), "{cargo_toml}");
}

#[test]
fn a_name_that_cannot_be_an_actors_is_refused_before_anything_is_made() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("My Actor");
    let refused = new(&folder, &[]);
    assert_eq!(refused.status.code(), Some(1));
    let error = text(&refused.stderr);
    assert!(
        error.contains("\"My Actor\"") && error.contains("lower-case ASCII letters"),
        "{error}"
    );
    assert!(error.contains("--name NAME") && !folder.exists(), "{error}");
    let made = new(&folder, &["--name", "mine"]);
    assert!(made.status.success(), "{made:?}");
    assert!(text(&made.stdout).contains("My Actor'\n"), "{made:?}");
}
