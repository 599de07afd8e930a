//! The limits of one actor and its clients: the manifest's `[limits]`.
//!
//! - [`keys`]: a row for each key, with its field and its bounds.
//! - [`shared`]: the handle by which everything shares them.
//! - [`read`]: reads the table, and checks that the sizes fit each other.

pub mod keys;
pub mod read;
pub mod shared;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use shared::CachedLimits;
pub use shared::SharedLimits;

/// The limits of one actor and its clients.
///
/// They hold whatever a client or an actor does. The defaults suit a board with 512 MB of memory.
/// [`limit_keys`](keys::limit_keys) lists them for the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest message of a client, in bytes. A larger one closes its connection with code
    /// 1009. Default 64 KiB.
    pub message: usize,
    /// The most open connections, of all listeners of the actor together. Default 1024.
    pub connections: usize,
    /// The most connections and requests of one address: an IPv4 address, or the first 64 bits of
    /// an IPv6 address. This machine itself may use all. Default 256. If the manifest sets only
    /// `connections`, it is a quarter of that.
    pub per_address: usize,
    /// The bytes of events that may wait for the actor, from all connections together. Default
    /// 1 MiB.
    pub mailbox: usize,
    /// The bytes of messages that may wait for one client to read them. Default 64 KiB.
    pub outbox: usize,
    /// The most requests that may be read at once, from their beginning until their heads are
    /// complete. This includes TLS handshakes, but not answers. As many requests may be answered by
    /// the actor at once, and as many again may wait for that. Default 64.
    pub requests: usize,
    /// The most files of the listeners' `static` folders that may be sent at once. Four times as
    /// many may wait for their turn. Default 64.
    pub downloads: usize,
    /// The most connections that may stay open for further requests. One more closes after its
    /// answer. Default 64.
    pub idle_connections: usize,
    /// The largest content of a request that the actor answers, in bytes. Default 64 KiB.
    pub request: usize,
    /// The largest response of the actor to a request, in bytes, with its header fields. Default
    /// 256 KiB.
    pub response: usize,
    /// The fewest bytes in a second at which a client must take an answer or send a body. It may be
    /// behind by 64 KiB. Default 1 KiB.
    pub rate: usize,
    /// The largest file of a listener's `static` folder, in bytes. Default 16 MiB.
    pub file: usize,
    /// The largest file that the actor may read or write, and the most bytes of all names in one
    /// listing. Default 64 KiB.
    pub file_access: usize,
    /// The largest state of the actor, in bytes. Default 1 MiB.
    pub state: usize,
    /// The most bytes of the keys and values that the actor may store, all together. Each entry
    /// counts for 64 bytes more. Default 4 MiB.
    pub storage: usize,
    /// The longest key that the actor may store, in bytes. Default 512.
    pub storage_key: usize,
    /// The largest value that the actor may store, in bytes. Default 64 KiB.
    pub storage_value: usize,
    /// The bytes of messages that may wait until the changes before them are on the disk. The actor
    /// takes no further event while more wait. Default 1 MiB.
    pub held: usize,
    /// The most bytes of all messages of one answer together. Default 256 KiB.
    pub answer: usize,
    /// The most messages of one answer. Default 64.
    pub answers: usize,
    /// The most bytes of what one call requests beside its answer: messages to other clients,
    /// publications, files to write, and the old values of the tags and attachments that it changes. Each request
    /// counts for 64 bytes more, and each receiver of a broadcast for 8. Default 1 MiB.
    pub effects: usize,
    /// The most tags of a connection. Default 10.
    pub tags: usize,
    /// The longest tag, in bytes. Default 256.
    pub tag: usize,
    /// The largest attachment of a connection, in bytes. Default 2 KiB.
    pub attachment: usize,
    /// The least time between two alarms that the actor sets. Default 10 ms.
    pub alarm: Duration,
    /// The largest linear memory of an instance, in bytes, rounded down to whole pages of
    /// 64 KiB. Default 16 MiB.
    pub memory: usize,
    /// The largest linear memory that an instance may keep after a call, in bytes. A larger
    /// instance is dropped, unless it began with that much, and the next event gets a new one.
    /// Default 4 MiB.
    pub watermark: usize,
    /// The most elements of one table. Default 16,384.
    pub table: usize,
    /// The most tables of an instance. Default 4.
    pub tables: usize,
    /// The largest `.wasm` file, in bytes. Default 1 MiB.
    pub module: usize,
    /// The processor time of one call. Default 5 s.
    pub time: Duration,
    /// The fuel of one call: roughly the number of instructions. Unlike a time, it is the same on
    /// every machine. There is no default, because `time` stops a call.
    pub fuel: Option<u64>,
    /// The fuel after which the host checks how long a call has computed. Smaller is fairer, and
    /// larger is faster. A slow slice makes the next ones smaller by itself. Default 20,000.
    pub slice: u64,
    /// The bytes that are kept of one line of the actor's log. Default 1 KiB.
    pub log_line: usize,
    /// The most lines in a second that the actor may log, and that the host may log about it.
    /// Default 20.
    pub log_rate: usize,
    /// The time without events after which the instance is dropped. The state and the connections
    /// stay. Default 1 min.
    pub hibernate_after: Duration,
    /// The time for a client to send its whole HTTP head. Default 5 s.
    pub handshake: Duration,
    /// How long a request may wait until it may be read or its file sent, while others have all
    /// places or its address has its share. Default 30 s.
    pub turn: Duration,
    /// How long a connection may wait for its next request. Default 30 s.
    pub keep_alive: Duration,
    /// How long the actor waits for a file to be read or written. Default 5 s.
    pub file_wait: Duration,
    /// The largest content of a server's answer that the actor may get, in bytes. Default 64 KiB.
    pub fetch_response: usize,
    /// The most requests to servers whose answers come as events, from the call that asks for one
    /// until the actor gets its answer. Default 8.
    pub fetches: usize,
    /// The time for a request to a server, with its redirects, until all of its answer is there.
    /// Default 10 s.
    pub fetch_wait: Duration,
    /// The most messages that the actor has sent to others and that these have not handled. Default
    /// 64.
    pub sends: usize,
    /// The most bytes of these messages together, with 64 bytes more and the receiver's name for each.
    /// It is also the largest message for which the actor waits for a reply. Default 64 KiB.
    pub sent: usize,
    /// The largest reply of the actor to another one, in bytes. Default 64 KiB.
    pub reply: usize,
    /// How long the actor waits for another one's reply. Default 5 s.
    pub reply_wait: Duration,
    /// The most publications that wait for one broker, from the call until the broker has acknowledged
    /// them. Default 256.
    pub mqtt_publishes: usize,
    /// The most bytes of these publications together, with 256 bytes more for each. Default 64 KiB.
    pub mqtt_outbox: usize,
    /// The bytes of messages of QoS 0 that may wait for the actor, from one broker, with 256 bytes more
    /// for each, and as many for those of QoS 1 beyond `mqtt_inflight`. It is also the largest packet of a
    /// broker. Default 64 KiB.
    pub mqtt_inbox: usize,
    /// The most messages of QoS 1 that a broker may send before earlier ones are acknowledged: MQTT's
    /// *receive maximum*. Default 16.
    pub mqtt_inflight: usize,
    /// The time after which the host sends a ping to a quiet client. Default 25 s: proxies tend to
    /// cut connections off after 60 s.
    pub ping: Duration,
    /// The time for a quiet client to answer that ping. Then it counts as dead. Default 8 s.
    pub pong: Duration,
    /// The time without messages in both directions after which a client is closed. Default 24 h.
    pub idle: Duration,
    /// The time to wait for the peer's close frame. Default 2 s.
    pub close: Duration,
    /// The time for stopping the actor cleanly. Default 10 s.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 64 << 10,
            connections: 1024,
            per_address: 256,
            mailbox: 1 << 20,
            outbox: 64 << 10,
            requests: 64,
            downloads: 64,
            idle_connections: 64,
            request: 64 << 10,
            response: 256 << 10,
            rate: 1 << 10,
            file: 16 << 20,
            file_access: 64 << 10,
            state: 1 << 20,
            storage: 4 << 20,
            storage_key: 512,
            storage_value: 64 << 10,
            held: 1 << 20,
            answer: 256 << 10,
            answers: 64,
            effects: 1 << 20,
            tags: 10,
            tag: 256,
            attachment: 2 << 10,
            alarm: Duration::from_millis(10),
            memory: 16 << 20,
            watermark: 4 << 20,
            table: 16_384,
            tables: 4,
            module: 1 << 20,
            time: Duration::from_secs(5),
            fuel: None,
            slice: 20_000,
            log_line: 1 << 10,
            log_rate: 20,
            hibernate_after: Duration::from_secs(60),
            handshake: Duration::from_secs(5),
            turn: Duration::from_secs(30),
            keep_alive: Duration::from_secs(30),
            file_wait: Duration::from_secs(5),
            fetch_response: 64 << 10,
            fetches: 8,
            fetch_wait: Duration::from_secs(10),
            sends: 64,
            sent: 64 << 10,
            reply: 64 << 10,
            reply_wait: Duration::from_secs(5),
            mqtt_publishes: 256,
            mqtt_outbox: 64 << 10,
            mqtt_inbox: 64 << 10,
            mqtt_inflight: 16,
            ping: Duration::from_secs(25),
            pong: Duration::from_secs(8),
            idle: Duration::from_secs(24 * 60 * 60),
            close: Duration::from_secs(2),
            shutdown: Duration::from_secs(10),
        }
    }
}
