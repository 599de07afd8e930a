//! The manifests that a path of the command line stands for.

use std::path::{Path, PathBuf};

use super::{FILE_NAME, Manifest};

/// The most files that an error lists.
const FILES: usize = 3;

/// The manifests that the paths stand for. A folder without a manifest of its own stands for those of
/// the folders in it, in the order of their names. Every other path stands for itself.
pub fn expand(paths: &[PathBuf]) -> Vec<PathBuf> {
    let expand = |path: &PathBuf| {
        let inside = inside(path);
        if inside.is_empty() { vec![path.clone()] } else { inside }
    };
    paths.iter().flat_map(expand).collect()
}

/// The folders with a manifest in a folder that has none of its own.
fn inside(path: &Path) -> Vec<PathBuf> {
    let has_manifest = |folder: &Path| folder.join(FILE_NAME).is_file();
    if !path.is_dir() || path.join(FILE_NAME).exists() {
        return Vec::new();
    }
    // What can't be read is reported when it is opened as a manifest.
    let entries = path.read_dir().into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in entries.map(|entry| entry.path()).filter(|folder| has_manifest(folder)) {
        // `sort` would add 8 KB of code.
        let at = folders.partition_point(|other| *other < folder);
        folders.insert(at, folder);
    }
    folders
}

/// Files in a folder that run, which who names the folder may have meant: manifests of other names, or else
/// modules and scripts.
pub(super) fn running(folder: &Path) -> Vec<PathBuf> {
    let is_manifest = |file: &Path| {
        file.extension().is_some_and(|end| end == "toml") && !file.ends_with("Cargo.toml")
    };
    let files = |runs: &dyn Fn(&Path) -> bool| -> Vec<PathBuf> {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        let files = entries.map(|entry| entry.path()).filter(|path| path.is_file());
        files.filter(|file| runs(file)).take(FILES).collect()
    };
    let manifests = files(&is_manifest);
    if manifests.is_empty() { files(&Manifest::is_module) } else { manifests }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_without_a_manifest_stands_for_the_folders_that_have_one() {
        let outer = tempfile::tempdir().unwrap();
        let path = |name: &str| outer.path().join(name);
        assert_eq!(expand(&[path("missing"), outer.path().into()]), [path("missing"), path("")]);
        for folder in ["b", "a", "none"] {
            fs::create_dir(path(folder)).unwrap();
        }
        fs::write(path("b/manifest.toml"), "").unwrap();
        fs::write(path("a/manifest.toml"), "").unwrap();
        assert_eq!(expand(&[outer.path().into()]), [path("a"), path("b")]);
        assert_eq!(expand(&[path("b")]), [path("b")]);
        fs::write(path("manifest.toml"), "").unwrap();
        assert_eq!(expand(&[outer.path().into()]), [path("")]);
    }
}
