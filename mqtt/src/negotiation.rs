//! Which version of the protocol the next connection speaks, if the settings leave it open.

use crate::{event::Down, settings::Version};

/// What is known of the broker's versions.
#[derive(Debug)]
pub(crate) struct Negotiation {
    /// The version of the next connection.
    next: Version,
    /// Whether the broker has said that it does not know MQTT 5.
    has_refused_5: bool,
    /// Whether the broker has accepted a connection with MQTT 5.
    has_taken_5: bool,
}

impl Negotiation {
    /// MQTT 5 is first.
    pub(crate) fn new() -> Self {
        Self { next: Version::V5, has_refused_5: false, has_taken_5: false }
    }

    pub(crate) fn next(&self) -> Version {
        self.next
    }

    /// A connection is over. A broker that has closed it without an answer may have done so for any
    /// reason, so MQTT 5 gets another chance after one connection with 3.1.1. It is no reason to try
    /// 3.1.1 if the broker is known to speak MQTT 5.
    pub(crate) fn ended(&mut self, version: Version, was_up: bool, down: Down) -> Down {
        let is_refused = matches!(&down, Down::Refused(reason) if reason.is_unsupported_version());
        if version == Version::V3_1_1 {
            self.has_refused_5 &= !is_refused;
            self.next = if self.has_refused_5 { Version::V3_1_1 } else { Version::V5 };
            return down;
        }
        self.has_taken_5 |= was_up;
        if is_refused || (!self.has_taken_5 && down == Down::Ended) {
            self.has_refused_5 |= is_refused;
            self.next = Version::V3_1_1;
            return Down::OtherVersion;
        }
        down
    }
}
