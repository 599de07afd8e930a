//! Why the broker refuses or ends something.

use std::fmt;

use bytestring::ByteString;

use crate::codec::beginning;

/// The code of MQTT 5 for "no error".
pub(crate) const SUCCESS: u8 = 0x00;
/// The code of MQTT 5 for a broker that does not know the protocol's version.
const UNSUPPORTED_VERSION: u8 = 0x84;
/// The code of MQTT 5 for a session that another connection has now.
pub(crate) const TAKEN_OVER: u8 = 0x8E;
/// The code of MQTT 5 for a limit of the receiver.
pub(crate) const QUOTA_EXCEEDED: u8 = 0x97;

/// A reason code (MQTT 5, section 2.4), with the text that the broker may have added. The codes of
/// 3.1.1 are translated to those of MQTT 5 that mean the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    code: u8,
    text: ByteString,
}

impl Reason {
    /// A reason without a text.
    pub(crate) fn new(code: u8) -> Self {
        Self { code, text: ByteString::new() }
    }

    /// A reason with what the broker says. Of a longer text the first 256 bytes are kept.
    pub(crate) fn with_text(code: u8, text: Option<&ByteString>) -> Self {
        Self { code, text: text.map(beginning).unwrap_or_default() }
    }

    /// The reason of a refusal in 3.1.1 (section 3.2.2.3). None if there is no such code.
    pub(crate) fn of_3_1_1(code: u8) -> Option<Self> {
        let code = match code {
            0 => SUCCESS,
            1 => UNSUPPORTED_VERSION,
            2 => 0x85,
            3 => 0x88,
            4 => 0x86,
            5 => 0x87,
            _ => return None,
        };
        Some(Self::new(code))
    }

    /// The code. All from 0x80 mean that something failed.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code
    }

    /// What the broker has added, at most 256 bytes, or nothing. The broker chooses it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the broker does not know the version of the protocol.
    pub(crate) fn is_unsupported_version(&self) -> bool {
        self.code == UNSUPPORTED_VERSION
    }

    /// Whether the broker may have ended the connection for one of this side's packets.
    #[must_use]
    pub fn blames_a_packet(&self) -> bool {
        matches!(self.code, 0x81 | 0x82 | 0x87 | 0x90 | 0x94 | 0x95 | 0x99 | 0x9A | 0x9B)
    }

    /// Whether something failed.
    pub(crate) fn is_error(&self) -> bool {
        self.code >= 0x80
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:02X})", words(self.code), self.code)?;
        if !self.text.is_empty() {
            write!(f, ", {:?}", &*self.text)?;
        }
        Ok(())
    }
}

/// What a code means (MQTT 5, section 2.4).
fn words(code: u8) -> &'static str {
    match code {
        0x00 => "success",
        0x04 => "disconnected, and the will is sent",
        0x10 => "nobody has subscribed to it",
        0x80 => "unspecified error",
        0x81 => "malformed packet",
        0x82 => "protocol error",
        0x83 => "implementation specific error",
        0x84 => "unsupported protocol version",
        0x85 => "client identifier not valid",
        0x86 => "bad user name or password",
        0x87 => "not authorized",
        0x88 => "server unavailable",
        0x89 => "server busy",
        0x8A => "banned",
        0x8B => "server shutting down",
        0x8C => "bad authentication method",
        0x8D => "keep alive timeout",
        0x8E => "session taken over",
        0x8F => "topic filter invalid",
        0x90 => "topic name invalid",
        0x91 => "packet identifier in use",
        0x92 => "packet identifier not found",
        0x93 => "receive maximum exceeded",
        0x94 => "topic alias invalid",
        0x95 => "packet too large",
        0x96 => "message rate too high",
        0x97 => "quota exceeded",
        0x98 => "administrative action",
        0x99 => "payload format invalid",
        0x9A => "retain not supported",
        0x9B => "QoS not supported",
        0x9C => "use another server",
        0x9D => "server moved",
        0x9E => "shared subscriptions not supported",
        0x9F => "connection rate exceeded",
        0xA0 => "maximum connect time",
        0xA1 => "subscription identifiers not supported",
        0xA2 => "wildcard subscriptions not supported",
        _ => "a reason that MQTT does not define",
    }
}
