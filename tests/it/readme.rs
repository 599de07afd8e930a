//! The README's quick start, first actor, figures and length.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Stdio,
};

use serde_json::{Value, json};

use crate::support::{Client, PATIENCE, footlight, program};

/// The README.
const README: &str = include_str!("../../README.md");

/// The section below this heading.
fn section(heading: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n## {heading}\n")).unwrap();
    rest.split("\n## ").next().unwrap()
}

/// The first block of a section in this language.
fn block(section: &'static str, language: &str) -> &'static str {
    let (_, rest) = section.split_once(&format!("\n```{language}\n")).unwrap();
    rest.split_once("\n```\n").unwrap().0
}

fn hear(client: &mut Client) -> Value {
    serde_json::from_str(client.next().to_text().unwrap()).unwrap()
}

/// Checks the quick start's promises at this address: a page, and people who hear each other.
fn talk(address: SocketAddr) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    socket.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("<title>Rooms</title>"), "{page}");

    let mut ann = Client::connect(address, "/ws?room=kitchen&name=Ann");
    assert_eq!(hear(&mut ann)["you"], "Ann");
    let mut bob = Client::connect(address, "/ws?room=kitchen&name=Bob");
    assert_eq!(hear(&mut bob)["here"], json!(["Ann", "Bob"]));
    assert_eq!(hear(&mut ann), json!({ "joined": "Bob" }));
    bob.text("Hello!");
    assert_eq!(hear(&mut ann)["said"], "Hello!");
}

#[test]
fn the_quick_starts_command_serves_rooms_where_the_readme_says() {
    let line = block(section("Quick start"), "sh");
    let greeting = section("Quick start").lines().find(|line| line.contains("  rooms  "));
    let greeting = greeting.unwrap();
    // The same arguments, but with the program under test instead of a release build.
    let args = line.strip_prefix("cargo run --release -- ").unwrap();
    let mut child = program()
        .args(args.split(' '))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    if first.is_empty() {
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        panic!("it does not serve; the quick start's port has to be free for this test:\n{error}");
    }
    let served = std::panic::catch_unwind(|| {
        assert_eq!(first.trim_end(), greeting);
        let (_, address) = greeting.split_once("ws://").unwrap();
        let address = address.split('/').next().unwrap();
        // The text sends the reader to the same address.
        assert!(section("Quick start").contains(&format!("<http://{address}/>")));
        talk(address.parse().unwrap());
    });
    child.kill().unwrap();
    child.wait().unwrap();
    served.unwrap();
}

#[test]
fn the_first_actor_is_what_footlight_new_makes_and_says() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("hello");
    let made = footlight(&["new", folder.to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");
    let steps = String::from_utf8(made.stdout).unwrap();
    let steps = steps.lines().filter_map(|line| line.strip_prefix("    "));
    let steps = steps.map(|line| line.split('#').next().unwrap().trim());
    let steps: Vec<_> = steps.map(|line| line.replace(folder.to_str().unwrap(), "hello")).collect();
    let commands = format!("\n```sh\nfootlight new hello\n{}\n```\n", steps.join("\n"));
    assert!(section("Your first actor").contains(&commands), "the README has not:{commands}");

    let source = std::fs::read_to_string(folder.join("src/lib.rs")).unwrap();
    let code = block(section("Your first actor"), "rust").lines();
    let code: String = code.map(|line| format!("    {line}\n")).collect();
    assert!(source.contains(&code), "the template has other code than:\n{code}");
}

#[test]
fn the_readme_has_at_most_10_kb() {
    assert!(README.len() <= 10 * 1024, "{} bytes", README.len());
}

#[test]
fn the_figures_of_the_readme_are_those_of_the_document_on_performance() {
    let document = include_str!("../../docs/performance.md");
    let figures = ["1.13", "3.9 KB", "1.9 MB", "6.30"];
    for figure in figures {
        assert!(section("Speed").contains(&format!(" {figure}")), "the README has no {figure}");
        assert!(document.contains(&format!(" {figure} ")), "the document has no {figure}");
    }
    // The section has only one more number, the size of the JSON.
    let numbers = section("Speed").split(|c: char| !c.is_ascii_digit() && c != '.');
    let numbers = numbers.filter(|text| text.contains(|c: char| c.is_ascii_digit()));
    assert_eq!(numbers.count(), figures.len() + 1);
}

#[test]
fn the_test_command_stands_where_ci_looks_for_it() {
    let commands: Vec<_> =
        section("Tests").lines().filter(|line| line.starts_with("cargo")).collect();
    assert_eq!(commands, ["cargo test --workspace --all-features"]);
    assert!(include_str!("../../.ci/run").contains("'/^## Tests$/,/^## /p' README.md"));
}
