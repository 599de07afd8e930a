//! Each client has one event at a time in the mailbox. Clients that find no room wait in line.

use async_tungstenite::tungstenite::{Bytes, Message};

use crate::support::{Client, Server, guest};

/// The next text that is a number: the count of the actor's events.
fn count(client: &mut Client) -> u64 {
    loop {
        if let Message::Text(text) = client.next()
            && let Ok(count) = text.parse()
        {
            return count;
        }
    }
}

/// Sends so many messages at once.
fn send_all(client: &mut Client, messages: impl IntoIterator<Item = Message>) {
    messages.into_iter().for_each(|message| client.ws.write(message).unwrap());
    client.ws.flush().unwrap();
}

#[test]
fn whatever_a_client_floods_the_actor_with_it_delays_another_one_by_one_event() {
    const QUIET: usize = 30;
    let payload = || Bytes::from_static(b"flood");
    let floods: [&dyn Fn() -> Message; 5] = [
        &|| Message::text("flood"),
        &|| Message::text(""),
        &|| Message::Binary(payload()),
        &|| Message::Ping(payload()),
        &|| Message::Pong(payload()),
    ];
    for flooded in floods {
        let server = Server::of(guest("events"));
        let [mut flood, mut quiet] = [(); 2].map(|()| server.client("events"));
        assert!(flood.next().is_text() && quiet.next().is_text());
        // The first answer shows that the flood has arrived. The host reads the rest as it can.
        let many = (0..2000).map(|_| flooded());
        let first = Message::text("count");
        send_all(&mut flood, [first.clone()].into_iter().chain(many).chain([first]));
        count(&mut flood);
        send_all(&mut quiet, (0..QUIET).map(|_| Message::text("count")));
        let counts: Vec<_> = (0..QUIET).map(|_| count(&mut quiet)).collect();
        for pair in counts.windows(2) {
            assert!((1..=2).contains(&(pair[1] - pair[0])), "{:?}: {counts:?}", flooded());
        }
        // It was not over before, and all of it is handled in the end.
        assert_eq!(count(&mut flood), 2 + 1 + 2000 + 1 + QUIET as u64, "{counts:?}");
        assert!(counts[QUIET - 1] >= counts[0] + QUIET as u64);
    }
}

#[test]
fn clients_that_wait_for_room_in_the_mailbox_all_get_it_though_others_of_them_vanish() {
    const CLIENTS: usize = 60;
    const TEXTS: usize = 10;
    let text = |client: usize, number: usize| format!("{client} {number} {}", "x".repeat(4000));
    // Room for a few of them.
    let actor = guest("events").limit("log_rate", 1_000_000).limit("mailbox", "\"64KiB\"");
    let server = Server::of(actor);
    let mut clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let mut client = server.client("events");
            assert!(client.next().is_text());
            client
        })
        .collect();
    for (index, client) in clients.iter_mut().enumerate() {
        send_all(client, (0..TEXTS).map(|number| Message::text(text(index, number))));
    }
    for (index, mut client) in clients.into_iter().enumerate() {
        if index % 3 == 0 {
            client.vanish();
            continue;
        }
        for number in 0..TEXTS {
            client.expect(&text(index, number));
        }
        client.close(None);
    }
    for number in 1..=CLIENTS {
        server.wait_for(&[&format!("events#{number}: actor: close")]);
    }
}

#[test]
fn of_many_clients_that_wait_at_the_mailbox_nobody_is_served_thrice_while_another_waits() {
    const CLIENTS: usize = 200;
    const TEXTS: usize = 5;
    // Room is held for the largest message: for one client at a time.
    let server = Server::of(guest("events").limit("message", 1000).limit("mailbox", 1000));
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.client("events")).collect();
    assert!(clients.iter_mut().all(|client| client.next().is_text()));
    for client in &mut clients {
        send_all(client, (0..TEXTS).map(|_| Message::text("count")));
    }
    let served: Vec<Vec<_>> =
        clients.iter_mut().map(|client| (0..TEXTS).map(|_| count(client)).collect()).collect();
    for (one, pair) in served.iter().flat_map(|one| one.windows(2).map(move |pair| (one, pair))) {
        for other in &served {
            let between = other.iter().filter(|count| (pair[0] + 1..pair[1]).contains(count));
            assert!(between.count() <= 2, "{one:?} {other:?}");
        }
    }
}
