//! The session against a scripted broker in memory.

// A test may panic: that is how it fails.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod broker;
mod chunks;
mod connecting;
mod hostile;
mod keepalive;
mod publishing;
mod receiving;
mod subscribing;
