//! A disk with two files that loses its power, fails, and becomes full.
//!
//! What was written since a file's last sync is kept in blocks of 4096 bytes. At a power cut each of
//! them is on the disk, or not, or is garbage. A failed sync has written any of them. The system then
//! shows the others until it forgets them, and never writes them.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use footlight_store::file::File;

use super::random::Random;

const BLOCK: usize = 4096;
const SECTOR: usize = 512;

/// The disk. Clones are the same disk.
#[derive(Debug, Clone)]
pub struct Disk(Arc<Mutex<State>>);

/// One of its files.
#[derive(Debug)]
pub struct DiskFile {
    disk: Disk,
    index: usize,
}

#[derive(Debug)]
struct State {
    random: Random,
    platters: [Platter; 2],
    /// The power goes off in this many operations.
    fuse: Option<u64>,
    off: bool,
    /// One in this many writes or syncs fails. None does at 0.
    failing: u64,
    /// Both files together can't be larger.
    capacity: u64,
}

#[derive(Debug, Default)]
struct Platter {
    /// What is on the disk.
    durable: Vec<u8>,
    /// Blocks that were written since the last sync, by number.
    unsynced: BTreeMap<usize, Vec<u8>>,
    /// Blocks that the system shows but never writes, after a failed sync.
    forgotten: BTreeMap<usize, Vec<u8>>,
    /// The size that the system shows, in bytes.
    size: usize,
}

impl Disk {
    /// Two empty files.
    pub fn new(random: Random) -> Self {
        Self(Arc::new(Mutex::new(State {
            random,
            platters: Default::default(),
            fuse: None,
            off: false,
            failing: 0,
            capacity: u64::MAX,
        })))
    }

    /// The files as a new process opens them: what an earlier one has written is synced, and what the
    /// system shows is what the disk has.
    pub fn files(&self) -> [DiskFile; 2] {
        for platter in &mut self.state().platters {
            platter.sync();
            platter.forgotten.clear();
            platter.size = platter.durable.len();
        }
        [0, 1].map(|index| DiskFile { disk: self.clone(), index })
    }

    /// Turns the power off in the middle of the operation that comes after `operations` more.
    pub fn cut_after(&self, operations: u64) {
        self.state().fuse = Some(operations);
    }

    /// Whether the power is off.
    pub fn is_off(&self) -> bool {
        self.state().off
    }

    /// Turns the power off if it is not, and on again.
    pub fn cut(&self) {
        let mut state = self.state();
        let State { random, platters, fuse, off, .. } = &mut *state;
        platters.iter_mut().for_each(|platter| platter.cut(random));
        (*fuse, *off) = (None, false);
    }

    /// Lets one in `failing` operations fail, none at 0.
    pub fn fail_one_in(&self, failing: u64) {
        self.state().failing = failing;
    }

    /// Bounds the sizes of both files together.
    pub fn set_capacity(&self, capacity: u64) {
        self.state().capacity = capacity;
    }

    /// What is on the disk.
    pub fn contents(&self) -> [Vec<u8>; 2] {
        let state = self.state();
        [0, 1].map(|index| state.platters[index].durable.clone())
    }

    /// Puts these bytes on the disk.
    pub fn set_contents(&self, contents: [Vec<u8>; 2]) {
        for (platter, durable) in self.state().platters.iter_mut().zip(contents) {
            *platter = Platter { size: durable.len(), durable, ..Platter::default() };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no operation panics")
    }
}

/// What an operation does.
enum Outcome {
    Succeeds,
    Fails,
    /// The power goes off meanwhile.
    Ends,
}

impl State {
    fn outcome(&mut self) -> io::Result<Outcome> {
        if self.off {
            return Err(io::Error::other("the power is off"));
        }
        if let Some(left) = self.fuse {
            self.fuse = left.checked_sub(1);
            if left == 0 {
                self.off = true;
                return Ok(Outcome::Ends);
            }
        }
        if self.failing > 0 && self.random.once_in(self.failing) {
            return Ok(Outcome::Fails);
        }
        Ok(Outcome::Succeeds)
    }
}

impl Platter {
    /// A block as the system shows it.
    fn block(&self, number: usize) -> Vec<u8> {
        let shown = self.unsynced.get(&number).or_else(|| self.forgotten.get(&number));
        shown.cloned().unwrap_or_else(|| self.durable_block(number))
    }

    fn durable_block(&self, number: usize) -> Vec<u8> {
        let start = self.durable.len().min(number * BLOCK);
        let mut block = self.durable[start..self.durable.len().min(start + BLOCK)].to_vec();
        block.resize(BLOCK, 0);
        block
    }

    fn store(&mut self, number: usize, block: &[u8]) {
        let end = (number + 1) * BLOCK;
        if self.durable.len() < end {
            self.durable.resize(end, 0);
        }
        self.durable[number * BLOCK..end].copy_from_slice(block);
    }

    fn write(&mut self, number: usize, block: &[u8]) {
        self.forgotten.remove(&number);
        self.unsynced.insert(number, block.to_vec());
        self.size = self.size.max((number + 1) * BLOCK);
    }

    fn sync(&mut self) {
        for (number, block) in std::mem::take(&mut self.unsynced) {
            self.store(number, &block);
        }
        // The size is synced with what was written there.
        self.durable.resize(self.durable.len().max(self.size), 0);
    }

    /// Each block is on the disk or not. The system shows it either way.
    fn fail_sync(&mut self, random: &mut Random) {
        for (number, block) in std::mem::take(&mut self.unsynced) {
            if random.next().is_multiple_of(2) {
                self.store(number, &block);
            } else {
                self.forgotten.insert(number, block);
            }
        }
    }

    fn cut(&mut self, random: &mut Random) {
        let all = std::mem::take(&mut self.unsynced);
        // Most cuts either spare nearly everything or nearly nothing.
        let spared = [1, 8, 15][(random.next() % 3) as usize];
        for (number, new) in all {
            match random.next() % 16 {
                kind if kind < spared => self.store(number, &new),
                kind if kind % 2 == 0 => {}
                _ => {
                    let torn = torn(&self.durable_block(number), &new, random);
                    self.store(number, &torn);
                }
            }
        }
        self.forgotten.clear();
        // The size may be on the disk without what was written there.
        if random.next().is_multiple_of(2) {
            self.durable.resize(self.durable.len().max(self.size), 0);
        }
        self.size = self.durable.len();
    }
}

/// A block that was being written when the power went off: garbage, or some sectors of each.
fn torn(old: &[u8], new: &[u8], random: &mut Random) -> Vec<u8> {
    let mut torn = old.to_vec();
    if random.next().is_multiple_of(4) {
        random.fill(&mut torn);
    } else {
        let bits = random.next();
        for (sector, bytes) in torn.chunks_mut(SECTOR).enumerate() {
            if bits >> sector & 1 == 1 {
                bytes.copy_from_slice(&new[sector * SECTOR..][..bytes.len()]);
            }
        }
    }
    torn
}

fn failed() -> io::Error {
    io::Error::other("input/output error")
}

impl File for DiskFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.state().platters[self.index].size as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.disk.state();
        let platter = &state.platters[self.index];
        let (mut at, end) = (offset as usize, offset as usize + buffer.len());
        if end > platter.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut rest = buffer;
        while at < end {
            let block = platter.block(at / BLOCK);
            let part = &block[at % BLOCK..];
            let len = part.len().min(rest.len());
            rest[..len].copy_from_slice(&part[..len]);
            rest = &mut rest[len..];
            at += len;
        }
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        assert_eq!(
            (offset as usize % BLOCK, bytes.len() % BLOCK),
            (0, 0),
            "writes are whole blocks"
        );
        let mut state = self.disk.state();
        let outcome = state.outcome()?;
        let sizes: usize = state.platters.iter().map(|platter| platter.size).sum();
        let State { random, platters, capacity, .. } = &mut *state;
        let platter = &mut platters[self.index];
        let grown = (offset as usize + bytes.len()).saturating_sub(platter.size);
        if grown > 0 && (sizes + grown) as u64 > *capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let first = offset as usize / BLOCK;
        for (number, block) in (first..).zip(bytes.chunks(BLOCK)) {
            if matches!(outcome, Outcome::Succeeds) || random.next().is_multiple_of(2) {
                platter.write(number, block);
            }
        }
        match outcome {
            Outcome::Succeeds => Ok(()),
            Outcome::Fails | Outcome::Ends => Err(failed()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        let outcome = state.outcome()?;
        let State { random, platters, .. } = &mut *state;
        let platter = &mut platters[self.index];
        match outcome {
            Outcome::Succeeds => platter.sync(),
            Outcome::Fails => platter.fail_sync(random),
            Outcome::Ends => {}
        }
        match outcome {
            Outcome::Succeeds => Ok(()),
            Outcome::Fails | Outcome::Ends => Err(failed()),
        }
    }
}
