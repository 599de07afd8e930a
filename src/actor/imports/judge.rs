//! Judges whether the host can provide a module's imports.

use wasmi::ExternType;
use wit_core::{Shape, shape};

use super::{Grants, Import, find, traps, wasi};
use crate::{
    actor::{
        toolchain::Toolchain,
        verdict::{Item, Verdict, describe},
    },
    interfaces,
};

/// The prefix of the host's own interfaces.
const OWN: &str = "footlight:host/";

/// Judges every import of a module. `shape` is the module's shape, if it is known.
pub(crate) fn judge(
    module: &wasmi::Module,
    shape: Option<Shape>,
    grants: Grants<'_>,
    toolchain: Toolchain,
) -> Vec<Item> {
    let unlinked = if is_object(module) { OBJECT } else { LINKED };
    let linked = is_linked(module).then_some(unlinked);
    let items = module.imports().map(|import| {
        let (from, name) = (import.module(), import.name());
        // A module without a shape does not run anyway, so any shape will do here.
        let verdict = match find(shape.unwrap_or(Shape::Guide), from, name) {
            Some(known) => judge_known(known, import.ty(), grants),
            None => match traps::not_offered(from) {
                Some(reason) if matches!(import.ty(), ExternType::Func(_)) => {
                    Verdict::Traps(reason)
                }
                _ => {
                    let of_linker = from == "env" || from.starts_with(GLOBAL_OFFSETS);
                    let why = linked.filter(|_| of_linker).map(String::from);
                    Verdict::Wrong(why.unwrap_or_else(|| advice(from, toolchain)))
                }
            },
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
        let source = if wasi::is_named(known.interface.modules.first().unwrap_or(&"")) {
            "WASI's own"
        } else {
            "this project's"
        };
        return Verdict::Wrong(format!(
            "its type is {}, but {expected}; rebuild the actor with bindings made from {source} \
             WIT files",
            describe(ty)
        ));
    }
    match grants.allow(known.interface) {
        Ok(()) => Verdict::Used(known.role),
        Err(advice) => Verdict::Traps(advice.into()),
    }
}

/// Says why the host has no such import, and what to do. The text is the same for all imports of a
/// kind, so that it is said once.
fn advice(module: &str, toolchain: Toolchain) -> String {
    if module.starts_with("wasi:http/") {
        "this host offers no HTTP of WASI; ask servers with `footlight:host/http` and a handler \
         `http-client`, and answer requests with a handler `http-server`"
            .into()
    } else if module.starts_with("gojs") || module == "go" {
        format!("this is for a browser; {}", Toolchain::Go.build())
    } else if wasi::is_named(module) {
        format!(
            "this host offers no such part of WASI (docs/actors.md lists what it offers); {}",
            toolchain.build()
        )
    } else if module.starts_with(OWN) {
        let modules = interfaces::OWN.iter().flat_map(|interface| interface.modules);
        let modules: Vec<_> = modules.map(|module| format!("`{module}`")).collect();
        format!(
            "this host has no such function; it has {}: build the actor with this project's \
             wit/host",
            modules.join(", ")
        )
    } else if module.starts_with("ntwk:theater/") || module.starts_with("theater:simple/") {
        "this host knows no such interface of Theater's; remove the call".into()
    } else if module.contains("wbindgen") || module == "wbg" {
        "wasm-bindgen's glue needs a browser; look for a dependency with a feature such as `js` \
         or `wasmbind` and turn it off"
            .into()
    } else if module == "env" && toolchain == Toolchain::AssemblyScript {
        "this host has no such function; compile with `asc --use abort=`, and without `trace` and \
         `seed`"
            .into()
    } else if module == "env" {
        "the linker left it undefined; link the library that has it, or remove the call".into()
    } else {
        "this host has nothing of this name; remove the call".into()
    }
}

/// The module of imports of addresses in other linked modules (`DynamicLinking.md` of the WebAssembly
/// tool conventions).
const GLOBAL_OFFSETS: &str = "GOT.";

/// What to do with an actor of several linked modules.
const LINKED: &str = "the actor is made of several linked modules, and this host runs one; build it \
                      without dynamic linking, which componentize-py and componentize-qjs can't do";

/// What to do with a file that no linker has made.
const OBJECT: &str = "this is an object file, which was not linked; leave out `-c`";

/// Whether a module is an object file (`Linking.md` of the tool conventions).
fn is_object(module: &wasmi::Module) -> bool {
    module.imports().any(|import| import.name() == "__linear_memory")
}

/// Whether a module is one of several that are linked to each other: it imports their memory or
/// addresses, or is one of wit-component's linker.
pub(crate) fn is_linked(module: &wasmi::Module) -> bool {
    const OF_ENV: [&str; 6] = [
        "__linear_memory",
        "__memory_base",
        "__table_base",
        "__stack_pointer",
        "__indirect_function_table",
        "memory",
    ];
    module.imports().any(|import| {
        let (from, name) = (import.module(), import.name());
        from.starts_with(GLOBAL_OFFSETS)
            || (from == "env" && (OF_ENV.contains(&name) || name.starts_with("wit_dylib_")))
    })
}
