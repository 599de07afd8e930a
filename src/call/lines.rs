//! Events from a file of JSON lines.
//!
//! ```json
//! {"files": {"temp": "21.5"}, "now": 1767225600000}
//! {"answers": {"https://api.example/lamp": {"status": 200, "body": "on"}}}
//! {"event": "connect", "client": "ann", "query": "room=tea"}
//! {"event": "text", "client": "ann", "text": "hello"}
//! {"event": "binary", "client": 2, "data": {"hex": "00ff"}}
//! {"event": "http", "method": "POST", "path": "/api", "body": "hello"}
//! {"advance": "5s"}
//! "ann@close:4001:bye"
//! ```
//!
//! A line is an object, or a string in the [notation](super::notation) of the command line. Empty lines and
//! those that begin with `#` are left out.

use std::{path::Path, time::Duration};

use serde_json::Value;

use super::{
    CallError, http,
    notation::{self, is_name, know},
    step::{CLIENT, Handshake, Step, close, control, pass},
};
use crate::{
    config::units::milliseconds,
    exchange::{Close, EventKind, Message},
    state::json::{Object, read_bytes},
};

/// Reads all lines of a file and adds their steps. `known` are the clients that were named before.
pub(super) fn read(
    file: &Path,
    text: &str,
    known: &mut Vec<String>,
    steps: &mut Vec<(String, Step)>,
) -> Result<(), CallError> {
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{}:{}", file.display(), index + 1);
        let read = read_line(line, known).map_err(|problem| CallError::step(&place, problem))?;
        steps.extend(read.into_iter().map(|step| (place.clone(), step)));
    }
    Ok(())
}

/// The keys that every line may have, whatever its event is.
const COMMON: [&str; 6] = ["event", "now", "advance", "random", "files", "answers"];

/// Reads one line.
fn read_line(line: &str, known: &mut Vec<String>) -> Result<Vec<Step>, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    if let Some(word) = value.as_str() {
        return Ok(vec![notation::read(word, known)?]);
    }
    if !value.is_object() {
        return Err("is neither an object nor a string".into());
    }
    let object = Object::new(&value, "")?;
    let mut steps = Vec::new();
    if let Some(now) = object.number("now", u64::MAX)? {
        steps.push(Step::Until(now));
    }
    if let Some(value) = object.get("advance") {
        let time = value.as_u64().or_else(|| milliseconds(value.as_str()?));
        let time = time.ok_or("advance: write milliseconds, or a text such as \"5s\"")?;
        steps.push(pass(Duration::from_millis(time))?);
    }
    if let Some(bytes) = object.bytes("random")? {
        steps.push(Step::Random(bytes.into()));
    }
    if let Some(files) = object.object("files")? {
        for (path, content) in files.entries {
            let content = Some(content).filter(|content| !content.is_null());
            let content = content.map(|content| read_bytes(content, "files")).transpose()?;
            steps.push(Step::File(path.clone(), content.map(Vec::from)));
        }
    }
    if let Some(answers) = object.object("answers")? {
        for (key, value) in answers.entries {
            steps.push(http::read_answer(key, value)?);
        }
    }
    match event(&object, known)? {
        Some(step) => steps.push(step),
        None => object.only(&COMMON)?,
    }
    if steps.is_empty() { Err("has no event".into()) } else { Ok(steps) }
}

/// The event of a line, if it has one.
fn event(object: &Object<'_>, known: &mut Vec<String>) -> Result<Option<Step>, String> {
    let name = match object.text("event")? {
        Some(name) => name,
        None if object.get("text").is_some() => "text",
        None if object.get("data").is_some() => "binary",
        None => return Ok(None),
    };
    // The keys that only this event has.
    let own: &[&str] = match name {
        "connect" => &["client", "path", "query", "peer", "subprotocol"],
        "text" => &["client", "text"],
        "binary" | "ping" | "pong" => &["client", "data"],
        "close" => &["client", "code", "reason"],
        "http" => &["method", "path", "query", "headers", "body"],
        "alarm" => &[],
        other => {
            return Err(format!(
                "event: there is no event {other:?}; use connect, text, binary, ping, pong, close, \
                 http or alarm"
            ));
        }
    };
    object.only(&[&COMMON, own].concat())?;
    match name {
        "alarm" => return Ok(Some(Step::Alarm)),
        "http" => return http::read_request(object).map(Some),
        _ => {}
    }
    let client = match object.get("client") {
        None => CLIENT.to_owned(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        Some(Value::String(name)) if is_name(name) => name.clone(),
        Some(_) => {
            let problem = "is neither a number nor a name of ASCII letters, digits, `-` and `_`";
            return Err(object.mistake("client", problem).into());
        }
    };
    know(&client, known);
    let needs = |key| object.mistake(key, "is missing");
    let data = object.bytes("data")?;
    let message = match name {
        "connect" => {
            let peer = object.text("peer")?.map(|peer| {
                peer.parse().map_err(|_| "peer: is no address such as \"192.0.2.1:50000\"")
            });
            let handshake = Handshake {
                path: object.text("path")?.map(Into::into),
                query: object.text("query")?.unwrap_or_default().into(),
                peer: peer.transpose()?,
                subprotocol: object.text("subprotocol")?.map(Into::into),
            };
            return Ok(Some(Step::Connect(client, handshake)));
        }
        "close" => {
            let code = object.number("code", u16::MAX.into())?;
            let code = code.and_then(|code| u16::try_from(code).ok());
            let reason = object.text("reason")?.unwrap_or_default();
            let kind = close(code.unwrap_or(Close::NO_STATUS.code.0), reason)?;
            return Ok(Some(Step::Client(client, kind)));
        }
        "text" => Message::Text(object.text("text")?.ok_or_else(|| needs("text"))?.into()),
        "binary" => Message::Binary(data.ok_or_else(|| needs("data"))?),
        "ping" => Message::Ping(control(data.unwrap_or_default())?),
        _ => Message::Pong(control(data.unwrap_or_default())?),
    };
    Ok(Some(Step::Client(client, EventKind::Message(message))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(line: &str) -> Result<Vec<Step>, String> {
        read_line(line, &mut Vec::new())
    }

    #[test]
    fn a_line_has_an_event_and_what_the_imports_answer_from_then_on() {
        let sends = |client: &str, message| {
            Ok(vec![Step::Client(client.into(), EventKind::Message(message))])
        };
        for (line, expected) in [
            (r#"{"event":"text","text":"hi"}"#, sends("1", Message::Text("hi".into()))),
            (r#"{"text":"hi","client":2}"#, sends("2", Message::Text("hi".into()))),
            (r#"{"data":{"hex":"00ff"}}"#, sends("1", Message::Binary(vec![0, 255].into()))),
            (r#"{"event":"binary","data":"hi"}"#, sends("1", Message::Binary("hi".into()))),
            (r#"{"event":"ping"}"#, sends("1", Message::Ping("".into()))),
            (r#""ann@text:hi""#, sends("ann", Message::Text("hi".into()))),
            (r#"{"event":"alarm"}"#, Ok(vec![Step::Alarm])),
            (
                r#"{"event":"close","client":"ann","code":4001,"reason":"bye"}"#,
                Ok(vec![Step::Client("ann".into(), close(4001, "bye").unwrap())]),
            ),
            (
                r#"{"event":"close"}"#,
                Ok(vec![Step::Client("1".into(), EventKind::Close(Close::NO_STATUS))]),
            ),
            (
                r#"{"now":5,"advance":"2s","random":{"hex":"07"},"files":{"a":"b","c":null},"event":"alarm"}"#,
                Ok(vec![
                    Step::Until(5),
                    Step::Pass(Duration::from_secs(2)),
                    Step::Random(vec![7]),
                    Step::File("a".into(), Some("b".into())),
                    Step::File("c".into(), None),
                    Step::Alarm,
                ]),
            ),
            (r#"{"advance":250}"#, Ok(vec![Step::Pass(Duration::from_millis(250))])),
        ] {
            assert_eq!(steps(line), expected, "{line}");
        }
        let line =
            r#"{"event":"connect","path":"/p","query":"q","peer":"[::1]:5","subprotocol":"s"}"#;
        let handshake = Handshake {
            path: Some("/p".into()),
            query: "q".into(),
            peer: Some("[::1]:5".parse().unwrap()),
            subprotocol: Some("s".into()),
        };
        assert_eq!(steps(line), Ok(vec![Step::Connect("1".into(), handshake)]));
    }

    #[test]
    fn a_wrong_line_is_named_with_what_is_wrong() {
        for (line, part) in [
            ("{", "not JSON"),
            ("5", "neither an object nor a string"),
            ("{}", "has no event"),
            (r#"{"event":"txt"}"#, "there is no event \"txt\""),
            (r#"{"event":"text"}"#, "text: is missing"),
            (r#"{"event":"binary"}"#, "data: is missing"),
            (r#"{"event":"connect","txt":1}"#, "txt: is unknown here"),
            (r#"{"event":"text","text":5}"#, "text: is not a string"),
            (r#"{"text":"a","client":"a b"}"#, "client: is neither"),
            (r#"{"data":{"hex":"0"}}"#, "data: is neither"),
            (r#"{"event":"close","code":70000}"#, "code: is not a whole number from 0 to 65535"),
            (r#"{"event":"connect","peer":"x"}"#, "peer: is no address"),
            (r#"{"advance":"soon"}"#, "advance: write milliseconds"),
            (r#"{"files":[]}"#, "files: is not an object"),
        ] {
            let error = steps(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
        let mut steps = Vec::new();
        let text = "# a comment\n\n\"hi\"\n{}\n";
        let error = read("e.jsonl".as_ref(), text, &mut Vec::new(), &mut steps).unwrap_err();
        assert_eq!((error.to_string().as_str(), steps.len()), ("e.jsonl:4: has no event", 1));
    }
}
