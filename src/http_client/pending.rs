//! Requests whose answers come as events. Each waits here from the call that asks for it until the
//! actor gets its answer.
//!
//! Answers wait here too, and the actor's task takes one at a time. So all requests of an actor
//! together are one source of events.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::{self, Write as _},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use smol::{Executor, Task};
use wit_core::{HttpResponse, host::HttpError};

use super::{
    client::{Client, Options},
    failure::Failure,
    request::Request,
};
use crate::{exchange::Answered, limits::SharedLimits, lock::Lock, waker};

/// What a request takes beside its own bytes.
const OVERHEAD: usize = 512;

/// The requests of one actor.
#[derive(Debug)]
pub(super) struct Pending {
    inner: Lock<Inner>,
    /// Has how many there may be, and how many bytes they may take.
    limits: SharedLimits,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    /// The number of the next request.
    next: u64,
    /// Those that the actor has asked for and has no answer to.
    requests: BTreeMap<u64, Entry>,
    /// The numbers of those that have an answer, in the order of the answers.
    answered: VecDeque<u64>,
    /// Wakes the actor's task; `None` unless it waits for an answer.
    actor: Option<Waker>,
    /// The requests as they are stored. `None` if they have changed since.
    stored: Option<Bytes>,
}

/// One request.
#[derive(Debug)]
struct Entry {
    tag: Box<str>,
    /// What it takes, in bytes.
    bytes: usize,
    progress: Progress,
}

/// How far a request is.
#[derive(Debug)]
enum Progress {
    /// Its event is not committed, or not on the disk.
    Asked,
    /// It is on its way. Dropping the task ends it.
    Running { _task: Task<()> },
    /// The actor has not got this yet.
    Answered(Result<HttpResponse, HttpError>),
}

/// A request that leaves once its event is committed and on the disk. If it is dropped before that,
/// nobody has ever asked for it.
pub struct Asked {
    number: u64,
    pending: Arc<Pending>,
    client: Arc<Client>,
    executor: Arc<Executor<'static>>,
    /// Taken when it leaves.
    request: Option<Request>,
    options: Options,
    bytes: usize,
}

impl Pending {
    /// No requests.
    pub(super) fn new(limits: SharedLimits) -> Self {
        Self { inner: Lock::default(), limits }
    }

    /// Adds a request.
    ///
    /// # Errors
    /// There are too many, or they are too large.
    fn add(&self, tag: &str, bytes: usize) -> Result<u64, Failure> {
        let (most, most_bytes) = self.limits.get(|limits| (limits.fetches, limits.effects));
        let mut inner = self.inner.lock();
        let all = inner.requests.values().map(|entry| entry.bytes);
        if inner.requests.len() >= most || all.fold(bytes, usize::saturating_add) > most_bytes {
            return Err(Failure(HttpError::Limit));
        }
        let number = inner.next;
        inner.next += 1;
        inner.requests.insert(number, Entry { tag: tag.into(), bytes, progress: Progress::Asked });
        inner.stored = None;
        Ok(number)
    }

    /// Removes a request. The task, if there is one, ends.
    fn remove(&self, number: u64) {
        let mut inner = self.inner.lock();
        let removed = inner.requests.remove(&number);
        inner.stored = None;
        drop(inner);
        // A task that is dropped may call for the lock.
        drop(removed);
    }

    /// Notes the answer to a request.
    fn answer(&self, number: u64, outcome: Result<HttpResponse, Failure>) {
        let mut inner = self.inner.lock();
        let Some(entry) = inner.requests.get_mut(&number) else { return };
        let answered = Progress::Answered(outcome.map_err(HttpError::from));
        let running = std::mem::replace(&mut entry.progress, answered);
        inner.answered.push_back(number);
        let actor = inner.actor.take();
        drop(inner);
        drop(running);
        if let Some(actor) = actor {
            actor.wake();
        }
    }

    /// Takes the next answer. If there is none, the task is woken when one comes.
    pub(super) fn poll_answer(&self, cx: &mut Context<'_>) -> Poll<Answered> {
        let mut inner = self.inner.lock();
        while let Some(number) = inner.answered.pop_front() {
            inner.stored = None;
            if let Some(Entry { tag, progress: Progress::Answered(outcome), .. }) =
                inner.requests.remove(&number)
            {
                return Poll::Ready(Answered { tag, outcome });
            }
        }
        waker::register(&mut inner.actor, cx);
        Poll::Pending
    }

    /// The requests as they are stored: number, length of the tag, and tag. Empty if there are none.
    pub(super) fn stored(&self) -> Bytes {
        let mut inner = self.inner.lock();
        if let Some(stored) = &inner.stored {
            return stored.clone();
        }
        let mut text = String::new();
        for (number, Entry { tag, .. }) in &inner.requests {
            // Writing to a string can't fail.
            let _ = write!(text, "{number}:{}:{tag}", tag.len());
        }
        let stored = Bytes::from(text);
        inner.stored = Some(stored.clone());
        stored
    }

    /// Goes on from what is stored. Requests that were under way, and that are not any more, are
    /// answered with `interrupted`. Requests that are not stored are ended.
    pub(super) fn restore(&self, stored: &[u8]) {
        let stored: BTreeMap<u64, &str> = read(stored).collect();
        let mut inner = self.inner.lock();
        let unknown: Vec<_> =
            inner.requests.keys().copied().filter(|number| !stored.contains_key(number)).collect();
        let unknown: Vec<_> =
            unknown.iter().filter_map(|number| inner.requests.remove(number)).collect();
        for (number, tag) in stored {
            if inner.requests.contains_key(&number) {
                continue;
            }
            let progress = Progress::Answered(Err(HttpError::Interrupted));
            inner.requests.insert(number, Entry { tag: tag.into(), bytes: OVERHEAD, progress });
            inner.answered.push_back(number);
            inner.next = inner.next.max(number.saturating_add(1));
        }
        inner.stored = None;
        drop(inner);
        drop(unknown);
    }

    /// Ends all requests.
    pub(super) fn stop(&self) {
        let requests = std::mem::take(&mut self.inner.lock().requests);
        drop(requests);
    }
}

/// Reads what [`Pending::stored`] has written, up to the first mistake.
fn read(stored: &[u8]) -> impl Iterator<Item = (u64, &str)> {
    let mut rest = str::from_utf8(stored).unwrap_or_default();
    std::iter::from_fn(move || {
        let (number, after) = rest.split_once(':')?;
        let (length, after) = after.split_once(':')?;
        let (tag, after) = after.split_at_checked(length.parse().ok()?)?;
        rest = after;
        Some((number.parse().ok()?, tag))
    })
}

impl Asked {
    /// Adds a request that leaves later.
    ///
    /// # Errors
    /// There are too many, or they are too large.
    pub(super) fn new(
        tag: &str,
        (request, options): (Request, Options),
        (client, pending): (&Arc<Client>, &Arc<Pending>),
        executor: &Arc<Executor<'static>>,
    ) -> Result<Self, Failure> {
        let bytes = request.bytes().saturating_add(tag.len()).saturating_add(OVERHEAD);
        let number = pending.add(tag, bytes)?;
        Ok(Self {
            number,
            pending: pending.clone(),
            client: client.clone(),
            executor: executor.clone(),
            request: Some(request),
            options,
            bytes,
        })
    }

    /// What it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What the actor calls the request.
    pub(crate) fn tag(&self) -> Box<str> {
        let inner = self.pending.inner.lock();
        inner.requests.get(&self.number).map(|entry| entry.tag.clone()).unwrap_or_default()
    }

    /// The method and the address.
    pub(crate) fn line(&self) -> String {
        self.request.as_ref().map(Request::line).unwrap_or_default()
    }

    /// Sends the request. Its answer becomes an event.
    pub(crate) fn start(mut self) {
        let Some(request) = self.request.take() else { return };
        let (number, options) = (self.number, self.options);
        let (client, pending) = (self.client.clone(), self.pending.clone());
        let mut inner = self.pending.inner.lock();
        // The actor may have stopped.
        let Some(entry) = inner.requests.get_mut(&number) else { return };
        let task = self.executor.spawn(async move {
            let outcome = client.fetch(request, options).await;
            pending.answer(number, outcome);
        });
        entry.progress = Progress::Running { _task: task };
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked({})", self.number)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.request.is_some() {
            self.pending.remove(self.number);
        }
    }
}
