//! A module that was checked, rewritten and translated, for one actor or for several.

use std::borrow::Cow;

use wasmi::{CompilationMode, Config, CustomFuelCosts, Engine, OperatorCost};

use super::{
    component::Format,
    load_error::LoadError,
    loops,
    module_hash::{self, ModuleHash},
    pair, recode,
    rejected::Rejected,
    stack_pointer, start_function,
    toolchain::Toolchain,
    validate::{self, Tables},
};

/// The most calls in each other in a module of the host's own. QuickJS's own limit, `STACK` in
/// `engines/javascript/src/engine.rs`, comes first. Each call takes 24 bytes until the outermost one has ended, and
/// wasmi's limit of 1 MB for their values is the same for all modules.
#[cfg(feature = "javascript")]
const CALLS: usize = 6_000;

/// A module of at most these bytes is validated when it is loaded, and each of its functions is translated when it is
/// first called. Most never are. A client may cause all of that at once, and nothing interrupts it: some 300 instructions
/// for each byte, once for each time that the module is loaded. Larger modules are translated when they are loaded.
const LAZY: usize = 128 * 1024;
/// The most locals of all functions of such a module together. With more, one function could have too many for the
/// interpreter, which tells that when it translates the function.
const LAZY_LOCALS: usize = 20_000;

/// A translated module, and what is known about it whoever runs it.
pub struct Translated {
    /// The code. It has its own engine, because an engine keeps all code that it ever compiled.
    pub(super) module: wasmi::Module,
    /// What calls its `cabi_realloc` twice.
    pub(super) pair: wasmi::Module,
    /// Its tables.
    pub(super) tables: Tables,
    /// The size of the stack in bytes, if the module tells it.
    pub(super) stack: Option<u32>,
    /// What has made it.
    pub(super) toolchain: Toolchain,
    /// The size of its file in bytes.
    pub(super) file_bytes: usize,
    /// The size of the core module in bytes.
    pub(super) core_bytes: usize,
    /// Whether the file is a component.
    pub(super) is_component: bool,
    /// The hash of its file.
    pub(super) hash: ModuleHash,
}

impl Translated {
    /// Compiles a module, or the module inside a component.
    ///
    /// # Errors
    /// It is no module, or not valid, or would harm the host.
    pub(super) fn new(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::with(bytes, checked, module_hash::of(bytes))
    }

    /// Takes a module of the host's own, whose hash is known. Nothing about it needs a check, it was rewritten when
    /// it was built, and each function is validated and translated when it is first called. Most are never called.
    ///
    /// # Errors
    /// It is no module, which would be a bug of this program.
    #[cfg(feature = "javascript")]
    pub(super) fn own(bytes: &[u8], hash: ModuleHash) -> Result<Self, LoadError> {
        Self::with(bytes, own, hash)
    }

    /// The module that `translate` makes of the core module.
    fn with(bytes: &[u8], translate: Translate, hash: ModuleHash) -> Result<Self, LoadError> {
        let (core, is_component) = match Format::of(bytes).map_err(LoadError::Format)? {
            Format::Module => (bytes, false),
            Format::Component(range) => (bytes.get(range).unwrap_or_default(), true),
        };
        let (module, stack) = translate(core)?;
        Ok(Self {
            pair: pair::module(module.engine()).map_err(LoadError::Invalid)?,
            module,
            tables: validate::tables(core),
            stack,
            toolchain: Toolchain::of(bytes, core),
            file_bytes: bytes.len(),
            core_bytes: core.len(),
            is_component,
            hash,
        })
    }
}

/// Translates a core module. Returns the size of its stack with it.
type Translate = fn(&[u8]) -> Result<(wasmi::Module, Option<u32>), LoadError>;

/// See [`Translated::own`].
#[cfg(feature = "javascript")]
fn own(core: &[u8]) -> Result<(wasmi::Module, Option<u32>), LoadError> {
    let mut config = config();
    config.compilation_mode(CompilationMode::Lazy).set_max_recursion_depth(CALLS);
    let module = wasmi::Module::new(&Engine::new(&config), core).map_err(LoadError::Invalid)?;
    Ok((module, stack_pointer::size(core)))
}

/// Checks, rewrites, validates and translates any module.
fn checked(core: &[u8]) -> Result<(wasmi::Module, Option<u32>), LoadError> {
    let checked = validate::validate(core);
    let mut config = config();
    if matches!(checked, Ok(locals) if core.len() <= LAZY && locals <= LAZY_LOCALS) {
        config.compilation_mode(CompilationMode::LazyTranslation);
    }
    let engine = Engine::new(&config);
    let valid = || wasmi::Module::validate(&engine, core).map_err(LoadError::Invalid);
    if let Err(rejected) = checked {
        // The interpreter has a better error for what is no instruction at all.
        if matches!(rejected, Rejected::Unknown { .. }) {
            valid()?;
        }
        return Err(LoadError::Rejected(rejected));
    }
    let exported = start_function::export(core);
    if matches!(exported, Cow::Owned(_)) {
        // An export can be what a start function can't.
        valid()?;
    }
    let (exported, stack) = stack_pointer::export(exported);
    // The interpreter validates the rewritten module. `loops` makes nothing valid that was not, so
    // this is enough, but its error has offsets that the file has not.
    let module = wasmi::Module::new(&engine, loops::split(&exported))
        .map_err(|error| valid().err().unwrap_or(LoadError::Invalid(error)))?;
    Ok((module, stack))
}

/// The configuration of wasmi, including the fuel for each operator.
pub(super) fn config() -> Config {
    let mut config = Config::default();
    config.consume_fuel(true);
    // Clients must not choose when the host translates how much: see `LAZY`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_the_interpreter_can_not_translate_is_told_when_it_is_loaded() {
        let with = |locals: usize| {
            let text = format!("(module (func (local{})))", " i64".repeat(locals));
            Translated::new(&wat::parse_str(text).unwrap())
        };
        assert!(with(LAZY_LOCALS).is_ok());
        let error = with(40_000).err().unwrap();
        assert!(matches!(error, LoadError::Invalid(_)), "{error}");
    }
}
