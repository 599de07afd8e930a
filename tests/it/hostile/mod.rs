//! Hostile guests: small modules, each named after the one bad thing that it does. They run in the
//! real server beside clients that must not notice.
//!
//! - `guest`: the module that all of them are made of; `stage`: how each is run
//! - `computing`: guests that do not return, or need all of the stack
//! - `instructions`: each kind of instruction, as often as one step allows
//! - `growth`: guests that grow memory or move it about; `tables`: the same for tables
//! - `results`: answers that are invalid values; `variants`: the same for variants
//! - `allocators`: `cabi_realloc` and `cabi_post` that lie or do not return
//! - `logging`: misuse of `log`; `stalled_log`: a log that nobody reads
//! - `starts`: guests that are hostile before there is a first client
//! - `parameters`: imports that get invalid values; `suspended`: imports that a guest calls at the
//!   wrong place or in unusual ways; `storms`: imports called as often as the fuel allows
//! - `turns`: what takes long and costs no fuel; `time`: what takes longer than it may; `memory`:
//!   memory that is taken and given back again and again
//! - `failing`: an instance that can't be made anew; `inside`: an actor's inside, for what no client
//!   can see
//! - `wasi`: the same as the last three for the functions of WASI
//! - `events`: guests that are hostile at `connect` or `close`, or again and again
//! - `features`: features of WebAssembly that the host does not have
//! - `modules`: files that claim to be large; `noise`: files that are cut short, random or changed;
//!   `reports`: the errors about wrong files; `file`: how all of them are checked

mod allocators;
mod computing;
mod events;
mod failing;
mod features;
mod file;
mod growth;
mod guest;
mod inside;
mod instructions;
mod logging;
mod memory;
mod modules;
mod noise;
mod parameters;
mod reports;
mod results;
mod stage;
mod stalled_log;
mod starts;
mod storms;
mod suspended;
mod tables;
mod time;
mod turns;
mod variants;
mod wasi;
