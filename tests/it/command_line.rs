//! The command line: exit codes, help, addresses.

use crate::support::{Server, example, footlight, guest};

#[test]
fn help_and_version_go_to_standard_output_with_exit_code_0() {
    let output = footlight(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["footlight run", "footlight check", "footlight new", "Exit codes:"] {
        assert!(text.contains(part), "{part}");
    }
    let output = footlight(&["run", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("--bind ADDRESS") && text.contains("--threads N"), "{text}");
    let output = footlight(&["--version"]);
    assert_eq!(output.stdout, concat!("footlight ", env!("CARGO_PKG_VERSION"), "\n").as_bytes());
}

#[test]
fn a_wrong_command_line_is_told_on_standard_error_with_exit_code_2() {
    for args in [&[][..], &["serve"], &["run"], &["run", "x", "--bind", "here"], &["check", "-x"]] {
        let output = footlight(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with("footlight: ") && text.contains("--help"), "{text}");
    }
}

#[test]
fn every_mistake_in_every_manifest_is_told_with_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.toml");
    std::fs::write(&file, "name = \"x\"\nport = 1\n").unwrap();
    let output = footlight(&["run", file.to_str().unwrap(), "nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("manifest.toml:2: port: unknown key"), "{text}");
    assert!(text.contains("component_path: missing"), "{text}");
    assert!(text.contains("nowhere: cannot be read"), "{text}");
    assert!(text.lines().all(|line| line.starts_with("footlight: ")), "{text}");
}

#[test]
fn a_module_in_the_place_of_a_manifest_is_refused_with_what_to_do_about_it() {
    let module = example("chat-room");
    let output = footlight(&["run", module.to_str().unwrap()]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let module = module.display();
    let expected = format!(
        "footlight: {module}: a WebAssembly module, not a manifest; give a manifest whose \
         `component_path` names it; `footlight check {module}` reports on the module alone\n"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}

#[test]
fn by_default_only_this_machine_is_listened_to_and_the_first_line_says_so() {
    let server = Server::of(guest("events"));
    let [line] = &server.greeting[..] else { panic!("{:?}", server.greeting) };
    let address = server.address("events");
    assert!(address.ip().is_loopback() && address.port() != 0, "{address}");
    let start = format!("events: ws://{address}/ws (from this machine only;");
    assert!(line.starts_with(&start), "{line}");
    assert!(line.contains("--bind 0.0.0.0 opens it"), "{line}");
}

#[test]
fn bind_and_host_open_the_host_and_the_first_line_says_so() {
    let opened = Server::start_with(&["--bind", "0.0.0.0"], &[guest("events")]);
    assert!(opened.greeting[0].contains("ws://0.0.0.0:"), "{:?}", opened.greeting);
    assert!(opened.greeting[0].contains("from every network this machine is in"));
    let opened = Server::of(guest("events").host("0.0.0.0"));
    assert!(opened.greeting[0].contains("--bind 127.0.0.1 closes it"), "{:?}", opened.greeting);
    let closed = Server::start_with(&["--bind=127.0.0.1"], &[guest("events").host("0.0.0.0")]);
    assert!(closed.address("events").ip().is_loopback());
    let six = Server::start_with(&["--bind", "::1"], &[guest("events")]);
    assert!(six.greeting[0].contains("ws://[::1]:"), "{:?}", six.greeting);
    six.client("events").expect("state:0");
}

#[test]
fn quiet_and_verbose_change_what_is_logged() {
    let quiet = Server::start_with(&["-q"], &[guest("events")]);
    let mut client = quiet.client("events");
    client.expect("state:0");
    client.ask("log", "logged");
    client.text("trap");
    client.expect_close(1011);
    let (_, log) = quiet.stop();
    assert!(log.contains("ERROR events#1: the actor failed"), "{log}");
    assert!(!log.contains("a line from guide") && !log.contains("connected from"), "{log}");
    let usual = Server::start_with(&[], &[guest("events")]);
    let mut client = usual.client("events");
    client.expect("state:0");
    client.ask("log", "logged");
    client.close(None);
    let (_, log) = usual.stop();
    assert!(log.contains("a line from guide") && !log.contains("connected from"), "{log}");
}

#[test]
fn an_actors_log_goes_where_its_manifest_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("logs/events.log");
    let logging = format!("[logging]\nlevel = \"info\"\nfile_path = {file:?}\n");
    let server = Server::start_with(&[], &[guest("events").extra(&logging)]);
    let mut client = server.client("events");
    client.expect("state:0");
    client.ask("log", "logged");
    client.close(None);
    let (_, log) = server.stop();
    assert!(!log.contains("a line from guide"), "{log}");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("INFO  events#1: actor: a line from guide\n"), "{text}");
}
