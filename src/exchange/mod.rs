//! What passes between a connection and its actor.
//!
//! This room knows neither sockets nor WebAssembly: only events on their way in, messages on
//! their way out, and the two places where they wait. Both are bounded in bytes.
//!
//! - [`actor_handle`]: an actor, as all others hold it.
//! - [`client`]: what is known of a client.
//! - [`close`]: how a connection closes.
//! - [`connections`]: which connections an actor has.
//! - [`control`]: commands that wait for the actor.
//! - [`delivery`]: the way of messages into the outboxes.
//! - [`event`]: what happened at a client.
//! - [`mailbox`]: events that wait for the actor.
//! - [`message`]: what a client and its actor send each other.
//! - [`outbox`]: messages that wait for one client.
//! - [`session`]: one connection, as its task and the actor share it.

pub mod actor_handle;
pub mod client;
pub mod close;
pub mod connections;
pub mod control;
pub mod delivery;
pub mod event;
pub mod mailbox;
pub mod message;
pub mod outbox;
pub mod session;

pub use crate::connection_id::ConnectionId;
pub use actor_handle::ActorHandle;
pub use client::Client;
pub use close::{Close, CloseCode};
pub use connections::Connections;
pub use control::{Command, Control};
pub use delivery::Delivery;
pub use event::{Event, EventKind, Source};
pub use mailbox::Mailbox;
pub use message::Message;
pub use outbox::OnOverflow;
pub use session::Session;
