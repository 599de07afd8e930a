//! Takes out what `build.rs` has compressed into the program: the number of bytes, with the lowest first in four
//! bytes, and then these bytes in the zlib format (RFC 1950).

/// A text of the program's own.
pub(crate) fn text(compressed: &[u8]) -> String {
    String::from_utf8(bytes(compressed)).unwrap_or_default()
}

/// Bytes of the program's own.
pub(crate) fn bytes(compressed: &[u8]) -> Vec<u8> {
    // The program's own bytes are not damaged, so nothing here fails.
    let (len, compressed) = compressed.split_first_chunk().unwrap_or((&[0; 4], &[]));
    let mut bytes = vec![0; usize::try_from(u32::from_le_bytes(*len)).unwrap_or_default()];
    let read = fdeflate::Decompressor::new().read(compressed, &mut bytes, 0, true);
    bytes.truncate(read.map_or(0, |(_, written)| written));
    bytes
}
