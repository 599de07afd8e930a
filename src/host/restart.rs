//! Which changes of a manifest need a restart.

use crate::{
    manifest::{Handler, Manifest},
    mqtt::config::BrokerConfig,
    server::{access::AccessConfig, config::Listener},
    storage::StorageConfig,
};

/// The keys that differ between an actor's manifest and its new one, and that no reload can change.
pub(super) fn keys(old: &Manifest, new: &Manifest) -> Vec<String> {
    let mut keys = Vec::new();
    storage_keys(&mut keys, &old.storage, &new.storage);
    // Folders and receivers can be changed.
    let bound =
        |handler: &&Handler| !matches!(handler, Handler::Filesystem(_) | Handler::MessageServer(_));
    let mut others = new.handlers.iter().filter(bound);
    for old in old.handlers.iter().filter(bound) {
        match (old, others.next()) {
            (Handler::WebSocketServer(old), Some(Handler::WebSocketServer(new)))
                if old.listeners.len() == new.listeners.len() =>
            {
                let both = old.listeners.iter().zip(&new.listeners);
                for (index, (old, new)) in both.enumerate() {
                    listener_keys(&mut keys, old, new, &format!(" of listener {}", index + 1));
                }
            }
            (Handler::HttpClient(old), Some(Handler::HttpClient(new))) => {
                note(&mut keys, old != new, "allow", "");
            }
            (Handler::Mqtt(old), Some(Handler::Mqtt(new)))
                if old.brokers.len() == new.brokers.len() =>
            {
                for (old, new) in old.brokers.iter().zip(&new.brokers) {
                    broker_keys(&mut keys, old, new, &format!(" of broker {}", old.name));
                }
            }
            _ => note(&mut keys, true, "handlers", ""),
        }
    }
    note(&mut keys, others.next().is_some(), "handlers", "");
    keys
}

/// The keys of `storage` that an added actor would change for the whole process: the smallest values
/// count.
pub(super) fn process_keys<'m>(
    old: impl Iterator<Item = &'m Manifest>,
    added: &Manifest,
) -> Vec<String> {
    let (wear, wait) = StorageConfig::of_process(old.map(|manifest| &manifest.storage));
    let StorageConfig { wear: new_wear, wait: new_wait, .. } = added.storage;
    let mut keys = Vec::new();
    note(&mut keys, new_wear < wear, "storage.wear", "");
    note(&mut keys, new_wait < wait, "storage.wait", "");
    keys
}

/// Adds a key, if it differs.
fn note(keys: &mut Vec<String>, differs: bool, key: &str, of: &str) {
    if differs {
        keys.push([key, of].concat());
    }
}

/// Adds the keys of `storage` that differ.
fn storage_keys(keys: &mut Vec<String>, old: &StorageConfig, new: &StorageConfig) {
    let StorageConfig { durability, interval, wear, wait } = old;
    note(keys, *durability != new.durability, "storage.durability", "");
    note(keys, *interval != new.interval, "storage.interval", "");
    note(keys, *wear != new.wear, "storage.wear", "");
    note(keys, *wait != new.wait, "storage.wait", "");
}

/// Adds the keys of a listener that differ. Listeners of both types share an address, so `of` says which
/// listener it is, and not which handler.
fn listener_keys(keys: &mut Vec<String>, old: &Listener, new: &Listener, of: &str) {
    // Without `..`, so that no key is forgotten.
    let Listener {
        host,
        port,
        // A manifest can't set it.
        more_ports: _,
        has_socket,
        has_actor,
        path,
        health,
        metrics,
        access: AccessConfig { origins, names, trusted_proxies, proxy_protocol },
        subprotocols,
        token_file,
        console,
        inspect,
        static_folder,
        auto_response,
        on_overflow,
        tls,
    } = old;
    note(keys, *host != new.host, "host", of);
    note(keys, *port != new.port, "port", of);
    let same_handlers = (*has_socket, *has_actor) == (new.has_socket, new.has_actor);
    note(keys, !same_handlers, "the handlers", of);
    note(keys, *path != new.path, "path", of);
    note(keys, *health != new.health, "health", of);
    note(keys, *metrics != new.metrics, "metrics", of);
    note(keys, *origins != new.access.origins, "origins", of);
    note(keys, *names != new.access.names, "names", of);
    note(keys, *trusted_proxies != new.access.trusted_proxies, "trusted_proxies", of);
    note(keys, *proxy_protocol != new.access.proxy_protocol, "proxy_protocol", of);
    note(keys, *subprotocols != new.subprotocols, "subprotocols", of);
    note(keys, *token_file != new.token_file, "token_file", of);
    let same_console = (*console, *inspect) == (new.console, new.inspect);
    note(keys, !same_console, "console", of);
    note(keys, *static_folder != new.static_folder, "static", of);
    note(keys, *auto_response != new.auto_response, "auto_response", of);
    note(keys, *on_overflow != new.on_overflow, "on_overflow", of);
    note(keys, *tls != new.tls, "tls", of);
}

/// Adds the keys of a broker that differ.
fn broker_keys(keys: &mut Vec<String>, old: &BrokerConfig, new: &BrokerConfig, of: &str) {
    // Without `..`, so that no key is forgotten.
    let BrokerConfig {
        name,
        address,
        version,
        client_id,
        credentials_file,
        keepalive,
        session,
        reconnect,
        subscribe,
        publish,
        will,
        on_full,
    } = old;
    note(keys, *name != new.name, "name", of);
    note(keys, *address != new.address, "broker", of);
    note(keys, *version != new.version, "version", of);
    note(keys, *client_id != new.client_id, "client_id", of);
    note(keys, *credentials_file != new.credentials_file, "credentials_file", of);
    note(keys, *keepalive != new.keepalive, "keepalive", of);
    note(keys, *session != new.session, "session", of);
    note(keys, *reconnect != new.reconnect, "reconnect", of);
    note(keys, *subscribe != new.subscribe, "subscribe", of);
    note(keys, *publish != new.publish, "publish", of);
    note(keys, *will != new.will, "will", of);
    note(keys, *on_full != new.on_full, "on_full", of);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn manifest(config: &str, more: &str) -> Manifest {
        let text = format!(
            "name = 'a'\ncomponent_path = 'a.wasm'\n[[handlers]]\ntype = 'websocket-server'\n\
             [handlers.config]\nport = 8080\n{config}\n{more}\n"
        );
        Manifest::parse(Path::new("manifest.toml"), &text).unwrap()
    }

    #[test]
    fn every_key_of_a_listener_and_of_the_storage_needs_a_restart_and_is_named() {
        let old = manifest("", "");
        let of = |config: &str, more: &str| keys(&old, &manifest(config, more));
        for (config, key) in [
            ("host = '::1'", "host"),
            ("path = '/x'", "path"),
            ("origins = ['self']", "origins"),
            ("trusted_proxies = ['10.0.0.1']", "trusted_proxies"),
            ("subprotocols = ['x']", "subprotocols"),
            ("token_file = 'x'", "token_file"),
            ("console = false", "console"),
            ("static = 'x'", "static"),
            ("auto_response = { ping = 'a', pong = 'b' }", "auto_response"),
            ("on_overflow = 'drop'", "on_overflow"),
        ] {
            assert_eq!(of(config, ""), [format!("{key} of listener 1")]);
        }
        for (storage, key) in [
            ("durability = 'strict'", "durability"),
            ("wear = '3MB/day'", "wear"),
            ("wait = '9s'", "wait"),
        ] {
            assert_eq!(of("", &format!("[storage]\n{storage}")), [format!("storage.{key}")]);
        }
        let own = |names: &str| manifest(&format!("origins = ['self']\n{names}"), "");
        let names = keys(&own(""), &own("names = ['x.example']"));
        assert_eq!(names, ["names of listener 1"]);
        let relaxed = |interval: &str| {
            manifest("", &format!("[storage]\ndurability = 'relaxed'\n{interval}"))
        };
        let interval = keys(&relaxed(""), &relaxed("interval = '1s'"));
        assert_eq!(interval, ["storage.interval"]);
        let proxy =
            |protocol: &str| manifest(&format!("trusted_proxies = ['::1']\n{protocol}"), "");
        let protocol = keys(&proxy(""), &proxy("proxy_protocol = true"));
        assert_eq!(protocol, ["proxy_protocol of listener 1"]);
        let client = |server: &str| {
            manifest(
                "",
                &format!("[[handlers]]\ntype = 'http-client'\nconfig.allow = ['{server}']"),
            )
        };
        let servers = keys(&client("http://a"), &client("http://b"));
        assert_eq!(servers, ["allow"]);
        let broker = |config: &str| {
            let least = ["broker = 'mqtt://b'", "publish = ['#']"];
            let kept = least.into_iter().filter(|line| !config.starts_with(&line[..6]));
            let lines: Vec<_> = kept.chain([config]).collect();
            let lines = lines.join("\n");
            manifest("", &format!("[[handlers]]\ntype = 'mqtt'\n[handlers.config]\n{lines}"))
        };
        for (config, key) in [
            ("broker = 'mqtt://c'", "broker"),
            ("version = '5'", "version"),
            ("client_id = 'x'", "client_id"),
            ("credentials_file = 'x'", "credentials_file"),
            ("keepalive = '9s'", "keepalive"),
            ("session = '9s'", "session"),
            ("reconnect = '9s'", "reconnect"),
            ("subscribe = [{ topic = 'a' }]", "subscribe"),
            ("publish = ['a']", "publish"),
            ("will = { topic = 'a' }", "will"),
            ("on_full = 'drop'", "on_full"),
        ] {
            let changed = keys(&broker(""), &broker(config));
            assert_eq!(changed, [format!("{key} of broker mqtt")], "{config}");
        }
        assert_eq!(keys(&broker(""), &broker("name = 'x'")), ["name of broker mqtt"]);
        assert_eq!(of("", "[[handlers]]\ntype = 'mqtt'\nconfig.broker = 'mqtt://b'"), ["handlers"]);
        let second = "[[handlers]]\ntype = 'websocket-server'\nconfig.port = 8081";
        assert_eq!(of("", second), ["handlers"]);
    }

    #[test]
    fn all_else_can_be_changed_while_the_host_runs() {
        let old = manifest("", "");
        let folder = "[[handlers]]\ntype = 'filesystem'\nconfig.path = 'x'\n\
                      [[handlers]]\ntype = 'message-server'\nconfig.to = ['b']";
        let others = "[limits]\ntags = 1\n[logging]\nlevel = 'warn'";
        assert_eq!(keys(&old, &manifest("", &format!("{folder}\n{others}"))), [""; 0]);
    }

    #[test]
    fn an_added_actor_can_not_lower_what_counts_for_the_whole_process() {
        let (old, added) = (manifest("", ""), manifest("", "[storage]\nwear = '3MB/day'"));
        assert_eq!(process_keys([&old].into_iter(), &added), ["storage.wear"]);
        assert_eq!(process_keys([&added].into_iter(), &old), [""; 0]);
    }
}
