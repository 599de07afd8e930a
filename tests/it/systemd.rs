//! The service manager: the host's messages to it, its watchdog, and its sockets.

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    os::{
        fd::OwnedFd,
        unix::net::{UnixDatagram, UnixListener},
    },
    process::{Command, Output},
};

use socket2::{Domain, Protocol, Socket, Type};
use tempfile::TempDir;

use crate::{
    crowd::queue,
    shutdown::endless,
    support::{Actor, Client, PATIENCE, Server, after, guest, wat},
};

/// A service manager that receives the host's messages.
struct Manager {
    socket: UnixDatagram,
    folder: TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, folder }
    }

    /// The program, with the variables that the manager sets.
    fn program(&self, watchdog: &str) -> Command {
        let mut command = after(&format!("export WATCHDOG_PID=$$; {watchdog}"));
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        command
    }

    /// The next message.
    fn next(&self) -> String {
        let mut bytes = [0; 1000];
        let len = self.socket.recv(&mut bytes).expect("nothing is told");
        String::from_utf8_lossy(&bytes[..len]).into_owned()
    }

    /// Drops the messages so far.
    fn forget(&self) {
        self.socket.set_nonblocking(true).unwrap();
        while self.socket.recv(&mut [0; 1000]).is_ok() {}
        self.socket.set_nonblocking(false).unwrap();
    }
}

/// The program with a socket as its first inherited descriptor, and `count` of them announced.
fn with_socket(socket: impl Into<OwnedFd>, count: &str) -> Command {
    let exports = format!("export LISTEN_PID=$$ LISTEN_FDS={count}");
    let mut command = after(&format!("exec 3<&0 </dev/null; {exports}"));
    command.stdin(socket.into());
    command
}

/// Runs it with this actor until it ends by itself, which it must with exit code 1.
fn refused(mut command: Command, actor: Actor) -> String {
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stderr, .. } =
        command.arg("run").arg(actor.write(folder.path())).output().unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8_lossy(&stderr).into_owned()
}

#[test]
fn the_manager_is_told_when_the_host_is_ready_and_when_it_stops() {
    let manager = Manager::new();
    let mut server = Server::start_by(manager.program(":"), guest("events"));
    assert_eq!(manager.next(), "READY=1\nSTATUS=serving 1 actor\n");
    // Without a watchdog there is no message until the end.
    server.signal("TERM");
    assert_eq!(manager.next(), "STOPPING=1\nSTATUS=stopping\n");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_host_that_does_not_start_is_never_ready() {
    let manager = Manager::new();
    let error = refused(manager.program(":"), wat("empty", "(module)"));
    assert!(error.contains("empty"), "{error}");
    manager.socket.set_nonblocking(true).unwrap();
    assert!(manager.socket.recv(&mut [0; 1000]).is_err());
}

#[test]
fn the_watchdog_is_fed_while_an_actor_computes_endlessly() {
    let manager = Manager::new();
    let server = Server::start_by(manager.program("export WATCHDOG_USEC=200000"), endless());
    assert!(manager.next().starts_with("READY=1\n"));
    assert_eq!(manager.next(), "WATCHDOG=1\n");
    let mut client = server.client("endless");
    client.text("loop");
    server.wait_for(&["endless#1: actor: looping"]);
    manager.forget();
    for _ in 0..3 {
        assert_eq!(manager.next(), "WATCHDOG=1\n");
    }
    // The host feeds the watchdog until the end, which takes as long as `limits.shutdown`.
    server.signal("TERM");
    while manager.next() == "WATCHDOG=1\n" {}
    assert_eq!(manager.next(), "WATCHDOG=1\n");
}

#[test]
fn a_manager_that_cannot_be_reached_is_named_and_clients_are_served() {
    let mut command = after("export WATCHDOG_USEC=often");
    command.env("NOTIFY_SOCKET", "/nowhere/notify");
    let server = Server::start_by(command, guest("events"));
    server.wait_for(&["WARN", "NOTIFY_SOCKET", "/nowhere/notify"]);
    server.wait_for(&["WARN", "WATCHDOG_USEC", "often"]);
    server.client("events").expect("state:0");
}

#[test]
#[cfg(target_os = "linux")]
fn the_managers_socket_may_have_an_abstract_name() {
    use std::os::{linux::net::SocketAddrExt as _, unix::net::SocketAddr};
    let name = format!("footlight-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    let manager = Manager { socket, folder: tempfile::tempdir().unwrap() };
    let mut command = manager.program(":");
    command.env("NOTIFY_SOCKET", format!("@{name}"));
    let _server = Server::start_by(command, guest("events"));
    assert!(manager.next().starts_with("READY=1\n"));
}

#[test]
fn a_listener_that_was_handed_over_takes_the_place_of_the_manifests() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    // The program serves clients that came before it started.
    let early = socket.try_clone().unwrap();
    let waiting = std::thread::spawn(move || Client::connect(address, "/ws"));
    let actor = guest("events").port(address.port());
    let server = Server::start_by(with_socket(socket, "1"), actor);
    assert_eq!(server.address("events"), address);
    waiting.join().unwrap().expect("state:0");
    // The manager's own socket still listens when the host has ended.
    assert_eq!(server.stop().0.code(), Some(0));
    drop(std::net::TcpStream::connect(address).unwrap());
    drop(early);
}

#[test]
fn as_many_clients_wait_at_a_listener_that_was_handed_over_as_the_system_allows() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let actor = guest("events").port(socket.local_addr().unwrap().port());
    queue(&Server::start_by(with_socket(socket, "1"), actor));
}

#[test]
fn a_listener_at_every_address_stands_for_one_at_any() {
    let socket = TcpListener::bind("0.0.0.0:0").unwrap();
    let address = socket.local_addr().unwrap();
    let actor = guest("events").port(address.port());
    let server = Server::start_by(with_socket(socket, "1"), actor);
    assert_eq!(server.address("events"), address);
    let mut client = Client::connect(([127, 0, 0, 2], address.port()).into(), "/ws");
    client.expect("state:0");
}

#[test]
fn a_listener_that_no_manifest_names_is_named() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let error = refused(with_socket(socket, "1"), guest("events"));
    for part in ["descriptor 3", &address, "which no manifest has", "ListenStream="] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_listener_of_another_address_or_family_is_an_error_with_what_to_write() {
    let bind = |address: &str, only_v6: bool| {
        let address: SocketAddr = address.parse().unwrap();
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        if only_v6 {
            socket.set_only_v6(true).unwrap();
        }
        socket.bind(&address.into()).unwrap();
        socket.listen(1).unwrap();
        socket
    };
    for (own, only_v6, host) in [
        ("127.0.0.1:0", false, "0.0.0.0"),
        ("127.0.0.1:0", false, "127.0.0.2"),
        ("0.0.0.0:0", false, "::1"),
        ("0.0.0.0:0", false, "::"),
        ("[::]:0", true, "127.0.0.1"),
        ("[::]:0", true, "0.0.0.0"),
        ("[::1]:0", false, "127.0.0.1"),
        ("[::1]:0", false, "::"),
    ] {
        let socket = bind(own, only_v6);
        let own = socket.local_addr().unwrap().as_socket().unwrap();
        let wanted = SocketAddr::new(host.parse().unwrap(), own.port());
        let mut command = with_socket(socket, "1");
        command.env("LISTEN_FDNAMES", "web.socket");
        let error = refused(command, guest("events").host(host).port(own.port()));
        let expected = format!(
            "LISTEN_FDS: descriptor 3 (web.socket) listens on {own}, which does not fit {wanted} of a \
             manifest; in the .socket unit write ListenStream={wanted}, "
        );
        assert!(error.contains(&expected), "{error}");
    }
    // With both families, it fits all addresses.
    for host in ["127.0.0.1", "0.0.0.0", "::1", "::"] {
        let socket = bind("[::]:0", false);
        let own = socket.local_addr().unwrap().as_socket().unwrap();
        let actor = guest("events").host(host).port(own.port());
        let server = Server::start_by(with_socket(socket, "1"), actor);
        assert_eq!(server.address("events"), own);
        Client::connect(([127, 0, 0, 1], own.port()).into(), "/ws").expect("state:0");
    }
}

#[test]
fn a_second_listener_for_the_same_address_is_named() {
    let first = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    first.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    first.listen(1).unwrap();
    let port = first.local_addr().unwrap().as_socket().unwrap().port();
    let mut command = after("exec 3<&0 4<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=2");
    command.stdin(OwnedFd::from(first));
    let error = refused(command, guest("events").port(port));
    for part in ["descriptor 4 listens on", "which no manifest has, or an earlier socket has taken"]
    {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn an_address_without_a_listener_among_those_that_were_handed_over_is_in_the_log() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let other = format!("config = {{ port = {port}, host = \"127.0.0.2\" }}");
    let other = format!("[[handlers]]\ntype = \"websocket-server\"\n{other}\n");
    let actor = guest("events").port(port).extra(&other);
    let server = Server::start_by(with_socket(socket, "1"), actor);
    let line = server.wait_for(&["WARN", "the host listens there itself"]);
    let address = format!("127.0.0.2:{port}");
    assert!(line.contains(&format!("events: {address}: ")), "{line}");
    assert!(line.contains(&format!("write ListenStream={address}, ")), "{line}");
    assert_eq!(server.count("the host listens there itself"), 1);
}

#[test]
fn a_descriptor_that_is_no_tcp_listener_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let unix = UnixListener::bind(folder.path().join("socket")).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let file = std::fs::File::create(folder.path().join("file")).unwrap();
    let all: [OwnedFd; 4] = [unix.into(), udp.into(), stream.into(), file.into()];
    for descriptor in all {
        let error = refused(with_socket(descriptor, "1"), guest("events"));
        assert!(error.contains("descriptor 3 is no TCP listener"), "{error}");
    }
    // Not every system has this protocol.
    if let Ok(sctp) = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::from(132))) {
        sctp.listen(1).unwrap();
        let error = refused(with_socket(sctp, "1"), guest("events"));
        assert!(error.contains("descriptor 3 is no TCP listener: its protocol"), "{error}");
    }
    let unbound = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let error = refused(with_socket(unbound, "1"), guest("events"));
    assert!(error.contains("it is a socket that does not listen"), "{error}");
    // The variable announces one more descriptor than there is.
    let port = listener.local_addr().unwrap().port();
    let error = refused(with_socket(listener, "2"), guest("events").port(port));
    assert!(error.contains("descriptor 4 is no TCP listener"), "{error}");
}

#[test]
fn a_number_of_sockets_that_is_none_is_named() {
    for count in ["two", "1025", "''", "99999999999999999999999"] {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = refused(with_socket(socket, count), guest("events"));
        assert!(error.contains("LISTEN_FDS: ") && error.contains("from 0 to 1024"), "{error}");
    }
}

#[test]
fn what_was_handed_to_another_process_is_left_alone() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = after("exec 3<&0 </dev/null; export LISTEN_PID=1 LISTEN_FDS=1");
    command.stdin(OwnedFd::from(socket));
    let server = Server::start_by(command, guest("events"));
    server.client("events").expect("state:0");
}
