//! The built program with actors, or another server, in a process of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};
use smol::Timer;
use tempfile::TempDir;

use super::{Result, process};

/// How long to wait until a server is idle.
const PATIENCE: Duration = Duration::from_secs(60);

/// The largest budget for writing: the benchmarks measure the disk and not the budget.
const UNWORN: &str = "1000000GB/day";

/// The program that Cargo has built.
pub(crate) const BUILT: &str = env!("CARGO_BIN_EXE_footlight");

/// An actor to serve.
#[derive(Clone)]
pub(crate) struct Actor {
    /// Its name.
    name: String,
    /// Its module, or its script.
    module: Vec<u8>,
    /// How the name of the module's file ends.
    end: &'static str,
    /// Its first state, if it is not empty.
    state: Option<Vec<u8>>,
    /// The keys of its listener's `config` beside the port.
    config: String,
    /// The lines of its `[limits]`.
    limits: String,
    /// The lines of its `[storage]`.
    storage: String,
    /// Its other handlers.
    handlers: String,
    /// Whether to write its log to a file.
    logged: bool,
    /// The name and the content of a file in a folder that the actor may read and write.
    file: Option<(&'static str, Vec<u8>)>,
}

impl Actor {
    /// The example `examples/echo`.
    pub(crate) fn echo() -> Self {
        Self::file("echo", "examples/echo/echo.wasm")
    }

    /// The example `examples/chat-room` with this many messages of 100 bytes in its history.
    pub(crate) fn chat_room(messages: usize) -> Self {
        let message = r#"{"user":"anonymous","content":"a line of some fifty characters, as people write","timestamp":""}"#;
        let history = vec![message; messages].join(",");
        let state = format!(r#"{{"connected_users":[],"messages":[{history}]}}"#);
        Self::file("chat-room", "examples/chat-room/chat_room.wasm").state(state.into())
    }

    /// A file of this repository.
    pub(crate) fn file(name: impl Into<String>, file: &str) -> Self {
        Self::at(name, &Path::new(env!("CARGO_MANIFEST_DIR")).join(file))
    }

    /// Any file.
    pub(crate) fn at(name: impl Into<String>, file: &Path) -> Self {
        let end = if file.extension().is_some_and(|end| end == "js") { "js" } else { "wasm" };
        Self { end, ..Self::new(name.into(), fs::read(file).unwrap()) }
    }

    /// An actor in WebAssembly's text format.
    pub(crate) fn of(name: impl Into<String>, text: &str) -> Self {
        Self::new(name.into(), wat::parse_str(text).unwrap())
    }

    /// An actor with an empty state and the default limits.
    fn new(name: String, module: Vec<u8>) -> Self {
        let (config, limits, storage, handlers) = Default::default();
        Self {
            name,
            module,
            end: "wasm",
            state: None,
            config,
            limits,
            storage,
            handlers,
            logged: false,
            file: None,
        }
    }

    /// Sets the first state.
    pub(crate) fn state(mut self, state: Vec<u8>) -> Self {
        self.state = Some(state);
        self
    }

    /// Adds a key to its listener's `config`.
    pub(crate) fn config(mut self, entry: &str) -> Self {
        self.config += &format!(", {entry}");
        self
    }

    /// Sets a limit.
    pub(crate) fn limit(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        self.limits += &format!("{key} = {value}\n");
        self
    }

    /// Keeps its state in the data folder, in this way. The host may write as much as it likes.
    pub(crate) fn kept(mut self, durability: &str) -> Self {
        self.storage = format!("durability = \"{durability}\"\nwear = \"{UNWORN}\"\n");
        self
    }

    /// Has a relaxed actor's changes wait for the disk at most this long.
    pub(crate) fn interval(mut self, interval: &str) -> Self {
        self.storage += &format!("interval = \"{interval}\"\n");
        self
    }

    /// Writes its log to a file, at the default level. Otherwise there is no log.
    pub(crate) fn logged(mut self) -> Self {
        self.logged = true;
        self
    }

    /// Adds a handler of this type.
    pub(crate) fn handler(mut self, of: &str, config: &str) -> Self {
        self.handlers += &format!("[[handlers]]\ntype = \"{of}\"\nconfig = {{ {config} }}\n");
        self
    }

    /// Shares a writable folder with it, which contains this file.
    pub(crate) fn folder(mut self, file: &'static str, content: Vec<u8>) -> Self {
        self.file = Some((file, content));
        self
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes the actor and its manifest. Returns the manifest's path.
    fn write(&self, folder: &TempDir) -> Result<PathBuf> {
        let Self { name, module, end, state, config, limits, storage, handlers, logged, file } =
            self;
        fs::write(folder.path().join(format!("{name}.{end}")), module)?;
        let mut first = String::new();
        if let Some(state) = state {
            fs::write(folder.path().join(format!("{name}.state")), state)?;
            first = format!("init_state = \"{name}.state\"\n");
        }
        let mut shared = String::new();
        if let Some((file, content)) = file {
            let path = format!("{name}.files");
            fs::create_dir(folder.path().join(&path))?;
            fs::write(folder.path().join(&path).join(file), content)?;
            let config = format!("{{ path = \"{path}\", writable = true }}");
            shared = format!("[[handlers]]\ntype = \"filesystem\"\nconfig = {config}\n");
        }
        let logging = if *logged {
            // The server's option makes this `info`.
            format!("level = \"debug\"\noutput = \"file\"\nfile_path = \"{name}.log\"")
        } else {
            "level = \"off\"".into()
        };
        let manifest = folder.path().join(format!("{name}.toml"));
        let text = format!(
            "name = \"{name}\"\ncomponent_path = \"{name}.{end}\"\n{first}\
             [[handlers]]\ntype = \"websocket-server\"\nconfig = {{ port = 0{config} }}\n{shared}{handlers}\
             [logging]\n{logging}\n[limits]\n{limits}[storage]\n{storage}"
        );
        fs::write(&manifest, text)?;
        Ok(manifest)
    }
}

/// The program or another server. It ends when this is dropped.
pub(crate) struct Server {
    /// The process.
    process: Child,
    /// The URL of each actor.
    urls: BTreeMap<String, String>,
    /// The time from its start until it printed its addresses.
    pub(crate) started: Duration,
    /// The folder with its files.
    _folder: TempDir,
}

impl Server {
    /// Starts the program with these actors, and waits until it listens.
    pub(crate) fn start(actors: &[Actor]) -> Result<Self> {
        Self::run(Path::new(BUILT), actors)
    }

    /// Starts a build of the program with these actors, and waits until it listens.
    pub(crate) fn run(program: &Path, actors: &[Actor]) -> Result<Self> {
        Self::with(program, 1, None, actors)
    }

    /// Starts the program with these actors and this data folder, and waits until it listens.
    pub(crate) fn keeping(data: &Path, actors: &[Actor]) -> Result<Self> {
        Self::with(Path::new(BUILT), 1, Some(data), actors)
    }

    /// Starts a build of the program with this many threads and perhaps a data folder.
    pub(crate) fn with(
        program: &Path,
        threads: usize,
        data: Option<&Path>,
        actors: &[Actor],
    ) -> Result<Self> {
        Self::by(Command::new(program), threads, data, actors)
    }

    /// Does the same with a command that runs the program with its further arguments.
    pub(crate) fn by(
        mut command: Command,
        threads: usize,
        data: Option<&Path>,
        actors: &[Actor],
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let manifests: Result<Vec<_>> = actors.iter().map(|actor| actor.write(&folder)).collect();
        command.args(["run", "--quiet", "--threads", &threads.to_string()]);
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        command.args(manifests?);
        Self::spawn(command, actors.len(), folder)
    }

    /// Starts a server that prints `lines` lines with its addresses, and waits for them.
    pub(crate) fn spawn(mut command: Command, lines: usize, folder: TempDir) -> Result<Self> {
        let start = Instant::now();
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let out = process.stdout.take().ok_or("no output")?;
        let (urls, started) = (BTreeMap::new(), Duration::ZERO);
        let mut server = Self { process, urls, started, _folder: folder };
        // For example `http://127.0.0.1:8080/  echo  ws://127.0.0.1:8080/ws`. Without a page, it is
        // `ws://127.0.0.1:8080/ws  echo`.
        for line in BufReader::new(out).lines().take(lines) {
            let line = line?;
            let mut words = line.split("  ");
            let (Some(first), Some(name)) = (words.next(), words.next()) else {
                return Err("not an address".into());
            };
            server.urls.insert(name.into(), words.next().unwrap_or(first).into());
        }
        server.started = start.elapsed();
        if server.urls.len() < lines { Err("the server did not start".into()) } else { Ok(server) }
    }

    /// The URL of an actor.
    pub(crate) fn url(&self, actor: &str) -> &str {
        &self.urls[actor]
    }

    /// Its address.
    pub(crate) fn address(&self, actor: &str) -> SocketAddr {
        let url = self.url(actor);
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest).parse().unwrap()
    }

    /// Has it stop in order, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        rustix::process::kill_process(Pid::from_child(&self.process), Signal::TERM)?;
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the server ended: {status}").into()) }
    }

    /// A handle to watch its process.
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

/// Watches a server's process from outside.
#[derive(Clone, Copy)]
pub(crate) struct Watch(u32);

impl Watch {
    /// The CPU time that it has used so far.
    pub(crate) fn cpu(self) -> Result<Duration> {
        Ok(process::cpu(self.0)?)
    }

    /// How long it was ready to run but had no processor.
    pub(crate) fn waited(self) -> Result<Duration> {
        Ok(process::waited(self.0)?)
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(self) -> Result<u64> {
        Ok(process::memory(self.0)?)
    }

    /// The memory in bytes that it has written to, without the pages of files.
    pub(crate) fn own_memory(self) -> Result<u64> {
        Ok(process::own_memory(self.0)?)
    }

    /// Its memory in bytes, with shared pages divided among processes.
    pub(crate) fn share_of_memory(self) -> Result<u64> {
        Ok(process::share_of_memory(self.0)?)
    }

    /// The files that it has mapped: the program and its libraries.
    pub(crate) fn mapped(self) -> Result<BTreeSet<PathBuf>> {
        Ok(process::mapped(self.0)?)
    }

    /// The number of file descriptors that it has open.
    pub(crate) fn descriptors(self) -> Result<usize> {
        Ok(process::descriptors(self.0)?)
    }

    /// Waits until it computes all the time.
    pub(crate) async fn wait_for_work(self) -> Result<()> {
        self.wait("busy", |share| share > 0.3).await
    }

    /// Waits until it is idle.
    pub(crate) async fn wait_for_rest(self) -> Result<()> {
        self.wait("idle", |share| share < 0.02).await
    }

    /// Waits until the share of time for which it computes is as wanted.
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
