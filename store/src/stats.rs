//! What the store has done, for `/metrics` and for health.

use std::time::Duration;

/// Counters since the store was opened, and its present sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Records that were written for owners' changes. Each is one sync.
    pub records: u64,
    /// Events whose changes were handed over, by all owners.
    pub commits: u64,
    /// Bytes that were written to the files, with turn-overs and padding.
    pub bytes: u64,
    /// Successful syncs, with those of turn-overs.
    pub syncs: u64,
    /// How long all of these took together.
    pub sync_time: Duration,
    /// How long the longest of these took.
    pub sync_longest: Duration,
    /// Writes and syncs that failed or were overdue, and changes for which there was no room.
    pub failures: u64,
    /// Records that had to wait because the budget for wear was spent.
    pub gathered: u64,
    /// What all contents take in a file, in bytes.
    pub live: u64,
    /// The size of the file that is written to, in bytes.
    pub size: u64,
    /// Changes that wait for a record, in bytes.
    pub pending: u64,
}
