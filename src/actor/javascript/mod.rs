//! Scripts as actors: the engine, which is a module like any other, with the memory that it has once it has
//! loaded the script.
//!
//! - [`loading`]: gives a script to the engine. [`outcome`] reads what it answers.
//! - [`image`]: the copy of the memory, with which each instance begins.
//!
//! The engine's code is the host's own. So all scripts share one translation, and with it one of wasmi's
//! engines. `no_javascript.rs` takes this module's place in builds without the feature `javascript`.

mod image;
mod loading;
mod outcome;

use std::{
    borrow::Cow,
    path::Path,
    sync::{Arc, Weak},
};

use image::Image;
use wasmi::{Instance, Store};

use super::{
    imports::Guest,
    inspect::{Item, Report, Verdict},
    load_error::LoadError,
    module_hash::{self, ModuleHash},
    translated::Translated,
};
use crate::{
    compressed,
    convert::to_u64,
    limits::Limits,
    lock::Lock,
    script::{ScriptError, Sources, archive},
};

/// The engine's module. For 32 bits, `build.rs` has compressed it.
static ENGINE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/javascript.wasm"));

/// The SHA-1 of the module, which would take some boards longer than to run a script.
static ENGINE_HASH: &ModuleHash = include_bytes!(concat!(env!("OUT_DIR"), "/javascript.sha1"));

/// The engine as long as an actor runs a script.
static TRANSLATED: Lock<Weak<Translated>> = Lock::new(Weak::new());

/// What the host does with a script's handlers: their names, and a role for `footlight check`.
const ROLES: [(&str, &str); 14] = [
    (MESSAGE, "handles other actors' messages"),
    (REQUEST, "replies to other actors"),
    ("alarm", "handles the alarm and the tick"),
    ("close", "handles the end of a connection"),
    ("connect", "handles a new connection"),
    ("handleMessage", "handles all events that have no handler of their own"),
    (HTTP, "answers HTTP requests"),
    ("init", "makes the first state"),
    ("message", "handles a client's message"),
    ("migrate", "converts the state of an older version"),
    ("mqtt", "handles a broker's message"),
    ("mqttDown", "handles the end of a connection with a broker"),
    ("mqttUp", "handles a new connection with a broker"),
    ("response", "handles the answers to requests"),
];
const HTTP: &str = "http";
const MESSAGE: &str = "actorMessage";
const REQUEST: &str = "actorRequest";
/// The handlers that take no events of `handle-message`.
const OTHERS: [&str; 5] = [HTTP, MESSAGE, REQUEST, "init", "migrate"];

/// A script that the engine has loaded.
pub struct LoadedScript {
    /// Its files.
    archive: Vec<u8>,
    /// How many these are.
    files: usize,
    /// The names of the handlers that it exports.
    handlers: Vec<String>,
    /// What its top level has logged.
    log: Vec<String>,
    /// The engine's memory.
    image: Image,
}

/// Reads a script and has the engine load it. Blocks.
///
/// # Errors
/// [`LoadError::Script`].
pub(super) fn load(
    path: &Path,
    limits: &Limits,
) -> Result<(Arc<Translated>, LoadedScript), LoadError> {
    let sources = Sources::read(path, limits.module).map_err(refused)?;
    let engine = engine()?;
    let script = LoadedScript::new(&engine, &sources, limits).map_err(refused)?;
    Ok((engine, script))
}

/// The same for the copy of a script. `None` if these bytes are none.
pub(super) fn load_archived(
    bytes: &[u8],
    limits: &Limits,
) -> Option<Result<(Arc<Translated>, LoadedScript), LoadError>> {
    archive::is_archive(bytes).then(|| {
        let engine = engine()?;
        let sources = archive::unpack(bytes, &engine.hash).map_err(refused)?;
        let script = LoadedScript::new(&engine, &sources, limits).map_err(refused)?;
        Ok((engine, script))
    })
}

fn refused(error: ScriptError) -> LoadError {
    LoadError::Script(Box::new(error))
}

/// The translated engine. Who asks meanwhile waits for it, so that it is translated once.
fn engine() -> Result<Arc<Translated>, LoadError> {
    let mut shared = TRANSLATED.lock();
    if let Some(engine) = shared.upgrade() {
        return Ok(engine);
    }
    let engine = Arc::new(Translated::own(&bytes(), *ENGINE_HASH)?);
    *shared = Arc::downgrade(&engine);
    Ok(engine)
}

/// The engine's module.
fn bytes() -> Cow<'static, [u8]> {
    if cfg!(target_pointer_width = "64") { ENGINE.into() } else { compressed::bytes(ENGINE).into() }
}

impl LoadedScript {
    /// Has the engine load a script.
    fn new(engine: &Translated, sources: &Sources, limits: &Limits) -> Result<Self, ScriptError> {
        let (info, image) = loading::load(engine, sources, limits)?;
        Ok(Self {
            archive: archive::pack(sources, &engine.hash),
            files: sources.files.len(),
            handlers: info.handlers,
            log: info.log,
            image,
        })
    }

    /// Tells it from other scripts, and from itself on another engine.
    pub(super) fn hash(&self) -> ModuleHash {
        module_hash::of(&self.archive)
    }

    /// Its files, from which it can be loaded again.
    pub(crate) fn archive(&self) -> &[u8] {
        &self.archive
    }

    /// What its top level has logged.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Gives a new instance of the engine the script.
    ///
    /// # Errors
    /// The memory is past `limits.memory`.
    pub(super) fn restore(
        &self,
        instance: &Instance,
        store: &mut Store<Guest>,
    ) -> Result<(), wasmi::Error> {
        self.image.restore(instance, store)
    }

    /// Makes the report on the engine one on the script: the engine exports and imports all that a script
    /// may use.
    pub(super) fn narrow(&self, report: &mut Report) {
        let has = |name: &str| self.handlers.iter().any(|handler| handler == name);
        report.file_bytes = self.archive.len();
        report.script = Some(self.files);
        report.handles_messages &= self.handlers.iter().any(|name| !OTHERS.contains(&&**name));
        report.handles_requests &= has(HTTP);
        report.handles_sends &= has(MESSAGE);
        report.replies &= has(REQUEST);
        report.migrates &= has("migrate");
        if !has("init") {
            report.init = None;
        }
        if let Some((minimum, _)) = &mut report.memory {
            *minimum = to_u64(self.image.size());
        }
        let known = ROLES.into_iter().filter(|(name, _)| has(name));
        report.exports = known
            .map(|(name, role)| Item {
                name: name.into(),
                ty: "function".into(),
                verdict: Verdict::Used(role),
            })
            .collect();
        report.imports.retain(|import| matches!(import.verdict, Verdict::Wrong(_)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{translated, validate};

    #[test]
    fn the_engine_passes_all_checks_of_a_module_of_others_and_has_the_hash_of_its_bytes() {
        let engine = bytes();
        validate::validate(&engine).unwrap();
        wasmi::Module::validate(&wasmi::Engine::new(&translated::config()), &engine).unwrap();
        assert_eq!(module_hash::of(&engine), *ENGINE_HASH);
    }
}
