//! What the host does for an actor while it handles an event: the answers to its imports.
//!
//! Nothing here reaches a client before the event's [`Transaction`] has been committed.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use rand::{TryRng as _, rngs::StdRng};
use wit_core::host::{Payload, Refusal, Request};

use super::{
    alarm::Alarm,
    answer::checked_close,
    clients::Clients,
    effects::{Effect, FILE, RECEIVER},
    fuel_cost,
    given::{Given, Unanswerable},
    imports::Time,
    transaction::{CommitError, Committed, Transaction},
};
use crate::{
    exchange::{ConnectionId, Event, EventKind, Message, Source},
    files::{Failure, Files, Write},
    limits::Limits,
    stats::Stats,
    world::World,
};

/// The most random bytes at a time.
const MAX_RANDOM: u32 = 1 << 16;

/// What the host knows and keeps for one actor, and what its present call asks for.
pub struct HostCalls {
    /// Its clients.
    pub clients: Clients,
    /// What its present event changes.
    transaction: Transaction,
    /// When it is to be woken.
    pub alarm: Alarm,
    /// Its files, if its manifest grants any.
    files: Option<Files>,
    /// The actor's counters.
    stats: Arc<Stats>,
    /// The time.
    world: World,
    /// Whose event it is.
    sender: Option<ConnectionId>,
    /// The present call's random generator, once it has asked for it.
    random: Option<StdRng>,
}

/// A request, as far as it has come without waiting.
#[derive(Debug)]
pub enum Answered {
    /// All the way.
    Now(Given),
    /// To where a file is needed. What it says is no longer in the guest's memory.
    Later(FileRequest),
}

impl Answered {
    /// Whether it is that a client has too much to read.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Now(Given::Count(Err(Refusal::Full(_)))))
    }
}

/// What is wanted of a file.
#[derive(Debug)]
pub enum FileRequest {
    /// Its content.
    Read(String),
    /// What is in it, if it is a folder.
    List(String),
    /// To put this content into it.
    Write(String, Vec<u8>),
}

impl HostCalls {
    /// What is there for an actor before its first call.
    pub fn new(
        limits: &Limits,
        world: World,
        tick: Option<Duration>,
        files: Option<Files>,
        stats: Arc<Stats>,
    ) -> Self {
        Self {
            clients: Clients::new(limits),
            transaction: Transaction::new(limits.effects),
            alarm: Alarm::new(world.clone(), tick, limits.alarm),
            files,
            stats,
            world,
            sender: None,
            random: None,
        }
    }

    /// Begins a call for an event. The client that it is about comes, or prepares to go.
    pub fn begin(&mut self, event: &Event) {
        self.forget_call();
        self.clients.begin();
        let Source::Connection(session) = &event.source else { return };
        self.sender = Some(session.id());
        match event.kind {
            EventKind::Connect => self.clients.enter(session),
            EventKind::Close(_) => self.clients.leave(session.id()),
            _ => {}
        }
    }

    /// Ends it, once what it has asked for was taken or undone.
    pub fn end(&mut self, event: &Event) {
        if let (Source::Connection(session), EventKind::Close(_)) = (&event.source, &event.kind) {
            self.clients.left(session.id());
        }
        self.forget_call();
    }

    /// Commits what the event has changed, with `new` as the new state. Returns the effects, which are
    /// to be delivered now.
    ///
    /// # Errors
    /// See [`CommitError`]. The event has failed, and must be rolled back.
    pub async fn commit(
        &mut self,
        new: Option<Vec<u8>>,
        state: &mut Option<Vec<u8>>,
    ) -> Result<Vec<Effect>, CommitError> {
        let (alarm, files) = (&mut self.alarm, self.files.as_ref());
        self.transaction.commit(new, Committed { state, alarm, files }).await
    }

    /// Takes back what the event has changed.
    pub fn roll_back(&mut self) {
        self.transaction.roll_back(&mut self.clients);
    }

    /// The time of a call that begins.
    pub fn time(&self) -> Time {
        Time::of(self.world.clone())
    }

    /// How many units of fuel a request costs.
    pub fn cost(&self, request: &Request<'_>) -> u64 {
        let receivers = match *request {
            Request::List { tag } | Request::Broadcast { tag, .. } => self.clients.count(tag),
            _ => 0,
        };
        fuel_cost::of_request(request, receivers)
    }

    /// Whether messages wait for a connection that it has not yet had the chance to write.
    pub fn is_draining(&self, to: Option<u64>) -> bool {
        let entry = to.and_then(|id| self.clients.get(ConnectionId(id)));
        entry.is_some_and(|entry| entry.session.is_draining())
    }

    /// Answers a request, as far as that needs no waiting.
    ///
    /// # Errors
    /// It asks for what no actor may.
    pub fn answer(&mut self, request: &Request<'_>) -> Result<Answered, Unanswerable> {
        Ok(Answered::Now(match *request {
            Request::Sender => Given::Id(self.sender),
            Request::Info { id } => Given::Info(self.clients.get(ConnectionId(id)).map(|entry| {
                let session = entry.session.clone();
                let peer = session.client().peer.to_string();
                (session, peer)
            })),
            Request::List { tag } => {
                let ids = self.clients.present(tag).map(|entry| entry.session.id().0);
                Given::Ids(ids.collect())
            }
            Request::Send { id, payload } => Given::Count(self.send(ConnectionId(id), payload)),
            Request::Broadcast { tag, payload, except } => {
                Given::Count(self.broadcast(tag, payload, except.map(ConnectionId)))
            }
            Request::Tag { id, tag } => {
                let Transaction { undo, budget, .. } = &mut self.transaction;
                let pay = |bytes| budget.pay(bytes);
                Given::Done(self.clients.tag(ConnectionId(id), tag, undo, pay))
            }
            Request::Untag { id, tag } => {
                let Transaction { undo, budget, .. } = &mut self.transaction;
                let pay = |bytes| budget.pay(bytes);
                Given::Done(self.clients.untag(ConnectionId(id), tag, undo, pay))
            }
            Request::Attachment { id } => {
                let entry = self.clients.get(ConnectionId(id));
                Given::Attachment(entry.and_then(|entry| entry.attachment()).map(<[u8]>::to_vec))
            }
            Request::SetAttachment { id, value } => {
                let Transaction { undo, budget, .. } = &mut self.transaction;
                let pay = |bytes| budget.pay(bytes);
                Given::Done(self.clients.attach(ConnectionId(id), value, undo, pay))
            }
            Request::Close { id, code, reason } => {
                Given::Done(self.close(ConnectionId(id), code, reason))
            }
            Request::SetAlarm { after } => self.set_alarm(Some(Duration::from_millis(after))),
            Request::CancelAlarm => self.set_alarm(None),
            // Is not asked for by way of a request: see `imports`.
            Request::Now => Given::Nothing,
            Request::Random { count } => Given::Bytes(self.random(count)?),
            Request::ReadFile { path } => match self.fits(path, &[])? {
                Ok(()) => return Ok(Answered::Later(FileRequest::Read(path.into()))),
                Err(failure) => Given::File(Err(failure)),
            },
            Request::ListFiles { path } => match self.fits(path, &[])? {
                Ok(()) => return Ok(Answered::Later(FileRequest::List(path.into()))),
                Err(failure) => Given::Entries(Err(failure)),
            },
            Request::WriteFile { path, content } => match self.fits_call(path, content)? {
                Ok(()) => {
                    return Ok(Answered::Later(FileRequest::Write(path.into(), content.into())));
                }
                Err(failure) => Given::Written(Err(failure)),
            },
        }))
    }

    /// Answers a request for a file.
    pub async fn file(&mut self, request: FileRequest) -> Given {
        // That there are files was seen when the request was looked at.
        let Some(files) = &self.files else { return Given::Nothing };
        match request {
            FileRequest::Read(path) => Given::File(files.read(&path).await),
            FileRequest::List(path) => Given::Entries(files.list(&path).await),
            FileRequest::Write(path, content) => {
                let checked = files.check_write(&path, content.len()).await;
                if checked.is_ok() {
                    self.transaction.write(Write { path, content });
                }
                Given::Written(checked)
            }
        }
    }

    /// Whether a file is of a size that could be right.
    fn fits(&self, path: &str, content: &[u8]) -> Result<Result<(), Failure>, Unanswerable> {
        let none = || Unanswerable("the manifest grants no files".into());
        Ok(self.files.as_ref().ok_or_else(none)?.fits(path, content))
    }

    /// The same, and whether the call can pay for it.
    fn fits_call(
        &mut self,
        path: &str,
        content: &[u8],
    ) -> Result<Result<(), Failure>, Unanswerable> {
        let fits = self.fits(path, content)?;
        let bytes = path.len().saturating_add(content.len()).max(FILE);
        Ok(fits.and_then(|()| self.transaction.budget.pay(bytes).map_err(|_| Failure::Limit)))
    }

    /// Counts an answer that is a refusal. Whether it is worth a line is the actor's to say.
    pub fn note(&self, given: &Given) {
        if given.is_refusal() {
            self.stats.refused_effects.add(1);
        }
    }

    /// Asks to send a message to one client.
    fn send(&mut self, id: ConnectionId, payload: Payload<'_>) -> Result<u32, Refusal> {
        let to = self.clients.one(id)?.session.clone();
        let bytes = payload.as_bytes().len();
        if !self.transaction.budget.affords(bytes) {
            return Err(Refusal::Limit);
        }
        let waiting = self.clients.ask(id, bytes.max(1))?;
        self.transaction.budget.pay(bytes)?;
        self.transaction.add(Effect::Send { to, message: message(payload) });
        Ok(waiting)
    }

    /// Asks to send a message to many.
    fn broadcast(
        &mut self,
        tag: Option<&str>,
        payload: Payload<'_>,
        except: Option<ConnectionId>,
    ) -> Result<u32, Refusal> {
        let bytes = payload.as_bytes().len();
        let all = self.clients.present(tag).map(|entry| &entry.session);
        let to: Vec<_> = all.filter(|to| Some(to.id()) != except).cloned().collect();
        self.transaction.budget.pay(bytes.saturating_add(to.len().saturating_mul(RECEIVER)))?;
        for to in &to {
            self.clients.ask_anyway(to.id(), bytes.max(1));
        }
        let receivers = to.len();
        if !to.is_empty() {
            self.transaction.add(Effect::Broadcast { to, message: message(payload) });
        }
        Ok(u32::try_from(receivers).unwrap_or(u32::MAX))
    }

    /// Asks to close a connection.
    fn close(&mut self, id: ConnectionId, code: u16, reason: &str) -> Result<(), Refusal> {
        let to = self.clients.one(id)?.session.clone();
        let close = checked_close(code, reason).ok_or(Refusal::Invalid)?;
        self.transaction.budget.pay(reason.len())?;
        self.transaction.add(Effect::Close { to, close });
        // It sees no more of this call's messages either.
        self.clients.set_leaving(id, true);
        Ok(())
    }

    /// Asks for an alarm, or for none: what a call asked for last is what counts.
    fn set_alarm(&mut self, after: Option<Duration>) -> Given {
        self.transaction.set_alarm(after);
        Given::Nothing
    }

    /// Random bytes.
    fn random(&mut self, count: u32) -> Result<Vec<u8>, Unanswerable> {
        if count > MAX_RANDOM {
            let text =
                format!("{count} random bytes are asked for, at most {MAX_RANDOM} are given");
            return Err(Unanswerable(text));
        }
        let generator = match &mut self.random {
            Some(generator) => generator,
            none => {
                let seeded = self.world.generator().map_err(|error| {
                    Unanswerable(format!("the system gives no random bytes: {error}"))
                });
                none.insert(seeded?)
            }
        };
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(0)];
        // This generator can't fail.
        let _ = generator.try_fill_bytes(&mut bytes);
        Ok(bytes)
    }

    /// Forgets what belongs to one call.
    fn forget_call(&mut self) {
        self.sender = None;
        self.random = None;
    }
}

/// The message that a guest gives, out of its memory.
fn message(payload: Payload<'_>) -> Message {
    match payload {
        Payload::Text(text) => Message::Text(text.into()),
        Payload::Binary(data) => Message::Binary(Bytes::copy_from_slice(data)),
    }
}
