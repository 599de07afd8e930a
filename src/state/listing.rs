//! What is stored, in a line for each actor.

use std::{
    fmt::Write as _,
    time::{Duration, SystemTime},
};

use footlight_store::{HOST_KEY, Image};

use crate::{convert::to_u64, host_key::HostKey, logger::date::write_time, visible};

/// For each actor the bytes of its state, its keys, the bytes of keys and values, its alarm, and the bytes of
/// what it has sent to servers, other actors and brokers, which these do not have yet.
pub(super) fn lines(image: &Image) -> String {
    let mut text = String::new();
    for (name, contents) in image.owners() {
        let mut bytes = 0_u64;
        let own = || contents.keys.iter().filter(|(key, _)| &***key != HOST_KEY);
        for (key, value) in own() {
            bytes = bytes.saturating_add(to_u64(key.len())).saturating_add(to_u64(value.len()));
        }
        let state = contents.state.as_ref().map_or(0, |state| state.len());
        let keys = own().count();
        // Writing to a string can't fail.
        let _ = write!(text, "{name}: state {state} bytes, {keys} keys {bytes} bytes");
        let alarm = contents.alarm.map(|alarm| Duration::from_millis(alarm.at));
        if let Some(time) = alarm.and_then(|at| SystemTime::UNIX_EPOCH.checked_add(at)) {
            text += ", alarm ";
            let _ = write_time(&mut text, time);
            text.truncate(text.trim_end().len());
        }
        let host = contents.keys.get(HOST_KEY).map(HostKey::split).unwrap_or_default();
        for (what, waiting) in [
            ("requests", host.requests),
            ("messages", host.messages),
            ("publications", host.publications),
        ] {
            if !waiting.is_empty() {
                let _ = write!(text, ", {what} {} bytes", waiting.len());
            }
        }
        text.push('\n');
    }
    visible::lines(&text)
}
