//! Footlight's integration tests: the built program, real sockets on port 0, real clients.
//!
//! There is one file for each behaviour. `support` has the server, the client and the manifests.
//!
//! The actors are the committed ones under `examples/` and `tests/guests/`. If `FOOTLIGHT_ACTORS`
//! names a folder, the tests use the actors that `scripts/build-actors.sh --out` has rebuilt
//! there.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing
)]

mod support;

mod admission;
mod answers;
mod asking;
mod brokers;
mod browser;
mod call;
mod check;
mod clients;
mod command_line;
mod components;
mod crowd;
mod dashboard;
mod data_folder;
mod descriptors;
mod documents;
mod durable;
mod endings;
mod events;
mod examples;
mod faults;
mod handshakes;
mod hostile;
mod house;
mod http;
mod http_server;
mod inspector;
mod instances;
#[cfg(feature = "javascript")]
mod javascript;
mod keepalive;
mod languages;
mod lights;
mod limits;
mod log_lines;
mod mail;
mod metrics;
mod networks;
mod new;
mod notes;
mod notify;
mod output;
mod pages;
mod plain_names;
mod proxies;
mod reach;
mod readme;
mod reload;
mod replaced;
mod requests;
mod rooms;
mod rounds;
mod sensor_api;
mod several;
mod shells;
mod shutdown;
mod signals;
mod start;
mod state;
mod systemd;
mod theater;
#[cfg(feature = "tls")]
mod tls;
mod verdicts;
mod violations;
