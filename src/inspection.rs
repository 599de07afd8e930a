//! What an actor does, for those who inspect it: its last events and log lines, and how it is now.
//!
//! A record is a text in the form in which a page gets it: an event of a stream of server-sent events
//! (WHATWG HTML, section 9.2), with JSON. All inspectors of an actor read the same records, each at its
//! own pace. So an inspector takes no memory of its own, and one that is slow misses the oldest records.
//! It is told how many.
//!
//! - [`inspector`]: reads the records.
//! - [`json`]: writes the JSON.

pub(crate) mod inspector;
pub(crate) mod json;

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use log::Level;
use smol::channel::Sender;

use self::json::Text;
use crate::{beginning::beginning, lock::Lock, visible, world::World};

/// The bytes of all records of the process. Each inspected actor has the same share.
const HISTORY: usize = 256 << 10;
/// What a record counts for beside its text, in bytes: its entry and the allocator's overhead.
const OVERHEAD: usize = 32;
/// The most bytes of a log line that a record has.
const MAX_LINE: usize = 4096;

/// All inspected actors.
static ALL: Lock<Vec<Weak<Inspection>>> = Lock::new(Vec::new());
/// Whether there has been one. While there was none, a log line costs a look at this.
static ANY: AtomicBool = AtomicBool::new(false);

/// What is recorded of one actor.
#[derive(Debug)]
pub struct Inspection {
    /// Finds it for a log line.
    actor: Arc<str>,
    inner: Lock<Inner>,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    /// The last ones, oldest first.
    records: VecDeque<Box<str>>,
    /// What they take.
    bytes: usize,
    /// What they may take.
    share: usize,
    /// How many older ones were dropped.
    dropped: u64,
    /// How many of all were events. After an event the actor may be different.
    events: u64,
    /// How the actor was when it last showed itself, and how often it has done so. Only kept while
    /// somebody inspects it.
    view: (u64, Option<Box<str>>),
    /// Whether the actor has been asked to show itself, and has not done so yet.
    is_asked: bool,
    /// Wake the inspectors.
    inspectors: Vec<Sender<()>>,
}

impl Inspection {
    /// Begins to record an actor. Each inspected actor then has a smaller share of the history.
    pub(crate) fn new(actor: Arc<str>) -> Arc<Self> {
        let new = Arc::new(Self { actor, inner: Lock::default() });
        let mut all = ALL.lock();
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&new));
        let share = HISTORY / all.len();
        for one in all.iter().filter_map(Weak::upgrade) {
            let mut inner = one.inner.lock();
            inner.share = share;
            inner.trim();
        }
        ANY.store(true, Relaxed);
        new
    }

    /// Records an event. `members` has what there is to tell as JSON, each with a comma before it.
    pub(crate) fn event(&self, members: &str) {
        self.record("event", members);
    }

    /// Shows how the actor is now. `members` is as in [`event`](Self::event).
    pub(crate) fn show(&self, members: &str) {
        let view = record("view", members).into();
        let mut inner = self.inner.lock();
        inner.is_asked = false;
        // The last inspector may have gone meanwhile.
        if !inner.inspectors.is_empty() {
            inner.view = (inner.view.0 + 1, Some(view));
            inner.wake();
        }
    }

    /// Adds a record.
    fn record(&self, ty: &str, members: &str) {
        let record: Box<str> = record(ty, members).into();
        let mut inner = self.inner.lock();
        inner.events += u64::from(ty == "event");
        inner.bytes += record.len() + OVERHEAD;
        inner.records.push_back(record);
        inner.trim();
        inner.wake();
    }
}

/// Records a log line, if it is about an actor that is inspected.
pub(crate) fn log(target: &str, level: Level, text: &fmt::Arguments<'_>) {
    if !ANY.load(Relaxed) {
        return;
    }
    let name = target.split_once('#').map_or(target, |(name, _)| name);
    let all = ALL.lock();
    let found = all.iter().filter_map(Weak::upgrade).find(|one| *one.actor == *name);
    drop(all);
    let Some(inspection) = found else { return };
    let line = visible::lines(&text.to_string());
    let (from, text) = (Text(target), Text(beginning(&line, MAX_LINE)));
    inspection.record("log", &format!(",\"level\":\"{level}\",\"from\":{from},\"text\":{text}"));
}

/// A record with the time, in milliseconds since 1970, and with these members of the JSON.
fn record(ty: &str, members: &str) -> String {
    let now = World::System.since_1970();
    format!("event: {ty}\ndata: {{\"at\":{now}{members}}}\n\n")
}

impl Inner {
    /// Drops the oldest records until the others fit.
    fn trim(&mut self) {
        while self.bytes > self.share
            && let Some(oldest) = self.records.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(oldest.len() + OVERHEAD);
            self.dropped += 1;
        }
    }

    /// Wakes the inspectors.
    fn wake(&self) {
        for inspector in &self.inspectors {
            // One that is full is awake.
            let _ = inspector.try_send(());
        }
    }
}
