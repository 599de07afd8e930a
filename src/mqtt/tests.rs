//! An actor's brokers, with a mailbox that a test empties in the place of the actor, and the test in the
//! place of the connections.

use smol::{block_on, future};
use std::task::Waker;

use wit_core::host::{MqttProperties, Qos};

use super::{config::OnFull, dedupe::Identity, topics::Subscription, *};
use crate::{
    exchange::{ActorHandle, Event, EventKind, Outcome, Source, Takes},
    limits::Limits,
};

/// An actor with one broker.
struct Stage {
    actor: ActorHandle,
    mqtt: Mqtt,
}

fn broker() -> BrokerConfig {
    let subscription = |filter: &str, dedupe| Subscription {
        filter: filter.into(),
        qos: Qos::AtLeastOnce,
        dedupe,
    };
    let subscribe = vec![subscription("once/#", true), subscription("often/#", false)];
    BrokerConfig { subscribe, publish: vec!["room/#".into()], ..BrokerConfig::anything() }
}

impl Stage {
    fn new(limits: Limits) -> Self {
        Self::with(limits, broker())
    }

    fn with(limits: Limits, broker: BrokerConfig) -> Self {
        let actor = ActorHandle::new("actor".into(), limits);
        actor.mailbox.set_takes(Takes { brokers: true, ..Takes::default() });
        let config = Config { brokers: vec![broker] };
        let of = (actor.limits.clone(), actor.stats.clone(), actor.lines.clone());
        let mqtt = Mqtt::new(&config, &actor.mailbox, World::System, of.0, of.1, of.2);
        Self { actor, mqtt }
    }

    fn inbox(&self) -> &Inbox {
        &self.mqtt.brokers()[0].inbox
    }

    fn outbox(&self) -> &Outbox {
        &self.mqtt.brokers()[0].outbox
    }

    fn publish(&self, payload: &'static str, qos: Qos) -> Result<Publishing, MqttRefusal> {
        self.mqtt.publish("mqtt", publication(payload, qos))
    }

    fn publish_now(&self, payload: &'static str, qos: Qos) {
        self.publish(payload, qos).unwrap().start();
    }

    /// The next publication for the connection.
    fn out(&self) -> Option<Out> {
        ready(|cx| self.outbox().poll_next(cx))
    }

    /// The payloads of all that is ready for the connection.
    fn outs(&self) -> Vec<String> {
        std::iter::from_fn(|| self.out()).map(|out| text(&out.publication.payload)).collect()
    }

    fn push(&self, incoming: Incoming) {
        self.inbox().push(incoming).unwrap();
    }

    /// The event that waits for the actor, if one does.
    fn next(&self) -> Option<Event> {
        let next = async { Some(self.actor.mailbox.next().await) };
        block_on(future::or(next, future::ready(None)))
    }

    /// The actor handles the event that waits. Returns its payload.
    fn handle(&self, outcome: Outcome) -> Option<String> {
        let event = self.next()?;
        if let EventKind::Mqtt(message) = &event.kind {
            self.mqtt.begin(message);
        }
        settle(&event, outcome);
        Some(shown(&event))
    }

    fn acknowledged(&self) -> Vec<u64> {
        std::iter::from_fn(|| ready(|cx| self.inbox().poll_acknowledged(cx))).collect()
    }
}

fn ready<T>(poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Option<T> {
    match poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn publication(payload: &'static str, qos: Qos) -> Publication {
    let (topic, properties) = ("room/x".into(), MqttProperties::default());
    Publication { topic, payload: payload.into(), qos, retain: false, properties }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A message's payload, or the event's name.
fn shown(event: &Event) -> String {
    match &event.kind {
        EventKind::Mqtt(message) => text(&message.payload),
        other => other.name().to_owned(),
    }
}

fn settle(event: &Event, outcome: Outcome) {
    let Source::Broker(receipt) = &event.source else { panic!("{event:?}") };
    receipt.settle(outcome);
}

fn loose(payload: &'static str) -> Incoming {
    Incoming { topic: "often/a".into(), payload: payload.into(), ..Incoming::default() }
}

fn kept(payload: &'static str, ack: u64) -> Incoming {
    Incoming { qos: Qos::AtLeastOnce, ack: Some(ack), ..loose(payload) }
}

fn numbered(payload: &'static str, ack: u64, number: u64) -> Incoming {
    let identity = Identity { sender: 1, number };
    let user = identity.properties().map(|(name, value)| (name.to_owned(), value)).to_vec();
    let properties = MqttProperties { user, ..MqttProperties::default() };
    Incoming { topic: "once/a".into(), properties, ..kept(payload, ack) }
}

const ONE: Qos = Qos::AtLeastOnce;
const ZERO: Qos = Qos::AtMostOnce;

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
