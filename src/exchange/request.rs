//! A request on its way to the actor, and the slot for its answer: an HTTP request, or another actor's.
//!
//! Each request is a source of its own, with exactly one event. Who has asked, such as the connection
//! that has read it, holds the [`PendingResponse`], and its event holds the [`Responder`].

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, Waker},
};

pub use wit_core::{HttpRequest, HttpResponse};

use crate::{lock::Lock, waker};

/// What a connection gets for its request.
pub type Answered<R = HttpResponse> = Result<R, Unanswered>;

/// Why a request has no answer of the actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// The actor failed at it, or returned an error or an invalid response. Its changes are undone.
    Failed,
    /// The actor could not handle it, or what it changed could not be stored. The text is for the
    /// client.
    Unavailable(&'static str),
}

/// The actor's end of a request. Dropping it without an answer answers that the actor has stopped.
#[derive(Debug)]
pub struct Responder<R = HttpResponse>(Arc<Slot<R>>);

/// The connection's end of a request. Dropping it withdraws the request.
#[derive(Debug)]
pub struct PendingResponse<R = HttpResponse>(Arc<Slot<R>>);

/// What both ends share.
#[derive(Debug)]
struct Slot<R>(Lock<Inner<R>>);

/// What the lock protects.
#[derive(Debug)]
struct Inner<R> {
    stage: Stage<R>,
    /// Wakes the connection's task while it waits.
    connection: Option<Waker>,
}

/// How far a request has come.
#[derive(Debug)]
enum Stage<R> {
    /// Its event waits for the actor.
    Waiting,
    /// The actor handles it. From now on it is handled to its end, whether the client is there or
    /// not.
    Begun,
    /// The answer waits for the connection.
    Answered(Answered<R>),
    /// The client is gone, or has got its answer.
    Over,
}

/// Makes both ends of a request.
pub fn pending<R>() -> (Responder<R>, PendingResponse<R>) {
    let inner = Inner { stage: Stage::Waiting, connection: None };
    let slot = Arc::new(Slot(Lock::new(inner)));
    (Responder(slot.clone()), PendingResponse(slot))
}

impl<R> Responder<R> {
    /// Begins to handle the request. Returns false if its client is gone, so that nobody needs it.
    pub fn begin(&self) -> bool {
        let mut inner = self.0.0.lock();
        let waits = matches!(inner.stage, Stage::Waiting);
        if waits {
            inner.stage = Stage::Begun;
        }
        waits
    }

    /// Answers the request and wakes its connection. Only the first answer counts.
    pub fn answer(&self, answer: Answered<R>) {
        let mut inner = self.0.0.lock();
        if matches!(inner.stage, Stage::Waiting | Stage::Begun) {
            inner.stage = Stage::Answered(answer);
        }
        let connection = inner.connection.take();
        drop(inner);
        if let Some(connection) = connection {
            connection.wake();
        }
    }
}

impl<R> Drop for Responder<R> {
    fn drop(&mut self) {
        self.answer(Err(Unanswered::Unavailable("the actor has stopped")));
    }
}

impl<R> PendingResponse<R> {
    /// Waits for the answer.
    pub async fn answered(&self) -> Answered<R> {
        poll_fn(|cx| self.poll_answered(cx)).await
    }

    /// Takes the answer. If there is none yet, the task is woken when there is.
    fn poll_answered(&self, cx: &mut Context<'_>) -> Poll<Answered<R>> {
        let mut inner = self.0.0.lock();
        match std::mem::replace(&mut inner.stage, Stage::Over) {
            Stage::Answered(answer) => Poll::Ready(answer),
            Stage::Over => Poll::Pending,
            stage => {
                inner.stage = stage;
                waker::register(&mut inner.connection, cx);
                Poll::Pending
            }
        }
    }

    /// Withdraws the request if the actor has not begun with it. Returns whether it was withdrawn:
    /// the actor will never see it then.
    pub fn withdraw(&self) -> bool {
        let mut inner = self.0.0.lock();
        let waits = matches!(inner.stage, Stage::Waiting);
        if waits {
            inner.stage = Stage::Over;
        }
        waits
    }
}

impl<R> Drop for PendingResponse<R> {
    fn drop(&mut self) {
        // An answer that comes later would only take memory.
        let mut inner = self.0.0.lock();
        if !matches!(inner.stage, Stage::Begun) {
            inner.stage = Stage::Over;
        }
    }
}

#[cfg(test)]
mod tests {
    use smol::{block_on, future};

    use super::*;

    fn response(status: u16) -> HttpResponse {
        HttpResponse { status, headers: Vec::new(), body: None }
    }

    #[test]
    fn a_connection_that_waits_gets_the_first_answer() {
        let (responder, pending) = super::pending();
        assert!(responder.begin());
        let answers = async {
            responder.answer(Ok(response(200)));
            responder.answer(Err(Unanswered::Failed));
        };
        let (answer, ()) = block_on(future::zip(pending.answered(), answers));
        assert_eq!(answer, Ok(response(200)));
    }

    #[test]
    fn a_request_is_withdrawn_until_the_actor_begins_with_it_and_never_after() {
        let (responder, pending) = super::pending::<HttpResponse>();
        assert!(pending.withdraw());
        assert!(!responder.begin(), "its client is gone");
        let (responder, pending) = super::pending();
        assert!(responder.begin());
        assert!(!pending.withdraw());
        responder.answer(Ok(response(204)));
        assert_eq!(block_on(pending.answered()), Ok(response(204)));
        let (responder, pending) = super::pending::<HttpResponse>();
        drop(pending);
        assert!(!responder.begin());
    }

    #[test]
    fn an_event_that_is_dropped_without_an_answer_says_that_the_actor_has_stopped() {
        let (responder, pending) = super::pending::<HttpResponse>();
        assert!(responder.begin());
        drop(responder);
        let answer = block_on(pending.answered());
        assert_eq!(answer, Err(Unanswered::Unavailable("the actor has stopped")));
    }
}
