//! Takes out what `build.rs` has compressed into the program: the number of bytes, with the lowest first in four
//! bytes, and then these bytes in the format Deflate (RFC 1951).

use std::iter;

use miniz_oxide::inflate::decompress_slice_iter_to_slice;

/// A text of the program's own.
pub(crate) fn text(compressed: &[u8]) -> String {
    String::from_utf8(bytes(compressed)).unwrap_or_default()
}

/// Bytes of the program's own.
pub(crate) fn bytes(compressed: &[u8]) -> Vec<u8> {
    // The program's own bytes are not damaged, so nothing here fails.
    let (len, compressed) = compressed.split_first_chunk().unwrap_or((&[0; 4], &[]));
    let mut bytes = vec![0; usize::try_from(u32::from_le_bytes(*len)).unwrap_or_default()];
    let written = decompress_slice_iter_to_slice(&mut bytes, iter::once(compressed), false, true);
    bytes.truncate(written.unwrap_or_default());
    bytes
}
