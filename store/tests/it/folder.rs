//! The folder: its lock, its modes, its creation, its reading tools.

use std::{
    error::Error as _,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use bytes::Bytes;
use footlight_store::{
    Changes, Folder, LogError, Offline, OpenErrorKind, Sizes, StoredAlarm, log::Log, read,
    read_partial,
};
use tempfile::TempDir;

fn changes(state: &str) -> Changes {
    Changes { state: Some(Some(Bytes::copy_from_slice(state.as_bytes()))), ..Changes::default() }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn what_was_stored_is_there_after_the_folder_is_opened_again() {
    let dir = folder();
    let mut stored = changes("hello");
    stored.keys.insert("key".into(), Some(Bytes::from_static(b"value")));
    stored.alarm = Some(Some(StoredAlarm { at: u64::MAX, left: 7 }));
    stored.opened = vec![3, 1 << 52];
    stored.closed = vec![2];
    let mut offline = Offline::open(dir.path()).expect("a new folder");
    offline.change(&[("room", &stored), ("empty", &changes(""))]).expect("room for it");
    let expected = offline.image().clone();
    offline.close().expect("it ends");

    let (image, opened) = read(dir.path()).expect("it can be read");
    assert_eq!(image, expected);
    assert!(opened.clean && opened.torn.is_none());
    let contents = image.owner("room").expect("it is stored");
    assert_eq!(contents.state.as_deref(), Some(&b"hello"[..]));
    assert_eq!(contents.keys["key"], &b"value"[..]);
    assert_eq!(contents.alarm, Some(StoredAlarm { at: u64::MAX, left: 7 }));
    assert_eq!(contents.open.iter().collect::<Vec<_>>(), [&3, &(1 << 52)]);
    assert_eq!(Offline::open(dir.path()).expect("it opens").image(), &expected);
}

#[test]
fn a_second_opening_is_refused_until_the_first_one_ends() {
    let dir = folder();
    let first = Folder::open(dir.path()).expect("a new folder");
    let error = Folder::open(dir.path()).expect_err("it is locked");
    assert!(matches!(error.kind, OpenErrorKind::Locked));
    assert!(error.to_string().contains("in use by another process"), "{error}");
    // Reading needs no lock.
    read(dir.path()).expect("it can be read");
    drop(first);
    Folder::open(dir.path()).expect("the lock is free");
}

#[test]
fn a_folder_that_another_process_is_making_is_refused() {
    let dir = folder();
    let parent = fs::File::open(dir.path()).expect("it opens");
    parent.try_lock().expect("it is free");
    let error = Folder::open(dir.path()).expect_err("it is locked");
    assert!(matches!(error.kind, OpenErrorKind::Locked));
}

#[test]
fn nobody_else_may_read_the_folder_or_its_files() {
    let dir = folder();
    drop(Folder::open(dir.path()).expect("a new folder"));
    let store = dir.path().join("store");
    assert_eq!(mode(&store), 0o700);
    for name in ["log-a", "log-b", "lock"] {
        assert_eq!(mode(&store.join(name)), 0o600, "{name}");
    }
    // A mode that somebody loosened is set right.
    fs::set_permissions(&store, fs::Permissions::from_mode(0o755)).expect("it is ours");
    drop(Folder::open(dir.path()).expect("it opens"));
    assert_eq!(mode(&store), 0o700);
}

#[test]
fn a_folder_that_was_left_unfinished_is_made_anew() {
    let dir = folder();
    let unfinished = dir.path().join("store.new");
    fs::create_dir(&unfinished).expect("a new folder");
    fs::write(unfinished.join("log-a"), b"part").expect("a new file");
    drop(Folder::open(dir.path()).expect("it opens"));
    assert!(!unfinished.exists());
    assert_eq!(read(dir.path()).expect("it can be read").0.owners().count(), 0);
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    for name in ["log-a", "log-b"] {
        let dir = folder();
        drop(Folder::open(dir.path()).expect("a new folder"));
        fs::remove_file(dir.path().join("store").join(name)).expect("it is there");
        let error = Folder::open(dir.path()).expect_err("it is missing");
        assert!(error.to_string().contains(name), "{error}");
        assert!(error.to_string().contains("Restore"), "{error}");
        assert!(error.source().is_some());
        // It is not made anew.
        assert!(!dir.path().join("store").join(name).exists());
        assert!(read(dir.path()).is_err());
    }
}

#[test]
fn a_link_in_place_of_the_folder_or_a_file_is_refused() {
    let (dir, elsewhere) = (folder(), folder());
    drop(Folder::open(elsewhere.path()).expect("a new folder"));
    let store = dir.path().join("store");
    symlink(elsewhere.path().join("store"), &store).expect("a new link");
    let error = Folder::open(dir.path()).expect_err("it is a link");
    assert!(matches!(error.kind, OpenErrorKind::Io { .. }), "{error}");

    let dir = folder();
    drop(Folder::open(dir.path()).expect("a new folder"));
    let file = dir.path().join("store/log-b");
    fs::remove_file(&file).expect("it is there");
    symlink(elsewhere.path().join("store/log-b"), &file).expect("a new link");
    Folder::open(dir.path()).expect_err("it is a link");
}

#[test]
fn a_parent_that_does_not_exist_is_an_error_that_names_it() {
    let dir = folder();
    let parent = dir.path().join("nowhere");
    let error = Folder::open(&parent).expect_err("there is no parent");
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert!(!parent.exists());
}

#[test]
fn what_precedes_a_damage_can_be_read() {
    let dir = folder();
    let (folder, files) = Folder::open(dir.path()).expect("a new folder");
    let (mut log, mut image, _) = Log::open(files, Sizes::default()).expect("it is new");
    let mut images = vec![image.clone()];
    for round in 0..3 {
        let state = changes(&format!("state {round}"));
        log.append(&mut image, &[("room", &state)], None).expect("room for it");
        images.push(image.clone());
    }
    drop((folder, log));
    // The first record is the beginning. This is the third one's body.
    let path = dir.path().join("store/log-a");
    let mut bytes = fs::read(&path).expect("it can be read");
    bytes[2 * 4096 + 50] ^= 1;
    fs::write(&path, bytes).expect("it can be written");

    let error = read(dir.path()).expect_err("it is damaged");
    let OpenErrorKind::Log(LogError::Damaged { offset: 8192, .. }) = &error.kind else {
        panic!("{error}");
    };
    assert!(error.to_string().contains("log-a is damaged at byte 8192"), "{error}");
    Offline::open(dir.path()).expect_err("it is damaged");
    let (image, _, trouble) = read_partial(dir.path()).expect("a part can be read");
    assert_eq!(image, images[1]);
    assert_eq!(trouble.expect("it is damaged").to_string(), error.to_string());
}
