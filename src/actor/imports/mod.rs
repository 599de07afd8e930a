//! What a guest may import: a table with a row for each function, in a file for each interface.
//!
//! A new import is one row and one function beside it ([`row`] says how they are written), the
//! WIT, and a test. Another package is another file, and another line of `TABLES`.
//!
//! - [`row`]: what a row is.
//! - [`connections`], [`alarm`], [`clock`], [`random`], [`files`]: the interfaces of
//!   `footlight:host`; [`theater`]: what there is of Theater's.
//! - [`grants`]: which interfaces an actor gets.
//! - [`judge`]: whether a module's imports fit.
//! - [`guest`]: what the interpreter keeps for an instance. `log` and `clock.now`, which are done at
//!   once, find all they need there.
//! - [`suspended`]: a call at which the guest is suspended.
//!
//! Most functions may need the guest's allocator, which is an entry into the guest like any other,
//! or a file, which takes its time. So the guest's call ends with an [`ImportCall`] as if the
//! function had failed; `instance` does what is asked for and lets the guest go on.

pub mod alarm;
pub mod clock;
pub mod connections;
pub mod files;
pub mod grants;
pub mod guest;
pub mod judge;
pub mod random;
pub mod row;
pub mod suspended;
pub mod theater;

use std::collections::BTreeSet;

use wasmi::{Caller, Linker, Val};
use wit_core::Shape;

pub use grants::Grants;
pub use guest::Guest;
pub use row::{Import, Kind, Step, Trap};
pub use suspended::{ImportCall, SliceSpent};

/// The rows of all interfaces.
const TABLES: [&[Import]; 6] =
    [connections::ROWS, alarm::ROWS, clock::ROWS, random::ROWS, files::ROWS, theater::ROWS];

/// Every function that an actor may import.
pub fn all() -> impl Iterator<Item = &'static Import> {
    TABLES.into_iter().flatten()
}

/// The function that a module of this shape means by an import's two names.
pub fn find(shape: Shape, module: &str, name: &str) -> Option<&'static Import> {
    all().find(|import| {
        import.name == name
            && import.interface.modules.contains(&module)
            && import.shapes.contains(&shape)
    })
}

/// Adds what a module of this shape imports, as far as it is granted.
///
/// # Errors
/// A name is added twice, which would be this program's mistake.
pub fn add_to(
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
