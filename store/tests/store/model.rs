//! Random sequences of calls, faults, ends and power cuts, compared with a model.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use footlight_store::{Changes, Contents, Durability, Owner, Store, StoredAlarm, Ticket};
use proptest::{collection::vec, option, prelude::*};

use crate::{
    disk::{Disk, EIO, Fault, How, Kind},
    people::{durable, recovered},
};

const WAIT: Duration = Duration::from_secs(30);
const OWNERS: usize = 4;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// An owner hands over changes.
    Commit(usize, Change),
    /// A strict owner waits for all that it has handed over.
    Wait(usize),
    /// The operation after so many fails.
    Fault(Kind, usize),
    /// A process ends cleanly, and another one starts.
    Close,
    /// The power is cut. The bytes decide what becomes of the blocks that were not synced.
    Cut(Vec<u8>),
    /// A block of connection numbers is taken.
    Block,
}

/// Changes as a test makes them.
#[derive(Clone, Debug)]
struct Change {
    forget: bool,
    state: Option<Option<(u8, usize)>>,
    keys: BTreeMap<u8, Option<(u8, usize)>>,
    alarm: Option<Option<u64>>,
    opens: u8,
    closes: Option<usize>,
}

fn value() -> impl Strategy<Value = (u8, usize)> {
    let len = prop_oneof![8 => 0_usize..200, 1 => Just(5000), 1 => 80_000_usize..120_000];
    (any::<u8>(), len)
}

fn change() -> impl Strategy<Value = Change> {
    let keys = proptest::collection::btree_map(0_u8..6, option::of(value()), 0..3);
    let state = option::weighted(0.4, option::weighted(0.9, value()));
    let alarm = option::weighted(0.2, option::of(any::<u64>()));
    let closes = option::weighted(0.3, any::<usize>());
    (proptest::bool::weighted(0.03), state, keys, alarm, 0_u8..3, closes).prop_map(
        |(forget, state, keys, alarm, opens, closes)| Change {
            forget,
            state,
            keys,
            alarm,
            opens,
            closes,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![Just(Kind::Write), Just(Kind::Sync)];
    prop_oneof![
        20 => (0..OWNERS, change()).prop_map(|(owner, change)| Step::Commit(owner, change)),
        8 => (0..OWNERS).prop_map(Step::Wait),
        2 => (kind, 0_usize..4).prop_map(|(kind, skip)| Step::Fault(kind, skip)),
        1 => Just(Step::Close),
        2 => vec(any::<u8>(), 1..20).prop_map(Step::Cut),
        1 => Just(Step::Block),
    ]
}

fn bytes((first, len): (u8, usize)) -> Bytes {
    // A cheap text that differs at both ends.
    Bytes::from(vec![first; len])
}

/// An owner, and what may be stored of it.
struct Modelled {
    name: String,
    owner: Owner,
    /// What was there after each event that may still be lost, and what is known to be durable first.
    history: Vec<(Ticket, Contents)>,
    /// The next connection's number.
    connection: u64,
}

impl Modelled {
    fn new(store: &Store, index: usize) -> Self {
        let name = format!("owner {index}");
        let owner = store.owner(&name, durability(index));
        let contents = owner.contents();
        Self { name, owner, history: vec![(Ticket::default(), contents)], connection: 1 }
    }

    fn commit(&mut self, change: &Change) {
        let mut contents = self.history.last().unwrap().1.clone();
        let mut changes = Changes { forget: change.forget, ..Changes::default() };
        if change.forget {
            contents = Contents::default();
        }
        if let Some(state) = change.state {
            contents.state = state.map(bytes);
            changes.state = Some(contents.state.clone());
        }
        for (key, value) in &change.keys {
            let (key, value): (Box<str>, _) = (format!("key {key}").into(), value.map(bytes));
            match &value {
                Some(value) => contents.keys.insert(key.clone(), value.clone()),
                None => contents.keys.remove(&key),
            };
            changes.keys.insert(key, value);
        }
        if let Some(alarm) = change.alarm {
            contents.alarm = alarm.map(|at| StoredAlarm { at, left: at / 2 });
            changes.alarm = Some(contents.alarm);
        }
        if let Some(which) = change.closes
            && !contents.open.is_empty()
        {
            let which = which % contents.open.len();
            let closed = *contents.open.iter().nth(which).unwrap();
            contents.open.remove(&closed);
            changes.closed.push(closed);
        }
        for _ in 0..change.opens {
            contents.open.insert(self.connection);
            changes.opened.push(self.connection);
            self.connection += 1;
        }
        let ticket = self.owner.commit(changes);
        self.history.push((ticket, contents));
    }

    /// Waits until all is durable, or goes on from what is on the disk.
    fn wait(&mut self) -> Result<(), TestCaseError> {
        let last = self.history.last().unwrap().0;
        if let Ok(reached) = durable(&self.owner, last) {
            prop_assert!(reached >= last);
            self.history.drain(..self.history.len() - 1);
            prop_assert_eq!(&self.owner.contents(), &self.history[0].1);
            return Ok(());
        }
        recovered(&self.owner);
        self.go_on(self.owner.contents())
    }

    /// Checks what is there after something was lost: what was there after one of the events.
    fn go_on(&mut self, contents: Contents) -> Result<(), TestCaseError> {
        let known = self.history.iter().any(|(_, after)| *after == contents);
        prop_assert!(known, "{} has {:?}", self.name, contents);
        self.history = vec![(Ticket::default(), contents)];
        Ok(())
    }

    /// Goes on with a new store.
    fn reopen(&mut self, store: &Store, index: usize) -> Result<(), TestCaseError> {
        self.owner = store.owner(&self.name, durability(index));
        self.go_on(self.owner.contents())
    }
}

fn durability(index: usize) -> Durability {
    match index {
        0 | 1 => Durability::Strict,
        2 => Durability::Relaxed { interval: Duration::from_millis(1) },
        _ => Durability::Relaxed { interval: Duration::from_secs(3600) },
    }
}

fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut disk = Disk::new();
    let mut store = disk.store(WAIT);
    let mut owners: Vec<_> = (0..OWNERS).map(|index| Modelled::new(&store, index)).collect();
    let mut block = None;
    for step in steps {
        match step {
            Step::Commit(index, change) => owners[index].commit(&change),
            Step::Wait(index) if durability(index) == Durability::Strict => owners[index].wait()?,
            Step::Wait(_) => {}
            Step::Fault(kind, skip) => {
                disk.fail(Fault { kind, skip, times: 1, how: How::Error(EIO), file: None });
            }
            Step::Close => {
                disk.mend();
                for owner in &mut owners[..2] {
                    owner.wait()?;
                }
                let newest: Vec<_> =
                    owners.iter().map(|owner| owner.history.last().unwrap().1.clone()).collect();
                store.close().unwrap();
                disk = disk.cut();
                store = disk.store(WAIT);
                prop_assert!(store.opened().clean);
                for (index, owner) in owners.iter_mut().enumerate() {
                    owner.reopen(&store, index)?;
                    prop_assert_eq!(&owner.history[0].1, &newest[index]);
                }
            }
            Step::Cut(chances) => {
                let mut chances = chances.into_iter().cycle();
                let after = disk.torn(|| chances.next().unwrap());
                disk.mend();
                drop(std::mem::replace(&mut store, after.store(WAIT)));
                disk = after;
                for (index, owner) in owners.iter_mut().enumerate() {
                    owner.reopen(&store, index)?;
                }
            }
            Step::Block => {
                let next = store.next_block();
                prop_assert!(next.is_none() || next > block);
                block = next.or(block);
            }
        }
    }
    disk.mend();
    Ok(())
}

proptest! {
    #[test]
    fn whatever_happens_all_that_was_acknowledged_is_there(steps in vec(step(), 1..80)) {
        run(steps)?;
    }
}
