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
//! | `alarm` | the alarm or the tick comes |
//! | `+5s` | time passes |
//! | any other word | it sends this text |
//!
//! `ann@` before an event says which client it is. It is read so before an event's name, and before
//! any text once this client has had an event.

use std::time::Duration;

use wit_core::HttpRequest;

use super::{
    http,
    step::{CLIENT, Handshake, Step, close, control, pass},
};
use crate::{
    config::units::milliseconds,
    exchange::{Close, EventKind, Message},
    state::json::from_hex,
};

/// The longest name of a client, in bytes.
pub(super) const MAX_NAME: usize = 64;

/// Reads a word. `known` are the clients that were named before.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(word: &str, known: &mut Vec<String>) -> Result<Step, String> {
    if let Some((client, rest)) = word.split_once('@').filter(|(client, _)| is_name(client)) {
        let named = event(client, rest)?;
        let step =
            named.or_else(|| known.iter().any(|name| name == client).then(|| text(client, rest)));
        if let Some(step) = step {
            know(client, known);
            return Ok(step);
        }
    }
    let alone = match word.strip_prefix('+').and_then(milliseconds) {
        Some(time) => Some(pass(Duration::from_millis(time))?),
        None if word == "alarm" => Some(Step::Alarm),
        None => event(CLIENT, word)?,
    };
    Ok(alone.unwrap_or_else(|| text(CLIENT, word)))
}

/// Adds a client to those that are known.
pub(super) fn know(client: &str, known: &mut Vec<String>) {
    if known.iter().all(|name| name != client) {
        known.push(client.to_owned());
    }
}

/// Whether a client may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(allowed)
}

/// A client's text message.
fn text(client: &str, text: &str) -> Step {
    Step::Client(client.into(), EventKind::Message(Message::Text(text.into())))
}

/// A client's event by its name; `None` if the word is no such event.
fn event(client: &str, word: &str) -> Result<Option<Step>, String> {
    let (name, rest) = match word.split_once(':') {
        Some((name, rest)) => (name, Some(rest)),
        None => (word, None),
    };
    let bytes = || {
        let digits = rest.unwrap_or_default();
        from_hex(digits).ok_or_else(|| {
            format!("{digits:?} is not hexadecimal, with two digits for each byte, such as 00ff")
        })
    };
    let message = |message| Step::Client(client.into(), EventKind::Message(message));
    Ok(Some(match (name, rest) {
        ("connect", target) => Step::Connect(client.into(), handshake(target)),
        ("text", Some(content)) => text(client, content),
        ("binary", Some(_)) => message(Message::Binary(bytes()?.into())),
        ("ping", _) => message(Message::Ping(control(bytes()?.into())?)),
        ("pong", _) => message(Message::Pong(control(bytes()?.into())?)),
        ("close", None) => Step::Client(client.into(), EventKind::Close(Close::NO_STATUS)),
        ("close", Some(rest)) => {
            let (code, reason) = rest.split_once(':').unwrap_or((rest, ""));
            let code = code.parse().map_err(|_| {
                format!("{code:?} is no code; write close, close:4001 or close:4001:reason")
            })?;
            Step::Client(client.into(), close(code, reason)?)
        }
        ("http", Some(rest)) => request(rest)?,
        _ => return Ok(None),
    }))
}

/// A request: a path, or a method, a path, and a content that is left out if there is none.
fn request(words: &str) -> Result<Step, String> {
    let (method, rest) = if words.starts_with('/') {
        ("GET", words)
    } else {
        words.split_once(' ').unwrap_or((words, ""))
    };
    let (uri, body) = match rest.split_once(' ') {
        Some((uri, body)) => (uri, Some(body)),
        None => (rest, None),
    };
    http::step(HttpRequest {
        method: method.into(),
        uri: uri.into(),
        headers: Vec::new(),
        body: body.map(Into::into),
    })
}

/// A handshake for this path and query.
fn handshake(target: Option<&str>) -> Handshake {
    let Some(target) = target else { return Handshake::default() };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = Some(path.to_owned()).filter(|path| !path.is_empty());
    Handshake { path, query: query.into(), ..Handshake::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("binary:0", "not hexadecimal"),
            ("binary:xx", "such as 00ff"),
            ("close:no", "close:4001:reason"),
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
