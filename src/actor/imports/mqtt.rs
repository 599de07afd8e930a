//! `footlight:host/mqtt`: messages of brokers.

#[cfg_attr(not(feature = "mqtt"), path = "mqtt/absent.rs")]
mod calls;

use wit_core::host::{
    Flat::{self, I32},
    MqttReceived, MqttRefusal, MqttStatus,
};

use self::calls::{broker_status, message, publish};
use super::row::{Import, Kind, row};
use crate::interfaces::MQTT;

/// The result of `publish`.
type Published = Result<(), MqttRefusal>;

/// The functions of this interface.
pub(crate) const ROWS: &[Import] = &[
    row(
        &MQTT,
        "message",
        "reads what a broker says about its message",
        &[],
        Kind::suspending::<Option<MqttReceived>>(message),
    ),
    row(
        &MQTT,
        "publish",
        "publishes at a broker",
        &PUBLISH,
        Kind::suspending::<Published>(publish),
    ),
    row(
        &MQTT,
        "broker-status",
        "asks whether a broker is connected",
        &[I32, I32],
        Kind::suspending::<Option<MqttStatus>>(broker_status),
    ),
];

/// The broker's name, and a publication.
const PUBLISH: [Flat; 16] = [I32; 16];
