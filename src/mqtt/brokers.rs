//! The brokers of one actor: what it publishes there, and what it gets of them.

use std::{
    fmt,
    future::Future as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use log::Level;
use rand::Rng as _;
use wit_core::host::{MqttRefusal, MqttStatus};

use super::{
    config::{BrokerConfig, Config},
    dedupe::Windows,
    inbox::Inbox,
    outbox::{self, Outbox},
    publication::Publication,
    stored,
};
use crate::{
    convert::to_u64,
    exchange::{BrokerMessage, Mailbox},
    host_key::{length, take},
    limits::SharedLimits,
    logger::ActorLog,
    stats::Stats,
    world::{Until, World},
};

/// How long the host waits before it records that brokers have acknowledged publications, unless these are
/// [`MANY`](outbox::MANY). So a burst of acknowledgements is one record. What is not recorded is sent again
/// after a power cut.
pub(super) const RECORD_AFTER: Duration = Duration::from_secs(1);

/// A broker, as the connection with it and the actor share it.
pub struct Broker {
    /// The manifest's keys.
    pub config: Arc<BrokerConfig>,
    /// What the actor has published.
    pub outbox: Outbox,
    /// What the broker has sent.
    pub inbox: Arc<Inbox>,
}

/// The brokers of one actor.
pub struct Mqtt {
    brokers: Vec<Arc<Broker>>,
    pub(super) world: World,
    /// When to record what brokers have acknowledged. `None` if there is nothing new.
    timer: Option<Until>,
    /// Whether nothing leaves: there is nobody who connects.
    is_alone: bool,
    stats: Arc<Stats>,
    lines: Arc<ActorLog>,
}

/// A publication that leaves once its event is committed and on the disk. If it is dropped before that,
/// it was never made.
pub struct Publishing {
    number: u64,
    broker: Arc<Broker>,
    publication: Arc<Publication>,
    /// Whether it has left, or the broker's outbox has it.
    has_left: bool,
    /// Whether nobody connects.
    is_alone: bool,
}

impl Broker {
    /// Its name in the manifest.
    pub(crate) fn name(&self) -> &str {
        &self.config.name
    }

    /// Notes that a connection has begun, of a session that is new.
    pub(crate) fn up(&self) {
        self.inbox.up(false);
    }

    /// Notes that the connection has ended, and why.
    pub(crate) fn down(&self, why: &str) {
        self.inbox.down(why);
    }
}

impl Mqtt {
    /// The brokers of an actor with these grants. Their events go to `mailbox`. There are always some in a
    /// build with the feature `mqtt`.
    pub fn new(
        config: &Config,
        mailbox: &Arc<Mailbox>,
        world: World,
        limits: impl Into<SharedLimits>,
        stats: Arc<Stats>,
        lines: Arc<ActorLog>,
    ) -> Option<Self> {
        let limits = limits.into();
        let mut random = world.generator().ok();
        let broker = |config: &BrokerConfig| {
            let config = Arc::new(config.clone());
            // Brokers may pass messages on to each other.
            let sender = random.as_mut().map(|random| random.next_u64());
            let outbox =
                Outbox::new(config.clone(), sender, limits.clone(), stats.clone(), lines.clone());
            let (of, to) = (config.clone(), mailbox.clone());
            let inbox = Inbox::new(of, to, limits.clone(), stats.clone(), lines.clone());
            Arc::new(Broker { config, outbox, inbox })
        };
        let brokers = config.brokers.iter().map(broker).collect();
        Some(Self { brokers, world, timer: None, is_alone: false, stats, lines })
    }

    /// The same, with nobody who connects. Its brokers are up.
    pub(crate) fn alone(mut self) -> Self {
        self.is_alone = true;
        self.brokers.iter().for_each(|broker| broker.up());
        self
    }

    /// The brokers, in the order of the manifest.
    pub fn brokers(&self) -> &[Arc<Broker>] {
        &self.brokers
    }

    /// The broker with this name.
    pub(crate) fn broker(&self, name: &str) -> Option<&Arc<Broker>> {
        self.brokers.iter().find(|broker| *broker.config.name == *name)
    }

    /// Whether there is a connection with a broker; `None` if there is no such broker.
    pub(crate) fn status(&self, name: &str) -> Option<MqttStatus> {
        self.broker(name).map(|broker| broker.inbox.status())
    }

    /// Adds a publication, which leaves later.
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) fn publish(
        &self,
        broker: &str,
        publication: Publication,
    ) -> Result<Publishing, MqttRefusal> {
        let made = self.try_publish(broker, publication);
        if made.is_err() {
            self.stats.mqtt_refused.add(1);
        }
        made
    }

    /// Does what [`publish`](Self::publish) says.
    fn try_publish(
        &self,
        broker: &str,
        publication: Publication,
    ) -> Result<Publishing, MqttRefusal> {
        let broker = self.broker(broker).ok_or(MqttRefusal::NoBroker)?.clone();
        publication.check()?;
        if !broker.config.may_publish(&publication.topic) {
            return Err(MqttRefusal::Denied);
        }
        let publication = Arc::new(publication);
        let number = broker.outbox.add(publication.clone())?;
        let is_alone = self.is_alone;
        Ok(Publishing { number, broker, publication, has_left: false, is_alone })
    }

    /// Notes that the actor begins with a message.
    pub(crate) fn begin(&self, message: &BrokerMessage) {
        if let Some(broker) = self.broker(&message.about.broker) {
            broker.inbox.begin();
        }
    }

    /// Offers events that wait, because the actor takes them now.
    pub(crate) fn came(&self) {
        self.brokers.iter().for_each(|broker| broker.inbox.offer_next());
    }

    /// Ready when it has to be recorded that brokers have acknowledged something: a while after that, or
    /// at once if a broker has acknowledged [`MANY`](outbox::MANY), or in a `hurry`.
    pub(crate) fn poll_less(&mut self, cx: &mut Context<'_>, hurry: bool) -> Poll<()> {
        let less = self.brokers.iter().map(|broker| broker.outbox.less(cx)).max().unwrap_or(0);
        if less == 0 {
            return Poll::Pending;
        }
        let timer = self.timer.get_or_insert_with(|| self.world.after(RECORD_AFTER));
        if !hurry && less < outbox::MANY && Pin::new(timer).poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.timer = None;
        self.brokers.iter().for_each(|broker| broker.outbox.records_less());
        Poll::Ready(())
    }

    /// Which look [`stored`](Self::stored) was last, if a record of that makes a difference: then more may
    /// leave once it is stored. All outboxes are looked at together.
    pub(crate) fn last_look(&self) -> Option<u64> {
        self.brokers.iter().find_map(|broker| broker.outbox.last_look())
    }

    /// Notes that what this look has seen is stored.
    pub(crate) fn recorded(&self, look: u64) {
        self.brokers.iter().for_each(|broker| broker.outbox.recorded(look));
    }

    /// The publications that no broker has acknowledged, as they are stored: for each broker its name, how
    /// many they are, and these.
    pub(crate) fn stored(&self) -> Bytes {
        let mut all = Vec::new();
        for broker in &self.brokers {
            let (count, stored) = broker.outbox.stored();
            if count > 0 {
                let name = &broker.config.name;
                all.extend_from_slice(format!("{}:{name}{count}:", name.len()).as_bytes());
                all.extend_from_slice(&stored);
            }
        }
        all.into()
    }

    /// What must not come again, as it is stored.
    pub(crate) fn seen(&self) -> Bytes {
        let each: Vec<_> = self.brokers.iter().map(|broker| broker.inbox.seen()).collect();
        each.concat().into()
    }

    /// Goes on from what is stored. What is for a broker that the manifest does not name any more is
    /// dropped.
    pub(crate) fn restore(&self, publications: &Bytes, seen: &Bytes) {
        let mut lost = 0;
        let mut found: Vec<(Box<str>, Vec<_>)> = Vec::new();
        let mut rest = publications.clone();
        while let Some((name, count)) = read_head(&mut rest) {
            let read = std::iter::from_fn(|| stored::read(&mut rest));
            let entries: Vec<_> = read.take(count).collect();
            lost += if self.broker(&name).is_none() { entries.len() } else { 0 };
            found.push((name, entries));
        }
        for broker in &self.brokers {
            let own = found.iter_mut().find(|(name, _)| *name == broker.config.name);
            broker.outbox.restore(own.map(|(_, own)| std::mem::take(own)).unwrap_or_default());
        }
        if lost > 0 {
            self.stats.mqtt_dropped.add(to_u64(lost));
            let text =
                format_args!("drops {lost} publications: its manifest names their brokers no more");
            self.lines.host(Level::Warn, None, text);
        }
        let mut windows = self.brokers.iter().map(|_| Windows::default()).collect::<Vec<_>>();
        let mut rest = seen.clone();
        while let Some(name) = read_name(&mut rest)
            && let Some(read) = Windows::read(&mut rest)
        {
            let place = self.brokers.iter().position(|broker| broker.config.name == name);
            if let Some(own) = place.and_then(|place| windows.get_mut(place)) {
                *own = read;
            }
        }
        let each = self.brokers.iter().zip(windows);
        each.for_each(|(broker, windows)| broker.inbox.restore_seen(windows));
    }

    /// Says whether what it publishes is stored.
    pub(crate) fn set_stored(&self, is_stored: bool) {
        self.brokers.iter().for_each(|broker| broker.outbox.set_stored(is_stored));
    }
}

/// Reads the name of a broker.
fn read_name(rest: &mut Bytes) -> Option<Box<str>> {
    let length = length(rest)?;
    Some(str::from_utf8(&take(rest, length)?).ok()?.into())
}

/// Reads the name of a broker, and how many publications are for it.
fn read_head(rest: &mut Bytes) -> Option<(Box<str>, usize)> {
    Some((read_name(rest)?, length(rest)?))
}

impl Drop for Mqtt {
    fn drop(&mut self) {
        self.brokers.iter().for_each(|broker| broker.outbox.end());
    }
}

impl Publishing {
    /// The broker's name.
    pub(crate) fn broker(&self) -> &str {
        &self.broker.config.name
    }

    /// What is published.
    pub(crate) fn publication(&self) -> &Publication {
        &self.publication
    }

    /// What it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.publication.bytes()
    }

    /// Publishes it.
    pub(crate) fn start(mut self) {
        self.has_left = !self.is_alone;
        if self.has_left {
            self.broker.outbox.start(self.number);
        }
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        if !self.has_left {
            self.broker.outbox.withdraw(self.number);
        }
    }
}

impl fmt::Debug for Publishing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publishing({})", self.number)
    }
}
