//! The normal form of a path, and the characters of paths and queries (RFC 3986, sections 3.3, 3.4
//! and 6.2.2).

use super::url_error::UrlError;

/// How often a path is decoded to look for dots. More layers than this are refused.
const LAYERS: usize = 4;

/// The path in its normal form: letters, digits and `-._~` are not encoded, escapes are in upper
/// case, and `.` and `..` are carried out.
///
/// # Errors
/// It has a wrong character or escape. Or it has `..` that only shows if it is decoded again, or
/// before a `;`: some servers follow it, so nobody can say what the path means.
pub(super) fn normal(path: &str) -> Result<String, UrlError> {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            check(c, "/")?;
            decoded.push(c);
            continue;
        }
        let byte = escaped(&mut rest)?;
        match char::from(byte) {
            c if is_unreserved(c) => decoded.push(c),
            _ => decoded.push_str(&format!("%{byte:02X}")),
        }
    }
    let normal = without_dots(&decoded);
    if hides_dots(&normal) { Err(UrlError::HiddenDots) } else { Ok(normal) }
}

/// Checks the characters of a query.
///
/// # Errors
/// It has a wrong character or escape.
pub(super) fn checked_query(query: &str) -> Result<String, UrlError> {
    let mut rest = query.chars();
    while let Some(c) = rest.next() {
        if c == '%' { _ = escaped(&mut rest)? } else { check(c, "/?")? }
    }
    Ok(query.to_owned())
}

/// Checks a character that is not encoded: one of a path's parts, or one of `more`.
fn check(c: char, more: &str) -> Result<(), UrlError> {
    let allowed = is_unreserved(c) || "!$&'()*+,;=:@".contains(c) || more.contains(c);
    if allowed { Ok(()) } else { Err(UrlError::Character(c)) }
}

/// A character that means the same whether it is encoded or not.
fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~".contains(c)
}

/// The byte of an escape, after its `%`.
fn escaped(rest: &mut std::str::Chars<'_>) -> Result<u8, UrlError> {
    let mut digit = || rest.next().and_then(|c| c.to_digit(16)).ok_or(UrlError::Escape);
    let (high, low) = (digit()?, digit()?);
    u8::try_from(high * 16 + low).map_err(|_| UrlError::Escape)
}

/// Carries out `.` and `..` (RFC 3986, section 5.2.4). The path begins with `/`.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut ends_in_folder = false;
    for part in path.split('/').skip(1) {
        ends_in_folder = matches!(part, "." | "..");
        match part {
            "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    if ends_in_folder {
        parts.push("");
    }
    format!("/{}", parts.join("/"))
}

/// Whether a server that decodes once more, or takes what follows a `;` for parameters, would find
/// `.` or `..`.
fn hides_dots(path: &str) -> bool {
    let mut layer = path.as_bytes().to_vec();
    for _ in 0..LAYERS {
        let parts = layer.split(|byte| b"/\\".contains(byte));
        let name = |part: &[u8]| part.split(|byte| *byte == b';').next().map(<[u8]>::to_vec);
        if parts.filter_map(name).any(|name| matches!(&*name, b"." | b"..")) {
            return true;
        }
        let decoded: Vec<u8> = percent_encoding::percent_decode(&layer).collect();
        if decoded == layer {
            return false;
        }
        layer = decoded;
    }
    true
}
