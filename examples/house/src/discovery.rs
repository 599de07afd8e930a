//! What Home Assistant needs to show a room: a switch for its lamp, and a sensor for its people.
//!
//! docs/mqtt.md explains it.

use serde_json::{Value, json};

/// The topics with their payloads. The broker retains them.
pub fn configs(room: &str) -> [(String, Value); 2] {
    let device =
        json!({ "identifiers": [format!("house-{room}")], "name": format!("House: {room}") });
    let lamp = json!({
        "name": "Lamp",
        "unique_id": format!("house-{room}-lamp"),
        "state_topic": format!("house/{room}/lamp"),
        "command_topic": format!("house/{room}/lamp/set"),
        "device": device,
    });
    let people = json!({
        "name": "People",
        "unique_id": format!("house-{room}-people"),
        "state_topic": format!("house/{room}/people"),
        "state_class": "measurement",
        "device": device,
    });
    [
        (format!("homeassistant/switch/house-{room}/lamp/config"), lamp),
        (format!("homeassistant/sensor/house-{room}/people/config"), people),
    ]
}
