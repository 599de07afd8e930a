//! What a broker's task and its connections use, and what they say in the log.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use footlight_mqtt::{Broken, Down, Qos, Reason, Session, Version};
use log::Level;

use super::{
    backoff::Attempt,
    brokers::Broker,
    config::BrokerConfig,
    link::{Link, Why},
    opened::OpenedBroker,
    translated::{self, Bounds},
};
use crate::{
    deadline::within,
    executor::Turns,
    http_client::{
        resolver::Resolver,
        stream::{self, Stream},
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

/// What a broker's task and its connections use.
pub(super) struct Shared {
    pub(super) broker: Arc<Broker>,
    pub(super) limits: SharedLimits,
    pub(super) stats: Arc<Stats>,
    pub(super) turns: Arc<Turns>,
    /// Whether the actor gets nothing more.
    pub(super) stopping: Arc<AtomicBool>,
    pub(super) opened: OpenedBroker,
    pub(super) lines: Arc<ActorLog>,
}

impl Shared {
    /// Finds the broker and connects to it.
    ///
    /// # Errors
    /// Why that failed, in words.
    pub(super) async fn open(&self, resolver: &Resolver) -> Result<Box<dyn Stream>, String> {
        let address = &self.opened.config.address;
        let host = (&address.host, address.port);
        let deadline = Instant::now() + CONNECT;
        let opening = async {
            let addresses = resolver.addresses(&address.host).await?;
            stream::connect(host, address.tls, &addresses, deadline).await
        };
        let opened = within(CONNECT, opening).await;
        let late = || format!("there is no connection after {} s", CONNECT.as_secs());
        opened.ok_or_else(late)?.map_err(|failure| failure.to_string())
    }

    /// The session. It is another one if the limits have changed.
    ///
    /// # Errors
    /// There can be none with these settings. It says why.
    pub(super) fn link<'a>(
        &self,
        link: &'a mut Option<(Link, Bounds)>,
    ) -> Result<&'a mut Link, String> {
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
    /// `short` is how many connections in a row have ended soon, and `suspected` the topic of a publication after
    /// which they have.
    pub(super) fn advice(
        &self,
        attempt: Attempt,
        why: &Why,
        short: u32,
        suspected: Option<&str>,
    ) -> String {
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
            Why::Down(Down::Ended | Down::Closed(_)) if let Some(topic) = suspected => format!(
                "; it ends after what was published to {topic:?}, which is sent alone now, and is given up \
                 if that goes on"
            ),
            Why::Down(Down::Closed(reason)) if reason.blames_a_packet() => {
                "; the broker does not take what the actor publishes or subscribes to".into()
            }
            Why::Down(Down::TakenOver | Down::Ended | Down::Closed(_))
                if matches!(attempt, Attempt::TakenOver | Attempt::Short) =>
            {
                if attempt == Attempt::Short && short == 1 {
                    return format!(
                        "; the broker has stopped, or another client has the identifier {client_id}"
                    );
                }
                let is_fixed =
                    self.opened.config.client_id.as_ref().is_some_and(|id| !id.contains('{'));
                let advice = if is_fixed {
                    "Write `{hostname}` or `{machine-id}` in `client_id`"
                } else {
                    "Give each board a name of its own, or an empty /etc/machine-id before its first start"
                };
                format!(
                    "; a likely cause is another device with the same client identifier, {client_id}: \
                     fleets are copied SD cards. {advice}"
                )
            }
            // All that a broker says before it accepts a connection begins with CONNACK.
            Why::Down(Down::Broken(Broken { offset: 0, .. })) if attempt == Attempt::Failed => {
                "; check the port: what answers there is probably no broker".into()
            }
            _ => String::new(),
        }
    }
}
