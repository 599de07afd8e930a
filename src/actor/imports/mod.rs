//! The functions that a guest may import: a table with a row for each function, and a file for each
//! interface.
//!
//! To add an import, write a row and a function beside it (see [`row`]), its WIT, and a test.
//! Another package needs another file, and another line in `TABLES`.
//!
//! - [`row`]: the parts of a row.
//! - [`connections`], [`alarm`], [`clock`], [`random`], [`files`], [`storage`]: the interfaces of
//!   `footlight:host`. [`http`]: requests to servers, in Theater's form too. [`messages`]: messages to other
//!   actors. [`mqtt`]: messages of brokers. [`theater`]: the other functions that the host has of
//!   Theater's packages.
//! - [`wasi`]: the functions of WASI that actors may use.
//! - [`traps`]: the functions of Theater's that a module may import and must not call.
//! - [`grants`]: which interfaces an actor may import.
//! - [`judge`]: whether the host can provide a module's imports.
//! - [`growth`]: bounds an instance's memory and tables.
//! - [`guest`]: the host's data about an instance. The immediate imports `log` and `clock.now` find
//!   everything there.
//! - [`suspended`]: the call at which a guest is suspended.
//!
//! Most functions may need the guest's allocator, which is an entry into the guest, or a file,
//! which takes time. So the interpreter's call ends with an [`ImportCall`] as its error.
//! `import_call` then runs the function and resumes the guest.

pub mod alarm;
pub mod clock;
pub mod connections;
pub mod files;
pub mod grants;
mod growth;
pub mod guest;
pub mod http;
pub mod judge;
pub mod messages;
pub mod mqtt;
pub mod random;
pub mod row;
pub mod storage;
pub mod suspended;
pub mod theater;
mod traps;
pub mod wasi;

use std::collections::BTreeSet;

use wasmi::{Caller, ExternType, FuncType, Linker, Val};
use wit_core::Shape;

pub use grants::Grants;
pub use growth::Growth;
use guest::charge;
pub use guest::{Ambient, Guest};
use row::Run;
pub use row::{Import, Kind, Step, Trap};
use suspended::MAX_PARAMETERS;
pub use suspended::{ImportCall, SliceSpent};

use crate::features::{BROKERS, REQUESTS};

/// The tables of all interfaces but those of WASI and of parts that were left out of this build.
const TABLES: [&[Import]; 10] = [
    connections::ROWS,
    alarm::ROWS,
    clock::ROWS,
    random::ROWS,
    files::ROWS,
    if REQUESTS.is_built { http::ROWS } else { &[] },
    messages::ROWS,
    if BROKERS.is_built { mqtt::ROWS } else { &[] },
    storage::ROWS,
    theater::ROWS,
];

/// Every function that an actor may import, without those of WASI.
pub fn all() -> impl Iterator<Item = &'static Import> {
    TABLES.into_iter().flatten()
}

/// The function that an import's two names mean in a module of this shape.
pub fn find(shape: Shape, module: &str, name: &str) -> Option<&'static Import> {
    let known = |import: &&Import| {
        import.name == name && import.interface.has(module) && import.shapes.contains(&shape)
    };
    all().find(known).or_else(|| wasi::find(module, name))
}

/// Adds the imports that modules of this shape may have. Their functions trap if they are not granted
/// when they are called: a reload may grant them later.
///
/// # Errors
/// A name is added twice, which would be a bug of this program.
pub(crate) fn add_to(
    linker: &mut Linker<Guest>,
    module: &wasmi::Module,
    shape: Shape,
) -> Result<(), wasmi::Error> {
    let mut added = BTreeSet::new();
    for import in module.imports() {
        let names = (import.module(), import.name());
        let ExternType::Func(ty) = import.ty() else { continue };
        if !added.insert(names) {
            continue;
        }
        let Some(known) = find(shape, names.0, names.1) else {
            if let Some(reason) = traps::not_offered(names.0) {
                traps::add(linker, names, ty.clone(), reason)?;
            }
            continue;
        };
        match known.kind {
            Kind::Immediate { add, .. } => add(linker, names.0, names.1)?,
            Kind::AtOnce { run, .. } => add_at_once(linker, names, ty.clone(), run)?,
            Kind::Unsupported { answer } => {
                let miss = move |mut caller: Caller<'_, Guest>, _: &[Val], results: &mut [Val]| {
                    charge(&mut caller, AT_ONCE)?;
                    caller.data_mut().say_once(known.name, "the host does not support it");
                    answer_with(results, answer);
                    Ok(())
                };
                linker.func_new(names.0, names.1, known.core_type(), miss)?;
            }
            Kind::Suspending { call, .. } => {
                let suspend = move |_: Caller<'_, Guest>, values: &[Val], _: &mut [Val]| {
                    Err(wasmi::Error::host(ImportCall::new(known, call, values)))
                };
                linker.func_new(names.0, names.1, known.core_type(), suspend)?;
            }
        }
    }
    Ok(())
}

/// The cost of any call of a function that runs at once.
const AT_ONCE: u64 = 150;

/// Adds a function that runs at once. The slice ends behind it if it is used up, unless there is a
/// result: see [`Kind::Suspending`].
fn add_at_once(
    linker: &mut Linker<Guest>,
    names: (&str, &str),
    ty: FuncType,
    run: Run,
) -> Result<(), wasmi::Error> {
    let call = move |mut caller: Caller<'_, Guest>, values: &[Val], results: &mut [Val]| {
        charge(&mut caller, AT_ONCE)?;
        let mut parameters = [0; MAX_PARAMETERS];
        suspended::flat(values, &mut parameters);
        answer_with(results, run(&mut caller, &parameters)?);
        let goes_on = !results.is_empty() || caller.data().debt == 0;
        if goes_on { Ok(()) } else { Err(wasmi::Error::host(SliceSpent)) }
    };
    linker.func_new(names.0, names.1, ty, call)?;
    Ok(())
}

/// Sets a function's result, if it has one.
fn answer_with(results: &mut [Val], answer: u64) {
    match results.first_mut() {
        Some(Val::I32(value)) => *value = u32::try_from(answer).unwrap_or_default().cast_signed(),
        Some(Val::I64(value)) => *value = answer.cast_signed(),
        _ => {}
    }
}

// They need every row.
#[cfg(all(test, feature = "http-client", feature = "mqtt"))]
mod tests;
