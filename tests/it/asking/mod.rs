//! Actors that ask servers: `footlight:host/http` and Theater's `http-client`, through guests of every
//! shape.
//!
//! The guests get requests as texts: see `tests/guests/ask/src/lib.rs`.

mod later;
mod now;
mod restarts;

use crate::support::{Actor, Client, Server, actors_root, web::Web};

/// The guests.
const ASKERS: [&str; 4] = ["asker-guide", "asker-typed", "asker-result", "asker-renamed"];

/// A guest that may ask what `allow` names.
fn asker(name: &str, allow: &[&str]) -> Actor {
    let file = actors_root().join("tests/guests").join(format!("{name}.wasm"));
    Actor::file(name, file).servers(&format!("allow = {allow:?}")).limit("log_rate", 1_000_000)
}

/// A guest of one shape that may ask a server, with limits and a log of everything.
fn one(web: &Web, adjust: impl Fn(Actor) -> Actor) -> Server {
    let actor = adjust(asker("asker-typed", &[&web.url("")]));
    Server::start_with(&["-v"], &[actor])
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
