//! Finds the process that has a file locked.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use rustix::fs::{major, minor};

use crate::regular;

/// The most bytes of the kernel's list of locks that are read.
const MAX_LIST: usize = 1 << 20;
/// The most bytes of a process's name.
const MAX_NAME: usize = 64;

/// The process that has a lock on this file, such as `process 123 (footlight)`. `None` if the kernel
/// does not tell, as for a process outside of this container.
pub(super) fn of(file: &Path) -> Option<String> {
    let data = fs::metadata(file).ok()?;
    #[allow(clippy::useless_conversion, reason = "the type is signed on macOS")]
    let device = data.dev().try_into().ok()?;
    let id = format!("{:02x}:{:02x}:{}", major(device), minor(device), data.ino());
    let locks = regular::text("/proc/locks".as_ref(), MAX_LIST)?;
    let pid = find(&locks, &id)?;
    Some(match regular::text(format!("/proc/{pid}/comm").as_ref(), MAX_NAME) {
        Some(name) => format!("process {pid} ({})", name.trim_end().escape_debug()),
        None => format!("process {pid}"),
    })
}

/// Finds a file's lock in the text of `/proc/locks`. See `proc_locks(5)`.
fn find(locks: &str, id: &str) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        // `->` marks one who waits for the lock.
        (words.next()? == "FLOCK").then_some(())?;
        let pid = words.nth(2)?;
        (words.next()? == id).then(|| pid.parse().ok().filter(|pid| *pid > 0))?
    })
}

#[cfg(test)]
mod tests {
    use rustix::fs::{FlockOperation, flock};

    use super::*;

    #[test]
    fn the_holder_is_the_process_with_the_lock_and_none_that_waits_for_it() {
        let locks = "1: POSIX  ADVISORY  WRITE 11 08:01:55 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 12 08:01:55 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 13 08:01:66 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 0 08:01:77 0 EOF\n\
                     4: FLOCK\n\n";
        assert_eq!(find(locks, "08:01:55"), Some(12));
        assert_eq!(find(locks, "08:01:66"), None);
        assert_eq!(find(locks, "08:01:77"), None, "it is in another container");
        assert_eq!(find(locks, "08:02:55"), None);
    }

    #[test]
    fn nobody_holds_a_file_without_a_lock() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(of(file.path()), None);
        flock(&file, FlockOperation::LockExclusive).unwrap();
        // Some file systems have another device number there.
        let pid = std::process::id();
        assert!(of(file.path()).is_none_or(|text| text.starts_with(&format!("process {pid} ("))));
    }
}
