//! What one actor and its clients may use: the manifest's `[limits]`.

use std::time::Duration;

use super::limit_rows::{ROWS, Row};

/// How much one actor and its clients may use.
///
/// Every one of them is a bound that holds whatever a client or an actor does; the defaults
/// suit a board with 512 MB. [`limit_keys`] lists them for the documentation.
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

/// What a reference of the manifest says about one key of `[limits]`. All texts can be
/// written into a manifest as they are, sizes and durations within quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitKey {
    /// The key, which is also the name of the field in [`Limits`].
    pub key: &'static str,
    /// `size`, `count`, `fuel` or `duration`.
    pub unit: &'static str,
    /// What holds where the key is left out; `none` where nothing is limited then.
    pub default: String,
    /// The least value that is taken.
    pub least: String,
    /// The greatest value that is taken.
    pub most: String,
    /// What is limited.
    pub meaning: &'static str,
}

/// Every key of `[limits]`, with the real defaults and bounds.
pub fn limit_keys() -> Vec<LimitKey> {
    let mut defaults = Limits::default();
    let describe = |row: &Row| {
        let slot = (row.slot)(&mut defaults);
        LimitKey {
            key: row.key,
            unit: slot.unit(),
            default: slot.default_text(),
            least: slot.text(row.least),
            most: slot.text(row.most),
            meaning: row.meaning,
        }
    };
    ROWS.iter().map(describe).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::manifest::tests::{LEAST, parse};

    #[test]
    fn the_reference_lists_every_limit_with_its_default_and_bounds() {
        let listed: Vec<String> = limit_keys()
            .iter()
            .map(|k| format!("{} {} {} {} {}", k.key, k.unit, k.default, k.least, k.most))
            .collect();
        let expected = [
            "message size 64KiB 1B 1GiB",
            "connections count 1024 1 1_000_000",
            "per_address count 256 1 1_000_000",
            "mailbox size 1MiB 1B 1GiB",
            "outbox size 64KiB 1B 1GiB",
            "requests count 64 1 100_000",
            "downloads count 64 1 100_000",
            "file size 16MiB 1B 1GiB",
            "file_access size 64KiB 1B 1GiB",
            "state size 1MiB 1B 1GiB",
            "answer size 256KiB 1B 1GiB",
            "answers count 64 1 1_000_000",
            "effects size 1MiB 1B 1GiB",
            "tags count 10 1 1000",
            "tag size 256B 1B 4KiB",
            "attachment size 2KiB 1B 1MiB",
            "alarm duration 10ms 1ms 24h",
            "memory size 16MiB 64KiB 4194240KiB",
            "watermark size 4MiB 1B 4194240KiB",
            "table count 16_384 1 10_000_000",
            "tables count 4 1 100",
            "module size 1MiB 1B 1GiB",
            "time duration 5s 1ms 24h",
            "fuel fuel none 1 1_000_000_000_000_000",
            "slice fuel 20_000 1000 40_000",
            "log_line size 1KiB 1B 4KiB",
            "log_rate count 20 1 1_000_000",
            "hibernate_after duration 1m 1ms 24h",
            "handshake duration 5s 1ms 24h",
            "response duration 30s 1ms 24h",
            "file_wait duration 5s 1ms 24h",
            "ping duration 25s 1ms 24h",
            "pong duration 8s 1ms 24h",
            "idle duration 24h 1ms 8760h",
            "close duration 2s 1ms 24h",
            "shutdown duration 10s 1ms 24h",
        ];
        assert_eq!(listed, expected);
    }

    #[test]
    fn the_texts_of_the_reference_can_be_written_into_a_manifest() {
        let mut text = format!("{LEAST}[limits]\n");
        for key in limit_keys().iter().filter(|key| key.default != "none") {
            let quote = if matches!(key.unit, "size" | "duration") { "\"" } else { "" };
            text.push_str(&format!("{} = {quote}{}{quote}\n", key.key, key.default));
        }
        assert_eq!(parse(&text).unwrap().limits, Limits::default());
    }
}
