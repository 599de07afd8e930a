//! Keeps an actor connected with its brokers. Each has a task, which connects again and again until the
//! actor has ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use footlight_mqtt::Down;
use log::Level;
use smol::{Executor, Task, Timer, future::FutureExt as _};

use super::{
    backoff::{Attempt, Backoff, SOON},
    brokers::Broker,
    config::BrokerConfig,
    connection::Connection,
    link::{End, Link, Why},
    opened::OpenedBroker,
    shared::Shared,
    translated::Bounds,
};
use crate::{exchange::ActorHandle, executor::Turns, http_client::resolver::Resolver};

/// The tasks of an actor's brokers.
pub struct Drivers {
    tasks: Vec<Task<()>>,
    stopping: Arc<AtomicBool>,
}

/// The task of one broker.
struct Driver {
    shared: Shared,
    resolver: Resolver,
    backoff: Backoff,
    /// The session, and the limits with which it was made. `None` before the first connection.
    link: Option<(Link, Bounds)>,
}

impl Drivers {
    /// Starts the tasks of an actor's brokers. They always run in a build with the feature `mqtt`.
    pub(crate) fn start(
        executor: &Executor<'static>,
        actor: &ActorHandle,
        turns: &Arc<Turns>,
        brokers: impl Iterator<Item = (OpenedBroker, Arc<Broker>)>,
    ) -> Option<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let tasks = brokers.map(|(opened, broker)| {
            let shared = Shared {
                broker,
                limits: actor.limits.clone(),
                stats: actor.stats.clone(),
                turns: turns.clone(),
                stopping: stopping.clone(),
                opened,
                lines: actor.lines.clone(),
            };
            let backoff = Backoff::new(shared.opened.config.reconnect);
            let driver = Driver { shared, resolver: Resolver::default(), backoff, link: None };
            executor.spawn(driver.run())
        });
        Some(Self { tasks: tasks.collect(), stopping })
    }

    /// Gives the actor nothing more. What it publishes is still sent.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Relaxed);
    }

    /// Waits until the connections have sent what the actor has published, and are closed. The actor has
    /// ended.
    pub(crate) async fn ended(self) {
        for task in self.tasks {
            task.await;
        }
    }
}

impl Driver {
    /// Connects until the actor has ended.
    async fn run(mut self) {
        loop {
            let broker = self.shared.broker.clone();
            let opening = async { Some(self.shared.open(&self.resolver).await) };
            let ended = async {
                broker.outbox.ended().await;
                None
            };
            let Some(opened) = opening.or(ended).await else { return };
            let link = self.shared.link(&mut self.link);
            let end = match opened.and_then(|stream| Ok((stream, link?))) {
                Ok((stream, link)) => {
                    let logs_up = self.backoff.logs_up();
                    Connection::new(&self.shared, link, stream, logs_up).run().await
                }
                Err(failure) => End { up: None, why: Why::Failed(failure) },
            };
            match end.why {
                Why::Done => return,
                Why::Down(Down::OtherVersion) => continue,
                Why::Down(_) | Why::Failed(_) => {}
            }
            let wait = self.lost(&end);
            let waiting = async {
                Timer::after(wait).await;
                false
            };
            let ended = async {
                broker.outbox.ended().await;
                true
            };
            if waiting.or(ended).await {
                return;
            }
        }
    }

    /// Notes that a connection has ended, or could not be made. Returns how long to wait.
    fn lost(&mut self, end: &End) -> Duration {
        let attempt = match (end.up, &end.why) {
            (_, Why::Down(Down::TakenOver)) => Attempt::TakenOver,
            (None, _) => Attempt::Failed,
            (Some(up), _) if up.elapsed() < SOON => Attempt::Short,
            (Some(_), _) => Attempt::Lasted,
        };
        let (wait, is_logged) = self.backoff.ended(attempt);
        self.shared.broker.inbox.down(&end.why.to_string());
        if is_logged {
            let BrokerConfig { name, address, .. } = &self.shared.opened.config;
            let what = if end.up.is_some() { "lost" } else { "not made" };
            let why = &end.why;
            let suspected = self.link.as_ref().and_then(|(link, _)| link.session.suspected());
            let advice = self.shared.advice(attempt, why, self.backoff.short(), suspected);
            let failed = self.backoff.failed();
            let count =
                if failed > 1 { format!(" ({failed} times so far)") } else { String::new() };
            let wait = wait.as_secs_f32();
            let text = format_args!(
                "the connection with the broker {name} at {address} is {what}{count}: {why}{advice}; \
                 the next attempt is in {wait:.1} s"
            );
            self.shared.lines.host(Level::Warn, None, text);
        }
        wait
    }
}
