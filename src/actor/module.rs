//! Loads, checks and compiles a module, and instantiates it.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use wasmi::{Instance, Linker, Store};
use wit_core::Shape;

use super::{
    imports::{self, Grants, Guest},
    inspect::Report,
    javascript::{self, LoadedScript},
    load_error::LoadError,
    module_hash::ModuleHash,
    pair::{self, Pair},
    translated::Translated,
};
use crate::{
    limits::Limits,
    regular::{self, Unread},
    script::{ScriptError, is_script, needs_compiler},
};

/// A compiled actor, ready to be instantiated any number of times.
pub struct Module {
    /// The translated code. Actors with scripts share it.
    code: Arc<Translated>,
    /// The imports that the host provides, resolved by name at each instantiation.
    linker: Linker<Guest>,
    /// The form of the interface, which says how to pass parameters and read results.
    shape: Shape,
    /// What `footlight check` prints.
    report: Report,
    /// Tells it from others.
    hash: ModuleHash,
    /// Whether the last instance took longer than [`SLOW`] to make.
    slow: AtomicBool,
    /// The script that the code runs, if it is the engine for scripts.
    script: Option<Box<LoadedScript>>,
}

/// If an instance takes longer than this to make, the threads for blocking work make the next
/// one.
const SLOW: Duration = Duration::from_millis(1);
/// The first instance of a module of more than these bytes is made there too.
const LARGE: usize = 256 * 1024;

impl Module {
    /// Reads and compiles the file at `path`.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(path: &Path, limits: &Limits, grants: Grants<'_>) -> Result<Self, LoadError> {
        let limit = limits.module;
        if needs_compiler(path) {
            let error = ScriptError::NeedsCompiler(path.to_owned());
            return Err(LoadError::Script(Box::new(error)));
        }
        if is_script(path) {
            let (engine, script) = javascript::load(path, limits)?;
            return Self::new(engine, Some(Box::new(script)), limits, grants);
        }
        let bytes = regular::read(path, limit).map_err(|unread| match unread {
            Unread::Io(error) => LoadError::Io(error),
            Unread::TooLarge(size) => LoadError::TooLarge { size, limit },
        })?;
        Self::compile(&bytes, limits, grants)
    }

    /// Compiles a module, or the module inside a component, or takes a script out of its archive. It may
    /// import what `grants` allow.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn compile(bytes: &[u8], limits: &Limits, grants: Grants<'_>) -> Result<Self, LoadError> {
        if let Some(archived) = javascript::load_archived(bytes, limits) {
            let (engine, script) = archived?;
            return Self::new(engine, Some(Box::new(script)), limits, grants);
        }
        let code = Arc::new(Translated::new(bytes)?);
        Self::new(code, None, limits, grants)
    }

    /// An actor's module of translated code.
    fn new(
        code: Arc<Translated>,
        script: Option<Box<LoadedScript>>,
        limits: &Limits,
        grants: Grants<'_>,
    ) -> Result<Self, LoadError> {
        let (bytes, toolchain) = (code.file_bytes, code.toolchain);
        let mut report = Report::of(&code.module, code.tables, bytes, limits, grants, toolchain);
        report.component = code.is_component.then_some(code.core_bytes);
        if let Some(script) = &script {
            script.narrow(&mut report);
        }
        let Some(shape) = report.shape.filter(|_| report.problems().next().is_none()) else {
            return Err(LoadError::Unfit(Box::new(report)));
        };
        let mut linker = Linker::new(code.module.engine());
        imports::add_to(&mut linker, &code.module, shape).map_err(LoadError::Invalid)?;
        let hash = script.as_ref().map_or(code.hash, |script| script.hash());
        // A large module may take long to make an instance of, until it is known.
        let slow = AtomicBool::new(code.core_bytes > LARGE);
        Ok(Self { code, linker, shape, report, hash, slow, script })
    }

    /// Makes an instance. This costs no fuel, but its work is bounded: the limits of `guest` bound
    /// memory and tables, `validate` bounds the number of segments that are copied into them, and
    /// the file's size bounds their length. No guest code runs, because `start_function` turns the
    /// start function into an export.
    ///
    /// # Errors
    /// The instance exceeds a limit, or a segment does not fit into its memory or table.
    pub(super) fn instantiate(
        &self,
        guest: Guest,
    ) -> Result<(Store<Guest>, Instance), wasmi::Error> {
        let start = Instant::now();
        let mut store = Store::new(self.code.module.engine(), guest);
        store.limiter(|guest| &mut guest.limits);
        let made = self.linker.instantiate_and_start(&mut store, &self.code.module);
        let made = made.and_then(|instance| {
            if let Some(script) = &self.script {
                script.restore(&instance, &mut store)?;
            }
            Ok(instance)
        });
        self.slow.store(start.elapsed() > SLOW, Relaxed);
        Ok((store, made?))
    }

    /// Calls an instance's `cabi_realloc` twice.
    ///
    /// # Errors
    /// It has none.
    pub(super) fn pair(
        &self,
        store: &mut Store<Guest>,
        instance: Instance,
    ) -> Result<Pair, wasmi::Error> {
        pair::instantiate(store, &self.code.pair, instance)
    }

    /// Whether the last instance took long to make.
    pub(crate) fn is_slow(&self) -> bool {
        self.slow.load(Relaxed)
    }

    /// A state, unless the form of the interface has none that is absent and this one is empty. Then
    /// both are the same, so that an actor without a state has nothing stored.
    pub fn present(&self, state: Option<Vec<u8>>) -> Option<Vec<u8>> {
        state.filter(|state| !state.is_empty() || self.shape.has_results())
    }

    /// The form of the interface that the module implements.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The size of the stack in bytes, if the module tells it.
    pub(super) fn stack(&self) -> Option<u32> {
        self.code.stack
    }

    /// The script that it runs, if it is one.
    pub fn script(&self) -> Option<&LoadedScript> {
        self.script.as_deref()
    }

    /// Tells it from other modules.
    pub fn hash(&self) -> ModuleHash {
        self.hash
    }

    /// What is known about the module.
    pub fn report(&self) -> &Report {
        &self.report
    }
}
