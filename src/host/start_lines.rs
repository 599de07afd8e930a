//! What the log says at start about all actors together: where their state is, and how much memory
//! they may take.

use std::path::Path;

use footlight_store::Store;

use super::data;
use crate::{
    config::units::Quantity, limits::Limits, manifest::Manifest, memory::Memory,
    storage::Durability, visible,
};

/// How many stored actors without a manifest the log names.
const MAX_NAMES: usize = 20;

/// Logs the lines. `limits` are those that the actors really have.
pub(super) fn log(manifests: &[Manifest], limits: &[Limits], folder: Option<&Path>) {
    for warning in manifests.iter().flat_map(|manifest| &manifest.warnings) {
        log::warn!(target: "footlight", "{}", visible::lines(&warning.to_string()));
    }
    log::info!(target: "footlight", "{}", about_state(manifests, folder));
    let uses = manifests.iter().map(|manifest| manifest.uses(folder.is_some()));
    let memory = Memory::of(limits.iter().zip(uses));
    let level = if memory.is_short() { log::Level::Warn } else { log::Level::Info };
    log::log!(target: "footlight", level, "{memory}");
}

/// Logs what was found in the store.
pub(super) fn log_store(manifests: &[Manifest], store: &Store) {
    if let Some(offset) = store.opened().torn {
        log::warn!(target: "footlight", "the last record was cut off at offset {offset}, as by a \
            power cut; nobody had been told of its events");
    }
    let is_known = |owner: &String| manifests.iter().any(|manifest| manifest.name == *owner);
    let others: Vec<_> = store.owners().into_iter().filter(|owner| !is_known(owner)).collect();
    if !others.is_empty() {
        // Names in a store may come from a file that was imported, and be many.
        let named: Vec<_> = others.iter().take(MAX_NAMES).map(String::as_str).collect();
        let mut names = visible::lines(&named.join(", "));
        if others.len() > MAX_NAMES {
            names += &format!(" and {} more", others.len() - MAX_NAMES);
        }
        log::info!(target: "footlight", "stored, and in no manifest: {names}; `footlight state` \
            renames or removes it");
    }
}

/// Where state is kept, and how well.
fn about_state(manifests: &[Manifest], folder: Option<&Path>) -> String {
    let Some(folder) = folder else {
        return "state ends with the process; --data DIR keeps it".into();
    };
    let each = manifests.iter().map(|manifest| {
        let durability = manifest.storage.durability(true);
        let interval = manifest.storage.interval.as_millis();
        let interval = Quantity::Duration.text(u64::try_from(interval).unwrap_or(u64::MAX));
        match durability {
            Durability::Relaxed => format!("{} (relaxed, {interval})", manifest.name),
            _ => format!("{} ({})", manifest.name, durability.name()),
        }
    });
    let each: Vec<_> = each.collect();
    format!("state is kept in {}: {}", data::store(folder).display(), each.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_about_state_says_where_it_is_and_how_durable_each_actor_is() {
        let manifest = |name: &str, storage: &str| {
            let text = format!(
                "name = '{name}'\ncomponent_path = 'a.wasm'\n[[handlers]]\n\
                 type = 'websocket-server'\nconfig.port = 0\n[storage]\n{storage}\n"
            );
            Manifest::parse(Path::new("manifest.toml"), &text).unwrap()
        };
        let manifests = [
            manifest("a", ""),
            manifest("b", "durability = 'relaxed'"),
            manifest("c", "durability = 'relaxed'\ninterval = '1500ms'"),
            manifest("d", "durability = 'none'"),
        ];
        assert_eq!(
            about_state(&manifests, Some(Path::new("data"))),
            "state is kept in data/store: a (strict), b (relaxed, 5s), c (relaxed, 1500ms), d (none)"
        );
        assert_eq!(
            about_state(&manifests, None),
            "state ends with the process; --data DIR keeps it"
        );
    }
}
