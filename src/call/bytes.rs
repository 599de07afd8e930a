//! Bytes in reports: whole if they are few, and else their beginning with a checksum.

use serde_json::{Map, Value};

use crate::{
    beginning::without_half_character,
    convert::to_u64,
    state::json::{set, write_bytes},
};

/// The most bytes that a report has of one value.
const MAX: usize = 4096;
/// The bytes that it has of a longer one.
const BEGINNING: usize = 1024;

/// Bytes as a report has them: text as a string, and other bytes as `{"hex": "00ff"}`. Of a longer
/// value it has the beginning, the length, and a checksum, by which two of them differ.
pub(super) fn value(bytes: &[u8]) -> Value {
    if bytes.len() <= MAX {
        return write_bytes(bytes);
    }
    let beginning = bytes.get(..BEGINNING).unwrap_or_default();
    // A cut character would turn a text into hexadecimal.
    let beginning = without_half_character(beginning);
    let mut object = Map::new();
    set(&mut object, "beginning", write_bytes(beginning));
    set(&mut object, "bytes", to_u64(bytes.len()).into());
    set(&mut object, "fnv1a", format!("{:016x}", checksum(bytes)).into());
    object.into()
}

/// Bytes, or null for none.
pub(super) fn optional(bytes: Option<&[u8]>) -> Value {
    bytes.map_or(Value::Null, value)
}

/// FNV-1a with 64 bits. It only has to notice changes that nobody makes on purpose.
fn checksum(bytes: &[u8]) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, fold)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_whole_up_to_the_limit_and_then_has_its_length_and_a_checksum() {
        assert_eq!(value(b""), json!(""));
        assert_eq!(value(b"hi"), json!("hi"));
        assert_eq!(value(&[0, 255]), json!({"hex": "00ff"}));
        assert_eq!(value(&[b'x'; MAX]), json!("x".repeat(MAX)));
        let long = value(&[b'x'; MAX + 1]);
        assert_eq!((&long["bytes"], &long["beginning"]), (&json!(4097), &json!("x".repeat(1024))));
        let mut other = [b'x'; MAX + 1];
        other[MAX] = b'y';
        assert_ne!(value(&other), long);
        // A character of two bytes that the cut would halve.
        let text = format!("x{}", "é".repeat(MAX));
        assert_eq!(value(text.as_bytes())["beginning"], json!(format!("x{}", "é".repeat(511))));
        assert_eq!(value(&[0xff; MAX + 1])["beginning"]["hex"], json!("ff".repeat(1024)));
    }

    #[test]
    fn the_checksum_is_fnv_1a() {
        assert_eq!(checksum(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(checksum(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
