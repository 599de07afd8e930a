//! Messages of MQTT brokers.

use rquickjs::{Array, Ctx, Error, Object, Result, Value};

use super::{array, bytes, outcome::pairs, refuse};
use crate::{
    bindings::footlight::host::mqtt::{self, Properties, Publication, Qos, Refusal, Status},
    event::ready,
};

fn refused(ctx: &Ctx<'_>, broker: &str, topic: &str, refusal: Refusal) -> Error {
    let (code, why) = match refusal {
        Refusal::NoBroker => (
            "no-broker",
            format!(
                "the manifest has no handler mqtt with the name {broker:?}; the option `broker` chooses one"
            ),
        ),
        Refusal::Denied => {
            ("denied", "the manifest's `publish` has no filter for this topic".into())
        }
        Refusal::Invalid(why) => ("invalid", why),
        Refusal::Full(waiting) => (
            "full",
            format!(
                "{waiting} bytes wait for the broker; more would exceed limits.mqtt_outbox or \
                 limits.mqtt_publishes"
            ),
        ),
        Refusal::Limit => {
            ("limit", "the event has asked for more than limits.effects allows".into())
        }
    };
    refuse(ctx, code, &format!("mqtt.publish({topic:?}): {why}"))
}

/// What the broker says about the message of this event, with its payload.
pub fn message<'js>(ctx: &Ctx<'js>, payload: Vec<u8>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("payload", array(ctx, payload)?)?;
    let Some(received) = mqtt::message() else { return Ok(object) };
    object.set("broker", received.broker)?;
    object.set("topic", received.topic)?;
    object.set("qos", u8::from(received.qos == Qos::AtLeastOnce))?;
    object.set("retained", received.retained)?;
    object.set("duplicate", received.duplicate)?;
    object.set("properties", properties(ctx, received.properties)?)?;
    Ok(object)
}

fn properties<'js>(ctx: &Ctx<'js>, known: Properties) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let named = [("contentType", known.content_type), ("responseTopic", known.response_topic)];
    for (name, text) in named {
        object.set(name, Some(text).filter(|text| !text.is_empty()))?;
    }
    let correlation = Some(known.correlation_data).filter(|data| !data.is_empty());
    object.set("correlationData", correlation.map(|data| array(ctx, data)).transpose()?)?;
    let user = Array::new(ctx.clone())?;
    for (number, (name, value)) in known.user.into_iter().enumerate() {
        user.set(number, vec![name, value])?;
    }
    object.set("user", user)?;
    Ok(object)
}

/// What the glue has made of a topic, a payload and options.
pub fn publish<'js>(ctx: Ctx<'js>, raw: Object<'js>) -> Result<()> {
    ready(&ctx, "mqtt.publish")?;
    let read = |name| -> Result<Vec<u8>> {
        let value: Option<Value<'js>> = raw.get(name)?;
        Ok(value.map(|value| bytes(&ctx, &value)).transpose()?.unwrap_or_default())
    };
    let text = |name| -> Result<String> { Ok(raw.get::<_, Option<_>>(name)?.unwrap_or_default()) };
    let publication = Publication {
        topic: text("topic")?,
        payload: read("payload")?,
        qos: if raw.get("once")? { Qos::AtLeastOnce } else { Qos::AtMostOnce },
        retain: raw.get("retain")?,
        properties: Properties {
            content_type: text("contentType")?,
            response_topic: text("responseTopic")?,
            correlation_data: read("correlationData")?,
            user: pairs(raw.get("user")?),
        },
    };
    let broker = text("broker")?;
    mqtt::publish(&broker, &publication)
        .map_err(|refusal| refused(&ctx, &broker, &publication.topic, refusal))
}

/// Whether there is a connection with a broker; `undefined` if there is no such broker.
pub fn status<'js>(ctx: Ctx<'js>, broker: String) -> Result<Option<Object<'js>>> {
    ready(&ctx, "mqtt.status")?;
    let Some(known) = mqtt::broker_status(&broker) else { return Ok(None) };
    let object = Object::new(ctx)?;
    object.set("up", matches!(known, Status::Up))?;
    if let Status::Down(why) = known {
        object.set("reason", why)?;
    }
    Ok(Some(object))
}
