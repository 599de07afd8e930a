//! What the host does for the guest: the interface `runtime`.

use std::sync::Arc;

use wasmi::{Caller, Extern, ExternType, Linker, StoreLimits};
use wit_core::{lift, shape};

use super::inspect::{Item, Verdict, describe, shown, signature};
use crate::exchange::{ConnectionId, Lines};

/// What belongs to one instance on the host's side.
pub struct Guest {
    /// How far its memory and tables may grow.
    pub limits: StoreLimits,
    /// Where its lines go.
    pub lines: Arc<Lines>,
    /// The most bytes of one line: `limits.log_line`.
    pub line: usize,
    /// Whose event is being handled.
    pub connection: Option<ConnectionId>,
}

/// Adds everything that a guest may import.
///
/// # Errors
/// A name is added twice, which would be this program's mistake.
pub fn add_to(linker: &mut Linker<Guest>) -> Result<(), wasmi::Error> {
    for module in shape::RUNTIME_MODULES {
        linker.func_wrap(module, shape::LOG.0, log)?;
    }
    Ok(())
}

/// `log: func(msg: string)`: a line in the host's log, marked as the actor's.
fn log(caller: Caller<'_, Guest>, ptr: u32, len: u32) -> Result<(), wasmi::Error> {
    let Some(Extern::Memory(memory)) = caller.get_export(shape::MEMORY) else {
        return Err(wasmi::Error::new("`log` was called, but no memory is exported"));
    };
    let guest = caller.data();
    let (text, more) = lift::prefix(memory.data(&caller), "msg", ptr, len, guest.line)
        .map_err(|error| wasmi::Error::new(format!("in a call of `log`, {error}")))?;
    match more {
        0 => guest.lines.guest(guest.connection, format_args!("{text}")),
        _ => guest.lines.guest(guest.connection, format_args!("{text}… ({more} bytes more)")),
    }
    Ok(())
}

/// Looks at every import of a module.
pub fn judge(module: &wasmi::Module) -> Vec<Item> {
    let items = module.imports().map(|import| {
        let known =
            shape::RUNTIME_MODULES.contains(&import.module()) && import.name() == shape::LOG.0;
        let fits = match import.ty() {
            ExternType::Func(ty) => signature(ty) == Some(shape::LOG.1),
            _ => false,
        };
        let verdict = match (known, fits) {
            (true, true) => Verdict::Used("writes to the host's log"),
            (true, false) => Verdict::Wrong(format!(
                "its type is {}, but `log` takes a string: {}; rebuild the actor with bindings \
                 made from this project's WIT files",
                describe(import.ty()),
                shape::LOG.1
            )),
            (false, _) => Verdict::Wrong(advice(import.module(), import.name())),
        };
        Item::new(&format!("{}.{}", import.module(), import.name()), import.ty(), verdict)
    });
    items.collect()
}

/// Why the host has no such import, and what to do.
fn advice(module: &str, name: &str) -> String {
    if module.starts_with("wasi_snapshot_preview1") || module.starts_with("wasi:") {
        "this host offers no WASI; build the actor for wasm32-unknown-unknown, and leave out what \
         needs files, sockets, the environment or a clock"
            .into()
    } else if module.starts_with("ntwk:theater/") || module.starts_with("theater:simple/") {
        let runtime = shape::RUNTIME_MODULES.map(|module| format!("`{module}.{}`", shape::LOG.0));
        format!(
            "of Theater's imports this host offers only {}; remove the call",
            runtime.join(" and ")
        )
    } else if module.contains("wbindgen") || module == "wbg" {
        "wasm-bindgen's glue needs a browser; look for a dependency with a feature such as `js` \
         or `wasmbind` and turn it off"
            .into()
    } else if module == "env" {
        format!(
            "the linker left `{}` undefined; link the library that has it, or remove the call \
             (AssemblyScript: compile with --use abort=)",
            shown(name)
        )
    } else {
        "this host has nothing of this name; remove the call".into()
    }
}
