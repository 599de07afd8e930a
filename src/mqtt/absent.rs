//! The place of `brokers`, `driver` and `opened` in builds without the feature `mqtt`: no actor has a broker.

use std::{
    error, fmt,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use smol::Executor;
use wit_core::host::{MqttRefusal, MqttStatus};

use super::{config::Config, publication::Publication};
use crate::{
    exchange::{ActorHandle, BrokerMessage, Mailbox},
    executor::Turns,
    limits::SharedLimits,
    logger::ActorLog,
    stats::Stats,
    world::World,
};

/// A broker: there is none.
pub enum Broker {}

/// The brokers of one actor: there are none.
pub enum Mqtt {}

/// A publication: there is none.
#[derive(Debug)]
pub enum Publishing {}

/// The tasks of an actor's brokers: there are none.
pub enum Drivers {}

/// A broker with all that a connection needs: there is none.
pub enum OpenedBroker {}

/// Why a broker can't be used. The manifest says it.
#[derive(Debug)]
pub enum BrokerError {}

impl Broker {
    pub(crate) fn name(&self) -> &str {
        match *self {}
    }

    pub(crate) fn up(&self) {
        match *self {}
    }

    pub(crate) fn down(&self, _: &str) {
        match *self {}
    }
}

impl Mqtt {
    /// There is none.
    pub fn new(
        _: &Config,
        _: &Arc<Mailbox>,
        _: World,
        _: impl Into<SharedLimits>,
        _: Arc<Stats>,
        _: Arc<ActorLog>,
    ) -> Option<Self> {
        None
    }

    pub(crate) fn alone(self) -> Self {
        self
    }

    /// There are none.
    pub fn brokers(&self) -> &[Arc<Broker>] {
        match *self {}
    }

    pub(crate) fn status(&self, _: &str) -> Option<MqttStatus> {
        match *self {}
    }

    pub(crate) fn publish(&self, _: &str, _: Publication) -> Result<Publishing, MqttRefusal> {
        match *self {}
    }

    pub(crate) fn begin(&self, _: &BrokerMessage) {
        match *self {}
    }

    pub(crate) fn came(&self) {
        match *self {}
    }

    pub(crate) fn poll_less(&mut self, _: &mut Context<'_>, _: bool) -> Poll<()> {
        match *self {}
    }

    pub(crate) fn last_look(&self) -> Option<u64> {
        match *self {}
    }

    pub(crate) fn recorded(&self, _: u64) {
        match *self {}
    }

    pub(crate) fn stored(&self) -> Bytes {
        match *self {}
    }

    pub(crate) fn seen(&self) -> Bytes {
        match *self {}
    }

    pub(crate) fn restore(&self, _: &Bytes, _: &Bytes) {
        match *self {}
    }

    pub(crate) fn set_stored(&self, _: bool) {
        match *self {}
    }
}

impl Publishing {
    pub(crate) fn broker(&self) -> &str {
        match *self {}
    }

    pub(crate) fn publication(&self) -> &Publication {
        match *self {}
    }

    pub(crate) fn bytes(&self) -> usize {
        match *self {}
    }

    pub(crate) fn start(self) {
        match self {}
    }
}

impl Drivers {
    pub(crate) fn start(
        _: &Executor<'static>,
        _: &ActorHandle,
        _: &Arc<Turns>,
        _: impl Iterator<Item = (OpenedBroker, Arc<Broker>)>,
    ) -> Option<Self> {
        None
    }

    pub(crate) fn stop(&self) {
        match *self {}
    }

    pub(crate) async fn ended(self) {
        match self {}
    }
}

impl OpenedBroker {
    /// The manifest's handlers are refused, so this is not reached with any.
    ///
    /// # Errors
    /// None.
    pub(crate) fn open_all(_: &Config, _: &str) -> Result<Vec<Self>, Vec<BrokerError>> {
        Ok(Vec::new())
    }
}

impl fmt::Display for BrokerError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl error::Error for BrokerError {}
