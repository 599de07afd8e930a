//! An actor: a WebAssembly module, its state, and the events that it handles one at a time.
//!
//! The files, in the order in which an event passes them:
//! - [`setup`]: everything that an actor is made from.
//! - [`task`]: the actor's loop. It takes an event, calls the instance, and commits or rolls back.
//!   [`setup`]: what it is made from.
//! - [`attempt`]: calls a handler and commits. [`dispatch`] says which handler an event has.
//!   [`event_message`] converts the event into a message
//!   of the interface.
//! - [`instance`]: one instance of the module: lower, call, lift. [`exports`] has the functions
//!   that it calls, [`entry`] the metered way into the guest, and [`call_error`] its errors.
//!   [`actor_message`] calls those for other actors' messages.
//! - [`instances`]: makes instances, and keeps the present one. [`watermark`] says when its memory
//!   has grown too far, and [`backoff`] how long to wait after a failure.
//! - [`call_context`]: what each call needs. That is [`meter`], which counts fuel and time and
//!   gives turns, and [`host_calls`], the host's side of the imports.
//! - [`imports`]: what a guest may import, with a row and a function for each. [`import_call`] runs
//!   them, [`fuel_cost`] has the costs that they share, and [`call_time`] is the time that a guest
//!   reads.
//! - [`clients`]: the connections that the actor knows, and what it keeps with each.
//! - [`storage`]: the keys and values that the actor stores.
//! - [`transaction`]: the changes of one event, with its [`effects`]. [`failure`] says why an event
//!   failed.
//! - [`ended`]: how an event ended, for who looks at that.
//! - [`durable`]: the actor's place in the store. [`recovery`] goes back to what is stored after a
//!   record failed.
//! - [`placing`]: places the parameters of a call in the guest.
//! - [`pair`]: asks a guest for two blocks in one entry.
//! - [`outgoing`]: delivers what leaves the host after an event, once it may.
//! - [`reply`]: what a call returned. [`answer`] checks and converts messages, and [`response`] checks
//!   the response to a request.
//! - [`change`]: what the actor gets anew while it runs. [`trial`] exchanges the module, with its
//!   first event.
//! - [`observed`]: the same task, one event at a time, for those who look at what an event does.
//!   [`ended`] is what they see of its end.
//! - [`inspected`]: what an inspector sees of the actor and its events.
//! - [`alarm`]: the actor's alarm and tick. [`idle`] notices that the actor has had no events.
//!
//! The files that load a module:
//! - [`component`]: takes the core module out of a component.
//! - [`validate`]: refuses modules that are valid but harmful. [`nesting`] does so within
//!   functions, and [`rejected`] is the error.
//! - [`start_function`]: turns the start function into an export, so that it can run in slices.
//! - [`stack_pointer`]: exports the stack pointer, which tells an overflow from other faults.
//! - [`loops`]: rewrites functions so that wasmi charges for about what is executed. [`points`]
//!   finds the places for new loops, and [`recode`] inserts them. [`types`] holds the types that
//!   both need.
//! - [`sections`]: reads and writes the sections of a module.
//! - [`inspect`]: reports the exports and imports, and whether they fit. [`verdict`] puts that into
//!   words.
//! - [`translated`]: runs these steps in order, and compiles the result.
//! - [`javascript`]: has the engine for scripts load one, and keeps its memory.
//! - [`module`]: what an actor needs to make instances of that. [`load_error`] says why it can't.
//!
//! This folder uses wasmi and `exchange`. It knows neither sockets nor the executor's loop.

pub mod actor_message;
pub mod alarm;
pub mod answer;
pub mod attempt;
pub mod backoff;
pub mod call_context;
pub mod call_error;
pub mod call_time;
pub mod change;
pub mod clients;
pub mod component;
pub mod dispatch;
pub mod durable;
pub mod effects;
pub(crate) mod ended;
pub mod entry;
pub mod event_message;
pub mod exports;
pub mod failure;
pub mod fault;
mod feed;
pub mod fuel_cost;
pub mod host_calls;
pub mod idle;
pub mod import_call;
pub mod imports;
pub mod inspect;
pub(crate) mod inspected;
pub mod instance;
pub mod instances;
pub mod instruction;
#[cfg_attr(not(feature = "javascript"), path = "no_javascript.rs")]
pub mod javascript;
pub mod load_error;
pub mod loops;
pub mod meter;
pub mod module;
pub mod module_hash;
pub mod nesting;
pub(crate) mod observed;
pub mod outgoing;
pub mod pair;
mod placing;
pub mod points;
pub mod recode;
pub mod recovery;
pub mod rejected;
pub mod reply;
pub mod response;
pub mod sections;
pub mod setup;
pub mod stack_pointer;
pub mod start_function;
pub(crate) mod starting;
mod state_calls;
pub mod storage;
pub mod task;
pub mod toolchain;
pub mod transaction;
pub mod translated;
pub mod trial;
pub mod types;
pub mod validate;
pub mod verdict;
pub(crate) mod view;
pub mod watermark;

pub use call_context::{CallContext, Resources};
pub use change::{Change, ChangeSlot};
pub use durable::OutputGate;
pub use failure::StartError;
pub use imports::Grants;
pub use inspect::Report;
pub use load_error::LoadError;
pub use module::Module;
pub use module_hash::ModuleHash;
pub use setup::Setup;
pub use task::Actor;
