//! Files that grow, and a disk that has no room for it.

use std::io;

use bytes::Bytes;
use footlight_store::{
    Changes, Image, create,
    log::{AppendError, Log, Work},
};

use crate::simulation::{disk::Disk, random::Random, run::SIZES};

/// A log on a disk that has room for so many times the least files.
fn store(times: u64) -> (Disk, Log, Image) {
    let disk = Disk::new(Random::new(1));
    disk.set_capacity(times * 2 * SIZES.least);
    create(disk.files(), 7, SIZES).expect("there is room for two files");
    let (log, image, _) = Log::open(disk.files(), SIZES).expect("it is new");
    (disk, log, image)
}

fn put(key: &str, len: usize) -> Changes {
    let mut value = vec![0; len];
    Random::new(len as u64).fill(&mut value);
    let mut changes = Changes::default();
    changes.keys.insert(key.into(), Some(Bytes::from(value)));
    changes
}

fn delete(key: &str) -> Changes {
    let mut changes = Changes::default();
    changes.keys.insert(key.into(), None);
    changes
}

fn append(log: &mut Log, image: &mut Image, changes: &Changes) -> Result<(), AppendError> {
    log.append(image, &[("owner", changes)], None).map(drop)
}

fn reopened(disk: &Disk) -> Image {
    disk.cut();
    let (_, image, _) = Log::open(disk.files(), SIZES).expect("it is sound");
    image
}

#[test]
fn a_log_without_room_for_its_first_files_is_not_made() {
    let disk = Disk::new(Random::new(1));
    disk.set_capacity(2 * SIZES.least - 1);
    let error = create(disk.files(), 7, SIZES).expect_err("there is no room");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

#[test]
fn after_a_turn_over_a_file_has_four_times_the_live_bytes() {
    let (disk, mut log, mut image) = store(1000);
    for key in 0..40 {
        append(&mut log, &mut image, &put(&format!("key {key}"), 10_000)).expect("there is room");
        while log.work() != Work::None {
            log.step(&image).expect("there is room");
        }
        assert!(log.size() * 3 / 4 >= image.live(), "{} of {}", image.live(), log.size());
    }
    log.fail_over();
    while log.work() != Work::None {
        log.step(&image).expect("there is room");
    }
    assert!(log.size() >= 4 * image.live());
    assert_eq!(reopened(&disk), image);
}

#[test]
fn without_room_to_grow_the_log_goes_on_in_the_files_that_it_has() {
    let (disk, mut log, mut image) = store(1);
    // Half of a file is live.
    for key in 0..4 {
        append(&mut log, &mut image, &put(&format!("key {key}"), 3500)).expect("there is room");
    }
    for round in 0..200 {
        append(&mut log, &mut image, &put("small", 100 + round)).expect("there is room");
        while log.work() == Work::Now {
            log.step(&image).expect("it fits");
        }
    }
    // A turn-over that comes too often would cost more.
    assert!(log.written() < 200 * 4096 * 5, "{} bytes", log.written());
    assert_eq!(log.size(), SIZES.least);
    assert_eq!(reopened(&disk), image);
}

#[test]
fn what_does_not_fit_is_refused_and_all_else_goes_on() {
    let (disk, mut log, mut image) = store(1);
    append(&mut log, &mut image, &put("kept", 9000)).expect("there is room");
    let before = image.clone();
    for len in [25_000, 40_000, 1 << 20] {
        let error = append(&mut log, &mut image, &put("large", len)).expect_err("there is no room");
        let AppendError::Full(error) = error else { panic!("{error}") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(image, before);
        assert!(!log.has_failed());
        append(&mut log, &mut image, &put("small", len % 100)).expect("a small one fits");
        append(&mut log, &mut image, &delete("small")).expect("a small one fits");
    }
    assert_eq!(reopened(&disk), before);
}

#[test]
fn a_disk_that_has_room_again_takes_what_it_refused() {
    let (disk, mut log, mut image) = store(1);
    append(&mut log, &mut image, &put("large", 1 << 20)).expect_err("there is no room");
    disk.set_capacity(u64::MAX);
    append(&mut log, &mut image, &put("large", 1 << 20)).expect("there is room");
    assert!(log.size() >= 4 << 20);
    assert_eq!(reopened(&disk), image);
}

#[test]
fn what_was_deleted_makes_room() {
    let (disk, mut log, mut image) = store(1);
    append(&mut log, &mut image, &put("first", 8000)).expect("there is room");
    append(&mut log, &mut image, &put("second", 10_000)).expect("there is room");
    append(&mut log, &mut image, &put("third", 15_000)).expect_err("there is no room");
    append(&mut log, &mut image, &delete("first")).expect("there is room");
    append(&mut log, &mut image, &put("third", 9000)).expect("there is room again");
    assert_eq!(reopened(&disk), image);
}
