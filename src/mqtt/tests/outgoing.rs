//! What the actor publishes.

use super::*;

#[test]
fn a_publication_leaves_after_its_event_and_stays_until_it_is_acknowledged() {
    let stage = Stage::new(Limits::default());
    let asked = stage.publish("a", ONE).unwrap();
    assert_eq!(stage.out(), None, "its event is not committed");
    stage.publish_now("b", ZERO);
    asked.start();
    let (first, second) = (stage.out().unwrap(), stage.out().unwrap());
    assert_eq!((text(&first.publication.payload), second.number), ("a".into(), 1));
    assert!(first.identity.is_some() && second.identity.is_none());
    stage.outbox().delivered(second.number);
    stage.outbox().lost();
    assert_eq!(stage.out(), Some(first.clone()), "it is the same when it is sent again");
    stage.outbox().delivered(first.number);
    stage.outbox().lost();
    assert_eq!(stage.out(), None);
    assert_eq!(stage.actor.stats.mqtt_published.get(), 2);
    assert_eq!(stage.actor.stats.mqtt_outbox.get(), 0);
}

#[test]
fn a_publication_that_was_not_committed_was_never_made() {
    let stage = Stage::new(Limits { mqtt_publishes: 1, ..Limits::default() });
    let asked = stage.publish("a", ONE).unwrap();
    assert!(!stage.mqtt.stored().is_empty(), "its event's record has it");
    assert_eq!(stage.publish("b", ONE).err(), Some(MqttRefusal::Full(263)), "it counts at once");
    drop(asked);
    assert!(stage.mqtt.stored().is_empty());
    stage.publish_now("b", ONE);
    assert_eq!(stage.outs(), ["b"]);
}

#[test]
fn a_publication_needs_a_broker_a_grant_and_valid_parts() {
    let stage = Stage::new(Limits::default());
    let other = |broker: &str, topic: &str| {
        let publication = Publication { topic: topic.into(), ..publication("a", ZERO) };
        stage.mqtt.publish(broker, publication).err()
    };
    assert_eq!(other("other", "room/x"), Some(MqttRefusal::NoBroker));
    assert_eq!(other("mqtt", "hall/x"), Some(MqttRefusal::Denied));
    assert!(matches!(other("mqtt", "room/#"), Some(MqttRefusal::Invalid(_))));
    assert_eq!(other("mqtt", "room"), None);
    assert_eq!(stage.actor.stats.mqtt_refused.get(), 3);
}

#[test]
fn the_outbox_takes_as_much_as_its_limits_and_refuses_one_more() {
    // Each takes its topic of six bytes, a byte and 256 more.
    let limits = Limits { mqtt_outbox: 2 * 263, ..Limits::default() };
    let stage = Stage::new(limits);
    stage.publish_now("a", ZERO);
    stage.publish_now("b", ONE);
    assert_eq!(stage.publish("c", ZERO).err(), Some(MqttRefusal::Full(526)));
    assert_eq!(stage.outs(), ["a", "b"]);
    stage.outbox().delivered(0);
    stage.publish_now("c", ZERO);
    assert_eq!(stage.publish("", ZERO).err(), Some(MqttRefusal::Full(526)));
}

#[test]
fn with_drop_the_oldest_of_qos_0_make_room_once_the_new_one_leaves() {
    let limits = Limits { mqtt_publishes: 3, ..Limits::default() };
    let stage = Stage::with(limits, BrokerConfig { on_full: OnFull::Drop, ..broker() });
    stage.publish_now("a", ONE);
    stage.publish_now("b", ZERO);
    stage.publish_now("c", ZERO);
    let asked = stage.publish("d", ONE).unwrap();
    drop(asked);
    assert_eq!(stage.actor.stats.mqtt_dropped.get(), 0, "its event failed");
    stage.publish_now("e", ONE);
    stage.publish_now("f", ONE);
    assert_eq!(stage.actor.stats.mqtt_dropped.get(), 2);
    assert!(stage.publish("g", ONE).is_err(), "nothing is left that may be dropped");
    assert_eq!(stage.outs(), ["a", "e", "f"]);
}

#[test]
fn publications_of_an_earlier_run_are_sent_again_in_their_order_before_new_ones() {
    let stage = Stage::new(Limits::default());
    ["a", "b"].into_iter().for_each(|payload| stage.publish_now(payload, ONE));
    stage.publish_now("zero", ZERO);
    let first = stage.out().unwrap();
    let stored = stage.mqtt.stored();
    let again = Stage::new(Limits::default());
    again.mqtt.restore(&stored, &Bytes::new());
    again.publish_now("c", ONE);
    let outs: Vec<_> = std::iter::from_fn(|| again.out()).collect();
    let payloads: Vec<_> = outs.iter().map(|out| text(&out.publication.payload)).collect();
    assert_eq!(payloads, ["a", "b", "c"]);
    assert_eq!(outs[0].identity, first.identity, "a receiver knows it again");
    let (old, new) = (outs[1].identity.unwrap(), outs[2].identity.unwrap());
    assert!(old.sender != new.sender && outs[1].number < outs[2].number);
    // After a failed record, what the disk knows is sent, and what it does not know was never made.
    again.mqtt.restore(&stored, &Bytes::new());
    again.outbox().lost();
    assert_eq!(again.outs(), ["a", "b"]);
    let other = Stage::with(Limits::default(), BrokerConfig { name: "x".into(), ..broker() });
    other.mqtt.restore(&stored, &Bytes::new());
    assert_eq!((other.outs().len(), other.actor.stats.mqtt_dropped.get()), (0, 2));
}

#[test]
fn what_was_acknowledged_is_recorded_after_a_while_or_at_once_in_a_hurry() {
    let (world, manual) = World::manual(0);
    let mut stage = Stage::new(Limits::default());
    stage.mqtt.world = world;
    let less = |stage: &mut Stage, hurry| ready(|cx| stage.mqtt.poll_less(cx, hurry)).is_some();
    stage.publish_now("a", ONE);
    stage.publish_now("b", ZERO);
    assert!(!less(&mut stage, true));
    stage.outbox().delivered(1);
    assert!(!less(&mut stage, true), "it was not stored");
    stage.outbox().delivered(0);
    assert!(!less(&mut stage, false));
    manual.advance(RECORD_AFTER);
    assert!(less(&mut stage, false));
    assert!(!less(&mut stage, true), "once is enough");
    stage.publish_now("c", ONE);
    stage.outbox().refused(2, "not authorized");
    assert!(!less(&mut stage, false) && less(&mut stage, true));
    assert_eq!(stage.actor.stats.mqtt_refused.get(), 1);
}

#[test]
fn after_the_actor_what_nothing_stores_still_leaves_and_the_rest_waits_for_the_next_start() {
    for stored in [true, false] {
        let stage = Stage::new(Limits::default());
        stage.mqtt.set_stored(stored);
        ["a", "b"].into_iter().for_each(|payload| stage.publish_now(payload, ONE));
        stage.publish_now("c", ZERO);
        let given = stage.out().unwrap();
        let Stage { actor, mqtt } = stage;
        let broker = mqtt.brokers()[0].clone();
        let has_ended = || ready(|cx| broker.outbox.poll_ended(cx)).is_some();
        assert!(!has_ended());
        drop(mqtt);
        assert!(has_ended() && !broker.outbox.is_done());
        let outs: Vec<_> = std::iter::from_fn(|| ready(|cx| broker.outbox.poll_next(cx))).collect();
        let payloads: Vec<_> = outs.iter().map(|out| text(&out.publication.payload)).collect();
        assert_eq!(payloads, if stored { vec!["c"] } else { vec!["b", "c"] });
        broker.outbox.delivered(outs.last().unwrap().number);
        assert_eq!(broker.outbox.is_done(), stored);
        broker.outbox.delivered(given.number);
        drop(broker);
        // Nobody has sent `b` after all.
        assert_eq!(actor.stats.mqtt_dropped.get(), u64::from(!stored));
        assert_eq!(actor.stats.mqtt_outbox.get(), 0);
    }
}

#[test]
fn a_publication_that_was_not_written_is_ready_again() {
    let stage = Stage::new(Limits::default());
    stage.publish_now("a", ZERO);
    stage.publish_now("b", ZERO);
    let first = stage.out().unwrap();
    stage.outbox().unwritten(first.number);
    assert_eq!(stage.outs(), ["a", "b"]);
}

#[test]
fn no_more_leave_than_a_receiver_knows_before_it_is_stored_what_the_broker_has() {
    let (world, _) = World::manual(0);
    let mut stage = Stage::new(Limits::default());
    stage.mqtt.world = world;
    stage.mqtt.set_stored(true);
    let less = |stage: &mut Stage| ready(|cx| stage.mqtt.poll_less(cx, false)).is_some();
    (0..70).for_each(|_| stage.publish_now("a", ONE));
    stage.publish_now("z", ZERO);
    let outs: Vec<_> = std::iter::from_fn(|| stage.out()).collect();
    assert_eq!(outs.len(), 64, "the others wait, in order");
    let identities = outs.iter().map(|out| out.identity.unwrap().number);
    assert!(identities.eq(0..64), "without a gap");
    outs[..31].iter().for_each(|out| stage.outbox().delivered(out.number));
    assert!(!less(&mut stage), "they wait for others");
    stage.outbox().delivered(outs[31].number);
    assert!(less(&mut stage) && !less(&mut stage), "half of them are recorded at once");
    assert!(stage.out().is_none());
    stage.mqtt.stored();
    let look = stage.mqtt.last_look().unwrap();
    stage.outbox().delivered(outs[32].number);
    stage.mqtt.recorded(look);
    assert_eq!(stage.outs().len(), 7);
    assert_eq!(stage.mqtt.last_look(), None, "nothing has looked since");
}
