//! The store from outside: its owners, its thread, and disks that fail in every way.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod close;
mod disk;
mod faults;
mod grouping;
mod hangs;
mod model;
mod people;
mod relaxed;
