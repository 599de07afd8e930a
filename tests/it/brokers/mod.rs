//! Actors with brokers of MQTT. No broker is there: the tests are in the place of the connections.

mod called;
mod checked;
mod stored;

use crate::support::{Actor, actors_root};

/// The guest, which does what messages and clients' texts say: see `tests/guests/broker/src/lib.rs`.
fn guest() -> Actor {
    Actor::file("broker", actors_root().join("tests/guests/broker.wasm"))
}

/// A handler with this `config`.
fn handler(config: &str) -> String {
    format!(
        "[[handlers]]\ntype = \"mqtt\"\nconfig = {{ broker = \"mqtt://127.0.0.1:1\", {config} }}\n"
    )
}
