//! An actor, its mailbox and its clients, without sockets. This does by hand what `src/server`
//! does, in single steps, and checks everything after each step.

use std::task::{Context, Waker};

use footlight::{
    exchange::{Close, CloseCode, Command, EventKind, Message, OnOverflow, connections::OpenError},
    limits::Limits,
    world::World,
};

use crate::{
    client::{Client, Code, known},
    counts::Counts,
    drive,
    guests::Guest,
    play::{Act, Play},
    running::Running,
    script::{End, Expected, Script, Want},
};

/// An actor and its clients.
struct Stage {
    /// Whether the limits are large enough for all usual actions.
    roomy: bool,
    /// The actor's limits.
    limits: Limits,
    /// The actor.
    actor: Running,
    /// The answers of a test guest.
    script: Option<Script>,
    /// The open connections.
    clients: Vec<Client>,
    /// Whether the host is stopping.
    stopping: bool,
}

/// Runs a sequence of actions.
pub fn perform(play: Play) {
    let Some(mut stage) = Stage::open(&play) else {
        assert!(!play.roomy, "it can be started");
        return;
    };
    for act in play.acts {
        match act {
            Act::Open => stage.comes(),
            Act::Send { who, kind } => stage.sends(who, kind),
            Act::Together(events) => stage.send_together(events),
            Act::Read { who, count } => stage.reads(who, count),
            Act::Leave { who, ending } => {
                if let Some(index) = stage.index(who) {
                    stage.leaves(index, ending);
                }
            }
            Act::Stop => stage.stops(),
        }
        stage.is_quiet();
    }
    stage.ends();
}

impl Stage {
    /// Starts the actor, and lets it wait for its first event.
    fn open(play: &Play) -> Option<Self> {
        let limits = play.limits.clone();
        let module = play.guest.compile(&limits).ok()?;
        let first_state = play.first_state.clone();
        let script = match play.guest {
            Guest::Script(shape) => Some(Script::new(shape, first_state.as_deref())),
            _ => None,
        };
        let mut actor = match Running::start(module, &limits, first_state, World::System) {
            Ok(actor) => actor,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return None;
            }
        };
        drive::until(actor.task.as_mut(), &actor.bell, || true);
        Some(Self {
            roomy: play.roomy,
            limits,
            actor,
            script,
            clients: Vec::new(),
            stopping: false,
        })
    }

    /// The index of an open connection, if there is one.
    fn index(&self, who: u8) -> Option<usize> {
        usize::from(who).checked_rem(self.clients.len())
    }

    /// A client connects, if there is room.
    fn comes(&mut self) {
        match self.actor.connections.open(OnOverflow::Close, known) {
            Ok(open) => {
                assert!(!self.stopping && self.clients.len() < self.limits.connections);
                // Messages that come before the next read wait.
                open.session.stop_draining();
                let close = self.script.is_none().then_some(Code::Any);
                self.clients.push(Client::new(open, &self.limits, close));
                self.happens(self.clients.len() - 1, EventKind::Connect);
            }
            Err(OpenError::Limit(limit)) => {
                assert_eq!((self.clients.len(), false), (limit, self.stopping))
            }
            Err(OpenError::Stopping) => assert!(self.stopping),
            Err(OpenError::Unavailable(_) | OpenError::Numbers) => {
                panic!("what could be started once can be started again")
            }
        }
    }

    /// A client sends something.
    fn sends(&mut self, who: u8, kind: EventKind) {
        if let Some(index) = self.index(who) {
            self.happens(index, kind);
        }
    }

    /// A client reads.
    fn reads(&mut self, who: u8, count: u8) {
        if let Some(index) = self.index(who)
            && !self.clients[index].reads(count.into())
        {
            self.leaves(index, Close::ABNORMAL);
        }
    }

    /// A client closes. The actor gets its last event.
    fn leaves(&mut self, index: usize, ending: Close) {
        self.handle(index, EventKind::Close(ending));
        self.clients.remove(index);
    }

    /// The host stops and closes all connections.
    fn stops(&mut self) {
        for session in self.actor.connections.stop() {
            session.close(CloseCode::GOING_AWAY, "stopping");
        }
        self.stopping = true;
        for index in (0..self.clients.len()).rev() {
            self.clients[index].closed(Code::Code(CloseCode::GOING_AWAY));
            assert!(!self.clients[index].reads(0));
            self.leaves(index, Close::ABNORMAL);
        }
    }

    /// Pushes an event of a client, runs the actor, and lets the connection act.
    fn happens(&mut self, index: usize, kind: EventKind) {
        self.handle(index, kind);
        if !self.clients[index].reads(0) {
            self.leaves(index, Close::ABNORMAL);
        }
    }

    /// Runs the actor for one event, and checks that the event has its whole effect or none.
    fn handle(&mut self, index: usize, kind: EventKind) {
        let before = Counts::of(&self.actor.stats);
        let expected = self.script.as_ref().map(|script| script.expect(&kind));
        let said = |word| matches!(&kind, EventKind::Message(Message::Text(text)) if *text == word);
        let counted_up = said("abuse-global");
        let closes = matches!(kind, EventKind::Close(_));
        let cost = kind.cost();
        self.clients[index].tell(&self.actor.mailbox, kind);
        assert_eq!(self.actor.mailbox.bytes(), cost);
        self.settle(1);
        self.clients[index].is_handled();

        let counts = Counts::of(&self.actor.stats).since(&before);
        let end = counts.end();
        assert!(counts.events == 1 && counts.fuel <= self.limits.fuel.unwrap_or(u64::MAX));
        assert!(counts.answers == 0 || (end == End::Well && !closes));
        if let Some(expected) = &expected {
            let limited = end == End::Trap && (!self.roomy || expected.large);
            assert!(end == expected.end || limited, "{end:?} instead of {:?}", expected.end);
        }
        if let Some(script) = &mut self.script {
            let dropped = counts.traps + counts.watermarks + counts.hibernations > 0;
            if dropped {
                script.global = Some(0);
            } else if counted_up {
                script.global = script.global.map(|global| global + 1);
            }
            if end == End::Well {
                script.state = expected.as_ref().and_then(|expected| expected.state.clone());
            }
        }
        let client = &mut self.clients[index];
        if !closes {
            follows(client, end, &counts, expected);
        }
    }

    /// Several clients send something before the actor runs. Each has at most one event in the
    /// mailbox, and sends only while there is room.
    fn send_together(&mut self, events: Vec<(u8, EventKind)>) {
        let before = Counts::of(&self.actor.stats);
        let mut script = self.script.clone();
        let mut sent = Vec::new();
        let mut cost = 0;
        for (who, kind) in events {
            let Some(index) = self.index(who) else { return };
            let mut cx = Context::from_waker(Waker::noop());
            let room = self.actor.mailbox.sender().poll_reserve(&mut cx).is_ready();
            assert_eq!(room, self.actor.mailbox.bytes() < self.limits.mailbox);
            if !room || !self.clients[index].is_idle() {
                continue;
            }
            let expected = script.as_mut().map(|script| {
                // The model does not know when the instance is dropped.
                script.global = None;
                let expected = script.expect(&kind);
                if expected.end == End::Well {
                    script.state = expected.state.clone();
                }
                expected
            });
            cost += kind.cost();
            self.clients[index].tell(&self.actor.mailbox, kind);
            sent.push((index, expected));
            assert_eq!(self.actor.mailbox.bytes(), cost);
        }
        if sent.is_empty() {
            return;
        }
        self.settle(sent.len() as u64);
        sent.iter().for_each(|(index, _)| self.clients[*index].is_handled());

        let counts = Counts::of(&self.actor.stats).since(&before);
        assert_eq!(counts.events, sent.len() as u64);
        assert!(counts.fuel <= counts.events * self.limits.fuel.unwrap_or(u64::MAX));
        let certain = |(_, expected): &(usize, Option<Expected>)| {
            expected.as_ref().is_some_and(|expected| !expected.large)
        };
        if self.roomy && counts.overflows == 0 && sent.iter().all(certain) {
            self.script = script;
            let ends = |end| {
                let these = sent.iter().filter(|(_, e)| e.as_ref().is_some_and(|e| e.end == end));
                these.count() as u64
            };
            let expected = (ends(End::Trap), ends(End::Error), ends(End::Refused));
            assert_eq!((counts.traps, counts.errors, counts.refused), expected);
            sent.sort_by_key(|(index, _)| std::cmp::Reverse(*index));
            for (index, expected) in sent {
                let Some(expected) = expected else { continue };
                let counts =
                    Counts { answers: expected.messages.len() as u64, ..Counts::default() };
                follows(&mut self.clients[index], expected.end, &counts, Some(expected));
                if !self.clients[index].reads(0) {
                    self.leaves(index, Close::ABNORMAL);
                }
            }
        } else {
            if let Some(script) = &mut self.script {
                (script.state, script.global) = (None, None);
            }
            sent.sort_by_key(|(index, _)| std::cmp::Reverse(*index));
            for (index, _) in sent {
                if !self.clients[index].reads_anything() {
                    self.leaves(index, Close::ABNORMAL);
                }
            }
        }
    }

    /// Lets the actor handle the events in its mailbox.
    fn settle(&mut self, events: u64) {
        assert!(self.actor.bell.rang(), "an event wakes the actor");
        let (mailbox, clients) = (&self.actor.mailbox, &self.clients);
        let done = || mailbox.bytes() == 0 && clients.iter().all(Client::is_idle);
        let (ended, polls) = drive::until(self.actor.task.as_mut(), &self.actor.bell, done);
        assert!(ended.is_none(), "the actor's task ends only when it is told to");
        // The actor yields after slices, for the instance and for the call.
        let turns = events * (2 * drive::max_slices(&self.limits) + 3);
        assert!(polls <= turns, "{polls} turns");
    }

    /// Checks that nothing waits between two actions.
    fn is_quiet(&self) {
        assert_eq!(self.actor.mailbox.bytes(), 0);
        assert_eq!(self.actor.connections.count(), self.clients.len());
        assert!(self.clients.iter().all(Client::is_idle));
    }

    /// Closes all connections and stops the actor.
    fn ends(mut self) {
        while let Some(last) = self.clients.len().checked_sub(1) {
            assert!(self.clients[last].reads(usize::MAX) || self.script.is_none());
            self.leaves(last, Close::NO_STATUS);
        }
        self.is_quiet();
        self.actor.control.send(Command::Stop).expect("nothing else is asked of it");
        let (ended, _) = drive::until(self.actor.task.as_mut(), &self.actor.bell, || false);
        assert!(ended.is_some());
    }
}

/// Notes the effects of an event for its client.
fn follows(client: &mut Client, end: End, counts: &Counts, expected: Option<Expected>) {
    match end {
        End::Trap => client.closed(Code::Code(CloseCode::INTERNAL_ERROR)),
        End::Error | End::Refused => {}
        End::Well if counts.overflows > 0 => client.overflowed(),
        End::Well => {
            let messages = match &expected {
                Some(expected) => expected.messages.clone(),
                None => (0..counts.answers).map(|_| Want::Anything).collect(),
            };
            assert_eq!(messages.len() as u64, counts.answers);
            client.answered(messages);
            if let Some(close) = expected.and_then(|expected| expected.close) {
                client.closed(Code::Exactly(close));
            }
        }
    }
}
