//! Notes on one list. All clients see each change at once.
//!
//! A client sends `add TEXT`, `edit ID TEXT`, `done ID`, `open ID`, `delete ID` or `older ID`. It
//! gets JSON objects. Their first key tells what they are:
//!
//! - `notes`: the newest 100 notes, the newest first, for a client that has connected. `more` says
//!   whether there are older ones.
//! - `older`: the next 100 notes, for a client that asked for them.
//! - `note`: a note that has been added or changed, for all.
//! - `deleted`: the ID of a note that is gone, for all.
//! - `error`: why a request could not be met.
//!
//! There is no state. Each note is an entry of the host's storage. So an event costs the same
//! however many notes there are.

mod note;

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::{clock, connections, storage};
use bindings::ntwk::theater::runtime::log;
use note::{Note, PREFIX, Request, write_quoted};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:notes;

            world notes {
                import footlight:host/connections@0.1.0;
                import footlight:host/clock@0.1.0;
                import footlight:host/storage@0.1.0;
                import ntwk:theater/runtime;
                export ntwk:theater/websocket-server;
            }
        ",
        path: ["../../wit-core/wit/guide", "../../wit-core/wit/host"],
        world: "local:notes/notes",
        generate_all,
    });
}

/// How many notes a client gets at once.
const PAGE: u32 = 100;

/// The key of the number that the last note got. It stays when that note is deleted, so that no
/// other note gets the number. A client may still ask for something to be done with it.
const LAST: &str = "last";

/// What a client gets as its answer, if anything.
type Answer = Result<Option<String>, String>;

/// The notes after this key, as a message of this kind.
fn page(kind: &str, after: Option<&str>) -> Answer {
    let page = storage::list(PREFIX, after, PAGE);
    let mut json = format!(r#"{{"{kind}":["#);
    let notes = page.entries.iter().filter_map(|entry| Note::stored(&entry.key, &entry.value));
    for (index, note) in notes.enumerate() {
        if index > 0 {
            json.push(',');
        }
        note.write_json(&mut json);
    }
    json += &format!(r#"],"more":{}}}"#, page.more);
    Ok(Some(json))
}

/// The note with this number.
fn find(number: u64) -> Result<Note, String> {
    let key = Note::key(number);
    let note = storage::get(&key).and_then(|value| Note::stored(&key, &value));
    note.ok_or_else(gone)
}

/// The error for a request that comes too late.
fn gone() -> String {
    "This note is gone.".into()
}

/// Stores a value, or says why not.
fn put(key: &str, value: &str) -> Result<(), String> {
    storage::put(key, value.as_bytes()).map_err(|why| match why {
        storage::Error::Full(_) => "The list is full. Delete some notes first.".into(),
        why => format!("This can't be stored: {why:?}"),
    })
}

/// Tells all clients, also the one that asked.
fn tell_all(message: String) -> Answer {
    connections::broadcast(None, &connections::Payload::Text(message), None)
        .map_err(|why| format!("This can't be sent: {why:?}"))?;
    Ok(None)
}

/// Stores a note that is new or has changed, and tells all clients.
fn keep(note: &Note) -> Answer {
    put(&Note::key(note.number), &note.value())?;
    let mut json = r#"{"note":"#.into();
    note.write_json(&mut json);
    json.push('}');
    tell_all(json)
}

/// The number of the next note, which no note has had.
fn next_number() -> Result<u64, String> {
    let last = storage::get(LAST).and_then(|value| str::from_utf8(&value).ok()?.parse().ok());
    let next = last.unwrap_or(0) + 1;
    put(LAST, &next.to_string())?;
    Ok(next)
}

/// A client has sent a text.
fn text(text: &str) -> Answer {
    match Request::read(text)? {
        Request::Add(text) => {
            // If the note can't be stored, its number is left out, which does no harm.
            let number = next_number()?;
            keep(&Note { number, at: clock::now(), done: false, text: text.into() })
        }
        Request::Edit(number, text) => keep(&Note { text: text.into(), ..find(number)? }),
        Request::Tick(number, done) => keep(&Note { done, ..find(number)? }),
        Request::Delete(number) => match storage::delete(&Note::key(number)) {
            Ok(true) => tell_all(format!(r#"{{"deleted":{number}}}"#)),
            Ok(false) => Err(gone()),
            Err(why) => Err(format!("This can't be deleted: {why:?}")),
        },
        Request::Older(number) => page("older", Some(&Note::key(number))),
    }
}

struct Notes;

impl Guest for Notes {
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        // A panic is told in the log, with its place.
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
        let answer = match message.message_type.as_str() {
            "connect" => page("notes", None),
            "text" => text(&message.text.unwrap_or_default()),
            _ => Ok(None),
        };
        let answer = answer.unwrap_or_else(|why| {
            let mut json = r#"{"error":"#.into();
            write_quoted(&mut json, &why);
            json.push('}');
            Some(json)
        });
        let messages = answer.into_iter().map(|text| WebsocketMessage {
            message_type: "text".into(),
            text: Some(text),
            data: None,
        });
        (state, WebsocketResponse { messages: messages.collect() })
    }
}

bindings::export!(Notes with_types_in bindings);
