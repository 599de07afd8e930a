//! What is stored, as a table for a person.

use std::time::{Duration, SystemTime};

use footlight_store::{Contents, Image};

use crate::{convert::to_u64, logger::date::write_time, visible};

/// The heads of the columns.
const HEADS: [&str; 5] = ["ACTOR", "STATE", "KEYS", "BYTES", "ALARM"];

/// A row for each actor: its state's bytes, its keys, the bytes of keys and values, and its alarm.
pub(super) fn table(image: &Image) -> String {
    let rows = image.owners().map(|(name, contents)| row(name, contents));
    let rows: Vec<[String; 5]> = [HEADS.map(String::from)].into_iter().chain(rows).collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.len().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
            // Numbers are on the right.
            let number = (1..4).contains(&index);
            let cell =
                if number { format!("{cell:>width$}  ") } else { format!("{cell:width$}  ") };
            line += &cell;
        }
        text += line.trim_end();
        text.push('\n');
    }
    visible::lines(&text)
}

/// The cells of an actor.
fn row(name: &str, contents: &Contents) -> [String; 5] {
    let state = contents.state.as_ref().map_or("-".into(), |state| state.len().to_string());
    let bytes =
        contents.keys.iter().map(|(key, value)| to_u64(key.len().saturating_add(value.len())));
    let alarm = contents.alarm.and_then(|alarm| {
        let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(alarm.at))?;
        let mut text = String::new();
        write_time(&mut text, time).ok()?;
        Some(text.trim_end().to_owned())
    });
    [
        name.into(),
        state,
        contents.keys.len().to_string(),
        bytes.fold(0, u64::saturating_add).to_string(),
        alarm.unwrap_or("-".into()),
    ]
}
