//! What files are like, to notice a change: their times, sizes and inodes.

use std::{
    collections::BTreeMap,
    fs::{self, Metadata},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The most files that are looked at. A wrong path, such as `/`, must not keep the disk busy.
const MAX_FILES: usize = 4096;
/// The deepest folder in a folder.
const MAX_DEPTH: usize = 16;

/// What a file is like: its device, its inode, its size, its time in seconds and nanoseconds.
type Look = (u64, u64, u64, i64, i64);

/// What some files were like at a moment. A file that is missing has no entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Snapshot(BTreeMap<PathBuf, Look>);

impl Snapshot {
    /// Looks at these files, and at all files in these folders. Links in folders are not followed.
    /// Hidden files and folders called `target` are left out.
    pub(super) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut files = BTreeMap::new();
        for path in paths {
            if let Ok(metadata) = fs::metadata(&path) {
                add(path, &metadata, 0, &mut files);
            }
        }
        Self(files)
    }
}

/// Adds a file, or all files in a folder.
fn add(path: PathBuf, metadata: &Metadata, depth: usize, files: &mut BTreeMap<PathBuf, Look>) {
    if files.len() >= MAX_FILES {
        return;
    }
    if !metadata.is_dir() {
        let at = (metadata.mtime(), metadata.mtime_nsec());
        files.insert(path, (metadata.dev(), metadata.ino(), metadata.size(), at.0, at.1));
        return;
    }
    if depth == MAX_DEPTH {
        return;
    }
    for entry in path.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        // This does not follow links.
        if let Some(metadata) = entry.metadata().ok().filter(|_| !is_left_out(&path)) {
            add(path, &metadata, depth + 1, files);
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
        let Snapshot(files) = Snapshot::of([outer.path().to_owned()]);
        // The link itself is looked at, and nothing behind it.
        assert_eq!(files.keys().cloned().collect::<Vec<_>>(), [path("file"), path("root")]);
        fs::create_dir(path("many")).unwrap();
        for number in 0..=MAX_FILES {
            fs::write(path(&format!("many/{number}")), "").unwrap();
        }
        assert_eq!(Snapshot::of([path("many")]).0.len(), MAX_FILES);
    }
}
