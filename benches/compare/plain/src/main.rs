//! The five programs of `benches/compare` in Rust, with async-tungstenite alone.
//!
//! Usage: `footlight-compare-plain echo|chat|lines|readings|records ROOMS [STATE]`
//!
//! Serves ROOMS rooms, each with its own port and state, and prints their addresses. It uses one
//! thread, smol's own executor, and Footlight's sizes of tungstenite's buffers.

#![allow(unreachable_pub, clippy::cast_possible_truncation)]

#[path = "../../../../tests/guests/readings/src/board.rs"]
mod board;
#[path = "../../../../tests/guests/records/src/board.rs"]
mod records;

use std::{
    cell::RefCell,
    collections::VecDeque,
    env,
    error::Error,
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    rc::Rc,
};

use async_tungstenite::{
    accept_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};
use futures_util::StreamExt as _;
use serde::Serialize;
use smol::{Async, LocalExecutor, block_on};

/// A room's program, and its state.
enum Room {
    /// Echoes messages.
    Echo,
    /// The guide's chat room. It answers with the whole history, which it keeps as objects.
    Chat(Vec<ChatMessage>),
    /// A chat room that keeps its last thousand lines, and answers with the new line only. With the number
    /// of lines so far.
    Lines(VecDeque<Line>, u64),
    /// The actor `readings`: the state is text, read and written for every message.
    Readings(Vec<u8>),
    /// The actor `records`: the state is bytes, of which a message changes a few.
    Records(Vec<u8>),
}

/// A message, with the guide's fields.
#[derive(Serialize)]
struct ChatMessage {
    /// Who sent it.
    user: String,
    /// Its text.
    content: String,
    /// Its number.
    timestamp: String,
}

/// A line of a chat room.
#[derive(Serialize)]
struct Line {
    /// Who sent it.
    user: String,
    /// Its text.
    content: String,
    /// Its number.
    timestamp: u64,
}

impl Room {
    /// The greeting of a new client.
    fn greeting(&self) -> Result<Option<Message>, serde_json::Error> {
        let Self::Chat(messages) = self else { return Ok(None) };
        Ok(Some(Message::text(serde_json::to_string(messages)?)))
    }

    /// The answer to a client's message.
    fn answer(&mut self, message: Message) -> Result<Option<Message>, serde_json::Error> {
        Ok(match (self, message) {
            (Self::Echo, message @ (Message::Text(_) | Message::Binary(_))) => Some(message),
            (Self::Chat(messages), Message::Text(text)) => {
                messages.push(ChatMessage {
                    user: "anonymous".into(),
                    content: text.as_str().into(),
                    timestamp: (messages.len() + 1).to_string(),
                });
                Some(Message::text(serde_json::to_string(messages)?))
            }
            (Self::Lines(lines, count), Message::Text(text)) => {
                *count += 1;
                let content = text.as_str().into();
                let line = Line { user: "anonymous".into(), content, timestamp: *count };
                let json = serde_json::to_string(&line)?;
                lines.push_back(line);
                if lines.len() > 1000 {
                    lines.pop_front();
                }
                Some(Message::text(json))
            }
            (Self::Readings(state), Message::Text(text)) => {
                board::take(&text, state).map(|(after, answer)| {
                    *state = after;
                    Message::text(answer)
                })
            }
            (Self::Records(state), Message::Text(text)) => {
                records::take(&text, state).map(Message::text)
            }
            _ => None,
        })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (program, count, file) = match arguments.as_slice() {
        [program, count] => (program, count, None),
        [program, count, file] => (program, count, Some(file)),
        _ => return Err("usage: echo|chat|lines|readings|records ROOMS [STATE]".into()),
    };
    let first = file.map(fs::read).transpose()?.unwrap_or_default();
    let executor = Rc::new(LocalExecutor::new());
    for number in 0..count.parse::<usize>()? {
        let room = match program.as_str() {
            "echo" => Room::Echo,
            "chat" => Room::Chat(Vec::new()),
            "lines" => Room::Lines(VecDeque::new(), 0),
            "readings" => Room::Readings(first.clone()),
            "records" => Room::Records(first.clone()),
            _ => return Err("no such program".into()),
        };
        let listener = Async::<TcpListener>::bind((Ipv4Addr::LOCALHOST, 0))?;
        println!("ws://{}/ws  room{number}", listener.get_ref().local_addr()?);
        let accepting = accept(executor.clone(), listener, Rc::new(RefCell::new(room)));
        executor.spawn(accepting).detach();
    }
    block_on(executor.run(std::future::pending()))
}

/// Accepts clients for ever.
async fn accept(
    executor: Rc<LocalExecutor<'static>>,
    listener: Async<TcpListener>,
    room: Rc<RefCell<Room>>,
) {
    while let Ok((socket, _)) = listener.accept().await {
        let room = room.clone();
        executor
            .spawn(async move {
                // Errors of single clients do not matter.
                let _ = serve(socket, &room).await;
            })
            .detach();
    }
}

/// Serves one client.
async fn serve(socket: Async<TcpStream>, room: &RefCell<Room>) -> Result<(), Box<dyn Error>> {
    socket.get_ref().set_nodelay(true)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_message_size(Some(64 << 10))
        .max_frame_size(Some(64 << 10));
    let mut ws = accept_async_with_config(socket, Some(config)).await?;
    let greeting = room.borrow().greeting()?;
    if let Some(greeting) = greeting {
        ws.send(greeting).await?;
    }
    while let Some(message) = ws.next().await {
        let answer = room.borrow_mut().answer(message?)?;
        if let Some(answer) = answer {
            ws.send(answer).await?;
        }
    }
    Ok(())
}
