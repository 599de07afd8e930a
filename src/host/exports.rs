//! Whether an actor's exports and its handlers fit: each needs the other.

use std::{fmt, path::PathBuf};

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
}

impl Handlers {
    /// The handlers of a manifest.
    fn of(manifest: &Manifest) -> Self {
        let brokers = manifest.brokers();
        let subscribes = brokers.iter().any(|broker| !broker.subscribe.is_empty());
        let brokers = !brokers.is_empty();
        let mut all = Self { socket: false, requests: false, messages: false, brokers, subscribes };
        for handler in &manifest.handlers {
            match handler {
                Handler::WebSocketServer(config) => {
                    all.socket |= config.listeners.iter().any(|listener| listener.has_socket);
                    all.requests |= config.listeners.iter().any(|listener| listener.has_actor);
                }
                Handler::MessageServer(_) => all.messages = true,
                Handler::Filesystem(_) | Handler::HttpClient(_) | Handler::Mqtt(_) => {}
            }
        }
        all
    }
}

/// The exports that a manifest needs and its actor does not have.
pub(super) fn missing(manifest: &Manifest, report: &Report) -> Vec<MissingExport> {
    let Some(shape) = report.shape else { return Vec::new() };
    let handlers = Handlers::of(manifest);
    // Scripts have other names for them.
    let (message, request) = match report.script {
        Some(_) => ("message", "http"),
        None => (report.names.of(shape.handle_message()), report.names.of(shape.handle_request())),
    };
    // An actor may only send, if something else calls it. Theater's manifests name no receivers.
    let only_receives = handlers.messages
        && (!handlers.socket && !handlers.requests && !handlers.brokers && manifest.tick.is_none()
            || names_nobody(manifest) && !report.uses(&MESSAGE_SERVER_HOST));
    let receives = report.handles_sends || report.replies;
    let wants = [
        (handlers.socket, report.handles_messages, "a handler of type websocket-server", message),
        (manifest.tick.is_some(), report.handles_messages, "`tick`", message),
        (
            handlers.subscribes,
            report.handles_messages,
            "`subscribe` of a handler of type mqtt",
            message,
        ),
        (handlers.requests, report.handles_requests, "a handler of type http-server", request),
        (
            only_receives,
            receives,
            "a handler of type message-server that lets the actor only receive",
            shape.handle_send(),
        ),
    ];
    let missing = wants.into_iter().filter(|(needed, there, ..)| *needed && !there);
    let missing = missing.map(|(.., needed_by, export)| MissingExport {
        manifest: manifest.file.clone(),
        file: manifest.component.clone(),
        needed_by,
        export,
    });
    missing.collect()
}

/// Whether a manifest has a handler for messages that lets the actor send to nobody.
fn names_nobody(manifest: &Manifest) -> bool {
    manifest.messages().is_some_and(|config| config.to.is_empty())
}

/// The exports that no handler uses, and the imports that reach nobody, in words. This is no mistake.
pub(crate) fn unused(manifest: &Manifest, report: &Report) -> Vec<String> {
    let Some(shape) = report.shape else { return Vec::new() };
    let handlers = Handlers::of(manifest);
    let exports = [
        (
            report.handles_messages && !handlers.socket && !handlers.brokers,
            shape.handle_message(),
            "websocket-server",
        ),
        (report.handles_requests && !handlers.requests, shape.handle_request(), "http-server"),
        (report.handles_sends && !handlers.messages, shape.handle_send(), "message-server"),
        (report.replies && !handlers.messages, shape.handle_reply(), "message-server"),
    ];
    let unused = exports.into_iter().filter(|(is_unused, ..)| *is_unused);
    let words = unused.map(|(_, export, ty)| {
        let export = match report.script {
            Some(_) if export == shape.handle_request() => "http",
            Some(_) => "message",
            None => report.names.of(export),
        };
        format!("it exports `{export}`, and the manifest has no handler of type {ty} for it")
    });
    let silent = (names_nobody(manifest) && report.uses(&MESSAGE_SERVER_HOST)).then(|| {
        "it sends to other actors, and `to` of its message-server names none, so each send is refused"
            .to_owned()
    });
    words.chain(silent).collect()
}

impl fmt::Display for MissingExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { manifest, file, needed_by, export } = self;
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
