//! Where hostile guests act: many of them in one server, among well-behaved clients.

use async_tungstenite::tungstenite::Message;

use super::{
    file::load,
    guest::{Ends, Guest},
};
use crate::support::{Client, Server, emulated, guest};

/// The most memory that the server may ever have used, in bytes. It is a debug build, and
/// has as many actors as a test has guests; what guests claim would be gigabytes.
const MEMORY: u64 = 200 << 20;

/// Lets each guest attack once, one after the other, and checks what the others notice of
/// it, which is nothing.
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

/// The same for guests that may be refused when they are loaded, if it is said for what.
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

/// One guest's attack: the client that caused it pays for it, and nobody else.
fn attack(server: &Server, guest: &Guest, neighbour: &mut Client) {
    let name = guest.name;
    let mut witness = server.client(name);
    witness.ask("hello", "ok 1");
    let mut attacker = server.client(name);
    attacker.ask("hello", "ok 2");
    attacker.text("attack");
    // While that goes on: the first is answered meanwhile, the second waits for its turn.
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
    // The last good state stands, for who was there and for who comes. The attack's event may
    // have come to the actor after the witness's.
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

/// Checks that the process is still well, and stops it. The clients should be gone by then:
/// one that is there but does not read would have to be waited for.
pub fn end(server: Server) {
    let peak = server.peak_memory();
    assert!(emulated() || peak < MEMORY, "the server has used {} MiB", peak >> 20);
    assert_eq!(server.count("ERROR footlight"), 0);
    let (status, log) = server.stop();
    assert!(status.success(), "{status}: {log}");
}

/// Sends a text and a ping, and waits until the text has been handled: what came of it is
/// the pong, or the end of the connection. `false` is the end.
pub fn survive(client: &mut Client, text: &str) -> bool {
    client.text(text);
    // Not read by the server before the text has been handled, and it may be gone by then.
    let _ = client.ws.send(Message::Ping("done".into()));
    loop {
        match client.ws.read() {
            Ok(Message::Pong(_)) => return true,
            Ok(Message::Close(_)) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}
