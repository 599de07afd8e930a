//! The `config` of an `http-client` handler: which servers the actor may ask.

use super::{
    address::{self, Place},
    grant::Grant,
    url::{Host, Scheme, Url},
};
use crate::{
    config::{Capability, HandlerType, Table, Value},
    features::REQUESTS,
    interfaces,
};

/// This type of handler.
pub const TYPE: HandlerType = HandlerType {
    name: "http-client",
    example: "config = { allow = [\"https://api.example.org\"] }",
    brings_events: false,
    capabilities: &[Capability {
        interfaces: &[&interfaces::HTTP, &interfaces::HTTP_CLIENT],
        missing: "needs servers that it may ask, and no handler names any",
        advice: "the manifest grants no requests to servers; add [[handlers]] with type = \
                 \"http-client\" and config = { allow = [\"https://…\"] }, the servers that the \
                 actor may ask",
    }],
    feature: Some(&REQUESTS),
};

/// What to write if `allow` is missing or wrong.
const ALLOW: &str = "add allow = [\"https://api.example.org\"], the servers that the actor may \
                     ask, with a path if that is all it may use there";

/// All handlers of this type that one actor has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// What the actor may ask. Each handler's own `private` is in its grants.
    pub grants: Vec<Grant>,
}

impl Config {
    /// Reads the `config` of each handler of this type.
    pub fn read(entries: Vec<(usize, Table<'_>)>) -> Self {
        let grants = entries.into_iter().flat_map(|(_, table)| read_grants(table));
        Self { grants: grants.collect() }
    }

    /// The file descriptors that these handlers need, if so many requests are under way beside that of
    /// the call. Each has a lookup or a connection.
    pub fn descriptors(&self, fetches: usize) -> usize {
        fetches.saturating_add(1)
    }
}

/// Reads the `config` of one handler.
fn read_grants(mut table: Table<'_>) -> Vec<Grant> {
    let allow = table.get("allow");
    if allow.is_none() {
        // Theater's handlers of this type had no keys.
        table.place().warn("grants no servers, so every request is refused", ALLOW);
    }
    let private = table.get("private").map_or(Some(false), |value| value.boolean());
    table.finish();
    let Some(allow) = allow else { return Vec::new() };
    let items = allow.items().unwrap_or_default();
    if items.is_empty() {
        allow.refuse_as("a list of addresses", ALLOW);
    }
    items.iter().filter_map(|item| read_grant(item, private.unwrap_or(false))).collect()
}

/// Reads an entry of `allow`.
fn read_grant(value: &Value<'_>, private: bool) -> Option<Grant> {
    let text = value.string()?;
    let advice = "write an address such as \"https://api.example.org\" or \
                  \"http://10.0.0.5:8123/api\"";
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => {
            value.place.refuse(format!("{} can't be allowed: {error}", value.shown()), advice);
            return None;
        }
    };
    let refuse = |problem: &str, advice: &str| {
        value.place.refuse(format!("{} {problem}", value.shown()), advice.to_owned());
        None
    };
    if url.query.is_some() || text.contains('#') {
        return refuse(
            "has a query or a fragment",
            "end it with the path, which allows all queries",
        );
    }
    if let Host::Address(address) = url.origin.host
        && address::place(address) == Place::Never
    {
        return refuse("is the address of no server", advice);
    }
    if url.origin.scheme == Scheme::Https && !cfg!(feature = "tls") {
        return refuse(
            "needs TLS, and this footlight was built without it",
            "build it with `--features tls`",
        );
    }
    Some(Grant { origin: url.origin, path: url.path, private })
}
