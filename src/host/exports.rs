//! Whether an actor's exports and its handlers fit: each needs the other.

use std::{fmt, path::PathBuf};

use wit_core::Shape;

use crate::{
    actor::Report,
    interfaces::MESSAGE_SERVER_HOST,
    manifest::{Handler, Manifest},
};

/// A handler, or a key, without the export that it needs. The fault of the operator or of the actor's
/// author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingExport {
    /// The manifest.
    pub manifest: PathBuf,
    /// The actor's file.
    pub file: PathBuf,
    /// What needs the export, in words.
    pub needed_by: &'static str,
    /// The export's name.
    pub export: &'static str,
}

/// Which handlers a manifest has for an actor's exports.
struct Handlers {
    /// A `websocket-server`.
    socket: bool,
    /// An `http-server`.
    requests: bool,
    /// A `message-server`.
    messages: bool,
    /// An `mqtt`.
    brokers: bool,
    /// One that subscribes to something.
    subscribes: bool,
    /// An `http-client`.
    asks: bool,
}

impl Handlers {
    /// The handlers of a manifest.
    fn of(manifest: &Manifest) -> Self {
        let brokers = manifest.brokers();
        let subscribes = brokers.iter().any(|broker| !broker.subscribe.is_empty());
        let brokers = !brokers.is_empty();
        let mut all = Self {
            socket: false,
            requests: false,
            messages: false,
            brokers,
            subscribes,
            asks: false,
        };
        for handler in &manifest.handlers {
            match handler {
                Handler::WebSocketServer(config) => {
                    all.socket |= config.listeners.iter().any(|listener| listener.has_socket);
                    all.requests |= config.listeners.iter().any(|listener| listener.has_actor);
                }
                Handler::MessageServer(_) => all.messages = true,
                Handler::HttpClient(_) => all.asks = true,
                Handler::Filesystem(_) | Handler::Mqtt(_) => {}
            }
        }
        all
    }
}

/// The exports that a manifest needs and its actor does not have.
pub(super) fn missing(manifest: &Manifest, report: &Report) -> Vec<MissingExport> {
    let Some(shape) = report.shape else { return Vec::new() };
    let handlers = Handlers::of(manifest);
    // An actor may only send, if something else calls it. Theater's manifests name no receivers.
    let only_receives = handlers.messages
        && (!handlers.socket && !handlers.requests && !handlers.brokers && manifest.tick.is_none()
            || names_nobody(manifest) && !report.uses(&MESSAGE_SERVER_HOST));
    let wants = [
        (handlers.socket, "message", "a handler of type websocket-server"),
        (manifest.tick.is_some(), "alarm", "`tick`"),
        (handlers.subscribes, "mqtt", "`subscribe` of a handler of type mqtt"),
        (handlers.requests, "http", "a handler of type http-server"),
        (
            only_receives,
            "actorMessage",
            "a handler of type message-server that lets the actor only receive",
        ),
    ];
    let wants = wants.into_iter().filter(|(needed, ..)| *needed);
    let wants = wants.map(|(_, name, needed_by)| (taking(report, shape, name), needed_by));
    let missing = wants.filter(|((there, _), _)| !there);
    let missing = missing.map(|((_, export), needed_by)| MissingExport {
        manifest: manifest.file.clone(),
        file: manifest.component.clone(),
        needed_by,
        export,
    });
    missing.collect()
}

/// Whether an actor takes what the handler `name` of a script takes, and the name of the export for that.
fn taking(report: &Report, shape: Shape, name: &'static str) -> (bool, &'static str) {
    let (there, export) = match name {
        "http" => (report.handles_requests, shape.handle_request()),
        "actorMessage" => (report.handles_sends || report.replies, shape.handle_send()),
        _ => (report.handles_messages, shape.handle_message()),
    };
    match (report.script, name) {
        (None, _) => (there, report.names.of(export)),
        // What a client sends may be nothing to a script that only tells its clients something.
        (Some(_), "http" | "actorMessage" | "message") => (there, name),
        (Some(_), _) => (has(report, name) || has(report, ALL), name),
    }
}

/// The handler of a script that takes all events that have none of their own.
const ALL: &str = "handleMessage";

/// Whether a script has a handler.
fn has(report: &Report, name: &str) -> bool {
    report.exports.iter().any(|export| export.name == name)
}

/// Whether a manifest has a handler for messages that lets the actor send to nobody.
fn names_nobody(manifest: &Manifest) -> bool {
    manifest.messages().is_some_and(|config| config.to.is_empty())
}

/// The exports that no handler uses, and the imports that reach nobody, in words. This is no mistake.
pub(crate) fn unused(manifest: &Manifest, report: &Report) -> Vec<String> {
    let Some(shape) = report.shape else { return Vec::new() };
    let handlers = Handlers::of(manifest);
    let of_script = |names: &[&'static str], there: bool, ty: &'static str| {
        let unused = names.iter().filter(|name| !there && has(report, name));
        unused.map(|name| (*name, ty)).collect::<Vec<_>>()
    };
    let of_module = |exported: bool, there: bool, export: &'static str, ty: &'static str| {
        (exported && !there).then(|| (report.names.of(export), ty))
    };
    let unused: Vec<_> = if report.script.is_some() {
        [
            of_script(&["connect", "message", "close"], handlers.socket, "websocket-server"),
            of_script(&[ALL], handlers.socket || handlers.brokers, "websocket-server"),
            of_script(&["http"], handlers.requests, "http-server"),
            of_script(&["actorMessage", "actorRequest"], handlers.messages, "message-server"),
            of_script(&["mqtt", "mqttUp", "mqttDown"], handlers.brokers, "mqtt"),
            of_script(&["response"], handlers.asks, "http-client"),
        ]
        .concat()
    } else {
        let (socket, request) = (shape.handle_message(), shape.handle_request());
        let sources = handlers.socket || handlers.brokers;
        let all = [
            of_module(report.handles_messages, sources, socket, "websocket-server"),
            of_module(report.handles_requests, handlers.requests, request, "http-server"),
            of_module(
                report.handles_sends,
                handlers.messages,
                shape.handle_send(),
                "message-server",
            ),
            of_module(report.replies, handlers.messages, shape.handle_reply(), "message-server"),
        ];
        all.into_iter().flatten().collect()
    };
    let words = unused.into_iter().map(|(export, ty)| {
        format!("it exports `{export}`, and the manifest has no handler of type {ty} for it")
    });
    let clients = ["connect", "message", "close", ALL];
    let deaf =
        report.script.is_some() && handlers.socket && !clients.iter().any(|name| has(report, name));
    let deaf = deaf.then(|| {
        "it exports none of `connect`, `message` and `close`, so it ignores what clients of the \
         websocket-server send"
            .to_owned()
    });
    let silent = (names_nobody(manifest) && report.uses(&MESSAGE_SERVER_HOST)).then(|| {
        "it sends to other actors, and `to` of its message-server names none, so each send is refused"
            .to_owned()
    });
    words.chain(deaf).chain(silent).collect()
}

impl fmt::Display for MissingExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { manifest, file, needed_by, export } = self;
        if manifest == file {
            return write!(
                f,
                "{}: it has no export `{export}`, and without a manifest an actor has a WebSocket only; \
                 export it, or write a manifest with the handlers for what the actor exports",
                file.display()
            );
        }
        write!(
            f,
            "{}: {needed_by} needs the export `{export}`, which {} does not have; export it from \
             the actor, or remove this from the manifest",
            manifest.display(),
            file.display()
        )
    }
}

impl std::error::Error for MissingExport {}
