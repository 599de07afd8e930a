//! What the host and its actors say, in the words of a session with a broker, and back.

use bytestring::ByteString;
use footlight_mqtt::{
    Ack, Credentials, Limits, Message, Properties, Publication, Qos, Settings, Subscription,
    Version, Will,
};
use wit_core::host::{MqttProperties, Qos as HostQos};

use super::{
    Incoming, Out,
    config::{BrokerConfig, Version as Configured},
    dedupe::NUMBERS,
    opened::OpenedBroker,
};
use crate::limits::{Limits as HostLimits, SharedLimits};

/// What a publication in flight takes beside its bytes and those of its topic and properties.
const OVERHEAD: usize = 1024;
/// The smallest limit of packets that a session takes.
const LEAST_PACKET: u32 = 64;

/// The limits that a session is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    publishes: usize,
    outbox: usize,
    inbox: usize,
    inflight: usize,
}

impl Bounds {
    /// Those of an actor, as they are now.
    pub(super) fn now(limits: &SharedLimits) -> Self {
        limits.get(|limits| {
            let HostLimits { mqtt_publishes, mqtt_outbox, mqtt_inbox, mqtt_inflight, .. } = limits;
            let (publishes, outbox) = (*mqtt_publishes, *mqtt_outbox);
            Self { publishes, outbox, inbox: *mqtt_inbox, inflight: *mqtt_inflight }
        })
    }
}

/// The settings of a session with a broker.
pub(super) fn settings(opened: &OpenedBroker, bounds: Bounds) -> Settings {
    let BrokerConfig { version, keepalive, session, subscribe, will, .. } = &opened.config;
    let mut settings = Settings::new(&opened.client_id);
    settings.version = match version {
        Configured::Auto => None,
        Configured::V5 => Some(Version::V5),
        Configured::V3_1_1 => Some(Version::V3_1_1),
    };
    settings.credentials = opened.credentials.as_ref().map(|credentials| Credentials {
        user: credentials.user.clone(),
        password: credentials.password.clone().map(Into::into),
    });
    settings.keepalive = u16::try_from(keepalive.as_secs()).unwrap_or(u16::MAX);
    settings.session_expiry = u32::try_from(session.as_secs()).unwrap_or(u32::MAX);
    settings.subscriptions = subscribe
        .iter()
        .map(|one| Subscription { filter: (*one.filter).into(), qos: qos(one.qos) })
        .collect();
    settings.will = will.as_ref().map(|will| Will {
        publication: Publication {
            topic: (*will.topic).into(),
            payload: will.payload.as_bytes().to_vec().into(),
            qos: qos(will.qos),
            retain: will.retain,
            properties: Properties::default(),
        },
        delay: 0,
    });
    settings.receive_maximum = u16::try_from(bounds.inflight).unwrap_or(u16::MAX);
    let ids = usize::from(u16::MAX).saturating_sub(settings.subscriptions.len());
    settings.limits = Limits {
        packet: u32::try_from(bounds.inbox).unwrap_or(u32::MAX).max(LEAST_PACKET),
        in_flight: u16::try_from(bounds.publishes.min(ids).min(NUMBERS)).unwrap_or(u16::MAX),
        // Whatever fits into the outbox is in flight at once.
        in_flight_bytes: bounds.outbox.saturating_add(bounds.publishes.saturating_mul(OVERHEAD)),
        ..Limits::default()
    };
    settings
}

/// What an actor has published, with what tells receivers which one it is.
pub(super) fn publication(out: &Out) -> Publication {
    let one = &out.publication;
    let MqttProperties { content_type, response_topic, correlation_data, user } = &one.properties;
    let some = |text: &str| (!text.is_empty()).then(|| ByteString::from(text));
    let given = user.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into()));
    let own = out.identity.into_iter().flat_map(|identity| identity.properties());
    let own = own.map(|(name, value)| (ByteString::from_static(name), value.into()));
    Publication {
        topic: (*one.topic).into(),
        payload: one.payload.clone(),
        qos: qos(one.qos),
        retain: one.retain,
        properties: Properties {
            content_type: some(content_type),
            response_topic: some(response_topic),
            correlation_data: (!correlation_data.is_empty())
                .then(|| correlation_data.clone().into()),
            user: given.chain(own).collect(),
            ..Properties::default()
        },
    }
}

/// What a broker has sent, and by what the session acknowledges it.
pub(super) fn incoming(message: Message) -> (Incoming, Option<Ack>) {
    let Message { topic, payload, qos, retained, duplicate, properties, ack } = message;
    let Properties { content_type, response_topic, correlation_data, user, .. } = properties;
    let text = |text: Option<ByteString>| text.map(String::from).unwrap_or_default();
    let incoming = Incoming {
        topic: topic.into(),
        payload,
        qos: match qos {
            Qos::AtMostOnce => HostQos::AtMostOnce,
            Qos::AtLeastOnce => HostQos::AtLeastOnce,
        },
        retained,
        duplicate,
        properties: MqttProperties {
            content_type: text(content_type),
            response_topic: text(response_topic),
            correlation_data: correlation_data.map(Into::into).unwrap_or_default(),
            user: user.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        },
        ack: None,
    };
    (incoming, ack)
}

/// A quality of service.
pub(super) fn qos(qos: HostQos) -> Qos {
    match qos {
        HostQos::AtMostOnce => Qos::AtMostOnce,
        HostQos::AtLeastOnce => Qos::AtLeastOnce,
    }
}
