//! The program: see `footlight --help`.

mod allocator;
mod output;

use std::{
    env,
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    net::IpAddr,
    path::{Path, PathBuf},
    pin::pin,
    process::ExitCode,
    sync::Arc,
    thread::{self, JoinHandle},
};

use footlight::{
    Host, Manifest,
    call::{self, Call},
    check,
    cli::{self, Command},
    dev::Watcher,
    executor::{STACK, Turns},
    fd_limit,
    host::{Environment, HostError},
    logger::{Logger, Outputs},
    manifest::Selection,
    new::Project,
    reactor::Reactor,
    reloading::Reloading,
    server::Live,
    signals::{SignalAction, SignalStream},
    socket_activation::Inherited,
    state::{self, Action},
    storage::data_folder::{VARIABLE, data_folder},
    systemd::{Manager, Notification},
    visible,
    world::World,
};
use output::{announce, complain, print};
use smol::{
    Executor,
    channel::{self, Receiver},
    future::{self, FutureExt as _},
};

fn main() -> ExitCode {
    let command = match cli::parse(env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::from(2);
        }
    };
    let fine = |()| ExitCode::SUCCESS;
    let done = match command {
        Command::Print(text) => print(&text).map(fine).map_err(Into::into),
        // The parser has refused them. So the compiler knows it.
        Command::New { .. } | Command::Call(_) | Command::Dev { .. } | Command::State { .. }
            if !cfg!(feature = "tools") =>
        {
            Ok(ExitCode::from(2))
        }
        Command::New { path, name, template, lang } => {
            let project = (name.as_deref(), template.as_deref(), lang.as_deref());
            new(&path, project).map(fine)
        }
        Command::Check { files, data, json } => return report(&files, data, json),
        Command::Call(call) => on_known_stack(Box::new(move || give_events(&call))),
        Command::State { dir, action, partial } => state(&dir, &action, partial).map(fine),
        Command::Run { manifests, bind, port, data, threads, verbosity } => {
            let selection = Selection { paths: manifests, port, inspect: false };
            start(Options { selection, bind, data, threads, verbosity, dev: None })
        }
        Command::Dev { path, bind, port, data, fresh, keep_instance, verbosity } => {
            let dev = Some(Dev { fresh, keep_instance });
            let selection = Selection { paths: vec![path], port, inspect: true };
            start(Options { selection, bind, data, threads: 1, verbosity, dev })
        }
    };
    log::logger().flush();
    match done {
        Ok(code) => code,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// The options of `run` and `dev`.
struct Options {
    /// The manifests, and what the command changes in them.
    selection: Selection,
    /// Replaces the manifests' addresses.
    bind: Option<IpAddr>,
    /// The folder for the actors' state.
    data: Option<PathBuf>,
    /// How many threads run tasks.
    threads: usize,
    /// The shift of the log's levels.
    verbosity: i8,
    /// Set for `dev`.
    dev: Option<Dev>,
}

/// The options that only `dev` has.
struct Dev {
    /// Whether to begin without what is stored.
    fresh: bool,
    /// Whether an instance may handle more than one event.
    keep_instance: bool,
}

/// Serves until a signal stops it, on threads with a known stack.
fn start(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    // Done first, while there is one thread, because it changes the process's environment.
    let inherited = Inherited::from_environment()?;
    on_known_stack(Box::new(move || {
        let done = run(options, inherited);
        done.map(|()| ExitCode::SUCCESS).map_err(|error| error.to_string())
    }))
}

/// What a thread with a known stack does.
type Work = Box<dyn FnOnce() -> Result<ExitCode, String> + Send>;

/// Starts a thread with a known stack.
fn spawn(work: Work) -> io::Result<JoinHandle<Result<ExitCode, String>>> {
    thread::Builder::new().name("footlight".into()).stack_size(STACK).spawn(work)
}

/// Works on a thread with a known stack until it ends.
fn on_known_stack(work: Work) -> Result<ExitCode, Box<dyn Error>> {
    // The panic hook has printed the details.
    let done = spawn(work)?.join().map_err(|_| "the host panicked; this is a bug in the host")?;
    Ok(done?)
}

/// Serves until a signal stops it.
fn run(options: Options, inherited: Inherited) -> Result<(), Box<dyn Error>> {
    let Options { selection, bind, data, threads, verbosity, dev } = options;
    // So that the compiler knows that nothing watches.
    let watches = cfg!(feature = "tools") && dev.is_some();
    let data = data_folder(data, env::var_os(VARIABLE));
    // Built first, while signals still end the program at once.
    let watcher = if watches {
        let mut watcher = Watcher::new(selection.clone());
        watcher.first_build()?;
        Some(watcher)
    } else {
        None
    };
    let mut signals = SignalStream::new()?;
    let manifests = selection.load()?;
    if let (true, Some(Dev { fresh: true, .. }), Some(data)) = (watches, &dev, &data) {
        state::forget_all(data, manifests.iter().map(|manifest| manifest.name.as_str()))?;
    }
    let outputs = install_logger(&manifests, verbosity)?;
    let executor = Arc::new(Executor::new());
    let (turns, reactor) = (Arc::new(Turns::default()), Arc::new(Reactor::new()?));
    let (running, stopped) = channel::bounded::<()>(1);
    for _ in 1..threads {
        let (executor, turns, stopped) = (executor.clone(), turns.clone(), stopped.clone());
        let reactor = reactor.clone();
        spawn(Box::new(move || {
            turns.block_on(&executor, &reactor, pin!(async { _ = stopped.recv().await }));
            Ok(ExitCode::SUCCESS)
        }))?;
    }
    let manager = Arc::new(Manager::from_environment());
    let live = watches.then(Live::new).transpose()?.map(Arc::new);
    let environment = Environment {
        bind,
        data,
        descriptors: fd_limit::raise(),
        inherited,
        fresh_instances: dev.is_some_and(|dev| !dev.keep_instance),
        live: live.clone(),
        world: World::System,
        turns: turns.clone(),
        reactor: reactor.clone(),
    };
    let of = manifests.len();
    // An actor's start may compute for `limits.time`. A signal does not wait for that.
    let start = async { Host::start(&executor, manifests, environment).await.map(Some) };
    let start = start.or(async {
        until_stopped(&mut signals, &outputs).await;
        log::info!("stopped before the actors had started");
        Ok(None)
    });
    let mut started = Ok(None);
    turns.block_on(&executor, &reactor, pin!(async { started = start.await }));
    let Some(host) = started? else { return Ok(()) };
    announce(&host.listening());
    let ready = Notification::Ready { serving: host.actors(), of };
    // Spawned as a task, because the future that `run` gets is polled after every turn.
    let changes = match (watcher, live) {
        (Some(watcher), Some(live)) if watches => Some(watcher.start(live)?),
        _ => None,
    };
    let reloading = Reloading { selection, outputs, manager: manager.clone() };
    let serve = executor.spawn(serve(host, signals, changes, reloading));
    let watch = executor.spawn(async move {
        manager.notify(ready).await;
        manager.watch().await;
    });
    turns.block_on(&executor, &reactor, pin!(serve));
    drop((watch, running));
    Ok(())
}

/// Waits until a signal asks to stop, while the host starts or stops. Manifests are not read then.
async fn until_stopped(signals: &mut SignalStream, outputs: &Outputs) {
    loop {
        match signals.next().await {
            SignalAction::Stop => return,
            SignalAction::Reload => {
                log::info!("SIGHUP: reopening the log files");
                outputs.reopen();
            }
            SignalAction::Ignored(name) => log::info!("{name} is ignored"),
        }
    }
}

/// Serves until the first signal that asks to stop, then shuts down. A second one ends it at once.
/// `changes` tells when files have changed, for `dev`.
async fn serve(
    mut host: Host,
    mut signals: SignalStream,
    changes: Option<Receiver<()>>,
    reloading: Reloading,
) {
    loop {
        let changed = async {
            match &changes {
                Some(changes) if changes.recv().await.is_ok() => SignalAction::Reload,
                _ => future::pending().await,
            }
        };
        match signals.next().or(changed).await {
            SignalAction::Stop => break,
            SignalAction::Ignored(name) => log::info!("{name} is ignored"),
            SignalAction::Reload => {
                let why = if changes.is_some() { "files have changed" } else { "SIGHUP" };
                if reload(&mut host, &mut signals, &reloading, why).await {
                    break;
                }
            }
        }
    }
    log::info!("stopping; a second signal ends at once");
    let stop = async {
        reloading.manager.notify(Notification::Stopping).await;
        host.run(async {}).await;
    };
    let again = async {
        until_stopped(&mut signals, &reloading.outputs).await;
        log::warn!("a second signal: ending at once");
    };
    stop.or(again).await;
}

/// Reloads, and once more if it is asked for meanwhile. Returns true if a signal asks to stop.
async fn reload(
    host: &mut Host,
    signals: &mut SignalStream,
    reloading: &Reloading,
    why: &str,
) -> bool {
    loop {
        let mut again = false;
        let work = async {
            announce(&reloading.run(host, why).await);
            false
        };
        let stopped = async {
            loop {
                match signals.next().await {
                    SignalAction::Stop => return true,
                    SignalAction::Reload => again = true,
                    SignalAction::Ignored(name) => log::info!("{name} is ignored"),
                }
            }
        };
        if work.or(stopped).await {
            return true;
        }
        if !again {
            return false;
        }
    }
}

/// Starts the log, with each manifest's settings.
fn install_logger(manifests: &[Manifest], verbosity: i8) -> Result<Outputs, Box<dyn Error>> {
    let mut logger = Logger::new(verbosity);
    for manifest in manifests {
        let actor = logger.actor(&manifest.name, &manifest.logging);
        actor.map_err(|error| HostError::log(manifest, error))?;
    }
    Ok(logger.install()?)
}

/// Creates a project and prints the next steps.
fn new(
    path: &Path,
    (name, template, lang): (Option<&str>, Option<&str>, Option<&str>),
) -> Result<(), Box<dyn Error>> {
    let project = Project::new(path, name, template, lang)?;
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
fn give_events(call: &Call) -> Result<ExitCode, String> {
    match call::run(call, &mut io::stdout().lock()) {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        Err(error) if error.is_usage() => {
            complain(&error.to_string());
            Ok(ExitCode::from(2))
        }
        Err(error) => Err(error.to_string()),
    }
}
