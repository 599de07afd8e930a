//! What the fuzz targets share.
//!
//! - [`reference`]: the second implementation of the canonical ABI, from `wit-core`'s tests.
//! - [`top`]: the end of the largest memory.
//! - [`input`]: values out of the fuzzer's bytes.
//! - [`drive`]: runs a future by hand, and sees to it that it does not wait in vain.
//! - [`instance`]: calls one instance of any module, for the targets `module` and `guest`.
//! - [`guests`]: the actors that are put on the stage.
//! - [`play`]: what clients do, one thing after the other.
//! - [`running`]: an actor that runs by hand.
//! - [`stage`]: an actor, its mailbox and its clients, without sockets.
//! - [`client`]: one client there, and what it must find in its outbox.
//! - [`courier`]: an actor that reaches other clients, beside a model of it.
//! - [`counts`]: what the host counted meanwhile.
//! - [`script`]: what the test guests are to answer.
//! - [`sink`]: a log that goes nowhere.

#[path = "../../wit-core/tests/reference/mod.rs"]
pub mod reference;

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
