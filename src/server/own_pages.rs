//! The texts that the host itself serves. `build.rs` has compressed them.

use std::sync::LazyLock;

use super::{endpoint::Endpoint, response::Response, validators::Validators};
use crate::compressed::text;

/// A page on which a person can talk to the actor.
static CONSOLE: LazyLock<String> =
    LazyLock::new(|| text(include_bytes!(concat!(env!("OUT_DIR"), "/console.html"))));
/// The client for the actors' pages, without its comments.
static CLIENT: LazyLock<String> =
    LazyLock::new(|| text(include_bytes!(concat!(env!("OUT_DIR"), "/footlight.js"))));

/// The part of the console page that inspects an actor, without its comments.
static INSPECTOR: LazyLock<String> =
    LazyLock::new(|| text(include_bytes!(concat!(env!("OUT_DIR"), "/inspector.js"))));

/// What the console page may do: run its own script, open WebSockets, and nothing else. `$scripts` are
/// other scripts that it may run.
macro_rules! policy {
    ($scripts:literal) => {
        concat!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
            $scripts,
            "; connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        )
    };
}
/// What the console page may do.
const CONSOLE_POLICY: &str = policy!("");
/// The same, and it may load the inspector's script.
const INSPECTOR_POLICY: &str = policy!(" 'self'");

/// The console page.
pub(crate) fn console(endpoint: &Endpoint) -> Response {
    // An inspector's page has its token in its address, and loads its script.
    let policy = if endpoint.inspect.is_some() { INSPECTOR_POLICY } else { CONSOLE_POLICY };
    Response::text(200, "text/html; charset=utf-8", CONSOLE.as_str())
        .field("Content-Security-Policy", policy)
        .field("Referrer-Policy", "no-referrer")
}

/// The part of the console page that inspects an actor.
pub(crate) fn inspector() -> Response {
    Response::text(200, "text/javascript; charset=utf-8", INSPECTOR.as_str())
}

/// The client for the actors' pages.
pub(crate) fn client() -> Response {
    let response = Response::text(200, "text/javascript; charset=utf-8", CLIENT.as_str());
    client_validators().add_to(response)
}

/// What changes whenever another version of the program has another client.
pub(crate) fn client_validators() -> Validators {
    Validators { tag: Some(env!("FOOTLIGHT_JS_TAG").into()), modified: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_takes_two_kilobytes_and_both_texts_come_out_whole() {
        assert!((1500..=2048).contains(&CLIENT.len()), "{} bytes", CLIENT.len());
        assert!(CLIENT.ends_with("}\n") && !CLIENT.contains("// "));
        assert_eq!(CONSOLE.as_str(), include_str!("console.html"));
    }
}
