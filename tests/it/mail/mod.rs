//! Messages between actors of one process, through guests of every shape.
//!
//! The guests do what clients' texts and other actors' messages say: see
//! `tests/guests/mail/src/lib.rs`.

mod circles;
mod durable;
mod limits;
mod reload;
mod requests;
mod sends;
mod storms;

use std::{thread, time::Instant};

use crate::support::{Actor, Client, PATIENCE, Server, actors_root};

/// The guests.
const MAILERS: [&str; 4] = ["mail-guide", "mail-typed", "mail-result", "mail-renamed"];

/// A guest of this shape, under another name, that may send to these actors.
fn mailer(shape: &str, name: &str, to: &[&str]) -> Actor {
    let file = actors_root().join("tests/guests").join(format!("{shape}.wasm"));
    Actor::file(name, file).receivers(to).limit("log_rate", 1_000_000)
}

/// One of the shape *typed*.
fn typed(name: &str, to: &[&str]) -> Actor {
    mailer("mail-typed", name, to)
}

/// A client after its `connect` event.
fn ready(server: &Server, name: &str) -> Client {
    let mut client = server.client(name);
    client.expect("ready");
    client
}

/// The answer to one text.
fn answer(client: &mut Client, text: &str) -> String {
    client.text(text);
    client.next().to_text().unwrap().to_owned()
}

/// Waits until an actor has seen this.
fn seen(client: &mut Client, expected: &str) {
    let start = Instant::now();
    loop {
        let now = answer(client, "seen");
        if now == expected {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{now:?}, and not {expected:?}");
        thread::yield_now();
    }
}
