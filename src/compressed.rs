//! Takes out what `build.rs` has compressed into the program.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// A text of the program's own, of less than `limit` bytes.
pub(crate) fn text(compressed: &[u8], limit: usize) -> String {
    String::from_utf8(bytes(compressed, limit)).unwrap_or_default()
}

/// Bytes of the program's own, of less than `limit` bytes.
pub(crate) fn bytes(compressed: &[u8], limit: usize) -> Vec<u8> {
    // The program's own bytes are not damaged, so this does not fail.
    decompress_to_vec_with_limit(compressed, limit).unwrap_or_default()
}
