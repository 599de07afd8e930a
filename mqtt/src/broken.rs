//! What a broker has sent that is against the protocol.

use std::{error, fmt};

/// The broker's fault: a packet that is malformed, not allowed, or larger than a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The packet's type, as the specification writes it, such as `PUBLISH`.
    pub packet: &'static str,
    /// Where in the packet, in bytes from its first.
    pub offset: usize,
    /// What is wrong there.
    pub problem: &'static str,
    /// The code with which the session closes the connection (MQTT 5, section 3.14.2.1).
    pub code: u8,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { packet, offset, problem, .. } = self;
        write!(f, "the broker sent a wrong {packet}: at its byte {offset}, {problem}")
    }
}

impl error::Error for Broken {}
