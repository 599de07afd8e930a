//! Keeps an actor connected with its brokers. Each has a task, which connects again and again until the
//! actor has ended.

use std::{
    fmt,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use footlight_mqtt::{Down, Qos, Reason, Session, Version};
use log::Level;
use smol::{Executor, Task, Timer, future::FutureExt as _};

use super::{
    Broker, OpenedBroker,
    backoff::{Attempt, Backoff, SOON},
    config::BrokerConfig,
    connection::Connection,
    link::{End, Link, Why},
    translated::{self, Bounds},
};
use crate::{
    deadline::within,
    exchange::ActorHandle,
    executor::Turns,
    http_client::{
        resolver::Resolver,
        stream::{self, Stream},
        url::{Origin, Scheme},
    },
    limits::SharedLimits,
    logger::ActorLog,
    stats::Stats,
};

/// How long it may take to find a broker's address, to connect to it, and for the handshake of TLS.
const CONNECT: Duration = Duration::from_secs(20);
/// The reason codes of refusals for which the user and the password are to blame, or what they may do
/// (MQTT 5.0, section 3.2.2.2).
const NOT_ALLOWED: [u8; 3] = [0x86, 0x87, 0x8C];
/// The reason code of a refusal for which the client identifier is to blame.
const BAD_CLIENT_ID: u8 = 0x85;

/// The tasks of an actor's brokers.
pub struct Drivers {
    tasks: Vec<Task<()>>,
    stopping: Arc<AtomicBool>,
}

/// What a broker's task and its connections use.
pub(super) struct Shared {
    pub(super) broker: Arc<Broker>,
    pub(super) limits: SharedLimits,
    pub(super) stats: Arc<Stats>,
    pub(super) turns: Arc<Turns>,
    /// Whether the actor gets nothing more.
    pub(super) stopping: Arc<AtomicBool>,
    opened: OpenedBroker,
    lines: Arc<ActorLog>,
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
    /// Starts the tasks of an actor's brokers.
    pub(crate) fn start(
        executor: &Executor<'static>,
        actor: &ActorHandle,
        turns: &Arc<Turns>,
        brokers: impl Iterator<Item = (OpenedBroker, Arc<Broker>)>,
    ) -> Self {
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
        Self { tasks: tasks.collect(), stopping }
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
            let over = || poll_fn(|cx| broker.outbox.poll_ended(cx));
            let opening = async { Some(self.shared.open(&self.resolver).await) };
            let ended = async {
                over().await;
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
            if matches!(end.why, Why::Down(Down::OtherVersion)) {
                continue;
            }
            if matches!(end.why, Why::Done) {
                return;
            }
            let wait = self.lost(&end);
            let waiting = async {
                Timer::after(wait).await;
                false
            };
            let ended = async {
                over().await;
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
            let advice = self.shared.advice(attempt, why);
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

impl Shared {
    /// Finds the broker and connects to it.
    ///
    /// # Errors
    /// Why that failed, in words.
    async fn open(&self, resolver: &Resolver) -> Result<Box<dyn Stream>, String> {
        let address = &self.opened.config.address;
        let scheme = if address.tls { Scheme::Https } else { Scheme::Http };
        let origin = Origin { scheme, host: address.host.clone(), port: address.port };
        let deadline = Instant::now() + CONNECT;
        let opening = async {
            let addresses = resolver.addresses(&origin.host).await?;
            stream::connect(&origin, &addresses, deadline).await
        };
        let opened = within(CONNECT, opening).await;
        let late = || format!("there is no connection after {} s", CONNECT.as_secs());
        opened.ok_or_else(late)?.map_err(|failure| failure.to_string())
    }

    /// The session. It is another one if the limits have changed.
    ///
    /// # Errors
    /// There can be none with these settings. It says why.
    fn link<'a>(&self, link: &'a mut Option<(Link, Bounds)>) -> Result<&'a mut Link, String> {
        let bounds = Bounds::now(&self.limits);
        let link = match link.take() {
            Some(same) if same.1 == bounds => link.insert(same),
            other => {
                let settings = translated::settings(&self.opened, bounds);
                let session = Session::new(settings).map_err(|error| error.to_string())?;
                self.broker.outbox.lost();
                let new = match other {
                    Some((old, _)) => old.renewed(session),
                    None => Link::new(session),
                };
                link.insert((new, bounds))
            }
        };
        Ok(&mut link.0)
    }

    /// Logs that the broker has accepted a connection.
    pub(super) fn connected(&self, version: Version, session_present: bool, is_logged: bool) {
        let BrokerConfig { name, address, .. } = &self.opened.config;
        let session = if session_present { "the session goes on" } else { "the session is new" };
        let client_id = &self.opened.client_id;
        let level = if is_logged { Level::Info } else { Level::Debug };
        let text = format_args!(
            "connected with the broker {name} at {address} over {version} as {client_id}, {session}"
        );
        self.lines.host(level, None, text);
    }

    /// Counts and logs a message that was skipped. `all` is how many there were so far: there are lines at
    /// doubling intervals.
    pub(super) fn skipped(&self, all: u64, what: fmt::Arguments<'_>) {
        self.stats.mqtt_dropped.add(1);
        if all.is_power_of_two() {
            let name = &self.opened.config.name;
            let text =
                format_args!("{all} messages of the broker {name} are dropped so far, now {what}");
            self.lines.host(Level::Warn, None, text);
        }
    }

    /// Logs a subscription that brings less than the manifest asks for.
    pub(super) fn subscribed(&self, filter: &str, outcome: Result<Qos, Reason>) {
        let name = &self.opened.config.name;
        let wanted = self.opened.config.subscribe.iter().find(|one| *one.filter == *filter);
        let wanted = wanted.map_or(0, |one| translated::qos(one.qos).number());
        let text = match outcome {
            Err(reason) => {
                format!("the broker {name} refuses the subscription to {filter:?}: {reason}")
            }
            Ok(granted) if granted.number() < wanted => format!(
                "the broker {name} grants the subscription to {filter:?} with QoS 0 only, so messages \
                 may be lost"
            ),
            Ok(_) => return,
        };
        self.lines.host(Level::Warn, None, format_args!("{text}"));
    }

    /// What to do, if something about the end of a connection shows it.
    fn advice(&self, attempt: Attempt, why: &Why) -> String {
        let client_id = &self.opened.client_id;
        match why {
            Why::Down(Down::Refused(reason)) if NOT_ALLOWED.contains(&reason.code()) => {
                match &self.opened.config.credentials_file {
                    Some(file) => {
                        format!("; check the user and the password in {}", file.display())
                    }
                    None => "; write a user and a password to a file, and name it in \
                             `credentials_file`"
                        .into(),
                }
            }
            Why::Down(Down::Refused(reason)) if reason.code() == BAD_CLIENT_ID => {
                format!("; write another `client_id` than {client_id}")
            }
            Why::Down(Down::TakenOver | Down::Ended | Down::Closed(_))
                if matches!(attempt, Attempt::TakenOver | Attempt::Short) =>
            {
                format!(
                    "; a likely cause is another device with the same client identifier, {client_id}: \
                     fleets are copied SD cards. Write `{{hostname}}` or `{{machine-id}}` in `client_id`"
                )
            }
            _ => String::new(),
        }
    }
}
