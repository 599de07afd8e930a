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

/// Adds a text with its quotes.
pub(crate) fn write(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    // What comes before `done` is written.
    let (bytes, mut done, mut at) = (text.as_bytes(), 0, 0);
    while at < bytes.len() {
        if let Some(next) = bytes[at..].first_chunk::<8>()
            && !any_to_escape(u64::from_le_bytes(*next))
        {
            at += 8;
            continue;
        }
        let end = bytes.len().min(at + 8);
        while at < end {
            if let Some(escape) = escape(bytes[at]) {
                out.extend_from_slice(&bytes[done..at]);
                write_escape(out, bytes[at], escape);
                done = at + 1;
            }
            at += 1;
        }
    }
    out.extend_from_slice(&bytes[done..]);
    out.push(b'"');
}

/// Adds an escaped byte.
fn write_escape(out: &mut Vec<u8>, byte: u8, escape: u8) {
    out.extend_from_slice(&[b'\\', escape]);
    if escape == b'u' {
        let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
        out.extend_from_slice(&[b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
    }
}
