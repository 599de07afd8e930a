//! A module that has been compiled and found to fit.

use std::{
    fmt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use wasmi::{
    CompilationMode, Config, CustomFuelCosts, Engine, Instance, Linker, OperatorCost, Store,
};
use wit_core::Shape;

use super::{
    component::{ComponentError, Format},
    imports::{self, Grants, Guest},
    inspect::{Report, fit},
    loops, recode, start_function,
    validate::{self, Rejected},
};
use crate::{
    limits::Limits,
    regular::{self, Unread},
};

/// A compiled actor, ready to be instantiated any number of times.
pub struct Module {
    /// The compiled code. It has an engine of its own, because an engine keeps all code that
    /// it ever compiled.
    module: wasmi::Module,
    /// What the host provides, resolved by name at each instantiation.
    linker: Linker<Guest>,
    /// The form of the interface that it speaks.
    shape: Shape,
    /// What was found when it was loaded.
    report: Report,
    /// Whether an instance took long to make, the last time.
    slow: AtomicBool,
}

/// An instance that takes longer than this to make is made on the threads for what blocks, the
/// next time.
const SLOW: Duration = Duration::from_millis(1);

/// The most characters that are shown of what the interpreter says about a module.
const MOST_ERROR: usize = 400;

/// Why a file can't be run as an actor. Whose fault: the actor's author, or whoever named
/// the file.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file can't be read.
    Io(std::io::Error),
    /// The file is larger than `limits.module`.
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// It is no module, and no component that a module can be taken from.
    Format(ComponentError),
    /// It is not valid, or uses what this host does not have.
    Invalid(wasmi::Error),
    /// It is valid, but has something that would harm the host.
    Rejected(Rejected),
    /// It is valid, but no actor of this interface.
    Unfit(Box<Report>),
}

impl Module {
    /// Reads and compiles the file at `path`.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(path: &Path, limits: &Limits, grants: Grants<'_>) -> Result<Self, LoadError> {
        let limit = limits.module;
        let bytes = regular::read(path, limit).map_err(|unread| match unread {
            Unread::Io(error) => LoadError::Io(error),
            Unread::TooLarge(size) => LoadError::TooLarge { size, limit },
        })?;
        Self::compile(&bytes, limits, grants)
    }

    /// Compiles a module, or the module inside a component, which may import what is granted.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn compile(bytes: &[u8], limits: &Limits, grants: Grants<'_>) -> Result<Self, LoadError> {
        let format = Format::of(bytes).map_err(LoadError::Format)?;
        let (core, component) = match format {
            Format::Module => (bytes, None),
            Format::Component(range) => {
                let len = range.len();
                (bytes.get(range).unwrap_or_default(), Some(len))
            }
        };
        let tables = validate::validate(core).map_err(LoadError::Rejected)?;
        let engine = Engine::new(&config());
        // Said of the module as it is: its offsets are those of the file, and what is not valid must
        // not become good by being rewritten.
        wasmi::Module::validate(&engine, core).map_err(LoadError::Invalid)?;
        let exported = start_function::export(core);
        let split = loops::split(&exported);
        let module = wasmi::Module::new(&engine, split).map_err(LoadError::Invalid)?;
        let mut report = Report::of(&module, tables, bytes.len(), limits, grants);
        report.component = component;
        let Some(shape) = report.shape.filter(|_| report.problems().next().is_none()) else {
            return Err(LoadError::Unfit(Box::new(report)));
        };
        let mut linker = Linker::new(&engine);
        imports::add_to(&mut linker, &module, shape, grants).map_err(LoadError::Invalid)?;
        Ok(Self { module, linker, shape, report, slow: AtomicBool::new(false) })
    }

    /// Makes an instance. Its memory and its tables are within the limits of `guest`, and `validate`
    /// holds the segments that are copied into them to a number and the file's size to a length. No
    /// code runs: of the start function, `start_function` makes an export. Nothing is charged for this.
    ///
    /// # Errors
    /// A limit is in the way, or a segment does not fit into its memory or table.
    pub(super) fn instantiate(
        &self,
        guest: Guest,
    ) -> Result<(Store<Guest>, Instance), wasmi::Error> {
        let start = Instant::now();
        let mut store = Store::new(self.module.engine(), guest);
        store.limiter(|guest| &mut guest.limits);
        let instance = self.linker.instantiate_and_start(&mut store, &self.module);
        self.slow.store(start.elapsed() > SLOW, Relaxed);
        Ok((store, instance?))
    }

    /// Whether an instance took long to make, the last time.
    pub fn is_slow(&self) -> bool {
        self.slow.load(Relaxed)
    }

    /// The form of the interface that it speaks.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// What was found when it was loaded.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

/// How wasmi is to run guests.
pub(super) fn config() -> Config {
    let mut config = Config::default();
    config.consume_fuel(true);
    // Lazy translation charges fuel for translating, and running out there can't be resumed.
    config.compilation_mode(CompilationMode::Eager);
    // Names and debug information would only take memory.
    config.ignore_custom_sections(true);
    // What no guest of this interface needs: it has one memory. SIMD and 64-bit memories are not
    // even compiled in (see Cargo.toml). Tail calls stay on: some languages need them, and they
    // do no harm.
    config.wasm_multi_memory(false).wasm_custom_page_sizes(false).wasm_wide_arithmetic(false);
    // Dear, because on the fast dispatch these use up native stack until the slice ends, or may
    // do so when they fail (seen with `memory.grow`, `table.init` and `table.set`): see `meter`.
    let mut cost = OperatorCost::default();
    for dear in [
        &mut cost.memory_grow,
        &mut cost.memory_init,
        &mut cost.data_drop,
        &mut cost.table_grow,
        &mut cost.table_init,
        &mut cost.table_copy,
        &mut cost.table_fill,
        &mut cost.elem_drop,
        &mut cost.table_get,
        &mut cost.table_set,
        &mut cost.table_size,
        &mut cost.ref_func,
        &mut cost.ref_is_null,
    ] {
        *dear = u8::MAX;
    }
    // A call takes as long as several other instructions, and on the fast dispatch keeps up to 150
    // bytes of native stack until the slice ends.
    (cost.call, cost.return_call) = (4, 4);
    (cost.call_indirect, cost.return_call_indirect) = (8, 8);
    // What they do with a few bytes costs nothing else.
    (cost.memory_copy, cost.memory_fill) = (32, 32);
    // Processors take long for these.
    (cost.i64_div_s, cost.i64_div_u, cost.i64_rem_s, cost.i64_rem_u) = (4, 4, 4, 4);
    // No code is made of it: locals, and values that branches carry, are paid with it.
    cost.ref_null = recode::NULL_COST;
    config.operator_cost(cost);
    // As much as can be if all of a usual memory, 16 MiB, is to be moved in one step.
    config.fuel_cost(CustomFuelCosts {
        bytes_copied_per_fuel: 288,
        fuel_per_bytes_translated: 0,
        fuel_per_bytes_validated: 0,
    });
    config
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::TooLarge { size, limit } => write!(
                f,
                "is {size} bytes long, past the limit of {limit}; strip it, or raise \
                 `limits.module` in the manifest"
            ),
            Self::Format(ComponentError::NotWasm) => write!(
                f,
                "is not WebAssembly; `component_path` must name a .wasm file (text format is not \
                 taken: assemble it first)"
            ),
            Self::Format(ComponentError::Truncated { offset }) => write!(
                f,
                "is a component that is cut short in the section at offset {offset:#x}; copy or \
                 build it again"
            ),
            Self::Format(ComponentError::NoActor { modules }) => write!(
                f,
                "is a component, but none of its {modules} core modules exports `{}`; build the \
                 actor as a core module for wasm32-unknown-unknown and name that file",
                wit_core::shape::HANDLE_MESSAGE[0]
            ),
            Self::Invalid(error) => write!(
                f,
                "is not valid, or uses WebAssembly features that this host does not have: {}",
                fit(&error.to_string(), MOST_ERROR)
            ),
            Self::Rejected(forbidden) => write!(
                f,
                "is not valid, or uses WebAssembly features that this host does not have: \
                 {forbidden}"
            ),
            Self::Unfit(report) => {
                // A module may have thousands; the first ones tell what to do.
                let problems: Vec<_> = report.problems().take(8).collect();
                write!(f, "can't run here: {}", problems.join("; also: "))?;
                match report.problems().count().checked_sub(problems.len()) {
                    Some(more @ 1..) => write!(f, "; and {more} more"),
                    _ => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for LoadError {}
