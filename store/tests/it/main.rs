//! Tests of the log on real folders and on a simulated disk.

mod folder;
