//! What files are like, to notice a change: their times, sizes and inodes.

use std::{
    fs::{self, Metadata},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The most files that are looked at. A wrong path, such as `/`, must not keep the disk busy.
const MAX_FILES: usize = 4096;
/// The deepest folder in a folder.
const MAX_DEPTH: usize = 16;

/// What some files were like at a moment. A file that is missing does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// How many there are.
    files: usize,
    /// The sum of their hashes, since the system names them in any order.
    sum: u64,
}

impl Snapshot {
    /// Looks at these files, and at all files in these folders. Links in folders are not followed.
    /// Hidden files and folders called `target` are left out.
    pub(super) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut snapshot = Self::default();
        for path in paths {
            if let Ok(metadata) = fs::metadata(&path) {
                snapshot.add(&path, &metadata, 0);
            }
        }
        snapshot
    }

    /// Adds a file, or all files in a folder.
    fn add(&mut self, path: &Path, metadata: &Metadata, depth: usize) {
        if self.files >= MAX_FILES {
            return;
        }
        if !metadata.is_dir() {
            let mut hasher = DefaultHasher::new();
            let at = [metadata.mtime(), metadata.mtime_nsec()];
            let is = [metadata.dev(), metadata.ino(), metadata.size()];
            (path.as_os_str(), is, at).hash(&mut hasher);
            self.files += 1;
            self.sum = self.sum.wrapping_add(hasher.finish());
            return;
        }
        if depth == MAX_DEPTH {
            return;
        }
        for entry in path.read_dir().into_iter().flatten().flatten() {
            let path = entry.path();
            // This does not follow links.
            if let Some(metadata) = entry.metadata().ok().filter(|_| !is_left_out(&path)) {
                self.add(&path, &metadata, depth + 1);
            }
        }
    }
}

/// Whether a file in a folder is nobody's source.
fn is_left_out(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.as_encoded_bytes()).unwrap_or_default();
    name.starts_with(b".") || name == b"target"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_written_replaced_added_or_removed_is_a_change() {
        let outer = tempfile::tempdir().unwrap();
        let path = |name: &str| outer.path().join(name);
        fs::create_dir(path("inner")).unwrap();
        fs::write(path("inner/file"), "1").unwrap();
        let look = || Snapshot::of([outer.path().to_owned(), path("missing")]);
        let mut last = look();
        assert_eq!(last, look());
        let mut changed = |what: &str| {
            let now = look();
            assert_ne!(now, last, "{what}");
            last = now;
        };
        fs::write(path("inner/file"), "22").unwrap();
        changed("another size");
        fs::write(path("new"), "33").unwrap();
        changed("a new file");
        fs::rename(path("new"), path("inner/file")).unwrap();
        changed("another file in its place");
        fs::remove_file(path("inner/file")).unwrap();
        changed("no file");
    }

    #[test]
    fn hidden_files_links_and_what_a_build_makes_are_left_out_and_the_rest_is_bounded() {
        let outer = tempfile::tempdir().unwrap();
        let path = |name: &str| outer.path().join(name);
        fs::create_dir(path("target")).unwrap();
        for name in ["target/x", ".hidden", "file"] {
            fs::write(path(name), "").unwrap();
        }
        std::os::unix::fs::symlink("/", path("root")).unwrap();
        // The link itself is looked at, and nothing behind it.
        assert_eq!(Snapshot::of([outer.path().to_owned()]).files, 2);
        fs::create_dir(path("many")).unwrap();
        for number in 0..=MAX_FILES {
            fs::write(path(&format!("many/{number}")), "").unwrap();
        }
        assert_eq!(Snapshot::of([path("many")]).files, MAX_FILES);
    }
}
