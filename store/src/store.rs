//! The store: opens the folder, starts the thread, hands out the owners' handles, and ends it all.

use std::{
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use ::log::warn;

use crate::{
    blocks::Blocks,
    contents::Origin,
    deadline_file::{DeadlineFile, Watch},
    file::File,
    folder::Folder,
    log::Log,
    log_error::LogError,
    open_error::OpenError,
    owner::Owner,
    owner_state::Durability,
    shared::Shared,
    spare::Sizes,
    stats::Stats,
    threads,
    which::Which,
    writer::Writer,
};

/// The stack of the store's thread, in bytes.
const STACK: usize = 128 * 1024;

/// What the operator decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The budget for writing, in bytes a day. What an hour gives can be saved up. Beyond the budget,
    /// changes are gathered into at most about one record a second.
    pub wear: u64,
    /// How long an operation on a file may take, and how long changes may wait. It bounds `close` too.
    pub wait: Duration,
}

/// What was found when the store was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Where a commit was cut and dropped, as an offset in its file. It had not been acknowledged.
    pub torn: Option<u64>,
    /// Whether the last process ended cleanly. A new store has.
    pub clean: bool,
    /// What all contents take in a file, in bytes.
    pub bytes: u64,
    /// How many owners have something stored.
    pub owners: usize,
}

/// An open store. The last one of its clones closes it when it is dropped.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

/// What the clones share. Owners' handles do not have it, so they do not keep the store open.
#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    opened: Summary,
}

impl Store {
    /// Opens or makes `dir/store`.
    ///
    /// # Errors
    /// Another process has it, its files are damaged or of a newer version, or the system refuses.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let (folder, files) = Folder::open(dir)?;
        // An overdue write may happen after the store is gone, so the folder stays locked as long as
        // any file is in use.
        let folder = Arc::new(folder);
        let files = files.map(|file| Held { file, _lock: Arc::clone(&folder) });
        Self::with_files(files, options).map_err(|error| folder.unreadable(error))
    }

    /// A store on these files, which have a chain already. `open` does the same for a folder.
    ///
    /// # Errors
    /// The files are damaged or of a newer version, or can't be read.
    pub fn with_files(files: [impl File + 'static; 2], options: Options) -> Result<Self, LogError> {
        let shared = Arc::new(Shared::new(options.wait));
        let (log, image, found) = Log::open(files, Sizes::default())?;
        // Reading is done, and would be slow through another thread.
        let log = log
            .through(|which, file| deadline_file(file, which, &shared))
            .map_err(|error| LogError::Io { file: found.file, error })?;
        let is_new = image.blocks() == 0 && image.owners().next().is_none();
        let opened = Summary {
            torn: found.torn,
            clean: found.clean || (is_new && found.torn.is_none()),
            bytes: image.live(),
            owners: image.owners().filter(|(_, contents)| !contents.is_empty()).count(),
        };
        shared.desk().blocks = Blocks::new(image.blocks());
        *shared.image() = image;
        let writer = Writer::new(Arc::clone(&shared), log, options.wear);
        start(writer, Arc::clone(&shared))
            .map_err(|error| LogError::Io { file: found.file, error })?;
        Ok(Self(Arc::new(Inner { shared, opened })))
    }

    /// What was found when the store was opened.
    #[must_use]
    pub fn opened(&self) -> Summary {
        self.0.opened
    }

    /// The names of all owners that have something stored now.
    #[must_use]
    pub fn owners(&self) -> Vec<String> {
        let image = self.0.shared.image();
        let stored = image.owners().filter(|(_, contents)| !contents.is_empty());
        stored.map(|(name, _)| name.to_string()).collect()
    }

    /// The origins that are on the disk, with the names of their owners.
    #[must_use]
    pub fn origins(&self) -> Vec<(Box<str>, Origin)> {
        let mut origins = Vec::new();
        for (name, contents) in self.0.shared.image().owners() {
            origins.extend(contents.origin.map(|origin| (name.clone(), origin)));
        }
        origins
    }

    /// The handle of the owner called `name`, which need not have anything stored. There should be one
    /// handle for each name at a time: several share their tickets and whom to wake.
    #[must_use]
    pub fn owner(&self, name: &str, durability: Durability) -> Owner {
        let id = self.0.shared.desk().queue.add_handle(name, durability);
        Owner::new(Arc::clone(&self.0.shared), name, id)
    }

    /// The number of a block of 2^20 connection numbers that was never handed out before, below 2^33.
    /// The first one ever is 0. `None` if the disk does not say that it is reserved.
    ///
    /// A spare is kept reserved, so this does not wait for the disk. Only the first call after `open`
    /// may, for two operations at most.
    #[must_use]
    pub fn next_block(&self) -> Option<u64> {
        let shared = &self.0.shared;
        let deadline = Instant::now() + shared.wait.saturating_mul(2);
        let mut desk = shared.desk();
        loop {
            if let Some(block) = desk.blocks.take() {
                drop(desk);
                shared.call_thread();
                return Some(block);
            }
            let over = desk.ended.is_some() || Instant::now() >= deadline;
            if desk.blocks.tried || desk.blocks.are_used_up() || over {
                return None;
            }
            desk = shared.wait_for_thread(desk, deadline);
        }
    }

    /// Whether changes can be stored.
    ///
    /// # Errors
    /// Why they can't be at present, or never will be again.
    pub fn health(&self) -> Result<(), String> {
        self.0
            .shared
            .desk()
            .queue
            .trouble()
            .map_or(Ok(()), |failed| Err(failed.reason().to_owned()))
    }

    /// What the store has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let live = self.0.shared.image().live();
        let desk = self.0.shared.desk();
        let pending = u64::try_from(desk.queue.bytes()).unwrap_or(u64::MAX);
        Stats { live, pending, ..desk.stats.clone() }
    }

    /// Writes everything that waits, notes that the end was clean, and ends the thread. Waits for that
    /// for `wait` at most. Changes that are handed over later fail.
    ///
    /// # Errors
    /// What could not be written, or that the disk did not answer in time.
    pub fn close(&self) -> Result<(), String> {
        self.0.close()
    }
}

impl Inner {
    fn close(&self) -> Result<(), String> {
        let deadline = Instant::now() + self.shared.wait;
        let mut desk = self.shared.desk();
        desk.closing.get_or_insert(deadline);
        self.shared.call_thread();
        loop {
            if let Some(ended) = &desk.ended {
                return ended.clone().map_err(|why| why.to_string());
            }
            if Instant::now() >= deadline {
                return Err("the disk did not answer in time; what waited may be lost".into());
            }
            desk = self.shared.wait_for_thread(desk, deadline);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Err(why) = self.close() {
            warn!(target: "footlight", "the store has not ended cleanly: {why}");
        }
    }
}

/// A file that keeps its folder locked.
#[derive(Debug)]
struct Held<F> {
    file: F,
    /// Only its drop matters.
    _lock: Arc<Folder>,
}

impl<F: File> File for Held<F> {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }
}

/// Gives a file a thread of its own.
fn deadline_file(
    file: Box<dyn File>,
    which: Which,
    shared: &Arc<Shared>,
) -> io::Result<Box<dyn File>> {
    let name = match which {
        Which::A => "footlight-store-a",
        Which::B => "footlight-store-b",
    };
    let watch = Arc::clone(shared) as Arc<dyn Watch>;
    Ok(Box::new(DeadlineFile::new(file, name, shared.wait, watch)?))
}

/// Starts the store's thread.
fn start(mut writer: Writer, shared: Arc<Shared>) -> io::Result<()> {
    let run = move || {
        let mut ending = Ending { shared, outcome: Err("its thread has panicked".into()) };
        ending.outcome = writer.run();
        // The files are closed before anybody learns of the end, so that the folder can be opened anew.
        drop(writer);
    };
    threads::spawn("footlight-store", STACK, Box::new(run))
}

/// Tells everybody when the thread ends, also if it does so by a panic.
struct Ending {
    shared: Arc<Shared>,
    outcome: Result<(), Arc<str>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.shared.end(self.outcome.clone());
    }
}
