//! Brokers of MQTT, as scripts use them.

use serde_json::json;

use super::{Script, actor, error, lines, load};
use crate::{
    brokers::broker::Broker,
    support::{Server, footlight},
};

/// A script with a broker, and perhaps another handler.
fn with_broker(source: &str) -> Script {
    let handler = "[[handlers]]\ntype = \"mqtt\"\n\
        config = { broker = \"mqtt://10.0.0.2\", subscribe = [{ topic = \"#\" }], publish = [\"room/#\"] }\n";
    Script::of(load(source).unwrap(), handler)
}

#[test]
fn messages_of_brokers_and_their_connections_reach_the_script() {
    let script = with_broker(
        "export function connect() {}
        export function mqtt(message) {
            const { broker, topic, qos, retained, duplicate, properties } = message;
            console.log(broker, topic, message.text(), message.body.length, qos, retained, duplicate, properties);
        }
        export function mqttUp(broker) { console.log('up', broker, mqtt.status(broker), mqtt.status('x')); }
        export function mqttDown(broker) { console.log('down', broker, mqtt.status()); }",
    );
    let message =
        r#"{"event": "mqtt", "topic": "room/a", "payload": "on", "qos": 1, "retained": true}"#;
    let reports = script.call_lines(message, &["mqtt:room/b 21.5", "mqtt-down", "mqtt-up"]);
    let logged: Vec<_> = reports.iter().flat_map(lines).collect();
    assert_eq!(
        logged,
        [
            r#"mqtt room/a on 2 1 true false {"user":[]}"#,
            r#"mqtt room/b 21.5 4 0 false false {"user":[]}"#,
            r#"down mqtt {"up":false,"reason":"the connection ended"}"#,
            r#"up mqtt {"up":true} undefined"#,
        ]
    );
}

#[test]
fn handle_message_gets_what_brokers_send_too() {
    let script = with_broker(
        "export function handleMessage(message) {
            console.log(message.type, message.message?.topic ?? message.broker, message.message?.json().a);
        }",
    );
    let reports = script.call(&["mqtt:room/a {\"a\":1}", "mqtt-down", "mqtt-up"]);
    let logged: Vec<_> = reports.iter().flat_map(lines).collect();
    assert_eq!(logged, ["mqtt room/a 1", "mqtt-down mqtt undefined", "mqtt-up mqtt undefined"]);
}

#[test]
fn a_publication_has_what_the_options_say_and_leaves_if_the_event_succeeds() {
    let script = with_broker(
        "export function message(client, data) {
            mqtt.publish('room/a', { on: true });
            mqtt.publish('room/b', new Uint8Array([255]), { qos: 1, retain: true, properties: {
                contentType: 'x/y', responseTopic: 'room/c', correlationData: 'id', user: { a: 'b' } } });
            mqtt.publish('room/b', '', { properties: { user: [['a', '1'], ['a', '2']] } });
            if (data === 'fail') throw new Error('on purpose');
        }
        export function mqtt() {}",
    );
    let reports = script.call(&["connect", "go", "fail"]);
    assert_eq!(
        reports[2]["effects"],
        json!([
            { "publish": r#"{"on":true}"#, "topic": "room/a", "qos": 0, "retain": false, "broker": "mqtt" },
            {
                "publish": { "hex": "ff" }, "topic": "room/b", "qos": 1, "retain": true, "broker": "mqtt",
                "content_type": "x/y", "response_topic": "room/c", "correlation_data": "id", "user": [["a", "b"]],
            },
            {
                "publish": "", "topic": "room/b", "qos": 0, "retain": false, "broker": "mqtt",
                "user": [["a", "1"], ["a", "2"]],
            },
        ])
    );
    assert_eq!(reports[3]["effects"], json!([]));
}

#[test]
fn a_refused_publication_throws_an_error_with_its_code() {
    let said = |limit: &str, what: &str| {
        let source = format!(
            "export function message() {{
                try {{ {what}; }} catch (error) {{ console.log(error.code, error.message); }}
            }}
            export function mqtt() {{}}"
        );
        let report = with_broker(&source).limit(limit).last(&["connect", "go"]);
        lines(&report).concat()
    };
    for (what, expected) in [
        (
            "mqtt.publish('room/a', '', { broker: 'cloud' })",
            r#"no-broker mqtt.publish("room/a"): the manifest has no handler mqtt with the name "cloud"; the option `broker`"#,
        ),
        (
            "mqtt.publish('other', '')",
            r#"denied mqtt.publish("other"): the manifest's `publish` has no filter for this topic"#,
        ),
        ("mqtt.publish('room/#', '')", r#"invalid mqtt.publish("room/#"): "#),
        (
            "mqtt.publish('room/a', new Uint8Array(2000))",
            r#"full mqtt.publish("room/a"): 0 bytes wait for the broker; more would exceed limits.mqtt_outbox"#,
        ),
        (
            "mqtt.publish('room/a', '', { qos: 2 })",
            "undefined qos is 0 (at most once) or 1 (at least once); there is no 2",
        ),
        ("mqtt.publish('room/a', undefined)", "undefined mqtt.publish: undefined can't be JSON"),
    ] {
        let said = said("mqtt_outbox = 1000", what);
        assert!(said.starts_with(expected), "{said}");
    }
    let said = said("effects = 1024", "for (;;) mqtt.publish('room/a', 'x'.repeat(600))");
    assert!(said.starts_with(r#"limit mqtt.publish("room/a"): the event has asked for"#), "{said}");
}

#[test]
fn brokers_without_a_handler_in_the_manifest_end_the_event_with_what_to_add() {
    let source = "export function message(client, data) { data === 'status' ? mqtt.status() : mqtt.publish('a', ''); }";
    for data in ["status", "publish"] {
        let report = &Script::new(source).call(&["connect", data])[2];
        assert!(
            error(report).contains("the manifest grants no MQTT; add [[handlers]]"),
            "{report}"
        );
    }
}

#[test]
fn a_subscription_needs_a_handler_of_the_script() {
    let of = |source: &str| {
        let script = with_broker(source);
        let output = footlight(&["check", script.path().to_str().unwrap()]);
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (fine, text) = of("export function connect() {}");
    assert!(!fine, "{text}");
    let problem = "`subscribe` of a handler of type mqtt needs the export `mqtt`";
    assert!(text.contains(problem), "{text}");
    for handler in ["mqtt", "handleMessage"] {
        let (fine, text) = of(&format!("export function {handler}() {{}}"));
        assert!(fine, "{text}");
    }
}

#[test]
fn a_script_talks_with_others_through_a_real_broker() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let source = "export function message(client, text) { mqtt.publish('room/said', text, { qos: 1 }); }
        export function mqtt(message) {
            if (message.topic === 'room/said') mqtt.publish('room/heard', message.text().toUpperCase());
            else broadcast(message.text());
        }";
    let keys = "subscribe = [{ topic = \"room/#\", qos = 1 }], publish = [\"room/#\"]";
    let server = Server::of(actor(source).extra(&crate::brokers::at(broker.address, keys)));
    let mut client = server.client("script");
    client.ask("hello", "HELLO");
}

#[test]
fn the_lamp_of_the_document_switches_and_says_so() {
    let document = include_str!("../../../docs/javascript.md");
    let (_, rest) = document.split_once("A lamp that a broker switches").unwrap();
    let block = |language: &str| {
        let (_, block) = rest.split_once(&format!("```{language}\n")).unwrap();
        block.split_once("```").unwrap().0
    };
    let script = Script::of(load(block("js")).unwrap(), block("toml"));
    let report = script.last(&["mqtt:house/lamp/set ON"]);
    let published = json!([{ "publish": "ON", "topic": "house/lamp", "qos": 1, "retain": true, "broker": "mqtt" }]);
    assert_eq!(report["effects"], published, "{report}");
}
