//! The session with real brokers, mosquitto and nats-server.
//!
//! `scripts/test-clients.sh brokers` installs them. A test whose broker is missing says so and
//! passes, unless `FOOTLIGHT_REQUIRE_BROKERS` is set.

// A test may panic: that is how it fails.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod broker;
mod client;
mod ends;
mod messages;
mod resuming;
