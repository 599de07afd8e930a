//! Folders that earlier versions wrote. Each released format stays readable.

use std::{fmt::Write as _, fs, path::Path};

use bytes::Bytes;
use footlight_store::{
    Changes, Folder, Image, Offline, Sizes, StoredAlarm,
    log::{Log, Work},
    read,
};

use crate::simulation::craft::chain;

/// A file of mostly zeros: its size, then the records as lines of their offset and their bytes.
fn unpack(text: &str) -> Vec<u8> {
    let mut lines = text.lines();
    let size = lines.next().and_then(|line| line.strip_prefix("size ")).expect("a size");
    let mut bytes = vec![0; size.parse().expect("a number")];
    for line in lines {
        let (offset, digits) = line.split_once(' ').expect("an offset and bytes");
        let offset: usize = offset.parse().expect("a number");
        for (at, pair) in digits.as_bytes().chunks(2).enumerate() {
            let pair = std::str::from_utf8(pair).expect("digits");
            bytes[offset + at] = u8::from_str_radix(pair, 16).expect("digits");
        }
    }
    bytes
}

fn pack(bytes: &[u8]) -> String {
    let mut text = format!("size {}\n", bytes.len());
    for record in chain(bytes) {
        write!(text, "{} ", record.offset).expect("a text takes all");
        for byte in &bytes[record.offset..record.end] {
            write!(text, "{byte:02x}").expect("a text takes all");
        }
        text.push('\n');
    }
    text
}

/// Every operation of version 1.
fn version_1() -> Vec<Vec<(&'static str, Changes)>> {
    let bytes = |text: &str| Some(Bytes::copy_from_slice(text.as_bytes()));
    let first = Changes {
        state: Some(bytes("the history of a room that is long enough for a splice")),
        keys: [("a".into(), bytes("1")), ("".into(), bytes("")), ("gone".into(), bytes("x"))]
            .into(),
        alarm: Some(Some(StoredAlarm { at: 1_800_000_000_000, left: 60_000 })),
        opened: vec![0, 1, 1 << 52],
        ..Changes::default()
    };
    let second = Changes {
        state: Some(bytes("the history of a chat that is long enough for a splice")),
        keys: [("gone".into(), None), ("ключ".into(), bytes("значение"))].into(),
        alarm: Some(None),
        closed: vec![1],
        ..Changes::default()
    };
    let other = Changes { keys: [("b".into(), bytes("2"))].into(), ..Changes::default() };
    let forget = Changes { forget: true, ..Changes::default() };
    let rings = Changes { alarm: Some(Some(StoredAlarm { at: 5, left: 0 })), ..Changes::default() };
    vec![
        vec![("room", first), ("removed", other.clone())],
        vec![("room", second), ("other/actor", other)],
        vec![("removed", forget), ("other/actor", rings)],
    ]
}

fn expected() -> Image {
    let dir = tempfile::tempdir().expect("a folder");
    write(dir.path())
}

/// Writes a folder with a turn-over after the second commit.
fn write(dir: &Path) -> Image {
    let (_folder, files) = Folder::open(dir).expect("a new folder");
    let (mut log, mut image, _) = Log::open(files, Sizes::default()).expect("it is new");
    for (number, batch) in (1..).zip(version_1()) {
        let batch: Vec<_> = batch.iter().map(|(name, changes)| (*name, changes)).collect();
        log.append(&mut image, &batch, Some(number)).expect("there is room");
        if number == 2 {
            log.fail_over();
            while log.work() != Work::None {
                log.step(&image).expect("nothing fails");
            }
        }
    }
    log.append_end(&image).expect("there is room");
    image
}

#[test]
fn a_folder_of_version_1_can_be_read_and_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = dir.path().join("store");
    fs::create_dir(&store).expect("a new folder");
    let files = [include_str!("formats/1/log-a.txt"), include_str!("formats/1/log-b.txt")];
    for (name, text) in ["log-a", "log-b"].into_iter().zip(files) {
        fs::write(store.join(name), unpack(text)).expect("a new file");
    }
    let (image, opened) = read(dir.path()).expect("it can be read");
    assert!(opened.clean);
    assert_eq!(image, expected());
    let room = image.owner("room").expect("it is stored");
    let state = room.state.as_deref();
    assert_eq!(state, Some(&b"the history of a chat that is long enough for a splice"[..]));
    assert_eq!((room.keys.len(), room.open.len(), room.alarm), (3, 2, None));
    assert_eq!((image.owners().count(), image.blocks()), (2, 3));

    let mut offline = Offline::open(dir.path()).expect("it opens");
    // What later programs add comes back too.
    let changes = Changes { origin: Some([7; 20]), state: Some(None), ..Changes::default() };
    offline.change(&[("room", &changes)]).expect("there is room");
    offline.close().expect("it ends");
    let (image, _) = read(dir.path()).expect("it can be read");
    let room = image.owner("room").expect("it is stored");
    assert_eq!((&room.state, room.origin), (&None, Some([7; 20])));
}

#[test]
#[ignore = "it writes the folder of a new format, for tests/it/formats"]
fn write_the_folder_of_a_new_format() {
    let dir = tempfile::tempdir().expect("a folder");
    write(dir.path());
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/formats/1");
    fs::create_dir_all(&to).expect("a folder");
    for name in ["log-a", "log-b"] {
        let bytes = fs::read(dir.path().join("store").join(name)).expect("it is there");
        fs::write(to.join(format!("{name}.txt")), pack(&bytes)).expect("it can be written");
    }
}
