//! Messages of MQTT: lifts what an actor publishes, and lowers what a broker sends.

use alloc::{string::String, vec::Vec};

use super::{
    http::MostFields,
    lower::{Lower, PAIR, payload, variant},
    lower_result::LoweredResult,
    parameters::Parameters,
    types::{MqttProperties, MqttReceived, MqttRefusal, MqttStatus, Qos},
};
use crate::{error::LiftError, memory::Memory};

/// What an actor publishes. It stays in the guest's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicationRef<'m> {
    /// The topic.
    pub topic: &'m str,
    /// The payload.
    pub payload: &'m [u8],
    /// How surely it comes.
    pub qos: Qos,
    /// Whether the broker keeps it.
    pub retain: bool,
    /// The type of the payload. Empty for none.
    pub content_type: &'m str,
    /// The topic for a response. Empty for none.
    pub response_topic: &'m str,
    /// What a response should repeat. Empty for none.
    pub correlation_data: &'m [u8],
    /// The user properties. `None` if they are more, or larger, than the host wants to read.
    pub user: Option<Vec<(&'m str, &'m str)>>,
}

impl<'m, M: Memory + ?Sized> Parameters<'m, M> {
    /// A `publication`. User properties beyond `most` are not read.
    ///
    /// # Errors
    /// A part ends beyond the memory, is text that is not UTF-8, or is no case of `qos`. The error names
    /// the record's `field`.
    pub fn publication(
        &mut self,
        field: &'static str,
        most: MostFields,
    ) -> Result<PublicationRef<'m>, LiftError> {
        Ok(PublicationRef {
            topic: self.text(field)?,
            payload: self.bytes(field)?,
            qos: if self.is_second(field)? { Qos::AtLeastOnce } else { Qos::AtMostOnce },
            retain: self.boolean(),
            content_type: self.text(field)?,
            response_topic: self.text(field)?,
            correlation_data: self.bytes(field)?,
            user: self.pairs(field, most.count, most.bytes)?,
        })
    }
}

impl Lower for MqttProperties {
    const SIZE: u32 = 4 * PAIR;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        let Self { content_type, response_topic, correlation_data, user } = self;
        content_type.lower(to, at, "content-type");
        response_topic.lower(to, at.saturating_add(PAIR), "response-topic");
        correlation_data.lower(to, at.saturating_add(2 * PAIR), "correlation-data");
        user.lower(to, at.saturating_add(3 * PAIR), "user");
    }

    fn content_bytes(&self) -> usize {
        let Self { content_type, response_topic, correlation_data, user } = self;
        let texts = content_type.len() + response_topic.len();
        texts + correlation_data.len() + user.content_bytes()
    }
}

impl Lower for MqttReceived {
    const SIZE: u32 = 2 * PAIR + 4 + MqttProperties::SIZE;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let Self { broker, topic, qos, retained, duplicate, properties } = self;
        broker.lower(to, at, "broker");
        topic.lower(to, at.saturating_add(PAIR), "topic");
        let qos = match qos {
            Qos::AtMostOnce => 0,
            Qos::AtLeastOnce => 1,
        };
        to.put(at.saturating_add(2 * PAIR), &[qos, retained.into(), duplicate.into()]);
        properties.lower(to, at.saturating_add(2 * PAIR + 4), field);
    }

    fn content_bytes(&self) -> usize {
        self.broker.len() + self.topic.len() + self.properties.content_bytes()
    }
}

impl Lower for MqttRefusal {
    const SIZE: u32 = variant(PAIR, 4);
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let inside = at.saturating_add(payload(Self::ALIGN));
        let case = match self {
            Self::NoBroker => 0,
            Self::Denied => 1,
            Self::Invalid(text) => {
                text.lower(to, inside, "refusal");
                2
            }
            Self::Full(waiting) => {
                waiting.lower(to, inside, field);
                3
            }
            Self::Limit => 4,
        };
        to.put(at, &[case]);
    }
}

impl Lower for MqttStatus {
    const SIZE: u32 = variant(PAIR, 4);
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        let Self::Down(text) = self else { return };
        to.put(at, &[1]);
        text.lower(to, at.saturating_add(payload(Self::ALIGN)), "status");
    }

    fn content_bytes(&self) -> usize {
        match self {
            Self::Up => 0,
            Self::Down(text) => String::len(text),
        }
    }
}
