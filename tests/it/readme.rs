//! What the README says: its quick start, and its table of limits.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::support::{Client, footlight};

/// The README.
const README: &str = include_str!("../../README.md");

#[test]
fn the_quick_starts_command_serves_the_chat_room_where_the_readme_says() {
    let line = "cargo run --release -- run examples/chat-room";
    assert!(README.contains(&format!("\n{line}\n")), "the README's quick start has changed");
    let greeting = "chat-room: ws://127.0.0.1:8080/ws";
    assert!(README.contains(greeting), "the README's output has changed");
    // The same arguments, with the program that is being tested instead of a release build.
    let args = line.strip_prefix("cargo run --release -- ").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_footlight"))
        .args(args.split(' '))
        .current_dir(root)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    if first.is_empty() {
        // Port 8080 is somebody else's on this machine; then that is what must be said.
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("another program listens there"), "{error}");
        return;
    }
    let served = std::panic::catch_unwind(|| {
        assert!(first.starts_with(greeting), "{first}");
        let mut client = Client::connect("127.0.0.1:8080".parse().unwrap(), "/ws");
        client.expect("[]");
        client.text("Hello!");
        assert!(client.next().to_text().unwrap().contains("\"content\":\"Hello!\""));
    });
    child.kill().unwrap();
    child.wait().unwrap();
    served.unwrap();
}

#[test]
fn the_readme_has_the_usage_of_every_command_as_the_help_has_it() {
    let help = String::from_utf8(footlight(&["--help"]).stdout).unwrap();
    let usage = help.lines().skip_while(|line| !line.starts_with("Usage: "));
    let usage: Vec<_> = usage.take_while(|line| !line.is_empty()).map(|line| &line[7..]).collect();
    let block = format!("\n```\n{}\n```\n", usage.join("\n"));
    assert!(usage.len() >= 6 && README.contains(&block), "the README has no{block}");
}

#[test]
fn the_limits_of_the_readme_are_the_real_ones_with_their_real_defaults() {
    let keys = footlight::manifest::limit_keys();
    for key in &keys {
        let row = format!("| `{}` | {} | {} |", key.key, key.default, key.unit);
        assert!(README.contains(&row), "the README has no row {row}");
    }
    let (_, table) = README.split_once("### Limits").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    assert_eq!(table.matches("\n| `").count(), keys.len(), "the README has other rows");
}

#[test]
fn what_makes_rooms_a_chat_is_its_own_code() {
    let source = include_str!("../../examples/rooms/src/lib.rs");
    let (_, rest) = README.split_once("this is what makes it one:\n\n```rust\n").unwrap();
    let (code, _) = rest.split_once("\n```\n").unwrap();
    let indented = |line: &str| if line.is_empty() { "\n".into() } else { format!("    {line}\n") };
    let code: String = code.lines().map(indented).collect();
    assert!(source.contains(&code), "examples/rooms/src/lib.rs has other code than:\n{code}");
}
