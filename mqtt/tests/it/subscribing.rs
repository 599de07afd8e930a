//! Subscriptions, and when they are sent again.

use footlight_mqtt::{Event, Qos, Settings, Version};

use crate::broker::{Stage, connack, connack_of, packet, settings, subacks, subscription, text};

/// SUBSCRIBE of MQTT 5 as the session sends it: retained messages come only if it is new.
fn subscribe(id: u8, filter: &str) -> Vec<u8> {
    packet(0x82, &[&[0, id, 0], &text(filter)[..], &[0x11]].concat())
}

fn of(version: Version, filters: &[&str]) -> Settings {
    let mut settings = settings(version);
    settings.subscriptions = filters.iter().map(|filter| subscription(filter)).collect();
    settings
}

#[test]
fn each_filter_is_subscribed_to_and_answered() {
    let mut stage = Stage::new(of(Version::V5, &["a", "b"]));
    let (_, output) = stage.reconnect(&connack(false, &[]));
    assert_eq!(output, [subscribe(1, "a"), subscribe(2, "b")]);
    let refusal = [&[0, 1][..], &[4, 0x1F, 0, 1, b'x'], &[0x87]].concat();
    let events = stage.hear(&[packet(0x90, &[0, 2, 0, 0]), packet(0x90, &refusal)].concat());
    let granted = Event::Subscribed { filter: "b".into(), outcome: Ok(Qos::AtMostOnce) };
    assert_eq!(events[0], granted);
    let Event::Subscribed { filter, outcome: Err(reason) } = &events[1] else { panic!() };
    assert_eq!((&**filter, reason.to_string()), ("a", "not authorized (0x87), \"x\"".into()));
}

#[test]
fn a_subscribe_of_3_1_1_has_no_options_but_the_qos() {
    let mut stage = Stage::new(of(Version::V3_1_1, &["a"]));
    let (_, output) = stage.reconnect(&connack_of(Version::V3_1_1, false));
    assert_eq!(output, [packet(0x82, &[0, 1, 0, 1, b'a', 1])]);
    let events = stage.hear(&packet(0x90, &[0, 1, 0x80]));
    let [Event::Subscribed { outcome: Err(reason), .. }] = &events[..] else { panic!() };
    assert_eq!(reason.to_string(), "unspecified error (0x80)");
}

#[test]
fn a_session_that_goes_on_gets_only_what_the_broker_has_not_granted() {
    for version in [Version::V5, Version::V3_1_1] {
        let mut stage = Stage::new(of(version, &["a", "b", "c"]));
        // The settings may be others than those of the process before.
        let (_, output) = stage.reconnect(&connack_of(version, true));
        assert_eq!(output.len(), 3);
        stage.hear(&subacks(version, &output[..1], 1));
        stage.hear(&subacks(version, &output[1..2], 0x80));
        let (_, output) = stage.reconnect(&connack_of(version, true));
        assert_eq!(output.len(), 2);
        stage.hear(&subacks(version, &output, 0));
        let (_, output) = stage.reconnect(&connack_of(version, true));
        assert!(output.is_empty());
        let (_, output) = stage.reconnect(&connack_of(version, false));
        assert_eq!(output.len(), 3);
    }
}

#[test]
fn what_would_end_the_connection_is_not_sent() {
    let long = "x".repeat(40);
    let mut stage = Stage::new(of(Version::V5, &["a/#", "$share/g/a", "a", &long]));
    // No wildcards, no shared subscriptions, packets of 40 bytes.
    let (events, output) = stage.reconnect(&connack(false, &[0x28, 0, 0x2A, 0, 0x27, 0, 0, 0, 40]));
    assert_eq!(output.len(), 1);
    let words = |event: &Event| match event {
        Event::Subscribed { outcome: Err(reason), .. } => Some(reason.code()),
        _ => None,
    };
    assert_eq!(events.iter().filter_map(words).collect::<Vec<_>>(), [0xA2, 0x9E, 0x95]);
}

#[test]
fn subscriptions_and_publications_have_different_identifiers() {
    let mut stage = Stage::new(of(Version::V5, &["a", "b"]));
    stage.reconnect(&connack(false, &[]));
    assert!(stage.publish(1, &crate::broker::publication("x")));
    assert_eq!(stage.output()[0][5..7], [0, 3]);
    let (_, output) = stage.reconnect(&connack(true, &[]));
    let ids: Vec<_> = output[1..].iter().map(|packet| packet[3]).collect();
    assert_eq!((output[0][5..7].to_vec(), ids), (vec![0, 3], vec![4, 5]));
}
