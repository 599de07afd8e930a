//! The `config` of a `message-server` handler: the actors that this one may send to.

use crate::{
    config::{Capability, HandlerType, Table, Value},
    interfaces,
};

/// This type of handler.
pub const TYPE: HandlerType = HandlerType {
    name: "message-server",
    example: "config = { to = [\"lamp\"] }",
    brings_events: true,
    capabilities: &[Capability {
        interfaces: &[&interfaces::MESSAGE_SERVER_HOST],
        missing: "needs actors that it may send to, and no handler names any",
        advice: "the manifest grants no messages to other actors; add [[handlers]] with type = \
                 \"message-server\" and config = { to = [\"…\"] }, the names of the actors that this \
                 one may send to",
    }],
    feature: None,
};

/// What to write if `to` is wrong.
const TO: &str = "write the names of actors, as in their manifests: to = [\"lamp\"]";

/// All handlers of this type that one actor has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The names of the actors that this one may send to, in their order. An actor that only receives
    /// needs none.
    pub to: Vec<Box<str>>,
}

impl Config {
    /// Reads the `config` of each handler of this type.
    pub fn read(entries: Vec<(usize, Table<'_>)>) -> Self {
        let mut to = Vec::new();
        for (_, mut table) in entries {
            if let Some(value) = table.get("to") {
                read_to(&value, &mut to);
            }
            table.finish();
        }
        to.sort_unstable();
        to.dedup();
        Self { to }
    }

    /// Whether the actor may send to the one with this name.
    pub fn allows(&self, name: &str) -> bool {
        self.to.binary_search_by(|to| (**to).cmp(name)).is_ok()
    }
}

/// Reads `to`. A name that no actor can have is found when all manifests are known.
fn read_to(value: &Value<'_>, to: &mut Vec<Box<str>>) {
    let Some(items) = value.items() else { return value.refuse_as("a list of names", TO) };
    to.extend(items.iter().filter_map(|item| Some(item.string()?.into())));
}
