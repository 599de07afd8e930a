//! The example `sensor-api`: programs send readings by HTTP, and clients of the WebSocket see them.

use serde_json::{Value, json};

use crate::{
    durable::Device,
    http_server::{Answer, ask, get},
    support::{Actor, Client, Server, example},
};

fn actor() -> Actor {
    Actor::file("sensor-api", example("sensor-api")).http()
}

/// Sends a reading.
fn send(server: &Server, name: &str, content: &str) -> Answer {
    let line = format!("POST /readings/{name}");
    ask(server.address("sensor-api"), &line, "", Some(content.as_bytes()))
}

/// The readings of a response or a message, without their times.
fn values(json: &str) -> Vec<Value> {
    let json: Value = serde_json::from_str(json).unwrap();
    let readings = json["readings"].as_array().unwrap().iter();
    readings.map(|reading| json!([reading[1], reading[2]])).collect()
}

/// The next message's readings.
fn next(client: &mut Client) -> Vec<Value> {
    values(client.next().to_text().unwrap())
}

#[test]
fn a_reading_is_seen_by_all_and_can_be_fetched() {
    let server = Server::of(actor());
    let address = server.address("sensor-api");
    let mut ann = server.client("sensor-api");
    assert!(next(&mut ann).is_empty());
    let answer = send(&server, "kitchen", "21.5\n");
    assert_eq!((answer.status, answer.field("content-type")), (201, Some("application/json")));
    let reading: Value = serde_json::from_str(&answer.body).unwrap();
    let at = reading[0].as_u64().unwrap();
    assert_eq!(reading, json!([at, "kitchen", 21.5]));
    assert_eq!(next(&mut ann), [json!(["kitchen", 21.5])]);
    assert_eq!(send(&server, "out-door_2", "{ \"unit\": \"C\", \"value\": -3e1 }").status, 201);
    assert_eq!(next(&mut ann), [json!(["out-door_2", -30.0])]);

    let both = [json!(["kitchen", 21.5]), json!(["out-door_2", -30.0])];
    let answer = get(address, "/readings");
    assert_eq!((answer.status, values(&answer.body)), (200, both.to_vec()));
    assert_eq!(values(&get(address, &format!("/readings?since={at}")).body), both);
    assert!(values(&get(address, "/readings?since=99999999999999").body).is_empty());
    let mut bob = server.client("sensor-api");
    assert_eq!(next(&mut bob), both);
}

#[test]
fn what_is_no_reading_is_refused_and_kept_nowhere() {
    let server = Server::of(actor());
    for content in
        ["", "x", "1 2", "01", "1.", ".5", "-", "+1", "1e", "NaN", "{}", "{\"value\":\"1\"}"]
    {
        assert_eq!(send(&server, "a", content).status, 400, "{content}");
    }
    let long = "n".repeat(33);
    for name in ["", "a%20b", "a/b", &long] {
        assert_eq!(send(&server, name, "1").status, 400, "{name}");
    }
    let address = server.address("sensor-api");
    for (line, status, allow) in [
        ("GET /readings?since=x", 400, None),
        ("GET /readings/a", 405, Some("POST")),
        ("POST /readings", 405, Some("GET, HEAD")),
        ("GET /other", 404, None),
        ("GET /readingsx", 404, None),
    ] {
        let answer = ask(address, line, "", None);
        assert_eq!((answer.status, answer.field("allow")), (status, allow), "{line}");
    }
    assert!(values(&get(address, "/readings").body).is_empty());
}

#[test]
fn readings_outlast_a_restart() {
    let device = Device::new();
    let server = device.run(&actor());
    for value in ["1", "2", "3"] {
        assert_eq!(send(&server, "a", value).status, 201);
    }
    server.stop();
    let server = device.run(&actor());
    let three = [1, 2, 3].map(|value| json!(["a", value]));
    assert_eq!(values(&get(server.address("sensor-api"), "/readings").body), three);
}

#[test]
fn without_room_the_oldest_readings_go() {
    let server = Server::of(actor().limit("storage", 1000));
    for value in 0..30 {
        assert_eq!(send(&server, "a", &value.to_string()).status, 201);
    }
    let kept = values(&get(server.address("sensor-api"), "/readings").body);
    assert!((5..15).contains(&kept.len()), "{kept:?}");
    assert_eq!(kept.last(), Some(&json!(["a", 29])));
}
