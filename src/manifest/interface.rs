//! The manifest's `[interface]`: what the actor says it implements and requires.
//!
//! The host finds the shape of an actor in the module itself, so nothing here is kept. It is
//! checked all the same: a manifest that asks for what this host does not have would only
//! fail later and less clearly.

use super::handler::{Handler, withheld};
use crate::{
    config::{Table, Value},
    interfaces,
};

/// The packages that the interface has had: the guide's, and the later one.
const PACKAGES: [&str; 2] = ["ntwk:theater", "theater:simple"];
/// The interface that makes an actor one of this host.
const SERVER: &str = "websocket-server";
/// What an actor may implement.
const IMPLEMENTS: [&str; 3] = [SERVER, "actor", "types"];
/// What an actor may require of these packages.
const REQUIRES: [&str; 3] = ["runtime", "types", "filesystem"];

/// Checks `[interface]` of an actor that has these handlers.
pub(super) fn check(mut table: Table<'_>, handlers: &[Handler]) {
    if let Some(value) = table.get("implements") {
        check_implements(&value);
    }
    if let Some(value) = table.get("requires") {
        check_requires(&value, handlers);
    }
    table.finish();
}

/// Checks the interfaces that the actor says it imports.
fn check_requires(value: &Value<'_>, handlers: &[Handler]) {
    let withheld = withheld(handlers);
    // Each of the host's own package under its whole name.
    let own =
        interfaces::OWN.map(|interface| interface.modules.first().copied().unwrap_or_default());
    for (item, name) in names(value).iter().flatten() {
        if !own.contains(name) && known(name, &REQUIRES).is_none() {
            let problem = format!("{} is not offered by this host", item.named());
            let own = own.map(|name| format!("`{name}`")).join(", ");
            item.place.refuse(
                problem,
                format!(
                    "remove it, and the import from the actor; this host offers {}, and {own}",
                    list(&REQUIRES)
                ),
            );
            continue;
        };
        let missing = withheld.iter().find(|(_, capability)| {
            capability.interfaces.iter().any(|interface| interface.modules.contains(name))
        });
        if let Some((about, capability)) = missing {
            item.place.refuse(format!("{} {}", item.named(), capability.missing), about.advice());
        }
    }
}

/// Checks the interfaces that the actor says it implements.
fn check_implements(value: &Value<'_>) {
    let Some(names) = names(value) else { return };
    let mut unknown = false;
    for (item, name) in &names {
        if known(name, &IMPLEMENTS).is_none() {
            unknown = true;
            let problem = format!("{} is not an interface that this host calls", item.named());
            let advice = format!("remove it; this host calls {}", list(&IMPLEMENTS));
            item.place.refuse(problem, advice);
        }
    }
    let server = names.iter().any(|(_, name)| known(name, &IMPLEMENTS) == Some(SERVER));
    // A name that was refused just now may be the misspelt one that is missing.
    if !server && !unknown {
        let example = PACKAGES.map(|package| format!("\"{package}/{SERVER}\"")).join(" or ");
        value.place.refuse(format!("does not name a {SERVER} interface"), format!("add {example}"));
    }
}

/// The names in a string or a list of strings. `None` if any of it is something else.
fn names<'d>(value: &Value<'d>) -> Option<Vec<(Value<'d>, &'d str)>> {
    let Some(items) = value.items() else {
        let Some(name) = value.as_str() else {
            value.refuse_as("an interface", "write its name in quotes, or a list of names");
            return None;
        };
        return Some(vec![(value.clone(), name)]);
    };
    // All of them are looked at before the first that is not a string ends it.
    let strings: Vec<_> = items.into_iter().map(|item| (item.string(), item)).collect();
    strings.into_iter().map(|(name, item)| Some((item, name?))).collect()
}

/// The interface that a full name means, if it is one of `interfaces`.
fn known<'k>(name: &str, interfaces: &[&'k str]) -> Option<&'k str> {
    let (package, interface) = name.split_once('/')?;
    let found = interfaces.iter().find(|known| **known == interface)?;
    PACKAGES.contains(&package).then_some(*found)
}

/// Interfaces as a message lists them.
fn list(interfaces: &[&str]) -> String {
    let names: Vec<String> = interfaces.iter().map(|name| format!("`{name}`")).collect();
    format!("{} of `{}`", names.join(", "), PACKAGES.join("` or `"))
}
