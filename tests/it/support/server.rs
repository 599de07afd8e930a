//! A server: the program under test, serving.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Instant,
};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tempfile::TempDir;

use super::{Actor, Client, PATIENCE, program};

/// A server in its own process. Dropping it ends the process.
pub struct Server {
    child: Child,
    /// The URL of each actor's socket.
    urls: HashMap<String, String>,
    /// The lines of its standard output with the addresses of its listeners.
    pub greeting: Vec<String>,
    /// The lines after those.
    output: Mutex<mpsc::Receiver<String>>,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
    folder: TempDir,
}

/// The lines of a server's log so far, and whether the log has ended.
#[derive(Default)]
struct Log {
    lines: Mutex<(Vec<String>, bool)>,
    changed: Condvar,
}

impl Server {
    /// Starts these actors, and logs everything.
    pub fn start(actors: &[Actor]) -> Self {
        Self::start_with(&["-v"], actors)
    }

    /// Starts these actors with options.
    pub fn start_with(options: &[&str], actors: &[Actor]) -> Self {
        let listeners = actors.iter().map(Actor::listeners).sum();
        Self::launch(program(), options, actors, listeners)
    }

    /// Starts this actor with a command. The server's arguments follow those of the command.
    pub fn start_by(command: Command, actor: Actor) -> Self {
        let listeners = actor.listeners();
        Self::launch(command, &["-v"], &[actor], listeners)
    }

    /// Starts these actors, of which only some will listen.
    pub fn start_partly(actors: &[Actor], listeners: usize) -> Self {
        Self::launch(program(), &["-v"], actors, listeners)
    }

    /// Starts the process with these actors and waits until it listens.
    fn launch(mut program: Command, options: &[&str], actors: &[Actor], listeners: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifests: Vec<_> = actors.iter().map(|actor| actor.write(folder.path())).collect();
        program.arg("run").args(options).args(manifests);
        Self::spawn(program, folder, listeners)
    }

    /// Starts this command, which has all its arguments, and waits until it listens.
    pub fn run(program: Command, listeners: usize) -> Self {
        Self::spawn(program, tempfile::tempdir().unwrap(), listeners)
    }

    /// The same. `folder` has the actors.
    fn spawn(mut program: Command, folder: TempDir, listeners: usize) -> Self {
        let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Log::default());
        let (to, stderr) = (log.clone(), child.stderr.take().unwrap());
        let reader = thread::spawn(move || to.follow(stderr));
        let (to_output, lines) = mpsc::channel();
        let mut server = Self {
            urls: HashMap::new(),
            greeting: Vec::new(),
            output: Mutex::new(lines),
            reader: Some(reader),
            log,
            folder,
            child,
        };
        let stdout = BufReader::new(server.child.stdout.take().unwrap()).lines();
        thread::spawn(move || {
            stdout.map_while(Result::ok).try_for_each(|line| to_output.send(line))
        });
        server.wait_for_listeners(listeners);
        server
    }

    /// Waits until it has announced this many listeners.
    pub fn wait_for_listeners(&mut self, listeners: usize) {
        while self.greeting.len() < listeners {
            let line = self.output_line();
            self.greet(line);
        }
    }

    /// The next line of its standard output.
    pub fn output_line(&self) -> String {
        let line = self.output.lock().unwrap().recv_timeout(PATIENCE);
        line.unwrap_or_else(|_| panic!("no further line of standard output: {}", self.log()))
    }

    /// Starts one actor.
    pub fn of(actor: Actor) -> Self {
        Self::start(&[actor])
    }

    /// Reads a line such as `http://127.0.0.1:8080/  chat-room  ws://127.0.0.1:8080/ws`. Without a
    /// page, it is `ws://127.0.0.1:8080/ws  chat-room`.
    fn greet(&mut self, line: String) {
        let words: Vec<_> = line.split("  ").collect();
        let (first, name) = (words[0], words[1]);
        let url = *words.get(2).unwrap_or(&first);
        // Tests talk to the first listener of an actor.
        self.urls.entry(name.into()).or_insert(url.into());
        self.greeting.push(line);
    }

    /// The address of an actor.
    pub fn address(&self, actor: &str) -> SocketAddr {
        self.parts(actor).0
    }

    /// The address of an actor, and the path of its socket.
    fn parts(&self, actor: &str) -> (SocketAddr, &str) {
        let (_, rest) = self.urls[actor].split_once("://").unwrap();
        let (address, path) = rest.split_at(rest.find('/').unwrap());
        (address.parse().unwrap(), path)
    }

    /// The URL of an actor's socket.
    pub fn url(&self, actor: &str) -> String {
        self.urls[actor].clone()
    }

    /// The folder with an actor's manifest and a test guest's files.
    pub fn folder(&self, actor: &str) -> PathBuf {
        self.folder.path().join(actor)
    }

    /// A client of an actor.
    pub fn client(&self, actor: &str) -> Client {
        let (address, path) = self.parts(actor);
        Client::connect(address, path)
    }

    /// The whole log so far.
    pub fn log(&self) -> String {
        self.log.lines.lock().unwrap().0.join("\n")
    }

    /// Waits for a line in the log that has all of these parts.
    pub fn wait_for(&self, parts: &[&str]) -> String {
        let start = Instant::now();
        let mut lines = self.log.lines.lock().unwrap();
        loop {
            let found = lines.0.iter().find(|line| parts.iter().all(|part| line.contains(part)));
            if let Some(found) = found {
                return found.clone();
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            if left.is_zero() || lines.1 {
                // Unlock first, because ending the server during the panic reads the log too.
                drop(lines);
                panic!("no line has {parts:?}");
            }
            lines = self.log.changed.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// How many lines of the log so far have this part.
    pub fn count(&self, part: &str) -> usize {
        self.log.lines.lock().unwrap().0.iter().filter(|line| line.contains(part)).count()
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// The most memory that the process has used so far, in bytes.
    pub fn peak_memory(&self) -> u64 {
        self.memory_line("VmHWM:")
    }

    /// The memory that the process uses now, in bytes.
    pub fn memory(&self) -> u64 {
        self.memory_line("VmRSS:")
    }

    fn memory_line(&self, name: &str) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    /// How many descriptors the process has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Limits the process to this many descriptors from now on.
    pub fn limit_descriptors(&self, most: usize) {
        let most = Some(most as u64);
        let pid = Pid::from_child(&self.child);
        let limit = Rlimit { current: most, maximum: most };
        prlimit(Some(pid), Resource::Nofile, limit).unwrap();
    }

    /// Lets the process take only so many bytes of memory more from now on, or as many as it wants.
    pub fn limit_memory(&self, more: Option<u64>) {
        let current = more.map(|more| self.memory_line("VmSize:") + more);
        let limit = Rlimit { current, maximum: None };
        prlimit(Some(Pid::from_child(&self.child)), Resource::As, limit).unwrap();
    }

    /// Lets the process write no file past this size from now on, or past none.
    pub fn limit_file_size(&self, most: Option<u64>) {
        let limit = Rlimit { current: most, maximum: None };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).unwrap();
    }

    /// Waits for the end of the process, and of its log.
    pub fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            // The log ends when the process does.
            let lines = self.log.lines.lock().unwrap();
            let (lines, _) =
                self.log.changed.wait_timeout_while(lines, PATIENCE, |(_, ended)| !*ended).unwrap();
            if lines.1 {
                drop(lines);
                return self.child.wait().unwrap();
            }
        }
        panic!("the server does not end: {}", self.log());
    }

    /// Asks the server to stop and waits until it has.
    pub fn stop(mut self) -> (ExitStatus, String) {
        self.signal("TERM");
        let status = self.wait();
        (status, self.log())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        if thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

impl Log {
    /// Reads lines until there are no more.
    fn follow(&self, stderr: impl Read) {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            self.lines.lock().unwrap().0.push(line);
            self.changed.notify_all();
        }
        self.lines.lock().unwrap().1 = true;
        self.changed.notify_all();
    }
}
