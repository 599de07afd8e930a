//! What the broker sends.

use super::*;

#[test]
fn the_actor_has_one_event_of_a_broker_at_a_time_and_each_is_acknowledged_when_it_is_done() {
    let stage = Stage::new(Limits::default());
    stage.push(kept("a", 1));
    stage.push(loose("b"));
    stage.push(kept("c", 2));
    let event = stage.next().unwrap();
    assert_eq!(shown(&event), "a");
    assert!(stage.next().is_none() && stage.acknowledged().is_empty());
    settle(&event, Outcome::Delivered);
    settle(&event, Outcome::Undone); // Only the first counts.
    assert_eq!(stage.acknowledged(), [1]);
    assert_eq!(stage.handle(Outcome::Delivered).as_deref(), Some("b"));
    assert_eq!(stage.handle(Outcome::Undone).as_deref(), Some("c"), "it comes again");
    assert!(stage.acknowledged().is_empty());
    assert_eq!(stage.handle(Outcome::Failed).as_deref(), Some("c"), "and now no more");
    assert_eq!(stage.acknowledged(), [2]);
    assert_eq!(stage.actor.stats.mqtt_dropped.get(), 1);
    assert_eq!(stage.actor.stats.mqtt_inbox.get(), 0);
}

#[test]
fn an_event_that_the_actor_never_got_waits_until_it_takes_events_again() {
    let stage = Stage::new(Limits::default());
    stage.push(kept("a", 1));
    stage.actor.mailbox.close();
    assert!(stage.next().is_none());
    stage.push(loose("b"));
    stage.actor.mailbox.set_takes(Takes { brokers: true, ..Takes::default() });
    stage.mqtt.came();
    drop(stage.next());
    assert_eq!(stage.handle(Outcome::Delivered).as_deref(), Some("a"));
    assert_eq!(stage.handle(Outcome::Delivered).as_deref(), Some("b"));
}

#[test]
fn messages_of_qos_0_wait_up_to_the_limit_and_one_more_drops_the_oldest() {
    // Each takes its topic of seven bytes, a byte and 256 more.
    let stage = Stage::new(Limits { mqtt_inbox: 2 * 264, ..Limits::default() });
    ["a", "b", "c"].into_iter().for_each(|payload| stage.push(loose(payload)));
    stage.push(kept("kept", 1));
    assert_eq!(stage.actor.stats.mqtt_dropped.get(), 0, "the actor has the first");
    stage.push(loose("d"));
    assert_eq!(stage.actor.stats.mqtt_dropped.get(), 1);
    let all: Vec<_> = std::iter::from_fn(|| stage.handle(Outcome::Delivered)).collect();
    assert_eq!(all, ["a", "c", "kept", "d"]);
}

#[test]
fn a_broker_may_send_as_much_of_qos_1_as_it_was_told_and_no_more() {
    let stage = Stage::new(Limits { mqtt_inflight: 2, mqtt_inbox: 10, ..Limits::default() });
    stage.push(kept("a", 1));
    stage.push(kept("123", 2));
    assert_eq!(stage.inbox().push(kept("c", 3)), Err(Overrun));
    stage.handle(Outcome::Delivered);
    assert_eq!(stage.inbox().push(kept("1234", 3)), Err(Overrun), "it is larger than a packet");
    assert_eq!(stage.inbox().push(loose("1234")), Err(Overrun));
    stage.push(kept("c", 3));
    assert_eq!(stage.inbox().push(kept("d", 4)), Err(Overrun));
}

#[test]
fn a_broker_may_send_more_up_to_the_bytes_that_may_wait() {
    // Each takes its topic of seven bytes, a byte and 256 more. The actor has the first.
    let limits = Limits { mqtt_inflight: 1, mqtt_inbox: 2 * 264, ..Limits::default() };
    let stage = Stage::new(limits);
    (1..=3).for_each(|ack| stage.push(kept("a", ack)));
    assert_eq!(stage.inbox().push(kept("a", 4)), Err(Overrun));
    stage.push(loose("b"));
    stage.push(loose("c"));
    assert_eq!(stage.actor.stats.mqtt_dropped.get(), 0, "these have bytes of their own");
    stage.handle(Outcome::Delivered);
    stage.push(kept("a", 4));
    assert_eq!(stage.inbox().push(kept("a", 5)), Err(Overrun));
    let all: Vec<_> = std::iter::from_fn(|| stage.handle(Outcome::Delivered)).collect();
    assert_eq!(all, ["a", "a", "b", "c", "a"]);
    assert_eq!(stage.acknowledged(), [1, 2, 3, 4]);
}

#[test]
fn of_connections_that_come_and_go_the_actor_sees_the_last() {
    let stage = Stage::new(Limits::default());
    stage.push(loose("a"));
    for _ in 0..3 {
        stage.inbox().up(true);
        stage.inbox().down("it broke");
        stage.inbox().down("it can't be made");
    }
    assert_eq!(stage.mqtt.status("mqtt"), Some(MqttStatus::Down("it can't be made".into())));
    stage.inbox().up(true);
    let all: Vec<_> = std::iter::from_fn(|| stage.handle(Outcome::Delivered)).collect();
    assert_eq!(all, ["a", "mqtt-down", "mqtt-up"]);
    assert_eq!(stage.mqtt.status("mqtt"), Some(MqttStatus::Up));
    assert_eq!(stage.mqtt.status("other"), None);
    let stats = &stage.actor.stats;
    assert_eq!((stats.mqtt_reconnects.get(), stats.mqtt_up.get()), (3, 1));
}

#[test]
fn what_a_resumed_session_sends_again_does_not_come_twice_from_the_inbox() {
    for (resumed, expected) in
        [(true, &["a", "loose", "mqtt-up"][..]), (false, &["a", "b", "loose", "mqtt-up"])]
    {
        let stage = Stage::new(Limits { mqtt_inflight: 2, ..Limits::default() });
        stage.inbox().up(false);
        assert_eq!(stage.handle(Outcome::Delivered).as_deref(), Some("mqtt-up"));
        stage.push(kept("a", 1));
        stage.push(kept("b", 2));
        stage.push(loose("loose"));
        let event = stage.next().unwrap();
        stage.inbox().down("it broke");
        stage.inbox().up(resumed);
        settle(&event, Outcome::Delivered);
        let rest = std::iter::from_fn(|| stage.handle(Outcome::Delivered));
        let rest: Vec<_> = rest.filter(|text| text != "mqtt-down").collect();
        assert_eq!(rest, expected[1..]);
        assert!(stage.acknowledged().is_empty(), "the broker has forgotten these");
        stage.push(kept("c", 3));
        stage.push(kept("d", 4));
        assert_eq!(stage.actor.stats.mqtt_dropped.get(), 0);
    }
}

#[test]
fn a_message_of_another_host_comes_once_and_is_acknowledged_each_time() {
    let stage = Stage::new(Limits::default());
    stage.push(numbered("a", 1, 7));
    stage.push(numbered("again", 2, 7));
    stage.push(numbered("b", 3, 6));
    assert_eq!(stage.handle(Outcome::Delivered).as_deref(), Some("a"));
    assert_eq!(stage.handle(Outcome::Undone).as_deref(), Some("b"));
    assert_eq!(stage.handle(Outcome::Delivered).as_deref(), Some("b"), "it was undone");
    assert!(stage.next().is_none());
    assert_eq!(stage.acknowledged(), [1, 2, 3]);
    assert_eq!(stage.actor.stats.mqtt_duplicates.get(), 1);
    // Without `dedupe`, it comes each time.
    let often = |ack| Incoming { topic: "often/a".into(), ..numbered("c", ack, 8) };
    stage.push(often(4));
    let event = stage.next().unwrap();
    let EventKind::Mqtt(message) = &event.kind else { panic!("{event:?}") };
    assert!(message.about.properties.user.is_empty(), "the actor does not see the host's own");
    settle(&event, Outcome::Delivered);
    stage.push(often(5));
    assert!(stage.next().is_some());
}

#[test]
fn what_was_seen_is_known_after_a_restart_only_if_the_actor_had_begun_with_it() {
    let stage = Stage::new(Limits::default());
    assert!(stage.mqtt.seen().is_empty());
    stage.push(numbered("a", 1, 7));
    assert!(stage.mqtt.seen().is_empty(), "it waits in the mailbox");
    stage.handle(Outcome::Delivered);
    let seen = stage.mqtt.seen();
    let again = Stage::new(Limits::default());
    again.mqtt.restore(&Bytes::new(), &seen);
    again.push(numbered("a", 2, 7));
    assert!(again.next().is_none());
    assert_eq!(again.acknowledged(), [2]);
    again.mqtt.restore(&Bytes::new(), &Bytes::new());
    again.push(numbered("a", 3, 7));
    assert!(again.next().is_some(), "the record was never written");
}

#[test]
fn any_stored_bytes_are_read_without_harm() {
    let stage = Stage::new(Limits::default());
    stage.publish_now("a", ONE);
    stage.push(numbered("a", 1, 7));
    stage.handle(Outcome::Delivered);
    let (stored, seen) = (stage.mqtt.stored(), stage.mqtt.seen());
    for end in 0..stored.len() {
        stage.mqtt.restore(&stored.slice(..end), &seen.slice(..end.min(seen.len())));
        assert!(stage.outs().is_empty(), "{end}");
    }
    let huge = Bytes::from_static(b"4:mqtt99999999999:0:0:0:0:0:0:0:0:0:0:");
    stage.mqtt.restore(&huge, &Bytes::from_static(b"4:mqtt99999999999:1:99999999999:1:"));
    assert_eq!(stage.outs(), [""]);
}

#[test]
fn a_broker_that_floods_the_actor_delays_another_source_by_one_event() {
    let stage = Stage::new(Limits::default());
    ["a", "b", "c"].into_iter().for_each(|payload| stage.push(loose(payload)));
    stage.actor.mailbox.push_unrefused(Event::alarm());
    let mut order = Vec::new();
    while let Some(event) = stage.next() {
        order.push(shown(&event));
        event.source.handled();
    }
    assert_eq!(order, ["a", "alarm", "b", "c"]);
}
