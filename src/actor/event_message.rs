//! Converts an event into the interface's message for the actor. Requests and other
//! actors' messages have handlers of their own.

use wit_core::{MessageRef, MessageType};

use crate::exchange::{Close, EventKind, Message};

/// The type of an event that is no client's, for [`message`]. For others it is not used, and costs no
/// allocation.
pub fn other(kind: &EventKind) -> MessageType {
    match kind {
        EventKind::Alarm
        | EventKind::Response(_)
        | EventKind::Mqtt(_)
        | EventKind::MqttUp(_)
        | EventKind::MqttDown(_) => MessageType::Other(kind.name().into()),
        _ => MessageType::Text,
    }
}

/// Converts an event. The message borrows from the two buffers: `code` gets the bytes of a close
/// code, and `other` is the type of an event that is no client's.
pub fn message<'a>(
    kind: &'a EventKind,
    code: &'a mut [u8; 2],
    other: &'a MessageType,
) -> MessageRef<'a> {
    match kind {
        EventKind::Connect => MessageRef::bare(&MessageType::Connect),
        // Requests and other actors' messages do not come here.
        EventKind::Alarm | EventKind::Request(_) | EventKind::Sent(_) | EventKind::Asked(_) => {
            MessageRef::bare(other)
        }
        EventKind::Response(answered) => {
            MessageRef { ty: other, data: None, text: Some(&answered.tag) }
        }
        EventKind::Mqtt(message) => {
            MessageRef { ty: other, data: Some(&message.payload), text: Some(&message.about.topic) }
        }
        EventKind::MqttUp(broker) | EventKind::MqttDown(broker) => {
            MessageRef { ty: other, data: None, text: Some(broker) }
        }
        EventKind::Message(Message::Text(text)) => MessageRef::text(text),
        EventKind::Message(Message::Binary(data)) => MessageRef::data(&MessageType::Binary, data),
        EventKind::Message(Message::Ping(data)) => MessageRef::data(&MessageType::Ping, data),
        EventKind::Message(Message::Pong(data)) => MessageRef::data(&MessageType::Pong, data),
        EventKind::Close(Close { code: number, reason }) => {
            *code = number.0.to_be_bytes();
            let text = Some(&**reason).filter(|reason| !reason.is_empty());
            MessageRef { ty: &MessageType::Close, data: Some(code), text }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wit_core::host::HttpError;

    use super::*;
    use crate::exchange::{Answered, CloseCode};

    /// The type, text and data of an event's message.
    fn converted(kind: &EventKind) -> (String, Option<String>, Option<Vec<u8>>) {
        let (mut code, other) = ([0; 2], other(kind));
        let MessageRef { ty, data, text } = message(kind, &mut code, &other);
        (ty.name().into(), text.map(String::from), data.map(<[u8]>::to_vec))
    }

    #[test]
    fn each_event_sets_exactly_the_fields_that_its_type_has() {
        let (text, bytes) = (|text: &str| Some(text.to_owned()), |bytes: &[u8]| Some(bytes.into()));
        let answered = Arc::new(Answered { tag: "lamp".into(), outcome: Err(HttpError::TimedOut) });
        for (kind, ty, expected_text, expected_data) in [
            (EventKind::Connect, "connect", None, None),
            (EventKind::Alarm, "alarm", None, None),
            (EventKind::Response(answered), "http-response", text("lamp"), None),
            (EventKind::Message(Message::Text("".into())), "text", text(""), None),
            (EventKind::Message(Message::Text("hi".into())), "text", text("hi"), None),
            (EventKind::Message(Message::Binary(vec![].into())), "binary", None, bytes(b"")),
            (
                EventKind::Message(Message::Binary(vec![0, 1].into())),
                "binary",
                None,
                bytes(&[0, 1]),
            ),
            (EventKind::Message(Message::Ping(vec![2].into())), "ping", None, bytes(&[2])),
            (EventKind::Message(Message::Pong(vec![3].into())), "pong", None, bytes(&[3])),
            (EventKind::Close(Close::ABNORMAL), "close", None, bytes(&[0x03, 0xee])),
            (EventKind::Close(Close::NO_STATUS), "close", None, bytes(&[0x03, 0xed])),
            (
                EventKind::Close(Close::new(CloseCode(4001), "why")),
                "close",
                text("why"),
                bytes(&[0x0f, 0xa1]),
            ),
        ] {
            assert_eq!(converted(&kind), (ty.into(), expected_text, expected_data), "{kind:?}");
            assert_eq!(kind.name(), ty);
        }
    }
}
