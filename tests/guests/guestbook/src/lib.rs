//! A guestbook, written as Theater's actors of February 2025 were: one state for a page, an HTTP API
//! and a WebSocket, and a request to another server.

use bindings::exports::ntwk::theater::{
    actor, http_server as http,
    websocket_server::{self as socket, MessageType, WebsocketMessage, WebsocketResponse},
};
use bindings::ntwk::theater::{filesystem, http_client, runtime};
use http::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "guestbook" });
}

/// The actor's state.
#[derive(Default, Serialize, Deserialize)]
struct Book {
    entries: Vec<Entry>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    name: String,
    text: String,
}

impl Book {
    fn load(state: &[u8]) -> Self {
        serde_json::from_slice(state).unwrap_or_default()
    }

    fn save(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap()
    }

    fn list(&self) -> Vec<u8> {
        serde_json::to_vec(&self.entries).unwrap()
    }

    /// Adds an entry from its JSON.
    fn sign(&mut self, entry: &[u8]) -> Result<(), String> {
        self.entries.push(serde_json::from_slice(entry).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Adds what the server says whose URL is in the file `quote.url`.
    fn quote(&mut self) -> Result<(), String> {
        let url = filesystem::read_file("quote.url")?;
        let uri = String::from_utf8_lossy(&url).trim().to_owned();
        let headers = vec![("Accept".to_owned(), "text/plain".to_owned())];
        let request = HttpRequest { method: "GET".into(), uri, headers, body: None };
        let response = http_client::send_http(&request);
        let text = String::from_utf8_lossy(&response.body.unwrap_or_default()).into_owned();
        if response.status != 200 {
            return Err(format!("{}: {text}", response.status));
        }
        self.entries.push(Entry { name: "a server".into(), text });
        Ok(())
    }
}

fn answer(status: u16, ty: &str, body: Vec<u8>) -> HttpResponse {
    let headers = vec![("Content-Type".to_owned(), ty.to_owned())];
    HttpResponse { status, headers, body: Some(body) }
}

fn outcome(status: u16, outcome: Result<(), String>, book: &Book) -> HttpResponse {
    match outcome {
        Ok(()) => answer(201, "application/json", book.list()),
        Err(error) => answer(status, "text/plain", error.into_bytes()),
    }
}

struct Guestbook;

impl actor::Guest for Guestbook {
    fn init(data: Option<Vec<u8>>) -> Vec<u8> {
        let book = data.map_or_else(Book::default, |data| Book::load(&data));
        runtime::log(&format!("the book has {} entries", book.entries.len()));
        book.save()
    }
}

impl http::Guest for Guestbook {
    fn handle_request(request: HttpRequest, state: Vec<u8>) -> (HttpResponse, Vec<u8>) {
        let mut book = Book::load(&state);
        let response = match (&*request.method, &*request.uri) {
            ("GET", "/") => match filesystem::read_file("index.html") {
                Ok(page) => answer(200, "text/html; charset=utf-8", page),
                Err(error) => answer(500, "text/plain", error.into_bytes()),
            },
            ("GET", "/api/entries") => answer(200, "application/json", book.list()),
            ("POST", "/api/entries") => {
                let signed = book.sign(&request.body.unwrap_or_default());
                outcome(400, signed, &book)
            }
            ("POST", "/api/quote") => {
                let quoted = book.quote();
                outcome(502, quoted, &book)
            }
            _ => answer(404, "text/plain", b"nothing is here".to_vec()),
        };
        (response, book.save())
    }
}

impl socket::Guest for Guestbook {
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        let mut book = Book::load(&state);
        let reply = match message.ty {
            MessageType::Connect => Some(book.list()),
            MessageType::Text => match book.sign(message.text.unwrap_or_default().as_bytes()) {
                Ok(()) => Some(book.list()),
                Err(error) => Some(error.into_bytes()),
            },
            _ => None,
        };
        let text = |bytes| WebsocketMessage {
            ty: MessageType::Text,
            data: None,
            text: Some(String::from_utf8_lossy(bytes).into_owned()),
        };
        (
            book.save(),
            WebsocketResponse { messages: reply.iter().map(|bytes| text(bytes)).collect() },
        )
    }
}

bindings::export!(Guestbook with_types_in bindings);
