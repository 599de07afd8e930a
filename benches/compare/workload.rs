//! The workloads: what the servers do.

use std::time::Duration;

use async_tungstenite::tungstenite::Utf8Bytes;

use super::common::{readings, server::Actor};

/// The size of the state with readings, in bytes.
const STATE: usize = 64 << 10;

/// A program that every contestant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Echoes each text.
    Echo,
    /// The guide's chat room: adds each text to the history, and answers with the history.
    Chat,
    /// A chat room that keeps its last thousand lines, in the actor each under a key of its own, and answers
    /// with the new line only.
    Lines,
    /// Each text changes one of many readings in a JSON state, which is read and written as a
    /// whole.
    Readings,
    /// The same with records of a fixed length, of which each text changes one.
    Records,
}

/// The size of a round.
pub(crate) struct Amount {
    /// At the fixed rate, the time from one message of a client to the next.
    pub(crate) period: Duration,
    /// The messages of each client at the fixed rate.
    pub(crate) paced: u32,
    /// The messages of each client as fast as they are answered.
    pub(crate) unpaced: u32,
}

impl Workload {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Echo, Self::Chat, Self::Lines, Self::Readings, Self::Records];

    /// The name on a server's command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Chat => "chat",
            Self::Lines => "lines",
            Self::Readings => "readings",
            Self::Records => "records",
        }
    }

    /// The title in the table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Echo => "echo of 64 bytes",
            Self::Chat => "chat room",
            Self::Lines => "chat room by lines",
            Self::Readings => "64 KiB of JSON",
            Self::Records => "64 KiB of records",
        }
    }

    /// The text that a client sends.
    pub(crate) fn text(self) -> Utf8Bytes {
        match self {
            Self::Echo => "x".repeat(64).into(),
            Self::Chat | Self::Lines => {
                "a line of sixty-four characters, as people write them in a chat.".into()
            }
            Self::Readings | Self::Records => readings::TEXT.into(),
        }
    }

    /// Whether a new client gets a greeting.
    pub(crate) fn greets(self) -> bool {
        self == Self::Chat
    }

    /// Whether each round needs a new room.
    pub(crate) fn needs_fresh_room(self) -> bool {
        self == Self::Chat
    }

    /// The first state of a room, if the program takes one.
    pub(crate) fn state(self) -> Option<Vec<u8>> {
        match self {
            Self::Readings => Some(readings::state(STATE)),
            Self::Records => Some(vec![0; STATE]),
            _ => None,
        }
    }

    /// Footlight's actor for this workload.
    pub(crate) fn actor(self, name: String) -> Actor {
        self.limited(match self {
            Self::Echo => Actor::file(name, "examples/echo/echo.wasm"),
            Self::Chat => Actor::file(name, "examples/chat-room/chat_room.wasm")
                .state(br#"{"connected_users":[],"messages":[]}"#.to_vec()),
            Self::Lines => Actor::file(name, "tests/guests/lines.wasm"),
            Self::Readings => readings::actor(name, readings::state(STATE)),
            Self::Records => Actor::file(name, "tests/guests/records.wasm").state(vec![0; STATE]),
        })
    }

    /// Footlight's script for this workload.
    pub(crate) fn script(self, name: String) -> Actor {
        let file = format!("benches/compare/scripts/{}.js", self.name());
        self.limited(Actor::file(name, &file))
    }

    /// Whether there is a script. One that reads and writes 64 KiB for every message would need minutes, and a
    /// script's state is JSON.
    pub(crate) fn has_script(self) -> bool {
        !matches!(self, Self::Readings | Self::Records)
    }

    /// An actor for as many connections as the workload needs.
    fn limited(self, actor: Actor) -> Actor {
        match self {
            // The memory test needs this many.
            Self::Echo => actor.limit("connections", 2_000),
            // All rooms together must fit into the limit of open files.
            Self::Chat => actor.limit("connections", 64),
            Self::Lines | Self::Readings | Self::Records => actor,
        }
    }

    /// The size of a round, for each of the clients. The rates are such that the slowest contestant
    /// needs less than half of the time.
    pub(crate) fn amount(self, quick: bool) -> Amount {
        let (period, paced, unpaced) = match self {
            Self::Echo => (10, 200, 2_000),
            Self::Chat => (800, 20, 20),
            Self::Lines | Self::Records => (20, 200, 1_000),
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
