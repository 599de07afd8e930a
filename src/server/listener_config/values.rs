//! Reads the values of a listener's keys that are more than a text.

use super::{AutoResponse, Listener, MAX_PING, TlsFiles};
use crate::{config::Value, exchange::OnOverflow, features::TOOLS};

/// Reads `auto_response`.
pub(super) fn read_auto_response(value: &Value<'_>) -> Option<AutoResponse> {
    const EXAMPLE: &str = "write { ping = \"ping\", pong = \"pong\" }";
    let mut table = value.table(EXAMPLE)?;
    let mut text = |key| {
        let value = table.require(key, EXAMPLE)?;
        let text = value.string()?;
        if text.is_empty() || text.len() > MAX_PING {
            value.refuse_as("a text for this", format!("write 1 to {MAX_PING} bytes"));
            return None;
        }
        Some(text.to_owned())
    };
    let (ping, pong) = (text("ping"), text("pong"));
    table.finish();
    Some(AutoResponse { ping: ping?, pong: pong? })
}

/// Reads `console`.
pub(super) fn read_console(value: &Value<'_>, listener: &mut Listener) {
    listener.inspect = value.as_str() == Some("inspect");
    if listener.inspect && !TOOLS.is_built {
        value.place.refuse(
            "this footlight was built without the inspector",
            "build it with the feature `tools`, which is on by default; or write true",
        );
        return;
    }
    match value.as_boolean() {
        Some(console) => listener.console = console,
        None if listener.inspect => {}
        None => value.refuse_as("a kind of console", "write true, false or \"inspect\""),
    }
}

/// Reads `on_overflow`.
pub(super) fn read_on_overflow(value: &Value<'_>) -> Option<OnOverflow> {
    match value.as_str() {
        Some("close") => Some(OnOverflow::Close),
        Some("drop") => Some(OnOverflow::Drop),
        _ => {
            value.refuse_as("a way to go on", "write \"close\" or \"drop\"");
            None
        }
    }
}

/// Reads `tls`. A build without the feature refuses it.
pub(super) fn read_tls(value: &Value<'_>) -> Option<TlsFiles> {
    const EXAMPLE: &str = "write { cert = \"cert.pem\", key = \"key.pem\" }";
    if !cfg!(feature = "tls") {
        value.place.refuse(
            "this footlight was built without TLS",
            "build it with `--features tls`; or remove this and put a proxy that has TLS, such as \
             Caddy or nginx, in front",
        );
        return None;
    }
    let mut table = value.table(EXAMPLE)?;
    let mut path = |key| table.require(key, EXAMPLE)?.path();
    let (cert, key) = (path("cert"), path("key"));
    table.finish();
    Some(TlsFiles { cert: cert?, key: key? })
}
