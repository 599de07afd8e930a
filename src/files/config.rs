//! The `config` of a `filesystem` handler: a folder whose files the actor may use.

use std::path::PathBuf;

use crate::config::{Place, Table, Value};

/// How the configuration is written.
pub const EXAMPLE: &str = "config = { path = \"data\" }";
/// The longest name of a folder, in bytes.
const MAX_NAME: usize = 64;

/// A folder whose files the actor may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedFolder {
    /// The folder, joined to the manifest's.
    pub path: PathBuf,
    /// Whether the actor may write. Default false.
    pub writable: bool,
    /// What the actor's paths into this folder begin with: at most 64 ASCII letters, digits, `-`
    /// and `_`. `None`, the default, only where there is no other folder: its paths begin inside.
    pub name: Option<String>,
}

/// A folder as it was read.
pub struct Read<'d> {
    /// The folder, if nothing is wrong with it.
    pub folder: Option<SharedFolder>,
    /// The name, if it is one; the folder may have other mistakes.
    name: Option<String>,
    /// Where the name stands, or is missing.
    place: Place<'d>,
    /// Whether there is anything in the name's place.
    named: bool,
}

/// Reads the configuration.
pub fn read(mut table: Table<'_>) -> Read<'_> {
    let path = table.require("path", "add path = \"data\", relative to the manifest's folder");
    let writable = table.get("writable");
    let place = table.place_of("name");
    let value = table.get("name");
    table.finish();
    let name = value.as_ref().and_then(read_name);
    let path = path.and_then(|value| value.path());
    let writable = writable.map_or(Some(false), |value| value.boolean());
    let wrong = value.is_some() && name.is_none();
    let folder = match (path, writable) {
        (Some(path), Some(writable)) if !wrong => {
            Some(SharedFolder { path, writable, name: name.clone() })
        }
        _ => None,
    };
    Read { folder, name, place, named: value.is_some() }
}

/// Reads the name of a folder.
fn read_name(value: &Value<'_>) -> Option<String> {
    let name = value.string()?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(allowed) {
        let advice = format!("write 1 to {MAX_NAME} ASCII letters, digits, `-` and `_`");
        value.refuse_as("a name of a folder", advice);
        return None;
    }
    Some(name.to_owned())
}

/// Refuses folders that can't be told apart.
pub fn check_names(folders: &[Read<'_>]) {
    if folders.len() < 2 {
        return;
    }
    for (index, folder) in folders.iter().enumerate() {
        let same = |other: &&Read<'_>| other.name.is_some() && other.name == folder.name;
        if !folder.named {
            let advice = "add name = \"data\": of several folders each needs a name of its own, \
                          with which the actor's paths begin";
            folder.place.refuse("missing", advice);
        } else if folders.iter().take(index).any(|other| same(&other)) {
            folder.place.refuse("another folder has this name", "write another name");
        }
    }
}
