//! The topics of an `mqtt` handler: `subscribe`, `publish` and `will`.

use footlight_mqtt::topic::{self, TopicError};
use wit_core::host::Qos;

use crate::config::{Table, Value};

/// What to write if `subscribe` is wrong.
const SUBSCRIBE: &str = "write tables in a list: subscribe = [{ topic = \"room/+/say\", qos = 1 }]";
/// What to write if `publish` is wrong.
const PUBLISH: &str = "write filters in a list: publish = [\"room/#\"]";
/// What to write if `will` is wrong.
const WILL: &str = "write will = { topic = \"room/kitchen/here\", payload = \"0\", retain = true }";
/// The largest payload of a will in bytes (section 3.1.3.4).
const MAX_WILL: usize = 65_535;

/// What the actor gets of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// A filter. It may be one that several clients share: `$share/NAME/FILTER`.
    pub filter: Box<str>,
    /// The highest quality of service. Default 0.
    pub qos: Qos,
    /// Whether what another Footlight host sends with QoS 1 comes once only. Default false.
    pub dedupe: bool,
}

/// What a broker publishes for the actor when the connection is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will {
    /// A topic that `publish` allows.
    pub topic: Box<str>,
    /// Empty by default.
    pub payload: Box<str>,
    /// Default 0.
    pub qos: Qos,
    /// Whether the broker keeps it for those who subscribe later. Default false.
    pub retain: bool,
}

impl Subscription {
    /// Whether it brings what has this topic.
    pub(super) fn matches(&self, name: &str) -> bool {
        topic::matches(&self.filter, name)
    }
}

/// Reads `subscribe`. `has_properties` says whether the version of MQTT may have what `dedupe` needs.
pub(super) fn read_subscribe(value: &Value<'_>, has_properties: bool) -> Vec<Subscription> {
    let Some(items) = value.items() else {
        value.refuse_as("a list of subscriptions", SUBSCRIBE);
        return Vec::new();
    };
    let mut all: Vec<Subscription> = Vec::new();
    for item in &items {
        let Some(table) = item.table(SUBSCRIBE) else { continue };
        let Some((one, topic)) = read_subscription(table) else { continue };
        if all.iter().any(|other| other.filter == one.filter) {
            let problem = format!("{} is subscribed to already", topic.shown());
            topic.place.refuse(problem, "write each filter once, with its highest qos");
        }
        if one.dedupe && !has_properties {
            let advice = "write version = \"5\", because 3.1.1 has no properties";
            topic.place.warn("`dedupe` has no effect with this `version`", advice);
        } else if one.dedupe && one.qos == Qos::AtMostOnce {
            topic.place.warn("`dedupe` has no effect on QoS 0", "add qos = 1");
        }
        all.push(one);
    }
    all
}

/// Reads one subscription. Returns the value of its topic, too.
fn read_subscription(mut table: Table<'_>) -> Option<(Subscription, Value<'_>)> {
    let topic = table.require("topic", "add topic = \"room/+/say\"");
    let qos = table.get("qos").map_or(Some(Qos::AtMostOnce), |value| read_qos(&value));
    let dedupe = table.get("dedupe").map_or(Some(false), |value| value.boolean());
    table.finish();
    let topic = topic?;
    let filter = read_filter(&topic)?;
    Some((Subscription { filter, qos: qos?, dedupe: dedupe? }, topic))
}

/// Reads `publish`.
pub(super) fn read_publish(value: &Value<'_>) -> Vec<Box<str>> {
    let Some(items) = value.items() else {
        value.refuse_as("a list of filters", PUBLISH);
        return Vec::new();
    };
    items.iter().filter_map(read_filter).collect()
}

/// Reads `will`, whose topic has to be one of `publish`.
pub(super) fn read_will(value: &Value<'_>, publish: &[Box<str>]) -> Option<Will> {
    let mut table = value.table(WILL)?;
    let topic = table.require("topic", "add topic = \"room/kitchen/here\"");
    let payload = table.get("payload").map_or(Some(""), |value| value.string());
    let qos = table.get("qos").map_or(Some(Qos::AtMostOnce), |value| read_qos(&value));
    let retain = table.get("retain").map_or(Some(false), |value| value.boolean());
    table.finish();
    let value = topic?;
    let name = value.string()?;
    if let Err(error) = topic::check_name(name) {
        let problem = format!("{} is not a topic: {error}", value.shown());
        value.place.refuse(problem, "write a topic such as \"room/kitchen/here\"");
        return None;
    }
    if !publish.iter().any(|filter| topic::matches(filter, name)) {
        let problem = format!("{} is not allowed by `publish`", value.shown());
        value.place.refuse(problem, "add it to `publish`, or write another topic");
        return None;
    }
    let payload = payload?;
    if payload.len() > MAX_WILL {
        let advice = "write a shorter text";
        value.place.refuse(format!("the payload has more than {MAX_WILL} bytes"), advice);
        return None;
    }
    Some(Will { topic: name.into(), payload: payload.into(), qos: qos?, retain: retain? })
}

/// Reads a filter.
fn read_filter(value: &Value<'_>) -> Option<Box<str>> {
    let text = value.string()?;
    match topic::check_filter(text) {
        Ok(()) => return Some(text.into()),
        Err(TopicError::Share) => {
            let advice = "write \"$share/NAME/FILTER\", with a name without wildcards";
            value.refuse_as("a shared subscription", advice);
        }
        Err(error @ (TopicError::Character | TopicError::TooDeep | TopicError::TooLong)) => {
            let problem = format!("{} is not a filter of topics: {error}", value.shown());
            value.place.refuse(problem, "brokers end the connection for it; write another one");
        }
        Err(_) => {
            let advice = "write topics such as \"room/kitchen\", with `+` for one level, and `/#` at \
                          the end for all below";
            value.refuse_as("a filter of topics", advice);
        }
    }
    None
}

/// Reads a quality of service.
fn read_qos(value: &Value<'_>) -> Option<Qos> {
    match value.as_integer() {
        Some(0) => Some(Qos::AtMostOnce),
        Some(1) => Some(Qos::AtLeastOnce),
        Some(2) => {
            let advice = "write qos = 1; `dedupe` makes it once between Footlight hosts";
            value.place.refuse("this host does not offer QoS 2", advice);
            None
        }
        _ => {
            value.refuse_as("a quality of service", "write 0 (at most once) or 1 (at least once)");
            None
        }
    }
}
