//! Clients that misbehave, or many clients, beside a few well-behaved ones.
//!
//! ```text
//! cargo bench --bench edge
//! cargo bench --bench edge -- slow flood
//! cargo bench --bench edge -- idle --connections 10000
//! ```
//!
//! The server is the built program with `examples/echo`, on one thread. Times are compared in pairs
//! of rounds, with and without the others.
//!
//! On a busy machine the 99th percentiles show its scheduler. As root, `chrt -r 1` before the
//! command keeps other programs from running meanwhile.
//!
//! # Layout
//! - `slow`: one client that reads nothing, beside 50 well-behaved ones.
//! - `flood`: one client that sends without a pause, beside 50 well-behaved ones.
//! - `burst`: a thousand handshakes at once, compared with async-tungstenite alone (`servers`).
//! - `half_open`: unfinished handshakes, while others connect.
//! - `idle`: ten thousand connections without traffic.
//! - `idle_tls`: two thousand of them with TLS, only with the feature `tls`.
//! - `churn`: a hundred thousand connections, one after the other.
//! - `beside`: the comparison that `slow` and `flood` share.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

#[path = "../echo/servers.rs"]
mod servers;

mod beside;
mod burst;
mod churn;
mod flood;
mod half_open;
mod idle;
#[cfg(feature = "tls")]
mod idle_tls;
mod slow;

use std::process::ExitCode;

use common::parts::{self, Part};

/// The parts and their names.
const PARTS: &[Part] = &[
    ("slow", slow::measure),
    ("flood", flood::measure),
    ("burst", burst::measure),
    ("half-open", half_open::measure),
    ("idle", idle::measure),
    #[cfg(feature = "tls")]
    ("idle-tls", idle_tls::measure),
    ("churn", churn::measure),
];

fn main() -> ExitCode {
    common::main(&["rounds", "messages", "connections"], |arguments| match arguments.child() {
        Some(words) => servers::serve(&words),
        None => parts::run(PARTS, arguments),
    })
}
