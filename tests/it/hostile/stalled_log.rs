//! A log that nobody reads, or that the host can't write.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

use super::guest::{Guest, harmless};
use crate::support::{Client, PATIENCE, Server, program};
use tempfile::TempDir;

/// How many lines the guest logs at each text: they fit into the host's queue.
const LINES: usize = 300;

/// A guest that logs this many numbered lines at each text.
fn floods() -> Guest {
    harmless("floods")
        .logs()
        .limit("log_rate", 1_000_000)
        .with(
            r#"(global $number (mut i32) (i32.const 0))
            (data (i32.const 2048) "line 00000000 end")
            (func $line (local $at i32) (local $n i32)
                (local.set $n (global.get $number))
                (global.set $number (i32.add (local.get $n) (i32.const 1)))
                (local.set $at (i32.const 2060))
                (loop $digit
                    (i32.store8 (local.get $at)
                        (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
                    (local.set $n (i32.div_u (local.get $n) (i32.const 10)))
                    (local.set $at (i32.sub (local.get $at) (i32.const 1)))
                    (br_if $digit (i32.gt_u (local.get $at) (i32.const 2052))))
                (call $log (i32.const 2048) (i32.const 17)))
            (func $lines (local $n i32)
                (loop $l (call $line)
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if $l (i32.lt_u (local.get $n) (i32.const 300)))))"#,
        )
        .each("(call $lines)")
}

/// A host whose log the test reads only when it wants to.
struct Host {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Host {
    /// Starts the host with this standard error, and waits until it listens.
    fn start(stderr: Stdio) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = floods().actor().write(folder.path());
        let mut child = program()
            .arg("run")
            .arg(manifest)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
        let address = greeting.strip_prefix("floods: ws://").unwrap().split_once('/').unwrap().0;
        Self { address: address.parse().unwrap(), _folder: folder, child }
    }

    /// Lets the guest log all its lines that many times.
    fn flood(&self, times: u8) {
        let mut client = Client::connect(self.address, "/ws");
        for count in 1..=times {
            client.ask("hello", &format!("ok {}", char::from(b'0' + count)));
        }
        client.close(None);
    }

    /// Asks the host to end.
    fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    }

    /// Waits for its end.
    fn wait(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let (ended, end) = mpsc::channel();
        let waiter = thread::spawn(move || ended.send(self.child.wait().unwrap()));
        let Ok(status) = end.recv_timeout(PATIENCE) else {
            Command::new("kill").args(["-s", "KILL", &pid]).status().unwrap();
            panic!("the host does not end");
        };
        waiter.join().unwrap().unwrap();
        status
    }
}

/// Reads a log, to its end.
fn lines(stderr: &mut ChildStderr) -> Vec<String> {
    let mut text = String::new();
    stderr.read_to_string(&mut text).unwrap();
    text.lines().map(String::from).collect()
}

/// The numbers of the guest's lines. Each line must be complete.
fn numbers<'l>(lines: impl IntoIterator<Item = &'l String>) -> Vec<usize> {
    let number = |line: &String| {
        let (_, number) = line.split_once("INFO  floods#1: actor: line ")?;
        let number = number.strip_suffix(" end").unwrap();
        assert_eq!((line.len(), number.len()), (65, 8), "{line}");
        Some(number.parse().unwrap())
    };
    lines.into_iter().filter_map(number).collect()
}

#[test]
fn a_reader_of_the_log_that_stops_reading_holds_up_nobody_and_is_told_how_much_is_missing() {
    let mut host = Host::start(Stdio::piped());
    let mut stderr = host.child.stderr.take().unwrap();
    // More lines than the pipe and the queue hold.
    host.flood(40);
    // Now the test reads the log again. The host reports the missing lines, although nothing logs
    // any more.
    let mut log = BufReader::new(&mut stderr);
    let (mut read, mut missing) = (Vec::new(), 0);
    while numbers(&read).len() + missing < 40 * LINES {
        let mut line = String::new();
        assert!(log.read_line(&mut line).unwrap() > 0, "the log ends early");
        let line = line.strip_suffix('\n').unwrap();
        if let Some((_, count)) = line.split_once("lines that could not be written here: ") {
            missing += count.parse::<usize>().unwrap();
        }
        read.push(line.to_owned());
    }
    assert!(missing > 0);
    assert_eq!(numbers(&read).len() + missing, 40 * LINES);
    assert!(numbers(&read).is_sorted());
    let mut socket = TcpStream::connect(host.address).unwrap();
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut metrics = String::new();
    socket.read_to_string(&mut metrics).unwrap();
    assert!(
        metrics.contains(&format!("\nfootlight_log_lines_lost_total {missing}\n")),
        "{metrics}"
    );
    host.terminate();
    let end = lines(&mut stderr);
    assert!(end.iter().any(|line| line.contains("stopping")), "{end:?}");
    assert!(host.wait().success());
}

#[test]
fn a_host_whose_log_nobody_reads_ends_when_it_is_asked_to() {
    let mut host = Host::start(Stdio::piped());
    let stderr = host.child.stderr.take().unwrap();
    host.flood(40);
    host.terminate();
    assert!(host.wait().success());
    drop(stderr);
}

#[test]
fn a_host_whose_log_is_on_a_full_disk_serves_and_ends() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let host = Host::start(full.into());
    host.flood(3);
    host.terminate();
    assert!(host.wait().success());
}

#[test]
fn the_lines_of_a_log_that_is_read_are_all_there_whole_and_in_order() {
    let server = Server::of(floods().actor());
    server.client("floods").ask("hello", "ok 1");
    let (status, log) = server.stop();
    assert!(status.success());
    let lines: Vec<_> = log.lines().map(String::from).collect();
    assert_eq!(numbers(&lines), Vec::from_iter(0..LINES));
    assert!(log.contains("stopping"), "{log}");
}
