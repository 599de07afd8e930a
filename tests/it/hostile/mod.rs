//! Hostile guests: small modules, each named for the one bad thing that it does, run through
//! the real server beside clients that must not notice.
//!
//! - `guest`: the module that all of them are made of; `stage`: how each is run
//! - `computing`: guests that do not come back, or need all of the stack
//! - `instructions`: each kind of instruction, as often as one step allows
//! - `growth`: guests that want more memory, or to have it moved about; `tables`: the same
//! - `results`: answers that are no valid values; `variants`: the same for variants
//! - `allocators`: `cabi_realloc` and `cabi_post` that lie or do not come back
//! - `logging`: misuse of the one import; `stalled_log`: a log that nobody reads
//! - `starts`: guests that are hostile before there is a first client
//! - `parameters`: imports that are passed what is no valid value; `suspended`: imports that are
//!   called where or as they should not be; `storms`: imports called as often as the fuel allows
//! - `turns`: what takes long and costs no fuel; `time`: what takes longer than it may; `memory`:
//!   memory that is taken and given back again and again
//! - `failing`: an instance that can't be made anew; `inside`: an actor's inside, for what no client
//!   can see
//! - `events`: guests that are hostile at `connect` or `close`, or again and again
//! - `features`: features of WebAssembly that are not there
//! - `modules`: files that claim much; `noise`: files that are cut short, random or changed;
//!   `reports`: what is said about files that are wrong; `file`: how all of them are checked

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
