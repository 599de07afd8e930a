//! `footlight state`, on a folder that no host uses and on one that a process has.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Output},
};

use footlight_store::Offline;

use crate::support::{footlight, program};

/// A backup as `export` writes it.
const BACKUP: &str = r#"{
  "actors": {
    "led": {
      "state": {
        "base64": "/wA="
      }
    },
    "room": {
      "keys": {
        "greeting": "Hello"
      },
      "state": "open"
    }
  },
  "blocks": 2,
  "format": 1
}
"#;

/// A data folder with that, and the backup's file beside it.
fn restored() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("backup.json"), BACKUP).unwrap();
    let (code, out, error) = state(folder.path(), &["import", "data", "backup.json"]);
    assert_eq!((code, &*out, &*error), (Some(0), &b""[..], ""));
    folder
}

/// Runs `footlight state` in a folder.
fn state(folder: &Path, args: &[&str]) -> (Option<i32>, Vec<u8>, String) {
    finish(program().current_dir(folder).arg("state").args(args))
}

fn finish(command: &mut Command) -> (Option<i32>, Vec<u8>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), stdout, String::from_utf8(stderr).unwrap())
}

#[test]
fn a_backup_is_restored_shown_changed_and_made_again() {
    let folder = restored();
    let state = |args: &[&str]| {
        let (code, out, error) = state(folder.path(), args);
        assert_eq!((code, &*error), (Some(0), ""), "{args:?}");
        out
    };
    assert_eq!(state(&["export", "data"]), BACKUP.as_bytes());
    assert_eq!(state(&["get", "data", "led"]), b"\xff\0");
    assert_eq!(state(&["get", "data", "room", "greeting"]), b"Hello");
    state(&["mv", "data", "room", "hall"]);
    state(&["rm", "data", "led"]);
    let table = String::from_utf8(state(&["ls", "data"])).unwrap();
    let [_, row] = table.lines().collect::<Vec<_>>()[..] else { panic!("{table}") };
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["hall", "4", "1", "13", "-"]);

    let mut restore = program();
    restore.current_dir(folder.path()).args(["state", "import", "data", "-"]);
    restore.stdin(File::open(folder.path().join("backup.json")).unwrap());
    assert_eq!(finish(&mut restore).0, Some(0));
    assert_eq!(state(&["get", "data", "room"]), b"open");
}

#[test]
fn beside_a_process_that_has_the_folder_it_only_reads() {
    let folder = restored();
    let host = Offline::open(&folder.path().join("data")).unwrap();
    assert_eq!(state(folder.path(), &["export", "data"]).1, BACKUP.as_bytes());
    for args in [&["rm", "data", "led"][..], &["import", "data", "backup.json"]] {
        let (code, _, error) = state(folder.path(), args);
        assert_eq!(code, Some(1));
        assert!(error.starts_with("footlight: data: ") && error.contains("has it open"), "{error}");
    }
    host.close().unwrap();
    assert_eq!(state(folder.path(), &["rm", "data", "led"]).0, Some(0));
}

#[test]
fn a_damaged_folder_is_told_and_shown_in_part() {
    let folder = restored();
    assert_eq!(state(folder.path(), &["mv", "data", "room", "hall"]).0, Some(0));
    assert_eq!(state(folder.path(), &["mv", "data", "hall", "attic"]).0, Some(0));
    for name in ["log-a", "log-b"] {
        let file = folder.path().join("data/store").join(name);
        let mut bytes = fs::read(&file).unwrap();
        if let Some(at) = bytes.windows(4).position(|window| window == b"hall") {
            bytes[at] ^= 1;
            fs::write(&file, bytes).unwrap();
        }
    }
    let (code, out, error) = state(folder.path(), &["export", "data"]);
    assert_eq!((code, &*out), (Some(1), &b""[..]));
    assert!(error.contains("is damaged at byte"), "{error}");
    let (code, out, error) = state(folder.path(), &["export", "--partial", "data"]);
    assert_eq!((code, &*out), (Some(0), BACKUP.as_bytes()));
    assert!(error.starts_with("footlight: damaged, so this is not all: "), "{error}");
}

#[test]
fn a_wrong_folder_or_action_is_told() {
    let output = footlight(&["state", "ls", "nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("footlight: nowhere: has no `store`: No such file"), "{text}");
    let output = footlight(&["state", "lst", "nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("did you mean `ls`?") && text.contains("state --help"), "{text}");
}

#[test]
fn the_json_of_the_manual_can_be_imported_and_is_exported_as_the_same() {
    let manual = include_str!("../../docs/deploy.md");
    let (_, rest) = manual.split_once("\n```json\n").unwrap();
    let (json, _) = rest.split_once("\n```\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("backup.json"), json).unwrap();
    assert_eq!(state(folder.path(), &["import", ".", "backup.json"]).0, Some(0));
    let (_, exported, _) = state(folder.path(), &["export", "."]);
    let value = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
    assert_eq!(value(&exported), value(json.as_bytes()));
}
