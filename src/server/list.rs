//! Reads the lists of a listener's keys.

use crate::config::Value;

/// The most items of a list.
const MAX_ITEMS: usize = 64;

/// Reads a list, with `read` for each item. It returns what an item should be, and what to write
/// instead. `advice` is for a value that is no list.
pub(super) fn list<T>(
    value: &Value<'_>,
    advice: &str,
    read: impl Fn(&Value<'_>) -> Result<T, (&'static str, String)>,
) -> Vec<T> {
    let Some(items) = value.items().filter(|items| (1..=MAX_ITEMS).contains(&items.len())) else {
        value.refuse_as(&format!("a list of 1 to {MAX_ITEMS} texts"), advice);
        return Vec::new();
    };
    let read =
        |item: &Value<'_>| read(item).map_err(|(what, advice)| item.refuse_as(what, advice)).ok();
    items.iter().filter_map(read).collect()
}
