//! What the test guests answer to HTTP requests, in every shape. Each request counts as an event.
//!
//! | path | response |
//! |---|---|
//! | `/count` | the new count |
//! | `/trap`, `/loop` | traps; never returns |
//! | `/err` | the call fails with `asked to` (*) |
//! | `/clear` | the new state is absent (*) |
//! | `/status/N` | the status N |
//! | `/field/NAME/VALUE` | a field of this name and value, both percent-encoded |
//! | `/fields/N` | N fields `n: v` |
//! | `/big/N` | N bytes `x` |
//! | `/length/N` | no content, and a field that tells the length N |
//! | `/none` | 200 without content |
//! | `/size` | the size of the request's content, or `none` |
//! | `/same` | the request's content |
//! | `/do` | makes the requests in the content: see [`reach`]. Their answers, a line for each |
//! | anything else | the request: its method and URI, its fields, an empty line, its content |
//!
//! (*) Only in the shapes that support it.

use crate::{FIRST_STATE, Shape, count_in, reach};

/// A header field.
pub type Field = (String, String);

/// A request.
pub struct Request {
    pub method: String,
    pub uri: String,
    pub headers: Vec<Field>,
    pub body: Option<Vec<u8>>,
}

/// A response.
pub struct Response {
    pub status: u16,
    pub headers: Vec<Field>,
    pub body: Option<Vec<u8>>,
}

/// The next state and the response.
pub type Answer = (Option<Vec<u8>>, Response);

impl Response {
    fn bytes(body: impl Into<Vec<u8>>) -> Self {
        let ty = ("content-type".to_owned(), "text/plain; charset=utf-8".to_owned());
        Self { status: 200, headers: vec![ty], body: Some(body.into()) }
    }
}

/// Answers a request, of a guest that has `handle-message` too.
pub fn answer(shape: &Shape, request: Request, state: Option<Vec<u8>>) -> Result<Answer, String> {
    if request.uri == "/do" {
        let count = count_in(state.as_deref()) + 1;
        let mut new = Some(count.to_string().into_bytes());
        let text = String::from_utf8(request.body.unwrap_or_default()).unwrap_or_default();
        let answers = reach::requests(shape, &text, count, &mut new)?;
        let lines: Vec<_> = answers.into_iter().filter_map(|answer| answer.text).collect();
        return Ok((new, Response::bytes(lines.join("\n"))));
    }
    plain(shape.fallible, request, state)
}

/// Answers a request without any import.
pub fn plain(fallible: bool, request: Request, state: Option<Vec<u8>>) -> Result<Answer, String> {
    let count = count_in(state.as_deref().or(Some(FIRST_STATE))) + 1;
    let new = Some(count.to_string().into_bytes());
    let path = request.uri.split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip(1);
    let (word, first, second) = (parts.next(), parts.next(), parts.next());
    let number = first.and_then(|n| n.parse::<usize>().ok()).unwrap_or_default();
    let response = match word.unwrap_or_default() {
        "count" => Response::bytes(count.to_string()),
        "trap" => core::arch::wasm32::unreachable(),
        "loop" => loop {
            core::hint::spin_loop();
        },
        "err" if fallible => return Err("asked to".to_owned()),
        "clear" if fallible => return Ok((None, Response::bytes("cleared"))),
        "status" => Response { status: number as u16, ..Response::bytes("status") },
        "field" => {
            let field = (decoded(first), decoded(second));
            Response { headers: vec![field], ..Response::bytes("field") }
        }
        "fields" => {
            let headers = vec![("n".to_owned(), "v".to_owned()); number];
            Response { headers, ..Response::bytes("fields") }
        }
        "big" => Response::bytes(vec![b'x'; number]),
        "length" => {
            let headers = vec![("content-length".to_owned(), number.to_string())];
            Response { status: 200, headers, body: None }
        }
        "none" => Response { status: 200, headers: vec![], body: None },
        "size" => {
            let size = request.body.map_or("none".to_owned(), |body| body.len().to_string());
            Response::bytes(size)
        }
        "same" => Response { body: request.body, ..Response::bytes("") },
        _ => Response::bytes(described(request)),
    };
    Ok((new, response))
}

/// The whole request.
fn described(request: Request) -> Vec<u8> {
    let Request { method, uri, headers, body } = request;
    let mut text = format!("{method} {uri}\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\n");
    }
    text.push('\n');
    let mut bytes = text.into_bytes();
    bytes.extend(body.unwrap_or_default());
    bytes
}

/// A text without its percent-encoding. What is not UTF-8 then is left out.
fn decoded(text: Option<&str>) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.unwrap_or_default();
    while let Some(first) = rest.chars().next() {
        let hex = rest.strip_prefix('%').and_then(|hex| hex.get(..2));
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &rest[3..];
        } else {
            bytes.extend(first.to_string().into_bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}
