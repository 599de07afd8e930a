//! Actors with brokers of MQTT. `called`, `checked` and `stored` are in the place of the connections. The
//! others have real brokers, or hostile ones.

// The tests of the client itself use other parts of these two.
#[allow(dead_code)]
#[path = "../../../mqtt/tests/brokers/broker.rs"]
pub mod broker;
mod called;
mod checked;
#[allow(dead_code)]
#[path = "../../../mqtt/tests/brokers/client.rs"]
pub mod client;
mod connecting;
mod hostile;
mod losing;
mod messages;
mod numbers;
mod proxy;
mod slow;
mod stored;

use std::net::SocketAddr;

use crate::support::{Actor, Client, Server, actors_root, eventually};

/// The guest, which does what messages and clients' texts say: see `tests/guests/broker/src/lib.rs`.
pub fn guest() -> Actor {
    Actor::file("broker", actors_root().join("tests/guests/broker.wasm"))
}

/// A handler with this `config`.
fn handler(config: &str) -> String {
    at(([127, 0, 0, 1], 1).into(), config)
}

/// A handler for the broker at this address. It connects again soon.
pub fn at(address: SocketAddr, config: &str) -> String {
    at_url(&format!("mqtt://{address}"), config)
}

/// The same for the broker at this URL.
pub fn at_url(url: &str, config: &str) -> String {
    let keys = format!("broker = {url:?}, reconnect = \"200ms\"");
    format!("[[handlers]]\ntype = \"mqtt\"\nconfig = {{ {keys}, {config} }}\n")
}

/// A client of the guest, once the guest is connected with its broker `mqtt`.
pub fn up(server: &Server) -> Client {
    let mut client = joined(server);
    eventually("up", || ask(&mut client, "status mqtt") == "up");
    client
}

/// A client of the guest.
fn joined(server: &Server) -> Client {
    let mut client = server.client("broker");
    client.expect("ready");
    client
}

/// The answer to a text. What the guest tells all clients about brokers does not count.
pub fn ask(client: &mut Client, text: &str) -> String {
    client.text(text);
    loop {
        let answer = client.next().into_text().unwrap();
        if !answer.starts_with("mqtt") {
            return answer.as_str().into();
        }
    }
}

/// Waits until the guest tells this.
fn told(client: &mut Client, text: &str) {
    while client.next().to_text().unwrap() != text {}
}
