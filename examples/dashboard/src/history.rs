//! The state: the measurements of the last minutes.

/// A measurement is kept for this long, in milliseconds.
const KEPT: u64 = 5 * 60_000;
/// The most bytes to keep: enough for one measurement a second in that time.
const MOST: usize = 12 << 10;

/// Measurements, the oldest first. Each is a line with a JSON list that begins with its time in
/// milliseconds since 1970.
pub struct History(String);

impl From<Vec<u8>> for History {
    fn from(state: Vec<u8>) -> Self {
        Self(String::from_utf8(state).unwrap_or_default())
    }
}

impl From<History> for Vec<u8> {
    fn from(history: History) -> Self {
        history.0.into()
    }
}

impl History {
    /// Whether the last measurement is younger than `age` milliseconds.
    pub fn is_younger_than(&self, age: u64, now: u64) -> bool {
        self.0.lines().next_back().is_some_and(|last| is_younger_than(last, age, now))
    }

    /// Adds a measurement.
    pub fn add(&mut self, measured: &str) {
        self.0 += measured;
        self.0.push('\n');
    }

    /// Drops measurements that are too old or too many.
    pub fn forget(&mut self, now: u64) {
        let mut start = 0;
        while let Some((line, rest)) = self.0[start..].split_once('\n') {
            if rest.len() < MOST && is_younger_than(line, KEPT, now) {
                break;
            }
            start = self.0.len() - rest.len();
        }
        self.0.drain(..start);
    }

    /// All measurements as JSON.
    pub fn to_json(&self) -> String {
        format!("[{}]", self.0.trim_end().replace('\n', ","))
    }
}

/// Whether a measurement is younger than `age` milliseconds. One from the future does not
/// count: somebody has set the clock back.
fn is_younger_than(measured: &str, age: u64, now: u64) -> bool {
    let at = measured.trim_start_matches('[').split(',').next();
    let at = at.and_then(|at| at.parse().ok());
    at.and_then(|at| now.checked_sub(at)).is_some_and(|found| found < age)
}
