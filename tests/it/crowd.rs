//! Many clients at once, some of which are slow or silent. Everybody within the limits gets in.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
    time::Duration,
};

use footlight::limits::Limits;

use crate::support::{Client, PATIENCE, REQUEST, Raw, Server, eventually, guest, masked};

/// How long a client that drips waits before its next byte: a few of them come in the second that a
/// request may take while others wait.
const PAUSE: Duration = Duration::from_millis(300);
/// A request for the server's health.
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// Clients that have connected and sent nothing yet.
pub fn connect(address: SocketAddr, count: usize) -> Vec<Raw> {
    footlight::fd_limit::raise();
    (0..count).map(|_| Raw::connect(address)).collect()
}

/// The status of the answer to a client.
pub fn status(client: &mut Raw) -> String {
    String::from_utf8(client.read(12)).unwrap().split_off(9)
}

/// All clients ask for an upgrade, and only then read their answers. Returns how many got in. The
/// others must have got 503.
pub fn ask_all(clients: &mut [Raw]) -> usize {
    clients.iter_mut().for_each(|client| client.send(REQUEST));
    let statuses: Vec<_> = clients.iter_mut().map(status).collect();
    let refused = statuses.iter().filter(|status| *status != "101");
    assert!(refused.clone().all(|status| status == "503"), "{statuses:?}");
    statuses.len() - refused.count()
}

/// The answer to a request, until the server ends the connection.
fn answer(client: &mut Raw) -> String {
    let mut answer = Vec::new();
    client.socket.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The number of a metric, by its name and labels.
pub fn metric(address: SocketAddr, name: &str) -> usize {
    let mut client = Raw::connect(address);
    client.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let text = answer(&mut client);
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).trim().parse().unwrap()
}

/// Waits until the server has accepted as many of the clients here as it reads requests at once.
pub fn wait_until_full(server: &Server, before: usize) {
    let most = Limits::default().requests;
    eventually("are as many accepted", || server.descriptors() >= before + most);
}

#[test]
fn a_burst_of_as_many_clients_as_the_limit_gets_in_and_one_more_gets_503() {
    let server = Server::of(guest("events"));
    let mut clients = connect(server.address("events"), 1024);
    assert_eq!(ask_all(&mut clients), 1024);
    assert_eq!(ask_all(&mut connect(server.address("events"), 1)), 0);
}

#[test]
fn a_thousand_clients_that_send_their_requests_late_get_in() {
    let server = Server::of(guest("events"));
    let before = server.descriptors();
    let mut clients = connect(server.address("events"), 1000);
    wait_until_full(&server, before);
    assert_eq!(ask_all(&mut clients), 1000);
}

#[test]
fn while_as_many_requests_are_read_as_the_limit_one_more_waits_in_the_kernel() {
    let server = Server::of(guest("events").limit("requests", 2).limit("handshake", "\"1h\""));
    let address = server.address("events");
    let before = server.descriptors();
    let mut first = Raw::connect(address);
    let mut rest = connect(address, 10);
    // The host reads two requests and has accepted the next one. It accepts nobody else until one
    // of these is done.
    eventually("are three there", || server.descriptors() == before + 3);
    first.send(HEALTH);
    assert_eq!(status(&mut first), "200");
    assert_eq!(ask_all(&mut rest), 10);
}

#[test]
fn clients_that_send_nothing_for_a_second_make_room_and_are_told_why() {
    let server = Server::of(guest("events").limit("handshake", "\"1h\""));
    let address = server.address("events");
    let mut silent = connect(address, 64);
    let mut half_open = connect(address, 64);
    half_open.iter_mut().for_each(|client| client.send(b"GET /ws HTTP/1.1\r\nHost: x\r\n"));
    let mut client = Client::connect(address, "/ws");
    client.expect("state:0");
    client.ask("hello", "hello");
    let said = answer(&mut silent[0]);
    assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("\r\nRetry-After: "), "{said}");
    assert!(said.ends_with("\r\n\r\nthis request is too slow while others wait\n"), "{said}");
}

#[test]
fn a_thousand_clients_get_in_beside_many_that_never_speak() {
    let server = Server::of(guest("events").limit("handshake", "\"1h\""));
    let address = server.address("events");
    let _silent = connect(address, 200);
    assert_eq!(ask_all(&mut connect(address, 1000)), 1000);
}

#[test]
fn clients_that_nobody_waits_for_may_take_their_time() {
    let server = Server::of(guest("events").limit("handshake", "\"1h\""));
    let mut slow = connect(server.address("events"), 64);
    // The pause is what is tested: it is longer than the second that each has when others wait.
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(ask_all(&mut slow), 64);
}

/// Stops the host while more clients connect than a usual queue holds. All of them must connect
/// nevertheless. Then the host goes on and lets them in.
pub fn queue(server: &Server) {
    footlight::fd_limit::raise();
    let most = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
    let count = most.trim().parse::<usize>().unwrap().min(600);
    server.signal("STOP");
    let connect = |_| TcpStream::connect_timeout(&server.address("events"), PATIENCE).map(Raw::of);
    let clients: io::Result<Vec<_>> = (0..count).map(connect).collect();
    server.signal("CONT");
    assert_eq!(ask_all(&mut clients.unwrap()), count);
}

#[test]
fn as_many_clients_wait_for_a_host_that_stands_still_as_the_system_allows() {
    queue(&Server::of(guest("events")));
}

#[test]
fn a_storm_of_connections_that_close_at_once_keeps_nobody_out() {
    let server = Server::of(guest("events"));
    let address = server.address("events");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    connect(address, 10).into_iter().for_each(Raw::reset);
                }
            });
        }
        let got_in = ask_all(&mut connect(address, 300));
        done.store(true, Relaxed);
        assert_eq!(got_in, 300);
    });
}

#[test]
fn a_thousand_clients_get_in_while_another_sends_a_message_bit_by_bit() {
    let server = Server::of(guest("events"));
    let address = server.address("events");
    let mut uploading = Raw::connect(address).upgraded();
    let message = masked(0x81, &[b'x'; 1000]);
    let (first, last) = message.split_at(600);
    uploading.send(first);
    let mut clients = connect(address, 1000);
    for (client, byte) in clients.iter_mut().zip(last.chunks(1)) {
        client.send(REQUEST);
        uploading.send(byte);
    }
    clients.iter_mut().skip(last.len()).for_each(|client| client.send(REQUEST));
    assert!(clients.iter_mut().all(|client| status(client) == "101"));
    assert_eq!(uploading.frame().1.len(), 1000);
}

/// Clients that send requests or read a file a byte at a time. They return when the host ends their
/// connection.
struct Drippers<'a> {
    address: SocketAddr,
    done: &'a AtomicBool,
    /// How often every client has had its turn.
    rounds: AtomicUsize,
}

impl Drippers<'_> {
    /// Sends the bytes of requests without end.
    fn send(&self, count: usize) {
        let mut clients = connect(self.address, count);
        self.drip(&mut clients, |socket| socket.write_all(b"G"), Raw::connect);
    }

    /// Asks for a file, and reads it a byte at a time.
    fn take(&self, count: usize) {
        let ask = |address| {
            let mut client = Raw::with_small_buffer(address);
            // Refused or not.
            let _ = client
                .socket
                .write_all(b"GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            client
        };
        let mut clients: Vec<_> = (0..count).map(|_| ask(self.address)).collect();
        let take = |socket: &mut TcpStream| {
            socket.set_nonblocking(true)?;
            match socket.read(&mut [0]) {
                Ok(1) => Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            }
        };
        self.drip(&mut clients, take, ask);
    }

    /// Lets each client do one small step now and then, until the end.
    fn drip(
        &self,
        clients: &mut [Raw],
        step: impl Fn(&mut TcpStream) -> io::Result<()>,
        again: impl Fn(SocketAddr) -> Raw,
    ) {
        while !self.done.load(Relaxed) {
            for client in clients.iter_mut() {
                if step(&mut client.socket).is_err() {
                    *client = again(self.address);
                }
            }
            self.rounds.fetch_add(1, Relaxed);
            // The pause is what makes these clients slow.
            thread::sleep(PAUSE);
        }
    }
}

#[test]
fn a_thousand_clients_and_a_health_check_get_in_beside_hundreds_that_drip() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), vec![b'x'; 4 << 20]).unwrap();
    let server = Server::of(guest("events").config(&format!("static = {:?}", folder.path())));
    let (address, done) = (server.address("events"), AtomicBool::new(false));
    let drippers = || Drippers { address, done: &done, rounds: AtomicUsize::new(0) };
    let (sending, taking) = (drippers(), drippers());
    thread::scope(|scope| {
        scope.spawn(|| taking.take(200));
        eventually("do they take", || taking.rounds.load(Relaxed) > 0);
        scope.spawn(|| sending.send(200));
        eventually("do they send", || sending.rounds.load(Relaxed) > 0);
        // The threads must end even if the test fails.
        let honest = scope.spawn(|| ask_all(&mut connect(address, 1000)));
        let healthy = scope.spawn(|| {
            let mut client = Raw::connect(address);
            client.send(HEALTH);
            status(&mut client)
        });
        let results = (honest.join(), healthy.join());
        done.store(true, Relaxed);
        assert_eq!((results.0.unwrap(), results.1.unwrap().as_str()), (1000, "200"));
    });
}

/// A server with a file of some MB that it sends to one client at a time, and clients that ask for
/// the file and read nothing. The last one did not get it.
fn stalled() -> (Server, tempfile::TempDir, Vec<Raw>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), vec![b'x'; 4 << 20]).unwrap();
    let actor = guest("events").config(&format!("static = {:?}", folder.path()));
    let server = Server::of(actor.limit("downloads", 1));
    let mut clients = Vec::new();
    while server.count("is refused: 503") == 0 {
        assert!(clients.len() < 100, "downloads are not bounded");
        let mut client = Raw::with_small_buffer(server.address("events"));
        client.send(b"GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        clients.push(client);
        // The host has read the request and decided about it.
        metric(server.address("events"), "footlight_downloads{actor=\"events\"}");
    }
    (server, folder, clients)
}

#[test]
fn as_many_files_are_sent_as_the_limit_some_wait_and_the_next_gets_503() {
    let (server, _folder, mut clients) = stalled();
    // The host serves one and four wait, or more if one was already too slow.
    assert!(clients.len() >= 6, "{}", clients.len());
    let said = answer(clients.last_mut().unwrap());
    assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("\r\nRetry-After: "), "{said}");
    assert!(said.ends_with("\r\n\r\ntoo many files are being sent\n"), "{said}");
    // Small answers and clients of the actor do not count as downloads.
    let address = server.address("events");
    assert_eq!(metric(address, "footlight_downloads{actor=\"events\"}"), 1);
    let mut console = Raw::connect(address);
    console.send(b"GET /console HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&mut console), "200");
    server.client("events").expect("state:0");
}

#[test]
fn a_client_that_takes_nothing_of_a_file_makes_room_for_one_that_does() {
    let (server, _folder, _clients) = stalled();
    let address = server.address("events");
    eventually("is the file sent", || {
        let mut client = Raw::connect(address);
        client.send(b"GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        answer(&mut client).len() > 4 << 20
    });
    assert!(metric(address, "footlight_broken_pages_total{actor=\"events\"}") > 0);
    server.wait_for(&["events: ", "is too slow for a page"]);
}
