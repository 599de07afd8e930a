//! Other actors that are given in advance, so that an actor can be called without any.

use std::mem;

use crate::lock::Lock;

/// The other actors. They are in the place of all that there may be.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Whether the actor may send to all: it has no manifest that says more.
    pub(super) allows_all: bool,
    inner: Lock<Inner>,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    /// What each actor replies. With an error it takes messages, and fails at requests.
    given: Vec<(String, Outcome)>,
    /// What the actor has asked since the last look, with the replies.
    asked: Vec<Asked>,
}

/// What an actor replies, or why it does not.
pub(crate) type Outcome = Result<Vec<u8>, String>;

/// One request: whom, what, and the reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) to: String,
    pub(crate) content: Vec<u8>,
    pub(crate) outcome: Outcome,
}

impl Answers {
    /// Nobody is there yet.
    pub(crate) fn new(allows_all: bool) -> Self {
        Self { allows_all, inner: Lock::default() }
    }

    /// Says what an actor replies. With `None` it is not there any more.
    pub(crate) fn set(&self, name: String, reply: Option<Outcome>) {
        let given = &mut self.inner.lock().given;
        given.retain(|(other, _)| *other != name);
        given.extend(reply.map(|reply| (name, reply)));
    }

    /// What the actor has asked since the last call of this function.
    pub(crate) fn take_asked(&self) -> Vec<Asked> {
        mem::take(&mut self.inner.lock().asked)
    }

    /// Whether there is an actor with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.inner.lock().given.iter().any(|(other, _)| other == name)
    }

    /// What an actor replies. `missing` is the error for one that is not there.
    pub(super) fn reply(&self, name: &str, content: &[u8], missing: &str) -> Outcome {
        let Inner { given, asked } = &mut *self.inner.lock();
        let found = given.iter().find(|(other, _)| other == name);
        let outcome = found.map_or_else(|| Err(missing.into()), |(_, reply)| reply.clone());
        let (to, content) = (name.into(), content.to_vec());
        asked.push(Asked { to, content, outcome: outcome.clone() });
        outcome
    }
}
