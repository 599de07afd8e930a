//! The metrics of the store, which all actors of the process share.

use footlight_store::Store;

use super::{Value, metric};

/// Adds the metrics of the store.
pub(super) fn add(text: &mut String, store: &Store) {
    let stats = store.stats();
    let healthy = u64::from(store.health().is_ok());
    for (name, help, value) in [
        ("healthy", "Whether changes can be stored.", Value::Whole(healthy)),
        ("live_bytes", "Bytes of all that is stored.", Value::Whole(stats.live)),
        ("file_bytes", "Size of the file that is written to.", Value::Whole(stats.size)),
        ("waiting_bytes", "Bytes of changes that wait for the disk.", Value::Whole(stats.pending)),
        ("longest_sync_seconds", "The longest sync.", Value::of(stats.sync_longest)),
    ] {
        metric(text, &format!("footlight_store_{name}"), "gauge", help, [("", value)]);
    }
    for (name, help, value) in [
        ("events", "Events with changes to store.", Value::Whole(stats.commits)),
        ("records", "Records written. One may have several events.", Value::Whole(stats.records)),
        ("written_bytes", "Bytes written to the disk.", Value::Whole(stats.bytes)),
        ("syncs", "Syncs of the disk.", Value::Whole(stats.syncs)),
        ("sync_seconds", "Time that all syncs took.", Value::of(stats.sync_time)),
        ("failures", "Writes and syncs that failed.", Value::Whole(stats.failures)),
        ("gathered", "Records delayed to spare the disk.", Value::Whole(stats.gathered)),
    ] {
        metric(text, &format!("footlight_store_{name}_total"), "counter", help, [("", value)]);
    }
}
