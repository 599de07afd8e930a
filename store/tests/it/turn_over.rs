//! Turn-overs beside commits: their pace, their cost, and values that do not keep still.

use bytes::Bytes;
use footlight_store::{
    Changes, Image, Sizes, create,
    log::{Log, Work},
};

use crate::simulation::{disk::Disk, random::Random};

const PIECE: u64 = 128 << 10;

struct Store {
    disk: Disk,
    log: Log,
    image: Image,
    /// The active file became the other one so often.
    turn_overs: u64,
    /// The most bytes of steps that were due between two commits.
    most: u64,
    /// So many commits waited for the whole rest of a turn-over.
    waited: u64,
}

impl Store {
    /// A log of the real sizes.
    fn new() -> Self {
        let disk = Disk::new(Random::new(1));
        create(disk.files(), 7, Sizes::default()).expect("it is empty");
        let (log, image, _) = Log::open(disk.files(), Sizes::default()).expect("it is new");
        Self { disk, log, image, turn_overs: 0, most: 0, waited: 0 }
    }

    /// Commits, and then does no more steps than it must. Returns the size of the record.
    fn commit(&mut self, changes: &Changes) -> u64 {
        let written = self.log.written();
        let appended = self.log.append(&mut self.image, &[("owner", changes)], None);
        let bytes = appended.expect("there is room").bytes;
        self.waited += u64::from(self.log.written() - written != bytes);
        let mut due = 0;
        while self.log.work() == Work::Now {
            let used = self.log.used();
            let bytes = self.log.step(&self.image).expect("nothing fails");
            assert!(bytes <= PIECE.max(appended_at_once(bytes)), "{bytes} in one step");
            due += bytes;
            self.turn_overs += u64::from(self.log.used() < used);
        }
        self.most = self.most.max(due);
        bytes
    }

    /// Makes both files as large as they get, and begins to count.
    fn grow(&mut self) {
        for _ in 0..2 {
            self.log.fail_over();
            while self.log.work() != Work::None {
                self.log.step(&self.image).expect("nothing fails");
            }
        }
        (self.most, self.waited, self.turn_overs) = (0, 0, 0);
    }

    /// Opens the files anew, and compares.
    fn check(self) {
        drop(self.log);
        let (_, image, _) = Log::open(self.disk.files(), Sizes::default()).expect("it is sound");
        assert!(image == self.image, "something was lost");
    }
}

/// A change of one commit is repeated in one piece.
fn appended_at_once(bytes: u64) -> u64 {
    if bytes > PIECE { bytes } else { 0 }
}

fn put(key: &str, value: Vec<u8>) -> Changes {
    let mut changes = Changes::default();
    changes.keys.insert(key.into(), Some(Bytes::from(value)));
    changes
}

fn noise(random: &mut Random, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    random.fill(&mut bytes);
    bytes
}

/// Two megabytes, and eight megabytes of commits.
#[test]
fn small_commits_never_wait_for_more_than_two_pieces_and_cost_twice_their_records() {
    let mut random = Random::new(3);
    let mut store = Store::new();
    for key in 0..128 {
        store.commit(&put(&format!("key {key}"), noise(&mut random, 16 << 10)));
    }
    store.grow();
    let before = store.log.written();
    let (mut changes, mut records) = (0, 0);
    for round in 0..2500 {
        changes += 100;
        records += store.commit(&put(&format!("small {}", round % 50), noise(&mut random, 100)));
    }
    let written = store.log.written() - before;
    println!(
        "{changes} bytes of changes, {records} of records, {written} written, {} turn-overs",
        store.turn_overs
    );
    assert!(store.turn_overs >= 2);
    assert_eq!(store.waited, 0, "no commit waits for a whole turn-over");
    assert!(store.most <= 2 * PIECE, "{} bytes between two commits", store.most);
    assert!(written < 2 * records, "{written} bytes for records of {records}");
    store.check();
}

#[test]
fn a_large_value_that_each_commit_replaces_does_not_stop_a_turn_over() {
    let mut random = Random::new(4);
    let mut store = Store::new();
    for key in 0..16 {
        store.commit(&put(&format!("key {key}"), noise(&mut random, 64 << 10)));
    }
    store.commit(&put("hot", noise(&mut random, 1 << 20)));
    store.grow();
    for _ in 0..30 {
        store.most = 0;
        let record = store.commit(&put("hot", noise(&mut random, 1 << 20)));
        let bound = 2 * record + 3 * record.max(PIECE);
        assert!(store.most <= bound, "{} bytes for a record of {record}", store.most);
    }
    assert_eq!(store.waited, 0, "no commit waits for a whole turn-over");
    assert!(store.turn_overs >= 3, "{}", store.turn_overs);
    store.check();
}

#[test]
fn a_large_value_that_each_commit_edits_somewhere_does_not_stop_a_turn_over() {
    let mut random = Random::new(5);
    let mut store = Store::new();
    let mut value = noise(&mut random, 1 << 20);
    store.commit(&put("hot", value.clone()));
    store.grow();
    let before = store.log.written();
    let mut records = 0;
    for _ in 0..2000 {
        let at = random.next() as usize % value.len();
        value[at] ^= 1;
        records += store.commit(&put("hot", value.clone()));
    }
    assert_eq!(store.waited, 0, "no commit waits for a whole turn-over");
    assert_eq!(records, 2000 * 4096, "an edit fits into one block");
    assert!(store.turn_overs >= 2);
    let written = store.log.written() - before;
    assert!(written < 2 * records, "{written} bytes for records of {records}");
    store.check();
}

#[test]
fn without_commits_a_turn_over_comes_to_its_end_in_pieces() {
    let mut random = Random::new(6);
    let mut store = Store::new();
    let size = store.log.size();
    for key in 0..8 {
        let changes = put(&format!("key {key}"), noise(&mut random, 120_000));
        store.log.append(&mut store.image, &[("owner", &changes)], None).expect("there is room");
        if store.log.used() * 4 > size * 3 {
            break;
        }
    }
    assert_eq!(store.log.work(), Work::Now);
    let mut steps = 0;
    while store.log.work() != Work::None {
        assert!(store.log.step(&store.image).expect("nothing fails") <= PIECE);
        steps += 1;
    }
    assert!(steps > 20, "{steps} steps, of which most make the file larger");
    assert!(store.log.size() >= 4 * store.image.live());
    assert_eq!(store.log.step(&store.image).expect("nothing is due"), 0);
    store.check();
}

#[test]
fn a_full_file_is_turned_over_at_once_if_no_step_came_in_time() {
    let mut random = Random::new(7);
    let mut store = Store::new();
    for round in 0..3000 {
        let changes = put(&format!("key {}", round % 100), noise(&mut random, 3000));
        store.log.append(&mut store.image, &[("owner", &changes)], None).expect("there is room");
    }
    store.check();
}
