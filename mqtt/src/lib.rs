//! One MQTT session with a broker over many connections: MQTT 5 and 3.1.1, as a client.
//!
//! It has no sockets and no clock. The caller connects, passes on what it reads, writes what
//! [`Session::output`] has, and says what time it is. [`Session`] shows how.

mod broken;
mod clock;
mod codec;
mod data_types;
mod event;
mod in_flight;
mod negotiation;
mod publication;
mod reason;
mod receiving;
mod session;
mod settings;
pub mod topic;
mod unacknowledged;

pub use broken::Broken;
pub use data_types::is_text;
pub use event::{Down, Event, Message, Refusal, Skip};
pub use publication::{Properties, Publication, Qos};
pub use reason::Reason;
pub use session::{NotNow, Session};
pub use settings::{Credentials, Invalid, Limits, Settings, Subscription, Version, Will};
pub use unacknowledged::Ack;
