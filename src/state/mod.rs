//! Shows and changes what is kept in a data folder, for `footlight state`.
//!
//! - [`error`]: why that failed.
//! - [`holder`]: which process has the folder.
//! - [`json`]: what is stored, as JSON.
//! - [`listing`]: what is stored, a line for each actor.

mod error;
mod holder;
pub(crate) mod json;
mod listing;

use std::{
    fs,
    path::{Path, PathBuf},
};

use footlight_store::{Changes, Contents, Image, Offline, log::AppendError};

use crate::{manifest::is_name, regular, storage::data_folder::STORE, visible};

pub use error::StateError;
use json::{Imported, Mistake};

/// The largest JSON that is read, in bytes. A wrong path must not fill the memory.
const MAX_JSON: usize = 1 << 30;

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

/// What a change does to each actor. No actor is in it twice.
type Batch = Vec<(Box<str>, Changes)>;

/// Does it in a data folder. `partial` reads a damaged folder as far as possible.
///
/// # Errors
/// See [`StateError`].
pub fn run(dir: &Path, action: &Action, partial: bool) -> Result<Done, StateError> {
    // Only an import may make a new store. For the others this is probably the wrong folder.
    if !matches!(action, Action::Import(_)) {
        must_exist(dir)?;
    }
    match action {
        Action::Import(file) => {
            let Imported { blocks, actors } = read_json(file)?;
            let batch = actors.into_iter().map(|(name, contents)| (name, put(&contents)));
            change(dir, open(dir)?, blocks, &batch.collect())
        }
        Action::Mv { old, new } => {
            let store = open(dir)?;
            let batch = rename(dir, store.image(), old, new)?;
            change(dir, store, 0, &batch)
        }
        Action::Rm(actors) => {
            let store = open(dir)?;
            let batch = remove(dir, store.image(), actors)?;
            change(dir, store, 0, &batch)
        }
        Action::Ls | Action::Get { .. } | Action::Export(_) => {
            let (image, damage) = read(dir, partial)?;
            let output = match action {
                Action::Get { actor, key } => get(dir, &image, actor, key.as_deref())?,
                Action::Export(actors) => export(dir, &image, actors)?,
                _ => listing::lines(&image).into(),
            };
            Ok(Done { output, damage })
        }
    }
}

/// Removes everything of these actors, if there is anything, for a host that begins anew.
///
/// # Errors
/// See [`StateError`].
pub fn forget_all<'n>(dir: &Path, names: impl Iterator<Item = &'n str>) -> Result<(), StateError> {
    if must_exist(dir).is_err() {
        return Ok(());
    }
    let mut batch = Batch::new();
    for name in names {
        if batch.iter().all(|(other, _)| **other != *name) {
            batch.push((name.into(), forget()));
        }
    }
    change(dir, open(dir)?, 0, &batch).map(drop)
}

/// Reads the store, also beside a running host. The second part says why that is not all.
fn read(dir: &Path, partial: bool) -> Result<(Image, Option<String>), StateError> {
    match footlight_store::read_partial(dir) {
        Ok((image, _, damage)) if partial || damage.is_none() => {
            Ok((image, damage.map(|damage| damage.to_string())))
        }
        Ok((_, _, Some(error))) | Err(error) => Err(StateError::open(dir, error)),
        Ok((image, _, None)) => Ok((image, None)),
    }
}

/// Everything that a data folder has of an actor; `None` if it has nothing of it.
///
/// # Errors
/// See [`StateError`].
pub(crate) fn contents(dir: &Path, actor: &str) -> Result<Option<Contents>, StateError> {
    must_exist(dir)?;
    let (image, _) = read(dir, false)?;
    Ok(image.owner(actor).cloned())
}

/// Opens the store for changes, while no host uses it.
fn open(dir: &Path) -> Result<Offline, StateError> {
    Offline::open(dir).map_err(|error| StateError::open(dir, error))
}

/// Changes the store, all or nothing, and closes it. At least `blocks` blocks of numbers for
/// connections count as used afterwards.
fn change(dir: &Path, mut store: Offline, blocks: u64, batch: &Batch) -> Result<Done, StateError> {
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
    let mut actors: Vec<(&str, &Contents)> = Vec::new();
    for name in names {
        actors.push((name, find(dir, image, name)?));
    }
    if names.is_empty() {
        actors.extend(image.owners().map(|(name, contents)| (&**name, contents)));
    }
    // Hidden characters are escaped, which JSON reads back as the same.
    Ok(visible::json(&json::write(image.blocks(), &actors)).into())
}

/// Reads the JSON of a file or of standard input.
fn read_json(file: &Path) -> Result<Imported, StateError> {
    let bytes = regular::read_input(file, MAX_JSON)
        .map_err(|error| StateError::Read { file: file.into(), error })?;
    let wrong = |mistake| StateError::Json { file: file.into(), mistake };
    let text = str::from_utf8(&bytes).map_err(|_| wrong(Mistake("is not UTF-8 text".into())))?;
    json::read(text).map_err(wrong)
}

/// Gives everything of one actor to another name.
fn rename(dir: &Path, image: &Image, old: &str, new: &str) -> Result<Batch, StateError> {
    if !is_name(new) {
        return Err(StateError::Name { name: new.into() });
    }
    if image.owner(new).is_some() {
        return Err(StateError::Taken { dir: dir.into(), name: new.into() });
    }
    let contents = find(dir, image, old)?;
    Ok(vec![(old.into(), forget()), (new.into(), put(contents))])
}

/// Removes everything of these actors.
fn remove(dir: &Path, image: &Image, names: &[String]) -> Result<Batch, StateError> {
    let mut batch = Batch::new();
    for name in names {
        find(dir, image, name)?;
        // A name that is given twice is removed once.
        if batch.iter().all(|(other, _)| **other != **name) {
            batch.push((name.as_str().into(), forget()));
        }
    }
    Ok(batch)
}

/// The changes that remove everything.
fn forget() -> Changes {
    Changes { forget: true, ..Changes::default() }
}

/// The changes after which an actor has exactly this.
fn put(contents: &Contents) -> Changes {
    let mut changes = forget();
    changes.origin = contents.origin;
    changes.state = Some(contents.state.clone());
    changes.alarm = Some(contents.alarm);
    // `collect` would sort first, with 25 KB of code.
    for (key, value) in &contents.keys {
        changes.keys.insert(key.clone(), Some(value.clone()));
    }
    changes.opened = contents.open.iter().copied().collect();
    changes
}

#[cfg(test)]
mod tests;
