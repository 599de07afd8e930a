//! A disk in memory that fails and hangs when a test says so, and forgets what was not synced.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock},
    time::Duration,
};

use footlight_store::{Options, Sizes, Store, create, file::File};

use crate::people::PATIENCE;

/// What a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Write,
    Sync,
}

/// What happens to the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It fails with this number of the system. A write is half done. What was not synced is lost.
    Error(i32),
    /// It takes until `release`.
    Hang,
}

/// An error of the hardware.
pub(crate) const EIO: i32 = 5;
/// A full disk.
pub(crate) const ENOSPC: i32 = 28;
/// A disk that the system has made read-only.
pub(crate) const EROFS: i32 = 30;

/// Hits operations of one kind: `skip` of them succeed, then `times` of them are hit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) skip: usize,
    pub(crate) times: usize,
    pub(crate) how: How,
    /// Only operations on this file count.
    pub(crate) file: Option<usize>,
}

#[derive(Default)]
struct State {
    /// What a reader sees.
    seen: [Vec<u8>; 2],
    /// What survives a power cut.
    durable: [Vec<u8>; 2],
    /// Where they may differ.
    dirty: [Vec<(usize, usize)>; 2],
    faults: Vec<Fault>,
    /// Whether any of them has hit anything.
    hit: bool,
    /// Whether no file can grow.
    full: bool,
    /// How many operations hang.
    hanging: usize,
    /// Whether operations may hang: `release` ends that for good.
    released: bool,
    /// How many syncs there were, with those that failed.
    syncs: u64,
}

/// The disk with its two files.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<(Mutex<State>, Condvar)>);

impl Disk {
    /// A disk with a new, empty store.
    pub(crate) fn new() -> Self {
        static FRESH: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
        Self::with(FRESH.get_or_init(made).clone())
    }

    fn with(files: [Vec<u8>; 2]) -> Self {
        let state = State { seen: files.clone(), durable: files, ..State::default() };
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }

    /// What is left after a power cut: what was synced. Operations that hang never happen.
    pub(crate) fn cut(&self) -> Self {
        Self::with(self.state().durable.clone())
    }

    /// The same, but of each block that was not synced chance decides: it is new, old or garbage.
    pub(crate) fn torn(&self, mut chance: impl FnMut() -> u8) -> Self {
        let state = self.state();
        let mut files = state.durable.clone();
        for (file, (seen, dirty)) in files.iter_mut().zip(state.seen.iter().zip(&state.dirty)) {
            file.resize(file.len().max(seen.len()), 0);
            for block in dirty.iter().flat_map(|(start, len)| (*start..start + len).step_by(4096)) {
                let end = (block + 4096).min(seen.len());
                match chance() % 3 {
                    0 => file[block..end].copy_from_slice(&seen[block..end]),
                    1 => file[block..end].fill_with(&mut chance),
                    _ => {}
                }
            }
        }
        Self::with(files)
    }

    /// A store on it, with any budget for wear.
    pub(crate) fn store(&self, wait: Duration) -> Store {
        self.store_with(Options { wear: u64::MAX, wait })
    }

    pub(crate) fn store_with(&self, options: Options) -> Store {
        Store::with_files(self.files(), options).unwrap()
    }

    fn files(&self) -> [DiskFile; 2] {
        [0, 1].map(|index| DiskFile { disk: self.clone(), index })
    }

    /// Adds a fault. Its count begins now.
    pub(crate) fn fail(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// From now on all operations of this kind fail.
    pub(crate) fn fail_all(&self, kind: Kind, how: How) {
        self.fail(Fault { kind, skip: 0, times: usize::MAX, how, file: None });
    }

    /// Whether a fault has hit anything.
    pub(crate) fn has_failed(&self) -> bool {
        self.state().hit
    }

    /// From now on no file can grow.
    pub(crate) fn fill(&self) {
        self.state().full = true;
    }

    /// The disk is sound again. What hangs goes on.
    pub(crate) fn mend(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.full = false;
        state.released = true;
        drop(state);
        self.0.1.notify_all();
    }

    /// Waits until an operation hangs.
    pub(crate) fn wait_for_hang(&self) {
        let state = self.state();
        let wait = self.0.1.wait_timeout_while(state, PATIENCE, |state| state.hanging == 0);
        assert!(!wait.unwrap().1.timed_out(), "nothing hangs");
    }

    /// How many syncs there were.
    pub(crate) fn syncs(&self) -> u64 {
        self.state().syncs
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap()
    }

    /// Applies the faults to an operation, which may hang here.
    fn meet(&self, file: usize, kind: Kind) -> Option<i32> {
        let mut state = self.state();
        let mut hit = None;
        for fault in &mut state.faults {
            if fault.kind != kind || fault.file.is_some_and(|only| only != file) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if fault.times > 0 {
                fault.times -= 1;
                hit.get_or_insert(fault.how);
            }
        }
        let hit = hit?;
        state.hit = true;
        match hit {
            How::Error(number) => Some(number),
            How::Hang => {
                state.released = false;
                state.hanging += 1;
                self.0.1.notify_all();
                let mut state = self.0.1.wait_while(state, |state| !state.released).unwrap();
                state.hanging -= 1;
                None
            }
        }
    }
}

/// One of the files.
struct DiskFile {
    disk: Disk,
    index: usize,
}

impl File for DiskFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.state().seen[self.index].len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.disk.state();
        let start = usize::try_from(offset).unwrap();
        let bytes = state.seen[self.index].get(start..start + buffer.len());
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let error = self.disk.meet(self.index, Kind::Write);
        let len = if error.is_some() { bytes.len() / 2 } else { bytes.len() };
        let mut state = self.disk.state();
        let start = usize::try_from(offset).unwrap();
        let full = state.full;
        let seen = &mut state.seen[self.index];
        if full && start + bytes.len() > seen.len() {
            return Err(io::Error::from_raw_os_error(ENOSPC));
        }
        seen.resize(seen.len().max(start + len), 0);
        seen[start..start + len].copy_from_slice(&bytes[..len]);
        state.dirty[self.index].push((start, len));
        error.map_or(Ok(()), |number| Err(io::Error::from_raw_os_error(number)))
    }

    fn sync(&self) -> io::Result<()> {
        let error = self.disk.meet(self.index, Kind::Sync);
        let mut state = self.disk.state();
        let State { seen, durable, dirty, .. } = &mut *state;
        let (seen, durable) = (&seen[self.index], &mut durable[self.index]);
        // After an error nobody ever writes these: that is what Linux may do.
        for (start, len) in std::mem::take(&mut dirty[self.index]) {
            if error.is_none() {
                durable.resize(durable.len().max(seen.len()), 0);
                durable[start..start + len].copy_from_slice(&seen[start..start + len]);
            }
        }
        state.syncs += 1;
        error.map_or(Ok(()), |number| Err(io::Error::from_raw_os_error(number)))
    }
}

/// The files of a new store.
fn made() -> [Vec<u8>; 2] {
    let disk = Disk::default();
    create(disk.files(), 7, Sizes::default()).unwrap();
    disk.state().durable.clone()
}
