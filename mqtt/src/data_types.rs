//! What texts and bytes can be in a packet (section 1.5).

/// Whether a text can be in a packet of this side: at most 65,535 bytes, without control characters and
/// without the noncharacters of Unicode. A receiver may end the connection for those (MQTT 5, section
/// 1.5.4), and mosquitto does.
#[must_use]
pub fn is_text(text: &str) -> bool {
    fits(text.as_bytes()) && !text.contains(is_unwanted)
}

/// Whether a text should not have a character.
pub(crate) fn is_unwanted(character: char) -> bool {
    let code = u32::from(character);
    character.is_control() || code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// Whether bytes can be in a packet: their length has two bytes (section 1.5.6).
pub(crate) fn fits(bytes: &[u8]) -> bool {
    u16::try_from(bytes.len()).is_ok()
}
