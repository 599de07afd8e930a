//! Tests of the log on real folders and on a simulated disk.

// A test may panic: that is how it fails. The numbers of the simulation are small.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod cuts;
mod damage;
mod folder;
mod formats;
mod growth;
mod torn;
mod turn_over;

#[allow(dead_code, reason = "the fuzz targets use the rest")]
mod simulation;
