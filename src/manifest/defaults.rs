//! The manifest of a module that has none, and `--port`, which replaces a manifest's port.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

use super::{Handler, MAX_NAME, Manifest, is_name};
use crate::{
    regular,
    script::{is_script, needs_compiler},
    server::{self, config::Listener},
};

/// The port of a module without a manifest.
const PORT: u16 = 8080;
/// How many ports after it are tried if it is taken.
const MORE_PORTS: u16 = 99;
/// The name of an actor whose file's name can't be one.
const NAME: &str = "actor";

/// `--port` was given, but there is more than one listener, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortError {
    /// What `--port` says.
    port: u16,
    /// How many listeners there are.
    listeners: usize,
}

impl Manifest {
    /// Whether a path is a module or a script, which run without a manifest. A `.wasm` file that does not
    /// begin like one is a broken module, and TypeScript is a script that can't run.
    pub(crate) fn is_module(path: &Path) -> bool {
        let is_named = is_script(path)
            || needs_compiler(path)
            || path.extension().is_some_and(|end| end == "wasm");
        regular::is_wasm(path) || (is_named && !path.is_dir())
    }

    /// The manifest of a module that has none: the file's name, and a WebSocket for this machine at
    /// port 8080 or the next free one.
    pub(super) fn of_module(file: &Path) -> Self {
        let mut listener = Listener::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT);
        listener.more_ports = MORE_PORTS;
        Self {
            name: name_of(file),
            component: file.to_owned(),
            handlers: vec![Handler::WebSocketServer(server::Config { listeners: vec![listener] })],
            ..Self::empty(file)
        }
    }
}

/// Replaces the port of the only listener of these manifests.
///
/// # Errors
/// There is not exactly one listener.
pub(super) fn set_port(manifests: &mut [Manifest], port: u16) -> Result<(), PortError> {
    let mut listeners: Vec<_> = manifests.iter_mut().flat_map(Manifest::listeners_mut).collect();
    match &mut listeners[..] {
        [only] => {
            only.port = port;
            only.more_ports = 0;
            Ok(())
        }
        several => Err(PortError { port, listeners: several.len() }),
    }
}

/// An actor's name from its file's.
fn name_of(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = stem.chars().map(|c| if allowed(c) { c } else { '-' }).take(MAX_NAME);
    let name: String = name.collect();
    if is_name(&name) { name } else { NAME.into() }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { port, listeners } = self;
        write!(
            f,
            "--port {port} is for one listener, and there are {listeners}; write a `port` for each \
             into its manifest"
        )
    }
}

impl std::error::Error for PortError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ports of manifests, and how many more each may try.
    fn ports(manifests: &[Manifest]) -> Vec<(u16, u16)> {
        let listeners = manifests.iter().flat_map(Manifest::listeners);
        listeners.map(|one| (one.port, one.more_ports)).collect()
    }

    #[test]
    fn a_module_gets_its_files_name_as_far_as_an_actor_may_have_it() {
        let long = format!("{}.wasm", "x".repeat(MAX_NAME + 1));
        for (file, name) in [
            ("a/chat_room.wasm", "chat_room"),
            ("ä b.v2.wasm", "--b.v2"),
            ("b/chat.js", "chat"),
            (".wasm", "actor"),
            ("footlight.wasm", "actor"),
            (&long, &long[..MAX_NAME]),
        ] {
            let manifest = Manifest::of_module(Path::new(file));
            assert_eq!((&*manifest.name, &*manifest.component), (name, Path::new(file)));
            assert!(is_name(&manifest.name));
            assert_eq!(ports(&[manifest]), [(PORT, MORE_PORTS)]);
        }
    }

    #[test]
    fn a_port_replaces_that_of_the_only_listener() {
        let mut one = [Manifest::of_module(Path::new("a.wasm"))];
        assert_eq!(set_port(&mut one, 9), Ok(()));
        assert_eq!(ports(&one), [(9, 0)]);
        let mut two = [one[0].clone(), one[0].clone()];
        let error = set_port(&mut two, 7).unwrap_err();
        assert!(error.to_string().contains("there are 2; write a `port` for each"), "{error}");
        assert_eq!(ports(&two), [(9, 0), (9, 0)]);
    }
}
