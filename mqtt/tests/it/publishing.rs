//! Publications, and what becomes of them on other connections.

use bytes::Bytes;
use footlight_mqtt::{Event, Properties, Publication, Qos, Refusal, Version, topic::TopicError};

use crate::broker::{
    Stage, connack, connack_of, packet, puback, publication, publish, settings, subacks, text,
};

/// A session without subscriptions that is up.
fn up(version: Version, connack: &[u8]) -> Stage {
    let mut settings = settings(version);
    settings.subscriptions.clear();
    let mut stage = Stage::up(settings, connack);
    stage.events();
    stage
}

fn up_5(properties: &[u8]) -> Stage {
    up(Version::V5, &connack(false, properties))
}

/// PUBLISH as the session sends it.
fn sent(flags: u8, id: u16, payload: &str) -> Vec<u8> {
    publish(flags, "t", id, Some(&[]), payload)
}

#[test]
fn qos_0_leaves_at_once_and_nothing_follows() {
    let mut stage = up_5(&[]);
    let first = Publication { qos: Qos::AtMostOnce, ..publication("a") };
    assert!(stage.publish(1, &Publication { retain: true, ..first }));
    assert_eq!(stage.output(), [publish(1, "t", 0, Some(&[]), "a")]);
    assert_eq!(stage.events(), []);
}

#[test]
fn qos_1_is_delivered_when_the_broker_acknowledges_it() {
    for version in [Version::V5, Version::V3_1_1] {
        let mut stage = up(version, &connack_of(version, false));
        assert!(stage.publish(7, &publication("a")) && stage.publish(8, &publication("b")));
        let properties: Option<&[u8]> = (version == Version::V5).then_some(&[]);
        let packets = [("a", 1), ("b", 2)].map(|(text, id)| publish(2, "t", id, properties, text));
        assert_eq!(stage.output(), packets);
        let acks = [puback(2), puback(1)].concat();
        assert_eq!(stage.hear(&acks), [Event::Delivered { key: 8 }, Event::Delivered { key: 7 }]);
        assert_eq!(stage.session.held(), 0);
    }
}

#[test]
fn all_properties_are_sent_on_mqtt_5() {
    let mut stage = up_5(&[]);
    let properties = Properties {
        is_text: true,
        expiry: Some(9),
        content_type: Some("c".into()),
        response_topic: Some("r".into()),
        correlation_data: Some(Bytes::from_static(&[0])),
        user: vec![("k".into(), "v".into())],
    };
    assert!(stage.publish(1, &Publication { properties, ..publication("a") }));
    let expected = [
        &[1, 1, 2, 0, 0, 0, 9, 3][..],
        &text("c"),
        &[8],
        &text("r"),
        &[9, 0, 1, 0, 0x26],
        &text("k"),
        &text("v"),
    ];
    assert_eq!(stage.output(), [publish(2, "t", 1, Some(&expected.concat()), "a")]);
}

#[test]
fn a_reason_of_the_broker_is_told_in_words() {
    let mut stage = up_5(&[]);
    for key in 1..=3 {
        assert!(stage.publish(key, &publication("a")));
    }
    let answers =
        [packet(0x40, &[0, 1, 0x10]), packet(0x40, &[0, 2, 0x97, 0]), packet(0x40, &[0, 3, 0x87])];
    let events = stage.hear(&answers.concat());
    assert_eq!(events[0], Event::Delivered { key: 1 });
    let words = |event: &Event| match event {
        Event::Refused { why: Refusal::Broker(reason), .. } => reason.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(words(&events[1]), "quota exceeded (0x97)");
    assert_eq!(words(&events[2]), "not authorized (0x87)");
}

#[test]
fn without_a_connection_nothing_is_taken() {
    let mut stage = Stage::new(settings(Version::V5));
    assert!(!stage.publish(1, &publication("a")));
    stage.session.connect(stage.now);
    assert!(!stage.publish(1, &publication("a")));
}

#[test]
fn as_many_are_in_flight_as_the_broker_and_the_limits_allow() {
    for (limit, broker) in [(3, 100), (100, 3)] {
        let mut settings = settings(Version::V5);
        settings.subscriptions.clear();
        settings.limits.in_flight = limit;
        let mut stage = Stage::up(settings, &connack(false, &[0x21, 0, broker]));
        stage.events();
        for key in 1..=3 {
            assert!(stage.publish(key, &publication("a")));
        }
        assert!(!stage.publish(4, &publication("a")));
        assert!(stage.publish(4, &Publication { qos: Qos::AtMostOnce, ..publication("a") }));
        assert_eq!(stage.hear(&puback(2)), [Event::Delivered { key: 2 }]);
        assert!(stage.publish(4, &publication("a")));
        assert!(!stage.publish(5, &publication("a")));
    }
}

#[test]
fn the_bytes_in_flight_have_a_limit() {
    let mut settings = settings(Version::V5);
    settings.limits.in_flight_bytes = 1000;
    let mut stage = Stage::up(settings, &connack(false, &[]));
    stage.events();
    assert!(stage.publish(1, &publication("")));
    let each = stage.session.held() - stage.session.output().len();
    let rest = "x".repeat(1000 - 2 * each);
    assert!(!stage.publish(2, &publication(&format!("{rest}x"))));
    assert!(stage.publish(2, &publication(&rest)));
    assert!(!stage.publish(3, &publication("")));
    // One that never fits is not kept waiting.
    assert!(stage.publish(4, &publication(&"x".repeat(1001 - each))));
    let why = Refusal::TooLarge { size: 1001, limit: 1000 };
    assert_eq!(stage.events(), [Event::Refused { key: 4, why }]);
}

#[test]
fn output_that_is_not_written_has_a_limit() {
    let mut settings = settings(Version::V3_1_1);
    settings.subscriptions.clear();
    settings.limits.output = 100;
    let mut stage = Stage::up(settings, &connack_of(Version::V3_1_1, false));
    let of =
        |size: usize| Publication { qos: Qos::AtMostOnce, ..publication(&"x".repeat(size - 5)) };
    assert!(stage.publish(1, &of(50)) && !stage.publish(2, &of(51)) && stage.publish(2, &of(50)));
    stage.output();
    // One alone may be larger. The broker's packets then wait until it is written.
    assert!(stage.publish(3, &of(101)));
    stage.events();
    assert_eq!(stage.session.received(&[0xD0, 0], stage.now), 0);
    stage.output();
    assert_eq!(stage.session.received(&[0xD0, 0], stage.now), 2);
}

#[test]
fn a_session_that_goes_on_gets_duplicates_in_order_before_all_else() {
    for version in [Version::V5, Version::V3_1_1] {
        let mut stage = up(version, &connack_of(version, false));
        for (key, text) in [(1, "a"), (2, "b"), (3, "c")] {
            assert!(stage.publish(key, &publication(text)));
        }
        stage.hear(&puback(2));
        stage.session.ended();
        stage.events();
        let (_, output) = stage.reconnect(&connack_of(version, true));
        let properties: Option<&[u8]> = (version == Version::V5).then_some(&[]);
        let packets =
            [("a", 1), ("c", 3)].map(|(text, id)| publish(0xA, "t", id, properties, text));
        assert_eq!(output, packets);
        assert!(stage.publish(4, &publication("d")));
        assert_eq!(stage.output(), [publish(2, "t", 4, properties, "d")]);
        assert_eq!(stage.hear(&puback(3)), [Event::Delivered { key: 3 }]);
    }
}

#[test]
fn a_new_session_gets_them_as_new_in_order() {
    let mut stage = up_5(&[]);
    for (key, text) in [(1, "a"), (2, "b")] {
        assert!(stage.publish(key, &publication(text)));
    }
    let (_, output) = stage.reconnect(&connack(false, &[]));
    assert_eq!(output, [sent(2, 1, "a"), sent(2, 2, "b")]);
    let (_, output) = stage.reconnect(&connack(true, &[]));
    assert_eq!(output, [sent(0xA, 1, "a"), sent(0xA, 2, "b")]);
}

#[test]
fn a_broker_that_takes_fewer_than_before_gets_them_one_after_another() {
    let mut stage = up_5(&[]);
    for (key, text) in [(1, "a"), (2, "b"), (3, "c")] {
        assert!(stage.publish(key, &publication(text)));
    }
    let (_, output) = stage.reconnect(&connack(true, &[0x21, 0, 1]));
    assert_eq!(output, [sent(0xA, 1, "a")]);
    assert!(!stage.publish(4, &publication("d")));
    assert_eq!(stage.hear(&puback(1)), [Event::Delivered { key: 1 }]);
    assert_eq!(stage.output(), [sent(0xA, 2, "b")]);
    // The third has not left on the second connection, but the session may have it from the first.
    let (_, output) = stage.reconnect(&connack(false, &[0x21, 0, 1]));
    assert_eq!(output, [sent(2, 2, "b")]);
    let (_, output) = stage.reconnect(&connack(true, &[]));
    assert_eq!(output, [sent(0xA, 2, "b"), sent(2, 3, "c")]);
}

#[test]
fn what_can_never_be_sent_is_refused_and_the_connection_stays() {
    let refused = |stage: &mut Stage, publication: &Publication| {
        assert!(stage.publish(9, publication));
        match <[Event; 1]>::try_from(stage.events()) {
            Ok([Event::Refused { key: 9, why }]) => why,
            other => panic!("{other:?}"),
        }
    };
    // Maximum QoS 0, no retained messages, packets of 20 bytes.
    let mut stage = up_5(&[0x24, 0, 0x25, 0, 0x27, 0, 0, 0, 20]);
    assert_eq!(refused(&mut stage, &publication("a")), Refusal::Qos);
    let zero = Publication { qos: Qos::AtMostOnce, ..publication("a") };
    assert_eq!(refused(&mut stage, &Publication { retain: true, ..zero.clone() }), Refusal::Retain);
    let large = |len| Publication { payload: "x".repeat(len).into(), ..zero.clone() };
    assert!(stage.publish(1, &large(14)));
    assert_eq!(stage.output()[0].len(), 20);
    assert_eq!(refused(&mut stage, &large(15)), Refusal::TooLarge { size: 21, limit: 20 });
    let wrong = Publication { topic: "a/+".into(), ..zero.clone() };
    assert_eq!(refused(&mut stage, &wrong), Refusal::Topic(TopicError::WildcardInName));
    let with = |properties| Publication { properties, ..zero.clone() };
    let long = Some("x".repeat(65_536).into());
    let wrong = [
        Properties { content_type: long, ..Properties::default() },
        Properties { response_topic: Some("#".into()), ..Properties::default() },
        Properties { user: vec![("a\0".into(), "".into())], ..Properties::default() },
        Properties { correlation_data: Some(vec![0; 65_536].into()), ..Properties::default() },
    ];
    for properties in wrong {
        assert_eq!(refused(&mut stage, &with(properties)), Refusal::Property);
    }
    assert!(stage.publish(1, &zero));
}

#[test]
fn what_a_later_connection_can_not_send_is_refused_then() {
    let mut stage = up_5(&[]);
    assert!(
        stage.publish(1, &publication("a long payload")) && stage.publish(2, &publication("b"))
    );
    let (events, output) = stage.reconnect(&connack(true, &[0x27, 0, 0, 0, 12]));
    let why = Refusal::TooLarge { size: 22, limit: 12 };
    assert!(events.contains(&Event::Refused { key: 1, why }));
    assert_eq!(output, [sent(0xA, 2, "b")]);
}

/// PINGREQ and PINGRESP.
const PING: [u8; 2] = [0xC0, 0];
const PONG: [u8; 2] = [0xD0, 0];

/// Ends the connection as the broker does, connects again, and returns the payloads that are sent then.
fn again(stage: &mut Stage, connack: &[u8]) -> Vec<u8> {
    stage.session.ended();
    let (_, mut sent) = stage.reconnect(connack);
    if sent == [PING] {
        stage.hear(&PONG);
        sent = stage.output();
    }
    sent.iter().map(|packet| *packet.last().unwrap()).collect()
}

#[test]
fn a_publication_after_which_the_broker_ends_each_connection_is_sent_alone_and_then_given_up() {
    let connack = connack_of(Version::V3_1_1, true);
    let mut stage = up(Version::V3_1_1, &connack);
    assert!(stage.publish(1, &publication("a")) && stage.publish(2, &publication("b")));
    stage.output();
    assert_eq!(again(&mut stage, &connack), b"ab");
    assert_eq!(stage.session.suspected(), None);
    for _ in 2..12 {
        assert_eq!(again(&mut stage, &connack), b"a");
        assert_eq!(stage.session.suspected(), Some("t"));
        let other = Publication { qos: Qos::AtMostOnce, ..publication("c") };
        assert!(!stage.publish(3, &other), "nothing else may end the connection now");
    }
    stage.session.ended();
    let events = stage.events();
    assert!(events.contains(&Event::Refused { key: 1, why: Refusal::Ends }), "{events:?}");
    assert_eq!(stage.reconnect(&connack).1.len(), 1);
    assert_eq!(stage.hear(&puback(2)), [Event::Delivered { key: 2 }]);
}

#[test]
fn an_end_counts_only_if_the_broker_has_ended_the_connection_and_more_if_it_blames_a_packet() {
    let connack = connack(true, &[]);
    let mut stage = up(Version::V5, &connack);
    assert!(stage.publish(1, &publication("a")));
    for _ in 0..20 {
        stage.session.abandon();
        stage.reconnect(&connack);
        stage.hear(&packet(0xE0, &[0x8E]));
        stage.reconnect(&connack);
    }
    assert_eq!(stage.session.suspected(), None, "the session was taken over");
    for is_last in [false, false, true] {
        let events = stage.hear(&packet(0xE0, &[0x81]));
        let refused = Event::Refused { key: 1, why: Refusal::Ends };
        assert_eq!(events.contains(&refused), is_last, "{events:?}");
        stage.reconnect(&connack);
        stage.hear(&PONG);
    }
    assert_eq!(stage.session.suspected(), None);
}

#[test]
fn what_is_sent_alone_waits_for_the_answers_to_all_subscriptions_and_a_ping() {
    let connack = connack_of(Version::V3_1_1, false);
    let mut stage = Stage::up(settings(Version::V3_1_1), &connack);
    assert!(stage.publish(1, &publication("a")));
    for _ in 0..2 {
        stage.session.ended();
        stage.reconnect(&connack);
    }
    stage.session.ended();
    let (_, sent) = stage.reconnect(&connack);
    let (ping, subscribes) = sent.split_last().unwrap();
    assert!(ping == &PING && subscribes.iter().all(|packet| packet[0] == 0x82), "{sent:?}");
    stage.hear(&subacks(Version::V3_1_1, subscribes, 0));
    assert_eq!(stage.output(), Vec::<Vec<u8>>::new());
    for _ in 0..20 {
        // Who ends connections before the publication has left does not end them because of it.
        stage.session.ended();
        stage.reconnect(&connack);
    }
    let (_, sent) = stage.reconnect(&connack);
    stage.hear(&PONG);
    assert_eq!(stage.output(), Vec::<Vec<u8>>::new());
    stage.hear(&subacks(Version::V3_1_1, &sent, 0));
    assert_eq!(stage.output(), [publish(2, "t", 2, None, "a")]);
}
