//! The functions that a guest may import: a table with a row for each function, and a file for each
//! interface.
//!
//! To add an import, write a row and a function beside it (see [`row`]), its WIT, and a test.
//! Another package needs another file, and another line in `TABLES`.
//!
//! - [`row`]: the parts of a row.
//! - [`connections`], [`alarm`], [`clock`], [`random`], [`files`], [`storage`]: the interfaces of
//!   `footlight:host`. [`http`]: requests to servers, in Theater's form too. [`messages`]: messages to other
//!   actors. [`theater`]: the other functions that the host has of Theater's packages.
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
pub mod random;
pub mod row;
pub mod storage;
pub mod suspended;
pub mod theater;

use std::collections::BTreeSet;

use wasmi::{Caller, Linker, Val};
use wit_core::Shape;

pub use grants::Grants;
pub use growth::Growth;
pub use guest::Guest;
pub use row::{Import, Kind, Step, Trap};
pub use suspended::{ImportCall, SliceSpent};

/// The tables of all interfaces.
const TABLES: [&[Import]; 9] = [
    connections::ROWS,
    alarm::ROWS,
    clock::ROWS,
    random::ROWS,
    files::ROWS,
    http::ROWS,
    messages::ROWS,
    storage::ROWS,
    theater::ROWS,
];

/// Every function that an actor may import.
pub fn all() -> impl Iterator<Item = &'static Import> {
    TABLES.into_iter().flatten()
}

/// The function that an import's two names mean in a module of this shape.
pub fn find(shape: Shape, module: &str, name: &str) -> Option<&'static Import> {
    all().find(|import| {
        import.name == name
            && import.interface.modules.contains(&module)
            && import.shapes.contains(&shape)
    })
}

/// Adds the imports that modules of this shape may use and that are granted.
///
/// # Errors
/// A name is added twice, which would be a bug of this program.
pub(crate) fn add_to(
    linker: &mut Linker<Guest>,
    module: &wasmi::Module,
    shape: Shape,
    grants: Grants<'_>,
) -> Result<(), wasmi::Error> {
    let mut added = BTreeSet::new();
    for import in module.imports() {
        let names = (import.module(), import.name());
        let Some(known) = find(shape, names.0, names.1) else { continue };
        if grants.allow(known.interface).is_err() || !added.insert(names) {
            continue;
        }
        match known.kind {
            Kind::Immediate { add, .. } => add(linker, names.0, names.1)?,
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

#[cfg(test)]
mod tests;
