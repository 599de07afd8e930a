//! Which changes of a manifest need a restart.

use crate::{
    manifest::{Handler, Manifest},
    server::config::Listener,
    storage::StorageConfig,
};

/// The keys that differ between an actor's manifest and its new one, and that no reload can change.
pub(super) fn keys(old: &Manifest, new: &Manifest) -> Vec<String> {
    let mut keys: Vec<String> = storage_keys(&old.storage, &new.storage);
    // Folders can be changed.
    let bound = |handler: &&Handler| !matches!(handler, Handler::Filesystem(_));
    let old: Vec<_> = old.handlers.iter().filter(bound).collect();
    let new: Vec<_> = new.handlers.iter().filter(bound).collect();
    if old.len() != new.len() {
        keys.push("handlers".into());
        return keys;
    }
    for (old, new) in old.iter().zip(&new).filter(|(old, new)| old != new) {
        match (old, new) {
            (Handler::WebSocketServer(old), Handler::WebSocketServer(new)) => {
                keys.extend(listener_keys(&old.listeners, &new.listeners));
            }
            (Handler::HttpClient(_), Handler::HttpClient(_)) => keys.push("allow".into()),
            _ => keys.push("handlers".into()),
        }
    }
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
    let keys = [(new_wear < wear, "storage.wear"), (new_wait < wait, "storage.wait")];
    keys.into_iter().filter(|(differs, _)| *differs).map(|(_, key)| key.into()).collect()
}

/// The keys of `storage` that differ.
fn storage_keys(old: &StorageConfig, new: &StorageConfig) -> Vec<String> {
    let keys = [
        (old.durability != new.durability, "storage.durability"),
        (old.interval != new.interval, "storage.interval"),
        (old.wear != new.wear, "storage.wear"),
        (old.wait != new.wait, "storage.wait"),
    ];
    keys.into_iter().filter(|(differs, _)| *differs).map(|(_, key)| key.into()).collect()
}

/// The keys of listeners that differ.
fn listener_keys(old: &[Listener], new: &[Listener]) -> Vec<String> {
    if old.len() != new.len() {
        return vec!["handlers".into()];
    }
    let mut keys = Vec::new();
    for (index, (old, new)) in old.iter().zip(new).enumerate() {
        let before = keys.len();
        let all = [
            (old.host != new.host, "host"),
            (old.port != new.port, "port"),
            (old.path != new.path, "path"),
            (old.health != new.health, "health"),
            (old.metrics != new.metrics, "metrics"),
            (old.access.origins != new.access.origins, "origins"),
            (old.access.names != new.access.names, "names"),
            (old.access.trusted_proxies != new.access.trusted_proxies, "trusted_proxies"),
            (old.access.proxy_protocol != new.access.proxy_protocol, "proxy_protocol"),
            (old.subprotocols != new.subprotocols, "subprotocols"),
            (old.token_file != new.token_file, "token_file"),
            (old.console != new.console, "console"),
            (old.static_folder != new.static_folder, "static"),
            (old.auto_response != new.auto_response, "auto_response"),
            (old.on_overflow != new.on_overflow, "on_overflow"),
            (old.tls != new.tls, "tls"),
        ];
        let differing = all.into_iter().filter(|(differs, _)| *differs);
        // Listeners of both types share an address, so the index counts listeners.
        keys.extend(differing.map(|(_, key)| format!("{key} of listener {}", index + 1)));
        if keys.len() == before && old != new {
            keys.push(format!("the handlers of listener {}", index + 1));
        }
    }
    keys
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
        let second = "[[handlers]]\ntype = 'websocket-server'\nconfig.port = 8081";
        assert_eq!(of("", second), ["handlers"]);
    }

    #[test]
    fn all_else_can_be_changed_while_the_host_runs() {
        let old = manifest("", "");
        let folder = "[[handlers]]\ntype = 'filesystem'\nconfig.path = 'x'";
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
