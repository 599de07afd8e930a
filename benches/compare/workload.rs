//! What the servers are asked to do.

use std::time::Duration;

use async_tungstenite::tungstenite::Utf8Bytes;

use super::common::{readings, server::Actor};

/// How large the readings' state is, in bytes.
const STATE: usize = 64 << 10;

/// A program that every contestant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// A text is sent back.
    Echo,
    /// The guide's chat room: a text is answered with the history, which it makes longer.
    Chat,
    /// A text changes one of many readings in a state of JSON, which is read and written whole.
    Readings,
}

/// How much a round is.
pub(crate) struct Amount {
    /// How long after one message a client sends the next, where the rate is fixed.
    pub(crate) period: Duration,
    /// How many messages it sends then.
    pub(crate) paced: u32,
    /// How many messages it sends as fast as they are answered.
    pub(crate) unpaced: u32,
}

impl Workload {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Echo, Self::Chat, Self::Readings];

    /// The name on a server's command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Chat => "chat",
            Self::Readings => "readings",
        }
    }

    /// What the table calls it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Echo => "echo of 64 bytes",
            Self::Chat => "chat room",
            Self::Readings => "64 KiB of JSON",
        }
    }

    /// What a client sends.
    pub(crate) fn text(self) -> Utf8Bytes {
        match self {
            Self::Echo => "x".repeat(64).into(),
            Self::Chat => "a line of sixty-four characters, as people write them in a chat.".into(),
            Self::Readings => readings::TEXT.into(),
        }
    }

    /// Whether a client is sent something when it comes.
    pub(crate) fn greets(self) -> bool {
        self == Self::Chat
    }

    /// Whether a round must not find what the last one left.
    pub(crate) fn needs_fresh_room(self) -> bool {
        self == Self::Chat
    }

    /// The state that a room begins with, where the program takes one.
    pub(crate) fn state(self) -> Option<Vec<u8>> {
        (self == Self::Readings).then(|| readings::state(STATE))
    }

    /// Footlight's actor for it.
    pub(crate) fn actor(self, name: String) -> Actor {
        match self {
            // For those whose memory is measured, and more.
            Self::Echo => Actor::file(name, "examples/echo/echo.wasm").limit("connections", 2_000),
            Self::Chat => Actor::file(name, "examples/chat-room/chat_room.wasm")
                .state(br#"{"connected_users":[],"messages":[]}"#.to_vec())
                // So that all rooms together ask for no more files than there may be.
                .limit("connections", 64),
            Self::Readings => readings::actor(name, readings::state(STATE)),
        }
    }

    /// How much a round is, for each of the clients. The rates are what the slowest contestant
    /// has done in less than half of the time.
    pub(crate) fn amount(self, quick: bool) -> Amount {
        let (period, paced, unpaced) = match self {
            Self::Echo => (10, 200, 2_000),
            Self::Chat => (160, 20, 20),
            Self::Readings => (500, 8, 12),
        };
        let period = Duration::from_millis(period);
        if quick {
            Amount { period, paced: 1, unpaced: 1 }
        } else {
            Amount { period, paced, unpaced }
        }
    }
}
