//! How publications are stored: for each its number, its sender, whether it is retained, the lengths of
//! its parts, how many user properties it has, and these parts.

use bytes::Bytes;
use wit_core::host::{MqttProperties, Qos};

use super::{dedupe::Identity, publication::Publication};
use crate::host_key::{length, number, take};

/// Writes a publication of QoS 1.
pub(super) fn write(
    number: u64,
    identity: Option<Identity>,
    publication: &Publication,
    to: &mut Vec<u8>,
) {
    let Publication { topic, payload, qos: _, retain, properties } = publication;
    let MqttProperties { content_type, response_topic, correlation_data, user } = properties;
    let (sender, of_sender) = identity.map_or((0, 0), |one| (one.sender, one.number));
    let flags = u8::from(*retain) | u8::from(identity.is_some()) << 1;
    let parts = [
        topic.as_bytes(),
        payload,
        content_type.as_bytes(),
        response_topic.as_bytes(),
        correlation_data,
    ];
    let mut head = format!("{number}:{sender}:{of_sender}:{flags}:{}:", user.len());
    for part in parts {
        head += &format!("{}:", part.len());
    }
    to.extend_from_slice(head.as_bytes());
    parts.into_iter().for_each(|part| to.extend_from_slice(part));
    for (name, value) in user {
        to.extend_from_slice(format!("{}:{}:{name}{value}", name.len(), value.len()).as_bytes());
    }
}

/// Reads what [`write()`] has written; `None` at a mistake.
pub(super) fn read(rest: &mut Bytes) -> Option<(u64, Option<Identity>, Publication)> {
    let (key, sender, of_sender) = (number(rest)?, number(rest)?, number(rest)?);
    let (flags, pairs) = (number(rest)?, number(rest)?);
    let mut lengths = [0; 5];
    for each in &mut lengths {
        *each = length(rest)?;
    }
    // Copies, because the whole of what was stored would stay in memory for one publication.
    let mut part = |length| Some(take(rest, length)?.to_vec());
    let [topic, payload, content_type, response_topic, correlation_data] = lengths;
    let (topic, payload) = (text(part(topic)?)?, part(payload)?.into());
    let (content_type, response_topic) = (text(part(content_type)?)?, text(part(response_topic)?)?);
    let correlation_data = part(correlation_data)?;
    let mut user = Vec::new();
    for _ in 0..pairs {
        let (name, value) = (length(rest)?, length(rest)?);
        user.push((text(take(rest, name)?.to_vec())?, text(take(rest, value)?.to_vec())?));
    }
    let identity = (flags & 2 != 0).then_some(Identity { sender, number: of_sender });
    let properties = MqttProperties { content_type, response_topic, correlation_data, user };
    let (qos, retain) = (Qos::AtLeastOnce, flags & 1 != 0);
    Some((key, identity, Publication { topic: topic.into(), payload, qos, retain, properties }))
}

/// Bytes as text.
fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publication_is_read_as_it_was_written_and_not_if_a_byte_is_missing() {
        let plain = Publication {
            topic: "a:b".into(),
            payload: Bytes::from_static(b"1:\0\xff"),
            qos: Qos::AtLeastOnce,
            retain: true,
            properties: MqttProperties::default(),
        };
        let properties = MqttProperties {
            content_type: "text".into(),
            response_topic: "é".into(),
            correlation_data: vec![0, 255],
            user: vec![("a".into(), "1:".into()), (String::new(), String::new())],
        };
        let other = Publication { properties, retain: false, ..plain.clone() };
        let identity = Some(Identity { sender: u64::MAX, number: 7 });
        let mut stored = Vec::new();
        write(0, None, &plain, &mut stored);
        let first = stored.len();
        write(u64::MAX, identity, &other, &mut stored);
        let stored = Bytes::from(stored);
        let mut rest = stored.clone();
        assert_eq!(read(&mut rest), Some((0, None, plain)));
        assert_eq!(read(&mut rest), Some((u64::MAX, identity, other)));
        assert!(rest.is_empty());
        for end in first..stored.len() {
            assert!(read(&mut stored.slice(first..end)).is_none(), "{end}");
        }
        let huge = Bytes::from_static(b"0:0:0:0:99999999:1:0:0:0:0:a");
        assert!(read(&mut huge.clone()).is_none());
    }
}
