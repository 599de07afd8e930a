//! `footlight dev`: builds an actor when its sources change, and has the host reload what has changed.
//!
//! - [`snapshot`]: what files are like, to notice a change.
//!
//! Files are polled, because that works on every file system and costs a board almost nothing.

mod snapshot;

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use log::Level;
use smol::channel::{Receiver, Sender, TrySendError, bounded};
use snapshot::Snapshot;

use crate::{
    actor::{Grants, Module, meter::processor_time},
    manifest::{self, Build, Manifest, Selection},
    script::{self, is_script},
    server::Live,
};

/// How long to wait between two looks at the files, at least.
const PERIOD: Duration = Duration::from_millis(40);
/// The wait is at least so many times as long as the last look took the processor, so that looking takes at
/// most a hundredth of it however many files there are.
const REST: u32 = 99;
/// How long a file must have been unchanged before it is used: a program may still be writing it.
const SETTLED: Duration = Duration::from_millis(20);
/// What the shell exits with if it has not found a program.
const NOT_FOUND: i32 = 127;
/// The stack of the thread that watches, in bytes.
const STACK: usize = 256 << 10;

/// Watches the files of actors.
pub struct Watcher {
    /// The manifests of the command.
    selection: Selection,
    /// The sources that were built last. `None` if nothing was built.
    built: Option<Snapshot>,
    /// Whether that build has succeeded.
    succeeded: bool,
    /// The manifests and modules that were loaded last.
    loaded: Snapshot,
    /// The files of those modules: a script may import others.
    modules: Vec<PathBuf>,
    /// The files of pages.
    pages: Snapshot,
}

impl Watcher {
    /// Watches the actors of these manifests. Nothing is built yet.
    pub fn new(selection: Selection) -> Self {
        let (loaded, pages) = (Snapshot::default(), Snapshot::default());
        Self { selection, built: None, succeeded: false, loaded, modules: Vec::new(), pages }
    }

    /// Builds the actors, and makes sure that scripts load. While one of them fails, waits for a change of the
    /// sources or of a manifest, and tries again. Blocks.
    ///
    /// # Errors
    /// A manifest has a mistake at the beginning. Later mistakes are told, and the change after them is
    /// waited for.
    pub fn first_build(&mut self) -> Result<(), String> {
        let mut manifests = self.selection.load()?;
        let modules = manifests.iter().filter(|manifest| !is_script(&manifest.component));
        for manifest in modules.filter(|manifest| manifest.build.is_none()) {
            let name = &manifest.name;
            log_or_print(
                Level::Info,
                &format!(
                    "{name}: nothing is built, because no [build] says how; only the module, the manifest \
                 and the pages are watched"
                ),
            );
        }
        loop {
            // Not what is built, of which there is nothing yet: a build that fails may have written a module.
            let files = |one: &Manifest| script::files(&one.component, one.limits.module);
            self.modules = scripts(&manifests).flat_map(files).collect();
            let before = self.files();
            if self.build_if_changed(&manifests) && scripts(&manifests).all(loads) {
                break;
            }
            log_or_print(Level::Info, "waiting for a change of the sources");
            manifests = self.changed(manifests, before);
        }
        self.look(&manifests);
        self.pages = pages(&manifests);
        Ok(())
    }

    /// Waits until the sources of a failed build, a script's files or the manifests have changed. Returns the
    /// manifests to build with. `before` is what the manifests and scripts were like.
    fn changed(&mut self, manifests: Vec<Manifest>, mut before: Snapshot) -> Vec<Manifest> {
        let mut period = Period::begin();
        loop {
            period.wait();
            if let Some(now) = self.settled(&before) {
                before = now;
                match self.selection.load() {
                    Ok(new) => {
                        // A manifest may have got another command for the same sources.
                        self.built = None;
                        return new;
                    }
                    Err(error) => log_or_print(Level::Error, &error),
                }
            }
            if self.settled_sources(&manifests).is_some() {
                return manifests;
            }
        }
    }

    /// Watches from now on, on a thread of its own. The receiver gets a message when something that was
    /// loaded has changed, or a build has made a new module. `live` is told of changes of pages.
    ///
    /// # Errors
    /// The system refuses the thread.
    pub fn start(self, live: Arc<Live>) -> std::io::Result<Receiver<()>> {
        let (changed, changes) = bounded(1);
        let thread = thread::Builder::new().name("footlight-dev".into()).stack_size(STACK);
        thread.spawn(move || self.watch(&changed, &live))?;
        Ok(changes)
    }

    /// Watches until nobody listens any more.
    fn watch(mut self, changed: &Sender<()>, live: &Live) {
        let mut manifests = self.selection.load().unwrap_or_default();
        let mut period = Period::begin();
        loop {
            period.wait();
            self.build_if_changed(&manifests);
            self.reload_pages_if_changed(&manifests, live);
            if self.settled(&self.loaded).is_none() {
                continue;
            }
            // The new manifests may name other files. With a mistake, those of before count.
            manifests = self.selection.load().unwrap_or(manifests);
            self.look(&manifests);
            if matches!(changed.try_send(()), Err(TrySendError::Closed(()))) {
                return;
            }
        }
    }

    /// Lets open pages load anew if a file of theirs has changed and nobody writes it.
    fn reload_pages_if_changed(&mut self, manifests: &[Manifest], live: &Live) {
        let now = pages(manifests);
        if now != self.pages {
            thread::sleep(SETTLED);
            if pages(manifests) == now {
                self.pages = now;
                live.change();
            }
        }
    }

    /// The manifest files and the modules now, if they differ from `before` and nobody writes them.
    fn settled(&self, before: &Snapshot) -> Option<Snapshot> {
        let now = self.files();
        if now == *before {
            return None;
        }
        thread::sleep(SETTLED);
        (self.files() == now).then_some(now)
    }

    /// Notes which files the modules of these manifests have, and what they are like.
    fn look(&mut self, manifests: &[Manifest]) {
        let files = |one: &Manifest| script::files(&one.component, one.limits.module);
        self.modules = manifests.iter().flat_map(files).collect();
        self.loaded = self.files();
    }

    /// What the manifest files and the modules are like.
    fn files(&self) -> Snapshot {
        // A folder of actors may get another one.
        let paths = manifest::expand(&self.selection.paths)
            .into_iter()
            .map(|path| Manifest::file_at(&path));
        Snapshot::of(paths.chain(self.modules.iter().cloned()))
    }

    /// The sources now, if they differ from those that were built last, and nobody writes them.
    fn settled_sources(&self, manifests: &[Manifest]) -> Option<Snapshot> {
        let now = sources(manifests);
        if self.built == Some(now) {
            return None;
        }
        if self.built.is_some() {
            thread::sleep(SETTLED);
        }
        (sources(manifests) == now).then_some(now)
    }

    /// Builds the actors if their sources have changed since the last build. Returns whether the last
    /// build has succeeded.
    fn build_if_changed(&mut self, manifests: &[Manifest]) -> bool {
        if let Some(now) = self.settled_sources(manifests) {
            self.built = Some(now);
            let results: Vec<_> =
                builds(manifests).map(|(manifest, one)| build(manifest, one)).collect();
            self.succeeded = results.into_iter().all(|built| built);
        }
        self.succeeded
    }
}

/// Waits between two looks at the files.
struct Period {
    /// The processor time of this thread when the last look began.
    began: Duration,
}

impl Period {
    /// The first look begins now.
    fn begin() -> Self {
        Self { began: processor_time() }
    }

    /// Waits until the next look.
    fn wait(&mut self) {
        let took = processor_time().saturating_sub(self.began);
        thread::sleep(PERIOD.max(took.saturating_mul(REST)));
        self.began = processor_time();
    }
}

/// The manifests whose actor is a script.
fn scripts(manifests: &[Manifest]) -> impl Iterator<Item = &Manifest> {
    manifests.iter().filter(|manifest| is_script(&manifest.component))
}

/// Whether a script loads. Tells why it doesn't.
fn loads(manifest: &Manifest) -> bool {
    let loaded = Module::load(&manifest.component, &manifest.limits, Grants::ALL);
    loaded.inspect_err(|error| log_or_print(Level::Error, &error.of(&manifest.component))).is_ok()
}

/// The manifests that say how to build their actor.
fn builds(manifests: &[Manifest]) -> impl Iterator<Item = (&Manifest, &Build)> {
    manifests.iter().filter_map(|one| Some((one, one.build.as_ref()?)))
}

/// What the sources are like.
fn sources(manifests: &[Manifest]) -> Snapshot {
    Snapshot::of(builds(manifests).flat_map(|(_, build)| build.watch.clone()))
}

/// What the files of pages are like.
fn pages(manifests: &[Manifest]) -> Snapshot {
    let listeners = manifests.iter().flat_map(Manifest::listeners);
    Snapshot::of(listeners.filter_map(|listener| listener.static_folder.clone()))
}

/// Runs a build. Its output goes to where the host's goes. Returns whether it has succeeded.
fn build(manifest: &Manifest, build: &Build) -> bool {
    let name = &manifest.name;
    log_or_print(Level::Info, &format!("{name}: building: {}", build.command));
    let folder = manifest.file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut command = Command::new("sh");
    command.arg("-c").arg(&build.command).stdin(Stdio::null());
    command.current_dir(folder.unwrap_or(".".as_ref()));
    match command.status() {
        Ok(status) if status.success() => true,
        Ok(status) => {
            log_or_print(Level::Error, &format!("{name}: the build has failed: {status}"));
            if status.code() == Some(NOT_FOUND) {
                log_or_print(
                    Level::Error,
                    &format!(
                        "{name}: a program of the command was not found; install what the comment of \
                     [build] in {} says",
                        manifest.file.display()
                    ),
                );
            }
            false
        }
        Err(error) => {
            log_or_print(Level::Error, &format!("{name}: the build can't be started: sh: {error}"));
            false
        }
    }
}

/// Tells the developer something, also before there is a log.
fn log_or_print(level: Level, text: &str) {
    if log::max_level() == log::LevelFilter::Off {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr().lock(), "footlight: {}", crate::visible::lines(text));
    } else {
        log::log!(target: "footlight", level, "{text}");
    }
}
