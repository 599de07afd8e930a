//! The manifest's `[storage]`: when an actor's changes are on the disk, and how much may be written.

use std::time::Duration;

use crate::config::{Table, Value, units::Quantity};

/// The shortest and the longest `interval`, in milliseconds.
const INTERVAL: (u64, u64) = (100, 60 * 60 * 1000);
/// The least and the most `wear`, in bytes a day. The least is enough for a small change (4 KiB)
/// every six minutes.
const WEAR: (u64, u64) = (1_000_000, 1_000_000_000_000_000);
/// The shortest and the longest `wait`, in milliseconds.
const WAIT: (u64, u64) = (1000, 60 * 60 * 1000);

/// How an actor's state is kept on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageConfig {
    /// When an event's changes are on the disk. `None`, the default, means `Strict` with a data
    /// folder and `None` without one.
    pub durability: Option<Durability>,
    /// The most time between two writes of a relaxed actor. Default 5 s.
    pub interval: Duration,
    /// The bytes that the process may write to the disk in a day. The smallest value of all its
    /// manifests counts. Default 2 GB.
    pub wear: u64,
    /// How long the disk may take. Then it counts as failed. The smallest value of all manifests
    /// counts. Default 30 s.
    pub wait: Duration,
}

/// When the changes of an event are on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Before anything that the event sends leaves the host.
    Strict,
    /// Within `interval`. A power cut may undo the last events.
    Relaxed,
    /// Never. The state ends with the process.
    None,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            durability: None,
            interval: Duration::from_secs(5),
            wear: 2_000_000_000,
            wait: Duration::from_secs(30),
        }
    }
}

impl StorageConfig {
    /// Reads `[storage]`.
    pub fn read(mut table: Table<'_>) -> Self {
        let defaults = Self::default();
        let written = table.get("durability");
        let interval = table.get("interval");
        let wear = table.get("wear");
        let wait = table.get("wait");
        table.finish();
        let durability = written.as_ref().and_then(read_durability);
        // A wrong durability was probably meant as the one that the interval belongs to.
        if let Some(interval) = &interval
            && durability.map_or(written.is_none(), |durability| durability != Durability::Relaxed)
        {
            let problem = "has no effect without durability = \"relaxed\"";
            interval.place.refuse(problem, "add that line, or remove this one");
        }
        let duration = |value: Option<Value<'_>>, (least, most), default| {
            let read = value.and_then(|value| Quantity::Duration.read_within(&value, least, most));
            read.map_or(default, Duration::from_millis)
        };
        Self {
            durability,
            interval: duration(interval, INTERVAL, defaults.interval),
            wear: wear
                .and_then(|value| Quantity::Rate.read_within(&value, WEAR.0, WEAR.1))
                .unwrap_or(defaults.wear),
            wait: duration(wait, WAIT, defaults.wait),
        }
    }

    /// The durability, with or without a data folder.
    pub fn durability(&self, has_folder: bool) -> Durability {
        let default = if has_folder { Durability::Strict } else { Durability::None };
        self.durability.unwrap_or(default)
    }

    /// Whether the actor's state is kept on the disk, with or without a data folder.
    pub fn is_kept(&self, has_folder: bool) -> bool {
        has_folder && self.durability(has_folder) != Durability::None
    }

    /// The `wear` and the `wait` of a process with these actors: the smallest of each.
    pub fn of_process<'c>(all: impl Iterator<Item = &'c Self>) -> (u64, Duration) {
        let first = (u64::MAX, Duration::MAX);
        let smaller =
            |(wear, wait): (u64, Duration), one: &Self| (wear.min(one.wear), wait.min(one.wait));
        all.fold(first, smaller)
    }
}

impl Durability {
    /// Its name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Relaxed => "relaxed",
            Self::None => "none",
        }
    }
}

/// Reads `durability`.
fn read_durability(value: &Value<'_>) -> Option<Durability> {
    let all = [Durability::Strict, Durability::Relaxed, Durability::None];
    let found = value.as_str().and_then(|text| all.into_iter().find(|one| one.name() == text));
    if found.is_none() {
        value.refuse_as("a durability", "write \"strict\", \"relaxed\" or \"none\"");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_strict_with_a_data_folder_unless_its_manifest_says_otherwise() {
        let with = |durability| StorageConfig { durability, ..StorageConfig::default() };
        assert_eq!(with(None).durability(true), Durability::Strict);
        assert_eq!(with(None).durability(false), Durability::None);
        for durability in [Durability::Strict, Durability::Relaxed, Durability::None] {
            assert_eq!(with(Some(durability)).durability(true), durability);
            assert_eq!(with(Some(durability)).is_kept(true), durability != Durability::None);
            assert!(!with(Some(durability)).is_kept(false));
        }
    }

    #[test]
    fn the_smallest_wear_and_wait_of_all_manifests_count() {
        let of = |wear, wait| StorageConfig {
            wear,
            wait: Duration::from_secs(wait),
            ..StorageConfig::default()
        };
        let all = [of(3, 10), of(2, 20)];
        assert_eq!(StorageConfig::of_process(all.iter()), (2, Duration::from_secs(10)));
    }
}
