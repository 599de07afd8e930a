//! The manifest's `[[handlers]]`: the sources of an actor's events, and what it may use.

use std::net::SocketAddr;

use crate::{
    config::{Capability, HandlerType, Table, Value, nearest::nearest},
    features::{BROKERS, REQUESTS},
    files, http_client,
    limits::Limits,
    messages, mqtt, server,
};

/// All handlers of one type that an actor has, as its manifest describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handler {
    /// The listeners that clients connect to: of `websocket-server` and of `http-server`.
    WebSocketServer(server::Config),
    /// The folders whose files the actor may use.
    Filesystem(files::Config),
    /// The servers that the actor may ask.
    HttpClient(http_client::Config),
    /// The actors that the actor may send to. It also takes messages, if it exports a handler for them.
    MessageServer(messages::Config),
    /// The brokers that the actor subscribes to and publishes at.
    Mqtt(mqtt::Config),
}

/// A group of types of handlers that are read together, and how to read them.
struct Type {
    /// The types. All but listeners are a group of their own.
    types: &'static [&'static HandlerType],
    /// Reads the `config` of each of its handlers. The numbers are their indices in `handlers`.
    read: fn(Vec<(&HandlerType, usize, Table<'_>)>) -> Handler,
}

/// All types of handlers.
static TYPES: [Type; 5] = [
    Type {
        types: &[&server::config::TYPE, &server::http_config::TYPE],
        read: |entries| Handler::WebSocketServer(server::Config::read(entries)),
    },
    Type {
        types: &[&files::config::TYPE],
        read: |entries| {
            let own = entries.into_iter().map(|(_, index, table)| (index, table)).collect();
            Handler::Filesystem(files::Config::read(own))
        },
    },
    Type {
        types: &[&http_client::config::TYPE],
        read: |entries| {
            let own = entries.into_iter().map(|(_, index, table)| (index, table)).collect();
            // Its handlers were refused. So the compiler knows it.
            let config = if REQUESTS.is_built {
                http_client::Config::read(own)
            } else {
                http_client::Config::default()
            };
            Handler::HttpClient(config)
        },
    },
    Type {
        types: &[&messages::config::TYPE],
        read: |entries| {
            let own = entries.into_iter().map(|(_, index, table)| (index, table)).collect();
            Handler::MessageServer(messages::Config::read(own))
        },
    },
    Type {
        types: &[&mqtt::config::TYPE],
        read: |entries| {
            let own = entries.into_iter().map(|(_, index, table)| (index, table)).collect();
            // Its handlers were refused. So the compiler knows it.
            let config =
                if BROKERS.is_built { mqtt::Config::read(own) } else { mqtt::Config::default() };
            Handler::Mqtt(config)
        },
    },
];

/// The type that advice shows if the manifest names none.
const DEFAULT: &HandlerType = &server::config::TYPE;

/// All types of handlers, without their groups.
fn types() -> impl Iterator<Item = &'static HandlerType> {
    TYPES.iter().flat_map(|group| group.types.iter().copied())
}

impl Handler {
    /// The file descriptors that these handlers need with these limits, not counting connections.
    pub fn descriptors(&self, limits: &Limits) -> usize {
        match self {
            Self::WebSocketServer(config) => config.descriptors(limits.requests),
            Self::Filesystem(config) => config.descriptors(),
            Self::HttpClient(config) => config.descriptors(limits.fetches),
            Self::MessageServer(_) => 0,
            Self::Mqtt(config) => config.descriptors(),
        }
    }

    /// The network addresses that these handlers bind.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        match self {
            Self::WebSocketServer(config) => config.addresses().collect(),
            _ => Vec::new(),
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
            Self::HttpClient(_) => &http_client::config::TYPE,
            Self::MessageServer(_) => &messages::config::TYPE,
            Self::Mqtt(_) => &mqtt::config::TYPE,
        }
    }
}

/// The capabilities that an actor with only these handlers does not have, each with the type of
/// handler that grants it.
pub fn missing_capabilities(
    handlers: &[Handler],
) -> Vec<(&'static HandlerType, &'static Capability)> {
    let is_there = |ty: &HandlerType| handlers.iter().any(|handler| handler.ty() == ty);
    let types = types().filter(|ty| !is_there(ty));
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
    let example = DEFAULT.advice();
    let Some(value) = root.require("handlers", &example) else { return Vec::new() };
    let Some(items) = value.items() else {
        value.refuse_as("a list of tables", "write [[handlers]], in two pairs of brackets");
        return Vec::new();
    };
    let mut entries: Vec<_> = items.iter().filter_map(|item| read_entry(item, root)).collect();
    let idle = |entry: &HandlerTable<'_>| entry.ty.is_some_and(|ty| !ty.brings_events);
    if items.is_empty() {
        value.place.refuse("no handler, so nothing could reach the actor", example);
    } else if entries.iter().all(idle) {
        let names = listed(|ty| ty.brings_events, " or ");
        value.place.refuse(format!("none is a {names}, so nothing could reach the actor"), example);
    }
    let mut handlers = Vec::new();
    for known in &TYPES {
        let own = |(_, entry): &(usize, &mut HandlerTable<'_>)| {
            entry.ty.is_some_and(|ty| known.types.contains(&ty))
        };
        let mut own = entries.iter_mut().enumerate().filter(own).peekable();
        if own.peek().is_some() {
            let configs =
                own.filter_map(|(index, entry)| Some((entry.ty?, index, entry.config.take()?)));
            handlers.push((known.read)(configs.collect()));
        }
    }
    handlers
}

/// Types of Theater's handlers that manifests of its time have, and that change nothing here: what is
/// so, and what to do. They granted imports, which load without them.
const WITHOUT_EFFECT: [(&str, &str, &str); 2] = [
    ("runtime", "has no effect", "every actor may log"),
    (
        "supervisor",
        "has no effect: this host offers no `supervisor`, so a call of it traps",
        "give each actor a manifest of its own",
    ),
];

/// Reads the type of one handler, and finds its `config`. `None` if the handler has no effect.
/// `root` has the manifest's own keys, some of which authors write too low.
fn read_entry<'d>(item: &Value<'d>, root: &Table<'_>) -> Option<HandlerTable<'d>> {
    let Some(mut table) = item.table("write [[handlers]], with type and config below it") else {
        return Some(HandlerTable { ty: None, config: None });
    };
    let written = table.require("type", &format!("add type = \"{}\"", DEFAULT.name));
    let name = written.as_ref().and_then(Value::as_str);
    let idle = WITHOUT_EFFECT.iter().find(|(idle, ..)| Some(*idle) == name);
    if let (Some((_, problem, advice)), Some(written)) = (idle, &written) {
        written.place.warn(*problem, *advice);
        return None;
    }
    let known = types().find(|known| Some(known.name) == name);
    let ty = known.unwrap_or(DEFAULT);
    let example = ty.example;
    let config = table.require("config", &format!("add {example}"));
    table.finish_or(&|key| {
        Some(if root.knows(key) {
            "it is a key of the manifest: write it above the first [[handlers]]".into()
        } else {
            format!("a handler's own keys stand in its config, as in {example}")
        })
    });
    if let (Some(feature), Some(config)) = (ty.lacks(), &config) {
        let advice = feature.advice() + ", or remove the handler";
        config.place.refuse(feature.problem(), advice);
        // Its keys don't matter.
        return Some(HandlerTable { ty: known, config: None });
    }
    let config = || config.and_then(|config| config.table(&format!("write {example}")));
    match (written, known) {
        (Some(_), Some(known)) => return Some(HandlerTable { ty: Some(known), config: config() }),
        (Some(written), None) => {
            if written.string().is_some() {
                // This host can't know how the configuration of an unknown type should look.
                let problem = format!("this host has no handler of type {}", written.named());
                let names: Vec<_> = types().map(|ty| ty.name).collect();
                let near = name.and_then(|name| nearest(name, &names));
                let all = listed(|_| true, " and ");
                written.place.refuse(
                    problem,
                    match near {
                        Some(near) => format!("did you mean `{near}`? It has {all}"),
                        None => format!("it has {all}"),
                    },
                );
            }
        }
        (None, _) => {
            // The author probably meant this type, so report the other mistakes too.
            let config = config().map(|config| (DEFAULT, 0, config));
            server::Config::read(config.into_iter().collect());
        }
    }
    Some(HandlerTable { ty: None, config: None })
}

/// Lists the names of some types for a message.
fn listed(which: fn(&HandlerType) -> bool, conjunction: &str) -> String {
    let some = types().filter(|ty| which(ty));
    let mut names: Vec<_> = some.map(|ty| format!("`{}`", ty.name)).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{}{conjunction}{last}", names.join(", ")),
        only => only.unwrap_or_default(),
    }
}
