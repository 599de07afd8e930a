//! Tests of ordinary operations, in real folders.

use crate::logger::ActorLog;
use std::{
    fs,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::{Path, PathBuf},
};

use rustix::fs::{CWD, Mode, mkfifoat};
use smol::block_on;
use tempfile::TempDir;

use wit_core::host::{FileError, Kind};

use super::*;
use crate::files::config::SharedFolder;
use crate::limits::Limits;

/// A folder of an actor, and what surrounds it.
pub(super) struct Stage {
    /// Contains the folder, and files that must not be reachable.
    outer: TempDir,
    pub(super) files: Files,
    stats: Arc<Stats>,
}

impl Stage {
    /// A writable folder, with `limit` bytes for each operation.
    pub(super) fn new(limit: usize) -> Self {
        let outer = tempfile::tempdir().unwrap();
        fs::create_dir(outer.path().join("root")).unwrap();
        let shared = shared(outer.path().join("root"), true, None);
        let stats = Arc::new(Stats::default());
        let files = files(&[shared], limit, &stats);
        Self { outer, files, stats }
    }

    /// Puts files of a script above those on the disk.
    pub(super) fn below(&mut self, overlay: Arc<Overlay>) {
        self.files.overlay = Some(overlay);
    }

    /// A path outside the folder.
    pub(super) fn outside(&self, path: &str) -> PathBuf {
        self.outer.path().join(path)
    }

    /// A path inside the folder.
    pub(super) fn inside(&self, path: &str) -> PathBuf {
        self.outer.path().join("root").join(path)
    }

    /// Creates a file inside, and its folders.
    pub(super) fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.inside(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes a file as an actor does: check first, then write.
    pub(super) fn write(&self, path: &str, content: &str) -> Result<(), Failure> {
        block_on(async {
            self.check(path, content.len())?;
            self.files.write(path.into(), content.into()).await
        })
    }

    /// Checks whether a file could be written, as an actor does.
    pub(super) fn check(&self, path: &str, len: usize) -> Result<(), Failure> {
        check(&self.files, path, len)
    }

    /// Reads a file as an actor does.
    pub(super) fn read(&self, path: &str) -> Result<String, Failure> {
        let content = block_on(self.files.read(path, &Pending::default()))?;
        Ok(String::from_utf8(content).unwrap())
    }

    /// Lists a folder as an actor does. `/` marks a folder and `?` what is neither.
    pub(super) fn list(&self, path: &str) -> Result<Vec<String>, Failure> {
        let sign = |entry: DirEntry| match entry.kind {
            Kind::File => entry.name,
            Kind::Folder => entry.name + "/",
            Kind::Other => entry.name + "?",
        };
        Ok(block_on(self.files.list(path, &Pending::default()))?.into_iter().map(sign).collect())
    }

    /// The names of everything inside, on disk.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.inside("")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A folder as the manifest describes it.
pub(super) fn shared(path: impl Into<PathBuf>, writable: bool, name: Option<&str>) -> SharedFolder {
    SharedFolder { path: path.into(), writable, name: name.map(Into::into) }
}

/// Checks whether a file could be written.
pub(super) fn check(files: &Files, path: &str, len: usize) -> Result<(), Failure> {
    let what = What::Write(vec![b'x'; len].into());
    block_on(files.change(Change { path: path.into(), what }, &mut Pending::default()))
}

/// The files of an actor with these folders.
pub(super) fn files(folders: &[SharedFolder], limit: usize, stats: &Arc<Stats>) -> Files {
    let folders = Folders::open(folders).unwrap();
    let limits = Limits { file_access: limit, ..Limits::default() };
    let lines = Arc::new(ActorLog::new("test".into(), &limits, stats.clone()));
    Files::new("test", folders, &limits, stats.clone(), lines)
}

/// The permission bits of a file's mode.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_file_is_read_up_to_the_limit_and_not_one_byte_past_it() {
    let stage = Stage::new(10_000);
    for (path, size) in [("empty", 0), ("a/b/.small", 5), ("full", 10_000)] {
        let content = "x".repeat(size);
        stage.put(path, &content);
        assert_eq!(stage.read(path), Ok(content));
    }
    stage.put("past", "x".repeat(10_001));
    assert_eq!(stage.read("past"), Err(Failure(FileError::TooLarge)));
}

#[test]
fn a_folder_is_listed_by_name_with_what_its_entries_are() {
    let stage = Stage::new(1000);
    for file in ["b", "a", ".hidden", "Z", "é", "folder/inner"] {
        stage.put(file, "");
    }
    fs::write(stage.outside("secret"), "").unwrap();
    let links = [
        ("link-file", "a"),
        ("link-folder", "folder"),
        ("link-link", "link-file"),
        ("link-nowhere", "missing"),
        ("link-out", "../secret"),
        ("link-self", "link-self"),
    ];
    for (name, to) in links {
        symlink(to, stage.inside(name)).unwrap();
    }
    let _socket = UnixListener::bind(stage.inside("socket")).unwrap();
    mkfifoat(CWD, stage.inside("pipe"), Mode::RUSR).unwrap();
    let bad = std::ffi::OsStr::from_bytes(b"not-utf8-\xff");
    fs::write(stage.inside("").join(bad), "").unwrap();
    let expected = [
        ".hidden",
        "Z",
        "a",
        "b",
        "folder/",
        "link-file",
        "link-folder/",
        "link-link",
        "link-nowhere?",
        "link-out?",
        "link-self?",
        "pipe?",
        "socket?",
        "é",
    ];
    assert_eq!(stage.list("").unwrap(), expected);
    assert_eq!(stage.list("folder").unwrap(), ["inner"]);
    assert_eq!(stage.list("link-folder").unwrap(), ["inner"]);
    assert_eq!(stage.list("a"), Err(Failure(FileError::WrongKind)));
    assert_eq!(stage.list("missing"), Err(Failure(FileError::NotFound)));
}

#[test]
fn a_listings_names_may_have_as_many_bytes_as_the_limit_and_not_one_more() {
    let stage = Stage::new(12);
    stage.put("folder", "");
    fs::remove_file(stage.inside("folder")).unwrap();
    for name in ["éé", "1234", "5678"] {
        stage.put(name, "");
    }
    assert_eq!(stage.list("").unwrap().len(), 3);
    stage.put("9", "");
    assert_eq!(stage.list(""), Err(Failure(FileError::TooLarge)));
}

#[test]
fn a_file_is_made_or_replaced_and_nothing_else_remains() {
    let stage = Stage::new(1000);
    for content in ["one", "", "three"] {
        assert_eq!(stage.write("file", content), Ok(()));
        assert_eq!(stage.read("file").as_deref(), Ok(content));
    }
    assert_eq!(mode(&stage.inside("file")) | 0o644, 0o644, "others may not write it");
    // Left by a power failure, or put there by somebody who wants it to be written to.
    fs::write(stage.outside("secret"), "secret").unwrap();
    symlink("../secret", stage.inside(".test.footlight")).unwrap();
    assert_eq!(stage.write("file", "four"), Ok(()));
    assert_eq!(stage.names(), ["file"]);
    assert_eq!(fs::read_to_string(stage.outside("secret")).unwrap(), "secret");
    // A link to nothing is a free name.
    symlink("missing", stage.inside("link")).unwrap();
    assert_eq!(stage.write("link", "five"), Ok(()));
    assert_eq!(stage.names(), ["file", "link"]);
}

#[test]
fn replacing_a_file_changes_only_its_content() {
    let stage = Stage::new(1000);
    stage.put("file", "old");
    let number = |path: &str| fs::metadata(stage.inside(path)).unwrap().ino();
    fs::set_permissions(stage.inside("file"), fs::Permissions::from_mode(0o4640)).unwrap();
    let before = number("file");
    assert_eq!(stage.write("file", "new"), Ok(()));
    assert_ne!(number("file"), before, "it is another file, whole at every moment");
    assert_eq!(mode(&stage.inside("file")), 0o4640);
    // The other kinds are written in place.
    let before = number("file");
    symlink("file", stage.inside("link")).unwrap();
    assert_eq!(stage.write("link", "by the link"), Ok(()));
    assert!(fs::symlink_metadata(stage.inside("link")).unwrap().is_symlink());
    assert_eq!((stage.read("file").as_deref(), number("file")), (Ok("by the link"), before));
    fs::hard_link(stage.inside("file"), stage.inside("other")).unwrap();
    assert_eq!(stage.write("other", "by the other name"), Ok(()));
    assert_eq!((stage.read("file").as_deref(), number("file")), (Ok("by the other name"), before));
    fs::remove_file(stage.inside("other")).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(stage.inside("file"), Some(1), Some(1)).unwrap();
        assert_eq!(stage.write("file", "of somebody else"), Ok(()));
        assert_eq!(fs::metadata(stage.inside("file")).unwrap().uid(), 1);
        assert_eq!(stage.read("file").as_deref(), Ok("of somebody else"));
    }
    assert_eq!(stage.names(), ["file", "link"]);
}

#[test]
fn foreseeable_failures_are_reported_before_the_write_and_nothing_is_touched() {
    let stage = Stage::new(10);
    stage.put("folder/file", "content");
    let check = |path: &str, len| stage.check(path, len);
    for path in ["folder/file", "folder/new", "new"] {
        assert_eq!(check(path, 10), Ok(()), "{path}");
        assert_eq!(check(path, 11), Err(Failure(FileError::TooLarge)), "{path}");
        let past = stage.files.write(path.into(), vec![b'x'; 11]);
        assert_eq!(block_on(past), Err(Failure(FileError::TooLarge)));
    }
    for (path, expected) in [
        ("", Failure(FileError::WrongKind)),
        ("folder", Failure(FileError::WrongKind)),
        ("folder/file/new", Failure(FileError::WrongKind)),
        ("missing/new", Failure(FileError::NotFound)),
    ] {
        assert_eq!(check(path, 1), Err(expected.clone()), "{path}");
        let written = stage.files.write(path.into(), b"x".to_vec());
        assert_eq!(block_on(written), Err(expected), "{path}");
    }
    assert_eq!(stage.names(), ["folder"]);
    assert_eq!(stage.read("folder/file").as_deref(), Ok("content"));
    assert_eq!(stage.write("folder/new", "0123456789"), Ok(()));
}

#[test]
fn kernel_files_are_read_and_written_in_place() {
    let stats = Arc::default();
    let proc = files(&[shared("/proc/self", true, None)], 100, &stats);
    let read = |path| {
        block_on(proc.read(path, &Pending::default()))
            .map(|bytes| String::from_utf8(bytes).unwrap())
    };
    // The kernel reports the size 0.
    assert!(read("comm").unwrap().ends_with('\n'));
    assert_eq!(read("status"), Err(Failure(FileError::TooLarge)));
    assert_eq!(read("exe"), Err(Failure(FileError::NotFound)));
    assert_eq!(read("root/etc/passwd"), Err(Failure(FileError::NotFound)));
    assert_eq!(read("cwd/Cargo.toml"), Err(Failure(FileError::NotFound)));
    let before = read("coredump_filter").unwrap();
    for value in ["0x7f", "0x33"] {
        assert_eq!(block_on(proc.write("coredump_filter".into(), value.into())), Ok(()));
        let now = read("coredump_filter").unwrap();
        assert_eq!(now, format!("000000{}\n", value.trim_start_matches("0x")));
    }
    let back = format!("0x{}", before.trim());
    assert_eq!(block_on(proc.write("coredump_filter".into(), back.into())), Ok(()));
    assert_eq!(read("coredump_filter").unwrap(), before);
    // The kernel reports the size 4096, which exceeds the limit.
    let sys = files(&[shared("/sys/kernel", true, None)], 100, &stats);
    let number =
        String::from_utf8(block_on(sys.read("uevent_seqnum", &Pending::default())).unwrap())
            .unwrap();
    assert!(number.trim().parse::<u64>().is_ok(), "{number}");
    // Read-only, even for root.
    let written = sys.write("uevent_seqnum".into(), b"1".to_vec());
    assert_eq!(block_on(written), Err(Failure(FileError::Denied)));
    assert_eq!(check(&sys, "uevent_seqnum", 1), Err(Failure(FileError::Denied)));
}

#[test]
fn a_device_is_not_even_opened() {
    let stats = Arc::default();
    let dev = files(&[shared("/dev", true, None)], 100, &stats);
    assert!(fs::metadata("/dev/zero").unwrap().file_type().is_char_device());
    assert_eq!(block_on(dev.read("zero", &Pending::default())), Err(Failure(FileError::WrongKind)));
    assert_eq!(check(&dev, "null", 1), Err(Failure(FileError::WrongKind)));
    assert_eq!(
        block_on(dev.write("null".into(), b"x".to_vec())),
        Err(Failure(FileError::WrongKind))
    );
}

#[test]
fn reads_writes_and_failures_are_counted() {
    let stage = Stage::new(100);
    let counts = || {
        let Stats { file_reads, file_writes, file_failures, .. } = &*stage.stats;
        [file_reads.get(), file_writes.get(), file_failures.get()]
    };
    assert_eq!(stage.write("file", "x"), Ok(()));
    assert_eq!(counts(), [0, 1, 0]);
    stage.read("file").unwrap();
    stage.list("").unwrap();
    assert_eq!(counts(), [2, 1, 0]);
    stage.read("missing").unwrap_err();
    stage.list("missing").unwrap_err();
    stage.write("missing/file", "x").unwrap_err();
    assert_eq!(counts(), [2, 1, 3]);
}

#[test]
fn while_an_operation_hangs_all_others_time_out_and_are_counted() {
    let stage = Stage::new(100);
    stage.put("file", "content");
    let (end, wait) = std::sync::mpsc::channel::<()>();
    let mut stuck = Box::pin(stage.files.blocking.run(move || wait.recv()));
    block_on(smol::future::poll_once(&mut stuck));
    assert_eq!(stage.read("file"), Err(Failure(FileError::TimedOut)));
    assert_eq!(stage.list(""), Err(Failure(FileError::TimedOut)));
    assert_eq!(stage.write("file", "new"), Err(Failure(FileError::TimedOut)));
    assert_eq!(stage.stats.file_failures.get(), 3);
    end.send(()).unwrap();
    assert_eq!(block_on(stuck), Ok(Ok(())));
    assert_eq!(stage.read("file").as_deref(), Ok("content"));
}
