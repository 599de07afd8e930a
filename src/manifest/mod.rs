//! The manifest: a TOML file that says which module an actor is, where clients reach it, and how
//! much of the machine it may use.
//!
//! The whole file is checked when it is read. All mistakes are reported at once, each with its line
//! and with advice. A key that this host does not know is a mistake too.
//!
//! # Layout
//! - `build`: how `footlight dev` makes the module.
//! - `folder`: the manifests that a path stands for.
//! - `defaults`: the manifest of a module that has none; `--port`.
//! - `selection`: the manifests of a command, and what it changes in them.
//! - `interface`, `handler`: parts of a manifest. The other parts are read where they are used.
//! - `tests`, and `golden` with the exact texts about every kind of mistake.

mod build;
mod defaults;
mod folder;
mod handler;
mod interface;
mod selection;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;

use crate::{
    config::{Document, Mistake, Table, Value, units::Quantity},
    env::Env,
    features::BROKERS,
    limits::Limits,
    logger::config::Logging,
    memory::Uses,
    messages, mqtt,
    regular::{self, Unread},
    script::is_script,
    server::config::Listener,
    storage::StorageConfig,
};

pub use crate::config::ManifestError;
pub use build::Build;
pub use defaults::PortError;
pub use folder::expand;
pub use handler::{Handler, missing_capabilities};
pub use selection::Selection;

/// The name of the manifest in a folder.
const FILE_NAME: &str = "manifest.toml";
/// The largest manifest in bytes, far beyond any real one. Without this limit a wrong path, such as
/// one to a device, could fill the memory.
const MAX_FILE: usize = 1 << 20;
/// The shortest and the longest `tick`, in milliseconds.
const TICK: (u64, u64) = (10, 24 * 60 * 60 * 1000);
/// The longest name of an actor, in bytes.
const MAX_NAME: usize = 64;
/// The name on the host's own log lines, so no actor may have it.
const HOST_NAME: &str = "footlight";

/// An actor as its manifest describes it.
///
/// ```
/// use std::path::Path;
///
/// let text = r#"
/// name = "chat-room"
/// component_path = "chat_room.wasm"
///
/// [[handlers]]
/// type = "websocket-server"
/// config = { port = 8080 }
/// "#;
/// let manifest = footlight::manifest::Manifest::parse(Path::new("chat/manifest.toml"), text)?;
/// assert_eq!(manifest.component, Path::new("chat/chat_room.wasm"));
/// assert_eq!(manifest.limits.message, 64 * 1024);
/// # Ok::<(), footlight::manifest::ManifestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// For messages. Relative paths begin at its folder.
    pub file: PathBuf,
    /// The actor's name in the log and in names of files: at most 64 ASCII letters, digits, `-`,
    /// `_` and `.`, not beginning with a dot.
    pub name: String,
    /// The actor's module or component, joined to the manifest's folder.
    pub component: PathBuf,
    /// The file with the first state, joined to the manifest's folder.
    pub init_state: Option<PathBuf>,
    /// How often the actor gets an `alarm` event: every 10 ms to once a day. `None` for never.
    pub tick: Option<Duration>,
    /// The sources of the actor's events, and what it may use: one entry for each type of handler.
    /// At least one of them is a source of events.
    pub handlers: Vec<Handler>,
    /// The defaults, with what the manifest sets.
    pub limits: Limits,
    /// How much of the actor's log is kept, and where.
    pub logging: Logging,
    /// How the actor's state is kept on the disk.
    pub storage: StorageConfig,
    /// The environment that the actor sees through WASI.
    pub env: Env,
    /// What is no mistake, and perhaps not meant so, in the order of the lines.
    pub warnings: Vec<Mistake>,
    /// How `footlight dev` makes its module. `run` ignores it.
    pub build: Option<Build>,
}

impl Manifest {
    /// What its actor uses that not all do, in a process with a folder for state or without one.
    pub(crate) fn uses(&self, has_data: bool) -> Uses {
        let answers = self.listeners().any(|listener| listener.has_actor);
        Uses {
            stored: self.storage.is_kept(has_data),
            answers,
            messages: self.messages().is_some(),
            brokers: self.brokers().len(),
            script: is_script(&self.component),
        }
    }

    /// Whether an inspector may see what its actor does.
    pub(crate) fn is_inspected(&self) -> bool {
        self.listeners().any(|listener| listener.inspect)
    }

    /// Reads a manifest from a file, or from `manifest.toml` in a folder. A module gets a manifest
    /// with defaults.
    ///
    /// # Errors
    /// The file can't be read, or has a mistake.
    pub fn load(path: &Path) -> Result<Self, ManifestError> {
        if Self::is_module(path) {
            return Ok(Self::of_module(path));
        }
        let file = Self::file_at(path);
        match read_bounded(&file).map(String::from_utf8) {
            Ok(Ok(text)) => Self::parse(&file, &text),
            Ok(Err(error)) => {
                let valid = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
                let line = valid.filter(|byte| **byte == b'\n').count() + 1;
                Err(ManifestError::not_text(file, line))
            }
            Err(error) => Err(ManifestError::unreadable(file, &error, &folder::running(path))),
        }
    }

    /// Its listeners.
    pub fn listeners(&self) -> impl Iterator<Item = &Listener> {
        self.handlers.iter().flat_map(|handler| match handler {
            Handler::WebSocketServer(config) => config.listeners.as_slice(),
            _ => &[],
        })
    }

    /// The same, to be changed.
    fn listeners_mut(&mut self) -> impl Iterator<Item = &mut Listener> {
        self.handlers.iter_mut().flat_map(|handler| match handler {
            Handler::WebSocketServer(config) => config.listeners.as_mut_slice(),
            _ => &mut [],
        })
    }

    /// The actors that its own may send to. `None` if it has no handler for messages.
    pub(crate) fn messages(&self) -> Option<&messages::Config> {
        self.handlers.iter().find_map(|handler| match handler {
            Handler::MessageServer(config) => Some(config),
            _ => None,
        })
    }

    /// The brokers of its handlers.
    pub(crate) fn brokers(&self) -> &[mqtt::config::BrokerConfig] {
        let found = self.handlers.iter().find_map(|handler| match handler {
            Handler::Mqtt(config) if BROKERS.is_built => Some(config.brokers.as_slice()),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// The file of a manifest at a path, which may be its folder.
    pub fn file_at(path: &Path) -> PathBuf {
        if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() }
    }

    /// Reads a manifest from its text. Messages name `file`, and paths in the text are relative to
    /// its folder.
    ///
    /// # Errors
    /// The text has a mistake.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ManifestError> {
        let document = Document::new(file, text);
        let (tree, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            for error in errors {
                let offset = error.span().map_or(0, |span| span.start);
                document.not_toml(offset, error.message());
            }
            // The text is not TOML, so further messages would not help.
            return document.finish(Self::empty(file));
        }
        let mut manifest = Self::read(file, document.root(tree.get_ref()));
        manifest.warnings = document.warnings();
        document.finish(manifest)
    }

    /// Reads the root. Wrong values are replaced by defaults, because the document knows that the
    /// result must not be used.
    fn read(file: &Path, mut root: Table<'_>) -> Self {
        let mut manifest = Self::empty(file);
        if let Some(name) = read_name(&mut root) {
            manifest.name = name;
        }
        let component = root.require("component_path", "add component_path = \"actor.wasm\"");
        if let Some(path) = component.and_then(|value| value.path()) {
            manifest.component = path;
        }
        for key in ["version", "description"] {
            root.accept_old(key);
        }
        let init_state = root.get("init_state");
        // Its name until March 2025.
        let init_data = root.get_old("init_data");
        if let (Some(_), Some(old)) = (&init_state, &init_data) {
            old.place.warn("has no effect beside `init_state`", "remove one of the two");
        }
        manifest.init_state = init_state.or(init_data).and_then(|value| value.path());
        manifest.tick = root.get("tick").and_then(|value| read_tick(&value));
        let interface = section(&mut root, "interface");
        manifest.handlers = handler::read(&mut root);
        if let Some(table) = interface {
            interface::check(table, &manifest.handlers);
        }
        if let Some(table) = section(&mut root, "limits") {
            manifest.limits = Limits::read(table);
        }
        if let Some(table) = section(&mut root, "logging") {
            manifest.logging = Logging::read(table, &manifest.name);
        }
        if let Some(table) = section(&mut root, "storage") {
            manifest.storage = StorageConfig::read(table);
        }
        if let Some(table) = section(&mut root, "env") {
            manifest.env = Env::read(table);
        }
        if let Some(table) = section(&mut root, "build") {
            manifest.build = Build::read(table, file);
        }
        root.finish();
        manifest
    }

    /// A manifest without values.
    fn empty(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            name: String::new(),
            component: PathBuf::new(),
            init_state: None,
            tick: None,
            handlers: Vec::new(),
            limits: Limits::default(),
            logging: Logging::default(),
            storage: StorageConfig::default(),
            env: Env::default(),
            warnings: Vec::new(),
            build: None,
        }
    }
}

/// Reads a file that is small enough for a manifest.
fn read_bounded(file: &Path) -> io::Result<Vec<u8>> {
    regular::read(file, MAX_FILE).map_err(|unread| match unread {
        Unread::Io(error) => error,
        Unread::TooLarge(_) => io::Error::other("too large for a manifest (more than 1MiB)"),
    })
}

/// An optional table of the manifest.
fn section<'d>(root: &mut Table<'d>, key: &'static str) -> Option<Table<'d>> {
    root.get(key)?.table(&format!("write [{key}], with its keys below it"))
}

/// Reads `tick`.
fn read_tick(value: &Value<'_>) -> Option<Duration> {
    Quantity::Duration.read_within(value, TICK.0, TICK.1).map(Duration::from_millis)
}

/// Reads the actor's name.
fn read_name(root: &mut Table<'_>) -> Option<String> {
    let value = root.require("name", "add name = \"my-actor\"")?;
    let name = value.string()?;
    if name == HOST_NAME {
        value.place.refuse("the host's own lines in the log have this name", "write another name");
        return None;
    }
    if !is_name(name) {
        let advice = format!("write 1 to {MAX_NAME} ASCII letters, digits, `-`, `_` and `.`");
        value.refuse_as("a name", format!("{advice}, not beginning with `.`"));
        return None;
    }
    Some(name.to_owned())
}

/// Whether an actor may have this name. It becomes part of paths, where a leading dot would hide a
/// file or leave a folder.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let length = 1..=MAX_NAME;
    length.contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with('.')
        && name != HOST_NAME
}
