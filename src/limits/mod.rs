//! What one actor and its clients may use: the manifest's `[limits]`.
//!
//! - [`keys`]: one row for each key, with its field and its bounds.
//! - [`shared`]: the handle by which all share them.
//! - [`read`]: reads the table, and checks that its sizes fit each other.

pub mod keys;
pub mod read;
pub mod shared;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use shared::SharedLimits;

/// How much one actor and its clients may use.
///
/// Every one of them is a bound that holds whatever a client or an actor does; the defaults
/// suit a board with 512 MB. [`limit_keys`](keys::limit_keys) lists them for the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest message a client may send, in bytes; a larger one closes its connection
    /// with code 1009. Default 64 KiB.
    pub message: usize,
    /// How many connections may be open at once, all listeners of the actor together.
    /// Default 1024.
    pub connections: usize,
    /// How many connections and requests one address may have at once: an IPv4 address, or the
    /// first 64 bits of an IPv6 address. Those of this machine itself may have all. Default 256; a
    /// quarter of `connections` in a manifest that has only these.
    pub per_address: usize,
    /// How many bytes of events may wait for the actor, all connections together. Default
    /// 1 MiB.
    pub mailbox: usize,
    /// How many bytes of answers may wait for one client to read them. Default 64 KiB.
    pub outbox: usize,
    /// How many requests may be read at once, until their heads are whole: TLS handshakes
    /// included, answers not. Default 64.
    pub requests: usize,
    /// How many files of the listeners' `static` folders may be sent at once. Four times as many
    /// may wait for their turn. Default 64.
    pub downloads: usize,
    /// The largest file that is served from a listener's `static` folder, in bytes. Default
    /// 16 MiB.
    pub file: usize,
    /// The largest file that the actor reads or writes, and the most that the names of one listing
    /// may have together, in bytes. Default 64 KiB.
    pub file_access: usize,
    /// The largest state of the actor, in bytes. Default 1 MiB.
    pub state: usize,
    /// How many bytes all messages of one answer may hold together. Default 256 KiB.
    pub answer: usize,
    /// How many messages one answer may hold. Default 64.
    pub answers: usize,
    /// What one call may ask for beside its answer, in bytes: messages to other clients, files to
    /// be written, and what is put aside of tags and attachments that it changes; 64 more for
    /// each of them and 8 for each receiver of a broadcast. Default 1 MiB.
    pub effects: usize,
    /// How many tags a connection may have. Default 10.
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
    /// The instance is dropped after a call that left its linear memory larger than this, in
    /// bytes, and larger than it was at first; the next event gets a new one. Default 4 MiB.
    pub watermark: usize,
    /// The most elements of one table. Default 16,384.
    pub table: usize,
    /// The most tables of an instance. Default 4.
    pub tables: usize,
    /// The largest `.wasm` file, in bytes. Default 1 MiB.
    pub module: usize,
    /// How long one call may compute, in the processor's time. Default 5 s.
    pub time: Duration,
    /// The fuel of one call: roughly, how many instructions it may execute. Unlike a time it is the
    /// same on every machine. No default: `time` is what stops a call.
    pub fuel: Option<u64>,
    /// The fuel after which the host looks how long a call has computed. Smaller is fairer, greater
    /// is faster; a slice that takes long makes the next ones smaller by itself. Default 20,000.
    pub slice: u64,
    /// How many bytes of one line that the actor logs are kept. Default 1 KiB.
    pub log_line: usize,
    /// How many lines in a second the actor may log, and the host may log about it. Default
    /// 20.
    pub log_rate: usize,
    /// The instance is dropped when there has been no event for this long; the state and the
    /// connections stay. Default 1 min.
    pub hibernate_after: Duration,
    /// How long a client may take to send its whole HTTP head. Default 5 s.
    pub handshake: Duration,
    /// How long the answer to a request that is no handshake may take to be sent: a page or a
    /// file. Default 30 s.
    pub response: Duration,
    /// How long the actor waits for a file to be read or written. Default 5 s.
    pub file_wait: Duration,
    /// A client that has been quiet for this long is sent a ping. Default 25 s: proxies tend
    /// to cut connections off after 60 s.
    pub ping: Duration,
    /// How long a client may stay quiet after that; then it is taken for dead. Default 8 s.
    pub pong: Duration,
    /// A client is closed when there has been no message for this long, neither way. Default
    /// 24 h.
    pub idle: Duration,
    /// How long to wait for the peer's close frame. Default 2 s.
    pub close: Duration,
    /// How long a clean stop of the actor may take. Default 10 s.
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
            file: 16 << 20,
            file_access: 64 << 10,
            state: 1 << 20,
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
            response: Duration::from_secs(30),
            file_wait: Duration::from_secs(5),
            ping: Duration::from_secs(25),
            pong: Duration::from_secs(8),
            idle: Duration::from_secs(24 * 60 * 60),
            close: Duration::from_secs(2),
            shutdown: Duration::from_secs(10),
        }
    }
}
