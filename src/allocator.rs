//! The allocator of the static binaries.
//!
//! musl's own takes a tenth more memory for each connection (see `docs/sizes.md`), and what takes
//! its place differs by who links: zig puts one of its own there. With this one all builds for
//! musl are alike. glibc's is good, and stays.

/// Doug Lea's malloc, in Rust: small, quick with one thread, and it gives memory back to the
/// system.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
