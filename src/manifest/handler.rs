//! The manifest's `[[handlers]]`: the sources of an actor's events, and what it may use.

use std::net::SocketAddr;

use crate::{
    config::{Capability, HandlerType, Table, Value},
    files, server,
};

/// All handlers of one type that an actor has, as its manifest describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handler {
    /// The listeners that clients connect to.
    WebSocketServer(server::Config),
    /// The folders whose files the actor may use.
    Filesystem(files::Config),
}

/// A type of handler, and how to read its handlers.
struct Type {
    ty: &'static HandlerType,
    /// Reads the `config` of each of its handlers. The numbers are their indices in `handlers`.
    read: fn(Vec<(usize, Table<'_>)>) -> Handler,
}

/// All types of handlers.
static TYPES: [Type; 2] = [
    Type {
        ty: &server::config::TYPE,
        read: |entries| Handler::WebSocketServer(server::Config::read(entries)),
    },
    Type {
        ty: &files::config::TYPE,
        read: |entries| Handler::Filesystem(files::Config::read(entries)),
    },
];

/// The type that advice shows if the manifest names none.
const DEFAULT: &Type = &TYPES[0];

impl Handler {
    /// The file descriptors that these handlers need, not counting connections.
    pub fn descriptors(&self) -> usize {
        match self {
            Self::WebSocketServer(config) => config.descriptors(),
            Self::Filesystem(config) => config.descriptors(),
        }
    }

    /// The network addresses that these handlers bind.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        match self {
            Self::WebSocketServer(config) => config.addresses().collect(),
            Self::Filesystem(_) => Vec::new(),
        }
    }

    /// Whether these handlers bring the actor's events.
    pub(crate) fn brings_events(&self) -> bool {
        self.ty().brings_events
    }

    /// The type's own description.
    fn ty(&self) -> &'static HandlerType {
        match self {
            Self::WebSocketServer(_) => &server::config::TYPE,
            Self::Filesystem(_) => &files::config::TYPE,
        }
    }
}

/// The capabilities that an actor with only these handlers does not have, each with the type of
/// handler that grants it.
pub fn missing_capabilities(
    handlers: &[Handler],
) -> Vec<(&'static HandlerType, &'static Capability)> {
    let is_there = |ty: &HandlerType| handlers.iter().any(|handler| handler.ty() == ty);
    let types = TYPES.iter().map(|known| known.ty).filter(|ty| !is_there(ty));
    types.flat_map(|ty| ty.capabilities.iter().map(move |one| (ty, one))).collect()
}

/// One of the manifest's handlers, with the parts that could be read.
struct HandlerTable<'d> {
    /// Its type. `None` if that is missing or unknown, which has been reported.
    ty: Option<&'static HandlerType>,
    /// Its `config`. `None` if that is missing or not a table, which has been reported.
    config: Option<Table<'d>>,
}

/// Reads `handlers` from the manifest's root. A handler with mistakes still counts for its type, so
/// that no advice says to add one.
pub(super) fn read(root: &mut Table<'_>) -> Vec<Handler> {
    let example = DEFAULT.ty.advice();
    let Some(value) = root.require("handlers", &example) else { return Vec::new() };
    let Some(items) = value.items() else {
        value.refuse_as("a list of tables", "write [[handlers]], in two pairs of brackets");
        return Vec::new();
    };
    let mut entries: Vec<_> = items.iter().map(read_entry).collect();
    let idle = |entry: &HandlerTable<'_>| entry.ty.is_some_and(|ty| !ty.brings_events);
    if items.is_empty() {
        value.place.refuse("no handler, so nothing could reach the actor", example);
    } else if entries.iter().all(idle) {
        let names = listed(|ty| ty.brings_events, " or ");
        value.place.refuse(format!("none is a {names}, so nothing could reach the actor"), example);
    }
    let mut handlers = Vec::new();
    for known in &TYPES {
        let own = |(_, entry): &(usize, &mut HandlerTable<'_>)| entry.ty == Some(known.ty);
        let mut own = entries.iter_mut().enumerate().filter(own).peekable();
        if own.peek().is_some() {
            let configs = own.filter_map(|(index, entry)| Some((index, entry.config.take()?)));
            handlers.push((known.read)(configs.collect()));
        }
    }
    handlers
}

/// Reads the type of one handler, and finds its `config`.
fn read_entry<'d>(item: &Value<'d>) -> HandlerTable<'d> {
    let Some(mut table) = item.table("write [[handlers]], with type and config below it") else {
        return HandlerTable { ty: None, config: None };
    };
    let written = table.require("type", &format!("add type = \"{}\"", DEFAULT.ty.name));
    let name = written.as_ref().and_then(Value::as_str);
    let known = TYPES.iter().find(|known| Some(known.ty.name) == name);
    let example = known.unwrap_or(DEFAULT).ty.example;
    let config = table.require("config", &format!("add {example}"));
    table.finish();
    let config = || config.and_then(|config| config.table(&format!("write {example}")));
    match (written, known) {
        (Some(_), Some(known)) => return HandlerTable { ty: Some(known.ty), config: config() },
        (Some(written), None) => {
            if written.string().is_some() {
                // This host can't know how the configuration of an unknown type should look.
                let problem = format!("this host has no handler of type {}", written.named());
                written.place.refuse(problem, format!("it has {}", listed(|_| true, " and ")));
            }
        }
        (None, _) => {
            // The author probably meant this type, so report the other mistakes too.
            (DEFAULT.read)(config().map(|config| (0, config)).into_iter().collect());
        }
    }
    HandlerTable { ty: None, config: None }
}

/// Lists the names of some types for a message.
fn listed(which: fn(&HandlerType) -> bool, conjunction: &str) -> String {
    let some = TYPES.iter().map(|known| known.ty).filter(|ty| which(ty));
    let mut names: Vec<_> = some.map(|ty| format!("`{}`", ty.name)).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{}{conjunction}{last}", names.join(", ")),
        only => only.unwrap_or_default(),
    }
}
