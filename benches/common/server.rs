//! The built program in a process of its own, serving actors on one thread.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use smol::Timer;
use tempfile::TempDir;

use super::{Result, process};

/// How long a server may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program that Cargo has built.
pub(crate) const BUILT: &str = env!("CARGO_BIN_EXE_footlight");

/// An actor to be served.
pub(crate) struct Actor {
    /// Its name.
    name: &'static str,
    /// Its code.
    wasm: Vec<u8>,
    /// Its first state, if it has one.
    state: Option<String>,
    /// The lines of its `[limits]`.
    limits: String,
}

impl Actor {
    /// The example `examples/echo`.
    pub(crate) fn echo() -> Self {
        Self::new("echo", example("echo/echo.wasm"))
    }

    /// The example `examples/chat-room`, with so many messages of 100 bytes in its history.
    pub(crate) fn chat_room(messages: usize) -> Self {
        let message = r#"{"user":"anonymous","content":"a line of some fifty characters, as people write","timestamp":""}"#;
        let history = vec![message; messages].join(",");
        let state = format!(r#"{{"connected_users":[],"messages":[{history}]}}"#);
        let actor = Self::new("chat-room", example("chat-room/chat_room.wasm"));
        Self { state: Some(state), ..actor }
    }

    /// An actor in WebAssembly's text format.
    pub(crate) fn of(name: &'static str, text: &str) -> Self {
        Self::new(name, wat::parse_str(text).unwrap())
    }

    /// An actor of this code.
    fn new(name: &'static str, wasm: Vec<u8>) -> Self {
        Self { name, wasm, state: None, limits: String::new() }
    }

    /// Sets a limit.
    pub(crate) fn limit(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        self.limits += &format!("{key} = {value}\n");
        self
    }

    /// Writes the actor and its manifest, and says where.
    fn write(&self, folder: &TempDir) -> Result<PathBuf> {
        let Self { name, wasm, state, limits } = self;
        fs::write(folder.path().join(format!("{name}.wasm")), wasm)?;
        let manifest = folder.path().join(format!("{name}.toml"));
        let init_state = match state {
            Some(state) => {
                fs::write(folder.path().join(format!("{name}.state")), state)?;
                format!("init_state = \"{name}.state\"\n")
            }
            None => String::new(),
        };
        let text = format!(
            "name = \"{name}\"\ncomponent_path = \"{name}.wasm\"\n{init_state}\
             [[handlers]]\ntype = \"websocket-server\"\nconfig = {{ port = 0 }}\n\
             [logging]\nlevel = \"off\"\n[limits]\n{limits}"
        );
        fs::write(&manifest, text)?;
        Ok(manifest)
    }
}

/// The code of an example.
fn example(path: &str) -> Vec<u8> {
    fs::read(format!("{}/examples/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The program. It ends when this is dropped.
pub(crate) struct Server {
    /// The process.
    process: Child,
    /// Where each actor is served.
    urls: BTreeMap<String, String>,
    /// Where its manifests are.
    _folder: TempDir,
}

impl Server {
    /// Starts the program with these actors, and waits until it listens.
    pub(crate) fn start(actors: &[Actor]) -> Result<Self> {
        Self::of(Path::new(BUILT), actors)
    }

    /// The same with another file of the program.
    pub(crate) fn of(file: &Path, actors: &[Actor]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let manifests: Result<Vec<_>> = actors.iter().map(|actor| actor.write(&folder)).collect();
        let mut process = Command::new(file)
            .arg("run")
            .args(manifests?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = process.stdout.take().ok_or("no output")?;
        let mut server = Self { process, urls: BTreeMap::new(), _folder: folder };
        // Such as `echo: ws://127.0.0.1:8080/ws (from this machine only)`.
        for line in BufReader::new(out).lines().take(actors.len()) {
            let line = line?;
            let (name, rest) = line.split_once(": ").ok_or("not an address")?;
            let url = rest.split(' ').next().unwrap_or(rest);
            server.urls.insert(name.into(), url.into());
        }
        if server.urls.len() < actors.len() {
            Err("the server did not start".into())
        } else {
            Ok(server)
        }
    }

    /// Where an actor is served.
    pub(crate) fn url(&self, actor: &str) -> &str {
        &self.urls[actor]
    }

    /// Its address.
    pub(crate) fn address(&self, actor: &str) -> SocketAddr {
        let rest = self.url(actor).trim_start_matches("ws://");
        rest.split('/').next().unwrap_or(rest).parse().unwrap()
    }

    /// What can be seen of its process.
    pub(crate) fn watch(&self) -> Watch {
        Watch(self.process.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What can be seen of a server's process from outside.
#[derive(Clone, Copy)]
pub(crate) struct Watch(u32);

impl Watch {
    /// The CPU time that it has used.
    pub(crate) fn cpu(self) -> Result<Duration> {
        Ok(process::cpu(self.0)?)
    }

    /// The memory that it has resident, in bytes.
    pub(crate) fn memory(self) -> Result<u64> {
        Ok(process::memory(self.0)?)
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(self) -> Result<usize> {
        Ok(process::descriptors(self.0)?)
    }

    /// Waits until it does nothing but compute.
    pub(crate) async fn wait_for_work(self) -> Result<()> {
        self.wait("busy", |share| share > 0.3).await
    }

    /// Waits until it has nothing to do.
    pub(crate) async fn wait_for_rest(self) -> Result<()> {
        self.wait("idle", |share| share < 0.02).await
    }

    /// Waits until the share of the time for which it computes is as wanted.
    async fn wait(self, what: &str, wanted: impl Fn(f64) -> bool) -> Result<()> {
        let start = Instant::now();
        let window = Duration::from_millis(50);
        while start.elapsed() < PATIENCE {
            let before = self.cpu()?;
            Timer::after(window).await;
            if wanted((self.cpu()? - before).as_secs_f64() / window.as_secs_f64()) {
                return Ok(());
            }
        }
        Err(format!("the server does not become {what}").into())
    }
}
