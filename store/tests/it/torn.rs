//! Records that were cut, and what is written in their place. Blocks of both may be the same.

use bytes::Bytes;
use footlight_store::{
    Changes, Image, create,
    log::{Log, Work},
};

use crate::simulation::{disk::Disk, random::Random, run::SIZES};

const BLOCK: usize = 4096;

/// A value that takes two blocks, always the same.
fn large() -> Changes {
    let mut changes = Changes::default();
    changes.keys.insert("key".into(), Some(Bytes::from(vec![7; 6000])));
    changes
}

fn open(disk: &Disk) -> (Log, Image) {
    let (log, image, _) = Log::open(disk.files(), SIZES).expect("it is sound");
    (log, image)
}

/// Both files before and after something, of which only the first block at `offset` is on the disk.
fn cut(before: &[Vec<u8>; 2], after: &[Vec<u8>; 2], file: usize, offset: usize) -> [Vec<u8>; 2] {
    let mut contents = before.clone();
    let block = offset..offset + BLOCK;
    contents[file][block.clone()].copy_from_slice(&after[file][block]);
    contents
}

/// Tries `again` with a cut in each of its operations, in many ways. `judge` gets the image afterwards.
fn cut_anywhere(
    contents: &[Vec<u8>; 2],
    again: impl Fn(&mut Log, &mut Image),
    judge: impl Fn(&Image),
) {
    for seed in 0..100 {
        for operations in 0..6 {
            let disk = Disk::new(Random::new(seed));
            disk.set_contents(contents.clone());
            let (mut log, mut image) = open(&disk);
            disk.cut_after(operations);
            again(&mut log, &mut image);
            disk.cut();
            judge(&open(&disk).1);
        }
    }
}

#[test]
fn a_commit_that_was_cut_does_not_come_back_when_it_is_tried_again() {
    let disk = Disk::new(Random::new(1));
    create(disk.files(), 7, SIZES).expect("it is empty");
    let (mut log, mut image) = open(&disk);
    let before = disk.contents();
    log.append(&mut image, &[("owner", &large())], Some(1)).expect("nothing fails");
    let contents = cut(&before, &disk.contents(), 0, BLOCK);

    let again = |log: &mut Log, image: &mut Image| {
        assert_eq!(image.blocks(), 0, "the commit was dropped");
        let _ = log.append(image, &[("owner", &large())], Some(2));
    };
    cut_anywhere(&contents, again, |image| assert_ne!(image.blocks(), 1, "it came back"));
}

#[test]
fn a_live_set_that_was_cut_does_not_come_back_when_it_is_written_again() {
    let disk = Disk::new(Random::new(1));
    create(disk.files(), 7, SIZES).expect("it is empty");
    let (mut log, mut image) = open(&disk);
    log.append(&mut image, &[("owner", &large())], Some(1)).expect("nothing fails");
    let before = disk.contents();
    log.fail_over();
    log.step(&image).expect("nothing fails");
    assert_eq!(log.work(), Work::None, "one piece is enough");
    disk.set_contents(cut(&before, &disk.contents(), 1, 0));

    // The old file is still the active one, and takes a commit.
    let (mut log, mut image) = open(&disk);
    log.append(&mut image, &[], Some(2)).expect("nothing fails");
    let turn_over = |log: &mut Log, image: &mut Image| {
        log.fail_over();
        while log.work() != Work::None && log.step(image).is_ok() {}
    };
    cut_anywhere(&disk.contents(), turn_over, |image| {
        assert_eq!(image.blocks(), 2, "an older live set came back");
    });
}
