//! The built program in a process of its own, serving actors on one thread.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use smol::Timer;
use tempfile::TempDir;

use super::{Result, process};

/// How long a server may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(60);

/// An actor to be served.
pub(crate) struct Actor {
    /// Its name.
    name: &'static str,
    /// Its code.
    wasm: Vec<u8>,
    /// What its listener's `config` has beside the port.
    config: String,
    /// The lines of its `[limits]`.
    limits: String,
}

impl Actor {
    /// The example `examples/echo`.
    pub(crate) fn echo() -> Self {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/echo/echo.wasm");
        Self::new("echo", fs::read(file).unwrap())
    }

    /// An actor in WebAssembly's text format.
    pub(crate) fn of(name: &'static str, text: &str) -> Self {
        Self::new(name, wat::parse_str(text).unwrap())
    }

    /// An actor, with everything as it is by default.
    fn new(name: &'static str, wasm: Vec<u8>) -> Self {
        Self { name, wasm, config: String::new(), limits: String::new() }
    }

    /// Adds to its listener's `config`.
    pub(crate) fn config(mut self, entry: &str) -> Self {
        self.config += &format!(", {entry}");
        self
    }

    /// Sets a limit.
    pub(crate) fn limit(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        self.limits += &format!("{key} = {value}\n");
        self
    }

    /// Writes the actor and its manifest, and says where.
    fn write(&self, folder: &TempDir) -> Result<PathBuf> {
        let Self { name, wasm, config, limits } = self;
        fs::write(folder.path().join(format!("{name}.wasm")), wasm)?;
        let manifest = folder.path().join(format!("{name}.toml"));
        let text = format!(
            "name = \"{name}\"\ncomponent_path = \"{name}.wasm\"\n\
             [[handlers]]\ntype = \"websocket-server\"\nconfig = {{ port = 0{config} }}\n\
             [logging]\nlevel = \"off\"\n[limits]\n{limits}"
        );
        fs::write(&manifest, text)?;
        Ok(manifest)
    }
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
        let folder = tempfile::tempdir()?;
        let manifests: Result<Vec<_>> = actors.iter().map(|actor| actor.write(&folder)).collect();
        let mut process = Command::new(env!("CARGO_BIN_EXE_footlight"))
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
        let url = self.url(actor);
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
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
