//! The projects of `footlight new --lang`, and an actor in JavaScript, built with each language's own
//! tool.
//!
//! `scripts/languages.sh` installs the tools. Without one, its test says so and passes, unless
//! `FOOTLIGHT_REQUIRE_LANGUAGES` is set.

use std::{fs, path::Path, process::Command};

use async_tungstenite::tungstenite::Message;

#[cfg(feature = "javascript")]
use crate::new::is_the_api;
use crate::{
    browser,
    clients::available,
    support::{Actor, Client, Host, Server, footlight},
};

/// The variable that says that the tools must be there.
const REQUIRED: &str = "FOOTLIGHT_REQUIRE_LANGUAGES";

/// A shell with the tools that the script has installed.
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/target/languages/bin");
    let path = std::env::var("PATH").unwrap();
    shell.args(["-c", command]).env("PATH", [installed, &path].join(":"));
    // Go must not fetch another Go.
    shell.env("GOTOOLCHAIN", "local");
    shell
}

/// Makes a project in this language, builds it as its manifest says, and lets it count. `probe` is a command that succeeds if the tool is there.
fn counts(language: &str, probe: &str) {
    if !available(&format!("what builds {language} (languages.sh)"), shell(probe), REQUIRED) {
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("my-actor");
    let made = footlight(&["new", "--lang", language, folder.to_str().unwrap()]);
    let steps = String::from_utf8(made.stdout).unwrap();
    let mut steps = steps.lines().filter_map(|line| line.strip_prefix("    "));
    let build = steps.nth(1).unwrap().split("  # needs: ").next().unwrap();
    let built = shell(build).current_dir(&folder).output().unwrap();
    let log = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success() && !log.contains("warning"), "{build}: {log}");
    project_counts(&folder);
}

/// Serves the project in this folder, and lets it count, past what its memory would hold if it freed
/// nothing.
fn project_counts(folder: &Path) {
    let checked = footlight(&["check", folder.to_str().unwrap()]);
    assert!(checked.status.success(), "{checked:?}");

    let host = Host::start(folder, &["run"]);
    let mut first = Client::connect(host.address(), "/ws");
    first.expect("0");
    let mut second = Client::connect(host.address(), "/ws");
    second.expect("0");
    // What is nothing to the counter changes nothing, and is freed too.
    let (text, bytes) = ("ä".repeat(30_000), vec![0xff; 60_000]);
    for number in 1..=300 {
        let sender = if number % 2 == 0 { &mut first } else { &mut second };
        sender.text(&text);
        sender.send(Message::binary(bytes.clone()));
        sender.text("add");
        first.expect(&number.to_string());
        second.expect(&number.to_string());
    }
    first.close(None);
    Client::connect(host.address(), "/ws").expect("300");
    host.stop();

    let host = Host::start(folder, &["run"]);
    let page = format!("http://{}/", host.address());
    browser::look_if_possible(&page, "template_page_client.py", &[Path::new("counter")]);
    host.stop();
}

#[cfg(feature = "javascript")]
#[test]
fn a_project_in_javascript_counts_without_any_tool() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("my-actor");
    let made = footlight(&["new", "--lang", "javascript", folder.to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");
    project_counts(&folder);
}

/// A project in JavaScript of this template, which runs.
#[cfg(feature = "javascript")]
fn project_in_javascript(folder: &Path, template: &str) -> Host {
    let to = folder.to_str().unwrap();
    let made = footlight(&["new", "--lang", "javascript", "--template", template, to]);
    assert!(made.status.success(), "{made:?}");
    let checked = footlight(&["check", to]);
    let report = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success() && !report.contains("note:"), "{report}");
    Host::start(folder, &["run"])
}

#[cfg(feature = "javascript")]
#[test]
fn the_page_of_each_template_works_with_its_actor_in_javascript() {
    for template in ["counter", "rooms", "dashboard", "api"] {
        let parent = tempfile::tempdir().unwrap();
        let host = project_in_javascript(&parent.path().join("my-actor"), template);
        let page = format!("http://{}/", host.address());
        browser::look_if_possible(&page, "template_page_client.py", &[Path::new(template)]);
        host.stop();
    }
}

#[cfg(feature = "javascript")]
#[test]
fn the_rooms_in_javascript_let_in_who_names_a_room_and_itself() {
    let parent = tempfile::tempdir().unwrap();
    let host = project_in_javascript(&parent.path().join("rooms"), "rooms");
    let enter = |lines: &str, name: &str| {
        let mut client = Client::connect(host.address(), "/ws");
        client.text(lines);
        client.expect(&format!("{name} has come in"));
        client
    };
    let mut ann = enter("kitchen\nAnn", "Ann");
    let mut bob = enter("kitchen\n Bob ", "Bob");
    ann.expect("Bob has come in");
    let mut cid = enter("attic\nCid", "Cid");
    ann.text("Hello");
    bob.expect("Ann: Hello");
    bob.close(None);
    ann.expect("Ann: Hello");
    ann.expect("Bob has left");
    cid.ask("alone", "Cid: alone");
    let mut nobody = Client::connect(host.address(), "/ws");
    for wrong in ["no second line", "\nno room", "no name\n "] {
        nobody.ask(wrong, "The first text has a room and a name, each in a line.");
    }
    host.stop();
}

#[cfg(feature = "javascript")]
#[test]
fn the_dashboard_in_javascript_shows_the_machine_every_second() {
    let parent = tempfile::tempdir().unwrap();
    let host = project_in_javascript(&parent.path().join("dashboard"), "dashboard");
    let mut client = Client::connect(host.address(), "/ws");
    for _ in 0..2 {
        let shown = client.next();
        let shown: serde_json::Value = serde_json::from_str(shown.to_text().unwrap()).unwrap();
        assert!(shown["load"].as_f64().unwrap() >= 0.0, "{shown}");
        assert!((0..=100).contains(&shown["memory"].as_i64().unwrap()), "{shown}");
        assert!(shown["uptime"].as_f64().unwrap() > 0.0, "{shown}");
    }
    host.stop();
}

#[cfg(feature = "javascript")]
#[test]
fn the_api_in_javascript_answers_as_the_one_in_rust() {
    let parent = tempfile::tempdir().unwrap();
    let host = project_in_javascript(&parent.path().join("api"), "api");
    is_the_api(host.address());
    host.stop();
}

#[test]
fn a_project_in_c_builds_with_make_and_counts() {
    let wasi = "printf '#include <stdlib.h>\\nint main() { return abs(1); }' |
        clang --target=wasm32-wasi -x c - -o /dev/null";
    counts("c", &format!("make --version && {wasi}"));
}

#[test]
fn a_project_in_assemblyscript_builds_with_npm_and_counts() {
    // Without the variable, the test does not wait for a registry.
    let required = std::env::var_os(REQUIRED).is_some();
    counts("assemblyscript", if required { "npm --version" } else { "false" });
}

#[test]
fn a_project_in_go_builds_with_go_and_counts() {
    counts("go", "go version");
}

#[test]
fn a_project_in_zig_builds_with_zig_and_counts() {
    counts("zig", "zig version");
}

#[test]
fn an_actor_in_javascript_builds_as_the_document_says_and_keeps_its_state_through_an_exception() {
    let probe = shell("componentize-js --version");
    if !available("componentize-js (languages.sh)", probe, REQUIRED) {
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("project");
    let made = footlight(&["new", "--template", "counter", folder.to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = root.join("tests/guests/javascript/actor.js");
    fs::copy(source, folder.join("actor.js")).unwrap();
    let document = fs::read_to_string(root.join("docs/actors.md")).unwrap();
    let (_, command) = document.split_once("\nnpx componentize-js").unwrap();
    let (arguments, _) = command.split_once("\n```").unwrap();
    let build = format!("componentize-js{arguments}");
    let built = shell(&build).current_dir(&folder).output().unwrap();
    assert!(built.status.success(), "{build}: {built:?}");

    let module = folder.join("actor.wasm");
    let actor = Actor::file("javascript", module);
    let actor = actor.limit("module", "\"16MiB\"").limit("memory", "\"64MiB\"");
    let checked = footlight(&["check", actor.write(parent.path()).to_str().unwrap()]);
    let report = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && report.contains("would run"), "{checked:?}");

    let server = Server::of(actor);
    let mut first = server.client("javascript");
    first.expect("0");
    first.ask("add", "1");
    first.ask("grüße", "GRÜSSE");
    server.wait_for(&["javascript#1: actor: says grüße"]);
    let mut second = server.client("javascript");
    second.expect("1");
    second.ask("add", "2");
    second.send(Message::binary(vec![0, 1, 255]));
    assert_eq!(second.next(), Message::binary(vec![255, 1, 0]));
    // Nobody catches the exception. It ends its event and the client, and changes nothing else.
    second.text("throw");
    second.expect_close(1011);
    first.ask("add", "3");
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
}

#[test]
fn an_unknown_language_is_refused_before_anything_is_made() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("actor");
    let refused = footlight(&["new", folder.to_str().unwrap(), "--lang", "ziq"]);
    assert_eq!(refused.status.code(), Some(1));
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("there is no language \"ziq\": did you mean \"zig\"?"), "{error}");
    assert!(!folder.exists());
}
