//! Stub.
#![allow(missing_docs)]
use bytes::Bytes;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};
#[derive(Clone, Debug, Default)]
pub struct Store(Arc<Mutex<(u64, bool)>>);
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    reason: Arc<str>,
}
impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}
impl std::error::Error for Failed {}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredAlarm {
    pub at: u64,
    pub left: u64,
}
#[derive(Clone, Debug, Default)]
pub struct Contents {
    pub state: Option<Bytes>,
    pub alarm: Option<StoredAlarm>,
    pub keys: BTreeMap<Box<str>, Bytes>,
    pub open: BTreeSet<u64>,
}
impl Contents {
    pub fn is_empty(&self) -> bool {
        self.state.is_none() && self.alarm.is_none() && self.keys.is_empty()
    }
}
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub state: Option<Option<Bytes>>,
    pub keys: BTreeMap<Box<str>, Option<Bytes>>,
    pub alarm: Option<Option<StoredAlarm>>,
    pub opened: Vec<u64>,
    pub closed: Vec<u64>,
}
#[derive(Clone, Copy, Debug)]
pub enum Durability {
    Strict,
    Relaxed { interval: Duration },
}
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub wear: u64,
    pub wait: Duration,
}
#[derive(Debug)]
pub struct OpenError;
#[derive(Debug)]
struct Inner {
    contents: Contents,
    handed: u64,
    failed: Option<Failed>,
    waker: Option<Waker>,
}
#[derive(Debug)]
pub struct Owner(Mutex<Inner>);
impl Store {
    pub fn open(_: &Path, _: Options) -> Result<Self, OpenError> {
        Ok(Self::default())
    }
    pub fn owner(&self, _: &str, _: Durability) -> Owner {
        Owner(Mutex::new(Inner {
            contents: Contents::default(),
            handed: 0,
            failed: None,
            waker: None,
        }))
    }
    pub fn owners(&self) -> Vec<String> {
        vec![]
    }
    pub fn next_block(&self) -> Option<u64> {
        let mut s = self.0.lock().unwrap();
        s.0 += 1;
        Some(s.0 - 1)
    }
    pub fn health(&self) -> Result<(), String> {
        Ok(())
    }
    pub fn close(&self) -> Result<(), String> {
        Ok(())
    }
}
impl Owner {
    pub fn contents(&self) -> Contents {
        self.0.lock().unwrap().contents.clone()
    }
    pub fn commit(&self, changes: Changes) -> Ticket {
        let mut i = self.0.lock().unwrap();
        if let Some(s) = changes.state {
            i.contents.state = s;
        }
        if let Some(s) = changes.alarm {
            i.contents.alarm = s;
        }
        for (k, v) in changes.keys {
            match v {
                Some(v) => i.contents.keys.insert(k, v),
                None => i.contents.keys.remove(&k),
            };
        }
        i.contents.open.extend(changes.opened);
        for c in changes.closed {
            i.contents.open.remove(&c);
        }
        i.handed += 1;
        Ticket(i.handed)
    }
    pub fn poll_durable(
        &self,
        wanted: Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Ticket, Failed>> {
        let mut i = self.0.lock().unwrap();
        if let Some(f) = &i.failed {
            return Poll::Ready(Err(f.clone()));
        }
        if i.handed >= wanted.0 {
            return Poll::Ready(Ok(Ticket(i.handed)));
        }
        i.waker = Some(cx.waker().clone());
        Poll::Pending
    }
    pub fn durable(&self) -> Result<Ticket, Failed> {
        let i = self.0.lock().unwrap();
        if let Some(f) = &i.failed {
            return Err(f.clone());
        }
        Ok(Ticket(i.handed))
    }
    pub fn poll_recovered(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("open")
    }
}
impl std::error::Error for OpenError {}

#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub records: u64,
    pub commits: u64,
    pub bytes: u64,
    pub syncs: u64,
    pub sync_time: Duration,
    pub sync_longest: Duration,
    pub failures: u64,
    pub gathered: u64,
    pub live: u64,
    pub size: u64,
    pub pending: u64,
}
impl Store {
    pub fn stats(&self) -> Stats {
        Stats::default()
    }
}
