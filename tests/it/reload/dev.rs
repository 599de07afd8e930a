//! `footlight dev`: builds, and takes over what changes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::versions::Version;
use crate::support::{Actor, Client, Server, eventually, footlight, program};

/// Serves the actor in this folder as a developer does.
pub fn dev(folder: &Path, options: &[&str]) -> Server {
    let mut command = program();
    command.arg("dev").args(options).arg(folder);
    Server::run(command, 1)
}

/// Writes an actor whose build copies `source` to its module.
fn with_build(actor: &Actor, folder: &Path) -> PathBuf {
    let build = "[build]\ncommand = \"echo from the build >&2; cp source actor.wasm\"\n\
                 watch = [\"source\"]\n";
    actor.clone().extra(build).write(folder);
    let folder = folder.join(&actor.name);
    fs::rename(folder.join("actor.wasm"), folder.join("source")).unwrap();
    folder
}

/// The folder of an actor with a build, in another one, and the source of its next version, which adds an
/// `m` to the state.
pub fn with_a_new_source() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let folder = with_build(&Version::new(1).actor(), outer.path());
    let new = outer.path().join("new");
    fs::write(&new, module(Version::new(2).adds('m'))).unwrap();
    (outer, folder, new)
}

/// The bytes of a version's module.
fn module(version: Version) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    version.actor().write(folder.path());
    fs::read(folder.path().join("actor/actor.wasm")).unwrap()
}

#[test]
fn a_source_that_changes_is_built_and_goes_on_with_the_same_socket_and_state() {
    let outer = tempfile::tempdir().unwrap();
    let folder = with_build(&Version::new(1).actor(), outer.path());
    let server = dev(&folder, &[]);
    let mut client = server.client("actor");
    client.ask("+", "0+");
    fs::write(folder.join("source"), module(Version::new(2).adds('m'))).unwrap();
    server.wait_for(&["footlight: actor: building: echo from the build >&2; cp source actor.wasm"]);
    // The first build and this one.
    eventually("built", || {
        server.log().lines().filter(|line| *line == "from the build").count() == 2
    });
    server.wait_for(&["files have changed"]);
    server.wait_for(&["footlight: reloaded: 1 changed"]);
    client.ask("a", "0+m");
    // A build that fails, and a module that does not load, change nothing.
    fs::remove_file(folder.join("source")).unwrap();
    server.wait_for(&["actor: the build has failed: exit status: 1"]);
    client.ask("a", "0+m");
    fs::write(folder.join("source"), "no module").unwrap();
    server.wait_for(&["not reloaded: ", "actor.wasm"]);
    client.ask("+", "0+m+");
    fs::write(folder.join("source"), module(Version::new(3))).unwrap();
    eventually("reloaded", || server.count("footlight: reloaded: 1 changed") == 2);
    client.ask("a", "0+m+");
    assert_eq!(server.stop().0.code(), Some(0));
}

#[test]
fn a_first_build_that_fails_waits_for_a_change_and_then_the_actor_serves() {
    let outer = tempfile::tempdir().unwrap();
    let folder = with_build(&Version::new(1).actor(), outer.path());
    let manifest = folder.join("manifest.toml");
    let (source, right) = (folder.join("source"), fs::read_to_string(&manifest).unwrap());
    let module = fs::read(&source).unwrap();
    fs::remove_file(&source).unwrap();
    let mut command = program();
    command.arg("dev").arg(&folder);
    let mut server = Server::run(command, 0);
    let waits = |times| {
        eventually("waiting", || {
            server.count("footlight: waiting for a change of the sources") == times
        });
    };
    waits(1);
    // A manifest with a mistake is told, and one with another command is built with that.
    fs::write(&manifest, right.replace("[build]", "[built]")).unwrap();
    server.wait_for(&["built: unknown key"]);
    fs::write(&manifest, right.replace("cp source", "echo again >&2; cp source")).unwrap();
    server.wait_for(&["building: echo from the build >&2; echo again >&2; cp source actor.wasm"]);
    waits(2);
    fs::write(&source, module).unwrap();
    server.wait_for_listeners(1);
    server.client("actor").ask("+", "0+");
    assert_eq!(server.stop().0.code(), Some(0));
}

#[test]
fn a_build_whose_program_is_missing_says_where_to_read_what_to_install() {
    let outer = tempfile::tempdir().unwrap();
    let build = "[build]\ncommand = \"no-such-compiler\"\nwatch = [\"source\"]\n";
    Version::new(1).actor().extra(build).write(outer.path());
    let mut command = program();
    command.arg("dev").arg(outer.path().join("actor"));
    let server = Server::run(command, 0);
    server.wait_for(&["actor: the build has failed: exit status: 127"]);
    server.wait_for(&[
        "actor: a program of the command was not found; install what the comment of [build] in ",
        "actor/manifest.toml says",
    ]);
}

#[test]
fn a_manifest_that_changes_is_taken_over_without_a_build() {
    let outer = tempfile::tempdir().unwrap();
    let actor = Version::new(1).actor();
    actor.write(outer.path());
    let server = dev(&outer.path().join("actor"), &[]);
    assert_eq!(server.count("actor: nothing is built, because no [build] says how; only the "), 1);
    let mut client = server.client("actor");
    client.ask("+", "0+");
    actor.limit("connections", 1).write(outer.path());
    server.wait_for(&["actor: reloaded: limits"]);
    eventually("refused", || Client::try_connect(server.address("actor"), "/ws").is_err());
    client.ask("a", "0+");
}

#[test]
fn each_event_gets_a_new_instance_unless_it_is_to_be_kept() {
    for (options, second) in [(&[][..], "1"), (&["--keep-instance"], "2")] {
        let outer = tempfile::tempdir().unwrap();
        crate::support::guest("events").write(outer.path());
        let server = dev(&outer.path().join("events"), options);
        let mut client = server.client("events");
        client.expect("state:0");
        client.ask("abuse-global", "1");
        client.ask("abuse-global", second);
    }
}

#[test]
fn what_is_stored_is_there_again_unless_the_actor_is_to_begin_afresh() {
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("data");
    let data = data.to_str().unwrap();
    Version::new(1).actor().write(outer.path());
    for (options, before) in [(&[][..], "0"), (&[], "0+"), (&["--fresh"], "0")] {
        let server = dev(&outer.path().join("actor"), &[&["--data", data], options].concat());
        let mut client = server.client("actor");
        client.ask("a", before);
        client.ask("+", &format!("{before}+"));
        drop(client);
        server.stop();
    }
}

#[test]
fn check_validates_the_build_and_run_ignores_it() {
    let outer = tempfile::tempdir().unwrap();
    let actor = || Version::new(1).actor();
    let fine = actor().extra("[build]\ncommand = \"false\"").write(outer.path());
    assert!(footlight(&["check", fine.to_str().unwrap()]).status.success());
    Server::of(actor().extra("[build]\ncommand = \"false\"")).client("actor").ask("a", "0");
    for (wrong, says) in [
        ("command = \"\"", "build.command: \"\" is not a command"),
        ("watch = [\"src\"]", "build.command: missing"),
        ("command = \"x\"\nwatch = []", "build.watch: "),
        ("command = \"x\"\nwhen = 1", "build.when: unknown key"),
    ] {
        let manifest = actor().extra(&format!("[build]\n{wrong}")).write(outer.path());
        let output = footlight(&["check", manifest.to_str().unwrap()]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!output.status.success() && text.contains(says), "{says}: {text}");
    }
}
