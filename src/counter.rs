//! Numbers that several threads change and read.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::convert::to_u64;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to the counter.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The current value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that can also shrink.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    /// Sets the value.
    pub(crate) fn set(&self, size: usize) {
        self.0.store(to_u64(size), Ordering::Relaxed);
    }

    /// Changes the share that one of several has in the value.
    pub(crate) fn replace(&self, old: usize, new: usize) {
        self.0.fetch_add(to_u64(new).wrapping_sub(to_u64(old)), Ordering::Relaxed);
    }

    /// The current value.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
