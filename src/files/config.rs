//! The `config` of a `filesystem` handler: a folder whose files the actor may use.

use std::path::PathBuf;

use crate::{
    config::{Capability, HandlerType, Location, Table, Value},
    interfaces,
};

/// This type of handler.
pub const TYPE: HandlerType = HandlerType {
    name: "filesystem",
    example: "config = { path = \"data\" }",
    brings_events: false,
    capabilities: &[Capability {
        interfaces: &[&interfaces::FILES, &interfaces::FILESYSTEM],
        missing: "needs a folder, and no handler has one",
        advice: "the manifest grants no files; add [[handlers]] with type = \"filesystem\" and config \
                 = { path = \"…\" }, the folder that the actor may read",
    }],
    feature: None,
};
/// The file descriptors that reading, listing or writing a file needs at once. An actor does one of
/// these at a time.
const DESCRIPTORS: usize = 4;
/// The longest name of a folder, in bytes.
const MAX_NAME: usize = 64;

/// All handlers of this type that one actor has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The folders whose files the actor may use. If there are several, all have names, and the
    /// names differ.
    pub folders: Vec<SharedFolder>,
}

impl Config {
    /// Reads the `config` of each handler of this type. The numbers are their indices in
    /// `handlers`.
    pub fn read(entries: Vec<(usize, Table<'_>)>) -> Self {
        let read: Vec<_> = entries.into_iter().map(|(_, table)| Read::new(table)).collect();
        check_names(&read);
        Self { folders: read.into_iter().filter_map(|read| read.folder).collect() }
    }

    /// The file descriptors that these handlers need.
    pub fn descriptors(&self) -> usize {
        self.folders.len().saturating_add(DESCRIPTORS)
    }
}

/// A folder whose files the actor may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedFolder {
    /// Joined to the manifest's folder.
    pub path: PathBuf,
    /// Whether the actor may write. Default false.
    pub writable: bool,
    /// The first part of the actor's paths into this folder: at most 64 ASCII letters, digits, `-`
    /// and `_`. `None`, the default, is allowed only for a single folder. Paths then begin inside
    /// it.
    pub name: Option<String>,
}

/// A folder as it was read.
struct Read<'d> {
    /// The folder, if it has no mistakes.
    folder: Option<SharedFolder>,
    /// The name, if it is valid. The folder may have other mistakes.
    name: Option<String>,
    /// The place of the name, or where it is missing.
    place: Location<'d>,
    /// Whether there is a value for the name.
    named: bool,
}

impl<'d> Read<'d> {
    /// Reads the `config` of one handler.
    fn new(mut table: Table<'d>) -> Self {
        let path = table.require("path", "add path = \"data\", relative to the manifest's folder");
        let writable = table.get("writable");
        let place = table.place_of("name");
        let value = table.get("name");
        table.finish();
        let name = value.as_ref().and_then(read_name);
        let path = path.and_then(|value| value.path());
        let writable = writable.map_or(Some(false), |value| value.boolean());
        let bad_name = value.is_some() && name.is_none();
        let folder = match (path, writable) {
            (Some(path), Some(writable)) if !bad_name => {
                Some(SharedFolder { path, writable, name: name.clone() })
            }
            _ => None,
        };
        Self { folder, name, place, named: value.is_some() }
    }
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

/// Refuses folders with the same name, and several folders of which one has none.
fn check_names(folders: &[Read<'_>]) {
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
