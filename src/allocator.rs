//! The program's allocator, the same on every target.
//!
//! Actors allocate and free memory by the megabyte, on any thread. glibc's allocator keeps freed
//! memory for each thread: with four threads, an actor that fills its 16 MiB and traps, again and
//! again, makes the process four times as large. musl's allocator takes a tenth more memory for
//! each connection (see `docs/sizes.md`). And it is not even the same everywhere: zig links one of
//! its own.

/// Doug Lea's malloc in Rust. It is small, has one heap for all threads, and returns memory to the
/// system.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
