//! One connection with a broker: moves bytes between its socket and the session, and messages between the
//! session and the actor.
//!
//! The socket is read all the time, with one exception: a message of QoS 1 has come for which the inbox has
//! no [room](super::Inbox::has_room). A broker that speaks MQTT 5 and keeps to the receive maximum sends none
//! then. TCP holds others back. To end the connection would not help: they send the same again.

use std::{
    collections::HashMap,
    future::poll_fn,
    io,
    ops::Range,
    pin::Pin,
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use footlight_mqtt::{Ack, Down, Event, Qos};
use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    Incoming,
    link::{End, Link, Why},
    progress::{Alarm, Written},
    shared::Shared,
    translated,
};
use crate::{deadline::within, http_client::stream::Stream};

/// What is read at once, in bytes.
const READ: usize = 4096;
/// After so much work the others have their turn. A message is one.
const WORK: usize = 32;
/// How much work it is to read once: what is read may be no messages.
const READ_WORK: usize = 8;
/// How long a connection may take to send what the actor has published last, once that has ended.
const LEAVING: Duration = Duration::from_secs(2);
/// How long it may take to write its last packet and to close the socket.
const CLOSING: Duration = Duration::from_secs(1);

/// One connection.
pub(super) struct Connection<'a> {
    shared: &'a Shared,
    /// Whether to log that the broker has accepted the connection.
    logs_up: bool,
    link: &'a mut Link,
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    /// What of the buffer the session has not taken.
    rest: Range<usize>,
    /// Whether all that was written has left the stream.
    is_flushed: bool,
    /// Which publications of QoS 0 were written.
    written: Written,
    /// The messages that the actor has.
    acks: HashMap<u64, Ack>,
    /// A message that the inbox does not take yet.
    held: Option<(Incoming, Option<Ack>)>,
    /// The work since others had their turn.
    work: usize,
    alarm: Alarm,
    up: Option<Instant>,
    /// Until when to send what the actor has published last. `None` before it has ended.
    leaving: Option<Instant>,
    /// What has failed, if it was not the session.
    failure: Option<String>,
}

impl<'a> Connection<'a> {
    /// A connection over this stream, to which nothing was written. `logs_up` says whether to log that the
    /// broker has accepted it.
    pub(super) fn new(
        shared: &'a Shared,
        link: &'a mut Link,
        stream: Box<dyn Stream>,
        logs_up: bool,
    ) -> Self {
        Self {
            shared,
            logs_up,
            link,
            stream,
            buffer: vec![0; READ],
            rest: 0..0,
            is_flushed: true,
            written: Written::default(),
            acks: HashMap::new(),
            held: None,
            work: 0,
            alarm: Alarm::new(),
            up: None,
            leaving: None,
            failure: None,
        }
    }

    /// Serves it until it ends.
    pub(super) async fn run(mut self) -> End {
        self.link.session.connect(Instant::now());
        let down = loop {
            let before = self.work;
            let moved = self.push_held() || self.feed();
            if let Some(down) = self.take_events() {
                break Some(down);
            }
            if self.is_over() {
                break None;
            }
            if self.work >= WORK {
                self.work = 0;
                self.shared.turns.yield_now().await;
            } else if !moved && self.work == before {
                poll_fn(|cx| self.poll(cx)).await;
            }
        };
        self.close(down.is_none()).await;
        self.written.give_back(&self.shared.broker.outbox);
        let why = self.failure.map_or(down.map_or(Why::Done, Why::Down), Why::Failed);
        End { up: self.up, why }
    }

    /// Handles what the session tells. Returns how the connection has ended.
    fn take_events(&mut self) -> Option<Down> {
        while let Some(event) = self.link.session.next_event() {
            self.work += 1;
            let outbox = &self.shared.broker.outbox;
            match event {
                Event::Up { version, session_present } => {
                    self.up = Some(Instant::now());
                    self.shared.broker.inbox.up(session_present);
                    self.shared.connected(version, session_present, self.logs_up);
                }
                // No other one comes before the actor has it, because the session is given no bytes.
                Event::Message(message) => self.held = Some(translated::incoming(message)),
                Event::Skipped { topic, size, why } => {
                    self.link.skipped += 1;
                    let what =
                        format_args!("the message of {size} bytes with the topic {topic:?}: {why}");
                    self.shared.skipped(self.link.skipped, what);
                }
                Event::Delivered { key } => outbox.delivered(key),
                Event::Refused { key, why } => outbox.refused(key, &why.to_string()),
                Event::Subscribed { filter, outcome } => self.shared.subscribed(&filter, outcome),
                Event::Down(down) => return Some(down),
            }
        }
        None
    }

    /// Whether the actor has ended, and what it has published is sent or late.
    fn is_over(&self) -> bool {
        let Some(at) = self.leaving else { return false };
        self.up.is_none() || at <= Instant::now() || self.shared.broker.outbox.is_done()
    }

    /// Gives the inbox the message that waits for that. Returns whether it has it.
    fn push_held(&mut self) -> bool {
        let inbox = &self.shared.broker.inbox;
        let is_stopping = self.shared.stopping.load(Relaxed);
        let takes = |held: &mut (Incoming, _)| is_stopping || inbox.has_room(&held.0);
        let Some((mut message, ack)) = self.held.take_if(takes) else { return false };
        if is_stopping {
            // The broker sends those of QoS 1 again.
            self.shared.stats.mqtt_dropped.add(u64::from(ack.is_none()));
            return true;
        }
        message.ack = ack.map(|ack| {
            self.link.last_ack += 1;
            self.acks.insert(self.link.last_ack, ack);
            self.link.last_ack
        });
        if inbox.push(message).is_err() {
            self.fail("a message of the broker is larger than `limits.mqtt_inbox`".into());
        }
        true
    }

    /// Passes on what was read. Returns whether the session took some of it.
    fn feed(&mut self) -> bool {
        if self.held.is_some() {
            return false;
        }
        let rest = self.buffer.get(self.rest.clone()).unwrap_or_default();
        let taken = self.link.session.received(rest, Instant::now());
        self.rest.start += taken;
        taken > 0
    }

    /// Does what can be done now. Pending if that is nothing.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.link.session.set_reading(self.held.is_none(), Instant::now());
        let moved = [
            self.poll_acknowledged(cx),
            self.poll_published(cx),
            self.poll_write(cx),
            self.poll_read(cx),
            self.poll_ended(cx),
            self.poll_deadline(cx),
        ];
        if moved.contains(&true) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Acknowledges what the actor has handled.
    fn poll_acknowledged(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while let Poll::Ready(number) = self.shared.broker.inbox.poll_acknowledged(cx) {
            if let Some(ack) = self.acks.remove(&number) {
                self.link.session.acknowledge(ack, Instant::now());
            }
            moved = true;
        }
        moved
    }

    /// Takes what the actor has published, as far as the session does.
    fn poll_published(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while self.up.is_some() {
            let (number, publication) = match self.link.hand.take() {
                Some(hand) => hand,
                None => match self.shared.broker.outbox.poll_next(cx) {
                    Poll::Ready(out) => (out.number, translated::publication(&out)),
                    Poll::Pending => break,
                },
            };
            let session = &mut self.link.session;
            let before = session.output().len();
            if session.publish(number, &publication, Instant::now()).is_err() {
                self.link.hand = Some((number, publication));
                break;
            }
            let after = session.output().len();
            if publication.qos == Qos::AtMostOnce && after > before {
                self.written.add(after, number);
            }
            moved = true;
        }
        moved
    }

    /// Writes what the session has.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.link.session.output().is_empty() {
            let output = self.link.session.output();
            match Pin::new(&mut *self.stream).poll_write(cx, output) {
                Poll::Ready(Ok(len @ 1..)) => self.wrote(len),
                Poll::Ready(Ok(0)) => self.broke(&io::ErrorKind::WriteZero.into()),
                Poll::Ready(Err(error)) => self.broke(&error),
                Poll::Pending => return moved,
            }
            moved = true;
        }
        if !self.is_flushed {
            match Pin::new(&mut *self.stream).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.is_flushed = true,
                Poll::Ready(Err(error)) => {
                    self.broke(&error);
                    moved = true;
                }
                Poll::Pending => {}
            }
        }
        moved
    }

    /// Notes that the stream has taken bytes.
    fn wrote(&mut self, len: usize) {
        self.link.session.wrote(len, Instant::now());
        self.is_flushed = false;
        self.written.wrote(len, &self.shared.broker.outbox);
    }

    /// Reads, unless the session has not taken all that was read.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> bool {
        if self.held.is_some() || !self.rest.is_empty() {
            return false;
        }
        match Pin::new(&mut *self.stream).poll_read(cx, &mut self.buffer) {
            Poll::Ready(Ok(0)) => self.link.session.ended(),
            Poll::Ready(Ok(len)) => {
                self.rest = 0..len;
                self.work += READ_WORK;
            }
            Poll::Ready(Err(error)) => self.broke(&error),
            Poll::Pending => return false,
        }
        true
    }

    /// Notes that the actor has ended.
    fn poll_ended(&mut self, cx: &mut Context<'_>) -> bool {
        if self.leaving.is_some() || self.shared.broker.outbox.poll_ended(cx).is_pending() {
            return false;
        }
        self.leaving = Some(Instant::now() + LEAVING);
        true
    }

    /// Does what is due.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(at) = [self.link.session.deadline(), self.leaving].into_iter().flatten().min()
        else {
            return false;
        };
        if self.alarm.poll(at, cx).is_pending() {
            return false;
        }
        self.link.session.expired(Instant::now());
        true
    }

    /// The socket is of no use any more.
    fn broke(&mut self, error: &io::Error) {
        // Brokers close a connection that they do not want, with or without a reset.
        if error.kind() == io::ErrorKind::ConnectionReset
            || error.kind() == io::ErrorKind::BrokenPipe
        {
            self.link.session.ended();
        } else {
            self.fail(format!("the connection broke: {error}"));
        }
    }

    /// Ends the connection for this reason.
    fn fail(&mut self, why: String) {
        self.failure = Some(why);
        self.link.session.abandon();
    }

    /// Writes the last packets, and closes the socket. If the connection ends in order, it waits for the
    /// broker, which closes it too: a reset could overtake DISCONNECT, and then the broker publishes the
    /// will.
    async fn close(&mut self, in_order: bool) {
        if in_order {
            self.link.session.disconnect(Instant::now());
        }
        let closing = async {
            let output = self.link.session.output().to_vec();
            self.stream.write_all(&output).await?;
            self.wrote(output.len());
            self.stream.close().await?;
            while in_order && self.stream.read(&mut self.buffer).await? > 0 {}
            io::Result::Ok(())
        };
        // It is over in any case.
        let _ = within(CLOSING, closing).await;
        while self.link.session.next_event().is_some() {}
    }
}
