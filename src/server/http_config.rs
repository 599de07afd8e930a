//! The `config` of an `http-server` handler: where the actor answers HTTP requests.
//!
//! It has a listener of its own, or shares the one of a `websocket-server` at the same address. Then
//! all that a listener has is written there.

use std::net::{IpAddr, Ipv4Addr};

use super::listener_config::{
    ANY_PORT, Listener, overlap, read_common, read_host, read_port, refuse_taken,
};
use crate::config::{HandlerType, Table};

/// This type of handler.
pub const TYPE: HandlerType = HandlerType {
    name: "http-server",
    example: "config = { port = 8080 }",
    brings_events: true,
    capabilities: &[],
    feature: None,
};

/// The keys that belong to a listener, whoever uses it.
const COMMON: [&str; 9] = [
    "origins",
    "names",
    "trusted_proxies",
    "proxy_protocol",
    "token_file",
    "static",
    "tls",
    "health",
    "metrics",
];

/// Reads the handler with this index, and adds it to the listeners of earlier handlers.
pub(super) fn read(index: usize, mut table: Table<'_>, listeners: &mut Vec<(usize, Listener)>) {
    let port = table.require("port", "add port = 8080 (0 lets the system choose)");
    let host = table.get("host");
    let address = (|| {
        let host = match &host {
            Some(host) => read_host(host)?,
            None => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let port = port.as_ref()?;
        Some((host, read_port(port)?, port.place.clone()))
    })();
    let shared = address.as_ref().and_then(|(host, port, _)| {
        let same = |(_, other): &&mut (usize, Listener)| {
            other.has_socket && !other.has_actor && other.host == *host && other.port == *port
        };
        listeners.iter_mut().find(same)
    });
    if let Some((other, listener)) = shared {
        for key in COMMON {
            if let Some(value) = table.get(key) {
                let problem = format!("handlers[{other}] has the same port, and so one listener");
                value.place.refuse(problem, format!("write `{key}` there"));
            }
        }
        table.finish();
        listener.has_actor = true;
        return;
    }
    let mut listener = Listener::new(IpAddr::V4(Ipv4Addr::LOCALHOST), ANY_PORT);
    (listener.has_socket, listener.has_actor, listener.console) = (false, true, false);
    read_common(&mut table, &mut listener);
    table.finish();
    let Some((host, number, port)) = address else { return };
    (listener.host, listener.port) = (host, number);
    let same_port = |(_, other): &&(usize, Listener)| {
        other.has_socket
            && other.host != listener.host
            && overlap(other.address(), listener.address())
    };
    if let Some((index, other)) = listeners.iter().find(same_port) {
        let problem = format!("handlers[{index}] has this port at {}", other.host);
        let advice = format!("write host = \"{}\" here too, to share its listener", other.host);
        port.refuse(problem, advice);
        return;
    }
    refuse_taken(&listener, &port, listeners);
    listeners.push((index, listener));
}
