//! How a connection closes: a code and a reason (RFC 6455, section 7).

use std::fmt;

use bytestring::ByteString;

/// A close code (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The connection has fulfilled its purpose (RFC 6455, section 7.4.1, like all codes up to
    /// 1011).
    pub(crate) const NORMAL: Self = Self(1000);
    /// One side goes away: the host stops, or the connection is idle.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer violated the protocol.
    pub(crate) const PROTOCOL_ERROR: Self = Self(1002);
    /// Stands for a close frame without a code. Never sent.
    pub const NO_STATUS: Self = Self(1005);
    /// Stands for a connection that ended without a close frame. Never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// A payload does not match its type, such as text that is not UTF-8.
    pub(crate) const INVALID_PAYLOAD: Self = Self(1007);
    /// A message is too large.
    pub(crate) const TOO_BIG: Self = Self(1009);
    /// The server has an internal error.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// The server is overloaded; the client may try again later (registered with IANA, as section
    /// 11.7 allows).
    pub const TRY_AGAIN_LATER: Self = Self(1013);

    /// Whether a close frame may contain this code: a code of the RFC or of IANA's registry that is
    /// not reserved, or one for libraries and applications (RFC 6455, section 7.4.2). The registry
    /// has 1012 to 1014 beside those of the RFC.
    ///
    /// An actor may send all of them. A client may send all but 1014, which tungstenite does not know
    /// and answers with 1002. It means that a gateway got an invalid answer from its server, so no
    /// client has a use for it.
    pub(crate) fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How one side closes a connection, or how it ended (RFC 6455, sections 7.1.5 and 7.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// Says why, in a number (RFC 6455, section 7.4).
    pub code: CloseCode,
    /// Says why, in words; empty if there are none. To be sent, it may have at most [`REASON`]
    /// bytes.
    pub reason: ByteString,
}

/// The maximum payload of a control frame, in bytes (RFC 6455, section 5.5).
pub const CONTROL: usize = 125;
/// The maximum length of a close reason, in bytes: the code takes two.
pub const REASON: usize = CONTROL - 2;

impl Close {
    /// No close frame was received.
    pub const ABNORMAL: Self = Self::new(CloseCode::ABNORMAL, "");
    /// A close frame without a code was received.
    pub const NO_STATUS: Self = Self::new(CloseCode::NO_STATUS, "");

    /// A close by the host.
    pub const fn new(code: CloseCode, reason: &'static str) -> Self {
        Self { code, reason: ByteString::from_static(reason) }
    }
}
