//! The command line: exit codes, help, addresses.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::support::{Client, Server, example, footlight, guest, program};

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
    for args in [&[][..], &["serve"], &["new"], &["run", "x", "--bind", "here"], &["check", "-x"]] {
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
    assert!(
        text.contains("nowhere: cannot be read") && text.contains("`footlight new PATH`"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.starts_with("footlight: ")), "{text}");
}

#[test]
fn a_module_without_a_manifest_runs_at_the_next_free_port_of_8080_or_at_the_one_that_is_given() {
    let start = |options: &[&str], module: &str| {
        let mut command = program();
        command.arg("run").args(options).arg(example(module)).stdout(Stdio::piped());
        let mut host = command.stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(host.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (host, line)
    };
    // Another program may use port 8080 on this machine.
    let near = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("  {name}  ws://127.0.0.1:")).unwrap();
        let port: u16 = rest.strip_suffix("/ws\n").unwrap().parse().unwrap();
        assert!((8080..=8179).contains(&port), "{line}");
        port
    };
    let (mut first, line) = start(&[], "chat-room");
    let port = near(&line, "chat_room");
    let (mut second, line) = start(&[], "counter");
    assert!(near(&line, "counter") > port, "{line}");
    let (mut third, line) = start(&["--port", "0"], "counter");
    let (_, rest) = line.split_once("  counter  ws://").unwrap();
    Client::connect(rest.split('/').next().unwrap().parse().unwrap(), "/ws");
    for host in [&mut first, &mut second, &mut third] {
        host.kill().unwrap();
        host.wait().unwrap();
    }
}

#[test]
fn a_port_for_several_listeners_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let manifests = [guest("events"), guest("typed")].map(|actor| actor.write(folder.path()));
    let [one, other] = manifests.each_ref().map(|file| file.to_str().unwrap());
    let output = footlight(&["run", "--port", "0", one, other]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "footlight: --port 0 is for one listener, and there are 2; write a `port` for each into its \
         manifest\n"
    );
}

#[test]
fn without_a_path_the_current_folder_is_run_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["run", "check"] {
        let output = program().arg(command).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let expected = "./manifest.toml: cannot be read: No such file or directory (os error 2); give \
                        a manifest, a folder that holds manifest.toml, or a module; `footlight new \
                        PATH` creates a project\n";
        assert!(text.ends_with(expected), "{text}");
    }
    let manifest = guest("events").write(folder.path());
    let mut check = program();
    let output = check.arg("check").current_dir(manifest.parent().unwrap()).output().unwrap();
    assert!(output.stdout.starts_with(b".: would run"), "{output:?}");
}

#[test]
fn by_default_only_this_machine_is_listened_to_and_the_first_line_says_so() {
    let server = Server::of(guest("events"));
    let [line] = &server.greeting[..] else { panic!("{:?}", server.greeting) };
    let address = server.address("events");
    assert!(address.ip().is_loopback() && address.port() != 0, "{address}");
    assert_eq!(*line, format!("http://{address}/  events  ws://{address}/ws"));
    let advice = server.output_line();
    assert_eq!(advice, "Only this machine can connect. --bind 0.0.0.0 opens it to others.");
}

#[test]
fn bind_and_host_open_the_host_and_the_first_line_says_so() {
    let opened = Server::start_with(&["--bind", "0.0.0.0"], &[guest("events")]);
    // The first address is that for this machine. Those for others have lines too.
    assert!(opened.address("events").ip().is_loopback(), "{:?}", opened.greeting);
    opened.client("events").expect("state:0");
    let opened = Server::of(guest("events").host("0.0.0.0"));
    let port = opened.address("events").port();
    loop {
        let line = opened.output_line();
        if line.starts_with("Others in its networks can connect. --bind 127.0.0.1 keeps them out.")
        {
            break;
        }
        assert!(line.contains(&format!(":{port}/  events  ws://")), "{line}");
    }
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
