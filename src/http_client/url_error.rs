//! Why a text is no address of the web.

use std::fmt;

/// The longest address in bytes.
pub(super) const MAX: usize = 8 << 10;

/// Why a text is no address that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// It has more bytes than 8 KiB.
    TooLong,
    /// It has a character that must be percent-encoded.
    Character(char),
    /// The name of the host is not ASCII.
    International,
    /// A `%` has no two hexadecimal digits behind it.
    Escape,
    /// It begins neither with `http://` nor with `https://`.
    Scheme,
    /// It has a user's name or a password.
    User,
    /// The host is no name and no address.
    Host,
    /// The port is no number from 1 to 65535.
    Port,
    /// The path has `..` in a form that some servers follow and others don't.
    HiddenDots,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "it has more than {MAX} bytes"),
            Self::Character(c) => write!(f, "{c:?} must be percent-encoded"),
            Self::International => {
                f.write_str("a host's name is written in ASCII, as `xn--…` if it has other letters")
            }
            Self::Escape => f.write_str("a `%` needs two hexadecimal digits behind it"),
            Self::Scheme => f.write_str("it has to begin with `http://` or `https://`"),
            Self::User => f.write_str("it has a user or a password; use the field `Authorization`"),
            Self::Host => f.write_str("its host is neither a name nor an address such as 10.0.0.5"),
            Self::Port => f.write_str("its port is not a number from 1 to 65535"),
            Self::HiddenDots => f.write_str("its path hides `..`, which servers read differently"),
        }
    }
}

impl std::error::Error for UrlError {}
