//! WebSocket clients: from the socket to the mailbox, and from the outbox to the socket.
//!
//! - [`socket`]: a TCP connection that lets others have their turn.
//! - [`accept`]: takes connections from a listener, each into a task of its own.
//! - [`handshake`]: the request's head and the answer to it: bytes in, bytes out.
//! - [`connection`]: the life of one connection, from its `connect` event to its `close`.
//! - [`closing`]: every way in which a connection ends.
//!
//! This room knows sockets and the exchange. It knows nothing of WebAssembly.

pub mod accept;
pub mod closing;
pub mod connection;
pub mod handshake;
pub mod socket;

pub use accept::Service;
