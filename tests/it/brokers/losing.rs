//! Connections that are lost: what was published comes, and once.

use footlight_mqtt::Version;

use super::{
    ask, at,
    broker::Broker,
    client::{Client, settings},
    guest, joined,
    messages::next,
    proxy::Proxy,
    told, up,
};
use crate::{
    durable::{Device, metric},
    support::{Actor, eventually},
};

#[test]
fn what_is_published_while_the_broker_is_away_leaves_when_it_is_back() {
    let Some(mut broker) = Broker::mosquitto("") else { return };
    let device = Device::new();
    let server = device.run(&guest().extra(&at(broker.address, "publish = [\"room/#\"]")));
    let mut ws = up(&server);
    broker.end("KILL");
    eventually("down", || ask(&mut ws, "status mqtt").starts_with("down: "));
    for number in 0..3 {
        assert_eq!(ask(&mut ws, &format!("kept mqtt room/{number} on")), "published");
    }
    assert_eq!(ask(&mut ws, "publish mqtt room/3 on"), "published");
    server.wait_for(&[
        "the connection with the broker mqtt at",
        "is lost",
        "the next attempt is in",
    ]);
    broker.restart();
    // The first three are retained.
    let mut other = Client::up(&broker, settings(Version::V5, "other", &["room/#"]));
    let mut topics: Vec<_> = (0..3).map(|_| next(&mut other).0).collect();
    topics.sort();
    assert_eq!(topics, ["room/0", "room/1", "room/2"]);
    eventually("recorded", || metric(&server, "broker", "footlight_mqtt_outbox_bytes") == 0);
    assert_eq!(metric(&server, "broker", "footlight_mqtt_published_total"), 4);
    assert_eq!(metric(&server, "broker", "footlight_mqtt_reconnects_total"), 1);
    assert_eq!(metric(&server, "broker", "footlight_mqtt_up"), 1);
}

#[test]
fn a_publication_for_which_the_broker_ends_each_connection_is_given_up_and_the_others_arrive() {
    // In MQTT 3.1.1 nothing tells a client how large a packet may be.
    let Some(broker) = Broker::mosquitto("max_packet_size 2000") else { return };
    let config = "version = \"3.1.1\", publish = [\"room/#\"], subscribe = [{ topic = \"x\" }]";
    let device = Device::new();
    let server = device.run(&guest().extra(&at(broker.address, config)));
    let mut ws = up(&server);
    let mut other = Client::up(&broker, settings(Version::V5, "other", &["room/#"]));
    assert_eq!(ask(&mut ws, &format!("kept mqtt room/large {}", "x".repeat(3000))), "published");
    assert_eq!(ask(&mut ws, "kept mqtt room/small on"), "published");
    server
        .wait_for(&["it ends after what was published to \"room/large\", which is sent alone now"]);
    server.wait_for(&[
        "the broker mqtt refuses what was published to \"room/large\"",
        "it ends the connection each time",
    ]);
    assert_eq!(next(&mut other).0, "room/small");
    assert_eq!(metric(&server, "broker", "footlight_mqtt_refused_total"), 1);
    assert_eq!(metric(&server, "broker", "footlight_mqtt_published_total"), 1);
}

/// Two hosts with a proxy each, of which the first publishes and the second listens.
pub fn pair(broker: &Broker, dedupe: bool) -> [(Proxy, Actor); 2] {
    [
        "publish = [\"keep/#\"], client_id = \"from\"".into(),
        format!(
            "subscribe = [{{ topic = \"keep/#\", qos = 1, dedupe = {dedupe} }}], client_id = \"to\""
        ),
    ]
    .map(|config: String| {
        let proxy = Proxy::to(broker.address);
        // Only MQTT 5 has what numbers are known again by.
        let config = format!("version = \"5\", {config}");
        let actor = guest().extra(&at(proxy.address, &config));
        (proxy, actor)
    })
}

#[test]
fn a_message_without_its_acknowledgement_comes_again_and_counts_once() {
    let Some(broker) = Broker::mosquitto("") else { return };
    for dedupe in [true, false] {
        let devices = [Device::new(), Device::new()];
        let [(first, from), (second, to)] = pair(&broker, dedupe);
        let (from, to) = (devices[0].run(&from), devices[1].run(&to));
        let (mut talker, mut listener) = (up(&from), up(&to));
        first.cut_after(0);
        second.cut_after(0);
        assert_eq!(ask(&mut talker, "once 1 mqtt keep/a"), "published");
        eventually("cut", || first.cuts() == 1 && second.cuts() == 1);
        if !dedupe {
            told(&mut listener, "mqtt mqtt keep/a 1 qos1 duplicate");
        }
        eventually("up", || ask(&mut talker, "status mqtt") == "up");
        eventually("up", || ask(&mut listener, "status mqtt") == "up");
        assert_eq!(ask(&mut talker, "once 2 mqtt keep/a"), "published");
        eventually("both", || ask(&mut joined(&to), "seen").ends_with("2 "));
        let seen = ask(&mut joined(&to), "seen");
        let again = metric(&to, "broker", "footlight_mqtt_duplicates_total");
        // The first host has sent it again, and so has the broker: what the second one had not acknowledged.
        if dedupe {
            assert!(seen == "1 2 " && again >= 2, "{seen}, {again}");
        } else {
            assert!(seen.matches("1 ").count() >= 3 && again == 0, "{seen}, {again}");
        }
    }
}
