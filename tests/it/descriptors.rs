//! The process's limit of open files.

use crate::support::{Client, Server, after, guest};

/// The connections that 64 files allow, beside the guest's folder, the minimum of requests, one
/// download and one idle connection: see `src/fd_limit.rs`.
const FIT: usize = 22;

#[test]
fn the_clients_that_there_are_files_for_are_served_and_the_next_gets_503() {
    // The host raises the soft limit to the hard one: 40 files would be enough for 2 clients only.
    let server = Server::start_by(after("ulimit -S -n 40; ulimit -H -n 64"), guest("events"));
    server.wait_for(&["WARN", "1024 connections", "64 files", "22 can be", "LimitNOFILE=1627"]);
    assert_eq!(server.count("WARN"), 1);
    let mut clients: Vec<_> = (0..FIT).map(|_| server.client("events")).collect();
    for client in &mut clients {
        assert!(client.next().is_text());
    }
    // The host refuses each of them at once, although it has fewer files left than that.
    for _ in 0..2 * FIT {
        let refused = Client::try_connect(server.address("events"), "/ws").err().unwrap();
        assert!(refused.contains("503"), "{refused}");
    }
    for client in &mut clients {
        client.ask("still here", "still here");
    }
    assert_eq!(server.count("could not be accepted"), 0);
}

#[test]
fn limits_that_fit_are_left_as_they_are_without_a_word() {
    let actor = guest("events")
        .limit("connections", FIT)
        .limit("requests", 4)
        .limit("downloads", 1)
        .limit("idle_connections", 1);
    let server = Server::start_by(after("ulimit -n 64"), actor);
    let clients: Vec<_> = (0..FIT).map(|_| server.client("events")).collect();
    let refused = Client::try_connect(server.address("events"), "/ws").err().unwrap();
    assert!(refused.contains("503"), "{refused}");
    assert_eq!(server.count("WARN"), 0);
    drop(clients);
}

#[test]
fn a_process_that_may_open_too_few_files_for_any_client_says_so_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").write(folder.path());
    let output = after("ulimit -n 33").arg("run").arg(manifest).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("only 33 files open") && error.contains("LimitNOFILE="), "{error}");
}
