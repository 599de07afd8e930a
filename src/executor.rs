//! Runs tasks, polls the sockets in between, and schedules long computations.
//!
//! [`reactor`](crate::reactor) waits for the sockets. smol's own loop polls sockets and timers when no task is ready, or else after every 200 tasks.
//! An actor that computes is a task that is always ready and runs in turns. 200 such turns take a
//! good part of a second, in which no other message would be noticed.
//!
//! A message needs several tasks in sequence: its connection's, the actor's, and that of each
//! receiver. If a computing actor had a turn between any two of them, each message would wait for
//! several turns, and longer with each such actor. So a task that has used up its turn yields
//! ([`Turns::yield_now`]). It gets its next turn when no other task is ready, or at the latest
//! after `MAX_WAIT`. A message then waits for one turn at most, however many actors compute.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Future, poll_fn},
    mem,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use smol::{
    Executor,
    future::{FutureExt as _, yield_now},
};

use crate::{coarse_clock, convert::to_u64, lock::Lock, reactor::Reactor};

/// The stack of each thread that runs tasks or guests, in bytes. The interpreter may need some of it: see
/// `actor::meter`. The main thread runs neither, because the system decides about its stack.
pub const STACK: usize = 8 << 20;
/// How long tasks run between two polls of the sockets, as a multiple of the last poll's duration.
const POLL_RATIO: u64 = 16;
/// The minimum of that time. A client waits this long while others keep the host busy.
const MIN_PERIOD: Duration = Duration::from_micros(20);
/// The maximum of that time, in case something interrupted the last poll.
const MAX_PERIOD: Duration = Duration::from_micros(200);
/// While other tasks keep a thread busy, it resumes a task that has yielded this often. A turn takes
/// about 125 µs (see `actor::meter`), so computing tasks get about a sixteenth of a busy thread.
const MAX_WAIT: Duration = Duration::from_millis(2);

/// The tasks that have yielded, and the loops that resume them.
#[derive(Debug, Default)]
pub struct Turns {
    yielded: Lock<Yielded>,
    /// How many loops run. Without one, nobody would resume a task that yields.
    loops: AtomicUsize,
}

/// The tasks that have yielded, in order.
#[derive(Debug)]
struct Yielded {
    /// The ticket of the first waiting task. Tasks with lower tickets have been resumed.
    next: u64,
    /// The waiting tasks, first in, first out.
    waiting: VecDeque<Waker>,
}

/// The state of one yield.
#[derive(Debug, Default)]
pub(crate) struct Yield {
    /// The task's place in the line; `None` before the first poll.
    ticket: Option<u64>,
}

/// A time in nanoseconds.
const fn nanos(time: Duration) -> u64 {
    time.as_secs() * 1_000_000_000 + time.subsec_nanos() as u64
}

/// A ticket that counts as resumed.
const SERVED: u64 = 0;

impl Default for Yielded {
    fn default() -> Self {
        Self { next: SERVED + 1, waiting: VecDeque::new() }
    }
}

/// Counts a loop until it is dropped.
struct LoopGuard<'a>(&'a Turns);

impl Turns {
    /// Runs the executor's tasks on this thread until `future` is ready. `future` itself is polled
    /// after every turn, so it should be cheap to poll. It is one function for all futures, because
    /// each kind of them would have a copy of the loop.
    pub fn block_on(
        &self,
        executor: &Executor<'_>,
        reactor: &Arc<Reactor>,
        future: Pin<&mut dyn Future<Output = ()>>,
    ) {
        self.loops.fetch_add(1, Relaxed);
        let _running = LoopGuard(self);
        let work = future.or(async { match self.work(executor).await {} });
        reactor.block_on(pin!(work));
    }

    /// Ends the current task's turn. It is resumed when no other task is ready, or after `MAX_WAIT`
    /// at the latest. While a loop runs, only tasks that such a loop polls may call this, because
    /// only that loop notices them.
    pub(crate) async fn yield_now(&self) {
        let mut rest = Yield::default();
        poll_fn(|cx| self.poll_yield(&mut rest, cx)).await;
    }

    /// The poll function of [`yield_now`](Self::yield_now). `rest` must be new on the first call.
    pub(crate) fn poll_yield(&self, rest: &mut Yield, cx: &mut Context<'_>) -> Poll<()> {
        if self.loops.load(Relaxed) == 0 && rest.ticket.is_none() {
            rest.ticket = Some(SERVED);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.yielded.lock().poll(&mut rest.ticket, cx)
    }

    /// Runs tasks forever.
    async fn work(&self, executor: &Executor<'_>) -> Infallible {
        let (mut looked, mut period) = (coarse_clock::look(), nanos(MIN_PERIOD));
        let mut served = looked;
        loop {
            let mut shown = coarse_clock::read();
            let mut idle = !executor.try_tick();
            if idle {
                // Waits until a task is ready or has yielded. The future that `run` polls may yield
                // as well.
                let (mut tick, mut waited) = (pin!(executor.tick()), false);
                let tick = poll_fn(|cx| {
                    // The task that runs after the wait may ask for the time. The sockets were polled
                    // just now, since that ended the wait.
                    if mem::replace(&mut waited, true) {
                        looked = coarse_clock::look();
                        shown = looked;
                    }
                    tick.as_mut().poll(cx).map(|()| false)
                });
                idle = self.has_yielded().or(tick).await;
            }
            // An actor has looked at the clock after its event.
            let now = Some(coarse_clock::read()).filter(|now| *now != shown);
            let now = now.unwrap_or_else(coarse_clock::look);
            if idle || now.since(looked) >= period {
                // Returns to the reactor, which polls the sockets and calls this again.
                yield_now().await;
                looked = coarse_clock::look();
                let took = looked.since(now).saturating_mul(POLL_RATIO);
                period = took.clamp(nanos(MIN_PERIOD), nanos(MAX_PERIOD));
                // The poll may have made a task ready.
                idle = idle && !executor.try_tick();
            }
            if idle || now.since(served) >= nanos(MAX_WAIT) {
                served = now;
                self.resume_next();
            }
        }
    }

    /// Ready, with `true`, once a task has yielded. It needs no waker, because this loop polls it
    /// after each task that it runs.
    async fn has_yielded(&self) -> bool {
        let poll = |rests| if rests { Poll::Ready(true) } else { Poll::Pending };
        poll_fn(|_| poll(!self.yielded.lock().waiting.is_empty())).await
    }

    /// Resumes the task that has waited longest.
    fn resume_next(&self) {
        let mut yielded = self.yielded.lock();
        let Some(waker) = yielded.waiting.pop_front() else { return };
        yielded.next += 1;
        drop(yielded);
        waker.wake();
    }
}

impl Yielded {
    /// Ready once the task that holds `ticket` is resumed. The first call takes a ticket.
    fn poll(&mut self, ticket: &mut Option<u64>, cx: &mut Context<'_>) -> Poll<()> {
        let last = self.next + to_u64(self.waiting.len());
        let ticket = *ticket.get_or_insert(last);
        let Some(ahead) = ticket.checked_sub(self.next) else { return Poll::Ready(()) };
        let place = usize::try_from(ahead).ok().and_then(|ahead| self.waiting.get_mut(ahead));
        match place {
            // Something else has woken the task.
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
    use std::{
        sync::atomic::{AtomicU32, AtomicU64},
        time::Instant,
    };

    use rustix::time::{ClockId, clock_gettime};
    use smol::{Task, block_on};

    use super::*;

    /// A task that computes forever and counts its turns.
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

    /// What a future returns, while the tasks run.
    fn run<T>(turns: &Turns, executor: &Executor<'_>, future: impl Future<Output = T>) -> T {
        let mut result = None;
        let reactor = Arc::new(Reactor::new().unwrap());
        turns.block_on(executor, &reactor, pin!(async { result = Some(future.await) }));
        result.unwrap()
    }

    /// The processor time of this thread.
    fn cpu_time() -> Duration {
        Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
    }

    #[test]
    fn the_sockets_are_looked_at_before_each_turn_of_those_that_compute() {
        let (executor, turns) = (Executor::new(), Arc::new(Turns::default()));
        let computing = [computing(&executor, &turns), computing(&executor, &turns)];
        // Each time this is polled, the reactor has just polled the sockets.
        let looks = AtomicU32::new(0);
        let hundred = poll_fn(|_| {
            if looks.fetch_add(1, Relaxed) > 100 { Poll::Ready(()) } else { Poll::Pending }
        });
        run(&turns, &executor, hundred);
        let [one, other] = computing.map(|(count, _)| count.load(Relaxed));
        assert!(one.abs_diff(other) <= 1 && one > 20, "{one} {other}");
        assert!(one + other <= looks.load(Relaxed));
    }

    #[test]
    fn a_message_of_several_tasks_waits_for_one_turn_at_most() {
        let (executor, turns) = (Executor::new(), Arc::new(Turns::default()));
        let computing = [computing(&executor, &turns), computing(&executor, &turns)];
        let taken = || computing.iter().map(|(count, _)| count.load(Relaxed)).sum::<u32>();
        // The time in which this thread did not run, because the machine is busy with others. In such
        // a time a share becomes due.
        let rests = |wall: Instant, cpu| wall.elapsed().saturating_sub(cpu_time() - cpu);
        let chain = async {
            let (mut most, mut rounds) = (0, 0);
            while rounds < 50 {
                // Lets both yield.
                yield_now().await;
                let (wall, cpu, before) = (Instant::now(), cpu_time(), taken());
                for _ in 0..5 {
                    executor.spawn(async {}).await;
                }
                if rests(wall, cpu) < MAX_PERIOD / 4 {
                    rounds += 1;
                    most = most.max(taken() - before);
                }
            }
            most
        };
        assert!(run(&turns, &executor, chain) <= 1);
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
        run(&turns, &executor, ten);
        assert!(rounds.load(Relaxed) > 10);
    }

    #[test]
    fn a_task_that_waited_finds_the_coarse_clock_at_its_own_moment() {
        let (executor, turns) = (Executor::new(), Turns::default());
        let wait = Duration::from_millis(50);
        let start = coarse_clock::look();
        let task = executor.spawn(async move {
            smol::Timer::after(wait).await;
            coarse_clock::read().since(start)
        });
        // Only the clock's age before the wait would make it less.
        assert!(run(&turns, &executor, task) >= 50_000_000);
    }

    #[test]
    fn the_future_of_a_loop_may_yield_even_if_there_are_no_tasks() {
        let (executor, turns) = (Executor::new(), Turns::default());
        let rests = async {
            for _ in 0..10 {
                turns.yield_now().await;
            }
        };
        run(&turns, &executor, rests);
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
