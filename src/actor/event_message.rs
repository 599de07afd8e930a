//! Converts an event into the interface's message for the actor. A request is no message: it has its
//! own handler.

use wit_core::{MessageRef, MessageType};

use crate::exchange::{Close, EventKind, Message};

/// Converts an event. The message borrows from the two buffers: `code` gets the bytes of a close
/// code, and `alarm` is the type of an alarm.
pub fn message<'a>(
    kind: &'a EventKind,
    code: &'a mut [u8; 2],
    alarm: &'a MessageType,
) -> MessageRef<'a> {
    match kind {
        EventKind::Connect => MessageRef::bare(&MessageType::Connect),
        // A request does not come here.
        EventKind::Alarm | EventKind::Request(_) => MessageRef::bare(alarm),
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
    use super::*;
    use crate::exchange::{CloseCode, event::ALARM};

    /// The type, text and data of an event's message.
    fn converted(kind: &EventKind) -> (String, Option<String>, Option<Vec<u8>>) {
        let (mut code, alarm) = ([0; 2], MessageType::Other(ALARM.into()));
        let MessageRef { ty, data, text } = message(kind, &mut code, &alarm);
        (ty.name().into(), text.map(String::from), data.map(<[u8]>::to_vec))
    }

    #[test]
    fn each_event_sets_exactly_the_fields_that_its_type_has() {
        let (text, bytes) = (|text: &str| Some(text.to_owned()), |bytes: &[u8]| Some(bytes.into()));
        for (kind, ty, expected_text, expected_data) in [
            (EventKind::Connect, "connect", None, None),
            (EventKind::Alarm, "alarm", None, None),
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
