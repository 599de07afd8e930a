//! Blocking reads of files and folders.

use std::io::Read as _;

use rustix::fs::{Dir, FileType, OFlags};
use wit_core::host::{FileError, Kind};

use super::{
    DirEntry, Failure,
    folders::{Destination, InUse},
};
use crate::{convert::to_u64, sandboxed_dir::SandboxedDir};

/// The initial capacity of the buffer, in bytes. Files that the kernel generates report a wrong
/// size, and some must be read in one piece.
const MIN_CAPACITY: usize = 4096;

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// See [`Failure`].
pub(super) fn read(folders: &InUse<'_>, path: &str, limit: usize) -> Result<Vec<u8>, Failure> {
    let Destination::Inside { folder, path, .. } = folders.find(path)? else {
        return Err(Failure(FileError::WrongKind));
    };
    if path.is_empty() {
        return Err(Failure(FileError::WrongKind));
    }
    let file = folder.regular(path, OFlags::RDONLY)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let max = limit.saturating_add(1);
    let mut content =
        Vec::with_capacity(size.saturating_add(1).clamp(MIN_CAPACITY, max.max(MIN_CAPACITY)));
    file.take(to_u64(max)).read_to_end(&mut content)?;
    if content.len() > limit {
        return Err(Failure(FileError::TooLarge));
    }
    Ok(content)
}

/// The size of a file in bytes, as the system has it.
///
/// # Errors
/// See [`Failure`].
pub(super) fn size(folders: &InUse<'_>, path: &str) -> Result<u64, Failure> {
    match folders.find(path)? {
        Destination::Inside { folder, path, .. } if !path.is_empty() => Ok(folder.size(path)?),
        _ => Ok(0),
    }
}

/// Lists a folder whose names have at most `limit` bytes in all, sorted by name. Also returns how
/// many names were left out because they are not UTF-8.
///
/// # Errors
/// See [`Failure`].
pub(super) fn list(
    folders: &InUse<'_>,
    path: &str,
    limit: usize,
) -> Result<(Vec<DirEntry>, usize), Failure> {
    let mut entries = Vec::new();
    let (folder, path) = match folders.find(path)? {
        Destination::Inside { folder, path, .. } => (folder, path),
        Destination::Names => {
            let names = folders.names();
            if names.iter().map(String::len).sum::<usize>() > limit {
                return Err(Failure(FileError::TooLarge));
            }
            let folder = |name| DirEntry { name, kind: Kind::Folder };
            return Ok((names.into_iter().map(folder).collect(), 0));
        }
    };
    let (mut bytes, mut left_out) = (0_usize, 0);
    for found in Dir::read_from(folder.folder(path)?)? {
        let found = found?;
        let name = found.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        bytes = bytes.saturating_add(name.len());
        if bytes > limit {
            return Err(Failure(FileError::TooLarge));
        }
        let Ok(name) = str::from_utf8(name) else {
            left_out += 1;
            continue;
        };
        let kind = kind(folder, path, name, found.file_type());
        entries.push(DirEntry { name: name.to_owned(), kind });
    }
    entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok((entries, left_out))
}

/// The kind of an entry. `reported` is what the folder itself says.
fn kind(folder: &SandboxedDir, path: &str, name: &str, reported: FileType) -> Kind {
    let kind = match reported {
        FileType::Symlink | FileType::Unknown => {
            let slash = if path.is_empty() { "" } else { "/" };
            folder.kind(&format!("{path}{slash}{name}")).unwrap_or(FileType::Unknown)
        }
        reported => reported,
    };
    match kind {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        _ => Kind::Other,
    }
}
