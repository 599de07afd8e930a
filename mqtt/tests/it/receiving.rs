//! Messages of the broker.

use footlight_mqtt::{Ack, Down, Event, Message, Properties, Qos, Settings, Skip, Version};

use crate::broker::{Stage, connack, connack_of, publish, settings, text, topics};

fn up(settings: Settings) -> Stage {
    let version = settings.version.unwrap();
    let mut stage = Stage::up(settings, &connack_of(version, false));
    stage.output();
    stage.events();
    stage
}

fn message(events: Vec<Event>) -> Message {
    match <[Event; 1]>::try_from(events) {
        Ok([Event::Message(message)]) => message,
        other => panic!("{other:?}"),
    }
}

/// The token of the only message.
fn token(events: Vec<Event>) -> Ack {
    message(events).ack.unwrap()
}

fn skip(events: &[Event]) -> Skip {
    match events {
        [Event::Skipped { why, .. }] => *why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_has_everything_that_the_broker_sends() {
    let mut stage = up(settings(Version::V5));
    let properties = [
        &[1, 1, 2, 0, 0, 0, 9, 3][..],
        &text("c"),
        &[8],
        &text("r"),
        // Correlation data, and two identifiers of subscriptions, which are not used.
        &[9, 0, 1, 0, 11, 1, 11, 0x80, 1, 0x26],
        &text("k"),
        &text("v"),
    ];
    let got = message(stage.hear(&publish(0b1011, "a/b", 5, Some(&properties.concat()), "x")));
    assert_eq!((&*got.topic, &*got.payload), ("a/b", &b"x"[..]));
    assert_eq!((got.qos, got.retained, got.duplicate), (Qos::AtLeastOnce, true, true));
    let expected = Properties {
        is_text: true,
        expiry: Some(9),
        content_type: Some("c".into()),
        response_topic: Some("r".into()),
        correlation_data: Some(vec![0].into()),
        user: vec![("k".into(), "v".into())],
    };
    assert_eq!(got.properties, expected);
}

#[test]
fn a_message_with_qos_0_has_nothing_to_acknowledge() {
    for version in [Version::V5, Version::V3_1_1] {
        let mut stage = up(settings(version));
        let properties: Option<&[u8]> = (version == Version::V5).then_some(&[]);
        let got = message(stage.hear(&publish(0, "a", 0, properties, "")));
        assert_eq!((got.qos, got.ack, got.retained), (Qos::AtMostOnce, None, false));
    }
}

#[test]
fn messages_are_acknowledged_in_any_order_when_the_caller_says_so() {
    for version in [Version::V5, Version::V3_1_1] {
        let mut stage = up(settings(version));
        let properties: Option<&[u8]> = (version == Version::V5).then_some(&[]);
        let first = token(stage.hear(&publish(2, "a", 5, properties, "")));
        let second = token(stage.hear(&publish(2, "a", 6, properties, "")));
        assert!(stage.output().is_empty());
        stage.session.acknowledge(second, stage.now);
        stage.session.acknowledge(first, stage.now);
        assert_eq!(stage.output(), [[0x40, 2, 0, 6], [0x40, 2, 0, 5]]);
    }
}

#[test]
fn a_token_of_an_earlier_connection_is_ignored() {
    let mut stage = up(settings(Version::V5));
    let old = token(stage.hear(&publish(2, "a", 5, Some(&[]), "")));
    stage.reconnect(&connack(true, &[]));
    let new = message(stage.hear(&publish(0b1010, "a", 5, Some(&[]), "")));
    assert!(new.duplicate);
    stage.session.acknowledge(old, stage.now);
    assert!(stage.output().is_empty());
    stage.session.acknowledge(new.ack.unwrap(), stage.now);
    assert_eq!(stage.output(), [[0x40, 2, 0, 5]]);
}

#[test]
fn the_broker_keeps_to_the_receive_maximum() {
    let mut settings = settings(Version::V5);
    settings.receive_maximum = 2;
    let mut stage = up(settings);
    let first = token(stage.hear(&publish(2, "a", 1, Some(&[]), "")));
    stage.hear(&publish(2, "a", 2, Some(&[]), ""));
    // QoS 0 does not count, nor does the same message again.
    stage.hear(&publish(0, "a", 0, Some(&[]), ""));
    stage.hear(&publish(0b1010, "a", 2, Some(&[]), ""));
    stage.session.acknowledge(first, stage.now);
    assert_eq!(topics(&stage.hear(&publish(2, "a", 3, Some(&[]), ""))), ["a"]);
    stage.output();
    let events = stage.hear(&publish(2, "a", 4, Some(&[]), ""));
    assert!(matches!(&events[..], [Event::Down(Down::Broken(broken))] if broken.code == 0x93));
    assert_eq!(stage.output(), [[0xE0, 1, 0x93]]);
}

#[test]
fn on_3_1_1_the_broker_knows_no_receive_maximum() {
    let mut settings = settings(Version::V3_1_1);
    settings.receive_maximum = 1;
    let mut stage = up(settings);
    for id in 1..100 {
        assert_eq!(topics(&stage.hear(&publish(2, "a", id, None, ""))), ["a"]);
    }
}

#[test]
fn a_message_past_a_limit_is_acknowledged_and_told() {
    let mut settings = settings(Version::V5);
    settings.limits.topic = 10;
    settings.limits.properties = 20;
    settings.limits.user_properties = 2;
    let mut stage = up(settings);
    let pair = [0x26, 0, 0, 0, 0];
    let properties = |len: usize| [&[3][..], &text(&"x".repeat(len - 3))].concat();
    let cases = [
        (publish(2, "0123456789", 1, Some(&[]), ""), None),
        (publish(2, "0123456789x", 2, Some(&[]), ""), Some(Skip::Topic)),
        (publish(2, "a", 3, Some(&properties(20)), ""), None),
        (publish(2, "a", 4, Some(&properties(21)), ""), Some(Skip::Properties)),
        (publish(2, "a", 5, Some(&pair.repeat(2)), ""), None),
        (publish(2, "a", 6, Some(&pair.repeat(3)), ""), Some(Skip::UserProperties)),
    ];
    for (id, (packet, expected)) in (1..).zip(cases) {
        let events = stage.hear(&packet);
        let output = stage.output();
        match expected {
            None => assert_eq!((topics(&events).len(), output.len()), (1, 0)),
            Some(why) => {
                assert_eq!(skip(&events), why);
                assert_eq!(output, [[0x40, 3, 0, id, 0x97]]);
            }
        }
    }
}

#[test]
fn a_large_message_of_3_1_1_is_acknowledged_and_told() {
    let mut settings = settings(Version::V3_1_1);
    settings.limits.packet = 100;
    let mut stage = up(settings);
    let of = |size: usize, id| publish(2, "a", id, None, &"x".repeat(size - 7));
    assert_eq!(topics(&stage.hear(&of(100, 1))), ["a"]);
    let events = stage.hear(&of(101, 2));
    let why = Skip::Packet;
    assert_eq!(events, [Event::Skipped { topic: "a".into(), size: 101, why }]);
    assert_eq!(stage.output(), [[0x40, 2, 0, 2]]);
    // The next one is read as if nothing had been.
    assert_eq!(topics(&stage.hear(&of(100, 3))), ["a"]);
}

#[test]
fn a_large_message_of_mqtt_5_breaks_the_protocol() {
    let mut settings = settings(Version::V5);
    settings.limits.packet = 100;
    let mut stage = up(settings);
    let of = |size: usize| publish(0, "a", 0, Some(&[]), &"x".repeat(size - 6));
    assert_eq!(topics(&stage.hear(&of(100))), ["a"]);
    let events = stage.hear(&of(101));
    assert!(matches!(&events[..], [Event::Down(Down::Broken(broken))] if broken.code == 0x95));
    assert_eq!(stage.output(), [[0xE0, 1, 0x95]]);
}

#[test]
fn a_message_that_no_subscription_matches_is_not_passed_on() {
    let mut settings = settings(Version::V5);
    settings.subscriptions[0].filter = "room/+".into();
    let mut stage = up(settings);
    assert_eq!(topics(&stage.hear(&publish(2, "room/1", 1, Some(&[]), ""))), ["room/1"]);
    assert_eq!(skip(&stage.hear(&publish(2, "hall", 2, Some(&[]), ""))), Skip::Unsubscribed);
    assert_eq!(stage.output(), [[0x40, 2, 0, 2]]);
}
