//! The modules that the fuzz targets share.
//!
//! - [`reference`]: the second implementation of the canonical ABI, from the tests of `wit-core`.
//! - [`simulation`]: a simulated disk with a log on it, from the tests of `footlight-store`.
//! - [`top`]: the end of the largest memory.
//! - [`input`]: makes values from the fuzzer's bytes.
//! - [`drive`]: polls a future by hand, and checks that something wakes it.
//! - [`instance`]: calls one instance of any module, for the targets `module` and `guest`.
//! - [`guests`]: the actors for the target `actor`.
//! - [`play`]: a sequence of actions of clients.
//! - [`running`]: an actor that runs by hand.
//! - [`stage`]: an actor, its mailbox and its clients, without sockets.
//! - [`client`]: one client, and the messages that must be in its outbox.
//! - [`courier`]: an actor that reaches other clients, files and other actors, and a model of it.
//! - [`counts`]: the host's counters.
//! - [`script`]: the answers of the test guests.
//! - [`sink`]: a log that discards everything.

#[path = "../../wit-core/tests/reference/mod.rs"]
pub mod reference;
#[path = "../../store/tests/it/simulation/mod.rs"]
pub mod simulation;

pub mod client;
pub mod counts;
pub mod courier;
pub mod drive;
pub mod guests;
pub mod input;
pub mod instance;
pub mod play;
pub mod running;
pub mod script;
pub mod sink;
pub mod stage;
pub mod top;
