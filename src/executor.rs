//! Runs tasks, looks at the sockets in between, and lets long computations run when nothing else
//! is to be done.
//!
//! smol's own loop looks at sockets and timers when no task is left to run, or else after every
//! 200 tasks that ran. An actor that computes is a task that is never done, and runs in turns:
//! 200 of these are a good part of a second, in which no message of anybody else's would be
//! noticed.
//!
//! A message needs several tasks, one after the other: its connection's, the actor's, and that of
//! each receiver. If an actor that computes had a turn between any two of them, each message would
//! wait for several turns, and for more with each such actor. So a task that has used up its turn
//! rests ([`Turns::yield_now`]), and gets the next one when no other task is ready, or else when it is
//! due (`MAX_WAIT`). A message then waits for one turn at most, however many actors compute.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Future, poll_fn},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use smol::{
    Executor,
    future::{FutureExt as _, yield_now},
};

use crate::{convert::to_u64, lock::Lock};

/// How long tasks run, one after the other, before the sockets are looked at: so many times as
/// long as the last look took. That is a microsecond on a PC, and ten on a slow board.
const POLL_RATIO: u32 = 16;
/// The least time. It is what a client has to wait while others keep the host busy.
const MIN_PERIOD: Duration = Duration::from_micros(20);
/// The most, whatever interrupted the last look.
const MAX_PERIOD: Duration = Duration::from_micros(200);
/// While other tasks keep a thread busy, it gives a turn to one that rests this often. A turn is
/// a hundred microseconds or more, so those that compute share a fifth of a busy thread.
const MAX_WAIT: Duration = Duration::from_millis(2);

/// The tasks that have used up their turn, and the loops that give them the next one.
#[derive(Debug, Default)]
pub struct Turns {
    /// What is behind the lock. It is never held while anything waits.
    yielded: Lock<Yielded>,
    /// How many loops run. Without any, nobody would give a turn.
    loops: AtomicUsize,
}

/// The tasks that rest, first come, first served.
#[derive(Debug)]
struct Yielded {
    /// The ticket of the one that comes next. Those below have had their turn.
    next: u64,
    /// That one and those after it.
    waiting: VecDeque<Waker>,
}

/// A task's rest, from the end of one turn to the beginning of the next.
#[derive(Debug, Default)]
pub struct Yield {
    /// Its place among those that rest, once it has one.
    ticket: Option<u64>,
}

/// A ticket whose turn has come.
const SERVED: u64 = 0;

impl Default for Yielded {
    fn default() -> Self {
        Self { next: SERVED + 1, waiting: VecDeque::new() }
    }
}

/// A loop that runs; dropping this says that it has ended.
struct LoopGuard<'a>(&'a Turns);

impl Turns {
    /// Runs the executor's tasks until `future` is ready. `future` itself is polled after every
    /// turn, so it should be a light one.
    pub async fn run<T>(&self, executor: &Executor<'_>, future: impl Future<Output = T>) -> T {
        self.loops.fetch_add(1, Relaxed);
        let _running = LoopGuard(self);
        future.or(async { match self.work(executor).await {} }).await
    }

    /// Ends the present task's turn. It goes on when no other task is ready, or when it is due. While
    /// a loop runs, only what such a loop polls may call this: that loop is the one that sees it rest.
    pub async fn yield_now(&self) {
        let mut rest = Yield::default();
        poll_fn(|cx| self.poll_yield(&mut rest, cx)).await;
    }

    /// The same, as a poll function: ready when the turn has come. `rest` is new at first.
    pub fn poll_yield(&self, rest: &mut Yield, cx: &mut Context<'_>) -> Poll<()> {
        if self.loops.load(Relaxed) == 0 && rest.ticket.is_none() {
            rest.ticket = Some(SERVED);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.yielded.lock().poll(&mut rest.ticket, cx)
    }

    /// Runs tasks for ever.
    async fn work(&self, executor: &Executor<'_>) -> Infallible {
        let (mut looked, mut period) = (Instant::now(), MIN_PERIOD);
        let mut served = looked;
        loop {
            let mut idle = !executor.try_tick();
            if idle {
                // Waits for a task to run, or until one rests: what `run` was given may do so too.
                idle = self
                    .has_yielded()
                    .or(async {
                        executor.tick().await;
                        false
                    })
                    .await;
            }
            let now = Instant::now();
            if idle || now.duration_since(looked) >= period {
                // Back to `block_on`, which looks at the sockets and comes here again.
                yield_now().await;
                looked = Instant::now();
                period = (POLL_RATIO * looked.duration_since(now)).clamp(MIN_PERIOD, MAX_PERIOD);
                // The look may have made something ready.
                idle = idle && !executor.try_tick();
            }
            if idle || now.duration_since(served) >= MAX_WAIT {
                served = now;
                self.resume_next();
            }
        }
    }

    /// Ready, with `true`, when a task rests. It is asked after each task that this loop runs, so
    /// nothing wakes it.
    async fn has_yielded(&self) -> bool {
        let poll = |rests| if rests { Poll::Ready(true) } else { Poll::Pending };
        poll_fn(|_| poll(!self.yielded.lock().waiting.is_empty())).await
    }

    /// Gives the task that has rested for longest its next turn.
    fn resume_next(&self) {
        let mut yielded = self.yielded.lock();
        let Some(waker) = yielded.waiting.pop_front() else { return };
        yielded.next += 1;
        drop(yielded);
        waker.wake();
    }
}

impl Yielded {
    /// Ready once the task that holds `ticket` has its turn. The first call takes a ticket.
    fn poll(&mut self, ticket: &mut Option<u64>, cx: &mut Context<'_>) -> Poll<()> {
        let last = self.next + to_u64(self.waiting.len());
        let ticket = *ticket.get_or_insert(last);
        let Some(ahead) = ticket.checked_sub(self.next) else { return Poll::Ready(()) };
        let place = usize::try_from(ahead).ok().and_then(|ahead| self.waiting.get_mut(ahead));
        match place {
            // Woken by something else.
            Some(waker) => waker.clone_from(cx.waker()),
            None => self.waiting.push_back(cx.waker().clone()),
        }
        Poll::Pending
    }
}

impl Drop for LoopGuard<'_> {
    fn drop(&mut self) {
        self.0.loops.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64},
    };

    use smol::{Task, block_on};

    use super::*;

    /// What computes without end, and counts its turns.
    fn computing(executor: &Executor<'_>, turns: &Arc<Turns>) -> (Arc<AtomicU32>, Task<()>) {
        let count = Arc::new(AtomicU32::new(0));
        let (turns, counted) = (turns.clone(), count.clone());
        let task = executor.spawn(async move {
            loop {
                let start = Instant::now();
                while start.elapsed() < MAX_PERIOD {}
                counted.fetch_add(1, Relaxed);
                turns.yield_now().await;
            }
        });
        (count, task)
    }

    #[test]
    fn the_sockets_are_looked_at_before_each_turn_of_those_that_compute() {
        let (executor, turns) = (Executor::new(), Arc::new(Turns::default()));
        let computing = [computing(&executor, &turns), computing(&executor, &turns)];
        // Every time that this is polled, `block_on` has just looked at the sockets.
        let looks = AtomicU32::new(0);
        let hundred = poll_fn(|_| {
            if looks.fetch_add(1, Relaxed) > 100 { Poll::Ready(()) } else { Poll::Pending }
        });
        block_on(turns.run(&executor, hundred));
        let [one, other] = computing.map(|(count, _)| count.load(Relaxed));
        assert!(one.abs_diff(other) <= 1 && one > 20, "{one} {other}");
        assert!(one + other <= looks.load(Relaxed));
    }

    #[test]
    fn a_message_of_several_tasks_waits_for_one_turn_at_most() {
        let (executor, turns) = (Executor::new(), Arc::new(Turns::default()));
        let computing = [computing(&executor, &turns), computing(&executor, &turns)];
        let taken = || computing.iter().map(|(count, _)| count.load(Relaxed)).sum::<u32>();
        let chain = async {
            let mut most = 0;
            for _ in 0..50 {
                // Until both rest.
                yield_now().await;
                let before = taken();
                for _ in 0..5 {
                    executor.spawn(async {}).await;
                }
                most = most.max(taken() - before);
            }
            most
        };
        assert!(block_on(turns.run(&executor, chain)) <= 1);
    }

    #[test]
    fn a_computing_task_gets_its_share_while_other_tasks_are_always_ready() {
        let (executor, turns) = (Executor::new(), Arc::new(Turns::default()));
        let (count, _task) = computing(&executor, &turns);
        let rounds = Arc::new(AtomicU64::new(0));
        let counted = rounds.clone();
        let _busy = executor.spawn(async move {
            loop {
                counted.fetch_add(1, Relaxed);
                yield_now().await;
            }
        });
        let ten =
            poll_fn(|_| if count.load(Relaxed) >= 10 { Poll::Ready(()) } else { Poll::Pending });
        block_on(turns.run(&executor, ten));
        assert!(rounds.load(Relaxed) > 10);
    }

    #[test]
    fn the_future_of_a_loop_may_yield_even_if_there_are_no_tasks() {
        let (executor, turns) = (Executor::new(), Turns::default());
        let rests = async {
            for _ in 0..10 {
                turns.yield_now().await;
            }
        };
        block_on(turns.run(&executor, rests));
    }

    #[test]
    fn yielding_without_a_loop_only_yields_to_the_executor() {
        let turns = Turns::default();
        block_on(async {
            for _ in 0..10 {
                turns.yield_now().await;
            }
        });
    }
}
