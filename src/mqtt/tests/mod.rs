//! An actor's brokers, with a mailbox that a test empties in the place of the actor, and the test in the
//! place of the connections.

mod incoming;
mod outgoing;

use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use smol::{block_on, future};
use wit_core::host::{MqttProperties, MqttRefusal, MqttStatus, Qos};

use super::{
    brokers::{Mqtt, Publishing, RECORD_AFTER},
    config::{BrokerConfig, Config, OnFull},
    dedupe::Identity,
    inbox::{Inbox, Overrun},
    outbox::{Out, Outbox},
    publication::{Incoming, Publication},
    topics::Subscription,
};
use crate::{
    exchange::{ActorHandle, Event, EventKind, Outcome, Source, Takes},
    limits::Limits,
    world::World,
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
        let mqtt = Mqtt::new(&config, &actor.mailbox, World::System, of.0, of.1, of.2).unwrap();
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
