//! What an actor publishes, and what a broker sends, as the connection with the broker has them.

use bytes::Bytes;
use footlight_mqtt::{is_text, topic};
use wit_core::host::{MqttProperties, MqttRefusal, Qos};

use super::dedupe::OWN;

/// What a message takes beside its bytes.
const OVERHEAD: usize = 256;
/// The most bytes of a text or of data in a property (MQTT 5.0, section 1.5).
const MAX: usize = 65_535;
/// What is wrong with a property.
const PROPERTY: &str = "a property has at most 65535 bytes, and a text no control characters";

/// What an actor publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Without wildcards.
    pub topic: Box<str>,
    /// The payload.
    pub payload: Bytes,
    /// How surely it comes.
    pub qos: Qos,
    /// Whether the broker keeps it for those who subscribe later.
    pub retain: bool,
    /// What it says about itself. MQTT 3.1.1 transfers none of it.
    pub properties: MqttProperties,
}

/// What a broker sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incoming {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Bytes,
    /// How surely it comes.
    pub qos: Qos,
    /// Whether the broker had kept it.
    pub retained: bool,
    /// Whether the broker says that it has sent it before.
    pub duplicate: bool,
    /// What it says about itself.
    pub properties: MqttProperties,
    /// By what it is acknowledged. Every message of QoS 1 has one, and no other one.
    pub ack: Option<u64>,
}

impl Publication {
    /// What it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size(&self.topic, &self.payload, &self.properties)
    }

    /// Checks its parts, apart from what the manifest allows.
    ///
    /// # Errors
    /// [`MqttRefusal::Invalid`], with the reason.
    pub(super) fn check(&self) -> Result<(), MqttRefusal> {
        let refuse = |why: String| Err(MqttRefusal::Invalid(why));
        let MqttProperties { content_type, response_topic, correlation_data, user } =
            &self.properties;
        if let Err(error) = topic::check_name(&self.topic) {
            return refuse(format!("the topic is wrong: {error}"));
        }
        if !response_topic.is_empty()
            && let Err(error) = topic::check_name(response_topic)
        {
            return refuse(format!("response-topic is wrong: {error}"));
        }
        if !is_text(content_type) || correlation_data.len() > MAX {
            return refuse(PROPERTY.into());
        }
        for (name, value) in user {
            if name.starts_with(OWN) {
                return refuse(format!(
                    "names of properties that begin with `{OWN}` are the host's"
                ));
            }
            if !is_text(name) || !is_text(value) {
                return refuse(PROPERTY.into());
            }
        }
        Ok(())
    }
}

/// What a message takes, in bytes.
pub(super) fn size(topic: &str, payload: &[u8], properties: &MqttProperties) -> usize {
    let MqttProperties { content_type, response_topic, correlation_data, user } = properties;
    let pair = |(name, value): &(String, String)| name.len().saturating_add(value.len());
    let texts = [topic.len(), content_type.len(), response_topic.len()];
    let data = [payload.len(), correlation_data.len(), OVERHEAD];
    let user = user.iter().map(|one| pair(one).saturating_add(size_of::<(String, String)>()));
    texts.into_iter().chain(data).chain(user).fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publication_with_an_invalid_part_is_refused_with_the_reason() {
        let plain = || Publication {
            topic: "room/kitchen".into(),
            payload: Bytes::new(),
            qos: Qos::AtMostOnce,
            retain: false,
            properties: MqttProperties::default(),
        };
        assert_eq!(plain().check(), Ok(()));
        let said = |change: fn(&mut Publication)| {
            let mut changed = plain();
            change(&mut changed);
            match changed.check() {
                Err(MqttRefusal::Invalid(why)) => why,
                other => panic!("{other:?}"),
            }
        };
        for topic in ["room/+", "", "a\nb", "\u{ffff}", &"a/".repeat(201)] {
            let why = match (Publication { topic: topic.into(), ..plain() }).check() {
                Err(MqttRefusal::Invalid(why)) => why,
                other => panic!("{topic:?}: {other:?}"),
            };
            assert!(why.starts_with("the topic is wrong: "), "{why}");
        }
        let response = said(|it| it.properties.response_topic = "#".into());
        assert!(response.starts_with("response-topic is wrong: "));
        assert_eq!(said(|it| it.properties.content_type = "a\nb".into()), PROPERTY);
        assert_eq!(said(|it| it.properties.correlation_data = vec![0; MAX + 1]), PROPERTY);
        assert_eq!(said(|it| it.properties.user = vec![("a".into(), "\0".into())]), PROPERTY);
        let own = said(|it| it.properties.user = vec![("footlight-sender".into(), "".into())]);
        assert!(own.contains("are the host's"), "{own}");
        let mut long = plain();
        long.properties.correlation_data = vec![0; MAX];
        assert_eq!(long.check(), Ok(()));
    }
}
