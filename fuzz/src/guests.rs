//! The actors for the target `actor`.

use std::sync::LazyLock;

use arbitrary::Unstructured;
use footlight::{
    actor::{Grants, LoadError, Module},
    limits::Limits,
};
use wit_core::Shape;

use crate::input::pick;

/// An actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guest {
    /// A test guest with known answers: see [`crate::script`].
    Script(Shape),
    /// One of the examples.
    Example(Example),
    /// Does what the client's messages say: see `guests/puppet.wat`.
    Puppet(Shape),
}

/// An example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// The guide's second sample.
    ChatRoom,
    /// An actor with a state of JSON.
    Counter,
    /// Echoes messages.
    Echo,
    /// Written by hand in the text format.
    Hits,
    /// Written in C.
    Upper,
    /// The guide's first sample.
    Welcome,
}

/// All actors. The puppets appear more often, because they can do the most.
const ALL: [Guest; 16] = [
    Guest::Script(Shape::Guide),
    Guest::Script(Shape::Typed),
    Guest::Script(Shape::Result),
    Guest::Script(Shape::Renamed),
    Guest::Example(Example::ChatRoom),
    Guest::Example(Example::Counter),
    Guest::Example(Example::Echo),
    Guest::Example(Example::Hits),
    Guest::Example(Example::Upper),
    Guest::Example(Example::Welcome),
    Guest::Puppet(Shape::Guide),
    Guest::Puppet(Shape::Result),
    Guest::Puppet(Shape::Guide),
    Guest::Puppet(Shape::Result),
    Guest::Puppet(Shape::Typed),
    Guest::Puppet(Shape::Renamed),
];

/// The puppets' modules, in the order of [`Shape::ALL`].
static PUPPETS: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| Shape::ALL.map(puppet));

impl Guest {
    /// One of the actors.
    pub fn any(u: &mut Unstructured<'_>) -> Self {
        pick(u, &ALL)
    }

    /// The first state, if the actor needs one.
    pub fn first_state(self) -> Option<&'static [u8]> {
        match self {
            Self::Example(Example::ChatRoom) => {
                Some(include_bytes!("../../examples/chat-room/state.json"))
            }
            Self::Example(Example::Welcome) => {
                Some(include_bytes!("../../examples/welcome/state.json"))
            }
            _ => None,
        }
    }

    /// Compiles it.
    ///
    /// # Errors
    /// It exceeds the limits.
    pub fn compile(self, limits: &Limits) -> Result<Module, LoadError> {
        Module::compile(self.bytes(), limits, Grants::ALL)
    }

    /// Its module.
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Script(Shape::Guide) => include_bytes!("../../tests/guests/events.wasm"),
            Self::Script(Shape::Typed) => include_bytes!("../../tests/guests/typed.wasm"),
            Self::Script(Shape::Result) => include_bytes!("../../tests/guests/result.wasm"),
            Self::Script(Shape::Renamed) => include_bytes!("../../tests/guests/renamed.wasm"),
            Self::Example(Example::ChatRoom) => {
                include_bytes!("../../examples/chat-room/chat_room.wasm")
            }
            Self::Example(Example::Counter) => {
                include_bytes!("../../examples/counter/counter.wasm")
            }
            Self::Example(Example::Echo) => include_bytes!("../../examples/echo/echo.wasm"),
            Self::Example(Example::Hits) => include_bytes!("../../examples/hits/hits.wasm"),
            Self::Example(Example::Upper) => include_bytes!("../../examples/upper/upper.wasm"),
            Self::Example(Example::Welcome) => {
                include_bytes!("../../examples/welcome/welcome.wasm")
            }
            Self::Puppet(shape) => {
                let index = Shape::ALL.iter().position(|other| *other == shape);
                &PUPPETS[index.expect("one of four")]
            }
        }
    }
}

/// The puppet of this shape.
fn puppet(shape: Shape) -> Vec<u8> {
    // The positions of a binary message's pointer and length among the parameters.
    let data = match shape {
        Shape::Guide => 3,
        Shape::Typed => 4,
        Shape::Result | Shape::Renamed => 7,
    };
    let parameters = "i32 ".repeat(shape.handle_message_signature().params);
    let text = include_str!("../guests/puppet.wat")
        .replace("HANDLE-MESSAGE", shape.handle_message())
        .replace("PARAMETERS", &parameters)
        .replace("DATA", &data.to_string())
        .replace("LENGTH", &(data + 1).to_string());
    wat::parse_str(text).expect("the puppet is valid")
}
