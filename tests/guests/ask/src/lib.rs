//! What the guests do that ask servers, in every shape of the interface.
//!
//! | event | answer |
//! |---|---|
//! | connect | text `ready` |
//! | a server's answer | none. All clients get `answer TAG OUTCOME` |
//! | text | see below |
//!
//! | text | what happens |
//! |---|---|
//! | `send METHOD URI BODY` | Theater's `send-http`; text: the outcome |
//! | `fetch METHOD URI BODY` | `fetch`; text: the outcome |
//! | `send-field NAME URI VALUE` | `send-http` with that field; text: the outcome, and the answer's fields as ` NAME=VALUE` |
//! | `field NAME URI VALUE` | `fetch` with that field |
//! | `within MS URI`, `small BYTES URI`, `stay - URI` | `fetch` with a time-out, with a size, without redirects |
//! | `later TAG URI BODY` | `fetch-later`; text: `asked`, or the error |
//! | `trap TAG URI` | `fetch-later`, then a trap |
//! | `storm N URI` | `fetch-later` so often, with the tags `0` to `N - 1`; text: how many were accepted |
//! | `answer` | text: what `answer` says now |
//!
//! An outcome is the status and the body, or the error. With a tag that begins with `trap` the event of
//! the answer traps.

use footlight::host::{connections, http};

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit-core/wit/host", world: "imports" });
}
use bindings::footlight;

/// A request as Theater's `http-client` has it.
pub struct Request {
    pub method: String,
    pub uri: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

/// The status, the fields and the body of an answer, or why there is none.
pub type Sent = Result<(u16, Vec<(String, String)>, Option<Vec<u8>>), String>;

/// Makes `send`, which calls `send-http`. In the later shapes that returns a `result`, which `$check`
/// takes.
#[macro_export]
macro_rules! send_http {
    ($check:expr) => {
        fn send(request: $crate::Request) -> $crate::Sent {
            let $crate::Request { method, uri, headers, body } = request;
            let request = http_client::HttpRequest { method, uri, headers, body };
            let response = $check(http_client::send_http(&request))?;
            Ok((response.status, response.headers, response.body))
        }
    };
}

/// Makes `kind` and `to_wire` for the shapes whose message type is a variant.
#[macro_export]
macro_rules! variant_messages {
    ($wire:ident) => {
        fn kind(message: &$wire::WebsocketMessage) -> &str {
            match &message.ty {
                $wire::MessageType::Text => "text",
                $wire::MessageType::Connect => "connect",
                $wire::MessageType::Other(name) => name,
                _ => "",
            }
        }

        fn to_wire(text: String) -> $wire::WebsocketMessage {
            $wire::WebsocketMessage { ty: $wire::MessageType::Text, data: None, text: Some(text) }
        }
    };
}

/// The component of a shape whose functions return a `result`.
#[macro_export]
macro_rules! fallible_component {
    () => {
        $crate::send_http!(std::convert::identity);
        $crate::variant_messages!(wire);

        struct Component;

        impl wire::Guest for Component {
            fn handle_message(
                state: Option<Vec<u8>>,
                (message,): (wire::WebsocketMessage,),
            ) -> Result<(Option<Vec<u8>>, (wire::WebsocketResponse,)), String> {
                let texts = $crate::handle(kind(&message), message.text.as_deref(), send);
                let messages = texts.into_iter().map(to_wire).collect();
                Ok((state, (wire::WebsocketResponse { messages },)))
            }
        }

        bindings::export!(Component with_types_in bindings);
    };
}

/// The component of a shape whose functions return their values as they are. The guest has a `kind`
/// and a `to_wire`.
#[macro_export]
macro_rules! plain_component {
    () => {
        $crate::send_http!(Ok::<_, String>);

        struct Component;

        impl wire::Guest for Component {
            fn handle_message(
                message: wire::WebsocketMessage,
                state: Vec<u8>,
            ) -> (Vec<u8>, wire::WebsocketResponse) {
                let texts = $crate::handle(kind(&message), message.text.as_deref(), send);
                let messages = texts.into_iter().map(to_wire).collect();
                (state, wire::WebsocketResponse { messages })
            }
        }

        bindings::export!(Component with_types_in bindings);
    };
}

/// Handles an event. Returns the texts of the answer.
pub fn handle(kind: &str, text: Option<&str>, send: fn(Request) -> Sent) -> Vec<String> {
    let text = text.unwrap_or_default();
    match kind {
        "connect" => vec!["ready".to_owned()],
        "text" => vec![command(text, send)],
        "http-response" => {
            assert!(!text.starts_with("trap"), "asked to");
            let told = format!("answer {text} {}", now());
            let _ = connections::broadcast(None, &connections::Payload::Text(told), None);
            vec![]
        }
        _ => vec![],
    }
}

/// What a text asks for.
fn command(text: &str, send: fn(Request) -> Sent) -> String {
    let mut words = text.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (what, first, uri, rest) = (word(), word(), word(), word());
    let body = Some(rest.clone().into_bytes()).filter(|body| !body.is_empty());
    let mut request = http::Request {
        method: "GET".into(),
        uri: uri.clone(),
        headers: vec![],
        body: body.clone(),
    };
    let mut options = http::Options { timeout_ms: None, max_body: None, follow_redirects: true };
    match &*what {
        "send" => match send(Request { method: first, uri, headers: vec![], body }) {
            Ok((status, _, body)) => shown(status, body),
            Err(error) => format!("failed: {error}"),
        },
        "send-field" => {
            let headers = vec![(first, rest), ("x-second".to_owned(), String::new())];
            match send(Request { method: "GET".into(), uri, headers, body: None }) {
                Ok((status, headers, body)) => {
                    let fields = headers.iter().map(|(name, value)| format!(" {name}={value}"));
                    shown(status, body) + &fields.collect::<String>()
                }
                Err(error) => format!("failed: {error}"),
            }
        }
        "fetch" => {
            request.method = first;
            outcome(http::fetch(&request, options))
        }
        "field" => {
            request.body = None;
            request.headers = vec![(first, rest)];
            outcome(http::fetch(&request, options))
        }
        "within" => {
            options.timeout_ms = first.parse().ok();
            outcome(http::fetch(&request, options))
        }
        "small" => {
            options.max_body = first.parse().ok();
            outcome(http::fetch(&request, options))
        }
        "stay" => {
            options.follow_redirects = false;
            outcome(http::fetch(&request, options))
        }
        "later" => {
            if request.body.is_some() {
                request.method = "POST".into();
            }
            let asked = http::fetch_later(&first, &request, options);
            asked.map_or_else(error, |()| "asked".to_owned())
        }
        "trap" => {
            let _ = http::fetch_later(&first, &request, options);
            panic!("asked to")
        }
        "storm" => {
            let number: usize = first.parse().unwrap_or(0);
            let ask = |tag: usize| http::fetch_later(&tag.to_string(), &request, options).is_ok();
            format!("{} accepted", (0..number).filter(|tag| ask(*tag)).count())
        }
        "answer" => now(),
        _ => text.to_owned(),
    }
}

/// What `answer` says.
fn now() -> String {
    http::answer().map_or("none".to_owned(), outcome)
}

/// The outcome of a request.
fn outcome(result: Result<http::Response, http::Error>) -> String {
    result.map_or_else(error, |response| shown(response.status, response.body))
}

fn shown(status: u16, body: Option<Vec<u8>>) -> String {
    let body = body.map(|body| String::from_utf8_lossy(&body).into_owned());
    format!("{status} {}", body.as_deref().unwrap_or("none"))
}

fn error(error: http::Error) -> String {
    use http::Error;

    match error {
        Error::Denied(text) => format!("denied: {text}"),
        Error::Invalid(text) => format!("invalid: {text}"),
        Error::Unresolved(text) => format!("unresolved: {text}"),
        Error::TimedOut => "timed-out".to_owned(),
        Error::TooLarge => "too-large".to_owned(),
        Error::Limit => "limit".to_owned(),
        Error::Interrupted => "interrupted".to_owned(),
        Error::Failed(text) => format!("failed: {text}"),
    }
}
