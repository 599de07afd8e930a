//! Shows and changes what is kept in a data folder, for `footlight state`.
//!
//! - [`error`]: why that failed.
//! - [`holder`]: which process has the folder.
//! - [`json`]: what is stored, as JSON.
//! - [`listing`]: what is stored, as a table.

mod error;
mod holder;
mod json;
mod listing;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use footlight_store::{Changes, Contents, Image, Offline, log::AppendError};

use crate::{
    convert::to_u64,
    manifest::is_name,
    regular::{self, Unread},
    storage::data_folder::STORE,
    visible,
};

pub use error::StateError;
use json::{Exported, Mistake};

/// The largest JSON that is read, in bytes. A wrong path must not fill the memory.
const MAX_JSON: usize = 1 << 30;
/// The name of a file that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// List the actors.
    Ls,
    /// Give the bytes of an actor's state, or of the value of one of its keys.
    Get {
        /// The actor.
        actor: String,
        /// The key; `None` for the state.
        key: Option<String>,
    },
    /// Give these actors as JSON, or all if none is named.
    Export(Vec<String>),
    /// Store the actors of the JSON in this file. Whatever they had is gone then.
    Import(PathBuf),
    /// Give what one actor has to another name, which must have nothing.
    Mv {
        /// The name so far.
        old: String,
        /// The new name.
        new: String,
    },
    /// Remove everything of these actors.
    Rm(Vec<String>),
}

/// What was done.
#[derive(Debug, Default)]
pub struct Done {
    /// What to print.
    pub output: Vec<u8>,
    /// Why only a part could be read.
    pub damage: Option<String>,
}

/// Does it in a data folder. `partial` reads a damaged folder as far as possible.
///
/// # Errors
/// See [`StateError`].
pub fn run(dir: &Path, action: &Action, partial: bool) -> Result<Done, StateError> {
    match action {
        Action::Ls => show(dir, partial, |image| Ok(listing::table(image).into())),
        Action::Get { actor, key } => {
            show(dir, partial, |image| get(dir, image, actor, key.as_deref()))
        }
        Action::Export(actors) => show(dir, partial, |image| export(dir, image, actors)),
        Action::Import(file) => {
            let Exported { blocks, actors } = read_json(file)?;
            change(dir, blocks, |_| Ok(actors.into_iter().map(put).collect()))
        }
        Action::Mv { old, new } => existing(dir, |image| rename(dir, image, old, new)),
        Action::Rm(actors) => existing(dir, |image| {
            // A name that is given twice is removed once.
            let each = actors.iter().map(|name| {
                find(dir, image, name)?;
                Ok((name.as_str().into(), forget()))
            });
            each.collect()
        }),
    }
}

/// What a change does to each actor.
type Batch = BTreeMap<Box<str>, Changes>;

/// Reads the folder, also beside a running host.
fn show(
    dir: &Path,
    partial: bool,
    output: impl FnOnce(&Image) -> Result<Vec<u8>, StateError>,
) -> Result<Done, StateError> {
    must_exist(dir)?;
    let opened = |error| StateError::open(dir, error);
    let (image, damage) = if partial {
        let (image, _, damage) = footlight_store::read_partial(dir).map_err(opened)?;
        (image, damage.map(|damage| damage.to_string()))
    } else {
        (footlight_store::read(dir).map_err(opened)?.0, None)
    };
    Ok(Done { output: output(&image)?, damage })
}

/// Changes a folder that must exist.
fn existing(
    dir: &Path,
    batch: impl FnOnce(&Image) -> Result<Batch, StateError>,
) -> Result<Done, StateError> {
    must_exist(dir)?;
    change(dir, 0, batch)
}

/// Changes the folder, all or nothing, while no host uses it. It is made if it is not there. At least
/// `blocks` blocks of numbers for connections count as used afterwards.
fn change(
    dir: &Path,
    blocks: u64,
    batch: impl FnOnce(&Image) -> Result<Batch, StateError>,
) -> Result<Done, StateError> {
    let mut store = Offline::open(dir).map_err(|error| StateError::open(dir, error))?;
    let batch = batch(store.image())?;
    let batch: Vec<_> = batch.iter().map(|(name, changes)| (&**name, changes)).collect();
    let failed = |error, stored| StateError::Write { dir: dir.into(), error, stored };
    let changed = store.reserve_blocks(blocks).and_then(|()| store.change(&batch));
    changed.map_err(|error| match error {
        AppendError::Full(error) | AppendError::Failed(error) => failed(error, false),
    })?;
    store.close().map_err(|error| failed(error, true))?;
    Ok(Done::default())
}

/// Refuses a folder without a store, which is probably the wrong one.
fn must_exist(dir: &Path) -> Result<(), StateError> {
    match fs::metadata(dir.join(STORE)) {
        Ok(_) => Ok(()),
        Err(error) => Err(StateError::NoStore { dir: dir.into(), error }),
    }
}

/// An actor, which must have something.
fn find<'i>(dir: &Path, image: &'i Image, name: &str) -> Result<&'i Contents, StateError> {
    image.owner(name).ok_or_else(|| StateError::NoActor {
        dir: dir.into(),
        name: name.into(),
        there: image.owners().map(|(name, _)| name.to_string()).collect(),
    })
}

/// The bytes of a state or a value.
fn get(dir: &Path, image: &Image, name: &str, key: Option<&str>) -> Result<Vec<u8>, StateError> {
    let contents = find(dir, image, name)?;
    let found = match key {
        None => contents.state.as_ref(),
        Some(key) => contents.keys.get(key),
    };
    let missing = || StateError::NoValue { name: name.into(), key: key.map(str::to_owned) };
    found.map(|bytes| bytes.to_vec()).ok_or_else(missing)
}

/// Some actors or all of them as JSON.
fn export(dir: &Path, image: &Image, names: &[String]) -> Result<Vec<u8>, StateError> {
    let mut exported = Exported { blocks: image.blocks(), ..Exported::default() };
    for name in names {
        exported.actors.insert(name.as_str().into(), find(dir, image, name)?.clone());
    }
    if names.is_empty() {
        exported.actors.extend(image.owners().map(|(name, one)| (name.clone(), one.clone())));
    }
    // Hidden characters are escaped, which JSON reads back as the same.
    Ok(visible::json(&exported.text()).into())
}

/// Reads the JSON of a file or of standard input.
fn read_json(file: &Path) -> Result<Exported, StateError> {
    let bytes = if file.as_os_str() == STANDARD_INPUT {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(to_u64(MAX_JSON)).read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(Unread::Io)
    } else {
        regular::read(file, MAX_JSON)
    };
    let bytes = bytes.map_err(|error| StateError::Read { file: file.into(), error })?;
    let wrong = |mistake| StateError::Json { file: file.into(), mistake };
    let text = str::from_utf8(&bytes).map_err(|_| wrong(Mistake("is not UTF-8 text".into())))?;
    Exported::read(text).map_err(wrong)
}

/// Gives everything of one actor to another name.
fn rename(dir: &Path, image: &Image, old: &str, new: &str) -> Result<Batch, StateError> {
    if !is_name(new) {
        return Err(StateError::Name { name: new.into() });
    }
    if image.owner(new).is_some() {
        return Err(StateError::Taken { dir: dir.into(), name: new.into() });
    }
    let contents = find(dir, image, old)?.clone();
    Ok([(old.into(), forget()), put((new.into(), contents))].into())
}

/// The changes that remove everything.
fn forget() -> Changes {
    Changes { forget: true, ..Changes::default() }
}

/// The changes after which an actor has exactly this.
fn put((name, contents): (Box<str>, Contents)) -> (Box<str>, Changes) {
    let Contents { state, alarm, keys, open } = contents;
    let changes = Changes {
        forget: true,
        state: Some(state),
        alarm: Some(alarm),
        keys: keys.into_iter().map(|(key, value)| (key, Some(value))).collect(),
        opened: open.into_iter().collect(),
        closed: Vec::new(),
    };
    (name, changes)
}

#[cfg(test)]
mod tests;
