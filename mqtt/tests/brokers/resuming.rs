//! Sessions that go on over several connections.

use footlight_mqtt::{Event, Skip};

use crate::client::{Client, publication, settings, with_all};

#[test]
fn a_session_gets_what_came_while_it_was_away() {
    with_all(|broker, version| {
        let mut lamp = Client::up(broker, settings(version, "lamp", &["a"]));
        lamp.cut();
        let mut desk = Client::up(broker, settings(version, "desk", &[]));
        for (key, text) in [(1, "1"), (2, "2")] {
            desk.publish(key, &publication("a", text));
            desk.wait_delivered(key);
        }
        lamp.connect();
        assert_eq!(lamp.wait_up(), (version, true));
        for text in ["1", "2"] {
            let got = lamp.wait_message();
            assert_eq!(got.payload, text);
            lamp.acknowledge(got);
        }
    });
}

#[test]
fn without_an_expiry_nothing_is_kept() {
    with_all(|broker, version| {
        let mut settings_ = settings(version, "lamp", &["a"]);
        settings_.session_expiry = 0;
        let mut lamp = Client::up(broker, settings_);
        lamp.connect();
        assert_eq!(lamp.wait_up(), (version, false));
        // It has subscribed again.
        lamp.wait(|event| matches!(event, Event::Subscribed { .. }).then_some(()));
    });
}

#[test]
fn a_message_that_is_not_acknowledged_comes_again_as_a_duplicate() {
    with_all(|broker, version| {
        let mut lamp = Client::up(broker, settings(version, "lamp", &["a"]));
        let mut desk = Client::up(broker, settings(version, "desk", &[]));
        desk.publish(1, &publication("a", "1"));
        assert!(!lamp.wait_message().duplicate);
        lamp.connect();
        assert!(lamp.wait_up().1);
        let again = lamp.wait_message();
        assert!(again.duplicate && again.payload == "1");
        lamp.acknowledge(again);
        // Once it is acknowledged, another one is next.
        desk.publish(2, &publication("a", "2"));
        assert_eq!(lamp.wait_message().payload, "2");
        lamp.connect();
        assert!(lamp.wait_up().1);
        assert_eq!(lamp.wait_message().payload, "2");
    });
}

/// Whether these are the parts of two in their order.
fn is_merged(all: &[u8], one: &[u8], other: &[u8]) -> bool {
    let Some((first, rest)) = all.split_first() else { return one.is_empty() && other.is_empty() };
    let is_next = |part: &[u8]| part.first() == Some(first);
    (is_next(one) && is_merged(rest, &one[1..], other))
        || (is_next(other) && is_merged(rest, one, &other[1..]))
}

#[test]
fn publications_that_are_cut_off_before_puback_are_sent_again_in_order() {
    with_all(|broker, version| {
        let mut watch = Client::up(broker, settings(version, "watch", &["a"]));
        let mut desk = Client::up(broker, settings(version, "desk", &[]));
        for (key, text) in [(1, "1"), (2, "2"), (3, "3")] {
            desk.publish(key, &publication("a", text));
        }
        // Nothing has been read, so nothing is acknowledged.
        desk.connect();
        assert!(desk.wait_up().1);
        for key in 1..=3 {
            desk.wait_delivered(key);
        }
        assert_eq!(desk.session.held(), 0);
        let duplicates = desk.written.iter().filter(|byte| **byte == 0x3A);
        assert_eq!(duplicates.count(), 3);
        // How many of the first ones arrive is open. A broker may still read them when the others come.
        desk.publish(4, &publication("a", "end"));
        let mut all = String::new();
        while !all.ends_with("end") {
            let got = watch.wait_message();
            all.push_str(std::str::from_utf8(&got.payload).unwrap());
            watch.acknowledge(got);
        }
        let both = all.strip_suffix("end").unwrap().as_bytes();
        let is_right = |first: &[u8]| is_merged(both, first, b"123");
        assert!([&b""[..], b"1", b"12", b"123"].into_iter().any(is_right), "{all}");
    });
}

#[test]
fn subscriptions_of_earlier_settings_bring_no_messages() {
    with_all(|broker, version| {
        Client::up(broker, settings(version, "lamp", &["old"])).cut();
        let mut lamp = Client::up(broker, settings(version, "lamp", &["new"]));
        let mut desk = Client::up(broker, settings(version, "desk", &[]));
        for (key, topic) in [(1, "old"), (2, "new")] {
            desk.publish(key, &publication(topic, ""));
            desk.wait_delivered(key);
        }
        assert_eq!(lamp.wait_message().topic, "new");
        let why = lamp.wait(|event| match event {
            Event::Skipped { topic, why, .. } if topic == "old" => Some(*why),
            _ => None,
        });
        assert_eq!(why, Skip::Unsubscribed);
    });
}
