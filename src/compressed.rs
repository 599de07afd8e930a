//! Takes out the texts that `build.rs` has compressed into the program.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// A text of the program's own, of less than `limit` bytes.
pub(crate) fn text(compressed: &[u8], limit: usize) -> String {
    // The program's own bytes are not damaged, so this does not fail.
    let bytes = decompress_to_vec_with_limit(compressed, limit).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
