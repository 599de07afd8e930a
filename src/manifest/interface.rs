//! The manifest's `[interface]`: what the actor claims to implement and to require.
//!
//! The host finds an actor's shape in the module itself, so it keeps nothing of this. It warns if the
//! table names something that this host does not have, and refuses what needs a handler that is not
//! there.

use super::handler::{Handler, missing_capabilities};
use crate::{
    config::{Table, Value},
    interfaces,
};

/// The names that the interface's package has had: the guide's, and the later one.
const PACKAGES: [&str; 2] = ["ntwk:theater", "theater:simple"];
/// The interfaces that an actor may implement.
const IMPLEMENTS: [&str; 6] =
    ["websocket-server", "http-server", "message-server-client", "actor", "types", "http-types"];
/// The interfaces of these packages that an actor may require.
const REQUIRES: [&str; 6] =
    ["runtime", "types", "filesystem", "http-client", "message-server-host", "http-types"];

/// Checks the `[interface]` of an actor with these handlers.
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
    let capabilities = missing_capabilities(handlers);
    // The host's own interfaces under their full names.
    let own =
        interfaces::OWN.map(|interface| interface.modules.first().copied().unwrap_or_default());
    for (item, name) in names(value).iter().flatten() {
        if !own.contains(name) && known(name, &REQUIRES).is_none() {
            let problem =
                format!("{} is not offered by this host, so a call of it traps", item.named());
            let own = own.map(|name| format!("`{name}`")).join(", ");
            item.place.warn(problem, format!("this host offers {}, and {own}", list(&REQUIRES)));
            continue;
        };
        let missing = capabilities.iter().find(|(_, capability)| {
            capability.interfaces.iter().any(|interface| interface.modules.contains(name))
        });
        if let Some((ty, capability)) = missing {
            let named = item.named();
            match ty.lacks() {
                Some(part) => {
                    let problem = format!("{named} can't be granted: {}", part.problem());
                    item.place.refuse(problem, part.advice());
                }
                None => item.place.refuse(format!("{named} {}", capability.missing), ty.advice()),
            }
        }
    }
}

/// Checks the interfaces that the actor says it implements. Its exports decide what is called.
fn check_implements(value: &Value<'_>) {
    for (item, name) in names(value).iter().flatten() {
        if known(name, &IMPLEMENTS).is_none() {
            let problem = format!("{} has no effect: this host does not call it", item.named());
            item.place.warn(problem, format!("this host calls {}", list(&IMPLEMENTS)));
        }
    }
}

/// The names in a string or a list of strings. `None` if anything else is there.
fn names<'d>(value: &Value<'d>) -> Option<Vec<(Value<'d>, &'d str)>> {
    let Some(items) = value.items() else {
        let Some(name) = value.as_str() else {
            value.refuse_as("an interface", "write its name in quotes, or a list of names");
            return None;
        };
        return Some(vec![(value.clone(), name)]);
    };
    // Check all items before returning, so that every mistake is reported.
    let strings: Vec<_> = items.into_iter().map(|item| (item.string(), item)).collect();
    strings.into_iter().map(|(name, item)| Some((item, name?))).collect()
}

/// The interface that a full name stands for, if it is one of `interfaces`.
fn known<'k>(name: &str, interfaces: &[&'k str]) -> Option<&'k str> {
    let (package, interface) = name.split_once('/')?;
    let found = interfaces.iter().find(|known| **known == interface)?;
    PACKAGES.contains(&package).then_some(*found)
}

/// Lists interfaces for a message.
fn list(interfaces: &[&str]) -> String {
    let names: Vec<String> = interfaces.iter().map(|name| format!("`{name}`")).collect();
    format!("{} of `{}`", names.join(", "), PACKAGES.join("` or `"))
}
