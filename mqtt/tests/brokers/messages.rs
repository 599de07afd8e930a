//! Messages from one client to another.

use footlight_mqtt::{Event, Properties, Publication, Qos, Refusal, Version, Will};

use crate::{
    broker::Broker,
    client::{Client, publication, settings, with_all, with_mosquitto},
};

#[test]
fn messages_go_both_ways_with_qos_0_and_1() {
    with_all(|broker, version| {
        let mut lamp = Client::up(broker, settings(version, "lamp", &["to/lamp/#"]));
        let mut desk = Client::up(broker, settings(version, "desk", &["to/desk"]));
        let sent = [Qos::AtLeastOnce, Qos::AtMostOnce]
            .map(|qos| Publication { qos, ..publication("to/lamp/a", "on") });
        for publication in sent {
            desk.publish(1, &publication);
            let got = lamp.wait_message();
            assert_eq!((&*got.topic, &*got.payload), ("to/lamp/a", &b"on"[..]));
            assert!(got.qos == publication.qos && !got.duplicate && !got.retained);
            if got.qos == Qos::AtLeastOnce {
                lamp.acknowledge(got);
                desk.wait_delivered(1);
            }
        }
        let large = "x".repeat(100_000);
        lamp.publish(3, &publication("to/desk", &large));
        assert_eq!(desk.wait_message().payload, large);
        lamp.wait_delivered(3);
    });
}

#[test]
fn all_properties_arrive() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let mut lamp = Client::up(&broker, settings(Version::V5, "lamp", &["a"]));
    let properties = Properties {
        is_text: true,
        expiry: Some(3600),
        content_type: Some("text/plain".into()),
        response_topic: Some("answers".into()),
        correlation_data: Some(vec![0, 255].into()),
        user: vec![("k".into(), "v".into()), ("k".into(), "ü".into())],
    };
    lamp.publish(1, &Publication { properties: properties.clone(), ..publication("a", "") });
    assert_eq!(lamp.wait_message().properties, properties);
}

#[test]
fn a_retained_message_comes_once_for_a_session() {
    with_mosquitto(|broker, version| {
        let mut desk = Client::up(broker, settings(version, "desk", &[]));
        desk.publish(1, &Publication { retain: true, ..publication("state", "on") });
        desk.wait_delivered(1);
        let mut lamp = Client::up(broker, settings(version, "lamp", &["state"]));
        let got = lamp.wait_message();
        assert!(got.retained && &*got.payload == b"on");
        lamp.acknowledge(got);
        // Something else shows that nothing comes before it.
        lamp.connect();
        assert!(lamp.wait_up().1);
        desk.publish(2, &publication("state", "off"));
        let got = lamp.wait_message();
        assert!(!got.retained && &*got.payload == b"off");
    });
}

#[test]
fn the_broker_publishes_the_will_of_a_client_that_is_cut_off() {
    with_all(|broker, version| {
        let mut watch = Client::up(broker, settings(version, "watch", &["gone/#"]));
        let with_will = |name: &str| {
            let mut settings = settings(version, name, &[]);
            let topic = format!("gone/{name}");
            settings.will = Some(Will { publication: publication(&topic, "bye"), delay: 0 });
            Client::up(broker, settings)
        };
        let mut tidy = with_will("tidy");
        tidy.session.disconnect(std::time::Instant::now());
        tidy.write();
        tidy.cut();
        with_will("cut").cut();
        let got = watch.wait_message();
        assert_eq!((&*got.topic, &*got.payload), ("gone/cut", &b"bye"[..]));
    });
}

#[test]
fn the_receive_maximum_holds_messages_back() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let mut settings_ = settings(Version::V5, "lamp", &["a"]);
    settings_.receive_maximum = 1;
    let mut lamp = Client::up(&broker, settings_);
    for (key, text) in [(1, "1"), (2, "2")] {
        lamp.publish(key, &publication("a", text));
    }
    let first = lamp.wait_message();
    lamp.wait_delivered(2);
    // A message with QoS 0 passes the one that is held back.
    lamp.publish(3, &Publication { qos: Qos::AtMostOnce, ..publication("a", "3") });
    assert_eq!(lamp.wait_message().payload, "3");
    lamp.acknowledge(first);
    assert_eq!(lamp.wait_message().payload, "2");
}

#[test]
fn what_the_broker_does_not_take_is_refused_and_the_connection_stays() {
    let limits = "max_packet_size 100\nmax_qos 0\nretain_available false";
    let Some(broker) = Broker::mosquitto(limits) else { return };
    let mut desk = Client::up(&broker, settings(Version::V5, "desk", &[]));
    let zero = Publication { qos: Qos::AtMostOnce, ..publication("a", "") };
    let cases = [
        publication("a", ""),
        Publication { retain: true, ..zero.clone() },
        Publication { payload: "x".repeat(100).into(), ..zero.clone() },
    ];
    let mut reasons = Vec::new();
    for (key, case) in (0..).zip(&cases) {
        desk.publish(key, case);
        reasons.push(desk.wait(|event| match event {
            Event::Refused { why, .. } => Some(why.clone()),
            _ => None,
        }));
    }
    let too_large = Refusal::TooLarge { size: 106, limit: 100 };
    assert_eq!(reasons, [Refusal::Qos, Refusal::Retain, too_large]);
    desk.publish(4, &zero);
}

#[test]
fn a_broker_that_does_not_authorize_a_publication_says_so() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "topic read #\n").unwrap();
    let Some(broker) = Broker::mosquitto(&format!("acl_file {}", file.path().display())) else {
        return;
    };
    let mut desk = Client::up(&broker, settings(Version::V5, "desk", &[]));
    desk.publish(1, &publication("a", ""));
    let why = desk.wait(|event| match event {
        Event::Refused { key: 1, why } => Some(why.to_string()),
        _ => None,
    });
    assert_eq!(why, "the broker refuses it: not authorized (0x87)");
}
