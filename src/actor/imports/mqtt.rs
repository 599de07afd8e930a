//! `footlight:host/mqtt`: messages of brokers.

use bytes::Bytes;
use wit_core::host::{
    Flat::{self, I32},
    MqttProperties, MqttReceived, MqttRefusal, MqttStatus,
    http::MostFields,
    mqtt::PublicationRef,
};

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{
    actor::{effects::Effect, host_calls::HostCalls},
    interfaces::MQTT,
    mqtt::{Mqtt, Publication, config::TYPE},
};

/// The result of `publish`.
type Published = Result<(), MqttRefusal>;

/// The functions of this interface.
pub(crate) const ROWS: &[Import] = &[
    row(
        &MQTT,
        "message",
        "reads what a broker says about its message",
        &[],
        Kind::suspending::<Option<MqttReceived>>(message),
    ),
    row(
        &MQTT,
        "publish",
        "publishes at a broker",
        &PUBLISH,
        Kind::suspending::<Published>(publish),
    ),
    row(
        &MQTT,
        "broker-status",
        "asks whether a broker is connected",
        &[I32, I32],
        Kind::suspending::<Option<MqttStatus>>(broker_status),
    ),
];

/// The broker's name, and a publication.
const PUBLISH: [Flat; 16] = [I32; 16];

/// What is read of the user properties of a publication.
const MOST: MostFields = MostFields { count: 64, bytes: 8 << 10 };
/// The cost of keeping a publication for its broker.
const KEPT: u64 = 2000;

/// `message: func() -> option<received>`
fn message<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (host, result) = call.end::<Option<MqttReceived>>("message", 0)?;
    let about = host.received.as_ref().map(|message| message.about.clone());
    Ok(Step::Done(result.lower(about)))
}

/// `publish: func(broker: string, publication: publication) -> result<_, refusal>`
fn publish<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let broker = call.parameters.text("broker")?;
    let publication = call.parameters.publication("publication", MOST)?;
    let (host, result) = call.end::<Published>("result", KEPT)?;
    // Paid for before anything is copied.
    if host.transaction.budget.pay(bytes(&publication)).is_err() {
        return Ok(Step::done(result, Err(MqttRefusal::Limit)));
    }
    let mqtt = mqtt(host)?;
    let made = owned(&publication).and_then(|publication| mqtt.publish(broker, publication));
    let made = made.map(|publishing| host.transaction.add(Effect::Publish(publishing)));
    Ok(Step::done(result, made))
}

/// `broker-status: func(broker: string) -> option<status>`
fn broker_status<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let broker = call.parameters.text("broker")?;
    let (host, result) = call.end::<Option<MqttStatus>>("status", 0)?;
    let status = mqtt(host)?.status(broker);
    Ok(Step::Done(result.lower(status)))
}

/// The bytes of a publication.
fn bytes(publication: &PublicationRef<'_>) -> usize {
    let PublicationRef { topic, payload, content_type, response_topic, .. } = publication;
    let parts = [topic.len(), payload.len(), content_type.len(), response_topic.len()];
    let user = publication.user.iter().flatten();
    let user = user.map(|(name, value)| name.len().saturating_add(value.len()));
    let all = parts.into_iter().chain([publication.correlation_data.len()]).chain(user);
    all.fold(0, usize::saturating_add)
}

/// Copies a publication out of the guest.
fn owned(publication: &PublicationRef<'_>) -> Result<Publication, MqttRefusal> {
    let Some(user) = &publication.user else {
        let MostFields { count, bytes } = MOST;
        let text = format!("it has more than {count} user properties or {bytes} bytes of them");
        return Err(MqttRefusal::Invalid(text));
    };
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Ok(Publication {
        topic: publication.topic.into(),
        payload: Bytes::copy_from_slice(publication.payload),
        qos: publication.qos,
        retain: publication.retain,
        properties: MqttProperties {
            content_type: publication.content_type.into(),
            response_topic: publication.response_topic.into(),
            correlation_data: publication.correlation_data.to_vec(),
            user: user.iter().map(pair).collect(),
        },
    })
}

/// The actor's brokers. It is a trap to call these functions without any.
fn mqtt(host: &HostCalls) -> Result<&Mqtt, Trap> {
    let none = || Trap::Host(TYPE.not_granted());
    host.mqtt.as_ref().ok_or_else(none)
}
