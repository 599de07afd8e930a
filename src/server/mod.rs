//! Sockets: from the listener to the close frame.
//!
//! - [`accept`]: takes connections from a listener, each into a task of its own.
//! - [`pending`]: how many requests may be in progress, and who has to make room.
//! - [`site`]: what one listener offers and asks for; [`token`] is a part of it.
//! - [`request`]: a request's head, and what it asks for: bytes in, a decision out.
//! - [`handshake`]: whether it gets its upgrade.
//! - [`refusal`]: why it does not get what it asks for.
//! - [`pages`]: what it gets instead of an upgrade; [`files`] and [`metrics`] are some of it.
//! - [`connection`]: the life of one connection, from its `connect` event to its `close`.
//! - [`pulse`]: whether the client is still there.
//! - [`closing`]: every way in which a connection ends.
//! - [`writer`]: the way of frames to the client, past tungstenite's buffer.
//! - [`socket`]: a TCP connection that lets others have their turn; [`readiness`]: whether it has
//!   something to read.
//! - [`wire`]: the same with or without TLS around it; `tls` is there with the feature `tls`.
//!
//! This room knows sockets and the exchange. It knows nothing of WebAssembly.

pub mod accept;
pub mod closing;
pub mod connection;
pub mod files;
pub mod handshake;
pub mod metrics;
pub mod pages;
pub mod pending;
pub mod pulse;
pub mod readiness;
pub mod refusal;
pub mod request;
pub mod site;
pub mod socket;
#[cfg(feature = "tls")]
pub mod tls;
pub mod token;
pub mod wire;
pub mod writer;

pub use accept::Service;
pub use pending::Pending;
pub use site::Site;
