//! A message of a broker.

use bytes::Bytes;
use wit_core::host::MqttReceived;

/// A message of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerMessage {
    /// What the actor may ask about it.
    pub about: MqttReceived,
    /// Its bytes.
    pub payload: Bytes,
}
