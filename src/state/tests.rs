//! Tests with real folders.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use footlight_store::{HOST_KEY, StoredAlarm};
use tempfile::TempDir;

use super::*;

/// A folder with two actors.
fn stored() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let room = Contents {
        origin: None,
        state: Some("{\"said\": 3}".into()),
        alarm: Some(StoredAlarm { at: 1_767_225_600_000, left: 5 }),
        keys: [("a".into(), "x".into()), ("b".into(), vec![0, 255].into())].into(),
        open: [7, 9].into(),
    };
    let host = (HOST_KEY.into(), "q0:3:4:mmmpppp".into());
    let led = Contents { state: Some(vec![1].into()), keys: [host].into(), ..Contents::default() };
    let batch = vec![("room".into(), put(&room)), ("led".into(), put(&led))];
    change(dir.path(), open(dir.path()).unwrap(), 3, &batch).unwrap();
    dir
}

/// What an action prints.
fn output(dir: &TempDir, action: &Action) -> String {
    let Done { output, damage } = run(dir.path(), action, false).unwrap();
    assert_eq!(damage, None);
    String::from_utf8(output).unwrap()
}

/// Why an action fails, without the name of the folder.
fn error(dir: &TempDir, action: &Action) -> String {
    let error = run(dir.path(), action, false).unwrap_err().to_string();
    error.replace(&format!("{}", dir.path().display()), "DIR")
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn get(actor: &str, key: Option<&str>) -> Action {
    Action::Get { actor: actor.into(), key: key.map(Into::into) }
}

fn mv(old: &str, new: &str) -> Action {
    Action::Mv { old: old.into(), new: new.into() }
}

#[test]
fn actors_are_listed_with_what_they_have() {
    let dir = stored();
    assert_eq!(
        output(&dir, &Action::Ls),
        "led: state 1 bytes, 0 keys 0 bytes, messages 3 bytes, publications 4 bytes\n\
         room: state 11 bytes, 2 keys 5 bytes, alarm 2026-01-01T00:00:00.000Z\n"
    );
}

#[test]
fn states_and_values_are_given_as_they_are() {
    let dir = stored();
    assert_eq!(output(&dir, &get("room", None)), "{\"said\": 3}");
    assert_eq!(output(&dir, &get("room", Some("a"))), "x");
    assert_eq!(run(dir.path(), &get("room", Some("b")), false).unwrap().output, [0, 255]);
    assert_eq!(error(&dir, &get("room", Some("c"))), "room: has no key \"c\"");
    let why = "DIR: nothing is stored of `hall`; there are `led`, `room`";
    assert_eq!(error(&dir, &get("hall", None)), why);
    run(dir.path(), &Action::Rm(names(&["led", "room"])), false).unwrap();
    let why = "DIR: nothing is stored of `hall`; nothing is stored at all";
    assert_eq!(error(&dir, &get("hall", None)), why);
}

#[test]
fn what_is_exported_can_be_imported_in_place_of_what_was_there() {
    let dir = stored();
    let all = output(&dir, &Action::Export(vec![]));
    assert!(all.contains("\"blocks\": 3"), "{all}");
    let one = output(&dir, &Action::Export(names(&["led"])));
    assert!(one.contains("\"led\"") && !one.contains("\"room\""), "{one}");
    assert!(error(&dir, &Action::Export(names(&["led", "hall"]))).contains("`hall`"));

    let file = dir.path().join("backup.json");
    fs::write(&file, &all).unwrap();
    let other = tempfile::tempdir().unwrap();
    run(other.path(), &Action::Import(file.clone()), false).unwrap();
    assert_eq!(output(&other, &Action::Export(vec![])), all);

    let less = r#"{"format": 1, "actors": {"room": {"keys": {"c": "\u202e"}}}}"#;
    fs::write(&file, less).unwrap();
    run(other.path(), &Action::Import(file), false).unwrap();
    assert!(error(&other, &get("room", None)).contains("room: has no state stored"));
    assert!(error(&other, &get("room", Some("a"))).contains("has no key"));
    assert_eq!(output(&other, &get("led", None)), "\u{1}");
    let text = output(&other, &Action::Export(vec![]));
    assert!(text.contains(r#""c": "\u202e""#), "what is hidden is escaped: {text}");
    assert!(text.contains("\"blocks\": 3"), "numbers of connections are not used again: {text}");
}

#[test]
fn json_that_is_wrong_changes_nothing() {
    let dir = stored();
    let before = output(&dir, &Action::Export(vec![]));
    let file = dir.path().join("backup.json");
    let import = Action::Import(file.clone());
    assert!(error(&dir, &import).starts_with("DIR/backup.json: cannot be read: No such file"));
    for (bytes, expected) in [
        (&b"\xff"[..], "DIR/backup.json: is not UTF-8 text"),
        (
            br#"{"format": 1, "actors": {"led": {}, "x": 1}}"#,
            "DIR/backup.json: actors.x: is not an object",
        ),
    ] {
        fs::write(&file, bytes).unwrap();
        assert_eq!(error(&dir, &import), expected);
    }
    for key in [String::new(), "k".repeat(4097)] {
        fs::write(
            &file,
            format!(r#"{{"format": 1, "actors": {{"a": {{"keys": {{"{key}": ""}}}}}}}}"#),
        )
        .unwrap();
        let expected = "actors.a.keys: has a key without or with more than 4096 bytes";
        assert_eq!(error(&dir, &import), format!("DIR/backup.json: {expected}"));
    }
    assert_eq!(output(&dir, &Action::Export(vec![])), before);
}

#[test]
fn an_actor_is_renamed_with_everything_to_a_name_that_has_nothing() {
    let dir = stored();
    let before = output(&dir, &Action::Export(vec![]));
    let why = "DIR: `led` has something stored already; use another name, or forget what it \
               has with `rm` first";
    assert_eq!(error(&dir, &mv("room", "led")), why);
    assert_eq!(error(&dir, &mv("room", "room")), why.replace("led", "room"));
    assert!(
        error(&dir, &mv("room", "a b")).starts_with("\"a b\": an actor can't have this name; ")
    );
    assert!(error(&dir, &mv("hall", "x")).contains("nothing is stored of `hall`"));
    run(dir.path(), &mv("room", "salon"), false).unwrap();
    assert_eq!(output(&dir, &Action::Export(vec![])), before.replace("room", "salon"));
}

#[test]
fn actors_are_removed_all_or_none() {
    let dir = stored();
    assert!(error(&dir, &Action::Rm(names(&["led", "hall"]))).contains("`hall`"));
    assert_eq!(output(&dir, &Action::Ls).lines().count(), 2);
    run(dir.path(), &Action::Rm(names(&["led", "led"])), false).unwrap();
    assert_eq!(output(&dir, &Action::Ls).lines().count(), 1);
}

#[test]
fn a_folder_that_a_host_uses_can_be_read_and_not_changed() {
    let dir = stored();
    let host = Offline::open(dir.path()).unwrap();
    assert_eq!(output(&dir, &get("led", None)), "\u{1}");
    let file = dir.path().join("backup.json");
    fs::write(&file, output(&dir, &Action::Export(vec![]))).unwrap();
    for action in [Action::Import(file), mv("led", "lamp"), Action::Rm(names(&["led"]))] {
        let why = error(&dir, &action);
        let end = " has it open; stop the host first, or use `export`, which works meanwhile";
        assert!(why.starts_with("DIR: ") && why.contains("process") && why.ends_with(end), "{why}");
    }
    host.close().unwrap();
    run(dir.path(), &mv("led", "lamp"), false).unwrap();
}

#[test]
fn a_folder_without_a_store_is_probably_the_wrong_one() {
    let dir = tempfile::tempdir().unwrap();
    for action in [
        Action::Ls,
        get("a", None),
        Action::Export(vec![]),
        mv("a", "b"),
        Action::Rm(names(&["a"])),
    ] {
        let why = error(&dir, &action);
        let end = "give the folder that `footlight run --data` has";
        assert!(why.starts_with("DIR: has no `store`: ") && why.ends_with(end), "{why}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_folder_is_an_error_and_its_beginning_can_be_read() {
    let dir = stored();
    for actor in ["one", "two"] {
        let contents = Contents { state: Some("x".into()), ..Contents::default() };
        let batch = vec![(actor.into(), put(&contents))];
        change(dir.path(), open(dir.path()).unwrap(), 0, &batch).unwrap();
    }
    // The record of the first of these two is damaged: the other one follows it.
    for name in ["log-a", "log-b"] {
        let file = dir.path().join(STORE).join(name);
        let mut bytes = fs::read(&file).unwrap();
        if let Some(at) = bytes.windows(3).position(|window| window == b"one") {
            bytes[at] ^= 1;
            fs::write(&file, bytes).unwrap();
        }
    }
    for action in [Action::Ls, Action::Export(vec![])] {
        assert!(error(&dir, &action).contains("is damaged at byte"));
        let Done { output, damage } = run(dir.path(), &action, true).unwrap();
        assert!(damage.unwrap().contains("is damaged at byte"));
        let text = String::from_utf8(output).unwrap();
        assert!(text.contains("room") && !text.contains("two"), "{text}");
    }
}

#[test]
fn what_is_larger_than_the_folder_so_far_is_imported_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let large = "x".repeat(5 << 20);
    let json = format!(r#"{{"format": 1, "actors": {{"a": {{"state": "{large}"}}}}}}"#);
    let file = dir.path().join("large.json");
    fs::write(&file, json).unwrap();
    run(dir.path(), &Action::Import(file), false).unwrap();
    assert_eq!(output(&dir, &get("a", None)), large);
}

#[test]
fn the_folder_keeps_its_owner_and_its_modes() {
    let dir = tempfile::tempdir().unwrap();
    let root = rustix::process::geteuid().is_root();
    let owner = if root { 1234 } else { fs::metadata(dir.path()).unwrap().uid() };
    if root {
        chown(dir.path(), Some(owner), Some(owner)).unwrap();
    }
    let file = dir.path().join("backup.json");
    fs::write(&file, r#"{"format": 1, "actors": {"a": {"state": ""}}}"#).unwrap();
    run(dir.path(), &Action::Import(file), false).unwrap();
    run(dir.path(), &mv("a", "b"), false).unwrap();
    let store = dir.path().join(STORE);
    assert_eq!(fs::metadata(&store).unwrap().permissions().mode() & 0o7777, 0o700);
    let inside = fs::read_dir(&store).unwrap().map(|entry| entry.unwrap().path());
    for path in inside.chain([store]) {
        assert_eq!(fs::metadata(&path).unwrap().uid(), owner, "{}", path.display());
    }
}
