//! The events of the actor's brokers.

use std::sync::Arc;

use super::{super::CallError, Emit, Stage};
use crate::{
    exchange::{BrokerMessage, Event, EventKind, Source},
    mqtt::{Broker, config::TYPE},
};

impl Stage {
    /// A broker sends a message.
    pub(super) fn broker_message(
        &mut self,
        place: &str,
        message: BrokerMessage,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        self.broker(place, &message.about.broker)?;
        self.broker_event(place, EventKind::Mqtt(Arc::new(message)), emit)
    }

    /// The connection with a broker begins, or has `ended` for this reason.
    pub(super) fn broker_connection(
        &mut self,
        place: &str,
        name: String,
        ended: Option<String>,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        let broker = self.broker(place, &name)?;
        let kind = match ended {
            None => {
                broker.up();
                EventKind::MqttUp(name.into())
            }
            Some(why) => {
                broker.down(&why);
                EventKind::MqttDown(name.into())
            }
        };
        self.broker_event(place, kind, emit)
    }

    /// The broker with this name.
    fn broker(&self, place: &str, name: &str) -> Result<&Arc<Broker>, CallError> {
        if let Some(feature) = TYPE.lacks() {
            return Err(CallError::step(place, format_args!("{feature}")));
        }
        let named = |broker: &&Arc<Broker>| broker.name() == name;
        self.brokers.iter().find(named).ok_or_else(|| {
            let text = format_args!(
                "there is no broker {name:?}; write the `name` of one of the manifest's handlers of \
                 type mqtt"
            );
            CallError::step(place, text)
        })
    }

    /// Gives an event of a broker to the actor.
    fn broker_event(
        &mut self,
        place: &str,
        kind: EventKind,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        self.must_handle(place, &kind)?;
        // Nobody has to be told that it is done.
        self.perform(Event { source: Source::Alarm, kind }, None, emit)?;
        self.follow(place, emit)
    }
}
