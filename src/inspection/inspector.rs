//! Reads what is recorded of an actor.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use smol::channel::{self, Receiver};

use super::{Inspection, record};

/// The most inspectors of the process at a time.
const MAX_INSPECTORS: usize = 8;
/// An inspector takes no further record once it has so many bytes.
const CHUNK: usize = 64 << 10;

/// How many inspectors there are.
static INSPECTORS: AtomicUsize = AtomicUsize::new(0);

/// Reads what is recorded of one actor.
#[derive(Debug)]
pub(crate) struct Inspector {
    of: Arc<Inspection>,
    /// How many records it has read or missed.
    read: u64,
    /// The view that it has read.
    view: u64,
    /// How many events there were when it last asked for a view. `None` if it has not asked yet.
    asked: Option<u64>,
    woken: Receiver<()>,
}

impl Inspector {
    /// An inspector that begins with the oldest record. `None` if the process has eight already.
    pub(crate) fn new(of: &Arc<Inspection>) -> Option<Self> {
        let add = |count| (count < MAX_INSPECTORS).then_some(count + 1);
        INSPECTORS.fetch_update(Relaxed, Relaxed, add).ok()?;
        let (sender, woken) = channel::bounded(1);
        let mut inner = of.inner.lock();
        inner.inspectors.push(sender);
        let view = inner.view.0;
        drop(inner);
        Some(Self { of: of.clone(), read: 0, view, asked: None, woken })
    }

    /// Has the actor show itself if it may have changed since this inspector last did so. `ask` tells
    /// the actor, and returns whether it could.
    pub(crate) fn ask(&mut self, ask: impl FnOnce() -> bool) {
        let mut inner = self.of.inner.lock();
        if self.asked == Some(inner.events) {
            return;
        }
        if inner.is_asked || ask() {
            inner.is_asked = true;
            self.asked = Some(inner.events);
        }
    }

    /// Waits for something new.
    pub(crate) async fn next(&mut self) -> String {
        loop {
            let text = self.take();
            if !text.is_empty() {
                return text;
            }
            let _ = self.woken.recv().await;
        }
    }

    /// What is new. Empty if there is nothing.
    fn take(&mut self) -> String {
        let mut text = String::new();
        let inner = self.of.inner.lock();
        if self.view != inner.view.0 {
            self.view = inner.view.0;
            text += inner.view.1.as_deref().unwrap_or_default();
        }
        let missed = inner.dropped.saturating_sub(self.read);
        if missed > 0 {
            self.read = inner.dropped;
            text += &record("missed", &format!(",\"records\":{missed}"));
        }
        let read = usize::try_from(self.read.saturating_sub(inner.dropped)).unwrap_or(usize::MAX);
        let new = inner.records.iter().skip(read);
        for record in new {
            if text.len() >= CHUNK {
                break;
            }
            text += record;
            self.read += 1;
        }
        text
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        self.woken.close();
        let mut inner = self.of.inner.lock();
        inner.inspectors.retain(|one| !one.is_closed());
        if inner.inspectors.is_empty() {
            inner.view.1 = None;
        }
        INSPECTORS.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use log::Level;

    use super::{
        super::{HISTORY, MAX_LINE, log},
        *,
    };

    /// The shares and the number of inspectors are those of the process.
    static ALONE: Mutex<()> = Mutex::new(());

    /// Adds an event of this many bytes.
    fn add(inspection: &Inspection, bytes: usize) {
        inspection.event(&" ".repeat(bytes));
    }

    /// The types of what an inspector reads now.
    fn types(inspector: &mut Inspector) -> Vec<String> {
        let text = inspector.take();
        let types = text.lines().filter_map(|line| line.strip_prefix("event: "));
        types.map(str::to_owned).collect()
    }

    #[test]
    fn the_oldest_records_make_room_and_the_actors_share_the_history() {
        let _alone = ALONE.lock();
        let one = Inspection::new("one".into());
        for _ in 0..HISTORY / 1000 {
            add(&one, 1000);
        }
        let bytes = |inspection: &Inspection| inspection.inner.lock().bytes;
        let records = |inspection: &Inspection| inspection.inner.lock().records.len();
        assert!(bytes(&one) <= HISTORY && bytes(&one) > HISTORY - 2000);
        let other = Inspection::new("other".into());
        assert!(bytes(&one) <= HISTORY / 2);
        add(&other, HISTORY / 2 - 200);
        assert_eq!(records(&other), 1);
        // What is larger than the share is not kept.
        add(&other, HISTORY / 2);
        assert_eq!((records(&other), bytes(&other)), (0, 0));
        // The shares of those that are gone are free again.
        drop(other);
        let other = Inspection::new("other".into());
        assert_eq!(other.inner.lock().share, HISTORY / 2);
    }

    #[test]
    fn an_inspector_reads_each_record_once_and_is_told_what_it_has_missed() {
        let _alone = ALONE.lock();
        let inspection = Inspection::new("actor".into());
        add(&inspection, 1);
        let mut inspector = Inspector::new(&inspection).unwrap();
        assert_eq!(types(&mut inspector), ["event"]);
        assert!(types(&mut inspector).is_empty());
        for _ in 0..4 {
            add(&inspection, HISTORY / 4);
        }
        let text = inspector.take();
        assert!(text.starts_with("event: missed\n") && text.contains(",\"records\":1}"), "{text}");
        assert_eq!(types(&mut inspector), ["event"]);
    }

    #[test]
    fn an_actor_is_asked_to_show_itself_once_for_all_inspectors_and_after_an_event() {
        let _alone = ALONE.lock();
        let inspection = Inspection::new("actor".into());
        let mut both = [(); 2].map(|()| Inspector::new(&inspection).unwrap());
        let asked = |inspector: &mut Inspector| {
            let mut asked = false;
            inspector.ask(|| {
                asked = true;
                true
            });
            asked
        };
        assert_eq!(both.each_mut().map(asked), [true, false]);
        inspection.show("");
        assert_eq!(both.each_mut().map(asked), [false, false]);
        for inspector in &mut both {
            assert_eq!(types(inspector), ["view"]);
        }
        add(&inspection, 1);
        // The actor can't be told at the moment.
        both[0].ask(|| false);
        assert!(asked(&mut both[0]));
        drop(both);
        inspection.show("");
        assert_eq!(inspection.inner.lock().view, (1, None), "nobody looks at it");
    }

    #[test]
    fn a_line_of_the_log_is_recorded_for_its_actor_only_and_shows_what_is_hidden() {
        let _alone = ALONE.lock();
        let inspections = ["a", "b"].map(|name| Inspection::new(name.into()));
        for target in ["a", "a#7", "ab", "footlight"] {
            log(target, Level::Warn, &format_args!("\"x\"\n\u{202e}"));
        }
        log("b", Level::Info, &format_args!("{}", "y".repeat(MAX_LINE + 1)));
        let [mut a, mut b] = inspections.each_ref().map(|one| Inspector::new(one).unwrap());
        let (a, b) = (a.take(), b.take());
        assert_eq!(a.matches("event: log\n").count(), 2, "{a}");
        let line =
            "\"level\":\"WARN\",\"from\":\"a#7\",\"text\":\"\\\"x\\\"\\u000a\\\\u{202e}\"}\n\n";
        assert!(a.ends_with(line), "{a}");
        assert_eq!(b.matches('y').count(), MAX_LINE);
    }

    #[test]
    fn so_many_inspectors_and_no_more() {
        let _alone = ALONE.lock();
        let inspection = Inspection::new("actor".into());
        let mut all: Vec<_> = (0..8).map(|_| Inspector::new(&inspection).unwrap()).collect();
        assert!(Inspector::new(&inspection).is_none());
        all.pop();
        assert!(Inspector::new(&inspection).is_some());
    }
}
