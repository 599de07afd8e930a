//! Writes the log of the host and of its actors: the backend of `log`.
//!
//! A record's target says who logged it. `footlight` and its module paths are the host. `<actor>`
//! and `<actor>#<connection>` are an actor. Any other target is a dependency, whose records are
//! only written if they are warnings, or with `-vv`.
//!
//! *Invariant:* one record is one line of at most 4096 bytes, whatever an actor or a client puts
//! into it. Neither a failed nor a slow write ever stops the host: logging only puts a line into a
//! queue, which a thread of its own empties.
//!
//! # Layout
//! - `config`: what the log keeps, and where: the manifest's `[logging]`
//! - `actor_log`: the log of one actor, with its rate limit
//! - `line`: the format of a line; `date` formats its time
//! - `queue`: the lines that wait to be written
//! - `sink`: the outputs; `file` opens log files
//! - `routes`: the level and the output of each actor
//! - `outputs`: reopens and replaces the outputs of an installed logger

mod actor_log;
pub mod config;
pub(crate) mod date;
mod file;
mod line;
mod outputs;
mod queue;
mod routes;
mod sink;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{io, panic, thread};

use log::{LevelFilter, Log, Metadata, Record};

use crate::inspection;

pub use actor_log::ActorLog;
use config::{Logging, Output};
use line::Head;
pub use outputs::{NewOutputs, Outputs};
use queue::Queue;
use routes::{Actor, Actors, host_level, max_level, others_level};
use sink::Sink;

use crate::lock::Lock;

/// The target of the host's own records, and the prefix of its modules' targets.
const HOST: &str = "footlight";
/// The stack of the writer thread, in bytes. All it does is format a line.
const STACK: usize = 64 << 10;
/// How long the process may wait at its end for lines to be written.
const FLUSH: Duration = Duration::from_secs(1);

/// How many lines were lost so far.
static LOST: AtomicU64 = AtomicU64::new(0);

/// How many lines of the whole process were lost so far: because the queue was full, or because a
/// full disk or a closed pipe did not take them.
pub(crate) fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Counts a lost line.
fn count_lost() {
    LOST.fetch_add(1, Ordering::Relaxed);
}

/// The log's configuration. Actors are added to it, and then it is installed.
#[derive(Debug)]
pub struct Logger {
    /// The shift of all levels: 1 adds debug lines, -1 leaves warnings and errors.
    verbosity: i8,
    /// Standard error, for the host and for the actors that share it.
    stderr: Arc<Sink>,
    /// What each manifest says, by actor's name. A reload replaces it.
    actors: Arc<Lock<Arc<Actors>>>,
    /// Keeps those who log from waiting for a slow terminal or disk.
    queue: Arc<Queue>,
}

/// Checks whether an actor's log could be opened, without creating a file.
///
/// # Errors
/// It could not. The message names the file.
pub(crate) fn check(logging: &Logging) -> io::Result<()> {
    match &logging.output {
        Output::File(path) => file::check_open(path),
        Output::Stderr | Output::Stdout => Ok(()),
    }
}

impl Logger {
    /// A logger without actors. `verbosity` is 0 by default, 1 for `-v` (debug), 2 for `-vv`
    /// (trace, and dependencies as well), -1 for `-q` (warnings) and -2 for `-qq` (errors). It also
    /// shifts the levels of the manifests.
    pub fn new(verbosity: i8) -> Self {
        let (actors, queue) = (Arc::default(), Arc::default());
        Self { verbosity, stderr: Arc::new(Sink::stderr()), actors, queue }
    }

    /// Adds an actor, with the level and the output of its manifest. Lines are appended to a file.
    /// The file and its folder are created if necessary.
    ///
    /// # Errors
    /// The file can't be opened. The message names it.
    pub fn actor(&mut self, name: &str, logging: &Logging) -> io::Result<()> {
        let mut actors = Actors::clone(&self.actors.lock());
        actors.set(name, Actor::open(logging, self.verbosity)?);
        *self.actors.lock() = Arc::new(actors);
        Ok(())
    }

    /// Makes this the logger of the process and starts the writer thread. Returns the handle of its
    /// outputs.
    ///
    /// # Errors
    /// The process has a logger already, or the thread can't be started.
    pub fn install(self) -> io::Result<Outputs> {
        let (verbosity, actors, queue) = (self.verbosity, self.actors.clone(), self.queue.clone());
        log::set_boxed_logger(Box::new(self)).map_err(io::Error::other)?;
        log::set_max_level(max_level(&actors.lock(), verbosity));
        let outputs = Outputs { verbosity, actors, queue: queue.clone() };
        let writer = thread::Builder::new().name("footlight-log".into()).stack_size(STACK);
        writer.spawn(move || queue.run())?;
        // The lines that led to a panic must not be lost.
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            log::logger().flush();
            previous(panic);
        }));
        Ok(outputs)
    }

    /// The level and the output of a target.
    fn route<'a>(&'a self, actors: &'a Actors, target: &str) -> (LevelFilter, &'a Arc<Sink>) {
        let name = target.split_once('#').map_or(target, |(name, _)| name);
        match actors.get(name) {
            Some(actor) => (actor.level, actor.sink.as_ref().unwrap_or(&self.stderr)),
            None if target.starts_with(HOST) => (host_level(self.verbosity), &self.stderr),
            None => (others_level(self.verbosity), &self.stderr),
        }
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= self.route(&self.actors.lock().clone(), metadata.target()).0
    }

    fn log(&self, record: &Record<'_>) {
        let actors = self.actors.lock().clone();
        let (level, sink) = self.route(&actors, record.target());
        if record.level() <= level {
            let head = Head { level: record.level(), target: record.target() };
            self.queue.push(sink, sink.line(head, record.args()));
            inspection::log(record.target(), record.level(), record.args());
        }
    }

    /// Waits until all lines are written, or for one second.
    fn flush(&self) {
        self.queue.wait(FLUSH);
    }
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

    /// The level, the target and the text of each line in a file, without the time.
    fn lines(file: &Path) -> Vec<String> {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines().map(|line| line.split_once("Z ").unwrap().1.to_owned()).collect()
    }

    /// The least severe level that a target writes.
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
