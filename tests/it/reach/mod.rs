//! The imports: `footlight:host` and Theater's `read-file`, through guests of every shape.
//!
//! The guests get requests as texts: see `tests/guests/script/src/reach.rs`.

mod alarms;
mod chance;
mod closing;
mod counted;
mod files;
mod frames;
mod hosted;
mod info;
mod kept;
mod loading;
mod messages;
mod slow;
mod storage;
mod undone;
mod unwritten;

use crate::support::{Actor, Client, SHAPES, Server, guest};

/// Does the same with a guest of each shape, all of them in one server.
fn with_each(adjust: impl Fn(Actor) -> Actor, test: impl Fn(&Server, &str)) {
    // Tests wait for lines of the log, so the host must not drop any.
    let actor = |shape| adjust(guest(shape).limit("log_rate", 1_000_000));
    let server = Server::start(&SHAPES.map(actor));
    for shape in SHAPES {
        test(&server, shape);
    }
}

/// The same, with guests as they are.
fn each(test: impl Fn(&Server, &str)) {
    with_each(|actor| actor, test);
}

/// A client after its `connect` event.
fn joined(server: &Server, shape: &str) -> Client {
    let mut client = server.client(shape);
    let first = client.next();
    assert!(first.to_text().unwrap().starts_with("state:"), "{first}");
    client
}

/// This many clients. If they are the first, their numbers are 1, 2, 3…
fn several<const N: usize>(server: &Server, shape: &str) -> [Client; N] {
    std::array::from_fn(|_| joined(server, shape))
}

/// Makes requests in one call, and expects their answers.
fn make(client: &mut Client, requests: &str, answers: &[&str]) {
    client.text(&format!("do {requests}"));
    client.expect_all(answers);
}

/// The answer to one request.
fn answer(client: &mut Client, request: &str) -> String {
    client.text(&format!("do {request}"));
    client.next().to_text().unwrap().to_owned()
}
