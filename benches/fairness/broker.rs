//! A broker that sends as fast as it can, in the process that drives the bad actors. There is none in
//! quiet rounds.

use std::{
    io::{Read as _, Result, Write as _},
    net::{TcpListener, TcpStream},
    sync::LazyLock,
};

/// Where it listens, before its port.
const SCHEME: &str = "mqtt://127.0.0.1:";
/// CONNACK of MQTT 5: accepted, a new session, no properties.
const CONNACK: &[u8] = &[0x20, 3, 0, 0, 0];
/// How many messages it writes at once.
const AT_ONCE: usize = 64;

/// A port that was free at the start.
static PORT: LazyLock<u16> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0");
    listener.and_then(|listener| listener.local_addr()).unwrap().port()
});

/// The keys of the handler that connects with it.
pub(crate) fn config() -> String {
    format!(
        "broker = \"{}\", version = \"5\", reconnect = \"100ms\", subscribe = [{{ topic = \"a\" }}]",
        url()
    )
}

/// Where it listens.
pub(crate) fn url() -> String {
    format!("{SCHEME}{}", *PORT)
}

/// The port in an [`url`]; `None` for others.
pub(crate) fn port_of(url: &str) -> Option<u16> {
    url.strip_prefix(SCHEME)?.parse().ok()
}

/// Floods who connects, one after the other.
pub(crate) fn flood(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    for socket in listener.incoming().map_while(Result::ok) {
        // The server ends it.
        let _ = flood_one(socket);
    }
}

/// Floods one connection with small messages of QoS 0.
fn flood_one(mut socket: TcpStream) -> Result<()> {
    socket.read_exact(&mut [0; 16])?;
    socket.write_all(CONNACK)?;
    // PUBLISH to the topic `a`: no properties, and two bytes.
    let many = [0x30, 6, 0, 1, b'a', 0, b'o', b'n'].repeat(AT_ONCE);
    loop {
        socket.write_all(&many)?;
    }
}
