//! All files of a script as one sequence of bytes: what the script's hash is of, and what the copy in the
//! data folder has.
//!
//! It begins with [`MAGIC`] and the hash of the engine. Then, for each file, it has the number of bytes of its
//! path and of its content, each as four bytes with the lowest first, and then path and content. The main
//! file is the first one.

use super::{MAX_FILES, ScriptError, Sources};
use crate::actor::ModuleHash;

/// How an archive begins. A script's file never begins with a NUL, and a module begins with another word.
const MAGIC: &[u8] = b"\0footlight script 1\n";
/// The bytes before each file.
const HEAD: usize = 8;
/// The bytes of an archive without its files.
pub(super) const OVERHEAD: usize = MAGIC.len() + size_of::<ModuleHash>();

/// The bytes that a file takes in an archive.
pub(super) fn size(path: &str, content: &[u8]) -> usize {
    HEAD.saturating_add(path.len()).saturating_add(content.len())
}

/// The files of a script, for the engine with this hash. Each has less than 4 GiB.
pub(crate) fn pack(sources: &Sources, engine: &ModuleHash) -> Vec<u8> {
    let mut archive = [MAGIC, engine].concat();
    for (path, content) in &sources.files {
        for len in [path.len(), content.len()] {
            archive.extend(u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
        }
        archive.extend_from_slice(path.as_bytes());
        archive.extend_from_slice(content);
    }
    archive
}

/// Whether a file is an archive.
pub(crate) fn is_archive(file: &[u8]) -> bool {
    file.starts_with(MAGIC)
}

/// The files in an archive.
///
/// # Errors
/// [`ScriptError::Archive`] if it is damaged or for another engine than `engine`.
pub(crate) fn unpack(archive: &[u8], engine: &ModuleHash) -> Result<Sources, ScriptError> {
    let rest = archive.strip_prefix(MAGIC).ok_or(ScriptError::Archive("is no archive"))?;
    let other = ScriptError::Archive("is for another version of the engine");
    let mut rest = rest.strip_prefix(&engine[..]).ok_or(other)?;
    let mut files = Vec::new();
    while !rest.is_empty() {
        let (path, content, next) = file(rest).ok_or(ScriptError::Archive("is damaged"))?;
        if files.len() == MAX_FILES {
            return Err(ScriptError::TooMany);
        }
        files.push((path.to_owned(), content.to_vec()));
        rest = next;
    }
    if files.is_empty() {
        return Err(ScriptError::Archive("has no file"));
    }
    Ok(Sources { files })
}

/// The path and the content of the next file, and what follows.
fn file(archive: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (path, rest) = archive.split_first_chunk()?;
    let (content, rest) = rest.split_first_chunk()?;
    let len = |bytes: &[u8; 4]| usize::try_from(u32::from_le_bytes(*bytes)).ok();
    let (path, rest) = rest.split_at_checked(len(path)?)?;
    let (content, rest) = rest.split_at_checked(len(content)?)?;
    Some((str::from_utf8(path).ok()?, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_gives_its_files_back_and_every_cut_one_is_refused_or_has_fewer() {
        let files = vec![("main.js".to_owned(), b"1".to_vec()), ("a.js".into(), Vec::new())];
        let sources = Sources { files };
        let engine = [7; 20];
        let archive = pack(&sources, &engine);
        let size = sources.files.iter().map(|(path, content)| size(path, content)).sum::<usize>();
        assert_eq!(archive.len(), OVERHEAD + size);
        assert!(is_archive(&archive));
        assert_eq!(unpack(&archive, &engine).unwrap().files, sources.files);
        for len in 0..archive.len() {
            let cut = unpack(&archive[..len], &engine);
            assert!(cut.is_err() || cut.unwrap().files == sources.files[..1], "{len}");
        }
        let text = unpack(&archive, &[8; 20]).unwrap_err().to_string();
        assert!(text.contains("another version of the engine"), "{text}");
    }

    #[test]
    fn an_archive_has_at_most_as_many_files_as_a_script() {
        let of = |count: usize| {
            let files = (0..count).map(|number| (number.to_string(), Vec::new())).collect();
            unpack(&pack(&Sources { files }, &[0; 20]), &[0; 20])
        };
        assert_eq!(of(MAX_FILES).unwrap().files.len(), MAX_FILES);
        assert!(matches!(of(MAX_FILES + 1), Err(ScriptError::TooMany)));
    }
}
