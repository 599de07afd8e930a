//! Header fields of HTTP, of whoever sends them.

/// Fields about one connection, which end there (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a field is about the connection. The case of letters makes no difference.
pub(crate) fn is_of_the_connection(name: &str) -> bool {
    OF_THE_CONNECTION.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether this is a token (RFC 9110, section 5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether a token may have this byte.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The bytes of all names and values.
pub(crate) fn size(fields: &[(String, String)]) -> usize {
    let bytes = fields.iter().map(|(name, value)| name.len().saturating_add(value.len()));
    bytes.fold(0, usize::saturating_add)
}

/// The first control character of a value that may end its line or is not shown. A tab may be in a
/// value (RFC 9110, section 5.5).
pub(crate) fn control(value: &str) -> Option<u8> {
    value.bytes().find(|byte| byte.is_ascii_control() && *byte != b'\t')
}
