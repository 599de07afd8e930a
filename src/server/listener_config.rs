//! A listener in the `config` of a `websocket-server` handler: where clients connect, who may connect,
//! and what is served beside the socket.

mod values;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use self::values::{read_auto_response, read_console, read_on_overflow, read_tls};
use super::{access::AccessConfig, list::list};
use crate::{
    config::{Location, Table, Value},
    exchange::OnOverflow,
    header_fields::is_token,
};

/// The port for which the system chooses a free one. Several listeners may use it.
pub(super) const ANY_PORT: u16 = 0;

/// The longest path of a listener, and the longest subprotocol, in bytes.
const MAX_TEXT: usize = 256;
/// The longest `ping` and `pong` of an `auto_response`, in bytes. The host compares every message
/// with `ping`.
const MAX_PING: usize = 1024;
/// A network address where clients reach the actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The address to bind. Default 127.0.0.1, which only this machine reaches, so that no actor is
    /// open to a network by accident.
    pub host: IpAddr,
    /// The TCP port; 0 lets the system choose a free one.
    pub port: u16,
    /// How many of the next ports to try if this one is taken: none, if a manifest names the port.
    pub more_ports: u16,
    /// Whether the WebSocket is here: the handler is a `websocket-server`.
    pub has_socket: bool,
    /// Whether the actor answers requests here: an `http-server` has this address.
    pub has_actor: bool,
    /// The path of the WebSocket, beside `/`. Default `/ws`.
    pub path: String,
    /// The path that tells whether the actor is well. Default `/healthz`; `None` if there is none.
    pub health: Option<String>,
    /// The path of the counters. Default `/metrics`; `None` if there is none.
    pub metrics: Option<String>,
    /// Who may connect, and who speaks for others.
    pub access: AccessConfig,
    /// The subprotocols that clients may choose (RFC 6455, section 1.9). Default none.
    pub subprotocols: Vec<String>,
    /// The file with the token that clients must send. Default none.
    pub token_file: Option<PathBuf>,
    /// Whether to serve the console page. Default true.
    pub console: bool,
    /// Whether the console page is an inspector. Default false.
    pub inspect: bool,
    /// The folder to serve beside the socket. Default none.
    pub static_folder: Option<PathBuf>,
    /// A text that the host answers without calling the actor. Default none.
    pub auto_response: Option<AutoResponse>,
    /// What happens to a client that does not read its messages. Default `close`.
    pub on_overflow: OnOverflow,
    /// The certificate for TLS. Default none. Needs the feature `tls`.
    pub tls: Option<TlsFiles>,
}

impl Listener {
    /// The address that it binds.
    pub(super) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// A listener at an address, with defaults for everything else.
    pub fn new(host: IpAddr, port: u16) -> Self {
        Self {
            host,
            port,
            more_ports: 0,
            has_socket: true,
            has_actor: false,
            path: "/ws".into(),
            health: Some("/healthz".into()),
            metrics: Some("/metrics".into()),
            access: AccessConfig::default(),
            subprotocols: Vec::new(),
            token_file: None,
            console: true,
            inspect: false,
            static_folder: None,
            auto_response: None,
            on_overflow: OnOverflow::Close,
            tls: None,
        }
    }

    /// Reads a listener. Returns the place of its port too.
    pub(super) fn read(mut table: Table<'_>) -> Option<(Self, Location<'_>)> {
        let port = table.require("port", "add port = 8080 (0 lets the system choose)");
        let host = table.get("host");
        let mut listener = Self::new(IpAddr::V4(Ipv4Addr::LOCALHOST), ANY_PORT);
        read_others(&mut table, &mut listener);
        table.finish();
        if let Some(host) = host {
            listener.host = read_host(&host)?;
        }
        let port = port?;
        listener.port = read_port(&port)?;
        Some((listener, port.place))
    }
}

/// A text and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoResponse {
    /// The client's message, which must match exactly.
    pub ping: String,
    /// The host's answer.
    pub pong: String,
}

/// The files for TLS, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The file with the certificate, followed by the chain to its authority. PEM.
    pub cert: PathBuf,
    /// The file with its private key. PEM.
    pub key: PathBuf,
}

/// Reads a port.
pub(super) fn read_port(value: &Value<'_>) -> Option<u16> {
    let port = value.as_integer().and_then(|number| u16::try_from(number).ok());
    if port.is_none() {
        let advice = "write a whole number from 0 to 65535 (0 lets the system choose)";
        value.refuse_as("a port", advice);
    }
    port
}

/// Reads an address. Host names are refused: their addresses may change, and there may be several.
pub(super) fn read_host(value: &Value<'_>) -> Option<IpAddr> {
    let host = value.as_str().and_then(|text| text.parse().ok());
    if host.is_none() {
        let local = "\"127.0.0.1\" (this machine only)";
        let advice = format!("write {local}, \"0.0.0.0\" (every network) or another address");
        value.refuse_as("an IP address", advice);
    }
    host
}

/// Whether only one of two addresses can be bound: both have the same port, and the same host or one
/// that stands for every host. Port 0 is a different port each time.
pub(crate) fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let same_family = one.is_ipv4() == other.is_ipv4();
    let any = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port()
        && one.port() != ANY_PORT
        && (one.ip() == other.ip() || same_family && any)
}

/// Refuses an address that an earlier handler already has.
pub(super) fn refuse_taken(
    listener: &Listener,
    port: &Location<'_>,
    earlier: &[(usize, Listener)],
) {
    let address = listener.address();
    let taken = |(_, other): &&(usize, Listener)| overlap(other.address(), address);
    if let Some((index, _)) = earlier.iter().find(taken) {
        let problem = format!("{address} is taken by handlers[{index}] already");
        port.refuse(problem, "write another port or another host");
    }
}

/// Reads every key except `port` and `host`. Wrong values are replaced by defaults, because the
/// document knows that the result must not be used.
fn read_others(table: &mut Table<'_>, listener: &mut Listener) {
    if let Some(path) = table.get("path").and_then(|value| read_path(&value)) {
        listener.path = path;
    }
    read_common(table, listener);
    if let Some(value) = table.get("subprotocols") {
        let advice = "write a list of names such as [\"chat.v1\"]";
        listener.subprotocols = list(&value, advice, |item| {
            let name = item.as_str().filter(|name| name.len() <= MAX_TEXT && is_token(name));
            name.map(str::to_owned).ok_or_else(|| ("one that fits here", advice.to_owned()))
        });
    }
    if let Some(value) = table.get("console") {
        read_console(&value, listener);
    }
    listener.auto_response =
        table.get("auto_response").and_then(|value| read_auto_response(&value));
    if let Some(choice) = table.get("on_overflow").and_then(|value| read_on_overflow(&value)) {
        listener.on_overflow = choice;
    }
}

/// Reads the keys that belong to a listener, whoever uses it.
pub(super) fn read_common(table: &mut Table<'_>, listener: &mut Listener) {
    listener.access = AccessConfig::read(table);
    listener.token_file = table.get("token_file").and_then(|value| value.path());
    listener.static_folder = table.get("static").and_then(|value| value.path());
    listener.tls = table.get("tls").and_then(|value| read_tls(&value));
    read_page(table, "health", &mut listener.health);
    read_page(table, "metrics", &mut listener.metrics);
    let socket = listener.has_socket.then_some(&listener.path);
    let root = "/".to_owned();
    let root = listener.has_socket.then_some(&root);
    for (key, page, others) in [
        ("health", &listener.health, [socket, root, None]),
        ("metrics", &listener.metrics, [socket, root, listener.health.as_ref()]),
    ] {
        if page.is_some() && others.contains(&page.as_ref()) {
            table.place_of(key).refuse("something else has this path", "write another path");
        }
    }
}

/// Reads the path of one of the host's pages. `false` turns the page off.
fn read_page(table: &mut Table<'_>, key: &'static str, path: &mut Option<String>) {
    let Some(value) = table.get(key) else { return };
    match value.as_boolean() {
        Some(false) => *path = None,
        // `true` is what a manifest without the key says.
        Some(true) => {}
        None => *path = read_path(&value).or(path.take()),
    }
}

/// Reads the path of a listener.
fn read_path(value: &Value<'_>) -> Option<String> {
    let fits = |text: &&str| {
        let plain = |b: u8| b.is_ascii_graphic() && b != b'?' && b != b'#';
        text.starts_with('/') && text.len() <= MAX_TEXT && text.bytes().all(plain)
    };
    let path = value.as_str().filter(fits);
    if path.is_none() {
        let rule = format!("at most {MAX_TEXT} ASCII characters, without `?`, `#` and space");
        value.refuse_as("a path", format!("write \"/\" and what follows it, {rule}"));
    }
    path.map(str::to_owned)
}
