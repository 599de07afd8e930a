//! The exact texts about mistakes in the `config` of an `mqtt` handler.

use std::time::Duration;

use wit_core::host::Qos;

use super::added;
use crate::{
    manifest::tests::{LEAST, parse, said},
    mqtt::config::{BrokerConfig, OnFull, Version},
};

/// An `mqtt` handler in three lines.
fn handler(config: &str) -> String {
    format!("[[handlers]]\ntype = 'mqtt'\nconfig = {{ {config} }}\n")
}

/// The broker of a manifest with this `config`.
fn broker(config: &str) -> BrokerConfig {
    let manifest = parse(&format!("{LEAST}{}", handler(config))).unwrap();
    manifest.brokers()[0].clone()
}

#[test]
fn mistakes_about_a_broker_are_told() {
    let broker = "write an address such as \"mqtt://10.0.0.2\" or \"mqtt://broker.local:1883\"";
    let id = "write a text such as \"kitchen-{hostname}\", which no other client of the broker has";
    for (config, expected) in [
        ("", format!(".broker: missing; add broker = …: {broker}")),
        ("broker = 1", ".broker: 1 is not a string; write one text in quotes".into()),
        (
            "broker = 'b'",
            format!(
                ".broker: \"b\" is no broker: it has to begin with `mqtt://` or `mqtts://`; {broker}"
            ),
        ),
        (
            "broker = 'mqtt://a:b@c'",
            format!(
                ".broker: \"mqtt://...@c\" is no broker: it has a user or a password; write them to a \
                 `credentials_file`; {broker}"
            ),
        ),
        (
            "broker = 'mqtt://b', name = 'a b'",
            ".name: \"a b\" is not a name of a broker; write 1 to 64 ASCII letters, digits, `-` and \
             `_`"
                .into(),
        ),
        (
            "broker = 'mqtt://b', version = '4'",
            ".version: \"4\" is not a version of MQTT; write \"auto\", \"5\" or \"3.1.1\"".into(),
        ),
        (
            "broker = 'mqtt://b', client_id = '{host}'",
            format!(
                ".client_id: \"{{host}}\" is no client identifier: \"{{host}}\" is no placeholder; \
                 there are `{{hostname}}` and `{{machine-id}}`; {id}"
            ),
        ),
        (
            "broker = 'mqtt://b', client_id = 'a b'",
            format!(
                ".client_id: \"a b\" is no client identifier: it has ' '; write ASCII letters, \
                 digits, `-`, `_`, `.` and `:`; {id}"
            ),
        ),
        (
            "broker = 'mqtt://b', keepalive = '4s'",
            ".keepalive: \"4s\" is out of range; write a duration from \"5s\" to \"65535s\"".into(),
        ),
        (
            "broker = 'mqtt://b', session = '1500ms'",
            ".session: \"1500ms\" is not a number of whole seconds; MQTT counts in seconds: write \
             \"30s\""
                .into(),
        ),
        (
            "broker = 'mqtt://b', reconnect = '99ms'",
            ".reconnect: \"99ms\" is out of range; write a duration from \"100ms\" to \"1h\"".into(),
        ),
        (
            "broker = 'mqtt://b', on_full = 'wait'",
            ".on_full: \"wait\" is not a choice; write \"refuse\" or \"drop\"".into(),
        ),
        (
            "broker = 'mqtt://b', topics = []",
            ".topics: unknown key; the keys here are `name`, `broker`, `version`, `client_id`, \
             `credentials_file`, `keepalive`, `session`, `reconnect`, `subscribe`, `publish`, \
             `will`, `on_full`"
                .into(),
        ),
    ] {
        let text = format!("{LEAST}{}", handler(config));
        assert_eq!(said(&text), format!("8: handlers[1].config{expected}"), "{config}");
    }
    added(&[(
        "[[handlers]]\ntype = 'mqtt'",
        "6: handlers[1].config: missing; add config = { broker = \"mqtt://10.0.0.2\", subscribe = [{ \
         topic = \"room/#\" }] }",
    )]);
}

#[test]
fn mistakes_about_topics_are_told() {
    let filter = "write topics such as \"room/kitchen\", with `+` for one level, and `/#` at the end \
                  for all below";
    let tables = "write tables in a list: subscribe = [{ topic = \"room/+/say\", qos = 1 }]";
    for (config, expected) in [
        (
            "subscribe = 'a'",
            format!(".subscribe: \"a\" is not a list of subscriptions; {tables}"),
        ),
        ("subscribe = ['a']", format!(".subscribe[0]: \"a\" is not a table; {tables}")),
        ("subscribe = [{}]", ".subscribe[0].topic: missing; add topic = \"room/+/say\"".into()),
        (
            "subscribe = [{ topic = 'a#' }]",
            format!(".subscribe[0].topic: \"a#\" is not a filter of topics; {filter}"),
        ),
        (
            "subscribe = [{ topic = '$share/a' }]",
            ".subscribe[0].topic: \"$share/a\" is not a shared subscription; write \
             \"$share/NAME/FILTER\", with a name without wildcards"
                .into(),
        ),
        (
            "subscribe = [{ topic = 'a' }, { topic = 'a', qos = 1 }]",
            ".subscribe[1].topic: \"a\" is subscribed to already; write each filter once, with its \
             highest qos"
                .into(),
        ),
        (
            "subscribe = [{ topic = 'a', qos = 2 }]",
            ".subscribe[0].qos: this host does not offer QoS 2; write qos = 1; `dedupe` makes it once \
             between Footlight hosts"
                .into(),
        ),
        (
            "subscribe = [{ topic = 'a', qos = '1' }]",
            ".subscribe[0].qos: \"1\" is not a quality of service; write 0 (at most once) or 1 (at \
             least once)"
                .into(),
        ),
        (
            "subscribe = [{ topic = 'a', once = true }]",
            ".subscribe[0].once: unknown key; the keys here are `topic`, `qos`, `dedupe`".into(),
        ),
        (
            "publish = 'a'",
            ".publish: \"a\" is not a list of filters; write filters in a list: publish = \
             [\"room/#\"]"
                .into(),
        ),
        (
            "publish = ['a', '']",
            format!(".publish[1]: \"\" is not a filter of topics; {filter}"),
        ),
        (
            "publish = ['a'], will = { topic = 'b' }",
            ".will.topic: \"b\" is not allowed by `publish`; add it to `publish`, or write another \
             topic"
                .into(),
        ),
        (
            "publish = ['#'], will = { topic = '+' }",
            ".will.topic: \"+\" is not a topic: `+` and `#` may be in filters only; write a topic such as \
             \"room/kitchen/here\""
                .into(),
        ),
        (
            "subscribe = [{ topic = \"a\\nb\" }]",
            ".subscribe[0].topic: \"a\\nb\" is not a filter of topics: it contains a control character, or one \
             that Unicode never assigns; brokers end the connection for it; write another one"
                .into(),
        ),
        (
            "will = {}",
            ".will.topic: missing; add topic = \"room/kitchen/here\"".into(),
        ),
    ] {
        let text = format!("{LEAST}{}", handler(&format!("broker = 'mqtt://b', {config}")));
        assert_eq!(said(&text), format!("8: handlers[1].config{expected}"), "{config}");
    }
}

#[test]
fn several_brokers_need_names_of_their_own() {
    let two = |one: &str, other: &str| {
        let of = |name: &str| handler(&format!("broker = 'mqtt://b', {name}"));
        format!("{LEAST}{}{}", of(one), of(other))
    };
    for (one, other) in [("", ""), ("", "name = 'mqtt'")] {
        assert_eq!(
            said(&two(one, other)),
            "11: handlers[2].config.name: another handler of type mqtt has the name \"mqtt\"; write \
             another name, by which the actor chooses this broker"
        );
    }
    let manifest = parse(&two("", "name = 'cloud'")).unwrap();
    let names: Vec<_> = manifest.brokers().iter().map(|broker| &*broker.name).collect();
    assert_eq!(names, ["mqtt", "cloud"]);
}

#[test]
fn a_broker_is_read_with_all_its_keys_and_with_defaults() {
    let least = broker("broker = 'mqtt://b'");
    assert_eq!((&*least.name, least.address.port, least.version), ("mqtt", 1883, Version::Auto));
    assert_eq!((least.client_id, least.credentials_file, least.will), (None, None, None));
    assert_eq!(least.keepalive, Duration::from_secs(30));
    assert_eq!(least.session, Duration::from_secs(24 * 60 * 60));
    assert_eq!(least.reconnect, Duration::from_secs(60));
    assert!(least.subscribe.is_empty() && least.publish.is_empty());
    assert_eq!(least.on_full, OnFull::Refuse);
    let most = broker(
        "broker = 'mqtt://[::1]:1', name = 'x', version = '3.1.1', client_id = 'a-{hostname}', \
         credentials_file = 'secret', keepalive = '18h', session = '0s', \
         reconnect = '100ms', on_full = 'drop', \
         subscribe = [{ topic = 'a/#', qos = 1, dedupe = true }, { topic = '$share/g/b/+' }], \
         publish = ['c/#'], will = { topic = 'c', payload = '0', qos = 1, retain = true }",
    );
    assert_eq!((most.address.port, most.version), (1, Version::V3_1_1));
    assert_eq!(most.client_id.as_deref(), Some("a-{hostname}"));
    assert_eq!(most.credentials_file, Some("chat/secret".into()));
    assert_eq!(most.reconnect, Duration::from_millis(100));
    assert_eq!((most.session, most.on_full), (Duration::ZERO, OnFull::Drop));
    assert_eq!((most.subscribe[0].qos, most.subscribe[0].dedupe), (Qos::AtLeastOnce, true));
    assert!(most.dedupes("a/b") && !most.dedupes("b/c") && most.may_publish("c/d"));
    let will = most.will.unwrap();
    assert_eq!((&*will.topic, &*will.payload, will.retain), ("c", "0", true));
}

#[test]
fn a_broker_with_tls_is_a_mistake_where_there_is_none() {
    let text = format!("{LEAST}{}", handler("broker = 'mqtts://b'"));
    if cfg!(feature = "tls") {
        assert_eq!(parse(&text).unwrap().brokers()[0].address.port, 8883);
    } else {
        assert_eq!(
            said(&text),
            "8: handlers[1].config.broker: \"mqtts://b\" needs TLS, and this footlight was built \
             without it; build it with `--features tls`"
        );
    }
}
