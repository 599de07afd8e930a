//! What leaves the host after an event: messages, closes, and the answer. It leaves at once, or waits
//! until the changes before it are on the disk.
//!
//! Messages that wait are *held*. They count in the outboxes of their receivers from the call on, so
//! that an actor can't send more than a client may have waiting. They leave in the order of the
//! events. So an event that changes nothing waits behind one that changed something: what it says
//! may depend on that.

use std::{collections::VecDeque, sync::Arc};

use footlight_store::Ticket;

use super::{
    answer::Answer,
    effects::{self, Effect},
    meter::Meter,
    response,
};
use crate::{
    exchange::{CloseCode, Delivery, HttpResponse, Message, Outcome, Session, Source, Unanswered},
    stats::Stats,
};

/// What queueing a message counts for in a turn, in bytes that the host moves.
const PER_SEND: usize = 32 << 10;
/// What each held event and each held effect counts for beside its messages, in bytes.
const OVERHEAD: usize = 128;
/// What a request gets whose changes could not be stored.
const NOT_STORED: Unanswered = Unanswered::Unavailable("the state could not be stored");

/// What leaves the host after an event.
pub struct Output {
    /// Whose event it was. It gets the answer.
    pub source: Source,
    /// Whether it was the last event of its connection, which gets no answer.
    pub is_last: bool,
    /// What the call requested, in order.
    pub effects: Vec<Effect>,
    /// How the event ended.
    pub ending: Ending,
}

/// How an event ended for its source.
pub enum Ending {
    /// It succeeded, with this answer.
    Answer(Answer),
    /// It was a request, and succeeded with this response.
    Response(HttpResponse),
    /// Another actor has asked, and gets this reply.
    Reply(Vec<u8>),
    /// It failed.
    Failed {
        /// Whether its client is closed.
        closes: bool,
    },
}

/// Delivers what an actor sends, and holds what has to wait.
pub struct Outgoing {
    /// Puts messages into outboxes.
    delivery: Delivery,
    /// What waits, with the ticket of the record that it waits for.
    held: VecDeque<(Ticket, Output)>,
    /// The bytes that wait.
    bytes: usize,
    /// Tells how much waits.
    stats: Arc<Stats>,
}

impl Outgoing {
    /// Starts with nothing held.
    pub fn new(delivery: Delivery, stats: Arc<Stats>) -> Self {
        Self { delivery, held: VecDeque::new(), bytes: 0, stats }
    }

    /// Puts messages into outboxes.
    pub fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Delivers an event's output, or holds it if it has to wait for `awaited` or behind others.
    pub async fn send(&mut self, output: Output, awaited: Option<Ticket>, meter: &mut Meter) {
        let last = self.held.back().map(|(ticket, _)| *ticket);
        match awaited.or(last) {
            None => self.deliver(output, meter).await,
            Some(ticket) => {
                output.for_each_receiver(Session::hold);
                self.bytes = self.bytes.saturating_add(output.bytes());
                self.held.push_back((ticket, output));
                self.stats.held.set(self.bytes);
            }
        }
    }

    /// The record that the first held output waits for.
    pub fn awaited(&self) -> Option<Ticket> {
        self.held.front().map(|(ticket, _)| *ticket)
    }

    /// The bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Delivers what waited for the records up to `reached`.
    pub async fn release(&mut self, reached: Ticket, meter: &mut Meter) {
        while self.awaited().is_some_and(|ticket| ticket <= reached)
            && let Some(output) = self.next_held()
        {
            self.deliver(output, meter).await;
        }
    }

    /// Drops what waits, because its record could not be written. Returns how many messages that
    /// are. Their receivers are closed by the caller.
    pub fn drop_held(&mut self) -> usize {
        let mut dropped = 0;
        while let Some(output) = self.next_held() {
            output.for_each_receiver(|_, _| dropped += 1);
            if let Source::Request(responder) = &output.source {
                dropped += 1;
                responder.answer(Err(NOT_STORED));
            }
            match &output.source {
                Source::Asker(responder) => responder.answer(Err(NOT_STORED)),
                Source::Sender(receipt) | Source::Broker(receipt) => {
                    receipt.settle(Outcome::Undone);
                }
                _ => {}
            }
            output.source.handled();
        }
        dropped
    }

    /// Takes the first held output.
    fn next_held(&mut self) -> Option<Output> {
        let (_, output) = self.held.pop_front()?;
        output.for_each_receiver(Session::release);
        self.bytes = self.bytes.saturating_sub(output.bytes());
        self.stats.held.set(self.bytes);
        Some(output)
    }

    /// Delivers the effects in order, then the answer. Then the source may bring its next event.
    async fn deliver(&mut self, output: Output, meter: &mut Meter) {
        // The call is over, so its time limit no longer counts.
        meter.renew();
        let Output { source, is_last, effects, ending } = output;
        for effect in effects {
            match effect {
                Effect::Send { to, message } => self.post(&to, message, meter).await,
                Effect::Broadcast { to, message } => {
                    for to in to {
                        self.post(&to, message.clone(), meter).await;
                        let _ = meter.yield_if_due().await;
                    }
                }
                Effect::Close { to, close } => to.close_with(close),
                Effect::Fetch(asked) => asked.start(),
                Effect::Message(sent) => sent.start(),
                Effect::Publish(publishing) => publishing.start(),
            }
            let _ = meter.yield_if_due().await;
        }
        let session = source.session();
        match ending {
            Ending::Answer(answer) => {
                if let Some(session) = session {
                    make_room(session, answer.cost(), meter).await;
                }
                let Answer { messages, close, after_close } = answer;
                self.delivery.answer(&source, is_last, messages, close, after_close);
            }
            Ending::Response(response) => {
                if let Source::Request(responder) = &source {
                    responder.answer(Ok(response));
                }
            }
            Ending::Reply(reply) => {
                if let Source::Asker(responder) = &source {
                    responder.answer(Ok(reply));
                }
            }
            Ending::Failed { closes } => {
                match &source {
                    Source::Request(responder) => responder.answer(Err(Unanswered::Failed)),
                    Source::Asker(responder) => responder.answer(Err(Unanswered::Failed)),
                    Source::Sender(receipt) | Source::Broker(receipt) => {
                        receipt.settle(Outcome::Failed);
                    }
                    _ => {}
                }
                if let (Some(session), true) = (session, closes) {
                    session.close(CloseCode::INTERNAL_ERROR, "the actor failed");
                }
            }
        }
        source.handled();
    }

    /// Queues a message that is not an answer.
    async fn post(&mut self, to: &Session, message: Message, meter: &mut Meter) {
        if !self.delivery.offer(to, &message) {
            make_room(to, message.cost(), meter).await;
            self.delivery.send(to, message);
        }
        meter.moved(PER_SEND);
    }
}

/// Lets connections write if `bytes` more do not fit into this one's outbox. A client is slow only if
/// its connection has had a chance to write.
async fn make_room(to: &Session, bytes: usize, meter: &mut Meter) {
    if !to.has_room(bytes) {
        meter.yield_now().await;
    }
    while !to.has_room(bytes) && to.is_draining() {
        meter.yield_now().await;
    }
}

impl Output {
    /// Calls `each` for each message that waits for a client, with its cost.
    fn for_each_receiver(&self, mut each: impl FnMut(&Session, usize)) {
        for effect in &self.effects {
            match effect {
                Effect::Send { to, message } => each(to, message.cost()),
                Effect::Broadcast { to, message } => {
                    to.iter().for_each(|to| each(to, message.cost()));
                }
                Effect::Close { .. }
                | Effect::Fetch(_)
                | Effect::Message(_)
                | Effect::Publish(_) => {}
            }
        }
        if let (Ending::Answer(answer), Some(session)) = (&self.ending, self.source.session()) {
            answer.messages.iter().for_each(|message| each(session, message.cost()));
        }
    }

    /// The memory that it takes while it is held. A message counts once, whoever gets it.
    fn bytes(&self) -> usize {
        let of = |effect: &Effect| match effect {
            Effect::Send { message, .. } => message.cost(),
            Effect::Broadcast { to, message } => {
                message.cost().saturating_add(to.len().saturating_mul(effects::RECEIVER))
            }
            Effect::Close { close, .. } => close.reason.len(),
            Effect::Fetch(asked) => asked.bytes(),
            Effect::Message(sent) => sent.bytes(),
            Effect::Publish(publishing) => publishing.bytes(),
        };
        let answer = match &self.ending {
            Ending::Answer(answer) => answer.cost(),
            Ending::Response(response) => response::cost(response),
            Ending::Reply(reply) => reply.len(),
            Ending::Failed { .. } => 0,
        };
        let effects = self.effects.iter().map(|effect| of(effect).saturating_add(OVERHEAD));
        effects.fold(answer.saturating_add(OVERHEAD), usize::saturating_add)
    }
}
