//! The signals that do not stop the host. `shutdown` has those that do.

use std::fs;

use crate::support::{Server, guest};

#[test]
fn signals_that_mean_nothing_here_are_ignored_with_a_line_and_clients_stay() {
    let server = Server::of(guest("events"));
    let mut client = server.client("events");
    client.expect("state:0");
    for signal in ["USR1", "USR2", "ALRM"] {
        server.signal(signal);
        server.wait_for(&["INFO  footlight", &format!("SIG{signal} is ignored")]);
        client.ask("hello", "hello");
    }
}

#[test]
fn broken_pipes_and_files_past_their_limit_end_nothing_and_are_not_logged() {
    let server = Server::of(guest("events"));
    let mut client = server.client("events");
    client.expect("state:0");
    for signal in ["PIPE", "XFSZ"] {
        server.signal(signal);
    }
    // Waiting signals arrive in the order of their numbers, and the host logs this one.
    server.signal("USR2");
    server.wait_for(&["SIGUSR2 is ignored"]);
    client.ask("hello", "hello");
    let (status, log) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(!log.contains("SIGPIPE") && !log.contains("SIGXFSZ"), "{log}");
}

#[test]
fn on_hangup_the_log_files_are_opened_anew_and_clients_stay() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let to = |name: &str| format!("[logging]\nlevel = \"info\"\nfile_path = {:?}\n", file(name));
    let actors = [guest("events").extra(&to("a.log")), guest("typed").extra(&to("b.log"))];
    let server = Server::start_with(&[], &actors);
    let mut clients = ["events", "typed"].map(|shape| server.client(shape));
    for client in &mut clients {
        client.expect("state:0");
        client.ask("log", "logged");
    }
    for name in ["a.log", "b.log"] {
        fs::rename(file(name), file(&format!("{name}.1"))).unwrap();
    }
    server.signal("HUP");
    server.wait_for(&["SIGHUP: reopening the log files"]);
    // All later lines come after that one.
    for client in &mut clients {
        client.ask("log", "logged");
        client.ask("log", "logged");
    }
    assert_eq!(server.stop().0.code(), Some(0));
    let count = |name: &str| {
        let text = fs::read_to_string(file(name)).unwrap();
        text.matches("a line from ").count()
    };
    for name in ["a.log", "b.log"] {
        assert_eq!((count(&format!("{name}.1")), count(name)), (1, 2), "{name}");
    }
}

#[test]
fn a_log_file_that_cannot_be_opened_anew_is_written_to_as_before_and_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (file, old) = (folder.path().join("a.log"), folder.path().join("a.log.1"));
    let logging = format!("[logging]\nlevel = \"info\"\nfile_path = {file:?}\n");
    let server = Server::start_with(&[], &[guest("events").extra(&logging)]);
    let mut client = server.client("events");
    client.expect("state:0");
    fs::rename(&file, &old).unwrap();
    fs::create_dir(&file).unwrap();
    server.signal("HUP");
    server.wait_for(&["a.log: Is a directory", "the file that is open stays in use"]);
    client.ask("log", "logged");
    assert_eq!(server.stop().0.code(), Some(0));
    assert!(fs::read_to_string(old).unwrap().contains("a line from guide"));
}
