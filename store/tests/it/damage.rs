//! Files with a wrong byte, a wrong length or a lost block, and files of another version.

use bytes::Bytes;
use footlight_store::{Changes, Image, LogError, Opened, Which, create, log::Log};

use crate::simulation::{
    craft::{chain, record, reseal},
    disk::Disk,
    random::Random,
    run::SIZES,
};

/// Files on a disk, and what they must contain.
struct Files {
    contents: [Vec<u8>; 2],
    /// What was acknowledged last.
    image: Image,
    /// What was acknowledged before that.
    before: Image,
    active: usize,
}

fn new_log(disk: &Disk) -> (Log, Image) {
    create(disk.files(), 7, SIZES).expect("it is empty");
    let (log, image, _) = Log::open(disk.files(), SIZES).expect("it is new");
    (log, image)
}

fn changes(key: &str, len: usize, byte: u8) -> Changes {
    let mut changes = Changes::default();
    changes.keys.insert(key.into(), Some(Bytes::from(vec![byte; len])));
    changes.opened.push(byte.into());
    changes
}

/// Files after so many commits, with a clean end or without one. A value takes several pieces of a
/// turn-over if it is `large`.
fn files(commits: u8, large: bool, clean: bool) -> Files {
    let disk = Disk::new(Random::new(1));
    let (mut log, mut image) = new_log(&disk);
    let mut before = image.clone();
    let size = log.size();
    for round in 0..commits {
        before = image.clone();
        let len = if large && round == 0 { 20_000 } else { 100 };
        let batch = changes(["a", "b", "c"][usize::from(round) % 3], len, round);
        log.append(&mut image, &[("owner", &batch)], None).expect("nothing fails");
        while log.work() != footlight_store::log::Work::None {
            log.step(&image).expect("nothing fails");
        }
    }
    assert!(!large || log.size() > size, "the other file grew and took over");
    if clean {
        log.append_end(&image).expect("nothing fails");
    }
    let contents = disk.contents();
    let epoch = |bytes: &[u8]| record(bytes, 0).expect("it has a beginning").epoch;
    let active = usize::from(epoch(&contents[1]) > epoch(&contents[0]));
    Files { contents, image, before, active }
}

fn open(contents: [Vec<u8>; 2]) -> Result<(Image, Opened), LogError> {
    let disk = Disk::new(Random::new(1));
    disk.set_contents(contents);
    Log::open(disk.files(), SIZES).map(|(_, image, opened)| (image, opened))
}

fn which(file: usize) -> Which {
    [Which::A, Which::B][file]
}

/// The bytes worth a try: all of records, and some of what is between.
fn places(bytes: &[u8]) -> impl Iterator<Item = usize> {
    (0..bytes.len()).filter(|at| {
        let block = at / 4096 * 4096;
        let end = bytes[block..block + 4096].iter().rposition(|byte| *byte != 0).unwrap_or(0);
        at % 4096 <= end.min(200) || at % 509 == 0
    })
}

/// Tries each byte of both files. `judge` gets the file, the place, and what opening says.
fn each_flip(files: &Files, judge: impl Fn(usize, usize, Result<(Image, Opened), LogError>)) {
    let mut random = Random::new(2);
    let disk = Disk::new(Random::new(1));
    for file in 0..2 {
        for at in places(&files.contents[file]) {
            let mut contents = files.contents.clone();
            contents[file][at] ^= 1 << random.below(8);
            disk.set_contents(contents);
            let outcome = Log::open(disk.files(), SIZES);
            judge(file, at, outcome.map(|(_, image, opened)| (image, opened)));
        }
    }
}

/// Files in the states that a turn-over has.
fn all(clean: bool) -> impl Iterator<Item = Files> {
    [(0, false), (1, false), (6, false), (7, false), (3, true)]
        .into_iter()
        .map(move |(commits, large)| files(commits, large, clean))
}

#[test]
fn after_a_clean_end_each_wrong_byte_of_a_live_record_is_an_error_that_names_it() {
    for files in all(true) {
        let records = chain(&files.contents[files.active]);
        let (end, live) = records.split_last().expect("it has an end");
        each_flip(&files, |file, at, outcome| {
            let hit = live.iter().find(|record| (record.offset..record.end).contains(&at));
            match (hit, outcome) {
                (Some(record), Err(error)) if file == files.active => {
                    let LogError::Damaged { file: named, offset, .. } = error else {
                        panic!("{error}")
                    };
                    assert_eq!((named, offset), (which(file), record.offset as u64), "byte {at}");
                }
                (Some(_), Ok(_)) if file == files.active => panic!("byte {at} is not missed"),
                (_, Ok((image, opened))) => {
                    assert_eq!(image, files.image, "byte {at} of {file}");
                    let hits_end = file == files.active && (end.offset..end.end).contains(&at);
                    assert_eq!(opened.clean, !hits_end);
                }
                (_, Err(error)) => panic!("byte {at} of {file} does not matter: {error}"),
            }
        });
    }
}

/// A damaged last record looks as a commit does that was cut: it is dropped.
#[test]
fn without_a_clean_end_a_wrong_byte_loses_at_most_the_last_commit() {
    for files in all(false) {
        let records = chain(&files.contents[files.active]);
        let last = records.last().expect("it has a beginning");
        each_flip(&files, |file, at, outcome| {
            let hits_last = file == files.active && (last.offset..last.end).contains(&at);
            match outcome {
                // The live set alone is also in the other file.
                Ok((image, _)) if hits_last && records.len() > 1 => {
                    assert!(image == files.before || image == files.image, "byte {at}");
                }
                Ok((image, _)) => assert_eq!(image, files.image, "byte {at} of {file}"),
                Err(LogError::Damaged { file: named, .. }) => {
                    assert!(!hits_last && named == which(file), "byte {at} of {file}");
                }
                Err(error) => panic!("byte {at} of {file}: {error}"),
            }
        });
    }
}

#[test]
fn a_lost_block_is_an_error_unless_it_ends_the_last_commit() {
    for clean in [true, false] {
        for files in all(clean) {
            let records = chain(&files.contents[files.active]);
            let last = records.last().expect("it has a beginning").offset;
            for file in 0..2 {
                for block in (0..files.contents[file].len()).step_by(4096) {
                    let mut contents = files.contents.clone();
                    contents[file][block..block + 4096].fill(0);
                    let whole = files.contents[file] == contents[file];
                    match open(contents) {
                        Ok((image, _)) if file == files.active && block >= last && !whole => {
                            assert!(image == files.before || image == files.image);
                        }
                        Ok((image, _)) => assert_eq!(image, files.image),
                        Err(_) => assert!(file == files.active && block < last),
                    }
                }
            }
        }
    }
}

#[test]
fn a_file_that_was_cut_is_an_error_that_names_it() {
    for files in all(true).chain(all(false)) {
        for file in 0..2 {
            let whole = files.contents[file].len();
            let edges =
                (0..=whole).step_by(4096).flat_map(|at| [at.saturating_sub(1), at, at + 40]);
            for len in edges.filter(|len| *len < whole) {
                let mut contents = files.contents.clone();
                contents[file].truncate(len);
                match open(contents) {
                    Err(LogError::Damaged { file: named, offset, .. }) => {
                        assert_eq!((named, offset), (which(file), len as u64));
                    }
                    other => panic!("{len} bytes of {file}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn files_without_any_beginning_are_damaged_and_not_begun_anew() {
    for bytes in [0, 1, 255] {
        let contents = [(); 2].map(|()| vec![bytes; SIZES.least as usize]);
        let error = open(contents).expect_err("nothing is there");
        assert!(matches!(error, LogError::Damaged { offset: 0, .. }), "{error}");
    }
}

#[test]
fn files_of_two_stores_do_not_go_together() {
    let other = Disk::new(Random::new(1));
    create(other.files(), 8, SIZES).expect("it is empty");
    let [_, theirs] = other.contents();
    let Files { contents: [ours, _], .. } = files(3, false, true);
    let error = open([ours.clone(), theirs]).expect_err("they differ");
    assert!(error.to_string().contains("do not belong together"), "{error}");
    open([ours.clone(), ours]).expect_err("it is the same file twice");
}

/// Files with one more record, which `change` alters. Its checksum is right.
fn crafted(change: impl Fn(&mut [u8])) -> LogError {
    let Files { mut contents, active, .. } = files(3, false, false);
    let bytes = &mut contents[active];
    let last = *chain(bytes).last().expect("it has a beginning");
    change(&mut bytes[last.offset..]);
    reseal(bytes, last.offset);
    open(contents).expect_err("it is not ours")
}

#[test]
fn a_record_of_a_newer_version_is_refused_by_name() {
    for change in [|bytes: &mut [u8]| bytes[7] = 2, |bytes: &mut [u8]| bytes[12] |= 2] {
        let error = crafted(change);
        let LogError::Newer { file, offset, .. } = error else { panic!("{error}") };
        assert_eq!((file, offset), (Which::A, 3 * 4096));
        assert!(error.to_string().contains("a newer version of this program wrote log-a"));
    }
}

#[test]
fn a_file_that_a_newer_version_has_begun_is_refused_whichever_is_active() {
    for file in 0..2 {
        let Files { mut contents, .. } = files(3, false, true);
        contents[file][7] = 9;
        reseal(&mut contents[file], 0);
        let error = open(contents).expect_err("it is newer");
        assert!(matches!(error, LogError::Newer { offset: 0, .. }), "{error}");
        assert!(error.to_string().contains("a newer version"), "{error}");
    }
}

#[test]
fn an_unknown_operation_is_refused_as_one_of_a_newer_version() {
    for operation in [0, 14, 200] {
        let error = crafted(|bytes| bytes[40] = operation);
        assert!(matches!(error, LogError::Newer { offset: 12288, .. }), "{error}");
        assert!(error.to_string().contains("unknown operation"), "{error}");
    }
}

#[test]
fn a_record_that_does_not_decode_is_damage_that_is_named() {
    // An owner's name that is longer than the record; one that is not text; a beginning in the middle.
    for bytes in [&[1, 255, 255, 3][..], &[1, 1, 255], &[11, 0]] {
        let error = crafted(|record| {
            record[8] = bytes.len() as u8;
            record[40..40 + bytes.len()].copy_from_slice(bytes);
        });
        assert!(matches!(error, LogError::Damaged { offset: 12288, .. }), "{error}");
    }
}
