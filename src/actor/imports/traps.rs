//! The functions of Theater's, and the files and sockets of WASI 0.2, that this host does not offer, and
//! those of parts that were left out of this build. A module may import them and must not call them: many
//! actors import more than they call.

use wasmi::{Caller, FuncType, Linker, Val};

use super::guest::Guest;
use crate::features;

/// The packages of Theater, by their names in modules.
const PACKAGES: [&str; 2] = ["ntwk:theater/", "theater:simple/"];

/// The interfaces of Theater that this host does not offer, with what to do instead.
const NOT_OFFERED: &[(&str, &str)] = &[
    ("runtime", "of Theater's `runtime` this host offers only `log`"),
    ("supervisor", "this host offers no `supervisor`; give each actor a manifest of its own"),
    ("store", "this host offers no `store`; keep values with `footlight:host/storage`"),
    ("process", "this host starts no programs"),
    ("environment", "this host offers no `environment`; read the manifest's [env] through WASI"),
    ("timing", "this host offers no `timing`; set an alarm with `footlight:host/alarm`"),
    ("random", "this host offers no `random` of Theater's; use `footlight:host/random`"),
    ("filesystem", "this host has no such function of `filesystem`, and runs no commands"),
    ("http-client", "of Theater's `http-client` this host offers only `send-http`"),
    ("http-framework", "this host offers no `http-framework`; use a handler `http-server`"),
    ("message-server-host", "of `message-server-host` this host offers only `send` and `request`"),
];

/// Says why this host does not offer a function of an interface, and what to do. `None` if the
/// interface is not one of those that are known.
pub(super) fn not_offered(module: &str) -> Option<String> {
    let lacking = features::lacking(module).map(ToString::to_string);
    lacking.or_else(|| reason(module).map(Into::into))
}

/// The same for a build with all features.
fn reason(module: &str) -> Option<&'static str> {
    if module.contains("@0.2.") {
        if module.starts_with("wasi:filesystem/") {
            return Some("this host offers no files of WASI; use `footlight:host/files`");
        }
        if module.starts_with("wasi:sockets/") {
            return Some(
                "this host offers no sockets; ask servers with `footlight:host/http` and a handler \
                 `http-client`",
            );
        }
    }
    let name = PACKAGES.iter().find_map(|package| module.strip_prefix(package))?;
    NOT_OFFERED.iter().find(|(known, _)| *known == name).map(|(_, reason)| *reason)
}

/// Adds a function that traps for this reason.
pub(super) fn add(
    linker: &mut Linker<Guest>,
    (module, name): (&str, &str),
    ty: FuncType,
    reason: String,
) -> Result<(), wasmi::Error> {
    let trap = move |_: Caller<'_, Guest>, _: &[Val], _: &mut [Val]| {
        Err(wasmi::Error::new(reason.clone()))
    };
    linker.func_new(module, name, ty, trap)?;
    Ok(())
}
