//! The actor's side of MQTT, for the handler `mqtt` and the interface `mqtt` of `footlight:host`.
//!
//! - [`config`]: the manifest's keys, with [`address`], [`client_id`] and [`topics`]. [`credentials`]:
//!   the file that it names. [`opened`]: a broker with all that.
//! - [`publication`]: messages in both directions.
//! - [`outbox`]: what the actor has published, until a broker has it. [`queued`] has the publications,
//!   [`repeatable`] which of them may come again. [`stored`]: how they are stored.
//! - [`inbox`]: what a broker has sent, until the actor has handled it. [`waiting`] has the events.
//! - [`dedupe`]: messages between Footlight hosts that come once only.
//!
//! - [`driver`]: connects again and again, as [`backoff`] says. [`connection`]: one connection. [`shared`]: what
//!   both use.
//!   [`link`]: what lasts from one to the next. [`progress`]: how far one is.
//!   [`translated`]: in the words of its session, which is the crate `footlight-mqtt`.
//!
//! A [`Broker`] is what the connection with a broker and the actor share. [`brokers`] has those of an actor. This
//! module knows the manifest's grants and the mailbox. It knows neither the interpreter nor packets. Only
//! `shared`, which connects, and `connection` know sockets.
//!
//! Without the feature `mqtt`, `absent` has the place of all that, and only the manifest's keys are left. The
//! other files are checked, and nothing calls them.

#![cfg_attr(not(feature = "mqtt"), allow(dead_code, unreachable_pub))]

#[cfg(not(feature = "mqtt"))]
mod absent;
pub mod address;
mod backoff;
mod brokers;
pub(crate) mod client_id;
pub mod config;
mod connection;
pub mod credentials;
pub mod dedupe;
mod driver;
pub mod inbox;
mod link;
pub mod opened;
pub mod outbox;
mod progress;
pub mod publication;
mod queued;
mod repeatable;
mod shared;
mod stored;
#[cfg(test)]
mod tests;
pub mod topics;
mod translated;
mod waiting;

#[cfg(not(feature = "mqtt"))]
pub use absent::{Broker, BrokerError, Drivers, Mqtt, OpenedBroker, Publishing};
#[cfg(feature = "mqtt")]
pub use brokers::{Broker, Mqtt, Publishing};
pub use config::Config;
#[cfg(feature = "mqtt")]
pub use driver::Drivers;
pub use inbox::{Inbox, Overrun};
#[cfg(feature = "mqtt")]
pub use opened::{BrokerError, OpenedBroker};
pub use outbox::{Out, Outbox};
pub use publication::{Incoming, Publication};
