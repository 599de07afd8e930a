//! Runs hostile guests: many of them in one server, among well-behaved clients.

use async_tungstenite::tungstenite::Message;

use super::{
    file::load,
    guest::{Ends, Guest},
};
use crate::support::{Client, Server, emulated, guest};

/// The most memory that the server may ever have used, in bytes. It is a debug build with an actor
/// for each of the test's guests. The guests claim gigabytes.
const MEMORY: u64 = 200 << 20;

/// Lets each guest attack once, one after the other, and checks that the others notice nothing.
pub fn act(guests: &[Guest]) {
    let mut actors = vec![guest("events").name("neighbour")];
    actors.extend(guests.iter().map(Guest::actor));
    let server = Server::start(&actors);
    let mut neighbour = server.client("neighbour");
    assert!(neighbour.next().is_text());
    for guest in guests {
        attack(&server, guest, &mut neighbour);
    }
    drop(neighbour);
    end(server);
}

/// The same for guests that the host may refuse to load, if the error names one of these reasons.
pub fn act_if_loaded(guests: Vec<Guest>, reason: &str) {
    let loads = |guest: &Guest| {
        let (fine, text) = load(&wat::parse_str(guest.text()).unwrap());
        assert!(fine || text.contains(reason), "{text}");
        fine
    };
    let loaded: Vec<_> = guests.into_iter().filter(loads).collect();
    if !loaded.is_empty() {
        act(&loaded);
    }
}

/// One guest's attack: it must hit the client that caused it, and nobody else.
fn attack(server: &Server, guest: &Guest, neighbour: &mut Client) {
    let name = guest.name;
    let mut witness = server.client(name);
    witness.ask("hello", "ok 1");
    let mut attacker = server.client(name);
    attacker.ask("hello", "ok 2");
    attacker.text("attack");
    // During the attack, the neighbour gets its answer, and the witness waits for its turn.
    neighbour.ask(name, name);
    witness.text("still there");
    match guest.ends {
        Ends::Fails(says) => {
            assert_eq!(attacker.expect_close(1011), "the actor failed", "{name}");
            let line = format!("{name}#2: the actor failed at a text event");
            let found = server.wait_for(&[&line]);
            says.iter().for_each(|part| assert!(found.contains(part), "{part}: {found}"));
            assert_eq!(server.count(&line), 1, "{name}");
        }
        Ends::Answers => {
            attacker.expect("ok !");
            attacker.close(None);
        }
    }
    // The host keeps the last good state, for old and new clients. The actor may have had the
    // attack's event after the witness's.
    let answer = witness.next();
    let next = match (&guest.ends, answer.to_text()) {
        (Ends::Fails(_), Ok("ok 3")) => "ok 4",
        (Ends::Answers, Ok("ok \"")) => "ok #",
        (Ends::Answers, Ok("ok 3")) => "ok \"",
        _ => panic!("{name}: {answer:?}"),
    };
    server.client(name).ask("hello", next);
    neighbour.ask(name, name);
}

/// Checks that the process is still well, and stops it. The clients should be gone by then, because
/// the host would wait for a client that does not read.
pub fn end(server: Server) {
    let peak = server.peak_memory();
    assert!(emulated() || peak < MEMORY, "the server has used {} MiB", peak >> 20);
    assert_eq!(server.count("ERROR footlight"), 0);
    let (status, log) = server.stop();
    assert!(status.success(), "{status}: {log}");
}

/// Sends a text and a ping, and waits until the host has handled the text. Then the pong comes, or
/// the connection ends. Returns `false` for the end.
pub fn survive(client: &mut Client, text: &str) -> bool {
    client.text(text);
    // The server reads the ping after it has handled the text, and may have closed the connection.
    let _ = client.ws.send(Message::Ping("done".into()));
    loop {
        match client.ws.read() {
            Ok(Message::Pong(_)) => return true,
            Ok(Message::Close(_)) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}
