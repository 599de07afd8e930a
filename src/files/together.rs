//! Tests of several files that one call writes.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use smol::block_on;
use tempfile::TempDir;

use super::{
    commit::{self, Progress},
    tests::{Stage, files, shared},
    writing::Target,
    *,
};
use crate::files::config::SharedFolder;

/// A folder of ordinary files, `data`, and one of kernel files, `proc`. This process's
/// `proc/oom_score_adj` rejects most numbers with `EINVAL`, as files under `/sys` do.
pub(super) struct Both {
    outer: TempDir,
}

impl Both {
    pub(super) fn new() -> Self {
        Self { outer: tempfile::tempdir().unwrap() }
    }

    /// A path in the folder of ordinary files.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.outer.path().join(path)
    }

    /// Both folders.
    pub(super) fn shared(&self) -> [SharedFolder; 2] {
        let proc = shared("/proc/self", true, Some("proc"));
        [shared(self.outer.path(), true, Some("data")), proc]
    }

    /// Writes these files. Returns the first that failed, and those that were written.
    fn commit(&self, writes: &[(&str, &str)]) -> (Result<(), Failed>, Vec<String>) {
        let folders = Folders::open(&self.shared()).unwrap();
        let progress = Progress::default();
        let done = commit::commit(&folders, &list(writes), 100, ".new", &progress, || Ok(()));
        let (doing, path) = progress.at().unwrap_or_default();
        (done.map_err(|failure| Failed { doing, path, failure }), progress.take_done())
    }

    /// The names in the folder of ordinary files.
    pub(super) fn names(&self) -> Vec<String> {
        names(self.outer.path())
    }

    /// The content of an ordinary file.
    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }
}

/// The names in a folder.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A list of files to write.
pub(super) fn list(writes: &[(&str, &str)]) -> Vec<Change> {
    let write = |(path, content): &(&str, &str)| {
        let what = What::Write((*content).to_owned().into());
        Change { path: (*path).into(), what }
    };
    writes.iter().map(write).collect()
}

/// The same as the changes of a call.
fn pending(changes: Vec<Change>) -> Pending {
    Pending { changes, ..Pending::default() }
}

#[test]
fn all_files_of_a_call_are_written_and_nothing_else_remains() {
    let both = Both::new();
    fs::create_dir(both.at("folder")).unwrap();
    fs::write(both.at("b"), "old").unwrap();
    let writes = ["data/a", "data/b", "data/c", "data/folder/a", "data/folder/b"];
    let (done, written) = both.commit(&writes.map(|path| (path, path)));
    assert_eq!((done, written), (Ok(()), writes.map(String::from).to_vec()));
    assert_eq!(both.names(), ["a", "b", "c", "folder"]);
    assert_eq!(names(&both.at("folder")), ["a", "b"]);
    for path in writes {
        assert_eq!(both.read(path.strip_prefix("data/").unwrap()), path);
    }
}

#[test]
fn a_write_that_the_kernel_refuses_leaves_all_other_files_unchanged() {
    let both = Both::new();
    fs::write(both.at("old"), "old").unwrap();
    let before = fs::read_to_string("/proc/self/oom_score_adj").unwrap();
    let (done, written) = both.commit(&[
        ("data/old", "new"),
        ("data/new", "new"),
        ("proc/oom_score_adj", "never"),
        ("data/last", "new"),
    ]);
    let failed = done.unwrap_err();
    assert_eq!(failed.path, "proc/oom_score_adj");
    assert!(failed.to_string().contains("Invalid argument"), "{failed}");
    assert_eq!(written, [""; 0]);
    assert_eq!(both.names(), ["old"]);
    assert_eq!(both.read("old"), "old");
    assert_eq!(fs::read_to_string("/proc/self/oom_score_adj").unwrap(), before);
}

#[test]
fn files_written_in_place_before_a_failure_are_named() {
    let both = Both::new();
    fs::write(both.at("one"), "old").unwrap();
    fs::hard_link(both.at("one"), both.at("two")).unwrap();
    let (done, written) = both.commit(&[
        ("data/replaced", "new"),
        ("data/one", "in place"),
        ("proc/oom_score_adj", "never"),
        ("proc/oom_score_adj", "not tried"),
    ]);
    assert_eq!(done.unwrap_err().path, "proc/oom_score_adj");
    assert_eq!(written, ["data/one"]);
    assert_eq!(both.read("two"), "in place");
    assert_eq!(both.names(), ["one", "two"]);
}

#[test]
fn foreseeable_failures_come_before_anything_is_written_in_place() {
    let both = Both::new();
    fs::write(both.at("one"), "old").unwrap();
    fs::hard_link(both.at("one"), both.at("two")).unwrap();
    for (path, content) in [("data/missing/new", ""), ("data", ""), ("data/new", &*"x".repeat(101))]
    {
        let (done, written) = both.commit(&[("data/one", "new"), (path, content)]);
        assert_eq!((done.unwrap_err().path.as_str(), written.len()), (path, 0));
        assert_eq!((both.read("one").as_str(), both.names().len()), ("old", 2));
    }
}

#[test]
fn the_last_content_of_a_file_wins_under_whatever_name() {
    let both = Both::new();
    for path in ["file", "linked", "hard"] {
        fs::write(both.at(path), "old").unwrap();
    }
    symlink("linked", both.at("link")).unwrap();
    fs::hard_link(both.at("hard"), both.at("other")).unwrap();
    let (done, _) = both.commit(&[
        ("data/file", "1"),
        ("data/new", "1"),
        ("data/linked", "1"),
        ("data/hard", "1"),
        ("data/file", "2"),
        ("data/new", "2"),
        ("data/link", "2"),
        ("data/other", "2"),
        ("data/file", "3"),
    ]);
    assert_eq!(done, Ok(()));
    assert_eq!(both.names(), ["file", "hard", "link", "linked", "new", "other"]);
    let contents = both.names().iter().map(|path| both.read(path)).collect::<String>();
    assert_eq!(contents, "322222");
    // The other order: first in place, then replaced.
    let (done, _) = both.commit(&[("data/link", "4"), ("data/linked", "5")]);
    assert_eq!((done, both.read("link").as_str()), (Ok(()), "5"));
}

#[test]
fn a_file_that_has_become_a_folder_meanwhile_is_an_error_and_nothing_remains() {
    let both = Both::new();
    fs::write(both.at("file"), "old").unwrap();
    let folders = Folders::open(&both.shared()).unwrap();
    let in_use = folders.begin();
    let target = Target::find(&in_use, "data/file", "data/file", true).unwrap();
    let mut staged = target.stage(b"new", ".new", std::iter::empty()).unwrap().unwrap();
    assert_eq!(both.names(), [".new", "file"]);
    fs::remove_file(both.at("file")).unwrap();
    fs::create_dir(both.at("file")).unwrap();
    assert_eq!(target.replace(&mut staged, b"new"), Err(Failure(FileError::WrongKind)));
    drop(staged);
    assert_eq!(both.names(), ["file"]);
}

#[test]
fn a_folder_that_was_replaced_meanwhile_is_an_error_and_nothing_is_written_there() {
    let both = Both::new();
    fs::create_dir(both.at("folder")).unwrap();
    let folders = Folders::open(&both.shared()).unwrap();
    let in_use = folders.begin();
    let target = Target::find(&in_use, "data/folder/file", "data/folder/file", false).unwrap();
    let mut staged = target.stage(b"new", ".new", std::iter::empty()).unwrap().unwrap();
    fs::rename(both.at("folder"), both.at("moved")).unwrap();
    fs::create_dir(both.at("folder")).unwrap();
    fs::write(both.at("folder/.new"), "of somebody else").unwrap();
    let moved = Failure(FileError::Other("its folder was moved meanwhile".into()));
    assert_eq!(target.replace(&mut staged, b"new"), Err(moved));
    drop(staged);
    assert_eq!(names(&both.at("folder")), [".new"]);
}

#[test]
fn a_call_stays_in_the_folder_that_it_began_with() {
    let both = Both::new();
    fs::create_dir(both.at("data")).unwrap();
    let folders = Folders::open(&[shared(both.at("data"), true, None)]).unwrap();
    let in_use = folders.begin();
    let target = Target::find(&in_use, "file", "file", false).unwrap();
    let mut staged = target.stage(b"new", ".new", std::iter::empty()).unwrap().unwrap();
    fs::rename(both.at("data"), both.at("aside")).unwrap();
    fs::create_dir(both.at("data")).unwrap();
    let second = Target::find(&in_use, "second", "second", false).unwrap();
    drop(second.stage(b"new", ".new", std::iter::once(&staged)).unwrap().unwrap());
    assert_eq!(target.replace(&mut staged, b"new"), Ok(()));
    assert_eq!(names(&both.at("aside")), ["file"]);
    assert!(names(&both.at("data")).is_empty());
    // The next call finds what the path names now.
    let (next, progress) = (list(&[("file", "newer")]), Progress::default());
    assert_eq!(commit::commit(&folders, &next, 100, ".new", &progress, || Ok(())), Ok(()));
    assert_eq!((both.read("aside/file"), both.read("data/file")), ("new".into(), "newer".into()));
}

#[test]
fn a_call_may_write_more_files_than_there_are_descriptors() {
    let both = Both::new();
    let folders = Folders::open(&both.shared()).unwrap();
    let in_use = folders.begin();
    let mut waiting = Vec::new();
    let target = Target::find(&in_use, "data/file", "data/file", false).unwrap();
    for _ in 0..300 {
        waiting.push(target.stage(b"x", ".new", waiting.iter()).unwrap().unwrap());
    }
    // Other tests open some at the same time, in other folders.
    let own = fs::canonicalize(both.at("")).unwrap();
    let opened = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| {
        let target = fs::read_link(entry.unwrap().path()).ok()?;
        target.starts_with(&own).then_some(target)
    });
    assert!(opened.eq([own.clone()]), "more than the folder itself is open");
}

#[test]
fn temporary_files_of_a_call_have_different_names() {
    let both = Both::new();
    let folders = Folders::open(&both.shared()).unwrap();
    let in_use = folders.begin();
    let mut waiting = Vec::new();
    for path in ["data/a", "data/b", "data/c"] {
        let target = Target::find(&in_use, path, path, false).unwrap();
        let staged = target.stage(path.as_bytes(), ".new", waiting.iter()).unwrap().unwrap();
        waiting.push(staged);
    }
    assert_eq!(both.names(), [".new", ".new.1", ".new.2"]);
    waiting.remove(0);
    let target = Target::find(&in_use, "data/d", "data/d", false).unwrap();
    waiting.push(target.stage(b"d", ".new", waiting.iter()).unwrap().unwrap());
    assert_eq!(both.names(), [".new.1", ".new.2", ".new.3"]);
    assert_eq!(both.read(".new.2"), "data/c");
    drop(waiting);
    assert!(both.names().is_empty());
}

#[test]
fn a_commit_that_was_given_up_begins_nothing_more() {
    let both = Both::new();
    let folders = Folders::open(&both.shared()).unwrap();
    let progress = Progress::default();
    progress.give_up();
    let done =
        commit::commit(&folders, &list(&[("data/file", "x")]), 100, ".new", &progress, || Ok(()));
    assert_eq!(done, Err(Failure(FileError::TimedOut)));
    assert!(both.names().is_empty() && progress.take_done().is_empty());
}

#[test]
fn a_call_whose_files_take_too_long_has_failed_and_they_are_not_written_later() {
    let stage = Stage::new(100);
    let (end, wait) = std::sync::mpsc::channel::<()>();
    let mut stuck = Box::pin(stage.files.blocking.run(move || wait.recv()));
    block_on(smol::future::poll_once(&mut stuck));
    let failed =
        block_on(stage.files.commit(pending(list(&[("one", "x"), ("two", "x")])), || Ok(())))
            .unwrap_err();
    assert_eq!(
        failed,
        Failed { doing: "writing", path: "one".into(), failure: Failure(FileError::TimedOut) }
    );
    end.send(()).unwrap();
    block_on(stuck).unwrap().unwrap();
    assert!(stage.names().is_empty());
}

#[test]
fn no_file_at_all_is_no_operation() {
    let stats = Arc::default();
    let files = files(&[], 100, &stats);
    assert_eq!(block_on(files.commit(Pending::default(), || Ok(()))), Ok(()));
    assert_eq!(stats.file_writes.get() + stats.file_failures.get(), 0);
}
