//! An actor that is slow, and a broker that sends more messages of QoS 1 than it may. mosquitto 2.0.11 does
//! so when a session goes on. This one runs in the test's process.

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
};

use super::{ask, at, guest, joined, proxy::read_packet};
use crate::{
    durable::metric,
    support::{Server, eventually},
};

/// CONNACK of MQTT 5: accepted, a new session, no properties.
const CONNACK: &[u8] = &[0x20, 3, 0, 0, 0];
/// The first byte of a PUBLISH with QoS 1.
const PUBLISH: u8 = 0x32;

/// A PUBLISH with QoS 1 to the topic `a`, with a payload of two bytes.
fn publish(id: u16) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    vec![PUBLISH, 8, 0, 1, b'a', high, low, 0, b'o', b'n']
}

/// Reads packets up to a PUBLISH with QoS 1. Returns its identifier.
fn published(socket: &mut TcpStream) -> [u8; 2] {
    loop {
        let packet = read_packet(socket).unwrap();
        if packet[0] & !1 == PUBLISH {
            // Its length has one byte, and that of the topic two.
            let topic = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
            return [packet[4 + topic], packet[5 + topic]];
        }
    }
}

#[test]
fn acknowledgements_of_a_broker_arrive_behind_messages_that_wait_for_a_slow_actor() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = "version = \"5\", publish = [\"r\"], subscribe = [{ topic = \"a\", qos = 1 }]";
    let handler = at(listener.local_addr().unwrap(), config);
    // Far longer than the test takes: the actor is busy until the server ends.
    let server = Server::of(guest().extra(&handler).limit("time", "\"24h\""));
    let (mut socket, _) = listener.accept().unwrap();
    socket.write_all(CONNACK).unwrap();
    let mut client = joined(&server);
    assert_eq!(ask(&mut client, "once 1 mqtt r"), "published");
    let id = published(&mut socket);
    client.text("burst 4294967295 mqtt r");
    eventually("busy", || metric(&server, "broker", "footlight_mqtt_refused_total") > 0);
    // 16 may come without an acknowledgement: `limits.mqtt_inflight`.
    let all: Vec<u8> = (1..=100).flat_map(publish).collect();
    socket.write_all(&all).unwrap();
    socket.write_all(&[0x40, 2, id[0], id[1]]).unwrap();
    let published = || metric(&server, "broker", "footlight_mqtt_published_total");
    eventually("acknowledged", || published() == 1);
    assert_eq!(metric(&server, "broker", "footlight_mqtt_acknowledged_total"), 0);
    assert_eq!(server.count("is lost"), 0);
}
