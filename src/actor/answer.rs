//! From the interface's messages to WebSocket messages.
//!
//! An answer is refused as a whole if one of its messages is not one that can be sent. What
//! an actor may send is in the WIT and in RFC 6455: `text` with a text; `binary` with data;
//! `ping` and `pong` with at most 125 bytes of data (section 5.5), none counting as empty;
//! `close` with a code in data (default 1000) and a reason in text, at most 123 bytes.

use std::fmt;

use async_tungstenite::tungstenite::{
    Message as Frame,
    protocol::{CloseFrame, frame::coding::CloseCode},
};
use wit_core::{Message, MessageType};

/// An answer that can be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The messages, in order.
    pub messages: Vec<Frame>,
    /// How to close the connection after them.
    pub close: Option<CloseFrame>,
    /// How many messages came after a `close` and are not sent.
    pub after_close: usize,
}

/// Why an answer is refused. The actor's fault.
#[derive(Debug, PartialEq, Eq)]
pub struct AnswerError {
    /// Which message, counted from 0.
    pub index: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a message.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// This type can't be sent to a client.
    Type(String),
    /// A field is missing, or set where it has no meaning.
    Field {
        /// The message's type.
        ty: &'static str,
        /// What this type takes.
        takes: &'static str,
    },
    /// A control frame's payload is too long.
    TooLong {
        /// The message's type.
        ty: &'static str,
        /// The length in bytes.
        len: usize,
        /// The most that fits.
        limit: usize,
    },
    /// The close code is not two bytes.
    CodeLength(usize),
    /// This close code must not be sent (RFC 6455, section 7.4).
    Code(u16),
}

/// The most bytes in a control frame (RFC 6455, section 5.5).
const CONTROL: usize = 125;
/// The most bytes in a close frame's reason: the code takes two.
const REASON: usize = CONTROL - 2;

impl Answer {
    /// Checks the messages and converts them.
    ///
    /// # Errors
    /// The first message that can't be sent.
    pub fn from_messages(messages: Vec<Message>) -> Result<Self, AnswerError> {
        let total = messages.len();
        let mut answer = Self { messages: Vec::with_capacity(total), close: None, after_close: 0 };
        for (index, message) in messages.into_iter().enumerate() {
            let part = convert(message).map_err(|fault| AnswerError { index, fault })?;
            match part {
                _ if answer.close.is_some() => answer.after_close += 1,
                Part::Message(frame) => answer.messages.push(frame),
                Part::Close(frame) => answer.close = Some(frame),
            }
        }
        Ok(answer)
    }
}

/// One message, converted.
enum Part {
    /// To be sent.
    Message(Frame),
    /// The end.
    Close(CloseFrame),
}

/// Converts one message.
fn convert(message: Message) -> Result<Part, Fault> {
    let Message { ty, data, text } = message;
    let part = match (ty, data, text) {
        (MessageType::Text, None, Some(text)) => Frame::Text(text.into()),
        (MessageType::Text, ..) => {
            return Err(Fault::Field { ty: "text", takes: "a `text` and no `data`" });
        }
        (MessageType::Binary, Some(data), None) => Frame::Binary(data.into()),
        (MessageType::Binary, ..) => {
            return Err(Fault::Field { ty: "binary", takes: "`data` and no `text`" });
        }
        (MessageType::Ping, data, None) => Frame::Ping(control("ping", data)?.into()),
        (MessageType::Pong, data, None) => Frame::Pong(control("pong", data)?.into()),
        (MessageType::Ping, ..) => {
            return Err(Fault::Field { ty: "ping", takes: "no `text`; its payload is `data`" });
        }
        (MessageType::Pong, ..) => {
            return Err(Fault::Field { ty: "pong", takes: "no `text`; its payload is `data`" });
        }
        (MessageType::Close, data, text) => return close(data, text).map(Part::Close),
        (ty @ (MessageType::Connect | MessageType::Other(_)), ..) => {
            return Err(Fault::Type(ty.name().into()));
        }
    };
    Ok(Part::Message(part))
}

/// The payload of a ping or pong.
fn control(ty: &'static str, data: Option<Vec<u8>>) -> Result<Vec<u8>, Fault> {
    let data = data.unwrap_or_default();
    if data.len() > CONTROL {
        return Err(Fault::TooLong { ty, len: data.len(), limit: CONTROL });
    }
    Ok(data)
}

/// A close frame from its code, big-endian, and its reason.
fn close(data: Option<Vec<u8>>, text: Option<String>) -> Result<CloseFrame, Fault> {
    let code = match data.as_deref() {
        None => CloseCode::Normal,
        Some(&[high, low]) => CloseCode::from(u16::from_be_bytes([high, low])),
        Some(other) => return Err(Fault::CodeLength(other.len())),
    };
    if !code.is_allowed() {
        return Err(Fault::Code(code.into()));
    }
    let reason = text.unwrap_or_default();
    if reason.len() > REASON {
        return Err(Fault::TooLong { ty: "close", len: reason.len(), limit: REASON });
    }
    Ok(CloseFrame { code, reason: reason.into() })
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "messages[{}] ", self.index)?;
        match &self.fault {
            Fault::Type(ty) => write!(
                f,
                "has type {ty:?}, which can't be sent; send text, binary, ping, pong or close"
            ),
            Fault::Field { ty, takes } => write!(f, "has the wrong field set: {ty} takes {takes}"),
            Fault::TooLong { ty, len, limit } => {
                write!(f, "is a {ty} of {len} bytes, but at most {limit} fit into the frame")
            }
            Fault::CodeLength(len) => {
                write!(f, "is a close whose data is {len} bytes; the code is two, big-endian")
            }
            Fault::Code(code) => write!(
                f,
                "closes with code {code}, which must not be sent; use 1000 to 1003, 1007 to 1014 \
                 or 3000 to 4999"
            ),
        }
    }
}

impl std::error::Error for AnswerError {}
