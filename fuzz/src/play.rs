//! A sequence of actions of clients.

use arbitrary::{Arbitrary, Result, Unstructured};
use footlight::{
    exchange::{
        Close, CloseCode, EventKind, Message,
        close::{CONTROL, REASON},
    },
    limits::Limits,
};

use crate::{
    guests::Guest,
    input::{byte, bytes, pick, roomy_limits, text, tight_limits},
};

/// The most actions of a sequence.
const ACTS: usize = 40;

/// An actor and a sequence of actions.
#[derive(Debug)]
pub struct Play {
    /// The actor.
    pub guest: Guest,
    /// Whether the limits are large enough for all usual actions.
    pub roomy: bool,
    /// The limits.
    pub limits: Limits,
    /// The content of the file `init_state`.
    pub first_state: Option<Vec<u8>>,
    /// The actions, in order.
    pub acts: Vec<Act>,
}

/// An action. `who` is the index of an open connection.
#[derive(Debug)]
pub enum Act {
    /// A client connects.
    Open,
    /// A client sends something, and the actor handles it.
    Send {
        /// Which client.
        who: u8,
        /// What it sends.
        kind: EventKind,
    },
    /// Several clients send something before the actor runs.
    Together(Vec<(u8, EventKind)>),
    /// A client reads some of its messages.
    Read {
        /// Which client.
        who: u8,
        /// The number of messages.
        count: u8,
    },
    /// A client closes.
    Leave {
        /// Which client.
        who: u8,
        /// The code and the reason.
        ending: Close,
    },
    /// The host stops: it closes all connections and accepts nobody.
    Stop,
}

impl<'a> Arbitrary<'a> for Play {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let guest = Guest::any(u);
        let roomy = byte(u).is_multiple_of(2);
        let limits = if roomy { roomy_limits(u) } else { tight_limits(u) };
        let first_state = match byte(u) % 4 {
            0..=1 => guest.first_state().map(<[u8]>::to_vec),
            2 => None,
            _ => Some(bytes(u)),
        };
        // The host does not start an actor with a first state that is too large.
        let first_state = first_state.filter(|state| state.len() <= limits.state);
        let mut acts = vec![Act::Open];
        while !u.is_empty() && acts.len() < ACTS {
            acts.push(act(u));
        }
        Ok(Self { guest, roomy, limits, first_state, acts })
    }

    fn arbitrary_take_rest(mut u: Unstructured<'a>) -> Result<Self> {
        Self::arbitrary(&mut u)
    }
}

/// Any action.
fn act(u: &mut Unstructured<'_>) -> Act {
    match byte(u) % 16 {
        0..=1 => Act::Open,
        2..=9 => Act::Send { who: byte(u), kind: kind(u) },
        10..=11 => {
            let count = byte(u) % 4;
            Act::Together((0..count).map(|_| (byte(u), kind(u))).collect())
        }
        12..=13 => Act::Read { who: byte(u), count: byte(u) },
        14 => Act::Leave { who: byte(u), ending: ending(u) },
        _ => match byte(u) {
            0..=200 => Act::Read { who: byte(u), count: u8::MAX },
            _ => Act::Stop,
        },
    }
}

/// Anything that a client can send.
fn kind(u: &mut Unstructured<'_>) -> EventKind {
    EventKind::Message(match byte(u) % 8 {
        0..=4 => Message::Text(line(u).into()),
        5 => Message::Binary(bytes(u).into()),
        6 => Message::Ping(control(u).into()),
        _ => Message::Pong(control(u).into()),
    })
}

/// Texts that the test guests react to.
const WORDS: [&str; 14] = [
    "count",
    "err",
    "clear",
    "trap",
    "loop",
    "ping",
    "pong",
    "close",
    "after-close",
    "other",
    "wrong-field",
    "log",
    "memory",
    "abuse-global",
];

/// Texts that the test guests react to with a number.
const VERBS: [&str; 4] = ["big", "many", "state", "grow"];

/// Numbers near which something may change.
const NUMBERS: [u32; 16] = [
    0,
    1,
    3,
    5,
    16,
    63,
    64,
    65,
    1_000,
    4_096,
    65_535,
    65_537,
    262_144,
    1_048_577,
    20_000_000,
    u32::MAX,
];

/// A text message.
fn line(u: &mut Unstructured<'_>) -> String {
    match byte(u) % 8 {
        0..=3 => pick(u, &WORDS).to_owned(),
        4..=5 => format!("{}:{}", pick(u, &VERBS), pick(u, &NUMBERS)),
        // Texts with this prefix make requests, which no model here predicts: see `courier`.
        _ => text(u).trim_start_matches("do ").to_owned(),
    }
}

/// The payload of a control frame.
fn control(u: &mut Unstructured<'_>) -> Vec<u8> {
    let mut data = bytes(u);
    data.truncate(CONTROL);
    data
}

/// How a connection ended.
fn ending(u: &mut Unstructured<'_>) -> Close {
    match byte(u) % 4 {
        0 => Close::ABNORMAL,
        1 => Close::NO_STATUS,
        _ => {
            let reason = text(u);
            let reason = if reason.len() <= REASON { reason.into() } else { "".into() };
            Close { code: CloseCode(3000 + u16::from(byte(u))), reason }
        }
    }
}
