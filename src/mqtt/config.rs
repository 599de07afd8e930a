//! The `config` of an `mqtt` handler: a broker, and what the actor may subscribe to and publish there.

use std::{path::PathBuf, time::Duration};

use footlight_mqtt::topic;

use super::{
    address::Address,
    client_id,
    topics::{Subscription, Will, read_publish, read_subscribe, read_will},
};
use crate::{
    config::{Capability, HandlerType, Location, Table, Value, units::Quantity},
    features::BROKERS,
    http_client::url::Host,
    interfaces,
};

/// This type of handler.
pub const TYPE: HandlerType = HandlerType {
    name: "mqtt",
    example: "config = { broker = \"mqtt://10.0.0.2\", subscribe = [{ topic = \"room/#\" }] }",
    brings_events: true,
    capabilities: &[Capability {
        interfaces: &[&interfaces::MQTT],
        missing: "needs a broker, and no handler names one",
        advice: "the manifest grants no MQTT; add [[handlers]] with type = \"mqtt\" and config = { broker = \
                 \"mqtt://…\", publish = [\"…\"] }, a broker and the topics that the actor may publish",
    }],
    feature: Some(&BROKERS),
};

/// The name of a handler that has none.
pub(crate) const NAME: &str = "mqtt";
/// The longest name of a handler, in bytes.
const MAX_NAME: usize = 64;
/// What to write if `broker` is missing or wrong.
const BROKER: &str = "write an address such as \"mqtt://10.0.0.2\" or \"mqtt://broker.local:1883\"";
/// The shortest and the longest keep-alive in milliseconds. MQTT counts it in seconds, in 16 bits
/// (MQTT 5.0, section 3.1.2.10).
const KEEPALIVE: (u64, u64) = (5_000, 65_535_000);
/// The keep-alive in seconds if none is written.
const KEEPALIVE_DEFAULT: u64 = 30;
/// The session in seconds if none is written: a day.
const SESSION_DEFAULT: u64 = 24 * 60 * 60;
/// The longest session in milliseconds: a year.
const SESSION: u64 = 365 * 24 * 60 * 60 * 1000;

/// The longest wait between two attempts to connect in milliseconds: the least and the most that may be
/// written.
const RECONNECT: (u64, u64) = (100, 60 * 60 * 1000);
/// The same if none is written: a minute.
const RECONNECT_DEFAULT: Duration = Duration::from_secs(60);

/// All handlers of this type that one actor has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The brokers, whose names differ.
    pub brokers: Vec<BrokerConfig>,
}

/// One broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerConfig {
    /// By which the actor chooses it: at most 64 ASCII letters, digits, `-` and `_`. Default `mqtt`.
    pub name: Box<str>,
    /// Where it is.
    pub address: Address,
    /// Which version of MQTT to speak. Default [`Version::Auto`].
    pub version: Version,
    /// The client identifier, with placeholders. `None` for `footlight-{hostname}-ACTOR`.
    pub client_id: Option<Box<str>>,
    /// The file with the user and the password, joined to the manifest's folder.
    pub credentials_file: Option<PathBuf>,
    /// After how long without packets the host asks whether the broker is there: whole seconds.
    /// Default 30 s.
    pub keepalive: Duration,
    /// How long the broker keeps the session without a connection: whole seconds. Zero for a session
    /// that ends with its connection. Default 24 h.
    pub session: Duration,
    /// The longest wait between two attempts to connect. Default 60 s.
    pub reconnect: Duration,
    /// What the actor gets.
    pub subscribe: Vec<Subscription>,
    /// The filters of which one has to match what the actor publishes.
    pub publish: Vec<Box<str>>,
    /// What the broker publishes when the connection is lost.
    pub will: Option<Will>,
    /// What happens to a publication for which there is no room. Default [`OnFull::Refuse`].
    pub on_full: OnFull,
}

/// A version of MQTT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// 5.0, or 3.1.1 with a broker that does not know that.
    #[default]
    Auto,
    /// 5.0.
    V5,
    /// 3.1.1.
    V3_1_1,
}

/// What happens to a publication for which there is no room in the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnFull {
    /// The actor gets the error `full`.
    #[default]
    Refuse,
    /// The oldest ones of QoS 0 are dropped and counted. If that is not enough, it is refused.
    Drop,
}

impl Config {
    /// Reads the `config` of each handler of this type.
    pub fn read(entries: Vec<(usize, Table<'_>)>) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut brokers = Vec::new();
        for (_, table) in entries {
            brokers.extend(read_broker(table, &mut names));
        }
        Self { brokers }
    }

    /// The file descriptors that these handlers need: each has a lookup or a connection.
    pub fn descriptors(&self) -> usize {
        self.brokers.len()
    }
}

impl BrokerConfig {
    /// A broker at which an actor without a manifest may publish anything. Nobody connects to it.
    pub(crate) fn anything() -> Self {
        let host = Host::Name("localhost".into());
        Self {
            name: NAME.into(),
            address: Address { tls: false, host, port: 0 },
            version: Version::Auto,
            client_id: None,
            credentials_file: None,
            keepalive: Duration::from_secs(KEEPALIVE_DEFAULT),
            session: Duration::from_secs(SESSION_DEFAULT),
            reconnect: RECONNECT_DEFAULT,
            subscribe: Vec::new(),
            publish: vec!["#".into()],
            will: None,
            on_full: OnFull::Refuse,
        }
    }

    /// Whether the actor may publish to this topic.
    pub(crate) fn may_publish(&self, name: &str) -> bool {
        self.publish.iter().any(|filter| topic::matches(filter, name))
    }

    /// Whether what comes with this topic comes once only, if its sender numbers it.
    pub(crate) fn dedupes(&self, name: &str) -> bool {
        self.subscribe.iter().any(|one| one.dedupe && one.matches(name))
    }
}

/// Reads the `config` of one handler. `names` are those of the handlers before it.
fn read_broker(mut table: Table<'_>, names: &mut Vec<String>) -> Option<BrokerConfig> {
    let place = table.place_of("name");
    let name = table.get("name");
    let address = table.require("broker", &format!("add broker = …: {BROKER}"));
    let version = table.get("version");
    let client_id = table.get("client_id");
    let credentials_file = table.get("credentials_file");
    let keepalive = table.get("keepalive");
    let session = table.get("session");
    let reconnect = table.get("reconnect");
    let subscribe = table.get("subscribe");
    let publish = table.get("publish");
    let will = table.get("will");
    let on_full = table.get("on_full");
    table.finish();

    let name = read_name(name, &place, names);
    let address = address.and_then(|value| read_address(&value));
    let version = version.map_or(Some(Version::Auto), |value| read_version(&value));
    let client_id = client_id.map(|value| read_client_id(&value));
    let credentials_file = credentials_file.map(|value| value.path());
    let (least, most) = KEEPALIVE;
    let keepalive = read_seconds(keepalive, KEEPALIVE_DEFAULT, least, most);
    let session = read_seconds(session, SESSION_DEFAULT, 0, SESSION);
    let (least, most) = RECONNECT;
    let reconnect = reconnect.map_or(Some(RECONNECT_DEFAULT), |value| {
        Quantity::Duration.read_within(&value, least, most).map(Duration::from_millis)
    });
    let subscribe = subscribe
        .map(|value| read_subscribe(&value, version != Some(Version::V3_1_1)))
        .unwrap_or_default();
    let publish = publish.map(|value| read_publish(&value)).unwrap_or_default();
    let will = will.and_then(|value| read_will(&value, &publish));
    let on_full = on_full.map_or(Some(OnFull::Refuse), |value| read_on_full(&value));
    Some(BrokerConfig {
        name: name?.into(),
        address: address?,
        version: version?,
        client_id: client_id.map_or(Some(None), |id| id.map(Some))?,
        credentials_file: credentials_file.map_or(Some(None), |file| file.map(Some))?,
        keepalive: keepalive?,
        session: session?,
        reconnect: reconnect?,
        subscribe,
        publish,
        will,
        on_full: on_full?,
    })
}

/// Reads the name of a handler, which no other one may have.
fn read_name(
    value: Option<Value<'_>>,
    place: &Location<'_>,
    names: &mut Vec<String>,
) -> Option<String> {
    let name = match &value {
        None => NAME,
        Some(value) => {
            let name = value.string()?;
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
            if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(allowed) {
                let advice = format!("write 1 to {MAX_NAME} ASCII letters, digits, `-` and `_`");
                value.refuse_as("a name of a broker", advice);
                return None;
            }
            name
        }
    };
    if names.iter().any(|other| other == name) {
        let problem = format!("another handler of type mqtt has the name {name:?}");
        place.refuse(problem, "write another name, by which the actor chooses this broker");
        return None;
    }
    names.push(name.to_owned());
    Some(name.to_owned())
}

/// Reads `broker`.
fn read_address(value: &Value<'_>) -> Option<Address> {
    match Address::parse(value.string()?) {
        Ok(address) if address.tls && !cfg!(feature = "tls") => {
            value.place.refuse(
                format!("{} needs TLS, and this footlight was built without it", value.shown()),
                "build it with `--features tls`",
            );
            None
        }
        Ok(address) => Some(address),
        Err(error) => {
            value.place.refuse(format!("{} is no broker: {error}", value.shown()), BROKER);
            None
        }
    }
}

/// Reads `version`.
fn read_version(value: &Value<'_>) -> Option<Version> {
    match value.as_str() {
        Some("auto") => Some(Version::Auto),
        Some("5") => Some(Version::V5),
        Some("3.1.1") => Some(Version::V3_1_1),
        _ => {
            value.refuse_as("a version of MQTT", "write \"auto\", \"5\" or \"3.1.1\"");
            None
        }
    }
}

/// Reads `client_id`.
fn read_client_id(value: &Value<'_>) -> Option<Box<str>> {
    let text = value.string()?;
    if let Err(error) = client_id::check(text) {
        let advice = "write a text such as \"kitchen-{hostname}\", which no other client of the \
                      broker has";
        value.place.refuse(format!("{} is no client identifier: {error}", value.shown()), advice);
        return None;
    }
    Some(text.into())
}

/// Reads whole seconds.
fn read_seconds(value: Option<Value<'_>>, default: u64, least: u64, most: u64) -> Option<Duration> {
    let Some(value) = value else { return Some(Duration::from_secs(default)) };
    let millis = Quantity::Duration.read_within(&value, least, most)?;
    if !millis.is_multiple_of(1000) {
        value.refuse_as("a number of whole seconds", "MQTT counts in seconds: write \"30s\"");
        return None;
    }
    Some(Duration::from_millis(millis))
}

/// Reads `on_full`.
fn read_on_full(value: &Value<'_>) -> Option<OnFull> {
    match value.as_str() {
        Some("refuse") => Some(OnFull::Refuse),
        Some("drop") => Some(OnFull::Drop),
        _ => {
            value.refuse_as("a choice", "write \"refuse\" or \"drop\"");
            None
        }
    }
}
