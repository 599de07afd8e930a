//! What connections and their actor exchange.
//!
//! This module knows neither sockets nor WebAssembly. It has the events that go to the actor, the
//! messages that go to clients, and the two queues where they wait. Both queues are bounded in
//! bytes.
//!
//! - [`actor_handle`]: an actor, as all others hold it.
//! - [`answered`]: what a server has answered. [`broker_message`]: what a broker has sent.
//! - [`client`]: what a client's handshake told about it.
//! - [`close`]: close codes and reasons.
//! - [`connections`]: the open connections of an actor.
//! - [`control`]: commands that wait for the actor.
//! - [`directory`]: the actors of the host, by name.
//! - [`delivery`]: puts messages into outboxes.
//! - [`event`]: what happened, and where.
//! - [`mailbox`]: events that wait for the actor.
//! - [`message`]: messages between clients and actors.
//! - [`outbox`]: messages that wait for one client.
//! - [`receipt`]: the sender's side of a message of another actor or of a broker.
//! - [`request`]: a request on its way to the actor, and the slot for its answer.
//! - [`session`]: the handle of a connection that its task and the actor share.

pub mod actor_handle;
pub(crate) mod answered;
pub(crate) mod broker_message;
pub(crate) mod client;
pub mod close;
pub mod connections;
pub mod control;
pub(crate) mod delivery;
pub mod directory;
pub(crate) mod event;
pub(crate) mod mailbox;
pub(crate) mod message;
pub(crate) mod outbox;
pub mod receipt;
pub mod request;
pub mod session;

pub use crate::connection_id::ConnectionId;
pub use actor_handle::ActorHandle;
pub use answered::Answered;
pub use broker_message::BrokerMessage;
pub use client::Client;
pub use close::{Close, CloseCode};
pub use connections::Connections;
pub use control::{Command, Control};
pub use delivery::Delivery;
pub use directory::Directory;
pub use event::{ActorMessage, Event, EventKind, Source};
pub use mailbox::{Mailbox, NotTaken, Takes};
pub use message::Message;
pub use outbox::OnOverflow;
pub use receipt::{Outcome, Receipt, Sends};
pub use request::{HttpRequest, HttpResponse, PendingResponse, Responder, Unanswered};
pub use session::Session;
