//! Manifests for tests.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The test guests: one for each shape of the interface, all with the same script.
pub const SHAPES: [&str; 4] = ["events", "typed", "result", "renamed"];

/// An actor that does not run yet: its manifest, and its file.
#[derive(Clone)]
pub struct Actor {
    pub name: String,
    module: Module,
    port: u16,
    host: Option<&'static str>,
    path: Option<&'static str>,
    config: String,
    init_state: Option<Vec<u8>>,
    limits: Vec<String>,
    keys: String,
    own_folder: bool,
    folders: String,
    http: Http,
    extra: String,
}

/// Whether an actor answers HTTP requests.
#[derive(Clone, Copy, PartialEq)]
enum Http {
    No,
    /// On the port of its socket.
    Shared,
    /// It has no socket.
    Only,
}

/// Where an actor's code comes from.
#[derive(Clone)]
enum Module {
    File(PathBuf),
    Bytes(Vec<u8>),
    #[cfg(feature = "javascript")]
    Script(String),
}

/// The folder that has `examples` and `tests/guests`.
pub fn actors_root() -> PathBuf {
    std::env::var_os("FOOTLIGHT_ACTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// The file of an example's module.
pub fn example(name: &str) -> PathBuf {
    actors_root().join("examples").join(name).join(format!("{}.wasm", name.replace('-', "_")))
}

/// The test guest of this name, as an actor. It imports everything, so it needs a folder. It gets
/// its own, unless [`Actor::folder`] names another.
pub fn guest(name: &str) -> Actor {
    let file = actors_root().join("tests/guests").join(format!("{name}.wasm"));
    assert!(file.exists(), "{} is missing: run scripts/build-actors.sh", file.display());
    Actor { own_folder: true, ..Actor::new(name, Module::File(file)) }
}

/// An actor from WebAssembly text.
pub fn wat(name: &str, text: &str) -> Actor {
    Actor::bytes(name, wat::parse_str(text).expect("the test's own module"))
}

impl Actor {
    fn new(name: &str, module: Module) -> Self {
        Self {
            name: name.into(),
            module,
            port: 0,
            host: None,
            path: None,
            config: String::new(),
            init_state: None,
            limits: Vec::new(),
            keys: String::new(),
            own_folder: false,
            folders: String::new(),
            http: Http::No,
            extra: String::new(),
        }
    }

    /// An actor from a module's bytes.
    pub fn bytes(name: &str, bytes: Vec<u8>) -> Self {
        Self::new(name, Module::Bytes(bytes))
    }

    /// An actor from a script.
    #[cfg(feature = "javascript")]
    pub fn script(name: &str, source: &str) -> Self {
        Self::new(name, Module::Script(source.into()))
    }

    /// An actor from a module's file.
    pub fn file(name: &str, file: PathBuf) -> Self {
        Self::new(name, Module::File(file))
    }

    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    pub fn host(mut self, host: &'static str) -> Self {
        self.host = Some(host);
        self
    }

    pub fn path(mut self, path: &'static str) -> Self {
        self.path = Some(path);
        self
    }

    /// Adds a line to its listener's `config`.
    pub fn config(mut self, line: &str) -> Self {
        self.config += &format!("{line}\n");
        self
    }

    pub fn init_state(mut self, state: &[u8]) -> Self {
        self.init_state = Some(state.into());
        self
    }

    /// Sets a key of `[limits]`.
    pub fn limit(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        self.limits.push(format!("{key} = {value}"));
        self
    }

    /// Adds a line at the manifest's root.
    pub fn key(mut self, line: &str) -> Self {
        self.keys += &format!("{line}\n");
        self
    }

    /// Adds a folder whose files the actor may use, with more of its `config`.
    pub fn folder(self, path: &Path, config: &str) -> Self {
        let mut this = self.without_files();
        this.folders += &format!(
            "[[handlers]]\ntype = \"filesystem\"\n[handlers.config]\npath = {path:?}\n{config}\n"
        );
        this
    }

    /// Adds a handler `http-client` with this `config`.
    pub fn servers(mut self, config: &str) -> Self {
        self.folders +=
            &format!("[[handlers]]\ntype = \"http-client\"\n[handlers.config]\n{config}\n");
        self
    }

    /// Adds a handler `message-server` that names these actors in `to`.
    pub fn receivers(mut self, to: &[&str]) -> Self {
        self.folders +=
            &format!("[[handlers]]\ntype = \"message-server\"\n[handlers.config]\nto = {to:?}\n");
        self
    }

    /// Takes a test guest's own folder away from it.
    pub fn without_files(mut self) -> Self {
        self.own_folder = false;
        self
    }

    /// Lets it answer HTTP requests on the port of its socket.
    pub fn http(mut self) -> Self {
        self.http = Http::Shared;
        self
    }

    /// Lets it answer HTTP requests, in place of the socket.
    pub fn only_http(mut self) -> Self {
        self.http = Http::Only;
        self
    }

    /// Adds text at the manifest's end.
    pub fn extra(mut self, text: &str) -> Self {
        self.extra += text;
        self
    }

    /// The number of URLs of its manifest. An `http-server` shares that of the socket.
    pub fn listeners(&self) -> usize {
        let inspected = self.config.matches("\"inspect\"").count();
        1 + inspected + self.extra.matches("websocket-server").count()
    }

    /// Writes the actor to `folder` and returns its manifest.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let folder = folder.join(&self.name);
        fs::create_dir_all(&folder).unwrap();
        let module = match &self.module {
            Module::File(file) => file.clone(),
            Module::Bytes(bytes) => {
                fs::write(folder.join("actor.wasm"), bytes).unwrap();
                "actor.wasm".into()
            }
            #[cfg(feature = "javascript")]
            Module::Script(source) => {
                fs::write(folder.join("actor.js"), source).unwrap();
                "actor.js".into()
            }
        };
        let mut text = format!("name = {:?}\ncomponent_path = {module:?}\n", self.name);
        text += &self.keys;
        if let Some(state) = &self.init_state {
            fs::write(folder.join("state"), state).unwrap();
            text += "init_state = \"state\"\n";
        }
        let ty = if self.http == Http::Only { "http-server" } else { "websocket-server" };
        text += &format!("[[handlers]]\ntype = {ty:?}\n[handlers.config]\n");
        text += &format!("port = {}\n", self.port);
        for (key, value) in [("host", self.host), ("path", self.path)] {
            text += &value.map_or(String::new(), |value| format!("{key} = {value:?}\n"));
        }
        text += &self.config;
        if self.http == Http::Shared {
            let host = self.host.map_or(String::new(), |host| format!("host = {host:?}, "));
            text += "[[handlers]]\ntype = \"http-server\"\n";
            text += &format!("config = {{ {host}port = {} }}\n", self.port);
        }
        text += &self.folders;
        if self.own_folder {
            text +=
                "[[handlers]]\ntype = \"filesystem\"\nconfig = { path = \".\", writable = true }\n";
        }
        let mut limits = self.limits.join("\n");
        // A client here answers a ping only when it reads, and some tests take an emulator or a busy
        // machine longer than the default of `pong`.
        if !limits.contains("ping = ") {
            limits += "\nping = \"10m\"";
        }
        text += &format!("[limits]\n{limits}\n{}\n", self.extra);
        let manifest = folder.join("manifest.toml");
        fs::write(&manifest, text).unwrap();
        manifest
    }
}
