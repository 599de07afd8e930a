//! Reads the lists of texts in the manifest of a listener.

use crate::config::Value;

/// The most texts in a list.
const MAX_ITEMS: usize = 64;
/// The longest text, in bytes.
const MAX_TEXT: usize = 256;

/// Reads a list of texts. `read` turns each into a value, or refuses it. `advice` is for what is no
/// list or no text.
pub(super) fn list<T>(
    value: &Value<'_>,
    advice: &str,
    read: impl Fn(&Value<'_>, &str) -> Option<T>,
) -> Vec<T> {
    let Some(items) = value.items().filter(|items| (1..=MAX_ITEMS).contains(&items.len())) else {
        value.refuse_as(&format!("a list of 1 to {MAX_ITEMS} texts"), advice);
        return Vec::new();
    };
    let read = |item: &Value<'_>| match item.as_str() {
        Some(text) if text.len() <= MAX_TEXT => read(item, text),
        _ => {
            item.refuse_as("one that fits here", advice);
            None
        }
    };
    items.iter().filter_map(read).collect()
}
