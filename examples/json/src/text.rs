//! Writes texts.

/// Eight times the same byte.
const fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Not zero if one of eight bytes is less than `than`, which is 128 at most.
const fn less(bytes: u64, than: u8) -> u64 {
    bytes.wrapping_sub(eight(than)) & !bytes & eight(128)
}

/// Whether JSON has to escape one of eight bytes.
fn any_to_escape(bytes: u64) -> bool {
    let quote = less(bytes ^ eight(b'"'), 1);
    let backslash = less(bytes ^ eight(b'\\'), 1);
    less(bytes, b' ') | quote | backslash != 0
}

/// What stands for a byte: the letter after the backslash, or `u`. `None` if the byte stands for itself.
fn escape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        8 => b'b',
        12 => b'f',
        0..b' ' => b'u',
        _ => return None,
    })
}

/// Whether JSON has to escape a byte of a text. Eight bytes are looked at together, some of them twice.
fn has_escape(bytes: &[u8]) -> bool {
    if let Some(last) = bytes.last_chunk::<8>() {
        let (chunks, _) = bytes.as_chunks::<8>();
        return chunks.iter().chain([last]).any(|eight| any_to_escape(u64::from_le_bytes(*eight)));
    }
    let [first, .., last] = *bytes else {
        return bytes.iter().any(|byte| escape(*byte).is_some());
    };
    let all = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => u64::from_le_bytes([first, bytes[1], last, last, last, last, last, last]),
    };
    any_to_escape(all)
}

/// Adds a text with its quotes.
pub(crate) fn write(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    if has_escape(bytes) {
        write_escaped(out, bytes);
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b'"');
}

/// Adds a text with escapes.
#[cold]
fn write_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut rest = bytes;
    while let Some(at) = next_escape(rest) {
        out.extend_from_slice(&rest[..at]);
        write_escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Where the next byte is that JSON has to escape.
fn next_escape(bytes: &[u8]) -> Option<usize> {
    let (chunks, _) = bytes.as_chunks::<8>();
    let plain = chunks.iter().take_while(|eight| !any_to_escape(u64::from_le_bytes(**eight)));
    let at = 8 * plain.count();
    bytes[at..].iter().position(|byte| escape(*byte).is_some()).map(|more| at + more)
}

/// Adds an escaped byte.
fn write_escape(out: &mut Vec<u8>, byte: u8) {
    let letter = escape(byte).unwrap_or(byte);
    out.extend_from_slice(&[b'\\', letter]);
    if letter == b'u' {
        let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
        out.extend_from_slice(&[b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
    }
}
