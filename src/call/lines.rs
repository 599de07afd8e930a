//! Events from a file of JSON lines.
//!
//! ```json
//! {"files": {"temp": "21.5"}, "now": 1767225600000}
//! {"answers": {"https://api.example/lamp": {"status": 200, "body": "on"}}}
//! {"event": "connect", "client": "ann", "query": "room=tea"}
//! {"event": "text", "client": "ann", "text": "hello"}
//! {"event": "binary", "client": 2, "data": {"hex": "00ff"}}
//! {"event": "http", "method": "POST", "path": "/api", "body": "hello"}
//! {"actors": {"lamp": "on", "clock": {"error": "it is late"}}}
//! {"event": "send", "from": "door", "data": "open"}
//! {"event": "request", "from": "door", "data": {"hex": "00ff"}}
//! {"advance": "5s"}
//! "ann@close:4001:bye"
//! ```
//!
//! A line is an object, or a string in the `notation` of the command line. Empty lines and
//! those that begin with `#` are left out.

use std::{path::Path, time::Duration};

use serde_json::Value;

use super::{
    CallError, event, http, messages, notation,
    step::{Step, pass},
};
use crate::{
    config::units::milliseconds,
    files::Given,
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
        let read = read_line(line, known)
            .map_err(|problem| CallError::step(&place, format_args!("{problem}")))?;
        steps.extend(read.into_iter().map(|step| (place.clone(), step)));
    }
    Ok(())
}

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
            steps.push(Step::File(path.clone(), given(content)?));
        }
    }
    if let Some(answers) = object.object("answers")? {
        for (key, value) in answers.entries {
            steps.push(http::read_answer(key, value)?);
        }
    }
    if let Some(actors) = object.object("actors")? {
        for (name, reply) in actors.entries {
            steps.push(messages::read_actor(name, reply)?);
        }
    }
    steps.extend(event::read(&object, known)?);
    if steps.is_empty() { Err("has no event".into()) } else { Ok(steps) }
}

/// Reads what is at a path: the content of a file, `{"folder": true}`, or `null`.
fn given(value: &Value) -> Result<Given, String> {
    if value.is_null() {
        return Ok(Given::Nothing);
    }
    let is_folder = value.as_object().is_some_and(|object| object.len() == 1)
        && value.get("folder") == Some(&Value::Bool(true));
    if is_folder {
        return Ok(Given::Folder);
    }
    Ok(Given::File(read_bytes(value, "files")?.into()))
}

#[cfg(test)]
mod tests {
    use super::{
        super::step::{Handshake, close},
        *,
    };
    use wit_core::{HttpRequest, HttpResponse, host::HttpError};

    use crate::{
        exchange::{ActorMessage, Close, EventKind, Message},
        http_client::{
            answers::{Outcome, Question},
            url::Url,
        },
    };

    fn steps(line: &str) -> Result<Vec<Step>, String> {
        read_line(line, &mut Vec::new())
    }

    fn answers(method: Option<&str>, url: &str, outcome: Option<Outcome>) -> Step {
        let url = Url::parse(url).unwrap();
        Step::Server(Question { method: method.map(Into::into), url }, outcome)
    }

    fn plain(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, headers: Vec::new(), body: Some(body.into()) }
    }

    fn from_actor(from: &str, content: &'static [u8]) -> ActorMessage {
        ActorMessage { from: from.into(), content: content.into() }
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
                r#"{"now":5,"advance":"2s","random":{"hex":"07"},"files":{"a":"b","c":null,"d":{"folder":true}},"event":"alarm"}"#,
                Ok(vec![
                    Step::Until(5),
                    Step::Pass(Duration::from_secs(2)),
                    Step::Random(vec![7]),
                    Step::File("a".into(), Given::File("b".into())),
                    Step::File("c".into(), Given::Nothing),
                    Step::File("d".into(), Given::Folder),
                    Step::Alarm,
                ]),
            ),
            (
                r#"{"event":"http","method":"PUT","path":"/a","query":"b","headers":{"X":"y"},"body":"c"}"#,
                Ok(vec![Step::Request(HttpRequest {
                    method: "PUT".into(),
                    uri: "/a?b".into(),
                    headers: vec![("x".into(), "y".into())],
                    body: Some(b"c".into()),
                })]),
            ),
            (
                r#"{"answers":{"https://a.example":"x","GET http://b.example/c":{"error":"timed-out"}}}"#,
                Ok(vec![
                    answers(Some("GET"), "http://b.example/c", Some(Err(HttpError::TimedOut))),
                    answers(None, "https://a.example/", Some(Ok(plain(200, "x")))),
                ]),
            ),
            (
                r#"{"answers":{"http://b/":{"status":404,"headers":[["a","1"],["a","2"]],"body":"no"},"http://c/":null}}"#,
                Ok(vec![
                    answers(
                        None,
                        "http://b/",
                        Some(Ok(HttpResponse {
                            headers: vec![("a".into(), "1".into()), ("a".into(), "2".into())],
                            ..plain(404, "no")
                        })),
                    ),
                    answers(None, "http://c/", None),
                ]),
            ),
            (
                r#"{"actors":{"lamp":"on","clock":{"error":"late"},"door":null}}"#,
                Ok(vec![
                    Step::Other("clock".into(), Some(Err("late".into()))),
                    Step::Other("door".into(), None),
                    Step::Other("lamp".into(), Some(Ok(b"on".into()))),
                ]),
            ),
            (
                r#"{"event":"send","data":"open"}"#,
                Ok(vec![Step::Actor(from_actor("other", b"open"), false)]),
            ),
            (
                r#"{"event":"request","from":"door","data":{"hex":"00ff"}}"#,
                Ok(vec![Step::Actor(from_actor("door", &[0, 255]), true)]),
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
            (r#"{"event":"http","client":"a"}"#, "client: is unknown here"),
            (r#"{"event":"http","path":"a"}"#, "\"a\" is no path such as"),
            (r#"{"event":"http","method":"a b"}"#, "\"a b\" is no method"),
            (r#"{"event":"http","headers":{"a":"\n"}}"#, "headers: is neither an object"),
            (r#"{"event":"send","from":"a b","data":"x"}"#, "from: is no name of an actor"),
            (r#"{"event":"request"}"#, "data: is missing"),
            (r#"{"actors":{"lamp":5}}"#, "lamp: is neither a string nor"),
            (r#"{"answers":{"a.example":"x"}}"#, "a.example: "),
            (r#"{"answers":{"http://a/":{"code":1}}}"#, "http://a/.code: is unknown here"),
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
