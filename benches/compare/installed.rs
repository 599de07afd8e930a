//! The size of everything that must be on a device.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::NamedTempFile;

use super::{common::Result, servers::Contestant, workload::Workload};

/// Libraries that every system has: the C library and those of the compiler.
const SYSTEM: [&str; 7] = ["ld-", "libc.", "libm.", "libgcc_s", "libdl.", "libpthread.", "librt."];

/// Folders of Python's library that a server does not need, and other packages.
const UNUSED: [&str; 9] = [
    "__pycache__",
    "dist-packages",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "site-packages",
    "test",
    "tests",
    "turtledemo",
];

/// The bytes that are needed to run the chat room: the program, its libraries, and the contestant's
/// other parts.
pub(crate) fn measure(contestant: &Contestant) -> Result<f64> {
    let mut mapped = contestant.start(Workload::Chat, 1)?.watch().mapped()?;
    mapped.retain(|file| is_part(file));
    let mut files = BTreeSet::new();
    for part in &contestant.parts {
        walk(part, &mut files)?;
    }
    let mut sum = 0;
    for file in files.difference(&mapped) {
        sum += fs::metadata(file)?.len();
    }
    for file in mapped {
        sum += without_debugging(&file)?;
    }
    Ok(sum as f64)
}

/// The size of a program or library without debugging data, which some builds have.
fn without_debugging(file: &Path) -> Result<u64> {
    let stripped = NamedTempFile::new()?;
    let mut strip = Command::new("strip");
    strip.arg("--strip-debug").arg("-o").arg(stripped.path()).arg(file);
    let done = strip.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    Ok(fs::metadata(if done { stripped.path() } else { file })?.len())
}

/// Whether a mapped file belongs to the program and not to the system.
fn is_part(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let whole = file.to_string_lossy();
    !SYSTEM.iter().any(|system| name.starts_with(system))
        && !whole.contains("/locale/")
        && !whole.contains("/gconv/")
}

/// Adds a file, or the files of a folder that a server needs.
fn walk(path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    let path = fs::canonicalize(path)?;
    if path.is_file() {
        files.insert(path);
        return Ok(());
    }
    for entry in fs::read_dir(&path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Python programs may be linked with this.
        let unused = UNUSED.contains(&name.as_str()) || name.starts_with("config-");
        if !unused && (entry.path().is_dir() || entry.path().is_file()) {
            walk(&entry.path(), files)?;
        }
    }
    Ok(())
}
