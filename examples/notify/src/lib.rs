//! Calls a webhook when somebody presses a button, and shows to all what came of it.
//!
//! A client sends `ring`. When it connects, and whenever something has changed, it gets a line for
//! each of the last calls, the newest first: `3 waits`, `2 200`, `1 failed: …`.
//!
//! The state is text. Its first line is the address of the webhook, and the others are those lines.

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::{connections, http};
use http::{Error, Options, Request};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:notify;

            world notify {
                import footlight:host/connections@0.1.0;
                import footlight:host/http@0.1.0;
                export ntwk:theater/websocket-server;
            }
        ",
        path: ["../../wit-core/wit/guide", "../../wit-core/wit/host"],
        world: "local:notify/notify",
        generate_all,
    });
}

/// The most calls that are shown.
const MOST: usize = 20;

/// A call of the webhook, and what is known of it.
struct Call {
    number: u64,
    outcome: String,
}

/// The webhook and its last calls, the newest first.
struct Bell {
    webhook: String,
    calls: Vec<Call>,
}

impl Bell {
    fn read(state: &[u8]) -> Self {
        let text = String::from_utf8_lossy(state);
        let mut lines = text.lines();
        let webhook = lines.next().unwrap_or_default().to_owned();
        let call = |line: &str| {
            let (number, outcome) = line.split_once(' ')?;
            Some(Call { number: number.parse().ok()?, outcome: outcome.to_owned() })
        };
        Self { webhook, calls: lines.filter_map(call).collect() }
    }

    fn write(&self) -> Vec<u8> {
        format!("{}\n{}", self.webhook, self.shown()).into_bytes()
    }

    /// The lines for the clients.
    fn shown(&self) -> String {
        let line = |call: &Call| format!("{} {}", call.number, call.outcome);
        self.calls.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Calls the webhook. The request leaves after this event, and its answer is an event too.
    fn ring(&mut self) {
        let number = self.calls.first().map_or(1, |last| last.number + 1);
        let request = Request {
            method: "POST".to_owned(),
            uri: self.webhook.clone(),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: Some(format!(r#"{{"text":"The bell rang.","number":{number}}}"#).into_bytes()),
        };
        let options = Options { timeout_ms: None, max_body: None, follow_redirects: true };
        let outcome = match http::fetch_later(&number.to_string(), &request, options) {
            Ok(()) => "waits".to_owned(),
            Err(error) => explained(error),
        };
        self.calls.insert(0, Call { number, outcome });
        self.calls.truncate(MOST);
    }

    /// Notes what came of a call. The tag of its request is its number.
    fn answered(&mut self, tag: &str) {
        let outcome = match http::answer() {
            Some(Ok(response)) => response.status.to_string(),
            Some(Err(error)) => explained(error),
            None => return,
        };
        let number = tag.parse().unwrap_or(0);
        if let Some(call) = self.calls.iter_mut().find(|call| call.number == number) {
            call.outcome = outcome;
        }
    }
}

/// An error as one line.
fn explained(error: Error) -> String {
    let text = match error {
        Error::Denied(why) => format!("denied: {why}"),
        Error::Invalid(why) => format!("invalid: {why}"),
        Error::Unresolved(why) | Error::Failed(why) => format!("failed: {why}"),
        Error::TimedOut => "failed: the server did not answer in time".to_owned(),
        Error::TooLarge => "called, but the answer is too large".to_owned(),
        Error::Limit => "not called: too many calls wait".to_owned(),
        Error::Interrupted => "interrupted: the host was stopped, so nobody knows".to_owned(),
    };
    text.replace('\n', " ")
}

struct Notify;

impl Guest for Notify {
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        let mut bell = Bell::read(&state);
        let text = message.text.unwrap_or_default();
        let answer = match message.message_type.as_str() {
            "connect" => Some(bell.shown()),
            "text" if text == "ring" => {
                bell.ring();
                None
            }
            "text" => Some("Send `ring`.".to_owned()),
            "http-response" => {
                bell.answered(&text);
                None
            }
            _ => return (state, WebsocketResponse { messages: vec![] }),
        };
        if answer.is_none() {
            // A client that misses this one gets the next.
            let _ = connections::broadcast(None, &connections::Payload::Text(bell.shown()), None);
        }
        let message =
            |text| WebsocketMessage { message_type: "text".into(), text: Some(text), data: None };
        let messages = answer.into_iter().map(message).collect();
        (bell.write(), WebsocketResponse { messages })
    }
}

bindings::export!(Notify with_types_in bindings);
