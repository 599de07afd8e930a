//! What the manifest allows an actor to ask.

use super::url::{Origin, Url};

/// An entry of `allow`: an origin, and where its paths begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The server.
    pub origin: Origin,
    /// A path in its normal form. It allows itself and what is beneath it.
    pub path: String,
    /// Whether the name of the host may lead to an address of this machine or of its network.
    pub private: bool,
}

impl Grant {
    /// Whether it allows this address.
    pub fn allows(&self, url: &Url) -> bool {
        if self.origin != url.origin {
            return false;
        }
        let Some(rest) = url.path.strip_prefix(&*self.path) else { return false };
        rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
    }
}
