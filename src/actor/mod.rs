//! An actor: a WebAssembly module, its state, and the events it handles one at a time.
//!
//! In the order of a message's way:
//! - [`task`]: the actor's task: takes an event from the mailbox, calls the instance, and
//!   either commits the new state and the answer together or neither.
//! - [`event_message`]: what the actor is told of an event.
//! - [`instance`]: one instance of the module: lower, call, lift; [`exports`]: the functions that it
//!   calls; [`call_error`]: why that failed; [`call_time`]: the time that a call is told.
//! - [`meter`]: the fuel and the time of one call, spent in slices and turns.
//! - [`imports`]: what a guest may import, a row and a function for each; [`host_calls`]: what these
//!   functions work on, and [`fuel_cost`] what all of them cost; [`import_call`]: where they are
//!   called.
//! - [`clients`]: who is there, with what the actor keeps with each one; [`effects`]: what a call asks
//!   for until its [`transaction`] is committed; [`alarm`]: when the actor is to be woken.
//! - [`idle`]: notices that there is nothing to do.
//! - [`watermark`]: whether its memory has grown too far; [`backoff`]: how long to wait before an
//!   instance that failed is made again.
//! - [`answer`]: from the interface's messages to WebSocket messages.
//!
//! And before the first message:
//! - [`component`]: takes the core module out of a component.
//! - [`validate`]: refuses what is valid but harmful; [`nesting`] does so within functions.
//! - [`start_function`]: makes the start function one that can be called in slices.
//! - [`loops`]: makes the interpreter charge for about what is executed: at the [`points`] where code
//!   can have a loop of its own, by [`recode`]. [`types`] is what both know of the module.
//! - [`sections`]: what these and [`component`] walk over.
//! - [`inspect`]: what a module exports and imports, and whether that fits; [`verdict`]: the words
//!   for it.
//! - [`module`]: a module that has been compiled and found to fit.
//!
//! This room knows wasmi and the exchange. It knows neither sockets nor the executor.

pub mod alarm;
pub mod answer;
pub mod backoff;
pub mod call_context;
pub mod call_error;
pub mod call_time;
pub mod clients;
pub mod component;
pub mod effects;
pub mod entry;
pub mod event_message;
pub mod exports;
pub mod failure;
pub mod fuel_cost;
pub mod host_calls;
pub mod idle;
pub mod import_call;
pub mod imports;
pub mod inspect;
pub mod instance;
pub mod instances;
pub mod loops;
pub mod meter;
pub mod module;
pub mod nesting;
pub mod points;
pub mod recode;
pub mod rejected;
pub mod sections;
pub mod start_function;
pub mod task;
pub mod transaction;
pub mod types;
pub mod validate;
pub mod verdict;
pub mod watermark;

pub use call_context::{CallContext, Resources};
pub use call_error::CallError;
pub use failure::StartError;
pub use imports::Grants;
pub use inspect::Report;
pub use module::{LoadError, Module};
pub use task::{Actor, Setup};
