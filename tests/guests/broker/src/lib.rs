//! A guest that uses brokers of MQTT.
//!
//! The state is a text: the payloads of messages with a topic that begins with `keep/`, with a space after
//! each.
//!
//! | event | what happens |
//! |---|---|
//! | connect | text `ready` |
//! | a message with the payload `trap` | a trap |
//! | a message with the payload `echo TEXT` | `TEXT` is published to `room/echo` with QoS 1 |
//! | other messages | all clients get `mqtt BROKER TOPIC PAYLOAD`, with ` qos1`, ` retained`, ` duplicate` and properties if they have them |
//! | `mqtt-up`, `mqtt-down` | all clients get the type, the broker, and its status |
//! | text | see below |
//!
//! | text | what happens |
//! |---|---|
//! | `seen` | text: the state |
//! | `message` | text: whether `message` has one now |
//! | `status BROKER` | text: the broker's status |
//! | `publish BROKER TOPIC PAYLOAD` | `publish` with QoS 0; text: `published`, or the refusal |
//! | `kept BROKER TOPIC PAYLOAD` | the same with QoS 1, retained, and with properties |
//! | `user BROKER TOPIC NAME` | the same with a user property of this name |
//! | `burst N BROKER TOPIC` | `publish` with QoS 1 so often, with the payloads `0` to `N - 1`; text: how many were taken, and the last refusal |
//! | `big N BROKER TOPIC` | `publish` of so many bytes |
//! | `once N BROKER TOPIC` | `publish` of the number `N` with QoS 1, and `N` becomes the state, unless the state is `N`; text: as above |
//! | `trap BROKER TOPIC PAYLOAD` | `publish`, then a trap |

use bindings::exports::ntwk::theater::websocket_server as wire;
use bindings::footlight::host::{
    connections,
    mqtt::{self, Properties, Publication, Qos, Refusal, Status},
};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                import footlight:host/connections@0.1.0;
                import footlight:host/mqtt@0.1.0;
                export ntwk:theater/websocket-server;
            }
        ",
        path: ["../../../wit-core/wit/guide", "../../../wit-core/wit/host"],
        world: "local:guest/guest",
        generate_all,
    });
}

struct Component;

impl wire::Guest for Component {
    fn handle_message(
        message: wire::WebsocketMessage,
        state: Vec<u8>,
    ) -> (Vec<u8>, wire::WebsocketResponse) {
        let text = message.text.unwrap_or_default();
        let data = message.data.unwrap_or_default();
        let mut state = String::from_utf8(state).unwrap();
        let answer = match &*message.message_type {
            "connect" => Some("ready".to_owned()),
            "mqtt" => {
                received(&text, &String::from_utf8_lossy(&data), &mut state);
                None
            }
            "mqtt-up" | "mqtt-down" => {
                tell(format!("{} {text} {}", message.message_type, status(&text)));
                None
            }
            "text" if text == "seen" => Some(state.clone()),
            "text" if text.starts_with("once ") => Some(once(&text, &mut state)),
            "text" => Some(command(&text)),
            _ => None,
        };
        let answer = answer.map(|text| wire::WebsocketMessage {
            message_type: "text".to_owned(),
            data: None,
            text: Some(text),
        });
        (state.into_bytes(), wire::WebsocketResponse { messages: answer.into_iter().collect() })
    }
}

bindings::export!(Component with_types_in bindings);

/// Handles a message.
fn received(topic: &str, payload: &str, state: &mut String) {
    assert!(payload != "trap", "asked to");
    let about = mqtt::message().unwrap();
    assert_eq!(about.topic, topic);
    if topic.starts_with("keep/") {
        *state += &format!("{payload} ");
    }
    if let Some(text) = payload.strip_prefix("echo ") {
        let echo = Publication { qos: Qos::AtLeastOnce, ..publication("room/echo", text) };
        mqtt::publish(&about.broker, &echo).unwrap();
        return;
    }
    let mut told = format!("mqtt {} {topic} {payload}", about.broker);
    for (is, word) in [
        (about.qos == Qos::AtLeastOnce, " qos1"),
        (about.retained, " retained"),
        (about.duplicate, " duplicate"),
    ] {
        told += if is { word } else { "" };
    }
    let Properties { content_type, response_topic, correlation_data, user } = about.properties;
    for text in [content_type, response_topic, String::from_utf8(correlation_data).unwrap()] {
        if !text.is_empty() {
            told += &format!(" {text}");
        }
    }
    user.iter().for_each(|(name, value)| told += &format!(" {name}={value}"));
    tell(told);
}

/// Sends a text to all clients.
fn tell(text: String) {
    let _ = connections::broadcast(None, &connections::Payload::Text(text), None);
}

/// What a text asks for.
fn command(text: &str) -> String {
    let mut words = text.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (what, first, second, third) = (word(), word(), word(), word());
    match what {
        "message" => if mqtt::message().is_some() { "some" } else { "none" }.to_owned(),
        "status" => status(first),
        "publish" => outcome(mqtt::publish(first, &publication(second, third))),
        "kept" => outcome(mqtt::publish(first, &kept(second, third))),
        "user" => {
            let mut named = kept(second, "");
            named.properties.user = vec![(third.to_owned(), String::new())];
            outcome(mqtt::publish(first, &named))
        }
        "burst" => {
            let (mut taken, mut last) = (0, String::new());
            for number in 0..first.parse().unwrap_or(0) {
                let one = Publication {
                    qos: Qos::AtLeastOnce,
                    ..publication(third, &u32::to_string(&number))
                };
                match mqtt::publish(second, &one) {
                    Ok(()) => taken += 1,
                    Err(refusal) => last = outcome(Err(refusal)),
                }
            }
            format!("{taken} {last}")
        }
        "big" => {
            let payload = "x".repeat(first.parse().unwrap_or(0));
            outcome(mqtt::publish(second, &publication(third, &payload)))
        }
        "trap" => {
            let _ = mqtt::publish(first, &kept(second, third));
            panic!("asked to")
        }
        _ => text.to_owned(),
    }
}

/// Publishes a number, unless that is done.
fn once(text: &str, state: &mut String) -> String {
    let mut words = text.split(' ').skip(1);
    let mut word = || words.next().unwrap_or_default();
    let (number, broker, topic) = (word(), word(), word());
    if number == state {
        return "published".to_owned();
    }
    let one = Publication { qos: Qos::AtLeastOnce, ..publication(topic, number) };
    let result = mqtt::publish(broker, &one);
    if result.is_ok() {
        *state = number.to_owned();
    }
    outcome(result)
}

/// A publication with QoS 0 and no properties.
fn publication(topic: &str, payload: &str) -> Publication {
    Publication {
        topic: topic.to_owned(),
        payload: payload.into(),
        qos: Qos::AtMostOnce,
        retain: false,
        properties: Properties {
            content_type: String::new(),
            response_topic: String::new(),
            correlation_data: vec![],
            user: vec![],
        },
    }
}

/// A publication with everything.
fn kept(topic: &str, payload: &str) -> Publication {
    Publication {
        qos: Qos::AtLeastOnce,
        retain: true,
        properties: Properties {
            content_type: "text/plain".to_owned(),
            response_topic: "room/back".to_owned(),
            correlation_data: b"7".into(),
            user: vec![("a".to_owned(), "b".to_owned()), ("a".to_owned(), "c".to_owned())],
        },
        ..publication(topic, payload)
    }
}

fn outcome(result: Result<(), Refusal>) -> String {
    match result {
        Ok(()) => "published".to_owned(),
        Err(Refusal::NoBroker) => "no-broker".to_owned(),
        Err(Refusal::Denied) => "denied".to_owned(),
        Err(Refusal::Invalid(text)) => format!("invalid: {text}"),
        Err(Refusal::Full(bytes)) => format!("full {bytes}"),
        Err(Refusal::Limit) => "limit".to_owned(),
    }
}

fn status(broker: &str) -> String {
    match mqtt::broker_status(broker) {
        None => "unknown".to_owned(),
        Some(Status::Up) => "up".to_owned(),
        Some(Status::Down(why)) => format!("down: {why}"),
    }
}
