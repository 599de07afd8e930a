//! What one actor may ask of other servers: requests that it waits for, and those whose answers come as events.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use smol::Executor;
use wit_core::HttpResponse;

use super::{
    answers::Answers,
    client::{Client, Options},
    config::Config,
    failure::Failure,
    pending::{Asked, Pending},
    request::Request,
    resolver::Resolver,
};
use crate::{exchange::Answered, limits::SharedLimits, logger::ActorLog, stats::Stats};

/// What one actor may ask of other servers. Dropping it ends its requests.
pub struct Http {
    client: Arc<Client>,
    /// Shared with the tasks of the requests.
    pending: Arc<Pending>,
    /// Runs those tasks.
    executor: Arc<Executor<'static>>,
}

impl Http {
    /// What an actor with these grants may ask. `None` only in builds without the feature `http-client`.
    pub fn new(
        config: &Config,
        executor: Arc<Executor<'static>>,
        limits: impl Into<SharedLimits>,
        stats: Arc<Stats>,
        lines: Arc<ActorLog>,
    ) -> Option<Self> {
        let (limits, resolver) = (limits.into(), Resolver::default());
        let pending = Arc::new(Pending::new(limits.clone()));
        let grants = config.grants.clone();
        let client = Arc::new(Client { grants, resolver, limits, stats, lines, answers: None });
        Some(Self { client, pending, executor })
    }

    /// The same, with these answers in place of all servers.
    pub(crate) fn answered_by(mut self, answers: Arc<Answers>) -> Self {
        // Nobody else has the client yet.
        if let Some(client) = Arc::get_mut(&mut self.client) {
            client.answers = Some(answers);
        }
        self
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(crate) async fn fetch(
        &self,
        request: Request,
        options: Options,
    ) -> Result<HttpResponse, Failure> {
        self.client.fetch(request, options).await
    }

    /// Adds a request whose answer comes as an event.
    ///
    /// # Errors
    /// No grant allows it, or there are too many.
    pub(crate) fn ask(
        &self,
        tag: &str,
        request: Request,
        options: Options,
    ) -> Result<Asked, Failure> {
        self.client.granted(&request.url)?;
        let of = (&self.client, &self.pending);
        Asked::new(tag, (request, options), of, &self.executor)
    }

    /// Counts and logs a request that was refused before it was one.
    pub(crate) fn refused(&self, failure: &Failure) {
        self.client.failed("a request", failure);
    }

    /// Takes the next answer. If there is none, the task is woken when one comes.
    pub(crate) fn poll_answer(&self, cx: &mut Context<'_>) -> Poll<Answered> {
        self.pending.poll_answer(cx)
    }

    /// The requests that the actor has no answer to, as they are stored.
    pub(crate) fn stored(&self) -> Bytes {
        self.pending.stored()
    }

    /// Goes on from what is stored. Requests that were under way are answered with `interrupted`.
    pub(crate) fn restore(&self, stored: &[u8]) {
        self.pending.restore(stored);
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        self.pending.stop();
    }
}
