//! An actor's fuel: granted by the event, spent in slices.
//!
//! wasmi counts fuel: about one unit for an instruction. A call gets a slice of its fuel at a
//! time, and between slices the executor has its turn, so that a long call holds up nobody
//! else. Slices are also what keeps wasmi's native stack bounded: on its fast dispatch a
//! failing `memory.grow` uses up some of it until the call is left.

use wasmi::Store;

/// The most fuel that one step may need at once. A function's code outside loops is charged at
/// its entry, and bulk instructions by the bytes they move (1 unit for 512), so a step may need
/// more than a slice; past this bound it is refused, however much fuel the event has. It allows
/// 30 MB in one `memory.copy`, and code of 60,000 instructions without a loop. More could use up
/// the native stack: some builds of wasmi keep up to 190 bytes of it for each call until the
/// slice ends.
pub const MOST_AT_ONCE: u64 = 60_000;

/// The bytes that the host may move for one unit of a slice: so few that with the defaults the
/// largest state, in and out, fills a slice.
const BYTES_PER_UNIT: u64 = 64;

/// What came of asking for fuel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The store has it.
    Given,
    /// The event has not that much left.
    Spent,
    /// No step may need that much.
    TooMuch {
        /// The most that one may need.
        most: u64,
    },
}

/// The fuel of one actor.
#[derive(Debug)]
pub struct Meter {
    /// What each event is granted, for every entry into the guest on its behalf.
    limit: u64,
    /// How much the guest is given at a time.
    slice: u64,
    /// What the present event may still spend, with what the store has of it.
    left: u64,
    /// What the store was given last.
    given: u64,
    /// What has been spent since the executor had its turn, over all events, by the guest and by
    /// the host for it.
    unyielded: u64,
}

impl Meter {
    /// `limit` fuel for each event, `slice` at a time.
    pub fn new(limit: u64, slice: u64) -> Self {
        Self { limit, slice, left: limit, given: 0, unyielded: 0 }
    }

    /// Begins an event: all of its fuel is there.
    pub fn begin(&mut self) {
        self.left = self.limit;
    }

    /// What the present event has spent.
    pub fn spent(&self) -> u64 {
        self.limit.saturating_sub(self.left)
    }

    /// What each event is granted.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Gives the store a slice, or `needed` if that is more.
    ///
    /// # Errors
    /// The store does not count fuel, which would be this program's mistake.
    pub fn give<T>(&mut self, store: &mut Store<T>, needed: u64) -> Result<Grant, wasmi::Error> {
        let most = MOST_AT_ONCE.max(self.slice);
        // Said first: with more fuel, such a step would still be refused.
        if needed > most {
            return Ok(Grant::TooMuch { most });
        }
        if needed > self.left {
            return Ok(Grant::Spent);
        }
        self.given = needed.max(self.slice).min(self.left);
        store.set_fuel(self.given)?;
        Ok(Grant::Given)
    }

    /// Takes back what the store has not spent.
    ///
    /// # Errors
    /// The store does not count fuel, which would be this program's mistake.
    pub fn settle<T>(&mut self, store: &Store<T>) -> Result<(), wasmi::Error> {
        let spent = self.given.saturating_sub(store.get_fuel()?);
        self.given = 0;
        self.left = self.left.saturating_sub(spent);
        self.unyielded = self.unyielded.saturating_add(spent);
        Ok(())
    }

    /// Notes that the host has moved so many bytes into the guest or out of it. That costs the
    /// event nothing, but its time counts: a guest may do next to nothing with a large state.
    pub fn moved(&mut self, bytes: usize) {
        let units = u64::try_from(bytes).unwrap_or(u64::MAX) / BYTES_PER_UNIT;
        self.unyielded = self.unyielded.saturating_add(units);
    }

    /// Takes fuel for what the host does for the guest.
    pub fn charge(&mut self, units: u64) {
        self.left = self.left.saturating_sub(units);
        self.unyielded = self.unyielded.saturating_add(units);
    }

    /// Lets the executor have its turn: after an instance was made, which takes long and no fuel,
    /// and which clients can have done again and again, by making the guest trap; and where
    /// connections have to write before the actor goes on.
    pub async fn rest(&mut self) {
        self.unyielded = 0;
        smol::future::yield_now().await;
    }

    /// Lets the executor have its turn, if a slice has been spent since the last one.
    pub async fn pause(&mut self) {
        if self.unyielded >= self.slice {
            self.unyielded = 0;
            smol::future::yield_now().await;
        }
    }
}
