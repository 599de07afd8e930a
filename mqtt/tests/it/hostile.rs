//! Brokers that break the protocol.

use footlight_mqtt::{Broken, Down, Event, Version};

use crate::broker::{Stage, connack, connack_of, packet, publish, settings, text};

/// What is wrong with these bytes after CONNACK.
fn broken(version: Version, bytes: &[u8]) -> Broken {
    let mut stage = Stage::up(settings(version), &connack_of(version, false));
    stage.output();
    match <[Event; 1]>::try_from(stage.hear(bytes)) {
        Ok([Event::Down(Down::Broken(broken))]) => {
            let disconnect: Vec<Vec<u8>> = match version {
                Version::V5 => vec![vec![0xE0, 1, broken.code]],
                Version::V3_1_1 => vec![],
            };
            assert_eq!(stage.output(), disconnect);
            broken
        }
        other => panic!("{bytes:x?}: {other:?}"),
    }
}

#[test]
fn an_error_names_the_packet_the_byte_and_the_fault() {
    let wrong = broken(Version::V5, &publish(2, "a", 0, Some(&[]), ""));
    assert_eq!(
        wrong.to_string(),
        "the broker sent a wrong PUBLISH: at its byte 5, the packet identifier is 0"
    );
}

#[test]
fn wrong_packets_of_mqtt_5_end_the_connection() {
    let property = |bytes: &[u8]| publish(0, "a", 0, Some(bytes), "");
    let cases: &[(Vec<u8>, &str, usize, u8)] = &[
        // QoS 2 was not granted, and QoS 3 does not exist.
        (publish(4, "a", 1, Some(&[]), ""), "PUBLISH", 0, 0x9B),
        (publish(6, "a", 1, Some(&[]), ""), "PUBLISH", 0, 0x81),
        (publish(8, "a", 1, Some(&[]), ""), "PUBLISH", 0, 0x81),
        // Topics.
        (publish(0, "", 0, Some(&[]), ""), "PUBLISH", 4, 0x82),
        (publish(0, "a/#", 0, Some(&[]), ""), "PUBLISH", 2, 0x81),
        (publish(0, "a\0", 0, Some(&[]), ""), "PUBLISH", 2, 0x81),
        (packet(0x30, &[0, 1, 0xFF, 0]), "PUBLISH", 2, 0x81),
        (packet(0x30, &[0, 9, b'a']), "PUBLISH", 4, 0x81),
        (packet(0x30, &[]), "PUBLISH", 2, 0x81),
        // Properties.
        (property(&[0x23, 0, 1]), "PUBLISH", 7, 0x94),
        (property(&[0x23, 0, 0]), "PUBLISH", 7, 0x94),
        (property(&[1, 2]), "PUBLISH", 7, 0x82),
        (property(&[1, 1, 1, 1]), "PUBLISH", 9, 0x82),
        (property(&[0x11, 0, 0, 0, 0]), "PUBLISH", 6, 0x81),
        (property(&[0x7F]), "PUBLISH", 6, 0x81),
        (property(&[0x80, 1]), "PUBLISH", 6, 0x81),
        (property(&[2, 0]), "PUBLISH", 7, 0x81),
        (property(&[&[8][..], &text("#")].concat()), "PUBLISH", 10, 0x82),
        (property(&[11, 0x80, 0x80, 0x80, 0x80]), "PUBLISH", 11, 0x81),
        (packet(0x30, &[0, 1, b'a', 5, 1]), "PUBLISH", 6, 0x81),
        (packet(0x30, &[0, 1, b'a']), "PUBLISH", 5, 0x81),
        // Acknowledgements of what was not sent.
        (packet(0x40, &[0, 0]), "PUBACK", 2, 0x82),
        (packet(0x40, &[0, 9]), "PUBACK", 0, 0x82),
        (packet(0x40, &[0]), "PUBACK", 2, 0x81),
        (packet(0x40, &[0, 9, 1]), "PUBACK", 5, 0x81),
        (packet(0x40, &[0, 9, 0, 0, 0]), "PUBACK", 6, 0x81),
        (packet(0x90, &[0, 0, 0, 0]), "SUBACK", 2, 0x82),
        (packet(0x90, &[0, 9, 0, 0]), "SUBACK", 0, 0x82),
        (packet(0x90, &[0, 1, 0, 2]), "SUBACK", 5, 0x82),
        (packet(0x90, &[0, 1, 0]), "SUBACK", 5, 0x81),
        (packet(0x90, &[0, 1, 0, 0, 0]), "SUBACK", 6, 0x81),
        // Packets that do not come at all, or not now.
        (packet(0xD0, &[0]), "PINGRESP", 2, 0x81),
        (packet(0xD1, &[]), "PINGRESP", 0, 0x81),
        (packet(0xF0, &[]), "AUTH", 0, 0x82),
        (packet(0x50, &[0, 1]), "PUBREC", 0, 0x82),
        (packet(0x00, &[]), "packet of type 0", 0, 0x82),
        (connack(false, &[]), "CONNACK", 0, 0x82),
    ];
    for (bytes, packet, offset, code) in cases {
        let wrong = broken(Version::V5, bytes);
        assert_eq!(
            (wrong.packet, wrong.offset, wrong.code),
            (*packet, *offset, *code),
            "{bytes:x?}"
        );
    }
}

#[test]
fn wrong_packets_of_3_1_1_end_the_connection() {
    let cases = [
        (publish(4, "a", 1, None, ""), "PUBLISH", 0),
        (publish(2, "a", 0, None, ""), "PUBLISH", 5),
        (publish(0, "", 0, None, ""), "PUBLISH", 2),
        (packet(0x40, &[0, 9, 0]), "PUBACK", 4),
        (packet(0x90, &[0, 1, 2]), "SUBACK", 4),
        (packet(0xE0, &[]), "DISCONNECT", 2),
        (packet(0xF0, &[]), "AUTH", 0),
    ];
    for (bytes, packet, offset) in cases {
        let wrong = broken(Version::V3_1_1, &bytes);
        assert_eq!((wrong.packet, wrong.offset), (packet, offset), "{bytes:x?}");
    }
}

#[test]
fn a_wrong_connack_ends_the_connection() {
    let cases: &[Vec<u8>] = &[
        packet(0x20, &[2, 0, 0]),
        packet(0x20, &[0, 7, 0]),
        packet(0x20, &[0, 6]),
        packet(0x20, &[1, 0x87, 0]),
        packet(0x20, &[0]),
        packet(0x20, &[0, 0, 0, 0]),
        // Receive maximum 0, maximum packet size 0, maximum QoS 2, a property of PUBLISH.
        connack(false, &[0x21, 0, 0]),
        connack(false, &[0x27, 0, 0, 0, 0]),
        connack(false, &[0x24, 2]),
        connack(false, &[1, 1]),
        connack(false, &[0x21, 0, 1, 0x21, 0, 1]),
        // Something else instead.
        publish(0, "a", 0, Some(&[]), ""),
        packet(0xD0, &[]),
    ];
    for bytes in cases {
        let mut stage = Stage::new(settings(Version::V5));
        let (events, output) = stage.reconnect(bytes);
        assert!(matches!(&events[..], [Event::Down(Down::Broken(_))]), "{bytes:x?}: {events:?}");
        assert!(output.is_empty());
    }
}

#[test]
fn an_acknowledgement_of_an_earlier_connection_does_not_count() {
    let mut stage = Stage::up(settings(Version::V5), &connack(false, &[0x21, 0, 1]));
    assert!(stage.publish(1, &crate::broker::publication("a")));
    let id = stage.output()[0][5..7].to_vec();
    // Nothing is sent again while the broker takes nothing with QoS 1.
    let (events, _) = stage.reconnect(&connack(true, &[0x24, 0]));
    assert!(matches!(events[..], [_, _, Event::Refused { key: 1, .. }]));
    let events = stage.hear(&packet(0x40, &id));
    assert!(
        matches!(&events[..], [Event::Down(Down::Broken(broken))] if broken.packet == "PUBACK")
    );
}

#[test]
fn a_long_text_of_the_broker_is_cut() {
    let mut stage = Stage::up(settings(Version::V5), &connack(false, &[]));
    let reason = text(&"ü".repeat(1000));
    let properties = packet(0, &[&[0x1F][..], &reason].concat());
    let events = stage.hear(&packet(0xE0, &[&[0x8B], &properties[1..]].concat()));
    let [Event::Down(Down::Closed(reason))] = &events[..] else { panic!("{events:?}") };
    assert_eq!(reason.text(), "ü".repeat(128));
}
