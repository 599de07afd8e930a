//! The manifest's `[[handlers]]`: where the actor is reached, by whom, and which files it may use.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use super::{
    edge,
    folders::{self, SharedFolder},
};
use crate::config::{Place, Table, Value};

/// The type of a handler that listens.
const WEBSOCKET_SERVER: &str = "websocket-server";
/// The type of a handler that shares a folder.
const FILESYSTEM: &str = "filesystem";
/// How a handler is written.
const EXAMPLE: &str =
    "add a [[handlers]] table with type = \"websocket-server\" and config = { port = 8080 }";
/// How the configuration of one that listens is written.
const SERVER_EXAMPLE: &str = "config = { port = 8080 }";
/// The port of which the system makes a free one. Any number of listeners may ask for it.
const ANY_PORT: u16 = 0;

/// A place on the network where clients reach the actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The address to bind. Default 127.0.0.1, which only this machine reaches, so that
    /// nothing is open to a network that was not meant to be.
    pub host: IpAddr,
    /// The TCP port; 0 lets the system choose a free one.
    pub port: u16,
    /// The path that a client must ask for. Default `/ws`. The WebSocket is at `/` as well.
    pub path: String,
    /// The pages that a browser may connect from, as it names them in `Origin`; `self` is
    /// whatever this listener serves itself. `None`, the default, allows all.
    pub origins: Option<Vec<String>>,
    /// The subprotocols that a client may ask for (RFC 6455, section 1.9). Default none.
    pub subprotocols: Vec<String>,
    /// The file with the token that a client must show. Default none.
    pub token_file: Option<PathBuf>,
    /// Whether the console page is served. Default true.
    pub console: bool,
    /// The folder that is served beside the socket. Default none.
    pub static_folder: Option<PathBuf>,
    /// A text that the host answers without waking the actor. Default none.
    pub auto_response: Option<AutoResponse>,
    /// What becomes of a client that does not read its messages. Default `close`.
    pub on_overflow: OnOverflow,
    /// The certificate, for TLS. Default none. Only with the feature `tls`.
    pub tls: Option<TlsFiles>,
}

impl Listener {
    /// A listener at an address, with everything else as it is by default.
    pub fn new(host: IpAddr, port: u16) -> Self {
        Self {
            host,
            port,
            path: "/ws".into(),
            origins: None,
            subprotocols: Vec::new(),
            token_file: None,
            console: true,
            static_folder: None,
            auto_response: None,
            on_overflow: OnOverflow::Close,
            tls: None,
        }
    }
}

/// A text and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoResponse {
    /// What the client sends, exactly.
    pub ping: String,
    /// What it gets.
    pub pong: String,
}

/// The files that TLS needs, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that lead from it to its authority's.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What happens when messages for a client would pass `limits.outbox`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnOverflow {
    /// The client is closed with 1013. Nobody misses a message without knowing it.
    #[default]
    Close,
    /// The newest messages are left out, and counted.
    Drop,
}

/// What the handlers say.
#[derive(Default)]
pub(super) struct Handlers {
    /// Where the actor is reached.
    pub(super) listeners: Vec<Listener>,
    /// Which files it may use.
    pub(super) folders: Vec<SharedFolder>,
    /// Whether a handler shares a folder, even if something is wrong with it.
    pub(super) shares: bool,
}

/// One handler, as far as it could be read.
enum Handler<'d> {
    /// Of type `websocket-server`, with the place of its port.
    Server(Option<(Listener, Place<'d>)>),
    /// Of type `filesystem`.
    Folder(Option<folders::Read<'d>>),
    /// Of a type that is missing or not known, which has been told.
    Unknown,
}

/// Reads `handlers` from the manifest's root.
pub(super) fn read(root: &mut Table<'_>) -> Handlers {
    let Some(value) = root.require("handlers", EXAMPLE) else { return Handlers::default() };
    let Some(items) = value.items() else {
        value.refuse_as("a list of tables", "write [[handlers]], in two pairs of brackets");
        return Handlers::default();
    };
    let handlers: Vec<_> = items.iter().map(read_handler).collect();
    if items.is_empty() {
        value.place.refuse("no handler, so nothing could reach the actor", EXAMPLE);
    } else if handlers.iter().all(|handler| matches!(handler, Handler::Folder(_))) {
        let problem = format!("none is a `{WEBSOCKET_SERVER}`, so nothing could reach the actor");
        value.place.refuse(problem, EXAMPLE);
    }
    let (mut listeners, mut folders, mut shares) = (Vec::new(), Vec::new(), false);
    for handler in handlers {
        let listener = match handler {
            Handler::Server(listener) => listener,
            Handler::Folder(folder) => {
                shares = true;
                folders.extend(folder);
                None
            }
            Handler::Unknown => None,
        };
        if let Some((listener, place)) = &listener {
            refuse_taken(listener, place, &listeners);
        }
        listeners.push(listener.map(|(listener, _)| listener));
    }
    folders::check_names(&folders);
    Handlers {
        listeners: listeners.into_iter().flatten().collect(),
        folders: folders.into_iter().filter_map(|read| read.folder).collect(),
        shares,
    }
}

/// Reads one handler.
fn read_handler<'d>(item: &Value<'d>) -> Handler<'d> {
    let Some(mut table) = item.table("write [[handlers]], with type and config below it") else {
        return Handler::Unknown;
    };
    let kind = table.require("type", "add type = \"websocket-server\"");
    let name = kind.as_ref().and_then(Value::as_str);
    let example = if name == Some(FILESYSTEM) { folders::EXAMPLE } else { SERVER_EXAMPLE };
    let config = table.require("config", &format!("add {example}"));
    table.finish();
    let config = || config.and_then(|config| config.table(&format!("write {example}")));
    match (kind, name) {
        (_, Some(WEBSOCKET_SERVER)) => Handler::Server(config().and_then(read_config)),
        (_, Some(FILESYSTEM)) => Handler::Folder(config().map(folders::read)),
        (Some(kind), Some(_)) => {
            // What its configuration should look like is not for this host to say.
            let problem = format!("this host has no handler of type {}", kind.named());
            let known = format!("it has `{WEBSOCKET_SERVER}` and `{FILESYSTEM}`");
            kind.place.refuse(problem, known);
            Handler::Unknown
        }
        (Some(kind), None) => {
            // Not a string, which is told.
            kind.string();
            Handler::Unknown
        }
        (None, _) => {
            // Likely a listener, of which more may be wrong.
            config().and_then(read_config);
            Handler::Unknown
        }
    }
}

/// Reads the configuration of a listener.
fn read_config(mut table: Table<'_>) -> Option<(Listener, Place<'_>)> {
    let port = table.require("port", "add port = 8080 (0 lets the system choose)");
    let host = table.get("host");
    let mut listener = Listener::new(IpAddr::V4(Ipv4Addr::LOCALHOST), ANY_PORT);
    edge::read(&mut table, &mut listener);
    table.finish();
    if let Some(host) = host {
        listener.host = read_host(&host)?;
    }
    let port = port?;
    listener.port = read_port(&port)?;
    Some((listener, port.place))
}

/// Reads a port.
fn read_port(value: &Value<'_>) -> Option<u16> {
    let port = value.as_integer().and_then(|number| u16::try_from(number).ok());
    if port.is_none() {
        let advice = "write a whole number from 0 to 65535 (0 lets the system choose)";
        value.refuse_as("a port", advice);
    }
    port
}

/// Reads an address. Names are not looked up: the answer may change, or be more than one.
fn read_host(value: &Value<'_>) -> Option<IpAddr> {
    let host = value.as_str().and_then(|text| text.parse().ok());
    if host.is_none() {
        let local = "\"127.0.0.1\" (this machine only)";
        let advice = format!("write {local}, \"0.0.0.0\" (every network) or another address");
        value.refuse_as("an IP address", advice);
    }
    host
}

/// Refuses an address that an earlier handler has taken.
fn refuse_taken(listener: &Listener, place: &Place<'_>, earlier: &[Option<Listener>]) {
    let same = |other: &Option<Listener>| {
        other.as_ref().is_some_and(|o| (o.host, o.port) == (listener.host, listener.port))
    };
    if listener.port == ANY_PORT {
        return;
    }
    if let Some(index) = earlier.iter().position(same) {
        let address = SocketAddr::new(listener.host, listener.port);
        let problem = format!("{address} is taken by handlers[{index}] already");
        place.refuse(problem, "write another port or another host");
    }
}
