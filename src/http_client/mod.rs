//! What an actor asks of other servers, for the interface `http` of `footlight:host` and for
//! Theater's `http-client`.
//!
//! - [`config`]: what the manifest allows.
//! - [`grant`]: one entry of that. [`url`] and [`path`]: addresses in their normal form.
//! - [`address`]: which addresses a name may lead to. [`resolver`]: where it leads; [`mdns`] and
//!   [`dns`]: where names on the link lead.
//! - [`request`]: what an actor may send.
//! - [`client`]: one request with its redirects. [`stream`] and `tls`: its connection. [`call`]: its
//!   bytes.
//! - [`pending`]: requests whose answers come as events. [`requests`]: these and all others of one actor.
//! - [`answers`]: answers without servers, for `footlight call`.
//! - [`failure`]: why a request failed.
//!
//! This module knows the manifest's grants and the types of the interface. It knows neither the
//! interpreter nor the actor's clients.
//!
//! Without the feature `http-client`, `absent` has the place of `requests`. The other files are checked. Brokers of
//! MQTT use those that find and connect with a server, and nothing calls the others.

#![cfg_attr(not(feature = "http-client"), allow(dead_code))]

#[cfg(not(feature = "http-client"))]
mod absent;
mod address;
pub(crate) mod answers;
pub mod call;
pub mod client;
pub mod config;
pub mod dns;
pub mod failure;
pub mod grant;
mod mdns;
mod path;
pub mod pending;
pub mod request;
pub mod requests;
pub(crate) mod resolver;
pub mod stream;
#[cfg(feature = "tls")]
mod tls;
pub mod url;
mod url_error;

#[cfg(test)]
mod tests;

#[cfg(not(feature = "http-client"))]
pub use absent::{Asked, Http};
pub(crate) use client::Options;
pub use config::Config;
pub use failure::Failure;
#[cfg(feature = "http-client")]
pub use pending::Asked;
pub use request::Request;
#[cfg(feature = "http-client")]
pub use requests::Http;
