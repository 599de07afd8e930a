//! The rest of a listener's `config`: who may connect, and what it serves beside the socket.

use super::handlers::{AutoResponse, Listener, OnOverflow, TlsFiles};
use crate::config::{Table, Value};

/// The longest path of a listener, origin or subprotocol, in bytes.
const MAX_TEXT: usize = 256;
/// The most origins, and the most subprotocols, of a listener.
const MAX_ITEMS: usize = 64;
/// The longest text of an `auto_response`, in bytes: it is compared with every message.
const MAX_PING: usize = 1024;
/// The separators of RFC 9110, section 5.6.2, which no token has.
const SEPARATORS: &[u8] = b"()<>@,;:\\\"/[]?={} \t";

/// Reads every key but `port` and `host`. What is wrong keeps its default; the document knows
/// that it must not be used.
pub(super) fn read(table: &mut Table<'_>, listener: &mut Listener) {
    if let Some(path) = table.get("path").and_then(|value| read_path(&value)) {
        listener.path = path;
    }
    listener.origins = table.get("origins").map(|value| {
        let advice = "write a list such as [\"self\", \"https://example.org\"]: a scheme, a host \
                      and no path";
        list(&value, advice, is_origin)
    });
    if let Some(value) = table.get("subprotocols") {
        let advice = "write a list of names such as [\"chat.v1\"]";
        listener.subprotocols = list(&value, advice, is_token);
    }
    listener.token_file = table.get("token_file").and_then(|value| value.path());
    if let Some(console) = table.get("console").and_then(|value| value.boolean()) {
        listener.console = console;
    }
    listener.static_folder = table.get("static").and_then(|value| value.path());
    listener.auto_response =
        table.get("auto_response").and_then(|value| read_auto_response(&value));
    if let Some(choice) = table.get("on_overflow").and_then(|value| read_on_overflow(&value)) {
        listener.on_overflow = choice;
    }
    listener.tls = table.get("tls").and_then(|value| read_tls(&value));
}

/// Reads the path of a listener.
fn read_path(value: &Value<'_>) -> Option<String> {
    let fits = |text: &&str| {
        let plain = |b: u8| b.is_ascii_graphic() && b != b'?' && b != b'#';
        text.starts_with('/') && text.len() <= MAX_TEXT && text.bytes().all(plain)
    };
    let path = value.as_str().filter(fits);
    if path.is_none() {
        let rule = format!("at most {MAX_TEXT} ASCII characters, without `?`, `#` and space");
        value.refuse_as("a path", format!("write \"/\" and what follows it, {rule}"));
    }
    path.map(str::to_owned)
}

/// Reads a list of texts that fit.
fn list(value: &Value<'_>, advice: &str, fits: fn(&str) -> bool) -> Vec<String> {
    let Some(items) = value.items().filter(|items| (1..=MAX_ITEMS).contains(&items.len())) else {
        value.refuse_as(&format!("a list of 1 to {MAX_ITEMS} texts"), advice);
        return Vec::new();
    };
    let read = |item: &Value<'_>| {
        let text = item.as_str().filter(|text| text.len() <= MAX_TEXT && fits(text));
        if text.is_none() {
            item.refuse_as("one that fits here", advice);
        }
        text.map(str::to_owned)
    };
    items.iter().filter_map(read).collect()
}

/// Whether this is what a browser sends as `Origin` (RFC 6454, section 7), or `self`.
fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map(|(scheme, host)| (is_token(scheme), host));
    let plain = |b: u8| b.is_ascii_graphic() && b != b'/' && !b.is_ascii_uppercase();
    text == "self"
        || text == "null"
        || host.is_some_and(|(scheme, host)| {
            scheme && !host.is_empty() && host.bytes().all(plain) && host != "*"
        })
}

/// Whether this is a token (RFC 9110, section 5.6.2).
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !SEPARATORS.contains(&b))
}

/// Reads `auto_response`.
fn read_auto_response(value: &Value<'_>) -> Option<AutoResponse> {
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

/// Reads `on_overflow`.
fn read_on_overflow(value: &Value<'_>) -> Option<OnOverflow> {
    match value.as_str() {
        Some("close") => Some(OnOverflow::Close),
        Some("drop") => Some(OnOverflow::Drop),
        _ => {
            value.refuse_as("a way to go on", "write \"close\" or \"drop\"");
            None
        }
    }
}

/// Reads `tls`, which a host that was built without it can't serve.
fn read_tls(value: &Value<'_>) -> Option<TlsFiles> {
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
