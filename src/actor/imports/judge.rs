//! Judges whether the host can provide a module's imports.

use wasmi::ExternType;
use wit_core::{Shape, shape};

use super::{Grants, Import, find};
use crate::{
    actor::verdict::{Item, Verdict, describe, shown},
    interfaces,
};

/// The prefix of the host's own interfaces.
const OWN: &str = "footlight:host/";

/// Judges every import of a module. `shape` is the module's shape, if it is known.
pub(crate) fn judge(module: &wasmi::Module, shape: Option<Shape>, grants: Grants<'_>) -> Vec<Item> {
    let items = module.imports().map(|import| {
        let (from, name) = (import.module(), import.name());
        // A module without a shape does not run anyway, so any shape will do here.
        let verdict = match find(shape.unwrap_or(Shape::Guide), from, name) {
            Some(known) => judge_known(known, import.ty(), grants),
            None => Verdict::Wrong(advice(from, name)),
        };
        Item::new(&format!("{from}.{name}"), import.ty(), verdict)
    });
    items.collect()
}

/// The verdict on an import that the host knows.
fn judge_known(known: &Import, ty: &ExternType, grants: Grants<'_>) -> Verdict {
    let expected = known.core_type();
    let fits = matches!(ty, ExternType::Func(ty)
        if ty.params() == expected.params() && ty.results() == expected.results());
    if !fits {
        let expected = if *known.interface == interfaces::RUNTIME {
            format!("`log` takes a string: {}", shape::LOG.1)
        } else {
            format!("`{known}` is {}", known.ty())
        };
        return Verdict::Wrong(format!(
            "its type is {}, but {expected}; rebuild the actor with bindings made from this \
             project's WIT files",
            describe(ty)
        ));
    }
    match grants.allow(known.interface) {
        Ok(()) => Verdict::Used(known.role),
        Err(advice) => Verdict::Wrong(advice.into()),
    }
}

/// Says why the host has no such import, and what to do.
fn advice(module: &str, name: &str) -> String {
    if module.starts_with("wasi_snapshot_preview1") || module.starts_with("wasi:") {
        "this host offers no WASI; build the actor for wasm32-unknown-unknown, leave out what needs \
         sockets or the environment, and take the clock, random bytes and files from \
         `footlight:host`"
            .into()
    } else if module.starts_with(OWN) {
        let modules = interfaces::OWN.iter().flat_map(|interface| interface.modules);
        let modules: Vec<_> = modules.map(|module| format!("`{module}`")).collect();
        format!(
            "this host has no such function; it has {}: build the actor with this project's \
             wit/host",
            modules.join(", ")
        )
    } else if module.starts_with("ntwk:theater/") || module.starts_with("theater:simple/") {
        let runtime = shape::RUNTIME_MODULES.map(|module| format!("`{module}.{}`", shape::LOG.0));
        format!(
            "of Theater's imports this host offers only {}, its `filesystem`, and `send-http` of \
             its `http-client`; remove the call",
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
