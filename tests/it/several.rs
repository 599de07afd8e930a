//! Several actors, several clients, several threads.

use std::thread;

use async_tungstenite::tungstenite::Message;

use crate::support::{Client, SHAPES, Server, guest};

#[test]
fn actors_in_one_process_have_nothing_in_common() {
    let server = Server::start(&[guest("events").name("one"), guest("events").name("two")]);
    let (mut one, mut two) = (server.client("one"), server.client("two"));
    one.expect("state:0");
    two.expect("state:0");
    one.ask("count", "2");
    one.ask("abuse-global", "1");
    two.ask("abuse-global", "1");
    one.text("trap");
    one.expect_close(1011);
    two.ask("count", "3");
    two.ask("abuse-global", "2");
}

#[test]
fn a_manifest_may_have_several_listeners_for_one_actor() {
    let second = "[[handlers]]\ntype = \"websocket-server\"\n\
                  config = { port = 0, host = \"127.0.0.2\", path = \"/second\" }\n";
    let server = Server::of(guest("events").extra(second));
    let urls: Vec<_> = server.greeting.iter().filter_map(|line| line.rsplit(' ').next()).collect();
    let [first, second] = urls[..] else { panic!("{:?}", server.greeting) };
    assert!(first.starts_with("ws://127.0.0.1:") && first.ends_with("/ws"), "{first}");
    assert!(second.starts_with("ws://127.0.0.2:") && second.ends_with("/second"), "{second}");
    let address = second.trim_start_matches("ws://").trim_end_matches("/second").parse().unwrap();
    let mut second = Client::connect(address, "/second");
    second.expect("state:0");
    server.client("events").expect("state:1");
}

#[test]
fn an_actor_that_computes_holds_up_neither_another_actor_nor_other_clients() {
    // Far longer than the test takes: the loop ends with the server.
    let loops = guest("events").name("loops").limit("time", "\"24h\"");
    let server = Server::start(&[loops, guest("events")]);
    let mut waiting = server.client("loops");
    waiting.expect("state:0");
    let mut busy = server.client("loops");
    busy.expect("state:1");
    busy.text("loop");
    let mut other = server.client("events");
    other.expect("state:0");
    for number in 0..20 {
        other.ask(&format!("m{number}"), &format!("m{number}"));
    }
    // The busy actor's client also gets the answers that the host gives by itself.
    waiting.send(Message::Ping("still there?".into()));
    assert_eq!(waiting.next(), Message::Pong("still there?".into()));
}

#[test]
fn every_event_counts_once_when_many_clients_talk_at_once_on_several_threads() {
    let server = Server::start_with(&["--threads", "4"], &SHAPES.map(guest));
    let (clients, messages) = (8, 50);
    thread::scope(|scope| {
        for shape in SHAPES {
            for _ in 0..clients {
                scope.spawn(|| {
                    let mut client = server.client(shape);
                    assert!(client.next().is_text());
                    let mut last = 0;
                    for _ in 0..messages {
                        client.text("count");
                        let count: u64 = client.next().to_text().unwrap().parse().unwrap();
                        assert!(count > last, "{count} after {last}");
                        last = count;
                    }
                    client.close(None);
                });
            }
        }
    });
    for shape in SHAPES {
        for number in 1..=clients {
            server.wait_for(&[&format!("{shape}#{number}: actor: close")]);
        }
        // Each of the others: connect, its messages, close.
        server.client(shape).expect(&format!("state:{}", clients * (messages + 2)));
    }
}

#[test]
fn a_client_that_floods_the_actor_does_not_keep_a_quiet_one_waiting() {
    let server = Server::of(guest("events"));
    let mut flood = server.client("events");
    assert!(flood.next().is_text());
    let mut quiet = server.client("events");
    assert!(quiet.next().is_text());
    // More messages than the host reads before the quiet client has had its turns.
    for _ in 0..2000 {
        flood.ws.write(Message::text("count")).unwrap();
    }
    flood.ws.flush().unwrap();
    for number in 0..20 {
        quiet.ask(&format!("m{number}"), &format!("m{number}"));
    }
    // Its own messages are all answered, in order.
    let mut last = 0;
    for _ in 0..2000 {
        let count: u64 = flood.next().to_text().unwrap().parse().unwrap();
        assert!(count > last);
        last = count;
    }
}
