//! Reads regular files that the operator names, up to a maximum size.
//!
//! A wrong name must not block the start. A pipe would wait for its other end, and a device may
//! have no end or do something when it is opened.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use rustix::{
    fs::{FileType, Mode, OFlags, fstat, open, stat},
    io::Errno,
};

use crate::convert::to_u64;

/// The flags to open a file. Opening must not wait.
const FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NOCTTY).union(OFlags::NONBLOCK);

/// How every WebAssembly file begins: a module as well as a component.
pub(crate) const WASM: &[u8; 4] = b"\0asm";

/// Why a file was not read.
#[derive(Debug)]
pub enum Unread {
    /// It can't be read, or is not a regular file.
    Io(io::Error),
    /// It is too large. Its size in bytes, as far as it is known.
    TooLarge(u64),
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// See [`Unread`].
pub(crate) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Unread> {
    content(self::file(path).map_err(Unread::Io)?, limit)
}

/// Reads an open file of at most `limit` bytes.
///
/// # Errors
/// See [`Unread`].
pub(crate) fn content(mut file: File, limit: usize) -> Result<Vec<u8>, Unread> {
    let size = file.metadata().map_err(Unread::Io)?.len();
    if size > to_u64(limit) {
        return Err(Unread::TooLarge(size));
    }
    // The size may be wrong: kernel files report 0, and a file may grow.
    read_all(&mut file, limit)
}

/// Reads a text of at most `limit` bytes, such as a file of the kernel. `None` if there is none.
pub(crate) fn text(path: &Path, limit: usize) -> Option<String> {
    String::from_utf8(read(path, limit).ok()?).ok()
}

/// The name of a file that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Reads a regular file, or standard input if its name is `-`, of at most `limit` bytes.
///
/// # Errors
/// See [`Unread`].
pub(crate) fn read_input(path: &Path, limit: usize) -> Result<Vec<u8>, Unread> {
    if path.as_os_str() != STANDARD_INPUT {
        return read(path, limit);
    }
    read_all(&mut io::stdin().lock(), limit)
}

/// Reads to the end, at most `limit` bytes.
fn read_all(from: &mut dyn io::Read, limit: usize) -> Result<Vec<u8>, Unread> {
    let most = to_u64(limit);
    let mut content = Vec::new();
    from.take(most.saturating_add(1)).read_to_end(&mut content).map_err(Unread::Io)?;
    match u64::try_from(content.len()) {
        Ok(read) if read <= most => Ok(content),
        read => Err(Unread::TooLarge(read.unwrap_or(u64::MAX))),
    }
}

/// Whether a regular file is WebAssembly by its first bytes, whatever its name is. A file that
/// can't be read is not.
pub(crate) fn is_wasm(path: &Path) -> bool {
    let mut start = [0; WASM.len()];
    file(path).and_then(|mut file| file.read_exact(&mut start)).is_ok_and(|()| start == *WASM)
}

/// Opens a regular file for reading.
fn file(path: &Path) -> io::Result<File> {
    check(FileType::from_raw_mode(stat(path)?.st_mode))?;
    let file = open(path, FLAGS, Mode::empty())?;
    // Checked again, because another file may have replaced it.
    check(FileType::from_raw_mode(fstat(&file)?.st_mode))?;
    Ok(file.into())
}

/// Whether it is a regular file.
fn check(kind: FileType) -> io::Result<()> {
    match kind {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(Errno::ISDIR.into()),
        _ => Err(io::Error::other("it is a pipe, a device or a socket, and no regular file")),
    }
}

impl std::error::Error for Unread {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::TooLarge(_) => None,
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::TooLarge(size) => write!(f, "it is too large, {size} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_regular_file_is_read_up_to_the_limit_and_nothing_else_blocks() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "content").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), Mode::from_raw_mode(0o600)).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for name in ["file", "link"] {
            assert_eq!(read(&at(name), 7).unwrap(), b"content");
            assert!(matches!(read(&at(name), 6), Err(Unread::TooLarge(7))));
        }
        let why = |path: &Path| read(path, 100).unwrap_err().to_string();
        assert_eq!(why(folder.path()), "Is a directory (os error 21)");
        assert_eq!(why(&at("missing")), "No such file or directory (os error 2)");
        for path in [at("pipe"), at("socket"), "/dev/zero".into()] {
            assert!(!is_wasm(&path));
            assert!(why(&path).contains("no regular file"), "{}", path.display());
        }
        // The kernel reports the size 0.
        assert!(matches!(read(Path::new("/proc/self/status"), 5), Err(Unread::TooLarge(6))));
    }

    #[test]
    fn a_webassembly_file_is_known_by_its_first_four_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.toml");
        assert!(!is_wasm(&file));
        for (content, is) in
            [("\0asm\u{1}", true), ("\0asm", true), ("\0as", false), ("asm = 1", false)]
        {
            fs::write(&file, content).unwrap();
            assert_eq!(is_wasm(&file), is, "{content:?}");
        }
    }
}
