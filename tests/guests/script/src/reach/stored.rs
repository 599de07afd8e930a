//! Requests to the storage.

use super::{big, host::storage};

/// Makes a request.
pub(super) fn one(word: &str, first: &str, more: &str) -> String {
    match word {
        "get" => storage::get(first).map_or("none".to_owned(), |value| {
            format!("value {}", String::from_utf8_lossy(&value))
        }),
        "put" => put(first, more.as_bytes()),
        "put-big" => put(first, big(more).as_bytes()),
        "delete" => storage::delete(first).map_or_else(error, |was_there| {
            let answer = if was_there { "deleted" } else { "not there" };
            answer.to_owned()
        }),
        "delete-all" => {
            storage::delete_all();
            "done".to_owned()
        }
        "fill" => {
            let value = big(more);
            let keys = 0..first.parse().unwrap_or(0);
            let put = |key: u32| put(&key.to_string(), value.as_bytes());
            keys.map(put).find(|answer| answer != "done").unwrap_or("done".to_owned())
        }
        _ => {
            let (prefix, after) = more.split_once(' ').unwrap_or((more, "-"));
            let prefix = Some(prefix).filter(|it| *it != "-").unwrap_or_default();
            let after = Some(after).filter(|it| *it != "-");
            let page = storage::list(prefix, after, first.parse().unwrap_or(0));
            let entry = |entry: &storage::Entry| match word {
                "keys" => format!(" {}={}", entry.key, String::from_utf8_lossy(&entry.value)),
                _ => format!(" {}:{}", entry.key, entry.value.len()),
            };
            let entries: String = page.entries.iter().map(entry).collect();
            format!("page{entries}{}", if page.more { " …" } else { "" })
        }
    }
}

fn put(key: &str, value: &[u8]) -> String {
    storage::put(key, value).map_or_else(error, |()| "done".to_owned())
}

fn error(error: storage::Error) -> String {
    use storage::Error;

    match error {
        Error::InvalidKey => "invalid-key".to_owned(),
        Error::TooLarge => "too-large".to_owned(),
        Error::Full(used) => format!("full {used}"),
        Error::Limit => "limit".to_owned(),
    }
}
