//! Writes the lines of the host and of its actors: the backend of `log`.
//!
//! A record's target says whose line it is. `footlight` and the paths of its modules are the
//! host's own; `<actor>` and `<actor>#<connection>` are an actor's; all else comes from a
//! dependency and matters only as a warning, or to somebody who asked for everything.
//!
//! *Invariant:* one record is one line of at most 4096 bytes, whatever an actor or a client
//! put into it. No failure to write one, and no place that takes long, ever stops the host: who
//! logs only puts the line into a queue, which a thread of its own empties.
//!
//! # Layout
//! - `config`: what of a log is kept, and where: the manifest's `[logging]`
//! - `actor_log`: the lines of one actor, so many in a second
//! - `line`: what a line looks like; `date` its time
//! - `queue`: the lines that wait to be written
//! - `sink`: the places that lines are written to

mod actor_log;
pub mod config;
mod date;
mod line;
mod queue;
mod sink;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{io, panic, thread};

use log::{LevelFilter, Log, Metadata, Record};

pub use actor_log::ActorLog;
use config::{Logging, Output};
use line::Head;
use queue::Queue;
use sink::Sink;

/// The target of the host's own lines, and the beginning of those of its modules.
const HOST: &str = "footlight";
/// The stack of the thread that writes, in bytes. It formats a line at most.
const STACK: usize = 64 << 10;
/// How long the end of the process may wait for lines to be written.
const FLUSH: Duration = Duration::from_secs(1);

/// How many lines could not be written so far.
static LOST: AtomicU64 = AtomicU64::new(0);

/// How many lines of the whole process could not be written so far: those that found no room in
/// the queue, and those that a full disk or a closed pipe did not take.
pub fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Counts a line that could not be written.
fn count_lost() {
    LOST.fetch_add(1, Ordering::Relaxed);
}

/// Where the log goes, to be filled with the actors and then installed.
#[derive(Debug)]
pub struct Logger {
    /// By how much all levels are shifted: 1 shows debug as well, -1 no more than warnings.
    verbosity: i8,
    /// Standard error, for the host and for the actors that share it.
    stderr: Arc<Sink>,
    /// The actors, by name.
    actors: HashMap<String, Actor>,
    /// The lines that wait to be written.
    queue: Arc<Queue>,
}

/// How one actor's lines are treated.
#[derive(Debug)]
struct Actor {
    /// The least severe level that is written.
    level: LevelFilter,
    /// Where to, unless it is standard error.
    sink: Option<Arc<Sink>>,
}

/// The files of an installed logger, to be opened anew: whoever renames them, as logrotate does,
/// wants further lines in new ones.
#[derive(Debug)]
pub struct Reopen {
    /// The places; what is no file among them stays as it is.
    sinks: Vec<Arc<Sink>>,
    /// Where lines wait.
    queue: Arc<Queue>,
}

impl Reopen {
    /// Has every file opened anew, by the thread that writes and after the lines that wait. A file
    /// that cannot be is kept as it is, which is told on standard error.
    pub fn all(&self) {
        self.sinks.iter().for_each(|sink| self.queue.reopen(sink));
    }
}

/// Looks whether an actor's output could be had, without making a file.
///
/// # Errors
/// It could not. The message names the file.
pub fn check(logging: &Logging) -> io::Result<()> {
    match &logging.output {
        Output::File(path) => sink::could_open(path),
        Output::Stderr | Output::Stdout => Ok(()),
    }
}

impl Logger {
    /// A logger that knows no actor yet. `verbosity` is 0 as a rule, 1 for `-v` (debug), 2
    /// for `-vv` (trace, and the dependencies too), -1 for `-q` (warnings), -2 for `-qq`
    /// (errors). It shifts the levels of the manifests in the same way.
    pub fn new(verbosity: i8) -> Self {
        let (actors, queue) = (HashMap::new(), Arc::default());
        Self { verbosity, stderr: Arc::new(Sink::stderr()), actors, queue }
    }

    /// Adds an actor, with the level and the output that its manifest gives. A file is
    /// appended to; it and its folder are made where there are none.
    ///
    /// # Errors
    /// When the file cannot be opened. The message names it.
    pub fn actor(&mut self, name: &str, logging: &Logging) -> io::Result<()> {
        let sink = match &logging.output {
            Output::Stderr => None,
            Output::Stdout => Some(Sink::stdout()),
            Output::File(path) => Some(Sink::file(path)?),
        };
        let level = shift(logging.level, self.verbosity);
        self.actors.insert(name.to_owned(), Actor { level, sink: sink.map(Arc::new) });
        Ok(())
    }

    /// Makes this the logger of the process, and starts the thread that writes. Gives what opens
    /// its files anew.
    ///
    /// # Errors
    /// When the process has one already, or the thread cannot be started.
    pub fn install(self) -> io::Result<Reopen> {
        let sinks = self.actors.values().filter_map(|actor| actor.sink.clone()).collect();
        let reopen = Reopen { sinks, queue: self.queue.clone() };
        let actors = self.actors.values().map(|actor| actor.level);
        let most = actors.chain([self.host_level(), self.others_level()]).max();
        let queue = self.queue.clone();
        log::set_boxed_logger(Box::new(self)).map_err(io::Error::other)?;
        log::set_max_level(most.unwrap_or(LevelFilter::Off));
        let writer = thread::Builder::new().name("footlight-log".into()).stack_size(STACK);
        writer.spawn(move || queue.write_for_ever())?;
        // What led to a panic must not be lost with the process.
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            log::logger().flush();
            tell(panic);
        }));
        Ok(reopen)
    }

    /// The level of the host's own lines.
    fn host_level(&self) -> LevelFilter {
        shift(LevelFilter::Info, self.verbosity)
    }

    /// The level of the lines of dependencies, which speak of things the operator does not
    /// know.
    fn others_level(&self) -> LevelFilter {
        let all = self.host_level();
        if all == LevelFilter::Trace { all } else { all.min(LevelFilter::Warn) }
    }

    /// Which level a target has, and where its lines go.
    fn route(&self, target: &str) -> (LevelFilter, &Arc<Sink>) {
        let name = target.split_once('#').map_or(target, |(name, _)| name);
        match self.actors.get(name) {
            Some(actor) => (actor.level, actor.sink.as_ref().unwrap_or(&self.stderr)),
            None if target.starts_with(HOST) => (self.host_level(), &self.stderr),
            None => (self.others_level(), &self.stderr),
        }
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= self.route(metadata.target()).0
    }

    fn log(&self, record: &Record<'_>) {
        let (level, sink) = self.route(record.target());
        if record.level() <= level {
            let head = Head { level: record.level(), target: record.target() };
            self.queue.push(sink, sink.line(head, record.args()));
        }
    }

    /// Waits until all lines are written, or for a second where they can't be.
    fn flush(&self) {
        self.queue.wait(FLUSH);
    }
}

/// A level moved by a number of steps. `Off` stays, because it was asked for, and nothing
/// else becomes `Off`: errors are always shown.
fn shift(level: LevelFilter, by: i8) -> LevelFilter {
    use LevelFilter::{Debug, Error, Info, Trace, Warn};
    let levels = [Error, Warn, Info, Debug, Trace];
    let Some(index) = levels.iter().position(|found| *found == level) else { return level };
    let moved = index.saturating_add_signed(by.into());
    levels.get(moved).copied().unwrap_or(Trace)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::path::Path;

    use log::Level;

    use super::*;

    /// Logs one record.
    fn log(logger: &Logger, level: Level, target: &str, text: &str) {
        logger.log(
            &Record::builder().level(level).target(target).args(format_args!("{text}")).build(),
        );
    }

    /// Level, target and text of the lines in a file: what follows the time.
    fn lines(file: &Path) -> Vec<String> {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines().map(|line| line.split_once("Z ").unwrap().1.to_owned()).collect()
    }

    /// The levels that get through for a target.
    fn shown(logger: &Logger, target: &str) -> LevelFilter {
        let enabled = |level: &Level| {
            logger.enabled(&Metadata::builder().level(*level).target(target).build())
        };
        Level::iter()
            .filter(enabled)
            .map(|level| level.to_level_filter())
            .max()
            .unwrap_or(LevelFilter::Off)
    }

    #[test]
    fn each_record_goes_where_its_target_belongs() {
        let folder = tempfile::tempdir().unwrap();
        let (host, chat) = (folder.path().join("host.log"), folder.path().join("new/chat.log"));
        let mut logger = Logger::new(0);
        logger.stderr = Arc::new(Sink::file(&host).unwrap());
        let to_file = Logging { output: Output::File(chat.clone()), ..Logging::default() };
        logger.actor("chat", &to_file).unwrap();
        logger.actor("echo", &Logging::default()).unwrap();
        log(&logger, Level::Info, "footlight", "host");
        log(&logger, Level::Info, "footlight::server", "module");
        log(&logger, Level::Info, "echo", "shared");
        log(&logger, Level::Info, "chat", "actor");
        log(&logger, Level::Warn, "chat#12", "connection\nwith two lines");
        log(&logger, Level::Debug, "chat#12", "hidden");
        log(&logger, Level::Info, "tungstenite::protocol", "hidden");
        log(&logger, Level::Warn, "tungstenite::protocol", "odd");
        logger.queue.write();
        let expected = [
            "INFO  footlight: host",
            "INFO  footlight::server: module",
            "INFO  echo: shared",
            "WARN  tungstenite::protocol: odd",
        ];
        assert_eq!(lines(&host), expected);
        assert_eq!(
            lines(&chat),
            ["INFO  chat: actor", "WARN  chat#12: connection\\nwith two lines"]
        );
    }

    #[test]
    fn verbosity_shifts_every_level_but_off() {
        use LevelFilter::{Debug, Error, Info, Off, Trace, Warn};
        let expected = [
            (-128, [Error, Error, Error, Error, Off]),
            (-2, [Error, Error, Error, Error, Off]),
            (-1, [Warn, Warn, Warn, Error, Off]),
            (0, [Info, Warn, Info, Warn, Off]),
            (1, [Debug, Warn, Debug, Info, Off]),
            (2, [Trace, Trace, Trace, Debug, Off]),
            (127, [Trace, Trace, Trace, Trace, Off]),
        ];
        for (verbosity, levels) in expected {
            let mut logger = Logger::new(verbosity);
            for level in [Info, Warn, Off] {
                let logging = Logging { level, ..Logging::default() };
                logger.actor(level.as_str(), &logging).unwrap();
            }
            let targets = ["footlight", "smol", "INFO#3", "WARN", "OFF"];
            assert_eq!(targets.map(|target| shown(&logger, target)), levels, "{verbosity}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::File(folder.path().to_owned());
        let logging = Logging { output, ..Logging::default() };
        let error = Logger::new(0).actor("a", &logging).unwrap_err().to_string();
        assert!(error.starts_with(&format!("log file {}: ", folder.path().display())), "{error}");
    }
}
