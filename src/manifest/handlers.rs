//! The manifest's `[[handlers]]`: where the actor is reached, by whom, and which files it may use.

use crate::{
    config::{Place, Table, Value},
    files::config::{self as folders, SharedFolder},
    server::config::{self as listeners, Listener},
};

/// The type of a handler that listens.
const WEBSOCKET_SERVER: &str = "websocket-server";
/// The type of a handler that shares a folder.
const FILESYSTEM: &str = "filesystem";
/// How a handler is written.
const EXAMPLE: &str =
    "add a [[handlers]] table with type = \"websocket-server\" and config = { port = 8080 }";

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
    let (mut read, mut folders, mut shares) = (Vec::new(), Vec::new(), false);
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
            listeners::refuse_taken(listener, place, &read);
        }
        read.push(listener.map(|(listener, _)| listener));
    }
    folders::check_names(&folders);
    Handlers {
        listeners: read.into_iter().flatten().collect(),
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
    let example = if name == Some(FILESYSTEM) { folders::EXAMPLE } else { listeners::EXAMPLE };
    let config = table.require("config", &format!("add {example}"));
    table.finish();
    let config = || config.and_then(|config| config.table(&format!("write {example}")));
    match (kind, name) {
        (_, Some(WEBSOCKET_SERVER)) => Handler::Server(config().and_then(listeners::read)),
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
            config().and_then(listeners::read);
            Handler::Unknown
        }
    }
}
