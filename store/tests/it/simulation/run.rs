//! One log on a simulated disk, from one random event to the next, beside its model.

use footlight_store::{
    Image, LogError, Opened, Sizes, create,
    log::{AppendError, Log, Work},
};

use super::{
    disk::Disk,
    model::{Batch, Model},
    random::Random,
};

/// Small files, so that much happens in them.
pub const SIZES: Sizes = Sizes { least: 8 * 4096, piece: 2 * 4096 };

/// A log, and what it may contain.
#[derive(Debug)]
pub struct Run {
    disk: Disk,
    log: Log,
    image: Image,
    /// What was acknowledged.
    model: Model,
    /// What was being written when something failed. It is on the disk or not.
    pending: Option<Model>,
    /// What the last append was given. Clients try again what was cut.
    last: Option<Batch>,
    /// The last record is an end, with certainty.
    ended: bool,
    /// Some runs have a disk that is too small.
    bounded: bool,
    /// How often the power went off.
    pub cuts: u64,
    /// How often the other file became the active one, in steps.
    pub turn_overs: u64,
    /// How many of those followed a failure.
    pub fail_overs: u64,
    /// How often an append or a step failed without a cut.
    pub failures: u64,
    /// How often there was no room.
    pub full: u64,
}

impl Run {
    /// A new log.
    pub fn new(random: &mut Random) -> Self {
        let disk = Disk::new(Random::new(random.next()));
        create(disk.files(), random.next(), SIZES).expect("nothing fails yet");
        let (log, image, _) = Log::open(disk.files(), SIZES).expect("it is new");
        let bounded = random.once_in(4);
        if bounded {
            disk.set_capacity(2 * SIZES.least + random.below(16) * 4096);
        }
        disk.fail_one_in([0, 0, 40, 8][random.below(4) as usize]);
        Self {
            disk,
            log,
            image,
            model: Model::default(),
            pending: None,
            last: None,
            ended: false,
            bounded,
            cuts: 0,
            turn_overs: 0,
            fail_overs: 0,
            failures: 0,
            full: 0,
        }
    }

    /// Does one thing, and sometimes loses power meanwhile.
    pub fn act(&mut self, random: &mut Random) {
        if random.once_in(4) {
            self.disk.cut_after(random.below(8));
        }
        match random.below(32) {
            0 => self.end(),
            1 => self.log.fail_over(),
            // Another process takes over without a cut.
            2 => self.open(),
            3 => {
                self.disk.cut();
                self.cut();
            }
            4..16 => self.step(),
            _ => self.append(random),
        }
        if self.disk.is_off() {
            self.disk.cut();
            self.cut();
        }
        let wrong = self.model.difference(&self.image);
        assert_eq!(wrong, None, "the image is not what was acknowledged");
    }

    fn append(&mut self, random: &mut Random) {
        let largest = [300, 3000, 20_000][random.below(3) as usize];
        let mut batch = match self.last.take() {
            Some(batch) if random.once_in(3) => batch,
            _ => Batch::random(&self.model, random, largest),
        };
        batch.choose_blocks(&self.model, random);
        let mut after = self.model.clone();
        after.apply(&batch);
        let owners: Vec<_> = batch.owners.iter().map(|(name, all)| (*name, all)).collect();
        let failed = self.log.has_failed();
        match self.log.append(&mut self.image, &owners, batch.blocks) {
            Ok(appended) if appended.bytes == 0 => assert_eq!(self.model, after),
            Ok(_) => {
                assert!(!failed, "nothing is acknowledged after a failure");
                self.ended = false;
                self.model = after;
                self.pending = None;
            }
            Err(AppendError::Failed(_)) => {
                assert!(self.log.has_failed());
                self.failures += 1;
                // Later ones are not even tried.
                if !failed {
                    self.pending = Some(after);
                    self.ended = false;
                }
            }
            Err(AppendError::Full(_)) => {
                assert!(self.bounded, "there is room");
                self.full += 1;
                // A turn-over may have come first.
                self.ended = false;
            }
        }
        self.last = Some(batch);
    }

    fn end(&mut self) {
        let failed = self.log.has_failed();
        match self.log.append_end(&self.image) {
            Ok(_) => self.ended = true,
            Err(AppendError::Failed(_)) => assert!(self.log.has_failed()),
            Err(AppendError::Full(_)) => {
                assert!(self.bounded && !failed, "there is room");
                self.ended = false;
            }
        }
    }

    fn step(&mut self) {
        let (work, failed) = (self.log.work(), self.log.has_failed());
        let before = self.log.written();
        match self.log.step(&self.image) {
            Ok(bytes) => {
                assert_eq!(self.log.written() - before, bytes);
                assert!(bytes <= SIZES.piece as u64 + 64 * 4096, "a step is bounded");
                assert!(work != Work::None || bytes == 0);
                if failed && !self.log.has_failed() {
                    // The live set is in the other file.
                    self.pending = None;
                    self.fail_overs += 1;
                }
                self.turn_overs += u64::from(work != Work::None && self.log.work() == Work::None);
                // The end stayed behind in the old file.
                self.ended &= work == Work::None;
            }
            Err(_) => {
                self.failures += 1;
                self.ended = false;
            }
        }
    }

    fn cut(&mut self) {
        self.cuts += 1;
        self.open();
    }

    /// Opens the log as a new process does, and compares it with the model.
    fn open(&mut self) {
        let (log, image, opened) = self.opened().unwrap_or_else(|error| panic!("{error}"));
        if let Some(pending) = self.pending.take()
            && pending.difference(&image).is_none()
        {
            self.model = pending;
        }
        let lost = self.model.difference(&image);
        assert_eq!(lost, None, "something was lost, or was never there: {opened:?}");
        assert!(opened.clean || !self.ended, "the end was lost");
        self.ended = opened.clean;
        (self.log, self.image) = (log, image);
    }

    fn opened(&self) -> Result<(Log, Image, Opened), LogError> {
        loop {
            match Log::open(self.disk.files(), SIZES) {
                // A sync failed, or the power went off.
                Err(LogError::Io { .. }) => {
                    if self.disk.is_off() {
                        self.disk.cut();
                    }
                }
                other => return other,
            }
        }
    }
}
