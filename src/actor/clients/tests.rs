//! Compares the clients with a simple model that has no index and always looks at every client.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::exchange::{Client, OnOverflow};
use crate::limits::Limits;

/// The tags of the test. The last one is too long, and the first one is too short.
const TAGS: [&str; 6] = ["", "a", "b", "ab", "abc", "abcd"];
/// `limits.tags`.
const MAX_TAGS: usize = 3;
/// `limits.outbox`.
const OUTBOX: usize = 100;

/// A call for an event, and its outcome.
#[derive(Clone, Debug)]
struct Call {
    /// The number of the client that this `close` event is for. Each client has one at most.
    closes: Option<u64>,
    /// Whether this is the `connect` event of a new client.
    connects: bool,
    /// What the call requests, in order.
    steps: Vec<Step>,
    /// Whether it succeeds.
    succeeds: bool,
}

/// A request of a call.
#[derive(Clone, Debug)]
enum Step {
    /// Adds a tag to a client. The flag says whether the call can pay for the saved values.
    Tag(u64, &'static str, bool),
    /// Removes a tag.
    Untag(u64, &'static str, bool),
    /// Sets or removes an attachment.
    Attach(u64, Option<u8>),
    /// Closes a connection.
    Close(u64),
    /// Sends this many bytes to a client.
    Send(u64, usize),
    /// Sends this many bytes to all clients with a tag.
    Broadcast(&'static str, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (id, tag, pays) = (1..8u64, select(&TAGS[..]), prop::bool::weighted(0.9));
    prop_oneof![
        4 => (id.clone(), tag.clone(), pays).prop_map(|(id, tag, pays)| Step::Tag(id, tag, pays)),
        2 => (id.clone(), tag.clone(), pays).prop_map(|(id, tag, pays)| Step::Untag(id, tag, pays)),
        1 => (id.clone(), any::<Option<u8>>()).prop_map(|(id, value)| Step::Attach(id, value)),
        1 => id.clone().prop_map(Step::Close),
        1 => (id, 0..OUTBOX).prop_map(|(id, bytes)| Step::Send(id, bytes)),
        1 => (tag, 0..OUTBOX).prop_map(|(tag, bytes)| Step::Broadcast(tag, bytes)),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let closes = prop::option::weighted(0.2, 1..8u64);
    (closes, prop::bool::weighted(0.3), vec(step(), 0..8), any::<bool>())
        .prop_map(|(closes, connects, steps, succeeds)| Call { closes, connects, steps, succeeds })
}

/// A client in the model.
#[derive(Clone, Debug, Default)]
struct Naive {
    id: u64,
    tags: Vec<&'static str>,
    attachment: Option<u8>,
    /// Whether its connection is closing.
    leaving: bool,
    /// The bytes that the current call has sent to it.
    sent: usize,
    /// Whether the current call has changed its tags or its attachment.
    touched: bool,
}

/// All clients of the model, by number.
#[derive(Clone, Debug, Default)]
struct Model(Vec<Naive>);

impl Model {
    /// A client that can get messages.
    fn one(&mut self, id: u64) -> Result<&mut Naive, Refusal> {
        let found = self.0.iter_mut().find(|client| client.id == id && !client.leaving);
        found.ok_or(Refusal::Gone)
    }

    /// The numbers of the clients that can get messages, of those with a tag or of all.
    fn list(&self, tag: Option<&str>) -> Vec<u64> {
        let has = |client: &&Naive| tag.is_none_or(|tag| client.tags.contains(&tag));
        let present = self.0.iter().filter(|client| !client.leaving);
        present.filter(has).map(|client| client.id).collect()
    }

    /// Applies a step.
    fn does(&mut self, step: &Step) -> Result<u32, Refusal> {
        match *step {
            Step::Tag(id, tag, pays) => {
                let client = self.one(id)?;
                if client.tags.contains(&tag) {
                    return Ok(0);
                }
                if !(1..=3).contains(&tag.len()) || client.tags.len() == MAX_TAGS {
                    return Err(Refusal::Invalid);
                }
                client.touch(pays)?;
                client.tags.push(tag);
            }
            Step::Untag(id, tag, pays) => {
                let client = self.one(id)?;
                if client.tags.contains(&tag) {
                    client.touch(pays)?;
                    client.tags.retain(|other| *other != tag);
                }
            }
            Step::Attach(id, value) => {
                let client = self.one(id)?;
                client.touch(true)?;
                client.attachment = value;
            }
            Step::Close(id) => self.one(id)?.leaving = true,
            Step::Send(id, bytes) => {
                let client = self.one(id)?;
                if client.sent > 0 && client.sent + bytes > OUTBOX {
                    return Err(Refusal::Full(client.sent.try_into().unwrap()));
                }
                client.sent += bytes;
                return Ok(client.sent.try_into().unwrap());
            }
            Step::Broadcast(tag, bytes) => {
                for id in self.list(Some(tag)) {
                    self.one(id)?.sent += bytes;
                }
            }
        }
        Ok(0)
    }
}

impl Naive {
    /// Pays for the first change of a call.
    fn touch(&mut self, pays: bool) -> Result<(), Refusal> {
        if !self.touched && !pays {
            return Err(Refusal::Limit);
        }
        self.touched = true;
        Ok(())
    }
}

impl Clients {
    /// Applies a step.
    fn does(&mut self, step: &Step, undo: &mut Undo) -> Result<u32, Refusal> {
        let pay = |pays| move |_| if pays { Ok(()) } else { Err(Refusal::Limit) };
        match *step {
            Step::Tag(id, tag, pays) => self.tag(ConnectionId(id), tag, undo, pay(pays))?,
            Step::Untag(id, tag, pays) => self.untag(ConnectionId(id), tag, undo, pay(pays))?,
            Step::Attach(id, value) => {
                let value = value.as_ref().map(std::slice::from_ref);
                self.attach(ConnectionId(id), value, undo, pay(true))?;
            }
            Step::Close(id) => {
                self.one(ConnectionId(id))?;
                self.set_leaving(ConnectionId(id), true);
            }
            Step::Send(id, bytes) => {
                self.one(ConnectionId(id))?;
                return self.count_send(ConnectionId(id), bytes);
            }
            Step::Broadcast(tag, bytes) => {
                let ids: Vec<_> = self.present(Some(tag)).map(|entry| entry.session.id()).collect();
                ids.into_iter().for_each(|id| self.count_broadcast(id, bytes));
            }
        }
        Ok(0)
    }

    /// Compares the clients, their tags and their attachments with the model.
    fn is_like(&self, model: &Model) -> Result<(), TestCaseError> {
        for tag in TAGS.map(Some).into_iter().chain([None]) {
            let found: Vec<_> = self.present(tag).map(|entry| entry.session.id().0).collect();
            prop_assert_eq!(found, model.list(tag), "{:?}", tag);
            let mut all = model.clone();
            all.0.iter_mut().for_each(|client| client.leaving = false);
            prop_assert_eq!(self.count(tag), all.list(tag).len());
        }
        for client in &model.0 {
            let entry = self.get(ConnectionId(client.id)).unwrap();
            prop_assert_eq!(
                entry.attachment(),
                client.attachment.as_ref().map(std::slice::from_ref)
            );
            let tags: Vec<_> = entry.kept.tags.iter().map(|tag| &**tag).collect();
            prop_assert_eq!(&tags, &client.tags);
        }
        // The index has no entries of clients that are gone, and holds each tag's text once.
        let tags: usize = model.0.iter().map(|client| client.tags.len()).sum();
        prop_assert_eq!(self.tagged.len(), tags);
        let texts: BTreeSet<_> = self.tagged.iter().map(|(text, _)| Arc::as_ptr(text)).collect();
        let different: BTreeSet<_> = self.tagged.iter().map(|(text, _)| text).collect();
        prop_assert_eq!(texts.len(), different.len());
        Ok(())
    }
}

/// The connection of a new client.
fn session(id: u64) -> Arc<Session> {
    let client = Client {
        peer: ([127, 0, 0, 1], 1).into(),
        path: "/".into(),
        query: "".into(),
        subprotocol: None,
        since: 0,
    };
    let limits = Limits { outbox: OUTBOX, ..Limits::default() };
    Arc::new(Session::new(ConnectionId(id), client, limits.into(), OnOverflow::Close))
}

proptest! {
    #[test]
    fn after_each_step_each_tag_has_those_that_a_look_at_all_would_find(
        calls in vec(call(), 1..40),
    ) {
        let limits = Limits { tags: MAX_TAGS, tag: 3, attachment: 1, ..Limits::default() };
        let (mut clients, mut model, mut last) = (Clients::new(limits.into()), Model::default(), 0);
        for Call { closes, connects, steps, succeeds } in calls {
            clients.begin();
            if connects {
                last += 1;
                clients.add(&session(last));
                model.0.push(Naive { id: last, ..Naive::default() });
            } else if let Some(id) = closes {
                clients.set_leaving(ConnectionId(id), true);
                let those = model.0.iter_mut().filter(|client| client.id == id);
                those.for_each(|client| client.leaving = true);
            }
            for client in &mut model.0 {
                (client.sent, client.touched) = (0, false);
            }
            let (before, mut undo) = (model.clone(), Undo::default());
            for step in &steps {
                prop_assert_eq!(clients.does(step, &mut undo), model.does(step), "{:?}", step);
                clients.is_like(&model)?;
            }
            if succeeds {
                undo.forget();
            } else {
                undo.apply(&mut clients);
                // As for the effects of a call that failed.
                for client in before.0.iter().filter(|client| !client.leaving) {
                    clients.set_leaving(ConnectionId(client.id), false);
                }
                model = before;
            }
            clients.is_like(&model)?;
            if let Some(id) = closes.filter(|_| !connects) {
                clients.remove(ConnectionId(id));
                model.0.retain(|client| client.id != id);
                clients.is_like(&model)?;
            }
        }
    }
}

#[test]
fn a_tag_that_a_failed_call_removes_and_adds_again_is_in_memory_once() {
    let mut clients = Clients::new(Limits::default().into());
    let mut undo = Undo::default();
    clients.add(&session(1));
    assert_eq!(clients.tag(ConnectionId(1), "a", &mut undo, |_| Ok(())), Ok(()));
    undo.forget();
    assert_eq!(clients.untag(ConnectionId(1), "a", &mut undo, |_| Ok(())), Ok(()));
    assert_eq!(clients.tag(ConnectionId(1), "a", &mut undo, |_| Ok(())), Ok(()));
    undo.apply(&mut clients);
    let (indexed, _) = clients.tagged.first().unwrap();
    assert!(Arc::ptr_eq(indexed, &clients.get(ConnectionId(1)).unwrap().kept.tags[0]));
}
