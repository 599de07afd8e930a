//! A chat, written as Theater's actors of February 2025 were: one state for a page, an HTTP API, a
//! WebSocket and the messages of other actors; a log in a file; and a request to another server.

use bindings::exports::ntwk::theater::{
    actor, http_server as http, message_server_client as mail,
    websocket_server::{self as socket, MessageType, WebsocketMessage, WebsocketResponse},
};
use bindings::ntwk::theater::{filesystem, http_client, runtime};
use http::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

#[allow(warnings)]
mod bindings;

/// The file with all that has been said.
const LOG: &str = "chat.log";

/// The actor's state.
#[derive(Default, Serialize, Deserialize)]
struct Chat {
    messages: Vec<Message>,
}

#[derive(Serialize, Deserialize)]
struct Message {
    from: String,
    text: String,
}

impl Chat {
    fn load(state: &[u8]) -> Self {
        serde_json::from_slice(state).unwrap_or_default()
    }

    fn save(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap()
    }

    fn list(&self) -> Vec<u8> {
        serde_json::to_vec(&self.messages).unwrap()
    }

    /// Adds a message from its JSON.
    fn say(&mut self, message: &[u8]) -> Result<(), String> {
        self.add(serde_json::from_slice(message).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Adds a message, and a line to the file. A chat goes on without its file.
    fn add(&mut self, message: Message) {
        if let Err(error) = write_line(&format!("{}: {}", message.from, message.text)) {
            println!("{LOG}: {error}");
        }
        self.messages.push(message);
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
        self.add(Message { from: "a server".into(), text });
        Ok(())
    }
}

/// Adds a line to the file, which can only be written as a whole.
fn write_line(line: &str) -> Result<(), String> {
    let mut log = match filesystem::path_exists(LOG)? {
        true => String::from_utf8_lossy(&filesystem::read_file(LOG)?).into_owned(),
        false => String::new(),
    };
    log.push_str(line);
    log.push('\n');
    filesystem::write_file(LOG, &log)
}

fn answer(status: u16, ty: &str, body: Vec<u8>) -> HttpResponse {
    let headers = vec![("Content-Type".to_owned(), ty.to_owned())];
    HttpResponse { status, headers, body: Some(body) }
}

fn outcome(status: u16, outcome: Result<(), String>, chat: &Chat) -> HttpResponse {
    match outcome {
        Ok(()) => answer(201, "application/json", chat.list()),
        Err(error) => answer(status, "text/plain", error.into_bytes()),
    }
}

struct Component;

impl actor::Guest for Component {
    fn init(data: Option<Vec<u8>>) -> Vec<u8> {
        let chat = data.map_or_else(Chat::default, |data| Chat::load(&data));
        runtime::log(&format!("the chat has {} messages", chat.messages.len()));
        chat.save()
    }
}

impl http::Guest for Component {
    fn handle_request(request: HttpRequest, state: Vec<u8>) -> (HttpResponse, Vec<u8>) {
        let mut chat = Chat::load(&state);
        let response = match (&*request.method, &*request.uri) {
            ("GET", "/") => match filesystem::read_file("index.html") {
                Ok(page) => answer(200, "text/html; charset=utf-8", page),
                Err(error) => answer(500, "text/plain", error.into_bytes()),
            },
            ("GET", "/api/messages") => answer(200, "application/json", chat.list()),
            ("POST", "/api/messages") => {
                let said = chat.say(&request.body.unwrap_or_default());
                outcome(400, said, &chat)
            }
            ("POST", "/api/quote") => {
                let quoted = chat.quote();
                outcome(502, quoted, &chat)
            }
            _ => answer(404, "text/plain", b"nothing is here".to_vec()),
        };
        (response, chat.save())
    }
}

impl socket::Guest for Component {
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        let mut chat = Chat::load(&state);
        let reply = match message.ty {
            MessageType::Connect => Some(chat.list()),
            MessageType::Text => match chat.say(message.text.unwrap_or_default().as_bytes()) {
                Ok(()) => Some(chat.list()),
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
            chat.save(),
            WebsocketResponse { messages: reply.iter().map(|bytes| text(bytes)).collect() },
        )
    }
}

impl mail::Guest for Component {
    /// Another actor says something.
    fn handle_send(message: Vec<u8>, state: Vec<u8>) -> Vec<u8> {
        let mut chat = Chat::load(&state);
        if let Err(error) = chat.say(&message) {
            runtime::log(&error);
        }
        chat.save()
    }

    /// Another actor asks how many messages there are.
    fn handle_request(_: Vec<u8>, state: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
        (Chat::load(&state).messages.len().to_string().into_bytes(), state)
    }
}

bindings::export!(Component with_types_in bindings);
