//! What an event did, as a JSON object.
//!
//! | key | value |
//! |---|---|
//! | `event` | `init`, `connect`, `text`, `binary`, `ping`, `pong`, `close`, `alarm`, `http`, `http-response`, `send`, `request`, `mqtt`, `mqtt-up` or `mqtt-down` |
//! | `client`, `connection` | the client's name, and the number of its connection |
//! | `message` | what it sent, as in `answer`; for `http` the `request`, for `http-response` its `tag` and the `response` or `error`; for `send` and `request` who it is `from` and its `data`; for those of a broker its `broker`, and the `topic`, `payload`, `qos` and whether it was `retained` |
//! | `error` | why the event failed; nothing is changed then |
//! | `answer` | a list with the `response` or the `reply`, or of `{"text": …}`, `{"binary": …}`, `{"ping": …}`, `{"pong": …}`, `{"close": {"code": …, "reason": …}}` |
//! | `effects` | the same for other clients, with `to` (a client), or `broadcast` (a list of them); `{"fetch": "GET https://…", "tag": …}`; `{"send": …, "to": …}` for another actor; `{"publish": …, "topic": …, "broker": …}` |
//! | `state` | `before` and `after` |
//! | `storage` | `before` and `after` of each key that changed |
//! | `tags`, `attachments` | what each client has, if that changed |
//! | `alarm` | `{"set": …}` if it changed: the milliseconds until it comes, or null |
//! | `files` | the content of each file that was written, `null` for what was deleted, and `{"folder": true}` for a new folder |
//! | `fetches` | the requests to servers, each with its `response` or `error` |
//! | `asked` | the requests to other actors: `to`, `data`, and the `reply` or `error` |
//! | `log` | a list of lines with `level` and `text` |
//! | `now` | the time of the event, in milliseconds since 1970 |
//! | `fuel`, `ms` | what it took |
//!
//! What there is not is null or empty. Bytes are as in [`bytes`](super::bytes).

use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use wit_core::HttpRequest;

use super::{
    bytes::{optional, value},
    clients::Clients,
    http, messages, mqtt,
};
use crate::{
    actor::{
        call_error::CallError,
        effects::Effect,
        failure::Failure,
        observed::{Kept, KeptOfClient},
        outgoing::Ending,
    },
    exchange::{Close, EventKind, Message, Session},
    files::{Change, What},
    http_client::answers::Outcome,
    messages::answers::Asked,
    state::json::set,
    world::millis,
};

/// The key of why an event failed.
pub(super) const ERROR: &str = "error";
/// The keys that differ from run to run.
pub(super) const TAKEN: [&str; 2] = ["fuel", "ms"];

/// What an event took, which differs from run to run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) fuel: u64,
    pub(super) took: Duration,
}

impl Taken {
    /// The time in milliseconds.
    pub(super) fn millis(self) -> f64 {
        let micros = u32::try_from(self.took.as_micros()).unwrap_or(u32::MAX);
        f64::from(micros) / 1000.0
    }

    /// Adds it to a report.
    pub(super) fn add_to(self, report: &mut Value) {
        if let Some(report) = report.as_object_mut() {
            set(report, "fuel", self.fuel.into());
            set(report, "ms", self.millis().into());
        }
    }
}

/// A report that is being made.
#[derive(Debug)]
pub(super) struct Report(Map<String, Value>);

/// An object of these entries.
fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let mut object = Map::new();
    for (key, value) in entries {
        set(&mut object, key, value);
    }
    object.into()
}

impl Report {
    /// The report of an event that has done nothing yet.
    pub(super) fn new(event: &str, now: u64) -> Self {
        let mut report = Self(Map::new());
        for key in ["client", "connection", "message", ERROR, "alarm"] {
            report.set(key, Value::Null);
        }
        for key in ["answer", "effects"] {
            report.set(key, Value::Array(Vec::new()));
        }
        // As files of events name them.
        let event = match event {
            "request" => "http",
            "message-request" => "request",
            event => event,
        };
        report.set("event", event.into());
        report.set("now", now.into());
        report
    }

    /// Sets an entry.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        set(&mut self.0, key, value);
    }

    /// Adds what a client sent.
    pub(super) fn add_message(&mut self, kind: &EventKind) {
        match kind {
            EventKind::Message(sent) => self.set("message", message(sent)),
            EventKind::Close(sent) => self.set("message", close(sent)),
            EventKind::Request(request) => {
                self.set("message", object([("request", http::request(request))]));
            }
            EventKind::Response(answered) => {
                let tag = ("tag", (*answered.tag).into());
                self.set("message", object([tag, http::outcome(&answered.outcome)]));
            }
            EventKind::Sent(sent) | EventKind::Asked(sent) => {
                self.set("message", messages::message(sent));
            }
            EventKind::Mqtt(sent) => self.set("message", mqtt::message(sent)),
            EventKind::MqttUp(broker) | EventKind::MqttDown(broker) => {
                self.set("message", mqtt::connection(broker));
            }
            EventKind::Connect | EventKind::Alarm => {}
        }
    }

    /// Adds the answer and the effects.
    pub(super) fn add_output(&mut self, effects: &[Effect], ending: &Ending, clients: &Clients) {
        let mut parts = Vec::new();
        match ending {
            Ending::Answer(answer) => {
                parts.extend(answer.messages.iter().map(message));
                parts.extend(answer.close.as_ref().map(close));
            }
            Ending::Response(response) => {
                parts.push(object([("response", http::response(response))]));
            }
            Ending::Reply(reply) => parts.push(object([("reply", value(reply))])),
            Ending::Failed { .. } => {}
        }
        self.set("answer", parts.into());
        let effects = effects.iter().map(|effect| self::effect(effect, clients));
        self.set("effects", effects.collect::<Vec<_>>().into());
    }

    /// Adds what has changed of what the actor keeps.
    pub(super) fn add_changes(
        &mut self,
        before: &Kept,
        after: &Kept,
        clients: &Clients,
        now: Instant,
    ) {
        let states = [
            ("before", optional(before.state.as_deref())),
            ("after", optional(after.state.as_deref())),
        ];
        self.set("state", object(states));
        let mut storage = Map::new();
        let find = |kept: &Kept, key: &str| {
            let place = kept.keys.binary_search_by(|(other, _)| (**other).cmp(key)).ok()?;
            kept.keys.get(place).map(|(_, value)| value.clone())
        };
        for (key, _) in before.keys.iter().chain(&after.keys) {
            let (old, new) = (find(before, key), find(after, key));
            if old != new {
                let change =
                    [("before", optional(old.as_deref())), ("after", optional(new.as_deref()))];
                set(&mut storage, key, object(change));
            }
        }
        self.set("storage", storage.into());
        let (mut tags, mut attachments) = (Map::new(), Map::new());
        let none = KeptOfClient::default();
        for (id, kept) in &after.clients {
            let place = before.clients.binary_search_by_key(id, |(other, _)| *other).ok();
            let old = place.and_then(|place| before.clients.get(place));
            let old = old.map_or(&none, |(_, kept)| kept);
            if old.tags != kept.tags {
                let all: Vec<Value> = kept.tags.iter().map(|tag| (**tag).into()).collect();
                set(&mut tags, &clients.name(*id), all.into());
            }
            if old.attachment != kept.attachment {
                set(&mut attachments, &clients.name(*id), optional(kept.attachment.as_deref()));
            }
        }
        self.set("tags", tags.into());
        self.set("attachments", attachments.into());
        if before.alarm != after.alarm {
            let left = after.alarm.map(|at| millis(at.saturating_duration_since(now)));
            self.set("alarm", object([("set", left.map_or(Value::Null, Value::from))]));
        }
    }

    /// Adds what was changed of files and folders, and what was asked of servers.
    pub(super) fn add_outside(&mut self, changes: Vec<Change>, asked: Vec<(HttpRequest, Outcome)>) {
        let mut files = Map::new();
        for Change { path, what } in changes {
            let now = match what {
                What::Write(content) => value(&content),
                What::CreateFolder => object([("folder", true.into())]),
                What::Delete | What::DeleteFolder => Value::Null,
            };
            set(&mut files, &path, now);
        }
        self.set("files", files.into());
        let mut fetches = Vec::new();
        for (request, outcome) in asked {
            fetches.push(object([("request", http::request(&request)), http::outcome(&outcome)]));
        }
        self.set("fetches", fetches.into());
    }

    /// Adds what was asked of other actors.
    pub(super) fn add_asked(&mut self, asked: &[Asked]) {
        self.set("asked", asked.iter().map(messages::asked).collect::<Vec<_>>().into());
    }

    /// Finishes it with the log.
    pub(super) fn finish(mut self, log: Value) -> Value {
        self.set("log", log);
        self.0.into()
    }
}

/// Why an event failed. It does not say how much fuel fits into the time, which differs each time.
pub(super) fn error(failure: &Failure) -> String {
    match failure {
        Failure::Call(fault) => match fault.error() {
            CallError::OutOfTime { export, limit, .. } => format!(
                "it computed for {limit:?} in {export}; make it do less for each message, or raise \
                 `limits.time`"
            ),
            _ => fault.to_string(),
        },
        Failure::Returned(text) => text.clone(),
        Failure::Answer(error) => error.to_string(),
        Failure::Response(error) => error.to_string(),
        Failure::Commit(error) => error.to_string(),
    }
}

/// A message.
fn message(message: &Message) -> Value {
    object([(message.name(), value(message.payload()))])
}

/// A close frame.
fn close(close: &Close) -> Value {
    let parts = [("code", close.code.0.into()), ("reason", (*close.reason).into())];
    object([("close", object(parts))])
}

/// What a call asked for.
fn effect(effect: &Effect, clients: &Clients) -> Value {
    let (mut made, to) = match effect {
        Effect::Send { to, message } => (self::message(message), receiver(to, clients)),
        Effect::Close { to, close } => (self::close(close), receiver(to, clients)),
        Effect::Broadcast { to, message } => {
            let names = to.iter().map(|to| clients.name(to.id()).into());
            (self::message(message), ("broadcast", Value::Array(names.collect())))
        }
        Effect::Message(sent) => {
            (object([("send", value(sent.content()))]), ("to", sent.to().into()))
        }
        Effect::Publish(publishing) => {
            (mqtt::published(publishing), ("broker", publishing.broker().into()))
        }
        Effect::Fetch(asked) => {
            (object([("fetch", asked.line().into())]), ("tag", (*asked.tag()).into()))
        }
    };
    if let Some(made) = made.as_object_mut() {
        set(made, to.0, to.1);
    }
    made
}

/// The client that gets something.
fn receiver(to: &Session, clients: &Clients) -> (&'static str, Value) {
    ("to", clients.name(to.id()).into())
}

/// The number of a connection, if the event has one.
pub(super) fn connection(number: Option<u64>) -> Value {
    number.map_or(Value::Null, Value::from)
}
