//! The actor `tests/guests/readings`: a state of JSON, read and written for every message.

use super::server::Actor;

/// A reading, as a client sends it.
pub(crate) const TEXT: &str = "21500";

/// The first count. It is large, so that it does not become longer during the measurement.
const COUNT: u32 = 1_000_000;

/// The actor with this state.
pub(crate) fn actor(name: impl Into<String>, state: Vec<u8>) -> Actor {
    Actor::file(name, "tests/guests/readings.wasm").state(state)
}

/// A state of at most `size` bytes with as many sensors as fit, which may be none.
pub(crate) fn state(size: usize) -> Vec<u8> {
    let mut state = format!(r#"{{"count":{COUNT},"readings":["#);
    for number in 0.. {
        let comma = if number > 0 { "," } else { "" };
        let reading =
            format!(r#"{comma}{{"sensor":"sensor {number:05}","value":{TEXT},"updated":{COUNT}}}"#);
        if state.len() + reading.len() + 2 > size {
            break;
        }
        state += &reading;
    }
    (state + "]}").into_bytes()
}
