//! Tests of calls that delete files, and create and delete folders.

use std::fs;

use super::{
    commit::{self, Progress},
    together::{Both, list, names},
    *,
};

/// A change that is no write.
fn other(path: &str, what: What) -> Change {
    Change { path: path.into(), what }
}

/// Makes these changes. `record` stores the state.
fn make(
    both: &Both,
    changes: &[Change],
    record: impl FnOnce() -> Result<(), Failure>,
) -> Result<Vec<String>, Failure> {
    let folders = Folders::open(&both.shared()).unwrap();
    let progress = Progress::default();
    commit::commit(&folders, changes, 100, ".new", &progress, record)?;
    Ok(progress.take_done())
}

/// Changes of every kind: what is there goes, and what is not comes.
fn of_every_kind() -> Vec<Change> {
    vec![
        other("data/new", What::CreateFolder),
        other("data/new/inner", What::CreateFolder),
        other("data/old/file", What::Delete),
        other("data/old", What::DeleteFolder),
        list(&[("data/new/inner/file", "x")]).remove(0),
        list(&[("data/kept", "new")]).remove(0),
    ]
}

#[test]
fn nothing_is_deleted_or_created_before_the_state_is_recorded_and_nothing_if_that_fails() {
    let both = Both::new();
    fs::create_dir(both.at("old")).unwrap();
    for path in ["old/file", "kept"] {
        fs::write(both.at(path), "old").unwrap();
    }
    let is_as_before = || {
        let staged = both.names();
        let kept: Vec<_> = staged.iter().filter(|name| !name.starts_with(".new")).collect();
        assert_eq!(kept, ["kept", "old"]);
        assert_eq!((both.read("old/file"), both.read("kept")), ("old".into(), "old".into()));
    };
    let failure = Failure(FileError::Other("no record".into()));
    let refuse = || {
        is_as_before();
        // All that needs room on the disk is there already: two folders and two files.
        assert_eq!(both.names().len(), 2 + 4);
        Err(failure.clone())
    };
    assert_eq!(make(&both, &of_every_kind(), refuse), Err(failure.clone()));
    is_as_before();
    assert_eq!(both.names(), ["kept", "old"], "nothing remains");
    let record = || {
        is_as_before();
        Ok(())
    };
    let made = make(&both, &of_every_kind(), record).unwrap();
    // What is deleted goes last.
    let order = ["new", "new/inner", "new/inner/file", "kept", "old/file", "old"];
    assert_eq!(made, order.map(|path| format!("data/{path}")));
    assert_eq!(both.names(), ["kept", "new"]);
    assert_eq!((both.read("new/inner/file"), both.read("kept")), ("x".into(), "new".into()));
}

#[test]
fn what_a_crash_leaves_behind_does_not_hinder_the_next_call() {
    let both = Both::new();
    // Between the record and the first name, a call of two folders and a file is cut off.
    for name in [".new", ".new.1"] {
        fs::create_dir(both.at(name)).unwrap();
    }
    fs::write(both.at(".new.2"), "x").unwrap();
    let changes = [
        list(&[("data/file", "1")]).remove(0),
        list(&[("data/second", "2")]).remove(0),
        other("data/folder", What::CreateFolder),
    ];
    assert_eq!(make(&both, &changes, || Ok(())).map(|made| made.len()), Ok(3));
    assert_eq!(both.names(), ["file", "folder", "second"]);
}

#[test]
fn changes_of_one_place_have_the_effect_of_the_last_one() {
    let both = Both::new();
    fs::write(both.at("one"), "old").unwrap();
    fs::hard_link(both.at("one"), both.at("two")).unwrap();
    fs::create_dir(both.at("folder")).unwrap();
    let write = |path: &str, content: &str| list(&[(path, content)]).remove(0);
    let changes = [
        // A new file has nothing to do with the old one, which has another name.
        other("data/one", What::Delete),
        write("data/one", "1"),
        write("data/one", "2"),
        // Made and deleted: as if nothing had been.
        write("data/short", "x"),
        other("data/short", What::Delete),
        other("data/brief", What::CreateFolder),
        write("data/brief/file", "x"),
        other("data/brief/file", What::Delete),
        other("data/brief", What::DeleteFolder),
        // Deleted and made: the same folder.
        other("data/folder", What::DeleteFolder),
        other("data/folder", What::CreateFolder),
        write("data/folder/file", "y"),
        // Made, deleted and made as the other kind, which the disk does not have.
        other("data/either", What::CreateFolder),
        other("data/either", What::DeleteFolder),
        write("data/either", "file"),
    ];
    make(&both, &changes, || Ok(())).unwrap();
    assert_eq!(both.names(), ["either", "folder", "one", "two"]);
    let contents = ["either", "folder/file", "one", "two"].map(|path| both.read(path));
    assert_eq!(contents, ["file", "y", "2", "old"]);
    // What the disk has can't become the other kind in one call.
    let changes = [other("data/one", What::Delete), other("data/one", What::CreateFolder)];
    let why = "a file and a folder can't take each other's place in one call";
    let refused = Err(Failure(FileError::Other(why.into())));
    assert_eq!(make(&both, &changes, || Ok(())), refused);
    let changes = [
        other("data/folder/file", What::Delete),
        other("data/folder", What::DeleteFolder),
        write("data/folder", "x"),
    ];
    assert_eq!(make(&both, &changes, || Ok(())), refused);
    assert_eq!(both.names(), ["either", "folder", "one", "two"]);
}

#[test]
fn what_is_gone_already_when_it_is_deleted_is_no_error_and_what_came_meanwhile_is_kept() {
    let both = Both::new();
    fs::write(both.at("file"), "").unwrap();
    fs::create_dir(both.at("folder")).unwrap();
    let record = || {
        fs::remove_file(both.at("file")).unwrap();
        Ok(())
    };
    make(&both, &[other("data/file", What::Delete)], record).unwrap();
    let record = || {
        fs::write(both.at("folder/of-somebody"), "").unwrap();
        Ok(())
    };
    let made = make(&both, &[other("data/folder", What::DeleteFolder)], record);
    assert_eq!(made, Err(Failure(FileError::NotEmpty)));
    assert_eq!(names(&both.at("folder")), ["of-somebody"]);
}
