//! Messages of brokers in reports and in files of events.

use footlight_mqtt::topic;
use serde_json::{Map, Value};
use wit_core::host::{MqttReceived, Qos};

use super::{bytes::value, step::Step};
use crate::{
    exchange::BrokerMessage,
    mqtt::{Publication, Publishing, config::NAME},
    state::json::{Mistake, Object, set},
};

/// Why a connection ends if the script does not say so.
const REASON: &str = "the connection ended";

/// A message that came.
pub(super) fn message(message: &BrokerMessage) -> Value {
    let MqttReceived { broker, topic, qos, retained, .. } = &message.about;
    let mut object = Map::new();
    set(&mut object, "broker", broker.as_str().into());
    set(&mut object, "topic", topic.as_str().into());
    set(&mut object, "payload", value(&message.payload));
    set(&mut object, "qos", number(*qos).into());
    set(&mut object, "retained", (*retained).into());
    object.into()
}

/// The broker whose connection began or ended.
pub(super) fn connection(broker: &str) -> Value {
    let mut object = Map::new();
    set(&mut object, "broker", broker.into());
    object.into()
}

/// What the actor publishes.
pub(super) fn published(publishing: &Publishing) -> Value {
    let Publication { topic, payload, qos, retain, properties } = publishing.publication();
    let mut object = Map::new();
    set(&mut object, "publish", value(payload));
    set(&mut object, "topic", (**topic).into());
    set(&mut object, "qos", number(*qos).into());
    set(&mut object, "retain", (*retain).into());
    for (key, text) in
        [("content_type", &properties.content_type), ("response_topic", &properties.response_topic)]
    {
        if !text.is_empty() {
            set(&mut object, key, text.as_str().into());
        }
    }
    if !properties.correlation_data.is_empty() {
        set(&mut object, "correlation_data", value(&properties.correlation_data));
    }
    let pair = |(name, value): &(String, String)| Value::from(vec![name.as_str(), value.as_str()]);
    if !properties.user.is_empty() {
        set(&mut object, "user", properties.user.iter().map(pair).collect::<Vec<_>>().into());
    }
    object.into()
}

/// A quality of service as a number.
fn number(qos: Qos) -> u8 {
    match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
    }
}

/// Reads an event of a broker from a line: `{"event": "mqtt", "topic": "room/door", "payload": "open",
/// "qos": 1, "retained": true}`, or `{"event": "mqtt-down", "reason": "…"}`.
pub(super) fn read(line: &Object<'_>, event: &str) -> Result<Step, Mistake> {
    let broker = line.text("broker")?.unwrap_or(NAME).to_owned();
    match event {
        "mqtt-up" => return Ok(Step::Connection(broker, None)),
        "mqtt-down" => {
            let reason = line.text("reason")?.unwrap_or(REASON);
            return Ok(Step::Connection(broker, Some(reason.to_owned())));
        }
        _ => {}
    }
    let topic = line.text("topic")?.ok_or_else(|| line.mistake("topic", "is missing"))?;
    if let Err(error) = topic::check_name(topic) {
        return Err(line.mistake("topic", &format!("is no topic: {error}")));
    }
    let payload = line.bytes("payload")?.unwrap_or_default();
    let qos = match line.number("qos", 1)? {
        Some(1) => Qos::AtLeastOnce,
        _ => Qos::AtMostOnce,
    };
    let retained = match line.get("retained") {
        None => false,
        Some(value) => value.as_bool().ok_or_else(|| line.mistake("retained", "is no boolean"))?,
    };
    let about =
        MqttReceived { broker, topic: topic.into(), qos, retained, ..MqttReceived::default() };
    Ok(Step::Broker(BrokerMessage { about, payload }))
}
