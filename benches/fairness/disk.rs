//! The data folders: a new one for each round.

use std::path::{Path, PathBuf};

use tempfile::{TempDir, tempdir_in};

use super::{
    common::{Result, stored},
    neighbours::{Disk, ROOM},
};

/// The owner of what is stored before. It has no manifest.
const OWNER: &str = "keeper";

/// Makes data folders.
pub(crate) struct Folders {
    /// Where they are made; `None` if nothing is kept.
    within: Option<PathBuf>,
    /// What they are copies of: with all the room that there is after a turn-over, and with little.
    originals: Option<[TempDir; 2]>,
}

impl Folders {
    /// Makes the originals, if this disk needs them, with so many bytes in each.
    pub(crate) fn new(within: &Path, bytes: usize, disk: Disk) -> Result<Self> {
        let original = |room| {
            let folder = tempdir_in(within)?;
            stored::fill_nearly(folder.path(), OWNER, bytes, room)?;
            Result::Ok(folder)
        };
        let originals = match disk {
            Disk::NearlyFull => Some([original(u64::MAX)?, original(ROOM)?]),
            Disk::Unused | Disk::Empty => None,
        };
        let within = (disk != Disk::Unused).then(|| within.to_owned());
        Ok(Self { within, originals })
    }

    /// Makes a data folder for a round, if one is needed.
    pub(crate) fn make(&self, driven: bool) -> Result<Option<TempDir>> {
        let Some(within) = &self.within else { return Ok(None) };
        let folder = tempdir_in(within)?;
        if let Some(originals) = &self.originals {
            stored::copy(originals[usize::from(driven)].path(), folder.path())?;
        }
        Ok(Some(folder))
    }
}
