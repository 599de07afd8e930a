//! How a connection closes: a code and a reason (RFC 6455, section 7).

use std::fmt;

use bytestring::ByteString;

/// Why a connection closes, as a number (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The connection has done what it was opened for (RFC 6455, section 7.4.1, as all up to 1011).
    pub const NORMAL: Self = Self(1000);
    /// One side goes away: the host stops, or nobody talks.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// Stands for a close frame without a code. No frame may carry it.
    pub const NO_STATUS: Self = Self(1005);
    /// Stands for a connection that ended without a close frame. No frame may carry it.
    pub const ABNORMAL: Self = Self(1006);
    /// A message's payload is not what its type says, such as text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// A message is too large.
    pub const TOO_BIG: Self = Self(1009);
    /// The server can't do what it is asked for.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// The server has too much to do; the client may come again later (registered with IANA, as
    /// section 11.7 provides).
    pub const TRY_AGAIN_LATER: Self = Self(1013);

    /// Whether a close frame may carry it: codes of the RFC and of IANA's registry that are not
    /// reserved, and those for libraries and applications (RFC 6455, section 7.4.2).
    pub fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1013 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a connection is closed by one side, or has ended (RFC 6455, sections 7.1.5 and 7.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: CloseCode,
    /// The reason, in UTF-8; empty if there is none. At most [`REASON`] bytes where it is to be sent.
    pub reason: ByteString,
}

/// The most bytes in a control frame (RFC 6455, section 5.5).
pub const CONTROL: usize = 125;
/// The most bytes in a close frame's reason: the code takes two.
pub const REASON: usize = CONTROL - 2;

impl Close {
    /// No close frame came.
    pub const ABNORMAL: Self = Self::new(CloseCode::ABNORMAL, "");
    /// A close frame without a code came.
    pub const NO_STATUS: Self = Self::new(CloseCode::NO_STATUS, "");

    /// With a reason of the host's own.
    pub const fn new(code: CloseCode, reason: &'static str) -> Self {
        Self { code, reason: ByteString::from_static(reason) }
    }
}
