//! What an actor keeps of its brokers on the disk, with an actor in this process.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use footlight::{
    actor::OutputGate,
    exchange::{ActorHandle, Event, EventKind, Message, connections::Open, session::Action},
    limits::Limits,
    mqtt::{Broker, Incoming, Mqtt, Out, dedupe::Identity},
    world::World,
};
use footlight_store::{Changes, Durability, OpenErrorKind, Options, Store};
use smol::{block_on, future::poll_once};
use wit_core::host::{MqttProperties, Qos};

use super::{guest, handler};
use crate::{
    durable::Device,
    support::{
        eventually,
        in_process::{self, open},
    },
};

/// The guest in this process, from one start to the next.
struct Run {
    store: Store,
    handle: ActorHandle,
    open: Open,
    broker: Arc<Broker>,
    task: Pin<Box<dyn Future<Output = ()>>>,
}

impl Run {
    fn start(device: &Device, gate: OutputGate) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config =
            "publish = [\"room/#\"], subscribe = [{ topic = \"#\", qos = 1, dedupe = true }]";
        let manifest = guest().extra(&handler(config)).write(folder.path());
        let manifest = footlight::Manifest::load(&manifest).unwrap();
        let config = manifest.handlers.iter().find_map(|handler| match handler {
            footlight::manifest::Handler::Mqtt(config) => Some(config.clone()),
            _ => None,
        });
        let options = Options { wear: u64::MAX, wait: Duration::from_secs(1000) };
        let mut store = None;
        eventually("free", || {
            store = match Store::open(device.folder(), options) {
                // A process that another test starts has all files until it executes its program.
                Err(error) if matches!(error.kind, OpenErrorKind::Locked) => None,
                opened => Some(opened.unwrap()),
            };
            store.is_some()
        });
        let store = store.unwrap();
        let handle = ActorHandle::new("broker".into(), Limits::default());
        let open = open(&handle);
        let (limits, stats) = (handle.limits.clone(), handle.stats.clone());
        let (world, lines) = (World::System, handle.lines.clone());
        let mqtt = Mqtt::new(&config.unwrap(), &handle.mailbox, world, limits, stats, lines);
        let mqtt = mqtt.unwrap();
        let broker = mqtt.brokers()[0].clone();
        let durability = match gate {
            OutputGate::Closed => Durability::Strict,
            OutputGate::Open => Durability::Relaxed { interval: Duration::from_secs(60) },
        };
        let place = (store.owner("broker", durability), gate);
        let task = in_process::with_brokers(&handle, "broker", mqtt, Some(place));
        Self { store, handle, open, broker, task }
    }

    /// Lets the actor do what it can do.
    fn drive(&mut self) {
        assert_eq!(block_on(poll_once(&mut self.task)), None);
    }

    /// Drives the actor until this is there.
    fn until<T>(&mut self, mut ready: impl FnMut(&Self) -> Option<T>) -> T {
        loop {
            self.drive();
            if let Some(found) = ready(self) {
                return found;
            }
            std::thread::yield_now();
        }
    }

    fn text(&self, text: &str) {
        let kind = EventKind::Message(Message::Text(text.to_owned().into()));
        self.handle.mailbox.push_unrefused(Event::at(&self.open.session, kind));
    }

    fn push(&self, payload: &'static str, ack: u64, number: u64) {
        let identity = Identity { sender: 7, number };
        let user = identity.properties().map(|(name, value)| (name.to_owned(), value)).to_vec();
        let properties = MqttProperties { user, ..MqttProperties::default() };
        let (topic, payload) = ("keep/a".to_owned(), payload.into());
        let (qos, ack) = (Qos::AtLeastOnce, Some(ack));
        let incoming = Incoming { topic, payload, qos, ack, properties, ..Incoming::default() };
        self.broker.inbox.push(incoming).unwrap();
    }

    fn out(&self) -> Option<Out> {
        ready(|cx| self.broker.outbox.poll_next(cx))
    }

    fn acknowledged(&self) -> Option<u64> {
        ready(|cx| self.broker.inbox.poll_acknowledged(cx))
    }

    /// The records that were written for the actor.
    fn events(&self) -> u64 {
        self.handle.stats.events.get()
    }

    /// Waits until all that was handed over until now is written.
    fn settle(&self) {
        let other = self.store.owner("other", Durability::Strict);
        let state = Some(Some("x".into()));
        let ticket = other.commit(Changes { state, ..Changes::default() });
        block_on(poll_fn(|cx| other.poll_durable(ticket, cx))).unwrap();
    }

    /// Ends as if the power had gone, and goes on.
    fn again(self, device: &Device) -> Self {
        let Self { store, task, .. } = self;
        // Nothing is recorded at the end of a task that is dropped.
        drop(task);
        store.close().unwrap();
        Self::start(device, OutputGate::Closed)
    }
}

fn ready<T>(poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Option<T> {
    match poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[test]
fn a_publication_is_stored_with_the_state_and_sent_until_the_broker_has_it() {
    let device = Device::new();
    let mut run = Run::start(&device, OutputGate::Closed);
    run.text("kept mqtt room/a first");
    run.text("publish mqtt room/a lost");
    run.text("kept mqtt room/b second");
    let outs: Vec<_> = (0..3).map(|_| run.until(Run::out)).collect();
    let mut run = run.again(&device);
    let again = [run.until(Run::out), run.until(Run::out)];
    assert_eq!(again[0].publication, outs[0].publication);
    assert_eq!(again[1].publication, outs[2].publication);
    assert_eq!(again[0].identity, outs[0].identity);
    assert!(run.out().is_none(), "QoS 0 is not stored");
    run.broker.outbox.delivered(again[0].number);
    // What was acknowledged is recorded with the next changes.
    run.push("x", 1, 1);
    run.until(Run::acknowledged);
    let mut run = run.again(&device);
    assert_eq!(run.until(Run::out).publication, outs[2].publication);
    assert!(run.out().is_none());
}

#[test]
fn a_message_is_acknowledged_once_its_changes_are_on_the_disk_and_comes_once() {
    let device = Device::new();
    let mut run = Run::start(&device, OutputGate::Closed);
    run.push("a", 1, 1);
    run.push("b", 2, 2);
    assert_eq!((run.until(Run::acknowledged), run.until(Run::acknowledged)), (1, 2));
    let mut run = run.again(&device);
    // The broker has not got the acknowledgement, and sends it again.
    run.push("a", 3, 1);
    run.push("c", 4, 3);
    assert_eq!((run.until(Run::acknowledged), run.until(Run::acknowledged)), (3, 4));
    let contents = run.store.owner("broker", Durability::Strict).contents();
    assert_eq!(contents.state.as_deref(), Some(&b"a b c "[..]));
    assert_eq!(run.handle.stats.mqtt_duplicates.get(), 1);
}

#[test]
fn a_message_that_changes_nothing_writes_nothing_and_one_that_fails_does_not_come_again() {
    let device = Device::new();
    let mut run = Run::start(&device, OutputGate::Closed);
    run.text("seen");
    run.until(|run| (run.events() == 1).then_some(()));
    let commits = run.store.stats().commits;
    let plain = |payload: &'static str, ack| Incoming {
        topic: "plain".into(),
        payload: payload.into(),
        qos: Qos::AtLeastOnce,
        ack: Some(ack),
        ..Incoming::default()
    };
    for (ack, payload) in [(1, "x"), (2, "trap"), (3, "y")] {
        run.broker.inbox.push(plain(payload, ack)).unwrap();
        assert_eq!(run.until(Run::acknowledged), ack);
    }
    run.push("trap", 4, 9);
    assert_eq!(run.until(Run::acknowledged), 4);
    assert_eq!(run.store.stats().commits, commits);
    assert_eq!(run.handle.stats.mqtt_dropped.get(), 2);
    assert_eq!(run.events(), 5);
}

#[test]
fn what_a_broker_has_acknowledged_is_no_reason_for_an_event_to_write() {
    let device = Device::new();
    let mut run = Run::start(&device, OutputGate::Closed);
    run.text("kept mqtt room/a x");
    let out = run.until(Run::out);
    let commits = run.store.stats().commits;
    run.broker.outbox.delivered(out.number);
    run.text("seen");
    run.until(|run| (run.events() == 2).then_some(()));
    assert_eq!(run.store.stats().commits, commits);
    // It is recorded by itself a while later.
    run.until(|run| (run.store.stats().commits > commits).then_some(()));
    let mut run = run.again(&device);
    run.drive();
    assert!(run.out().is_none());
}

#[test]
fn a_relaxed_actor_acknowledges_and_publishes_before_the_disk_has_it() {
    let device = Device::new();
    let mut run = Run::start(&device, OutputGate::Open);
    run.settle();
    let records = run.store.stats().records;
    run.push("a", 1, 1);
    run.text("kept mqtt room/a x");
    assert_eq!(run.until(Run::acknowledged), 1);
    run.until(Run::out);
    assert_eq!(run.store.stats().records, records);
}

#[test]
fn more_than_a_receiver_knows_leave_only_when_the_disk_knows_what_the_broker_has() {
    for gate in [OutputGate::Closed, OutputGate::Open] {
        let device = Device::new();
        let mut run = Run::start(&device, gate);
        run.text("burst 70 mqtt room/a");
        let outs: Vec<_> = (0..64).map(|_| run.until(Run::out)).collect();
        run.drive();
        assert!(run.out().is_none());
        // The oldest one may still come again.
        outs.iter().skip(1).for_each(|out| run.broker.outbox.delivered(out.number));
        run.drive();
        assert!(run.out().is_none());
        run.broker.outbox.delivered(outs[0].number);
        assert!(run.out().is_none(), "the actor has to record it");
        (0..6).for_each(|_| _ = run.until(Run::out));
        assert!(run.out().is_none());
    }
}

#[test]
fn a_client_waits_for_one_message_of_a_broker_that_floods_its_actor() {
    let device = Device::new();
    let mut run = Run::start(&device, OutputGate::Open);
    run.handle.mailbox.push_unrefused(Event::at(&run.open.session, EventKind::Connect));
    run.until(|run| (run.events() == 1).then_some(()));
    for ack in 1..=10 {
        run.push("x", ack, ack);
    }
    run.text("hello");
    run.until(|run| (run.events() == 12).then_some(()));
    let mut said = Vec::new();
    let next = || ready(|cx| run.open.session.poll_action(cx, true));
    while let Some(Action::Send(Message::Text(text))) = next() {
        said.push(text.to_string());
    }
    // One message was in the mailbox before the client's.
    assert_eq!(said.iter().position(|text| text == "hello"), Some(2), "{said:?}");
}
