//! Reads names from queries, and writes text as JSON.

/// The most bytes of a name. A room's name is a tag, which the host's `limits.tag` bounds.
const NAME: usize = 40;

/// Makes a name fit to be shown: one line, without spaces around it, short and not empty.
pub fn printable(text: &str) -> Option<String> {
    let mut name = String::new();
    for char in text.trim().chars().filter(|char| !char.is_control()) {
        if name.len() + char.len_utf8() > NAME {
            break;
        }
        name.push(char);
    }
    Some(name).filter(|name| !name.is_empty())
}

/// A parameter of a query such as `room=kitchen&name=Ann%20B`, if it is set and not blank.
pub fn parameter(query: &str, key: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(found, _)| *found == key)?;
    printable(&decoded(value))
}

/// Decodes the escapes of a query.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|_| *first == b'%');
        let escape = escape.and_then(|digits| str::from_utf8(digits).ok());
        let escaped = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text as a JSON string.
pub fn json(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => json.extend(['\\', char]),
            '\0'..' ' => json += &format!("\\u{:04x}", u32::from(char)),
            _ => json.push(char),
        }
    }
    json.push('"');
    json
}
