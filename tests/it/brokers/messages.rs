//! Messages in both directions, with real brokers.

use footlight_mqtt::{Publication, Qos, Version};

use super::{
    ask, at,
    broker::Broker,
    client::{Client, publication, settings},
    guest, joined, told, up,
};
use crate::{durable::Device, support::Server};

/// The topic and the payload of the next message.
pub fn next(client: &mut Client) -> (String, String) {
    let message = client.wait_message();
    let (topic, payload) = (message.topic.to_string(), message.payload.to_vec());
    if message.ack.is_some() {
        client.acknowledge(message);
    }
    (topic, String::from_utf8(payload).unwrap())
}

/// Messages in both directions, and what comes with them.
fn exchange(broker: &Broker, version: Version) {
    let of = "client_id = \"lamp\", publish = [\"room/#\"], subscribe = [{ topic = \"say/#\", qos = 1 }]";
    let server = Server::of(guest().extra(&at(broker.address, of)));
    let mut ws = up(&server);
    let mut other = Client::up(broker, settings(version, "other", &["room/#"]));
    assert_eq!(ask(&mut ws, "publish mqtt room/a hello"), "published");
    let got = other.wait_message();
    assert_eq!((&*got.topic, &*got.payload, got.qos), ("room/a", &b"hello"[..], Qos::AtMostOnce));
    assert_eq!(ask(&mut ws, "kept mqtt room/b on"), "published");
    let got = other.wait_message();
    assert_eq!((&*got.topic, &*got.payload, got.qos), ("room/b", &b"on"[..], Qos::AtLeastOnce));
    if version == Version::V5 {
        assert_eq!(got.properties.content_type.as_deref(), Some("text/plain"));
        assert_eq!(got.properties.response_topic.as_deref(), Some("room/back"));
        let names: Vec<_> = got.properties.user.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["a", "a", "footlight-sender", "footlight-number"]);
    }
    other.acknowledge(got);
    other.publish(1, &publication("say/x", "good morning"));
    told(&mut ws, "mqtt mqtt say/x good morning qos1");
    other.wait_delivered(1);
    other.publish(2, &publication("say/x", "echo back"));
    assert_eq!(next(&mut other), ("room/echo".into(), "back".into()));
    server.wait_for(&[
        "connected with the broker mqtt at mqtt://",
        &version.to_string(),
        "as lamp",
    ]);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
}

#[test]
fn an_actor_gets_messages_of_mosquitto_and_publishes_there() {
    let Some(broker) = Broker::mosquitto("") else { return };
    exchange(&broker, Version::V5);
}

#[test]
fn an_actor_gets_messages_of_nats_server_and_publishes_there() {
    let Some(broker) = Broker::nats() else { return };
    exchange(&broker, Version::V3_1_1);
}

#[test]
fn a_new_session_gets_what_the_broker_retains() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let mut other = Client::up(&broker, settings(Version::V5, "other", &[]));
    other.publish(1, &Publication { retain: true, ..publication("keep/a", "kept") });
    other.wait_delivered(1);
    let proxy = super::proxy::Proxy::to(broker.address);
    let of = "subscribe = [{ topic = \"keep/#\", qos = 1 }], session = \"0s\"";
    let server = Server::of(guest().extra(&at(proxy.address, of)));
    let mut ws = up(&server);
    proxy.cut();
    told(&mut ws, "mqtt mqtt keep/a kept qos1 retained");
}

#[test]
fn the_broker_publishes_the_will_if_the_host_is_killed_and_not_if_it_stops() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let mut other = Client::up(&broker, settings(Version::V5, "other", &["room/#"]));
    let of = "publish = [\"room/#\"], will = { topic = \"room/gone\", payload = \"lost\" }";
    let actor = guest().extra(&at(broker.address, of));
    let server = Server::of(actor.clone());
    up(&server);
    server.signal("KILL");
    assert_eq!(next(&mut other), ("room/gone".into(), "lost".into()));
    let server = Server::of(actor);
    // What it publishes at the end leaves.
    assert_eq!(ask(&mut up(&server), "publish mqtt room/last bye"), "published");
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    other.publish(1, &publication("room/mark", ""));
    assert_eq!(next(&mut other), ("room/last".into(), "bye".into()));
    assert_eq!(next(&mut other), ("room/mark".into(), "".into()));
}

/// What comes while a host is away is there after its next start, because the session goes on.
fn away(broker: &Broker, version: Version) {
    let device = Device::new();
    let of = "subscribe = [{ topic = \"keep/#\", qos = 1 }]";
    let actor = guest().extra(&at(broker.address, of));
    let server = device.run(&actor);
    up(&server);
    server.signal("KILL");
    drop(server);
    let mut other = Client::up(broker, settings(version, "other", &[]));
    let numbers: Vec<_> = (0..50).map(|number: u64| number.to_string()).collect();
    for (key, number) in (0..).zip(&numbers) {
        other.publish(key, &publication("keep/a", number));
        other.wait_delivered(key);
    }
    let server = device.run(&actor);
    let mut ws = joined(&server);
    let all = numbers.join(" ") + " ";
    crate::support::eventually("there", || ask(&mut ws, "seen") == all);
    server.wait_for(&[
        "connected with the broker mqtt",
        &version.to_string(),
        "the session goes on",
    ]);
}

#[test]
fn nothing_is_lost_that_mosquitto_gets_while_the_host_is_away() {
    let Some(broker) = Broker::mosquitto("") else { return };
    away(&broker, Version::V5);
}

#[test]
fn nothing_is_lost_that_nats_server_gets_while_the_host_is_away() {
    let Some(broker) = Broker::nats() else { return };
    away(&broker, Version::V3_1_1);
}
