//! A chat, written as Theater's actors of March 2025 were: one state for a page, an HTTP API and a
//! WebSocket, and messages to another actor. It could start more actors, but nobody asks it to.

use bindings::exports::ntwk::theater::{
    actor, http_server as http,
    websocket_server::{self as socket, MessageType, WebsocketMessage, WebsocketResponse},
};
use bindings::ntwk::theater::{filesystem, message_server_host as mail, runtime, supervisor};
use http::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

#[allow(warnings)]
mod bindings;

/// The actor that gets what is said here.
const OTHER: &str = "february";

/// The actor's state, which is absent at first.
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
    fn load(state: Option<Vec<u8>>) -> Result<Self, String> {
        match state {
            Some(state) => serde_json::from_slice(&state).map_err(|error| error.to_string()),
            None => Ok(Self::default()),
        }
    }

    fn save(&self) -> Option<Vec<u8>> {
        Some(serde_json::to_vec(self).unwrap())
    }

    fn list(&self) -> Vec<u8> {
        serde_json::to_vec(&self.messages).unwrap()
    }

    /// Does what a text asks for: `/count` and `/spawn MANIFEST`, or a message as JSON. Returns the
    /// answer.
    fn take(&mut self, text: &str) -> Result<Vec<u8>, String> {
        if text == "/count" {
            return mail::request(OTHER, b"count");
        }
        if let Some(manifest) = text.strip_prefix("/spawn ") {
            return supervisor::spawn(manifest).map(String::into_bytes);
        }
        let message = serde_json::from_str(text).map_err(|error| error.to_string())?;
        self.messages.push(message);
        // The chat goes on without the other one.
        if let Err(error) = mail::send(OTHER, text.as_bytes()) {
            eprintln!("{OTHER}: {error}");
        }
        Ok(self.list())
    }
}

struct Component;

impl actor::Guest for Component {
    fn init(state: Option<Vec<u8>>, (id,): (String,)) -> Result<(Option<Vec<u8>>,), String> {
        runtime::log(&format!("this is {id}"));
        Ok((state,))
    }
}

impl http::Guest for Component {
    fn handle_request(
        state: Option<Vec<u8>>,
        (request,): (HttpRequest,),
    ) -> Result<(Option<Vec<u8>>, (HttpResponse,)), String> {
        let mut chat = Chat::load(state)?;
        let (status, ty, body) = match (&*request.method, &*request.uri) {
            ("GET", "/") => (200, "text/html; charset=utf-8", filesystem::read_file("index.html")?),
            ("GET", "/api/messages") => (200, "application/json", chat.list()),
            ("POST", "/api/messages") => {
                let text = String::from_utf8(request.body.unwrap_or_default());
                let text = text.map_err(|error| error.to_string())?;
                (201, "application/json", chat.take(&text)?)
            }
            _ => (404, "text/plain", b"nothing is here".to_vec()),
        };
        let headers = vec![("Content-Type".to_owned(), ty.to_owned())];
        Ok((chat.save(), (HttpResponse { status, headers, body: Some(body) },)))
    }
}

impl socket::Guest for Component {
    fn handle_message(
        state: Option<Vec<u8>>,
        (message,): (WebsocketMessage,),
    ) -> Result<(Option<Vec<u8>>, (WebsocketResponse,)), String> {
        let mut chat = Chat::load(state)?;
        let reply = match message.ty {
            MessageType::Connect => Some(chat.list()),
            MessageType::Text => Some(chat.take(&message.text.unwrap_or_default())?),
            _ => None,
        };
        let text = |bytes| WebsocketMessage {
            ty: MessageType::Text,
            data: None,
            text: Some(String::from_utf8_lossy(bytes).into_owned()),
        };
        let messages = reply.iter().map(|bytes| text(bytes)).collect();
        Ok((chat.save(), (WebsocketResponse { messages },)))
    }
}

bindings::export!(Component with_types_in bindings);
