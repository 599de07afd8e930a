//! Checks the messages that an actor returns, and converts them into WebSocket messages.
//!
//! If one message can't be sent, the whole answer is refused. The WIT and RFC 6455 say what an
//! actor may send: `text` with a text; `binary` with data; `ping` and `pong` with at most 125 bytes
//! of data (section 5.5), where missing data means an empty payload; `close` with a code in data
//! (default 1000) and a reason of at most 123 bytes in text.

use std::fmt;

use bytes::Bytes;
use wit_core::MessageType;

use crate::exchange::{
    Close, CloseCode, Message,
    close::{CONTROL, REASON},
};

/// An answer that can be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// In the order in which they are sent.
    pub messages: Vec<Message>,
    /// How to close the connection after the messages.
    pub close: Option<Close>,
    /// How many messages followed a `close`. They are not sent, and the log says so.
    pub after_close: usize,
}

/// Why an answer is refused. It is the actor's fault.
#[derive(Debug, PartialEq, Eq)]
pub struct AnswerError {
    /// Counted from 0. The log has it, so that the actor's author finds the message.
    pub index: usize,
    /// What is wrong with it.
    fault: Fault,
}

/// What is wrong with a message.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// This type can't be sent to a client.
    Type(String),
    /// A field is missing, or is set where it has no meaning.
    Field {
        /// The type that the message has.
        ty: &'static str,
        /// The fields that this type takes, in words, as advice.
        takes: &'static str,
    },
    /// A control frame's payload is too long.
    TooLong {
        /// `ping`, `pong` or `close`: what the payload belongs to.
        ty: &'static str,
        /// In bytes.
        len: usize,
        /// The most bytes that a control frame takes (RFC 6455, section 5.5).
        limit: usize,
    },
    /// A close code has two bytes, and this one has another number of them.
    CodeLength(usize),
    /// This close code must not be sent (RFC 6455, section 7.4).
    Code(CloseCode),
}

impl Answer {
    /// The bytes of all messages, as the outbox counts them.
    pub fn cost(&self) -> usize {
        self.messages.iter().map(Message::cost).sum()
    }

    /// Checks the messages and converts them.
    ///
    /// # Errors
    /// The first message that can't be sent.
    pub fn from_messages(messages: Vec<wit_core::Message>) -> Result<Self, AnswerError> {
        let total = messages.len();
        let mut answer = Self { messages: Vec::with_capacity(total), close: None, after_close: 0 };
        for (index, message) in messages.into_iter().enumerate() {
            let part = convert(message).map_err(|fault| AnswerError { index, fault })?;
            match part {
                _ if answer.close.is_some() => answer.after_close += 1,
                Part::Message(message) => answer.messages.push(message),
                Part::Close(close) => answer.close = Some(close),
            }
        }
        Ok(answer)
    }
}

/// One message, converted.
enum Part {
    Message(Message),
    /// Ends the answer: what follows it is not sent.
    Close(Close),
}

/// Converts one message.
fn convert(message: wit_core::Message) -> Result<Part, Fault> {
    let wit_core::Message { ty, data, text } = message;
    let part = match (ty, data, text) {
        (MessageType::Text, None, Some(text)) => Message::Text(text.into()),
        (MessageType::Text, ..) => {
            return Err(Fault::Field { ty: "text", takes: "a `text` and no `data`" });
        }
        (MessageType::Binary, Some(data), None) => Message::Binary(data.into()),
        (MessageType::Binary, ..) => {
            return Err(Fault::Field { ty: "binary", takes: "`data` and no `text`" });
        }
        (MessageType::Ping, data, None) => Message::Ping(control("ping", data)?),
        (MessageType::Pong, data, None) => Message::Pong(control("pong", data)?),
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
fn control(ty: &'static str, data: Option<Vec<u8>>) -> Result<Bytes, Fault> {
    let data = data.unwrap_or_default();
    if data.len() > CONTROL {
        return Err(Fault::TooLong { ty, len: data.len(), limit: CONTROL });
    }
    Ok(data.into())
}

/// Reads the code, which is big-endian, and the reason.
fn close(data: Option<Vec<u8>>, text: Option<String>) -> Result<Close, Fault> {
    let code = match data.as_deref() {
        None => CloseCode::NORMAL,
        Some(&[high, low]) => CloseCode(u16::from_be_bytes([high, low])),
        Some(other) => return Err(Fault::CodeLength(other.len())),
    };
    if !code.may_be_sent() {
        return Err(Fault::Code(code));
    }
    let reason = text.unwrap_or_default();
    if reason.len() > REASON {
        return Err(Fault::TooLong { ty: "close", len: reason.len(), limit: REASON });
    }
    Ok(Close { code, reason: reason.into() })
}

/// The close code and reason of a call of `close`, if a close frame can carry them.
pub(crate) fn checked_close(code: u16, reason: &str) -> Option<Close> {
    let code = CloseCode(code);
    let fits = code.may_be_sent() && reason.len() <= REASON;
    fits.then(|| Close { code, reason: reason.into() })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(ty: &str, data: Option<&[u8]>, text: Option<&str>) -> wit_core::Message {
        wit_core::Message {
            ty: MessageType::from_name(ty),
            data: data.map(<[u8]>::to_vec),
            text: text.map(String::from),
        }
    }

    fn answer(messages: &[wit_core::Message]) -> Result<Answer, String> {
        Answer::from_messages(messages.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_can_be_sent_becomes_the_message_of_its_type() {
        for (ty, data, text, sent) in [
            ("text", None, Some(""), Message::Text("".into())),
            ("text", None, Some("hi"), Message::Text("hi".into())),
            ("binary", Some(&b""[..]), None, Message::Binary(Bytes::new())),
            ("binary", Some(b"\x00\x01"), None, Message::Binary(vec![0, 1].into())),
            ("ping", None, None, Message::Ping(Bytes::new())),
            ("ping", Some(&[7; 125]), None, Message::Ping(vec![7; 125].into())),
            ("pong", Some(b"x"), None, Message::Pong(vec![b'x'].into())),
        ] {
            let answer = answer(&[message(ty, data, text)]).unwrap();
            assert_eq!(answer, Answer { messages: vec![sent], close: None, after_close: 0 });
        }
    }

    #[test]
    fn a_close_has_a_code_and_a_reason_or_their_defaults() {
        for (data, text, code, reason) in [
            (None, None, 1000, ""),
            (None, Some("bye"), 1000, "bye"),
            (Some(&[0x0f, 0xa1]), Some(&*"x".repeat(123)), 4001, &*"x".repeat(123)),
            (Some(&[0x0b, 0xb8]), None, 3000, ""),
        ] {
            let data = data.map(|data: &[u8; 2]| &data[..]);
            let answer = answer(&[message("close", data, text)]).unwrap();
            let close = answer.close.unwrap();
            assert_eq!((close.code.0, &*close.reason), (code, reason));
        }
    }

    #[test]
    fn what_follows_a_close_is_counted_and_still_checked() {
        let (close, text) = (message("close", None, None), message("text", None, Some("x")));
        let many = answer(&[text.clone(), close.clone(), text.clone(), close.clone()]).unwrap();
        assert_eq!((many.messages.len(), many.after_close), (1, 2));
        assert!(
            answer(&[close, message("text", None, None)]).unwrap_err().starts_with("messages[1] ")
        );
    }

    #[test]
    fn what_cannot_be_sent_is_told_with_the_index_of_the_message() {
        let good = message("text", None, Some("good"));
        for (ty, data, text, part) in [
            ("mystery", None, None, "has type \"mystery\", which can't be sent"),
            ("connect", None, None, "has type \"connect\", which can't be sent"),
            ("text", None, None, "text takes a `text` and no `data`"),
            ("text", Some(&b"x"[..]), Some("x"), "text takes a `text` and no `data`"),
            ("binary", None, Some("x"), "binary takes `data` and no `text`"),
            ("binary", Some(b"x"), Some("x"), "binary takes `data` and no `text`"),
            ("ping", None, Some("x"), "ping takes no `text`"),
            ("pong", None, Some("x"), "pong takes no `text`"),
            ("ping", Some(&[0; 126]), None, "is a ping of 126 bytes, but at most 125 fit"),
            ("pong", Some(&[0; 126]), None, "is a pong of 126 bytes, but at most 125 fit"),
            ("close", Some(b"\x03"), None, "is a close whose data is 1 bytes"),
            ("close", Some(b"\x03\xe8\x00"), None, "is a close whose data is 3 bytes"),
            (
                "close",
                None,
                Some(&*"x".repeat(124)),
                "is a close of 124 bytes, but at most 123 fit",
            ),
        ] {
            let error = answer(&[good.clone(), message(ty, data, text)]).unwrap_err();
            assert!(error.starts_with("messages[1] ") && error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn the_close_codes_that_may_be_sent_are_those_of_the_rfc_and_the_registry() {
        for code in 0..=u16::MAX {
            let may = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            let sent = answer(&[message("close", Some(&code.to_be_bytes()), None)]);
            assert_eq!(sent.is_ok(), may, "{code}: {sent:?}");
        }
    }
}
