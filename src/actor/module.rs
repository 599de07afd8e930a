//! Loads, checks and compiles a module, and instantiates it.

use std::{
    fmt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use sha1::{Digest as _, Sha1};
use wasmi::{
    CompilationMode, Config, CustomFuelCosts, Engine, Instance, Linker, OperatorCost, Store,
};
use wit_core::Shape;

use super::{
    component::{ComponentError, Format},
    imports::{self, Grants, Guest},
    inspect::Report,
    loops,
    module_hash::ModuleHash,
    recode,
    rejected::Rejected,
    stack_pointer, start_function,
    toolchain::Toolchain,
    validate,
    verdict::fit,
};
use crate::{
    limits::Limits,
    regular::{self, Unread},
};

/// A compiled actor, ready to be instantiated any number of times.
pub struct Module {
    /// The compiled code. It has its own engine, because an engine keeps all code that it ever
    /// compiled.
    module: wasmi::Module,
    /// The imports that the host provides, resolved by name at each instantiation.
    linker: Linker<Guest>,
    /// The form of the interface, which says how to pass parameters and read results.
    shape: Shape,
    /// What `footlight check` prints.
    report: Report,
    /// The size of the stack in bytes, if the module tells it.
    stack: Option<u32>,
    /// Tells it from others.
    hash: ModuleHash,
    /// Whether the last instance took longer than [`SLOW`] to make.
    slow: AtomicBool,
}

/// If an instance takes longer than this to make, the threads for blocking work make the next
/// one.
const SLOW: Duration = Duration::from_millis(1);
/// The first instance of a module of more than these bytes is made there too.
const LARGE: usize = 256 * 1024;

/// The host shows at most this many characters of the interpreter's error about a module.
const MAX_ERROR: usize = 400;

/// Why the host can't run a file as an actor. It is the fault of the actor's author, or of
/// the operator who named the file.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file can't be read.
    Io(std::io::Error),
    /// The file is larger than `limits.module`, and was not read.
    TooLarge {
        /// In bytes.
        size: u64,
        /// In bytes: `limits.module`.
        limit: usize,
    },
    /// The file is neither a module nor a component with a module that can run.
    Format(ComponentError),
    /// The module is invalid, or uses a WebAssembly feature that this host does not have.
    Invalid(wasmi::Error),
    /// The module is valid, but would harm the host.
    Rejected(Rejected),
    /// The module is valid, but is not an actor of this interface.
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

    /// Compiles a module, or the module inside a component. It may import what `grants` allow.
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
        // Validate before rewriting: errors then have the file's offsets, and rewriting can't turn
        // an invalid module into a valid one.
        wasmi::Module::validate(&engine, core).map_err(LoadError::Invalid)?;
        let exported = start_function::export(core);
        let (exported, stack) = stack_pointer::export(exported);
        let split = loops::split(&exported);
        let module = wasmi::Module::new(&engine, split).map_err(LoadError::Invalid)?;
        let mut report =
            Report::of(&module, tables, bytes.len(), limits, grants, Toolchain::of(bytes, core));
        report.component = component;
        let Some(shape) = report.shape.filter(|_| report.problems().next().is_none()) else {
            return Err(LoadError::Unfit(Box::new(report)));
        };
        let mut linker = Linker::new(&engine);
        imports::add_to(&mut linker, &module, shape).map_err(LoadError::Invalid)?;
        let hash = Self::hash_of(bytes);
        // A large module may take long to make an instance of, until it is known.
        let slow = AtomicBool::new(core.len() > LARGE);
        Ok(Self { module, linker, shape, report, stack, hash, slow })
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
        let mut store = Store::new(self.module.engine(), guest);
        store.limiter(|guest| &mut guest.limits);
        let instance = self.linker.instantiate_and_start(&mut store, &self.module);
        self.slow.store(start.elapsed() > SLOW, Relaxed);
        Ok((store, instance?))
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
        self.stack
    }

    /// The hash of a file.
    pub fn hash_of(file: &[u8]) -> ModuleHash {
        Sha1::digest(file).into()
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

/// The configuration of wasmi, including the fuel for each operator.
pub(super) fn config() -> Config {
    let mut config = Config::default();
    config.consume_fuel(true);
    // Lazy translation charges fuel, and a call that runs out of fuel there can't be resumed.
    config.compilation_mode(CompilationMode::Eager);
    // Names and debug information would only take memory.
    config.ignore_custom_sections(true);
    // The interface has one memory, so guests don't need these. SIMD and 64-bit memories are not
    // even compiled in (see Cargo.toml). Tail calls stay on: some languages need them, and they
    // do no harm.
    config.wasm_multi_memory(false).wasm_custom_page_sizes(false).wasm_wide_arithmetic(false);
    // These are expensive, because on the fast dispatch they take native stack until the slice
    // ends, or may do so when they fail (seen with `memory.grow`, `table.init` and `table.set`):
    // see `meter`.
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
    // A call takes as long as several other instructions. On the fast dispatch it also takes up to
    // 150 bytes of native stack until the slice ends.
    (cost.call, cost.return_call) = (4, 4);
    (cost.call_indirect, cost.return_call_indirect) = (8, 8);
    // The cost for each byte (below) rounds to nothing for a few bytes.
    (cost.memory_copy, cost.memory_fill) = (32, 32);
    // Processors are slow at these.
    (cost.i64_div_s, cost.i64_div_u, cost.i64_rem_s, cost.i64_rem_u) = (4, 4, 4, 4);
    // wasmi compiles it to nothing, so `recode` uses it to charge for locals and carried values.
    cost.ref_null = recode::NULL_COST;
    config.operator_cost(cost);
    // The highest price at which one step can still move a default memory of 16 MiB.
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
            Self::Format(error) => error.fmt(f),
            Self::Invalid(error) => write!(
                f,
                "is not valid, or uses WebAssembly features that this host does not have: {}",
                fit(&error.to_string(), MAX_ERROR)
            ),
            Self::Rejected(forbidden) => write!(
                f,
                "is not valid, or uses WebAssembly features that this host does not have: \
                 {forbidden}"
            ),
            Self::Unfit(report) => {
                // A module may have thousands of problems. The first ones are enough to start with.
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

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Invalid(error) => Some(error),
            Self::Rejected(error) => Some(error),
            Self::Format(error) => Some(error),
            Self::TooLarge { .. } | Self::Unfit(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_of_a_file_has_its_cause() {
        let cause = |bytes: &[u8]| {
            let error = Module::compile(bytes, &Limits::default(), Grants::ALL).err().unwrap();
            error.source().map(ToString::to_string)
        };
        assert_eq!(cause(b"no module"), Some(ComponentError::NotWasm.to_string()));
        assert!(cause(b"\0asm\x01\0\0\0\x01").is_some(), "the interpreter's error");
        let grow = "(module (table 1 funcref)
            (func (drop (table.grow 0 (ref.null func) (i32.const 1)))))";
        assert!(cause(&wat::parse_str(grow).unwrap()).unwrap().contains("`table.grow`"));
        let missing = Module::load(Path::new("/nowhere"), &Limits::default(), Grants::ALL);
        assert!(missing.err().unwrap().source().unwrap().is::<std::io::Error>());
    }
}
