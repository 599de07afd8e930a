//! Instances are expendable: only the memory shows that the host has dropped one.

use crate::support::{Client, Server, guest};

/// A client after its `connect` event.
fn client(server: &Server) -> Client {
    let mut client = server.client("events");
    assert!(client.next().is_text());
    client
}

#[test]
fn an_idle_actors_instance_is_dropped_and_its_state_and_connections_stay() {
    let server = Server::of(guest("events").limit("hibernate_after", "\"1s\""));
    let mut client = client(&server);
    client.ask("count", "2");
    client.ask("abuse-global", "1");
    server.wait_for(&["DEBUG events: hibernates"]);
    client.ask("count", "4");
    // The global was in the instance.
    client.text("abuse-global");
    client.expect("1");
    let (_, log) = server.stop();
    assert!(log.contains(" hibernations"), "{log}");
}

#[test]
fn an_instance_is_kept_that_has_grown_to_the_watermark_and_dropped_with_more() {
    let grow = |client: &mut Client| {
        client.ask("abuse-global", "1");
        client.ask("grow:1000000", "grown");
    };
    let server = Server::of(guest("events"));
    let mut measured = client(&server);
    grow(&mut measured);
    measured.text("memory");
    let grown = measured.next().to_text().unwrap().parse::<usize>().unwrap() * 65_536;
    for (watermark, second) in [(grown, "2"), (grown - 1, "1")] {
        let server = Server::of(guest("events").limit("watermark", watermark));
        let mut client = client(&server);
        grow(&mut client);
        client.ask("abuse-global", second);
    }
}

#[test]
fn memory_that_one_message_took_is_given_back_after_it() {
    let server = Server::of(guest("events"));
    let mut client = client(&server);
    client.text("memory");
    let before = client.next();
    client.ask("grow:8000000", "grown");
    client.ask("count", "4");
    client.text("memory");
    assert_eq!(client.next(), before);
    let (_, log) = server.stop();
    assert!(log.contains("1 instances dropped for their memory"), "{log}");
}
