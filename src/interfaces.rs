//! The names of the interfaces that an actor may import.

/// A group of functions. An actor may import all of them or none.
#[derive(Debug, PartialEq, Eq)]
pub struct Interface {
    /// Without the package: `filesystem`.
    pub name: &'static str,
    /// The module names of its imports, in core form. There is one for each name that the package
    /// has had. One that ends with `@0.2` stands for every patch of that version.
    pub modules: &'static [&'static str],
}

impl Interface {
    /// Whether an import from this module is one of the interface.
    pub fn has(&self, module: &str) -> bool {
        self.modules.iter().any(|known| match module.strip_prefix(known) {
            Some("") => true,
            Some(rest) if known.ends_with("@0.2") => rest
                .strip_prefix('.')
                .is_some_and(|patch| (1..=9).contains(&patch.len()) && is_number(patch)),
            _ => false,
        })
    }
}

/// Whether a text has only digits.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `footlight:host/connections`
pub(crate) const CONNECTIONS: Interface =
    Interface { name: "connections", modules: &["footlight:host/connections@0.1.0"] };
/// `footlight:host/alarm`
pub(crate) const ALARM: Interface =
    Interface { name: "alarm", modules: &["footlight:host/alarm@0.1.0"] };
/// `footlight:host/clock`
pub(crate) const CLOCK: Interface =
    Interface { name: "clock", modules: &["footlight:host/clock@0.1.0"] };
/// `footlight:host/random`
pub(crate) const RANDOM: Interface =
    Interface { name: "random", modules: &["footlight:host/random@0.1.0"] };
/// `footlight:host/files`
pub(crate) const FILES: Interface =
    Interface { name: "files", modules: &["footlight:host/files@0.1.0"] };
/// `footlight:host/storage`
pub(crate) const STORAGE: Interface =
    Interface { name: "storage", modules: &["footlight:host/storage@0.1.0"] };
/// `footlight:host/http`
pub(crate) const HTTP: Interface =
    Interface { name: "http", modules: &["footlight:host/http@0.1.0"] };
/// `footlight:host/mqtt`
pub(crate) const MQTT: Interface =
    Interface { name: "mqtt", modules: &["footlight:host/mqtt@0.1.0"] };
/// Theater's `http-client`
pub(crate) const HTTP_CLIENT: Interface = Interface {
    name: "http-client",
    modules: &["ntwk:theater/http-client", "theater:simple/http-client"],
};
/// Theater's `runtime`
pub(crate) const RUNTIME: Interface =
    Interface { name: "runtime", modules: &wit_core::shape::RUNTIME_MODULES };
/// Theater's `filesystem`
pub(crate) const FILESYSTEM: Interface = Interface {
    name: "filesystem",
    modules: &["ntwk:theater/filesystem", "theater:simple/filesystem"],
};

/// Theater's `message-server-host`
pub(crate) const MESSAGE_SERVER_HOST: Interface = Interface {
    name: "message-server-host",
    modules: &["ntwk:theater/message-server-host", "theater:simple/message-server-host"],
};

/// The interfaces of the host's own package.
pub(crate) const OWN: [&Interface; 8] =
    [&CONNECTIONS, &ALARM, &CLOCK, &RANDOM, &FILES, &STORAGE, &HTTP, &MQTT];
