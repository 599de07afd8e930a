//! The format of a log line.

use std::fmt::{self, Write};
use std::time::SystemTime;

use log::Level;

use super::date;
use crate::visible;

/// The maximum length of a line, in bytes, with its end. A pipe transfers a write of up to this
/// size in one piece.
const MAX_LINE: usize = 4096;
/// The end of a line that was cut.
const CUT: &str = "...";

/// What precedes a line's text.
#[derive(Clone, Copy)]
pub(super) struct Head<'r> {
    pub(super) level: Level,
    /// Who logs it.
    pub(super) target: &'r str,
}

/// Formats a line, with its end. It starts with the time or, without one, with the priority for the
/// journal.
pub(super) fn line(time: Option<SystemTime>, head: Head<'_>, text: &dyn fmt::Display) -> String {
    let mut line = Line { text: String::with_capacity(256), full: false };
    let Head { level, target } = head;
    let begun = match time {
        Some(time) => date::write_time(&mut line, time),
        None => write!(line, "<{}>", priority(level)),
    };
    // An error only means that the line is full. What was written remains.
    let _ = begun.and_then(|()| write!(line, "{level:<5} {target}: {text}"));
    let end = if line.full { CUT } else { "" };
    line.text + end + "\n"
}

/// Colours the level in a line with a time, if the line is an error or a warning.
pub(super) fn styled(line: String, level: Level) -> String {
    let colour = match level {
        Level::Error => "\x1b[31m",
        Level::Warn => "\x1b[33m",
        _ => return line,
    };
    let word = level.as_str();
    line.replacen(word, &[colour, word, "\x1b[0m"].concat(), 1)
}

/// A level's priority in syslog.
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

/// A line in progress. It escapes line breaks and keeps the maximum length.
struct Line {
    text: String,
    /// Whether the line was cut. It accepts nothing more then.
    full: bool,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        if self.full {
            return Err(fmt::Error);
        }
        let start = self.text.len();
        visible::write(&mut self.text, c)?;
        if self.text.len() > MAX_LINE - CUT.len() - 1 {
            self.text.truncate(start);
            self.full = true;
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The head of the lines in these tests.
    const HEAD: Head<'_> = Head { level: Level::Info, target: "chat-room#12" };

    #[test]
    fn a_line_has_time_level_target_and_text() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_414_907_123);
        let expected = "2026-11-23T06:21:47.123Z INFO  chat-room#12: text\n";
        assert_eq!(line(Some(time), HEAD, &"text"), expected);
    }

    #[test]
    fn errors_and_warnings_are_coloured_in_a_terminal() {
        let shown = |level| {
            let head = Head { level, ..HEAD };
            let line = line(Some(SystemTime::UNIX_EPOCH), head, &"WARN ERROR");
            styled(line, level).split_once(' ').unwrap().1.to_owned()
        };
        assert_eq!(shown(Level::Error), "\x1b[31mERROR\x1b[0m chat-room#12: WARN ERROR\n");
        assert_eq!(shown(Level::Warn), "\x1b[33mWARN\x1b[0m  chat-room#12: WARN ERROR\n");
        assert_eq!(shown(Level::Info), "INFO  chat-room#12: WARN ERROR\n");
    }

    #[test]
    fn the_journal_is_told_the_priority_instead_of_the_time() {
        let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];
        let lines = levels.map(|level| line(None, Head { level, ..HEAD }, &"text"));
        assert_eq!(
            lines.concat(),
            "<3>ERROR chat-room#12: text\n\
             <4>WARN  chat-room#12: text\n\
             <6>INFO  chat-room#12: text\n\
             <7>DEBUG chat-room#12: text\n\
             <7>TRACE chat-room#12: text\n"
        );
    }

    #[test]
    fn line_breaks_and_terminal_controls_are_escaped() {
        let text = "a\nb\r\tc\0\x1b[2J\x7f\u{9b}\u{2028}\u{202e}é\u{feff}\u{200b}\\";
        let expected = "<6>INFO  chat-room#12: a\\nb\\r\\tc\\x00\\x1b[2J\\x7f\\u{9b}\\u{2028}\\u{202e}é\
            \\u{feff}\\u{200b}\\\n";
        assert_eq!(line(None, HEAD, &text), expected);
        let target = "a\n<0>b";
        assert_eq!(line(None, Head { target, ..HEAD }, &""), "<6>INFO  a\\n<0>b: \n");
    }

    #[test]
    fn a_long_line_is_cut_between_characters_at_its_bound() {
        let room = MAX_LINE - "<6>INFO  chat-room#12: ...\n".len();
        let whole = line(None, HEAD, &"x".repeat(room));
        assert_eq!(whole.len(), MAX_LINE - CUT.len());
        let cut = line(None, HEAD, &"x".repeat(room + 1));
        assert_eq!(cut.len(), MAX_LINE);
        assert!(cut.ends_with("x...\n"));
        for wide in ["é", "語", "🦀", "\n", "\u{202e}"] {
            for before in 0..8 {
                let text = "x".repeat(before) + &wide.repeat(MAX_LINE);
                let cut = line(None, HEAD, &text);
                let last = line(None, HEAD, &wide).replace("<6>INFO  chat-room#12: ", "");
                assert!(cut.len() <= MAX_LINE && cut.len() > MAX_LINE - 8);
                assert!(cut.ends_with(&last.replace('\n', "...\n")), "{wide:?}");
            }
        }
    }

    #[test]
    fn a_cut_line_accepts_nothing_more() {
        /// Writes on after the line has returned an error.
        struct Stubborn;
        impl fmt::Display for Stubborn {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let _ = f.write_str(&"語".repeat(MAX_LINE));
                let _ = f.write_str("x");
                Ok(())
            }
        }
        assert!(line(None, HEAD, &Stubborn).ends_with("語...\n"));
    }
}
