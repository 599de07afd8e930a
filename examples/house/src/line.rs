//! What is said in the house, in the order of the broker.

use serde::{Deserialize, Serialize};

/// How many lines a room keeps, and how many of its own may wait.
pub const KEPT: usize = 20;
/// The most bytes of a name, and of what is said.
pub const NAME: usize = 40;
pub const SAID: usize = 300;
/// The largest number that JSON transfers exactly everywhere.
const LARGEST: u64 = (1 << 53) - 1;

/// A line that somebody has said.
#[derive(Clone, Serialize, Deserialize)]
pub struct Line {
    /// By which it is known again, wherever it comes from.
    pub id: String,
    /// The room in which it was said.
    pub room: String,
    /// Who said it.
    pub name: String,
    pub said: String,
    /// When it was said, in milliseconds since 1970, by that room's clock. Nothing is ordered by it.
    pub at: u64,
    /// Its place in the order: one more than that of the line before. 0 until it comes from the broker.
    #[serde(default)]
    pub number: u64,
}

impl Line {
    /// Whether it is one that a room may have made. Others publish what they like.
    fn is_valid(&self) -> bool {
        let short = |text: &str, most| !text.is_empty() && text.len() <= most;
        short(&self.id, 64)
            && short(&self.room, NAME)
            && short(&self.name, NAME)
            && short(&self.said, SAID)
            && self.at.max(self.number) <= LARGEST
    }

    /// Where it is in the order. Lines of one number that different rooms have given have one, too.
    fn place(&self) -> (u64, &str) {
        (self.number, &self.id)
    }
}

/// The last lines of the house.
///
/// A room numbers the lines as they come from the broker. So rooms that hear the same have the same
/// numbers. A room that was away takes over the lines of others: it keeps every line under the largest
/// number that it has heard for it, in the order of the numbers. If it then knows more than the other
/// room, that learns it in the same way. So all rooms end up with the same order.
#[derive(Default, Serialize, Deserialize)]
pub struct Lines(Vec<Line>);

/// What the lines of another room have brought.
pub struct Merged {
    /// Whether what is shown has changed.
    pub has_changed: bool,
    /// Whether the other room lacks a line that comes before its last one, or has a smaller number.
    pub is_ahead: bool,
}

impl Lines {
    pub fn has(&self, id: &str) -> bool {
        has(&self.0, id)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a line that comes from the broker. `None` if it is here already, or no line of a room.
    pub fn add(&mut self, mut line: Line) -> Option<&Line> {
        if self.has(&line.id) || !line.is_valid() {
            return None;
        }
        line.number = (self.0.last().map_or(0, |last| last.number) + 1).min(LARGEST);
        self.0.push(line);
        self.trim();
        self.0.last()
    }

    /// Takes over the lines of a room.
    pub fn merge(&mut self, mut others: Vec<Line>) -> Merged {
        others.retain(Line::is_valid);
        others.truncate(KEPT);
        let ids = |lines: &[Line]| lines.iter().map(|line| line.id.clone()).collect::<Vec<_>>();
        let before = ids(&self.0);
        let mut is_ahead = false;
        for other in &others {
            match self.0.iter_mut().find(|own| own.id == other.id) {
                Some(own) => {
                    is_ahead |= own.number > other.number;
                    own.number = own.number.max(other.number);
                }
                None => self.0.push(other.clone()),
            }
        }
        self.0.sort_by(|one, other| one.place().cmp(&other.place()));
        self.trim();
        if let Some(last) = others.iter().map(Line::place).max() {
            is_ahead |= self.0.iter().any(|own| own.place() < last && !has(&others, &own.id));
        }
        Merged { has_changed: before != ids(&self.0), is_ahead }
    }

    fn trim(&mut self) {
        self.0.drain(..self.0.len().saturating_sub(KEPT));
    }
}

/// Whether a line is among these.
fn has(lines: &[Line], id: &str) -> bool {
    lines.iter().any(|line| line.id == id)
}
