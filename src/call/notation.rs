//! The notation of events on the command line.
//!
//! | word | event |
//! |---|---|
//! | `connect`, `connect:/path?query` | a client connects |
//! | `text:hello` | it sends a text |
//! | `binary:00ff` | it sends bytes, in hexadecimal |
//! | `ping`, `pong`, with `:00ff` for a payload | it sends a ping or a pong |
//! | `close`, `close:4001`, `close:4001:reason` | its connection ends |
//! | `http:/path?query`, `http:POST /path content` | somebody sends an HTTP request |
//! | `mqtt:topic payload` | the broker sends a message |
//! | `mqtt-up`, `mqtt-down` | the connection with the broker begins or ends |
//! | `alarm` | the alarm or the tick comes |
//! | `+5s` | time passes |
//! | any other word | it sends this text |
//!
//! `ann@` before an event says which client it is. It is read so before an event's name, and before
//! any text once this client has had an event.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    event,
    step::{Step, pass},
};
use crate::{
    config::units::milliseconds,
    state::json::{Object, set},
};

/// Reads a word. `known` are the clients that were named before.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(word: &str, known: &mut Vec<String>) -> Result<Step, String> {
    if let Some(time) = word.strip_prefix('+').and_then(milliseconds) {
        return pass(Duration::from_millis(time));
    }
    let named = word.split_once('@').filter(|(client, _)| event::is_name(client));
    let named = named.and_then(|(client, rest)| {
        let is_known = || known.iter().any(|name| name == client);
        let event = event(rest).or_else(|| is_known().then(|| text(rest)))?;
        Some((client, event))
    });
    let object = match named {
        Some((client, mut event)) => {
            set(&mut event, "client", client.into());
            event
        }
        None => event(word).unwrap_or_else(|| text(word)),
    };
    let step = event::read(&Object { place: String::new(), entries: &object }, known)?;
    step.ok_or_else(|| "has no event".into())
}

/// A text message, as a line of a file has it.
fn text(text: &str) -> Map<String, Value> {
    let mut object = Map::new();
    set(&mut object, "text", text.into());
    object
}

/// An event by its name, as a line of a file has it; `None` if the word is no such event.
fn event(word: &str) -> Option<Map<String, Value>> {
    let (name, rest) = match word.split_once(':') {
        Some((name, rest)) => (name, Some(rest)),
        None => (word, None),
    };
    let mut object = Map::new();
    set(&mut object, "event", name.into());
    let mut add = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            set(&mut object, key, value.into());
        }
    };
    match (name, rest) {
        ("alarm" | "connect" | "close" | "ping" | "pong" | "mqtt-up" | "mqtt-down", None) => {}
        ("connect", Some(target)) => {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            add("path", Some(path).filter(|path| !path.is_empty()));
            add("query", Some(query));
        }
        ("text", Some(_)) => add("text", rest),
        ("binary" | "ping" | "pong", Some(digits)) => {
            let mut hex = Map::new();
            set(&mut hex, "hex", digits.into());
            set(&mut object, "data", hex.into());
        }
        ("close", Some(rest)) => {
            let (code, reason) = rest.split_once(':').unwrap_or((rest, ""));
            add("reason", Some(reason));
            // What is no number is refused as such.
            let code = code.parse().map_or_else(|_| code.into(), |code: u16| code.into());
            set(&mut object, "code", code);
        }
        // A path, or a method, a path, and a content that is left out if there is none.
        ("http", Some(words)) => {
            let (method, rest) = match words.split_once(' ') {
                _ if words.starts_with('/') => ("GET", words),
                Some(words) => words,
                None => (words, ""),
            };
            let (path, body) = match rest.split_once(' ') {
                Some((path, body)) => (path, Some(body)),
                None => (rest, None),
            };
            add("method", Some(method));
            add("path", Some(path));
            add("body", body);
        }
        ("mqtt", Some(words)) => {
            let (topic, payload) = words.split_once(' ').unwrap_or((words, ""));
            add("topic", Some(topic));
            add("payload", Some(payload));
        }
        _ => return None,
    }
    Some(object)
}

#[cfg(test)]
mod tests {
    use wit_core::HttpRequest;

    use super::{
        super::step::{Handshake, close},
        *,
    };
    use crate::exchange::{Close, EventKind, Message};

    fn steps(words: &[&str]) -> Vec<Step> {
        let mut known = Vec::new();
        words.iter().map(|word| read(word, &mut known).unwrap()).collect()
    }

    fn one(word: &str) -> Step {
        steps(&[word]).remove(0)
    }

    fn sends(client: &str, message: Message) -> Step {
        Step::Client(client.into(), EventKind::Message(message))
    }

    #[test]
    fn each_event_has_a_word_and_every_other_word_is_a_text() {
        let ends = |kind| Step::Client("1".into(), kind);
        let asks = |method: &str, uri: &str, body: Option<&str>| {
            let (method, uri, body) = (method.into(), uri.into(), body.map(Into::into));
            Step::Request(HttpRequest { method, uri, headers: Vec::new(), body })
        };
        for (word, step) in [
            ("connect", Step::Connect("1".into(), Handshake::default())),
            ("text:hello", sends("1", Message::Text("hello".into()))),
            ("text:", sends("1", Message::Text("".into()))),
            ("text:close", sends("1", Message::Text("close".into()))),
            ("hello", sends("1", Message::Text("hello".into()))),
            ("", sends("1", Message::Text("".into()))),
            ("{\"a\":1}", sends("1", Message::Text("{\"a\":1}".into()))),
            ("+1", sends("1", Message::Text("+1".into()))),
            ("txt:a", sends("1", Message::Text("txt:a".into()))),
            ("text", sends("1", Message::Text("text".into()))),
            ("me@x.org", sends("1", Message::Text("me@x.org".into()))),
            ("binary:00fF", sends("1", Message::Binary(vec![0, 255].into()))),
            ("binary:", sends("1", Message::Binary(vec![].into()))),
            ("ping", sends("1", Message::Ping(vec![].into()))),
            ("pong:01", sends("1", Message::Pong(vec![1].into()))),
            ("close", ends(EventKind::Close(Close::NO_STATUS))),
            ("close:1006", ends(EventKind::Close(Close::ABNORMAL))),
            ("close:4001:a:b", ends(close(4001, "a:b").unwrap())),
            ("http:/a?b=c", asks("GET", "/a?b=c", None)),
            ("http:PUT /a b c", asks("PUT", "/a", Some("b c"))),
            ("alarm", Step::Alarm),
            ("+5s", Step::Pass(Duration::from_secs(5))),
            ("+250ms", Step::Pass(Duration::from_millis(250))),
        ] {
            assert_eq!(one(word), step, "{word}");
        }
        let Step::Connect(client, Handshake { path, query, .. }) = one("ann@connect:/ws?a=b?c")
        else {
            panic!("no handshake");
        };
        assert_eq!((&*client, path.as_deref(), &*query), ("ann", Some("/ws"), "a=b?c"));
    }

    #[test]
    fn a_client_is_named_before_an_event_and_then_before_a_text() {
        let texts = steps(&["ann@hi", "ann@connect", "ann@hi", "bob@hi", "2@text:hi", "2@hi"]);
        let hi = |client| sends(client, Message::Text("hi".into()));
        assert_eq!(texts[0], sends("1", Message::Text("ann@hi".into())));
        assert_eq!(texts[2], hi("ann"));
        assert_eq!(texts[3], sends("1", Message::Text("bob@hi".into())));
        assert_eq!((&texts[4], &texts[5]), (&hi("2"), &hi("2")));
    }

    #[test]
    fn what_can_be_no_event_is_refused_with_the_right_form() {
        for (word, part) in [
            ("binary:0", "with two digits for each byte"),
            ("close:no", "code: is not a whole number from 0 to 65535"),
            ("ann@http:/", "client: is unknown here"),
            ("close:1004", "1004 is no code"),
            ("close:1005:why", "1005 has no reason"),
            ("http:", "is no method"),
            ("http:GET", "\"\" is no path"),
            ("http:GET a", "is no path such as /api?a=b"),
            ("+9000h", "more than a year"),
        ] {
            let error = read(word, &mut Vec::new()).unwrap_err();
            assert!(error.contains(part), "{word}: {error}");
        }
        let long = format!("ping:{}", "00".repeat(126));
        assert!(read(&long, &mut Vec::new()).unwrap_err().contains("at most 125 bytes"));
        let long = format!("close:4001:{}", "x".repeat(124));
        assert!(read(&long, &mut Vec::new()).unwrap_err().contains("at most 123 fit"));
    }
}
