//! A QR code for a terminal, so that a phone need not type an address.
//!
//! It knows one kind of code (ISO/IEC 18004): version 3, the least correction of errors, and the first of the
//! masks. Any other kind would show the same text to a scanner. A crate for all kinds costs twice as much.

/// How many modules a row has, which are the squares of the code.
const SIZE: usize = 29;
/// How many bytes the text has with its mode, its length and what fills it up.
const DATA: usize = 55;
/// How many bytes correct errors.
const CORRECTION: usize = 15;
/// The longest text, in bytes.
const MAX_TEXT: usize = DATA - 2;
/// What tells a scanner the correction and the mask, with its own correction (section 7.9).
const FORMAT: u32 = 0x77c4;
/// Scanners need an empty margin of this many modules.
const MARGIN: usize = 2;
/// Black on white, whatever the terminal's own colours are.
const BEGIN: &str = "\x1b[30;107m";
/// The terminal's own colours again.
const END: &str = "\x1b[0m\n";

/// The code of a text in lines, each of which shows two rows of modules. `None` if the text has more than
/// 53 bytes, or if the code is wider than this many columns.
pub fn lines(text: &str, columns: usize) -> Option<String> {
    if SIZE + 2 * MARGIN > columns {
        return None;
    }
    let rows = rows(text)?;
    // Outside the code all is light.
    let is_dark = |x: usize, y: usize| {
        let row = y.checked_sub(MARGIN).and_then(|y| rows.get(y));
        x.checked_sub(MARGIN).is_some_and(|x| row.is_some_and(|row| row >> x & 1 == 1))
    };
    let mut lines = String::new();
    for y in (0..SIZE + 2 * MARGIN).step_by(2) {
        lines += BEGIN;
        lines.extend((0..SIZE + 2 * MARGIN).map(|x| match (is_dark(x, y), is_dark(x, y + 1)) {
            (false, false) => ' ',
            (true, false) => '▀',
            (false, true) => '▄',
            (true, true) => '█',
        }));
        lines += END;
    }
    Some(lines)
}

/// The rows of the code. Each bit is a module, the lowest one on the left. A dark one is set.
fn rows(text: &str) -> Option<[u32; SIZE]> {
    let data = data(text)?;
    let all = data.into_iter().chain(correction(&data));
    let mut bits = all.flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    let mut rows = [0; SIZE];
    // Two columns at a time from the right, up and down by turns, past the column that has a pattern
    // (section 7.7.3).
    for pair in 0..SIZE / 2 {
        let right = SIZE - 1 - 2 * pair;
        let right = if right > 6 { right } else { right - 1 };
        for step in 0..SIZE {
            let y = if pair % 2 == 0 { SIZE - 1 - step } else { step };
            for x in [right, right - 1] {
                // After the last bit there are some light modules. The mask changes every other one.
                let dark = fixed(x, y)
                    .unwrap_or_else(|| bits.next().unwrap_or(false) != (x + y).is_multiple_of(2));
                *rows.get_mut(y)? |= u32::from(dark) << x;
            }
        }
    }
    // The column that was passed has nothing else.
    for (row, y) in rows.iter_mut().zip(0..) {
        *row |= u32::from(fixed(6, y)?) << 6;
    }
    Some(rows)
}

/// The bytes of a text (section 7.4).
fn data(text: &str) -> Option<[u8; DATA]> {
    let length = u8::try_from(text.len()).ok().filter(|_| text.len() <= MAX_TEXT)?;
    // Four bits say that bytes follow, and four that nothing follows. The rest is filled up.
    let begin = [4, length >> 4, length & 15];
    let text = text.bytes().flat_map(|byte| [byte >> 4, byte & 15]);
    let end = [0].into_iter().chain([0xe, 0xc, 1, 1].into_iter().cycle());
    let mut halves = begin.into_iter().chain(text).chain(end);
    let mut data = [0; DATA];
    for byte in &mut data {
        *byte = halves.next()? << 4 | halves.next()?;
    }
    Some(data)
}

/// The bytes that correct errors: the remainder of a division of polynomials (section 7.5).
fn correction(data: &[u8]) -> [u8; CORRECTION] {
    // The product of x - 1, x - 2, x - 4 and so on, without its first coefficient.
    let (mut divisor, mut root) = ([0; CORRECTION], 1);
    divisor[CORRECTION - 1] = 1;
    for _ in 0..CORRECTION {
        let old = divisor;
        for (coefficient, next) in divisor.iter_mut().zip(old.into_iter().skip(1).chain([0])) {
            *coefficient = times(*coefficient, root) ^ next;
        }
        root = times(root, 2);
    }
    let mut remainder = [0; CORRECTION];
    for byte in data {
        let factor = byte ^ remainder[0];
        remainder.rotate_left(1);
        remainder[CORRECTION - 1] = 0;
        for (digit, coefficient) in remainder.iter_mut().zip(divisor) {
            *digit ^= times(coefficient, factor);
        }
    }
    remainder
}

/// A product in the field with 256 elements.
fn times(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0_u8, |product, bit| {
        let doubled = (product << 1) ^ ((product >> 7) * 0x1d);
        doubled ^ ((b >> bit & 1) * a)
    })
}

/// Whether a module is dark that every code of this kind has. `None` if it belongs to the text.
fn fixed(x: usize, y: usize) -> Option<bool> {
    let distance = |to_x: usize, to_y: usize| x.abs_diff(to_x).max(y.abs_diff(to_y));
    // The large squares in three corners, and the small one.
    for (x, y) in [(3, 3), (SIZE - 4, 3), (3, SIZE - 4)] {
        let distance = distance(x, y);
        if distance <= 4 {
            return Some(distance != 2 && distance != 4);
        }
    }
    let distance = distance(SIZE - 7, SIZE - 7);
    if distance <= 2 {
        return Some(distance != 1);
    }
    // The dotted lines.
    if x == 6 || y == 6 {
        return Some((x + y).is_multiple_of(2));
    }
    let bit = match (x, y) {
        (8, 0..=5) => y,
        (8, 7..=8) => y - 1,
        (7, 8) => 8,
        (0..=5, 8) => 14 - x,
        (21.., 8) => SIZE - 1 - x,
        (8, 21) => return Some(true),
        (8, 22..) => y - 14,
        _ => return None,
    };
    Some(FORMAT >> bit & 1 == 1)
}

#[cfg(test)]
mod tests {
    use qrcodegen_no_heap::{Mask, QrCode, QrCodeEcc, Version};

    use super::*;

    /// The same code by a crate.
    fn by_crate(text: &str) -> [u32; SIZE] {
        let version = Version::new(3);
        let (mut data, mut code) = ([0; 1000], [0; 1000]);
        data[..text.len()].copy_from_slice(text.as_bytes());
        let (len, mask) = (text.len(), Some(Mask::new(0)));
        let code = QrCode::encode_binary(
            &mut data,
            len,
            &mut code,
            QrCodeEcc::Low,
            version,
            version,
            mask,
            false,
        );
        let code = code.unwrap_or_else(|_| panic!("{text}"));
        let row = |y| (0..29).map(|x| u32::from(code.get_module(x, y)) << x).sum();
        let rows: Vec<_> = (0..29).map(row).collect();
        rows.try_into().unwrap()
    }

    #[test]
    fn each_code_is_that_of_the_crate() {
        let numbers = "http://0123456789.example/".repeat(3);
        for len in 0..=MAX_TEXT {
            let text = &numbers[numbers.len() - len..];
            assert_eq!(rows(text), Some(by_crate(text)), "{text}");
        }
        for host in 0..256 {
            let url = format!("http://192.168.178.{host}:{}/", 8080 + 7 * host);
            assert_eq!(rows(&url), Some(by_crate(&url)), "{url}");
        }
    }

    #[test]
    fn a_code_is_there_if_it_fits_its_text_and_the_terminal() {
        let code = lines("http://192.168.178.45:8080/", 33).unwrap();
        let lines_of = |code: &str| code.replace(BEGIN, "").replace(END, "\n");
        let code = lines_of(&code);
        assert!(code.lines().all(|line| line.chars().count() == 33), "{code}");
        assert_eq!(code.lines().count(), 17);
        assert!(code.lines().nth(1).unwrap().starts_with("  █▀▀▀▀▀█ "), "{code}");
        assert_eq!(lines("http://192.168.178.45:8080/", 32), None);
        assert!(lines(&"x".repeat(MAX_TEXT), 33).is_some());
        assert_eq!(lines(&"x".repeat(MAX_TEXT + 1), 1000), None);
        assert_eq!(lines(&"x".repeat(1000), 1000), None);
    }
}
