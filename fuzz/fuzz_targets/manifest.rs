//! Manifests of any text. Reading one never panics, every mistake has a line of the file, and
//! accepted values are within their bounds.
#![no_main]

use std::{collections::HashSet, fmt::Write, path::Path, time::Duration};

use footlight::{
    files::config::SharedFolder,
    http_client::{grant::Grant, url::Url},
    limits::{Limits, keys::limit_keys},
    manifest::{Handler, Manifest, ManifestError},
    mqtt::{address::Address, config::BrokerConfig},
    server::config::Listener,
};
use footlight_mqtt::topic;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file = Path::new("manifest.toml");
    match Manifest::parse(file, text) {
        Ok(manifest) => {
            is_sound(&manifest);
            // The same limits, written in the form of the documentation.
            let again = Manifest::parse(file, &written(&manifest)).expect("it was taken before");
            assert_eq!((&again.name, &again.limits), (&manifest.name, &manifest.limits));
        }
        Err(error) => is_readable(&error, text),
    }
});

/// Checks that every mistake has a line, is printed as one line, and contains nothing that could
/// affect a terminal.
fn is_readable(error: &ManifestError, text: &str) {
    let lines = text.matches('\n').count() + 1;
    assert!(!error.mistakes.is_empty());
    for mistake in &error.mistakes {
        let line = mistake.line.expect("a line");
        assert!((1..=lines).contains(&line), "line {line} of {lines}");
        let said = mistake.to_string();
        assert!(!said.chars().any(char::is_control), "{said:?}");
    }
    assert!(error.mistakes.is_sorted_by_key(|mistake| mistake.line));
}

/// Whether a handler lets anybody reach the actor.
fn brings_events(handler: &Handler) -> bool {
    matches!(handler, Handler::WebSocketServer(_) | Handler::MessageServer(_) | Handler::Mqtt(_))
}

/// Checks that everything in a manifest is within its bounds.
fn is_sound(manifest: &Manifest) {
    let Manifest { name, handlers, limits, .. } = manifest;
    assert!((1..=64).contains(&name.len()) && !name.starts_with('.') && name != "footlight");
    assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)));
    assert!(handlers.iter().any(brings_events) && handlers.len() <= 5);
    for handler in handlers {
        match handler {
            Handler::WebSocketServer(server) => are_sound(&server.listeners),
            Handler::Filesystem(files) => are_told_apart(&files.folders),
            Handler::HttpClient(client) => are_in_their_form(&client.grants),
            Handler::MessageServer(_) => {}
            Handler::Mqtt(mqtt) => are_brokers(&mqtt.brokers),
        }
    }
    for key in limit_keys() {
        let Some(number) = number_of(limits, key.key) else { continue };
        assert!((number_in(&key.least)..=number_in(&key.most)).contains(&number), "{key:?}");
    }
    assert!(limits.message <= limits.mailbox && limits.memory % (64 << 10) == 0);
    let largest = limits.message.max(limits.file_access).max(limits.state).max(limits.answer);
    assert!(largest.max(limits.fetch_response).max(limits.mqtt_inbox) <= limits.memory);
}

/// Checks that what the actor may ask is an address in its one form, which the grant allows itself.
fn are_in_their_form(grants: &[Grant]) {
    assert!(!grants.is_empty());
    for grant in grants {
        let text = format!("{}{}", grant.origin, grant.path);
        let url = Url::parse(&text).expect("the form can be read");
        assert!(url.to_string() == text && grant.allows(&url));
    }
}

/// Checks that there are brokers with names of their own, that their topics are valid, and that each may
/// publish its will.
fn are_brokers(brokers: &[BrokerConfig]) {
    assert!(!brokers.is_empty());
    let mut names = HashSet::new();
    for broker in brokers {
        assert!((1..=64).contains(&broker.name.len()) && names.insert(&broker.name));
        assert!(Address::parse(&broker.address.to_string()).as_ref() == Ok(&broker.address));
        let subscribed = broker.subscribe.iter().map(|one| &one.filter);
        assert!(
            subscribed.chain(&broker.publish).all(|filter| topic::check_filter(filter).is_ok())
        );
        assert!(broker.keepalive.subsec_nanos() == 0 && broker.keepalive.as_secs() <= 65_535);
        let Some(will) = &broker.will else { continue };
        assert!(topic::check_name(&will.topic).is_ok());
        assert!(broker.publish.iter().any(|filter| topic::matches(filter, &will.topic)));
    }
}

/// Checks that there are listeners within their bounds.
fn are_sound(listeners: &[Listener]) {
    assert!(!listeners.is_empty());
    let mut taken = HashSet::new();
    for listener in listeners {
        assert!(
            listener.path.starts_with('/') && listener.path.bytes().all(|b| b.is_ascii_graphic())
        );
        assert!(listener.port == 0 || taken.insert((listener.host, listener.port)));
    }
}

/// Checks that there are folders, and that each path into them is unambiguous.
fn are_told_apart(folders: &[SharedFolder]) {
    assert!(!folders.is_empty());
    let mut names = HashSet::new();
    for folder in folders {
        assert!(!folder.path.as_os_str().is_empty());
        assert!(folder.name.is_some() || folders.len() == 1);
        assert!(folder.name.as_ref().is_none_or(|name| !name.is_empty() && !name.contains('/')));
        assert!(names.insert(&folder.name));
    }
}

/// The value of a key's field in bytes or milliseconds; `None` if there is no limit.
fn number_of(limits: &Limits, key: &str) -> Option<u128> {
    let size = |size: usize| size as u128;
    let time = |time: Duration| time.as_millis();
    Some(match key {
        "message" => size(limits.message),
        "connections" => size(limits.connections),
        "mailbox" => size(limits.mailbox),
        "outbox" => size(limits.outbox),
        "per_address" => size(limits.per_address),
        "requests" => size(limits.requests),
        "downloads" => size(limits.downloads),
        "idle_connections" => size(limits.idle_connections),
        "request" => size(limits.request),
        "response" => size(limits.response),
        "rate" => size(limits.rate),
        "file" => size(limits.file),
        "file_access" => size(limits.file_access),
        "effects" => size(limits.effects),
        "tags" => size(limits.tags),
        "tag" => size(limits.tag),
        "attachment" => size(limits.attachment),
        "alarm" => time(limits.alarm),
        "state" => size(limits.state),
        "storage" => size(limits.storage),
        "storage_key" => size(limits.storage_key),
        "storage_value" => size(limits.storage_value),
        "held" => size(limits.held),
        "answer" => size(limits.answer),
        "answers" => size(limits.answers),
        "memory" => size(limits.memory),
        "watermark" => size(limits.watermark),
        "table" => size(limits.table),
        "tables" => size(limits.tables),
        "module" => size(limits.module),
        "time" => time(limits.time),
        "fuel" => return limits.fuel.map(u128::from),
        "slice" => limits.slice.into(),
        "log_line" => size(limits.log_line),
        "log_rate" => size(limits.log_rate),
        "hibernate_after" => time(limits.hibernate_after),
        "handshake" => time(limits.handshake),
        "turn" => time(limits.turn),
        "keep_alive" => time(limits.keep_alive),
        "file_wait" => time(limits.file_wait),
        "fetch_response" => size(limits.fetch_response),
        "fetches" => size(limits.fetches),
        "fetch_wait" => time(limits.fetch_wait),
        "sends" => size(limits.sends),
        "sent" => size(limits.sent),
        "reply" => size(limits.reply),
        "reply_wait" => time(limits.reply_wait),
        "mqtt_publishes" => size(limits.mqtt_publishes),
        "mqtt_outbox" => size(limits.mqtt_outbox),
        "mqtt_inbox" => size(limits.mqtt_inbox),
        "mqtt_inflight" => size(limits.mqtt_inflight),
        "ping" => time(limits.ping),
        "pong" => time(limits.pong),
        "idle" => time(limits.idle),
        "close" => time(limits.close),
        "shutdown" => time(limits.shutdown),
        other => panic!("`limits.{other}` is new: add it here"),
    })
}

/// The number that a text of the documentation stands for: `64KiB`, `1_000`, `24h`.
fn number_in(text: &str) -> u128 {
    let (mut number, mut unit) = (0, String::new());
    for c in text.chars() {
        match c.to_digit(10) {
            Some(digit) => number = number * 10 + u128::from(digit),
            None if c == '_' => {}
            None => unit.push(c),
        }
    }
    let factor = match unit.as_str() {
        "" | "B" | "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        other => panic!("a unit {other:?}"),
    };
    number * factor
}

/// A manifest with the same name and limits.
fn written(manifest: &Manifest) -> String {
    let mut text = format!(
        "name = {:?}\ncomponent_path = 'a.wasm'\n\
         handlers = [{{ type = 'websocket-server', config = {{ port = 0 }} }}]\n[limits]\n",
        manifest.name
    );
    for key in limit_keys() {
        let Some(number) = number_of(&manifest.limits, key.key) else { continue };
        let _ = match key.unit {
            "duration" => writeln!(text, "{} = '{number}ms'", key.key),
            _ => writeln!(text, "{} = {number}", key.key),
        };
    }
    text
}
