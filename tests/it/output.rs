//! A standard output that takes nothing: a full disk, a reader that has gone, or no output at all.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
};

use crate::support::{Client, after, guest, program};

/// A file that takes nothing.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// A pipe that nobody reads any more.
fn broken() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A client is served and the host ends well.
fn serves(mut host: Child, address: SocketAddr) {
    let mut client = Client::connect(address, "/ws");
    client.expect("state:0");
    client.ask("hello", "hello");
    let pid = host.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    client.expect_close(1001);
    assert_eq!(host.wait().unwrap().code(), Some(0));
}

#[test]
fn a_host_whose_standard_output_takes_nothing_serves_and_the_log_has_the_address() {
    for stdout in [full(), broken()] {
        let folder = tempfile::tempdir().unwrap();
        let manifest = guest("events").write(folder.path());
        let mut command = program();
        command.arg("run").arg(manifest).stdout(stdout).stderr(Stdio::piped());
        let mut host = command.spawn().unwrap();
        let lines = BufReader::new(host.stderr.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        assert!(lines.any(|line| line.contains("standard output cannot be written: ")));
        let line = lines.next().unwrap();
        let (_, rest) = line.split_once("  events  ws://").unwrap();
        serves(host, rest.split_once('/').unwrap().0.parse().unwrap());
    }
}

#[test]
fn a_host_without_a_standard_output_serves() {
    // So that its address is known.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").port(address.port()).write(folder.path());
    let exports = "export LISTEN_PID=$$ LISTEN_FDS=1";
    let mut command = after(&format!("exec 3<&0 </dev/null >&-; {exports}"));
    command.arg("run").arg(manifest).stdin(OwnedFd::from(listener)).stderr(Stdio::null());
    serves(command.spawn().unwrap(), address);
}

#[test]
fn a_command_whose_output_cannot_be_written_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").write(folder.path());
    let project = folder.path().join("hello");
    let (manifest, project) = (manifest.to_str().unwrap(), project.to_str().unwrap());
    for args in [&["--help"][..], &["check", manifest], &["new", project], &["man"]] {
        let output = program().args(args).stdout(full()).stderr(Stdio::null()).status().unwrap();
        assert_eq!(output.code(), Some(1), "{args:?}");
    }
}
