//! Two files of any content. Opening them never panics, and says what is wrong. A log that opens takes
//! commits and turn-overs, and has the same contents when it is opened again.
//!
//! Input: if it begins with 255, the bytes of one file after another, a sector of 512 bytes for each
//! block of 4096, whose checksums are made right. Otherwise records, each with its file and which parts
//! of it are unusual (1 byte), its epoch (1), its length (1) and its body.
#![no_main]

use footlight_fuzz::simulation::{
    craft,
    disk::Disk,
    model::{Batch, Model},
    random::Random,
    run::SIZES,
};
use footlight_store::log::{Log, Work};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let disk = Disk::new(Random::new(1));
    let files = match data {
        [255, rest @ ..] => blocks(rest),
        _ => records(data),
    };
    let possible = files.iter().all(|file| is_possible(file));
    disk.set_contents(files);
    let (mut log, mut image, _) = match Log::open(disk.files(), SIZES) {
        Ok(opened) => opened,
        Err(error) => return assert!(error.to_string().contains("log-")),
    };
    let mut random = Random::new(data.len() as u64);
    for _ in 0..4 {
        let mut batch = Batch::random(&Model::default(), &mut random, 3000);
        batch.choose_blocks(&Model::default(), &mut random);
        let owners: Vec<_> = batch.owners.iter().map(|(name, all)| (*name, all)).collect();
        log.append(&mut image, &owners, batch.blocks).expect("there is room");
        log.step(&image).expect("nothing fails");
    }
    log.fail_over();
    while log.work() != Work::None {
        log.step(&image).expect("nothing fails");
    }
    let again = Log::open(disk.files(), SIZES);
    if possible {
        let (_, again, opened) = again.expect("it is sound");
        assert!(again == image && opened.torn.is_none());
    }
});

/// Whether a store may have left a file so: only the last record of its chain is bad, and all others
/// are older. Otherwise a record that was there before may continue the chain.
fn is_possible(file: &[u8]) -> bool {
    let Some(first) = craft::record(file, 0) else { return false };
    let records = (0..file.len()).step_by(4096).filter_map(|block| craft::record(file, block));
    let (mut seq, mut good) = (0, true);
    for record in records {
        if record.epoch == first.epoch && record.seq == seq && good {
            seq += 1;
            good = craft::is_sealed(file, record.offset);
        } else if record.epoch >= first.epoch {
            return false;
        }
    }
    true
}

fn empty() -> [Vec<u8>; 2] {
    [(); 2].map(|()| vec![0; SIZES.least as usize])
}

fn blocks(data: &[u8]) -> [Vec<u8>; 2] {
    let mut files = empty();
    for (number, sector) in data.chunks(512).enumerate() {
        let (file, block) = (number % 2, number / 2 * 4096);
        if let Some(place) = files[file].get_mut(block..block + sector.len()) {
            place.copy_from_slice(sector);
        }
    }
    for file in &mut files {
        for block in (0..file.len()).step_by(4096) {
            craft::reseal(file, block);
        }
    }
    files
}

fn records(mut data: &[u8]) -> [Vec<u8>; 2] {
    let mut files = empty();
    let (mut places, mut numbers) = ([0; 2], [0u64; 2]);
    while let [kind, epoch, len, rest @ ..] = data {
        let (body, rest) = rest.split_at(rest.len().min(usize::from(*len)));
        data = rest;
        let bit = |bit: u8| kind >> bit & 1 == 1;
        let file = usize::from(bit(0));
        let seq = &mut numbers[file];
        let mut record = vec![0; 4];
        record.extend_from_slice(b"FLS");
        record.push(if bit(1) && bit(2) { 2 } else { 1 });
        let mut operations = Vec::new();
        if *seq == 0 && !bit(3) {
            // A beginning of 32 KiB.
            operations.extend_from_slice(&[11, 0x80, 0x80, 2]);
        }
        operations.extend_from_slice(body);
        record.extend_from_slice(&(operations.len() as u32).to_le_bytes());
        record.extend_from_slice(&u32::from(!bit(4)).to_le_bytes());
        record.extend_from_slice(&u64::from(*epoch).to_le_bytes());
        record.extend_from_slice(&7u64.to_le_bytes());
        record.extend_from_slice(&seq.to_le_bytes());
        record.extend_from_slice(&operations);
        *seq += if bit(5) && bit(6) { 2 } else { 1 };
        let place = &mut places[file];
        let Some(block) = files[file].get_mut(*place..*place + 4096) else { continue };
        block[..record.len()].copy_from_slice(&record);
        if !(bit(5) && bit(7)) {
            craft::reseal(&mut files[file], *place);
        }
        *place += 4096;
    }
    files
}
