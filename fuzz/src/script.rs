//! The answers that the test guests must give: a model of `tests/guests/script`, and of how the
//! host converts its answers.

use footlight::exchange::{Close, CloseCode, EventKind, Message};
use wit_core::Shape;

/// The state of a test guest in the model.
#[derive(Clone, Debug)]
pub struct Script {
    /// Whether a call can fail and a state can be absent.
    fallible: bool,
    /// Its state, if it is known.
    pub state: Option<Option<Vec<u8>>>,
    /// How often its instance has counted up its global, if that is known.
    pub global: Option<u32>,
}

/// What an event must cause, unless it exceeds a limit.
#[derive(Debug)]
pub struct Expected {
    /// How the call ends.
    pub end: End,
    /// The state after a successful call, if it is known.
    pub state: Option<Option<Vec<u8>>>,
    /// The answer.
    pub messages: Vec<Want>,
    /// How the connection must be closed.
    pub close: Option<Close>,
    /// Whether this may exceed even roomy limits.
    pub large: bool,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an answer.
    Well,
    /// With an error that the actor returned.
    Error,
    /// With an answer that can't be sent.
    Refused,
    /// With a trap.
    Trap,
}

/// A message that must be in an outbox.
#[derive(Clone, Debug)]
pub enum Want {
    /// Exactly this message.
    Exactly(Message),
    /// A number, as text.
    Number,
    /// Any message.
    Anything,
}

impl Want {
    /// Whether the message is as expected.
    pub fn is(&self, message: &Message) -> bool {
        match self {
            Self::Exactly(expected) => expected == message,
            Self::Number => {
                let Message::Text(text) = message else { return false };
                !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
            }
            Self::Anything => true,
        }
    }
}

impl Script {
    /// A guest of this shape with this first state.
    pub fn new(shape: Shape, first_state: Option<&[u8]>) -> Self {
        let state = first_state.unwrap_or(b"0").to_vec();
        Self { fallible: shape.has_results(), state: Some(Some(state)), global: Some(0) }
    }

    /// What this event must cause.
    pub fn expect(&self, event: &EventKind) -> Expected {
        let count = self.state.as_ref().map(|state| count_in(state.as_deref()) + 1);
        let mut expected = Expected {
            end: End::Well,
            state: count.map(|count| Some(count.to_string().into_bytes())),
            messages: vec![],
            close: None,
            large: match &self.state {
                Some(state) => state.as_ref().is_some_and(|state| state.len() > 1_000),
                None => true,
            },
        };
        let messages = &mut expected.messages;
        match event {
            EventKind::Connect => messages.push(match &self.state {
                Some(Some(state)) => text(format!("state:{}", String::from_utf8_lossy(state))),
                Some(None) => text("state:none"),
                None => Want::Anything,
            }),
            EventKind::Message(Message::Text(line)) => self.on_text(line, count, &mut expected),
            EventKind::Message(message @ Message::Binary(_)) => {
                messages.push(Want::Exactly(message.clone()));
            }
            EventKind::Message(Message::Ping(data)) => messages.push(hex("ping:", data)),
            EventKind::Message(Message::Pong(data)) => messages.push(hex("pong:", data)),
            EventKind::Close(_) => {}
            EventKind::Alarm => unreachable!("it sets none"),
            EventKind::Request(_)
            | EventKind::Response(_)
            | EventKind::Sent(_)
            | EventKind::Asked(_)
            | EventKind::Mqtt(_)
            | EventKind::MqttUp(_)
            | EventKind::MqttDown(_) => {
                unreachable!("it has no handler for them")
            }
        }
        expected
    }

    /// What a text message must cause.
    fn on_text(&self, line: &str, count: Option<u64>, expected: &mut Expected) {
        if let Some((verb, number)) = line.split_once(':')
            && let Ok(number) = number.parse::<u32>()
            && ["big", "many", "state", "grow"].contains(&verb)
        {
            expected.large |= number > 64;
            // This exceeds every limit, and is too large to build here.
            if number > 2_000_000 {
                expected.end = End::Trap;
                return;
            }
            match verb {
                "big" => expected.messages.push(text("x".repeat(number as usize))),
                "many" => expected.messages.extend((0..number).map(|i| text(format!("m{i}")))),
                "state" => {
                    expected.state = Some(Some(vec![b'1'; number as usize]));
                    expected.messages.push(text("ok"));
                }
                _ => {
                    expected.large = true;
                    expected.messages.push(text("grown"));
                }
            }
            return;
        }
        match line {
            "err" if self.fallible => expected.end = End::Error,
            "clear" if self.fallible => expected.state = Some(None),
            "trap" | "loop" => expected.end = End::Trap,
            "other" | "wrong-field" => expected.end = End::Refused,
            "close" => expected.close = close(4001, "bye"),
            "after-close" => expected.close = close(1000, ""),
            "count" => expected.messages.push(number(count)),
            "ping" => expected.messages.push(Want::Exactly(Message::Ping(b"hi".to_vec().into()))),
            "pong" => expected.messages.push(Want::Exactly(Message::Pong(b"hi".to_vec().into()))),
            "log" => expected.messages.push(text("logged")),
            "memory" => expected.messages.push(Want::Number),
            "abuse-global" => expected.messages.push(number(self.global.map(|it| it + 1))),
            _ => expected.messages.push(text(line)),
        }
    }
}

/// The number that a state holds.
fn count_in(state: Option<&[u8]>) -> u64 {
    let digits = state.and_then(|state| str::from_utf8(state).ok());
    digits.and_then(|digits| digits.parse().ok()).filter(|&count| count < u64::MAX).unwrap_or(0)
}

/// A number as text, or any number.
fn number(number: Option<impl ToString>) -> Want {
    number.map_or(Want::Number, |number| text(number.to_string()))
}

/// A text message.
fn text(text: impl Into<String>) -> Want {
    Want::Exactly(Message::Text(text.into().into()))
}

/// Data as hex digits behind a prefix.
fn hex(prefix: &str, data: &[u8]) -> Want {
    let digits: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
    text(format!("{prefix}{digits}"))
}

/// A close message.
fn close(code: u16, reason: &'static str) -> Option<Close> {
    Some(Close::new(CloseCode(code), reason))
}
