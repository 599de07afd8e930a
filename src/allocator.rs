//! The allocator of the program, the same on every target.
//!
//! Actors take memory by the megabyte, on whichever thread they run, and give it back. glibc's
//! allocator keeps what was given back for each thread: with four threads an actor that fills its
//! 16 MiB and traps, again and again, leaves the process four times as large. musl's takes a tenth
//! more memory for each connection (see `docs/sizes.md`), and what takes its place differs by who
//! links: zig puts one of its own there.

/// Doug Lea's malloc, in Rust: small, one heap for all threads, and it gives memory back to the
/// system.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
