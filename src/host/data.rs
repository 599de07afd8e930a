//! The folder for the state of all actors. No actor and no client may reach into it. This module also
//! sees to it that no client can read a file with a secret.

use std::{
    fmt, fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use footlight_store::{LogError, OpenError, OpenErrorKind, Options, Store};

use super::secrets::secrets_of;
use crate::{
    manifest::{Handler, Manifest},
    sandboxed_dir::{Identity, SandboxedDir},
    storage::{Durability, StorageConfig, data_folder::STORE},
};

/// Why the data folder, or a folder beside it, can't be used. The operator's fault.
#[derive(Debug)]
#[non_exhaustive]
pub enum DataError {
    /// A manifest asks for a durability that needs a data folder.
    Missing {
        /// The manifest.
        file: PathBuf,
        /// The durability.
        durability: Durability,
    },
    /// The data folder is not there and can't be made, or can't be looked at.
    Unusable {
        /// The data folder.
        folder: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The store can't be opened.
    Store(OpenError),
    /// The store can't be written.
    Numbers {
        /// The data folder.
        folder: PathBuf,
        /// The cause.
        error: String,
    },
    /// Actors or clients could reach into the store.
    Reached {
        /// The manifest.
        file: PathBuf,
        /// The key of the folder.
        key: &'static str,
        /// The folder that they may use.
        folder: PathBuf,
        /// Whether the store lies in it. If not, it lies in the store.
        around: bool,
        /// The store's folder.
        store: PathBuf,
    },
    /// Clients could read a secret.
    Served {
        /// The manifest.
        file: PathBuf,
        /// The key of the secret.
        key: &'static str,
        /// The file with the secret.
        secret: PathBuf,
        /// The `static` folder.
        folder: PathBuf,
        /// The manifest with that folder.
        by: PathBuf,
    },
}

/// What to do about a damaged store.
const ADVICE: &str = ". Restore a backup into another folder (docs/deploy.md, The data folder). \
    `footlight state export --partial` saves what precedes the damage";

/// Checks all manifests of a process. See [`mistakes`].
pub(super) fn check(manifests: &[Manifest], data: Option<&Path>) -> Result<(), Vec<DataError>> {
    let of =
        |(index, manifest)| mistakes(manifest, manifests.get(..index).unwrap_or_default(), data);
    let all: Vec<_> = manifests.iter().enumerate().flat_map(of).collect();
    if all.is_empty() { Ok(()) } else { Err(all) }
}

/// Makes the data folder, if it is not there. Only the host's user may open it. The folder around it
/// must exist, because a new path in a wrong place would look as if all state were lost.
fn make(folder: &Path) -> Result<(), DataError> {
    let made = fs::DirBuilder::new().mode(0o700).create(folder).and_then(|()| {
        // After a power cut the new folder must be there.
        fs::File::open(parent(folder))?.sync_all()
    });
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(|error| DataError::Unusable { folder: folder.into(), error }),
    }
}

/// Opens the store in the data folder, for all of these manifests. Makes both if they are not there.
/// Also returns the block of numbers for connections that this run begins with, and the store's folder,
/// from which all other folders keep away.
pub(super) async fn open(
    folder: PathBuf,
    manifests: &[Manifest],
) -> Result<(Store, u64, SandboxedDir), DataError> {
    let (wear, wait) = StorageConfig::of_process(manifests.iter().map(|one| &one.storage));
    smol::unblock(move || {
        make(&folder)?;
        let store = Store::open(&folder, Options { wear, wait }).map_err(DataError::Store)?;
        let block = next_block(&folder, &store)?;
        let place = SandboxedDir::open(&self::store(&folder));
        let place = place.map_err(|error| DataError::Unusable { folder, error })?;
        Ok((store, block, place))
    })
    .await
}

/// Reserves a block of numbers for connections. May wait for the disk.
pub(super) fn next_block(data: &Path, store: &Store) -> Result<u64, DataError> {
    store.next_block().ok_or_else(|| {
        let error = store.health().err().unwrap_or_else(|| "the numbers are used up".into());
        DataError::Numbers { folder: data.into(), error }
    })
}

/// Reads the store without changing it, if there is one.
///
/// # Errors
/// It can't be read. It may be damaged, or of a newer version.
pub(super) fn read(data: &Path) -> Result<(), DataError> {
    if fs::symlink_metadata(store(data)).is_err() {
        return Ok(());
    }
    footlight_store::read(data).map(drop).map_err(DataError::Store)
}

/// The store's folder in a data folder.
pub(super) fn store(data: &Path) -> PathBuf {
    data.join(STORE)
}

/// The mistakes of a manifest in a process with `earlier` ones and with this data folder. A mistake of
/// the data folder itself counts as one of the first manifest.
pub(super) fn mistakes(
    manifest: &Manifest,
    earlier: &[Manifest],
    data: Option<&Path>,
) -> Vec<DataError> {
    let mut mistakes = Vec::new();
    match data.map(Place::find) {
        None => mistakes.extend(missing(manifest)),
        Some(Ok(store)) => mistakes.extend(store.reached(manifest)),
        Some(Err(error)) if earlier.is_empty() => mistakes.push(error),
        Some(Err(_)) => {}
    }
    mistakes.extend(served(manifest, manifest));
    for other in earlier {
        mistakes.extend(served(manifest, other));
        mistakes.extend(served(other, manifest));
    }
    mistakes
}

/// The mistake of a durability that needs a data folder.
fn missing(manifest: &Manifest) -> Option<DataError> {
    let durability = manifest.storage.durability.filter(|one| *one != Durability::None)?;
    Some(DataError::Missing { file: manifest.file.clone(), durability })
}

/// The place of the store.
struct Place {
    /// Its folder.
    path: PathBuf,
    /// What this folder is. `None` if it does not exist yet.
    identity: Option<Identity>,
    /// What the folders around it are, as far as they exist. This includes its own folder.
    around: Vec<Identity>,
}

impl Place {
    /// Finds the store in a data folder.
    fn find(data: &Path) -> Result<Self, DataError> {
        let unusable = |error| DataError::Unusable { folder: data.into(), error };
        if fs::metadata(data).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(unusable(io::ErrorKind::NotADirectory.into()));
        }
        let path = store(data);
        let own = there(&path).map_err(unusable)?;
        let identity = own.as_ref().and_then(|around| around.first().copied());
        let nearest = match own {
            Some(own) => own,
            None => match there(data).map_err(unusable)? {
                Some(data) => data,
                None => around(parent(data)).map_err(unusable)?,
            },
        };
        Ok(Self { path, identity, around: nearest })
    }

    /// The folders of a manifest by which somebody could reach into the store. Those that can't be
    /// looked at are reported when they are opened.
    fn reached(&self, manifest: &Manifest) -> Vec<DataError> {
        let mistake = |(key, folder): (&'static str, &PathBuf)| {
            let own = around(folder).ok()?;
            let around = own.first().is_some_and(|identity| self.around.contains(identity));
            let inside = self.identity.is_some_and(|identity| own.contains(&identity));
            (around || inside).then(|| DataError::Reached {
                file: manifest.file.clone(),
                key,
                folder: folder.clone(),
                around,
                store: self.path.clone(),
            })
        };
        folders(manifest).into_iter().filter_map(mistake).collect()
    }
}

/// The folders that actors or clients may use, with their keys.
fn folders(manifest: &Manifest) -> Vec<(&'static str, &PathBuf)> {
    let mut folders = Vec::new();
    for handler in &manifest.handlers {
        match handler {
            Handler::WebSocketServer(config) => {
                let served = config.listeners.iter().flat_map(|one| &one.static_folder);
                folders.extend(served.map(|folder| ("`static`", folder)));
            }
            Handler::Filesystem(config) => {
                let granted = config.folders.iter().map(|shared| &shared.path);
                folders.extend(granted.map(|path| ("`path` of a `filesystem` handler", path)));
            }
            Handler::HttpClient(_) | Handler::MessageServer(_) | Handler::Mqtt(_) => {}
        }
    }
    folders
}

/// The secrets of one manifest that lie in the `static` folders of another.
fn served(manifest: &Manifest, by: &Manifest) -> Vec<DataError> {
    let mut mistakes = Vec::new();
    for (key, secret) in secrets_of(manifest) {
        let Ok(own) = around(secret) else { continue };
        let is_around = |folder: &&PathBuf| {
            around(folder).is_ok_and(|ids| ids.first().is_some_and(|id| own.contains(id)))
        };
        let mut folders = by.listeners().filter_map(|listener| listener.static_folder.as_ref());
        mistakes.extend(folders.find(is_around).map(|folder| DataError::Served {
            file: manifest.file.clone(),
            key,
            secret: secret.clone(),
            folder: folder.clone(),
            by: by.file.clone(),
        }));
    }
    mistakes
}

/// What a file or a folder is, and then what all folders around it are. Links are followed.
fn around(path: &Path) -> io::Result<Vec<Identity>> {
    let path = fs::canonicalize(path)?;
    let identity = |path: &Path| fs::metadata(path).map(|data| (data.dev(), data.ino()));
    path.ancestors().map(identity).collect()
}

/// The same. `None` if there is nothing of this name.
fn there(path: &Path) -> io::Result<Option<Vec<Identity>>> {
    match around(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        around => around.map(Some),
    }
}

/// The folder around a path.
fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => {
                error.fmt(f)?;
                if let OpenErrorKind::Log(LogError::Damaged { .. }) = error.kind {
                    f.write_str(ADVICE)?;
                }
                Ok(())
            }
            Self::Numbers { folder, error } => write!(
                f,
                "{}: numbers for connections can't be reserved in the store: {error}",
                folder.display()
            ),
            Self::Missing { file, durability } => write!(
                f,
                "{}: storage.durability: {:?} needs a data folder; give --data DIR, or write \
                 StateDirectory= in the systemd unit, or remove the key",
                file.display(),
                durability.name()
            ),
            Self::Unusable { folder, error } => write!(
                f,
                "{}: cannot be the data folder: {error}; give --data a folder, or a new one in a \
                 folder that exists",
                folder.display()
            ),
            Self::Reached { file, key, folder, around, store } => write!(
                f,
                "{}: {key}: {} {} {}, where the host keeps the state of all actors; write another \
                 folder, or give another --data",
                file.display(),
                folder.display(),
                if *around { "contains" } else { "lies in" },
                store.display()
            ),
            Self::Served { file, key, secret, folder, by } => write!(
                f,
                "{}: {key}: {} lies in {}, the `static` folder of {}, so clients could read it; \
                 move it to another folder",
                file.display(),
                secret.display(),
                folder.display(),
                by.display()
            ),
        }
    }
}

impl std::error::Error for DataError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::Unusable { error, .. } => Some(error),
            Self::Missing { .. }
            | Self::Numbers { .. }
            | Self::Reached { .. }
            | Self::Served { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
