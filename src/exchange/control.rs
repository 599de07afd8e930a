//! The commands to an actor's task. They are not events, and do not wait behind events.

use std::{
    collections::VecDeque,
    fmt,
    task::{Context, Poll, Waker},
};

use crate::{lock::Lock, waker};

/// The most commands that wait. The actor takes all of them between two events.
const MAX_COMMANDS: usize = 8;

/// A command to an actor's task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Handle the events in the mailbox, then end.
    Stop,
    /// Take the change that was left for the actor, before the next event.
    Change,
    /// Show inspectors how the actor is now.
    Show,
}

/// One actor's queue of commands.
#[derive(Debug, Default)]
pub struct Control(Lock<Inner>);

/// The queue itself.
#[derive(Debug, Default)]
struct Inner {
    /// In order of arrival.
    queue: VecDeque<Command>,
    /// Wakes the actor's task; `None` unless it waits for a command.
    actor: Option<Waker>,
}

/// The queue is full. The actor is still busy with an event, or has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Control {
    /// Adds a command.
    ///
    /// # Errors
    /// Eight commands wait already.
    pub fn send(&self, command: Command) -> Result<(), Full> {
        let mut inner = self.0.lock();
        if inner.queue.len() >= MAX_COMMANDS {
            return Err(Full);
        }
        inner.queue.push_back(command);
        let actor = inner.actor.take();
        drop(inner);
        if let Some(actor) = actor {
            actor.wake();
        }
        Ok(())
    }

    /// Takes the next command. If there is none, the task is woken when one comes.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Command> {
        let mut inner = self.0.lock();
        if let Some(command) = inner.queue.pop_front() {
            return Poll::Ready(command);
        }
        waker::register(&mut inner.actor, cx);
        Poll::Pending
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MAX_COMMANDS} commands wait for the actor already")
    }
}

impl std::error::Error for Full {}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use smol::{block_on, future};

    use super::*;

    #[test]
    fn so_many_commands_may_wait_and_one_more_is_refused() {
        let control = Control::default();
        for _ in 0..MAX_COMMANDS {
            assert_eq!(control.send(Command::Stop), Ok(()));
        }
        assert_eq!(control.send(Command::Stop), Err(Full));
        for _ in 0..MAX_COMMANDS {
            block_on(poll_fn(|cx| control.poll_next(cx)));
        }
        assert_eq!(control.send(Command::Stop), Ok(()));
    }

    #[test]
    fn an_actor_that_waits_for_a_command_is_woken_by_it() {
        let control = Control::default();
        let waits = poll_fn(|cx| control.poll_next(cx));
        let sends = async { control.send(Command::Stop) };
        assert_eq!(block_on(future::zip(waits, sends)), (Command::Stop, Ok(())));
    }
}
