//! The readings. This does not use WebAssembly: `benches/compare/plain` has the same file.

use serde::{Deserialize, Serialize};

/// The state.
#[derive(Serialize, Deserialize)]
pub struct Board {
    /// The number of readings so far.
    count: u64,
    /// The last reading of each sensor.
    readings: Vec<Reading>,
}

/// The last reading of a sensor.
#[derive(Serialize, Deserialize)]
struct Reading {
    /// Its name.
    sensor: String,
    /// Its value.
    value: i64,
    /// The number of the reading, of all sensors together.
    updated: u64,
}

/// Takes a reading of the next sensor in turn. Returns the new state, and as the answer the
/// number of readings so far and the sum of the values. `None` if the text is not a reading.
pub fn take(text: &str, state: &[u8]) -> Option<(Vec<u8>, String)> {
    let value = text.parse().ok()?;
    let mut board: Board = serde_json::from_slice(state).ok()?;
    let turn = board.count as usize % board.readings.len().max(1);
    board.count += 1;
    if let Some(reading) = board.readings.get_mut(turn) {
        reading.value = value;
        reading.updated = board.count;
    }
    let sum: i64 = board.readings.iter().map(|reading| reading.value).sum();
    let answer = format!("{} {sum}", board.count);
    Some((serde_json::to_vec(&board).ok()?, answer))
}
