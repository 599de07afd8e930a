//! The modules that have made the stored states, in the data folder beside the store.
//!
//! A new version of an actor may fail at its first event. Then the version before it gets the event,
//! also if the host was restarted in between and the old file is gone. So a copy of a module is there
//! before anything that the module has made is stored, until another module's work is on the disk in
//! its place. A copy's name is the module's hash in hexadecimal, which says whether it is still the same.
//!
//! Nothing depends on the copies: if one can't be written or read, the log says so.

use std::{
    borrow::Cow,
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use footlight_store::{Origin, Store};

use super::{
    exports,
    opened::{self, Opened},
};
use crate::{
    actor::{Module, ModuleHash, module_hash},
    convert::hex,
    manifest::Manifest,
    regular,
};

/// The folder of the copies, in the data folder.
const FOLDER: &str = "modules";
/// A copy that is being written.
const NEW: &str = "new";

/// The copies of modules. All functions block.
pub(super) struct KeptModules {
    folder: PathBuf,
    /// Whose the stored states are.
    origins: Vec<(Box<str>, Origin)>,
}

impl KeptModules {
    /// Those in a data folder, for what is stored now.
    pub(super) fn new(data: &Path, store: &Store) -> Self {
        Self { folder: data.join(FOLDER), origins: store.origins() }
    }

    /// Removes all copies that neither the store nor one of these modules needs.
    pub(super) fn clear(&self, needed: impl Iterator<Item = ModuleHash>) {
        let origins = self.origins.iter().map(|(_, origin)| *origin);
        let needed: Vec<_> = origins.chain(needed).map(|hash| hex(&hash)).collect();
        for entry in self.folder.read_dir().into_iter().flatten().flatten() {
            if needed.iter().all(|needed| entry.file_name() != **needed) {
                // Another try follows at the next start or reload.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Makes an actor ready that is to start: finds the module before its own, and keeps a copy of its
    /// own.
    pub(super) fn prepare(&self, manifest: &Manifest, opened: &mut Opened) {
        opened.last_good = self.last_good(manifest, &opened.module);
        self.keep(manifest, &opened.module);
    }

    /// Keeps a copy of an actor's module, if the actor's state is stored.
    pub(super) fn keep(&self, manifest: &Manifest, module: &Module) {
        let path = self.folder.join(hex(&module.hash()));
        if !manifest.storage.is_kept(true) || path.exists() {
            return;
        }
        if let Err(error) = self.write(manifest, module, &path) {
            log::warn!(
                target: "footlight",
                "{}: no copy of the module could be kept in {}, so a later version can't be given \
                 back after a restart: {error}",
                manifest.name,
                self.folder.display()
            );
        }
    }

    /// Writes a copy. It has its name only when it is on the disk.
    fn write(&self, manifest: &Manifest, module: &Module, path: &Path) -> io::Result<()> {
        let content = match module.script() {
            Some(script) => Cow::Borrowed(script.archive()),
            None => Cow::Owned(Self::file(manifest, module)?),
        };
        DirBuilder::new().mode(0o700).recursive(true).create(&self.folder)?;
        let new = self.folder.join(NEW);
        let mut file = File::create(&new)?;
        file.write_all(&content)?;
        file.sync_all()?;
        fs::rename(new, path)?;
        File::open(&self.folder)?.sync_all()
    }

    /// The file of a module.
    fn file(manifest: &Manifest, module: &Module) -> io::Result<Vec<u8>> {
        let content = regular::read(&manifest.component, manifest.limits.module);
        let content = content.map_err(|unread| io::Error::other(unread.to_string()))?;
        if module_hash::of(&content) == module.hash() {
            return Ok(content);
        }
        Err(io::Error::other("the file has changed since it was loaded"))
    }

    /// The module that has made an actor's stored state, if it is another one than `module` and its
    /// copy can run with this manifest.
    fn last_good(&self, manifest: &Manifest, module: &Module) -> Option<Box<Module>> {
        let (_, origin) = self.origins.iter().find(|(owner, _)| **owner == *manifest.name)?;
        if *origin == module.hash() || !manifest.storage.is_kept(true) {
            return None;
        }
        let path = self.folder.join(hex(origin));
        let why = match opened::load(&path, manifest) {
            Ok(old) if old.hash() != *origin => "it is damaged".to_owned(),
            Ok(old) => match exports::missing(manifest, old.report()).first() {
                None => return Some(Box::new(old)),
                Some(missing) => missing.to_string(),
            },
            Err(error) => error.to_string(),
        };
        log::info!(
            target: "footlight",
            "{}: the module that has stored the state is not there for its successor's first event: \
             {}: {why}",
            manifest.name,
            path.display()
        );
        None
    }
}
