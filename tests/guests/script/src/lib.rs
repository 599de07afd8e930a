//! What the test guests do, in every shape of the interface.
//!
//! The state is the number of events handled so far, as decimal ASCII; anything else
//! counts as 0, and so does an absent state. Every event adds one.
//!
//! | event | answer |
//! |---|---|
//! | connect | text `state:` and the state as it came, `state:none` if there was none; then, if \
//!   the query is `do+` and requests, their answers |
//! | text | see below |
//! | binary | the same |
//! | ping, pong | text `ping:` or `pong:` and the payload in lower-case hex |
//! | close | none; logs `close <code> <reason>`, with `none` for an absent code or reason. If the \
//!   connection's attachment is `do ` and requests, these are made, and their answers broadcast to \
//!   the tag `watch` |
//! | alarm | none. To each connection with the tag `alarm` the text `alarm` is sent; if its \
//!   attachment is `do ` and requests, these are made, and their answers sent to it |
//! | anything else | none |
//!
//! | text | what happens |
//! |---|---|
//! | `count` | text: the new count |
//! | `err` | the call fails with `asked to` (*) |
//! | `clear` | the new state is absent; no answer (*) |
//! | `trap` | traps |
//! | `loop` | never returns |
//! | `ping`, `pong` | a ping or pong with data `hi` |
//! | `close` | close, code 4001, reason `bye` |
//! | `after-close` | close, code 1000 without a reason, then text `never` |
//! | `other` | a message of type `mystery` |
//! | `wrong-field` | text `never`, then a text message with data instead of text |
//! | `log` | text `logged`; logs `a line from <shape>` |
//! | `big:N` | a text of N bytes `x` |
//! | `many:N` | N texts, `m0`, `m1`, ... |
//! | `state:N` | text `ok`; the new state is N bytes `1` |
//! | `grow:N` | text `grown`; N bytes more of memory are in use for good |
//! | `memory` | text: the pages of memory that the guest has |
//! | `abuse-global` | text: how often a global was counted up, to see a replaced instance |
//! | `do ` and requests | the requests' answers, a text for each: see [`reach`] |
//! | anything else | the same text |
//!
//! (*) Only in the shapes that support it. In the others it is like any other text.
//!
//! [`requests`] has the answers to HTTP requests.

use std::sync::atomic::{AtomicU32, Ordering};

mod component;
mod reach;
pub mod requests;

/// What a message is. The shape *guide* has strings for it, the others a variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Text,
    Binary,
    Connect,
    Close,
    Ping,
    Pong,
    Other(String),
}

/// An event or an answer.
pub struct Message {
    pub kind: Kind,
    pub data: Option<Vec<u8>>,
    pub text: Option<String>,
}

impl Message {
    /// A text message, as most answers are.
    fn text(text: impl Into<String>) -> Self {
        Self { kind: Kind::Text, data: None, text: Some(text.into()) }
    }

    /// A message with data and no text.
    fn data(kind: Kind, data: impl Into<Vec<u8>>) -> Self {
        Self { kind, data: Some(data.into()), text: None }
    }

    /// A close message.
    fn close(code: u16, reason: Option<&str>) -> Self {
        let data = Some(code.to_be_bytes().to_vec());
        Self { kind: Kind::Close, data, text: reason.map(str::to_owned) }
    }
}

/// The result of a successful call.
pub struct Reply {
    pub state: Option<Vec<u8>>,
    pub messages: Vec<Message>,
}

/// The differences between the guests.
pub struct Shape {
    /// The shape's name, for its log line.
    pub name: &'static str,
    /// Whether a call can fail and a state can be absent.
    pub fallible: bool,
    /// The import `log`.
    pub log: fn(&str),
    /// Theater's `read-file`.
    pub read_file: fn(&str) -> Result<Vec<u8>, String>,
    /// The other functions of Theater's `filesystem`.
    pub files: Files,
}

/// Functions of Theater's `filesystem`, which have had one form.
pub struct Files {
    pub write_file: fn(&str, &str) -> Result<(), String>,
    pub list_files: fn(&str) -> Result<Vec<String>, String>,
    pub delete_file: fn(&str) -> Result<(), String>,
    pub create_dir: fn(&str) -> Result<(), String>,
    pub delete_dir: fn(&str) -> Result<(), String>,
    pub path_exists: fn(&str) -> Result<bool, String>,
}

/// The first state of every guest.
pub const FIRST_STATE: &[u8] = b"0";

/// `init` of the shapes *result* and *renamed*: keeps the state it is given, and fails for
/// the actor named `refuse`.
pub fn init(state: Option<Vec<u8>>, name: &str) -> Result<Option<Vec<u8>>, String> {
    match name {
        "refuse" => Err("init refuses".to_owned()),
        _ => Ok(state.or_else(|| Some(FIRST_STATE.to_vec()))),
    }
}

/// Handles one event.
pub fn handle(shape: &Shape, event: Message, state: Option<Vec<u8>>) -> Result<Reply, String> {
    let count = count_in(state.as_deref()) + 1;
    let mut new_state = Some(count.to_string().into_bytes());

    let messages = match event {
        Message { kind: Kind::Connect, .. } => {
            let state = state.map_or("none".into(), |it| String::from_utf8_lossy(&it).into_owned());
            let mut messages = vec![Message::text(format!("state:{state}"))];
            messages.extend(reach::on_connect(shape, count, &mut new_state)?);
            messages
        }
        Message { kind: Kind::Text, text: Some(text), .. } => {
            on_text(shape, text, count, &mut new_state)?
        }
        Message { kind: Kind::Binary, data: Some(data), .. } => {
            vec![Message::data(Kind::Binary, data)]
        }
        Message { kind: Kind::Ping, data, .. } => vec![Message::text(hex("ping:", data))],
        Message { kind: Kind::Pong, data, .. } => vec![Message::text(hex("pong:", data))],
        Message { kind: Kind::Close, data, text } => {
            (shape.log)(&close_line(data.as_deref(), text.as_deref()));
            reach::on_close(shape, count, &mut new_state)?;
            vec![]
        }
        Message { kind: Kind::Other(name), .. } if name == "alarm" => {
            reach::on_alarm(shape, count, &mut new_state)?;
            vec![]
        }
        _ => vec![],
    };
    Ok(Reply { state: new_state, messages })
}

/// The answers to a text message.
fn on_text(
    shape: &Shape,
    text: String,
    count: u64,
    new_state: &mut Option<Vec<u8>>,
) -> Result<Vec<Message>, String> {
    if let Some((command, n)) = text.split_once(':')
        && let Ok(n) = n.parse::<usize>()
    {
        match command {
            "big" => return Ok(vec![Message::text("x".repeat(n))]),
            "many" => return Ok((0..n).map(|i| Message::text(format!("m{i}"))).collect()),
            "state" => {
                *new_state = Some(vec![b'1'; n]);
                return Ok(vec![Message::text("ok")]);
            }
            "grow" => {
                // Not zeroes, which might not be written to memory.
                std::hint::black_box(vec![1_u8; n].leak());
                return Ok(vec![Message::text("grown")]);
            }
            _ => {}
        }
    }

    if let Some(requests) = text.strip_prefix("do ") {
        return reach::requests(shape, requests, count, new_state);
    }
    let answer = match text.as_str() {
        "count" => Message::text(count.to_string()),
        "err" if shape.fallible => return Err("asked to".to_owned()),
        "clear" if shape.fallible => {
            *new_state = None;
            return Ok(vec![]);
        }
        "trap" => core::arch::wasm32::unreachable(),
        "loop" => loop {
            core::hint::spin_loop();
        },
        "ping" => Message::data(Kind::Ping, b"hi"),
        "pong" => Message::data(Kind::Pong, b"hi"),
        "close" => Message::close(4001, Some("bye")),
        "after-close" => return Ok(vec![Message::close(1000, None), Message::text("never")]),
        "other" => Message { kind: Kind::Other("mystery".to_owned()), data: None, text: None },
        "wrong-field" => {
            return Ok(vec![Message::text("never"), Message::data(Kind::Text, b"no text")]);
        }
        "log" => {
            (shape.log)(&format!("a line from {}", shape.name));
            Message::text("logged")
        }
        "memory" => Message::text(core::arch::wasm32::memory_size::<0>().to_string()),
        "abuse-global" => {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            Message::text((COUNT.fetch_add(1, Ordering::Relaxed) + 1).to_string())
        }
        _ => Message::text(text),
    };
    Ok(vec![answer])
}

/// The number that a state holds.
fn count_in(state: Option<&[u8]>) -> u64 {
    let digits = state.and_then(|state| str::from_utf8(state).ok());
    // Not the largest number, because the next event adds one.
    digits.and_then(|digits| digits.parse().ok()).filter(|&count| count < u64::MAX).unwrap_or(0)
}

/// Data as hex digits behind a prefix.
fn hex(prefix: &str, data: Option<Vec<u8>>) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut hex = prefix.to_owned();
    for byte in data.unwrap_or_default() {
        hex.push(DIGITS[usize::from(byte >> 4)]);
        hex.push(DIGITS[usize::from(byte & 15)]);
    }
    hex
}

/// The log line for a close event.
fn close_line(code: Option<&[u8]>, reason: Option<&str>) -> String {
    let code = match code {
        None => "none".to_owned(),
        Some(&[high, low]) => u16::from_be_bytes([high, low]).to_string(),
        Some(odd) => format!("of {} bytes", odd.len()),
    };
    format!("close {code} {}", reason.unwrap_or("none"))
}
