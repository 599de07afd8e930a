//! Reads the result of `footlight:script/load`, as `engines/javascript/wit/script.wit` has it. A script may
//! have broken the engine, so nothing about it is certain.

use crate::{beginning::beginning, script::Refused};

/// The most bytes of a text. The engine's are shorter.
const MAX_TEXT: usize = 8 << 10;
/// The most texts of a list. The engine's are shorter.
const MAX_TEXTS: usize = 64;

/// What the engine says of a script that can run.
pub(super) struct Info {
    /// The handlers that it exports.
    pub(super) handlers: Vec<String>,
    /// What its top level has logged, a line each.
    pub(super) log: Vec<String>,
}

/// Reads the result at `at`. `None` if it is not one.
pub(super) fn read(memory: &[u8], at: u32) -> Option<Result<Info, Refused>> {
    let place = |offset: u32| at.checked_add(offset);
    let text = |offset| text(memory, place(offset)?);
    let texts = |offset| texts(memory, place(offset)?);
    let word = |offset| word(memory, place(offset)?);
    Some(match memory.get(usize::try_from(at).ok()?)? {
        0 => Ok(Info { handlers: texts(4)?, log: texts(12)? }),
        1 => Err(Refused {
            file: text(4)?,
            line: word(12)?,
            column: word(16)?,
            text: text(20)?,
            message: text(28)?,
            stack: text(36)?,
            log: texts(44)?,
        }),
        _ => return None,
    })
}

/// A `u32`.
fn word(memory: &[u8], at: u32) -> Option<u32> {
    let bytes = memory.get(usize::try_from(at).ok()?..)?;
    Some(u32::from_le_bytes(*bytes.first_chunk()?))
}

/// A text, cut to [`MAX_TEXT`].
fn text(memory: &[u8], at: u32) -> Option<String> {
    let from = usize::try_from(word(memory, at)?).ok()?;
    let len = usize::try_from(word(memory, at.checked_add(4)?)?).ok()?;
    let bytes = memory.get(from..from.checked_add(len)?)?;
    let bytes = bytes.get(..MAX_TEXT).unwrap_or(bytes);
    Some(beginning(&String::from_utf8_lossy(bytes), MAX_TEXT).to_owned())
}

/// The first [`MAX_TEXTS`] texts of a list.
fn texts(memory: &[u8], at: u32) -> Option<Vec<String>> {
    let from = word(memory, at)?;
    let count = usize::try_from(word(memory, at.checked_add(4)?)?).ok()?.min(MAX_TEXTS);
    let each = (0..u32::MAX).step_by(8).take(count);
    each.map(|offset| text(memory, from.checked_add(offset)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_that_lead_outside_of_the_memory_are_none() {
        let mut memory = vec![0; 64];
        assert!(read(&memory, 0).unwrap().unwrap().handlers.is_empty());
        for at in [60, 64, u32::MAX] {
            assert!(read(&memory, at).is_none(), "{at}");
        }
        memory[0] = 2;
        assert!(read(&memory, 0).is_none(), "no such tag");
        // One handler, whose text is at 60 and 4 bytes long, and then 5.
        memory[0] = 0;
        (memory[4], memory[8], memory[40], memory[44]) = (40, 1, 60, 4);
        assert_eq!(read(&memory, 0).unwrap().unwrap().handlers, ["\0\0\0\0"]);
        memory[44] = 5;
        assert!(read(&memory, 0).is_none());
        (memory[44], memory[11]) = (4, 0xff);
        assert!(read(&memory, 0).is_none(), "more texts than there is memory");
    }
}
