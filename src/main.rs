//! The program: see `footlight --help`.

mod allocator;

use std::{
    env,
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    net::IpAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    thread,
};

use footlight::{
    Host, Manifest,
    call::{self, Call},
    check,
    cli::{self, Command},
    executor::Turns,
    fd_limit,
    host::{Environment, HostError, Listening},
    logger::{Logger, Reopen},
    new::Project,
    signals::{SignalAction, SignalStream},
    socket_activation::Inherited,
    state::{self, Action},
    storage::data_folder::{VARIABLE, data_folder},
    systemd::{Manager, Notification},
    visible,
    world::World,
};
use smol::{Executor, block_on, channel, future::FutureExt as _};

/// The stack of each thread that runs tasks, in bytes. The interpreter may need some of it: see
/// `actor::meter`. The main thread runs no tasks, because the system decides about its stack.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    let command = match cli::parse(env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::from(2);
        }
    };
    let done = match command {
        Command::Print(text) => print(&text).map_err(Into::into),
        Command::New { path, name } => new(&path, name.as_deref()),
        Command::Check { files, data, json } => return report(&files, data, json),
        Command::Call(call) => return give_events(call),
        Command::State { dir, action, partial } => state(&dir, &action, partial),
        Command::Run { manifests, bind, data, threads, verbosity } => {
            start(manifests, bind, data, threads, verbosity)
        }
    };
    log::logger().flush();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Serves until a signal stops it, on threads with a known stack.
fn start(
    paths: Vec<PathBuf>,
    bind: Option<IpAddr>,
    data: Option<PathBuf>,
    threads: usize,
    verbosity: i8,
) -> Result<(), Box<dyn Error>> {
    // Done first, while there is one thread, because it changes the process's environment.
    let inherited = Inherited::from_environment()?;
    let run = move || {
        let done = run(&paths, inherited, bind, data, threads, verbosity);
        done.map_err(|error| error.to_string())
    };
    let thread = thread::Builder::new().name("footlight".into()).stack_size(STACK).spawn(run)?;
    // The panic hook has printed the details.
    let done = thread.join().map_err(|_| "the host panicked; this is a bug in the host")?;
    Ok(done?)
}

/// Serves until a signal stops it.
fn run(
    paths: &[PathBuf],
    inherited: Inherited,
    bind: Option<IpAddr>,
    data: Option<PathBuf>,
    threads: usize,
    verbosity: i8,
) -> Result<(), Box<dyn Error>> {
    let mut signals = SignalStream::new()?;
    let manifests = load(paths)?;
    let logs = install_logger(&manifests, verbosity)?;
    let executor = Arc::new(Executor::new());
    let turns = Arc::new(Turns::default());
    let (running, stopped) = channel::bounded::<()>(1);
    for _ in 1..threads {
        let (executor, turns, stopped) = (executor.clone(), turns.clone(), stopped.clone());
        let work = move || block_on(turns.run(&executor, stopped.recv()));
        thread::Builder::new().name("footlight".into()).stack_size(STACK).spawn(work)?;
    }
    let manager = Arc::new(Manager::from_environment());
    let environment = Environment {
        bind,
        data: data_folder(data, env::var_os(VARIABLE)),
        descriptors: fd_limit::raise(),
        inherited,
        world: World::System,
        turns: turns.clone(),
    };
    // An actor's start may compute for `limits.time`. A signal does not wait for that.
    let start = async { Host::start(&executor, &manifests, environment).await.map(Some) };
    let start = start.or(async {
        until_stopped(&mut signals, &logs).await;
        log::info!("stopped before the actors had started");
        Ok(None)
    });
    let Some(host) = block_on(turns.run(&executor, start))? else { return Ok(()) };
    announce(&host.listening());
    let ready = Notification::Ready { serving: host.actors(), of: manifests.len() };
    // Spawned as a task, because the future that `run` gets is polled after every turn.
    let serve = executor.spawn(serve(host, signals, logs, manager.clone()));
    let watch = executor.spawn(async move {
        manager.notify(ready).await;
        manager.watch().await;
    });
    block_on(turns.run(&executor, serve));
    drop((watch, running));
    Ok(())
}

/// Handles signals until one asks to stop.
async fn until_stopped(signals: &mut SignalStream, logs: &Reopen) {
    loop {
        match signals.next().await {
            SignalAction::Stop => return,
            SignalAction::Reopen => {
                log::info!("SIGHUP: reopening the log files");
                logs.all();
            }
            SignalAction::Ignored(name) => log::info!("{name} is ignored"),
        }
    }
}

/// Serves until the first signal that asks to stop, then shuts down. A second one ends it at once.
async fn serve(host: Host, mut signals: SignalStream, logs: Reopen, manager: Arc<Manager>) {
    let (stop, asked) = channel::bounded::<()>(1);
    let serve = host.run(async {
        let _ = asked.recv().await;
    });
    let listen = async {
        until_stopped(&mut signals, &logs).await;
        drop(stop);
        log::info!("stopping; a second signal ends at once");
        manager.notify(Notification::Stopping).await;
        until_stopped(&mut signals, &logs).await;
        log::warn!("a second signal: ending at once");
    };
    serve.or(listen).await;
}

/// Loads all manifests. Reports the errors of all of them.
fn load(paths: &[PathBuf]) -> Result<Vec<Manifest>, String> {
    let (mut manifests, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        match Manifest::load(path) {
            Ok(manifest) => manifests.push(manifest),
            Err(error) => mistakes.push(error.to_string()),
        }
    }
    if mistakes.is_empty() { Ok(manifests) } else { Err(mistakes.join("\n")) }
}

/// Starts the log, with each manifest's settings.
fn install_logger(manifests: &[Manifest], verbosity: i8) -> Result<Reopen, Box<dyn Error>> {
    let mut logger = Logger::new(verbosity);
    for manifest in manifests {
        let actor = logger.actor(&manifest.name, &manifest.logging);
        actor.map_err(|error| HostError::log(manifest, error))?;
    }
    Ok(logger.install()?)
}

/// Prints where the actors listen and who can connect. If standard output can't be written, the log
/// gets it.
fn announce(listening: &[Listening]) {
    let mut lines = String::new();
    for Listening { actor, address, endpoint } in listening {
        let who = match address.ip() {
            ip if ip.is_loopback() => {
                "from this machine only; `host` in the manifest or --bind 0.0.0.0 opens it".into()
            }
            ip if ip.is_unspecified() => {
                "from every network this machine is in; --bind 127.0.0.1 closes it".into()
            }
            ip => format!("from the network of {ip}; --bind 127.0.0.1 closes it"),
        };
        // In a browser, any page can connect to a WebSocket in the same network, unless the
        // manifest forbids it.
        let origins = if endpoint.access.is_open() && endpoint.token.is_none() {
            "; any page in a browser may connect, `origins` says which"
        } else {
            ""
        };
        for url in endpoint.urls(*address) {
            // Other sites' pages can't change anything by requests.
            let origins = if url.starts_with("http") { "" } else { origins };
            lines += &format!("{actor}: {url} ({who}{origins})\n");
        }
        if let Some(url) = endpoint.inspector_url(*address) {
            lines +=
                &format!("{actor}: {url} (inspects the actor; who has this URL sees all of it)\n");
        }
    }
    if let Err(error) = print(&lines) {
        log::warn!("standard output cannot be written: {error}; it should have got:");
        lines.lines().for_each(|line| log::warn!("{line}"));
    }
}

/// Creates a project and prints the next steps.
fn new(path: &Path, name: Option<&str>) -> Result<(), Box<dyn Error>> {
    let project = Project::new(path, name)?;
    project.write()?;
    Ok(print(&project.next_steps())?)
}

/// Shows or changes what is kept in a data folder.
fn state(dir: &Path, action: &Action, partial: bool) -> Result<(), Box<dyn Error>> {
    let done = state::run(dir, action, partial)?;
    if let Some(damage) = done.damage {
        complain(&format!("damaged, so this is not all: {damage}"));
    }
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        out.write_all(visible::lines(&String::from_utf8_lossy(&done.output)).as_bytes())?;
    } else {
        out.write_all(&done.output)?;
    }
    Ok(out.flush()?)
}

/// Reports on manifests and modules.
fn report(files: &[PathBuf], data: Option<PathBuf>, json: bool) -> ExitCode {
    let data = data_folder(data, env::var_os(VARIABLE));
    let (text, fine) = check::report(files, data.as_deref(), json);
    if print(&text).is_ok() && fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Gives events to an actor, on a thread with a known stack.
fn give_events(call: Call) -> ExitCode {
    // `block_on` stands here and not in the library, where the compiler would make a second copy of
    // all that an actor's task does.
    let run = move || block_on(call::run(&call, &mut io::stdout().lock()));
    let thread = thread::Builder::new().name("footlight".into()).stack_size(STACK).spawn(run);
    match thread.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(true))) => ExitCode::SUCCESS,
        Ok(Ok(Ok(false))) => ExitCode::FAILURE,
        Ok(Ok(Err(error))) => {
            complain(&error.to_string());
            if error.is_usage() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
        // The panic hook has printed the details.
        Ok(Err(_)) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Prints an error to standard error. If that fails, the exit code still tells.
fn complain(text: &str) {
    let lines = text.lines().map(|line| format!("footlight: {}\n", visible::lines(line)));
    let _ = io::stderr().lock().write_all(lines.collect::<String>().as_bytes());
}

/// Prints to standard output. A closed pipe (`| head`) is an error like any other.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
