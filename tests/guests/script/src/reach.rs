//! Requests to the host beside the answer, with one for each import.
//!
//! Requests are separated by `; `. Each is answered with a text. Any other word is handled
//! like a text message, so `do send 2 hello; trap` sends and then traps.
//!
//! | request | answer |
//! |---|---|
//! | `sender` | `sender ID`, `sender none` |
//! | `info ID` | `peer=… path=… query=… subprotocol=… since=…`, `none` |
//! | `list`, `list TAG` | `list ID ID…` |
//! | `send ID TEXT`, `send-big ID N`, `send-bytes ID N` | `sent N` |
//! | `broadcast TAG ID TEXT`, `broadcast-big TAG ID N`, with `-` for none | `to N` |
//! | `tag ID TAG`, `untag ID TAG`, `attach ID TEXT`, `detach ID`, `close ID CODE REASON` | `done` |
//! | `attachment ID` | `attachment TEXT`, `none` |
//! | `alarm MS`, `no-alarm` | `done` |
//! | `now` | `now MS` |
//! | `random N` | `random ` and hex digits, up to 32 bytes; with more only `random N` |
//! | `read PATH` | `content TEXT` |
//! | `list-files PATH` | `entries NAME:KIND…` |
//! | `write PATH TEXT`, `write-big PATH N` | `done` |
//! | `stat PATH` | `KIND SIZE` |
//! | `remove PATH`, `folder PATH`, `remove-folder PATH` | `done` |
//! | `get KEY` | `value TEXT`, `none` |
//! | `put KEY TEXT`, `put-big KEY N` | `done` |
//! | `delete KEY` | `deleted`, `not there` |
//! | `keys LIMIT PREFIX AFTER`, `sizes LIMIT PREFIX AFTER`, with `-` for none | `page KEY=TEXT…` or `page KEY:BYTES…`, and ` …` if more follow |
//! | `delete-all` | `done` |
//! | `fill N BYTES` | `done`; puts values of so many bytes under the keys `0` to `N - 1` |
//! | `read-file PATH` | `content TEXT`, `failed: …`; this and what follows is Theater's |
//! | `names PATH` | `names NAME…`, `failed: …` |
//! | `exists PATH` | `true`, `false`, `failed: …` |
//! | `write-file PATH TEXT`, `delete-file PATH`, `create-dir PATH`, `delete-dir PATH` | `done`, `failed: …` |
//! | `repeat N REQUEST` | the answer to the last of N such requests |
//!
//! A refusal is answered with the name of its case: `gone`, `full N`, `limit`, `not-found`…

use host::{alarm, clock, connections, files, random};

mod stored;

use crate::{Kind, Message, Shape};

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit-core/wit/host", world: "imports" });
}
use bindings::footlight::host;

/// The prefix of requests.
const DO: &str = "do ";

/// The state of the call, for requests that are text messages.
type State = Option<Vec<u8>>;

/// The requests in the query of a client that connects.
pub fn on_connect(shape: &Shape, count: u64, state: &mut State) -> Result<Vec<Message>, String> {
    let info = connections::sender().and_then(connections::info);
    let query = info.map(|info| info.query.replace('+', " ")).unwrap_or_default();
    match query.strip_prefix(DO) {
        Some(text) => requests(shape, text, count, state),
        None => Ok(vec![]),
    }
}

/// The requests that a client has left behind.
pub fn on_close(shape: &Shape, count: u64, state: &mut State) -> Result<(), String> {
    if let Some(text) = connections::sender().and_then(left_behind) {
        for answer in requests(shape, &text, count, state)? {
            let payload = payload(answer);
            let _ = connections::broadcast(Some("watch"), &payload, None);
        }
    }
    Ok(())
}

/// The requests that clients have attached for an alarm.
pub fn on_alarm(shape: &Shape, count: u64, state: &mut State) -> Result<(), String> {
    for id in connections::list(Some("alarm")) {
        let _ = connections::send(id, &connections::Payload::Text("alarm".to_owned()));
        let Some(text) = left_behind(id) else { continue };
        for answer in requests(shape, &text, count, state)? {
            let _ = connections::send(id, &payload(answer));
        }
    }
    Ok(())
}

/// The requests in an attachment. They are separated by ` | `, because `; ` would end the request
/// that attaches them.
fn left_behind(id: u64) -> Option<String> {
    let text = String::from_utf8(connections::attachment(id)?).ok()?;
    Some(text.strip_prefix(DO)?.replace(" | ", "; "))
}

/// Makes requests, and returns their answers.
pub fn requests(
    shape: &Shape,
    text: &str,
    count: u64,
    state: &mut State,
) -> Result<Vec<Message>, String> {
    let mut answers = vec![];
    for request in text.split("; ") {
        match one(shape, request) {
            Some(answer) => answers.push(Message::text(answer)),
            None => answers.extend(crate::on_text(shape, request.to_owned(), count, state)?),
        }
    }
    Ok(answers)
}

/// Makes one request; `None` if the text is not a request.
fn one(shape: &Shape, request: &str) -> Option<String> {
    let (word, rest) = request.split_once(' ').unwrap_or((request, ""));
    let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
    // A missing number counts as 0.
    let number = first.parse().unwrap_or(0);
    let text = |text: &str| connections::Payload::Text(text.to_owned());
    Some(match word {
        "sender" => format!("sender {}", or_none(connections::sender())),
        "info" => connections::info(number).map_or("none".to_owned(), |info| {
            let subprotocol = info.subprotocol.as_deref().unwrap_or("none");
            format!(
                "peer={} path={} query={} subprotocol={subprotocol} since={}",
                info.peer, info.path, info.query, info.connected_since
            )
        }),
        "list" => {
            let tag = (!rest.is_empty()).then_some(rest);
            let ids = connections::list(tag).into_iter().map(|id| format!(" {id}"));
            format!("list{}", ids.collect::<String>())
        }
        "send" => sent(connections::send(number, &text(more))),
        "send-big" => sent(connections::send(number, &text(&big(more)))),
        "send-bytes" => {
            let bytes = big(more).into_bytes();
            sent(connections::send(number, &connections::Payload::Binary(bytes)))
        }
        "broadcast" | "broadcast-big" => {
            let tag = Some(first).filter(|tag| *tag != "-");
            let (except, content) = more.split_once(' ').unwrap_or((more, ""));
            let content = if word == "broadcast" { content.to_owned() } else { big(content) };
            let to = connections::broadcast(tag, &text(&content), except.parse().ok());
            to.map_or_else(refusal, |to| format!("to {to}"))
        }
        "tag" => done(connections::tag(number, more)),
        "untag" => done(connections::untag(number, more)),
        "attach" => done(connections::set_attachment(number, Some(more.as_bytes()))),
        "detach" => done(connections::set_attachment(number, None)),
        "attachment" => connections::attachment(number).map_or("none".to_owned(), |bytes| {
            format!("attachment {}", String::from_utf8_lossy(&bytes))
        }),
        "close" if !rest.is_empty() => {
            let (code, reason) = more.split_once(' ').unwrap_or((more, ""));
            done(connections::close(number, code.parse().unwrap_or(0), reason))
        }
        "alarm" => {
            alarm::set(number);
            "done".to_owned()
        }
        "no-alarm" => {
            alarm::cancel();
            "done".to_owned()
        }
        "now" => format!("now {}", clock::now()),
        "random" => {
            let bytes = random::bytes(first.parse().unwrap_or(0));
            match bytes.len() {
                ..=32 => crate::hex("random ", Some(bytes)),
                many => format!("random {many}"),
            }
        }
        "read" => files::read(rest).map_or_else(error, content),
        "list-files" => files::list(rest).map_or_else(error, |entries| {
            let entry = |entry: &files::Entry| format!(" {}:{}", entry.name, kind(entry.kind));
            format!("entries{}", entries.iter().map(entry).collect::<String>())
        }),
        "write" => written(files::write(first, more.as_bytes())),
        "write-big" => written(files::write(first, big(more).as_bytes())),
        "stat" => files::info(rest)
            .map_or_else(error, |info| format!("{} {}", kind(info.kind), info.size)),
        "remove" => written(files::delete(rest)),
        "folder" => written(files::create_folder(rest)),
        "remove-folder" => written(files::delete_folder(rest)),
        "get" | "put" | "put-big" | "delete" | "keys" | "sizes" | "delete-all" | "fill" => {
            stored::one(word, first, more)
        }
        "read-file" => (shape.read_file)(rest).map_or_else(failed, content),
        "write-file" => in_words((shape.files.write_file)(first, more)),
        "names" => (shape.files.list_files)(rest)
            .map_or_else(failed, |names| format!("names {}", names.join(" "))),
        "delete-file" => in_words((shape.files.delete_file)(rest)),
        "create-dir" => in_words((shape.files.create_dir)(rest)),
        "delete-dir" => in_words((shape.files.delete_dir)(rest)),
        "exists" => (shape.files.path_exists)(rest).map_or_else(failed, |it| it.to_string()),
        "repeat" => {
            (1..number).for_each(|_| drop(one(shape, more)));
            one(shape, more)?
        }
        _ => return None,
    })
}

/// A text of this many `x`.
fn big(number: &str) -> String {
    "x".repeat(number.parse().unwrap_or(0))
}

fn or_none(number: Option<u64>) -> String {
    number.map_or("none".to_owned(), |number| number.to_string())
}

fn sent(result: Result<u32, connections::Refusal>) -> String {
    result.map_or_else(refusal, |waiting| format!("sent {waiting}"))
}

fn done(result: Result<(), connections::Refusal>) -> String {
    result.map_or_else(refusal, |()| "done".to_owned())
}

fn written(result: Result<(), files::Error>) -> String {
    result.map_or_else(error, |()| "done".to_owned())
}

fn in_words(result: Result<(), String>) -> String {
    result.map_or_else(failed, |()| "done".to_owned())
}

fn failed(error: String) -> String {
    format!("failed: {error}")
}

fn content(bytes: Vec<u8>) -> String {
    format!("content {}", String::from_utf8_lossy(&bytes))
}

fn refusal(refusal: connections::Refusal) -> String {
    use connections::Refusal;

    match refusal {
        Refusal::Gone => "gone".to_owned(),
        Refusal::Full(waiting) => format!("full {waiting}"),
        Refusal::Limit => "limit".to_owned(),
        Refusal::Invalid => "invalid".to_owned(),
    }
}

fn error(error: files::Error) -> String {
    use files::Error;

    match error {
        Error::NotFound => "not-found".to_owned(),
        Error::Denied => "denied".to_owned(),
        Error::WrongKind => "wrong-kind".to_owned(),
        Error::TooLarge => "too-large".to_owned(),
        Error::Limit => "limit".to_owned(),
        Error::TimedOut => "timed-out".to_owned(),
        Error::Other(text) => format!("other: {text}"),
        Error::Exists => "exists".to_owned(),
        Error::NotEmpty => "not-empty".to_owned(),
    }
}

fn kind(kind: files::Kind) -> &'static str {
    match kind {
        files::Kind::File => "file",
        files::Kind::Folder => "folder",
        files::Kind::Other => "other",
    }
}

/// A message of an answer, for another client.
fn payload(message: Message) -> connections::Payload {
    match message {
        Message { kind: Kind::Binary, data: Some(data), .. } => connections::Payload::Binary(data),
        Message { text, .. } => connections::Payload::Text(text.unwrap_or_default()),
    }
}
