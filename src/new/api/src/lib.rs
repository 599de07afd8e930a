//! Values by names, for programs over HTTP and for people on a page, which shows each change at once.
//!
//! | request | answer |
//! |---|---|
//! | `GET /values` | all values, as JSON |
//! | `GET /values/NAME` | the value, as text |
//! | `PUT /values/NAME` | 201 for a new name, otherwise 204. The content is the value |
//! | `DELETE /values/NAME` | 204 |

// Made from the folder wit. After a change there, make them anew:
//   cargo install wit-bindgen-cli@0.63.0
//   wit-bindgen rust wit --world actor --generate-all --format --out-dir src
//   mv src/actor.rs src/bindings.rs
//   wit-bindgen rust wit/deps/theater --world http-actor --generate-all --format --out-dir src
//   mv src/http_actor.rs src/http.rs
mod bindings;
mod http;
#[cfg(test)]
mod testing;

use std::collections::BTreeMap;

use bindings::exports::ntwk::theater::websocket_server::{
    Guest as WebsocketServer, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::connections::Payload;
#[cfg(not(test))]
use bindings::{footlight::host::connections, ntwk::theater::runtime::log};
use http::exports::ntwk::theater::http_server::{Guest as HttpServer, HttpRequest, HttpResponse};
#[cfg(test)]
use testing::{connections, log};

/// The most names. The host passes all of the state with each event, so it should stay small.
const MOST: usize = 100;
/// The longest name and the longest value, in bytes.
const LONGEST: usize = 100;

struct Actor;

bindings::export!(Actor with_types_in bindings);
http::export!(Actor with_types_in http);

impl HttpServer for Actor {
    /// Answers one HTTP request. Returns the answer, and the new state.
    fn handle_request(request: HttpRequest, state: Vec<u8>) -> (HttpResponse, Vec<u8>) {
        log_panics();
        let mut values = Values::from_state(&state);
        let (status, content) = answer(&request, &mut values)
            .unwrap_or_else(|(status, why)| (status, format!("{why}\n")));
        let is_json = status == 200 && content.starts_with('{');
        let ty = if is_json {
            "application/json"
        } else {
            "text/plain; charset=utf-8"
        };
        let mut headers = vec![("content-type".into(), ty.into())];
        if status == 405 {
            headers.push(("allow".into(), "GET, HEAD, PUT, DELETE".into()));
        }
        let next = values.to_state();
        if next != state {
            let news = Payload::Text(values.to_json());
            if let Err(why) = connections::broadcast(None, &news, None) {
                log(&format!("not everybody sees the change: {why:?}"));
            }
        }
        let body = Some(content.into_bytes());
        (
            HttpResponse {
                status,
                headers,
                body,
            },
            next,
        )
    }
}

impl WebsocketServer for Actor {
    /// Handles one event of one client of the WebSocket, such as the page.
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        log_panics();
        let mut messages = vec![];
        if message.message_type == "connect" {
            messages.push(text(Values::from_state(&state).to_json()));
        }
        (state, WebsocketResponse { messages })
    }
}

/// The status and the content for a request, or a status and a reason.
fn answer(
    request: &HttpRequest,
    values: &mut Values,
) -> Result<(u16, String), (u16, &'static str)> {
    let path = request.uri.split('?').next().unwrap_or_default();
    let Some(name) = path.strip_prefix("/values") else {
        return Err((404, "There is only /values."));
    };
    let Some(name) = name.strip_prefix('/') else {
        return match request.method.as_str() {
            "GET" | "HEAD" if name.is_empty() => Ok((200, values.to_json())),
            _ if name.is_empty() => Err((405, "Only GET is answered here.")),
            _ => Err((404, "There is only /values.")),
        };
    };
    let missing = (404, "There is no value of this name.");
    match request.method.as_str() {
        "GET" | "HEAD" => Ok((200, values.0.get(name).ok_or(missing)?.clone())),
        "PUT" => {
            let is_new = values.put(name, request.body.as_deref().unwrap_or_default())?;
            Ok((if is_new { 201 } else { 204 }, String::new()))
        }
        "DELETE" => {
            values.0.remove(name).ok_or(missing)?;
            Ok((204, String::new()))
        }
        _ => Err((405, "Only GET, PUT and DELETE are answered here.")),
    }
}

/// What the actor remembers: values by their names.
struct Values(BTreeMap<String, String>);

impl Values {
    /// The first state is empty. After that each line has a name, a tabulator and the value.
    fn from_state(state: &[u8]) -> Self {
        let lines = str::from_utf8(state).unwrap_or_default().lines();
        let pairs = lines.filter_map(|line| line.split_once('\t'));
        Self(
            pairs
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    fn to_state(&self) -> Vec<u8> {
        let lines = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}\t{value}\n"));
        lines.collect::<String>().into_bytes()
    }

    fn to_json(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| {
            // There are no control characters.
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            format!(r#""{name}":"{value}""#)
        });
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    }

    /// Gives a name a value. Returns whether the name is new.
    fn put(&mut self, name: &str, value: &[u8]) -> Result<bool, (u16, &'static str)> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        if name.is_empty() || name.len() > LONGEST || !name.bytes().all(plain) {
            return Err((
                400,
                "A name has 1 to 100 lower-case letters, digits, `-` and `_`.",
            ));
        }
        let value = str::from_utf8(value).map_or("\0", str::trim_end);
        if value.len() > LONGEST || value.contains(char::is_control) {
            return Err((400, "A value is a line of text of at most 100 bytes."));
        }
        if self.0.len() >= MOST && !self.0.contains_key(name) {
            return Err((507, "There are 100 values. Delete one first."));
        }
        Ok(self.0.insert(name.into(), value.into()).is_none())
    }
}

/// Has the log say where and why the actor panicked. Otherwise it only says `unreachable`.
fn log_panics() {
    if cfg!(not(test)) {
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
    }
}

/// A text message.
fn text(text: String) -> WebsocketMessage {
    WebsocketMessage {
        message_type: "text".into(),
        text: Some(text),
        data: None,
    }
}

// `cargo test` runs these on this machine.
#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a request. Returns the new state, and the status and the content of the answer.
    fn ask(method: &str, uri: &str, body: &str, state: Vec<u8>) -> (Vec<u8>, u16, String) {
        let request = HttpRequest {
            method: method.into(),
            uri: uri.into(),
            headers: vec![],
            body: Some(body.into()),
        };
        let (answer, state) = Actor::handle_request(request, state);
        let content = String::from_utf8(answer.body.unwrap()).unwrap();
        (state, answer.status, content)
    }

    #[test]
    fn a_value_is_put_got_and_deleted_and_everybody_sees_it() {
        let (state, status, _) = ask("PUT", "/values/kitchen", "21.5\n", vec![]);
        assert_eq!(status, 201);
        let sent = testing::host(|host| host.sent.pop());
        assert_eq!(sent, Some((None, r#"{"kitchen":"21.5"}"#.into())));
        let (state, status, content) = ask("GET", "/values/kitchen", "", state);
        assert_eq!((status, content.as_str()), (200, "21.5"));
        let (state, status, _) = ask("PUT", "/values/kitchen", "say \"\\\"", state);
        assert_eq!(status, 204);
        let (state, _, content) = ask("GET", "/values", "", state);
        assert_eq!(content, r#"{"kitchen":"say \"\\\""}"#);
        let (state, status, _) = ask("DELETE", "/values/kitchen", "", state);
        assert_eq!((state, status), (vec![], 204));
    }

    #[test]
    fn what_can_not_be_done_is_refused_and_changes_nothing() {
        for (method, uri, body, expected) in [
            ("GET", "/values/none", "", 404),
            ("DELETE", "/values/none", "", 404),
            ("GET", "/other", "", 404),
            ("POST", "/values", "", 405),
            ("PUT", "/values/Kitchen", "1", 400),
            ("PUT", "/values/kitchen", "two\nlines", 400),
        ] {
            let (state, status, _) = ask(method, uri, body, vec![]);
            assert_eq!((state, status), (vec![], expected), "{method} {uri}");
        }
        assert!(testing::host(|host| host.sent.is_empty()));
    }
}
