//! What texts and bytes can be in a packet (section 1.5).

/// Whether a text can be in a packet (section 1.5.4).
pub(crate) fn is_text(text: &str) -> bool {
    fits(text.as_bytes()) && !text.contains('\0')
}

/// Whether bytes can be in a packet: their length has two bytes (section 1.5.6).
pub(crate) fn fits(bytes: &[u8]) -> bool {
    u16::try_from(bytes.len()).is_ok()
}
