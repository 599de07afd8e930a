//! The imports that are measured.

use footlight::actor::imports::{self, Import};
use wit_core::Shape;

/// Code that writes another key of 4 bytes to 32.
macro_rules! new_key {
    () => {
        "(local.set $n (i32.add (local.get $n) (i32.const 7919)))
        (i32.store (i32.const 32) (i32.and (local.get $n) (i32.const 0x7f7f7f7f)))"
    };
}

/// Code that stores 16 bytes under this key.
macro_rules! put_16 {
    () => {
        "(call $storage.put (i32.const 32) (i32.const 4) (i32.const 65536) (i32.const 16) \
         (i32.const 1024))"
    };
}

/// The measurements: a name, and the code that the guest repeats. The memory has text with 2 bytes
/// for each character at 16, and a name at 8.
pub(crate) const CASES: &[(&str, &str)] = &[
    ("log, 16 bytes", "(call $log (i32.const 65536) (i32.const 16))"),
    ("log, 1 KiB", "(call $log (i32.const 65536) (i32.const 1024))"),
    ("clock.now", "(drop (call $clock.now))"),
    (
        "wasi: fd_seek",
        "(drop (call $wasi_snapshot_preview1.fd_seek (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0)))",
    ),
    (
        "wasi: clock_time_get",
        "(drop (call $wasi_snapshot_preview1.clock_time_get (i32.const 1) (i64.const 0) (i32.const 1024)))",
    ),
    (
        "wasi: random_get, 64 KiB",
        "(drop (call $wasi_snapshot_preview1.random_get (i32.const 65536) (i32.const 65536)))",
    ),
    (
        "wasi: random_get, 8 bytes",
        "(drop (call $wasi_snapshot_preview1.random_get (i32.const 65536) (i32.const 8)))",
    ),
    (
        "wasi: fd_write, one line of 64 KiB",
        "(i64.store (i32.const 1024) (i64.const 0x0001000000010000)) (drop (call $wasi_snapshot_preview1.fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032)))",
    ),
    (
        "wasi: fd_write, 1024 empty blocks",
        "(drop (call $wasi_snapshot_preview1.fd_write (i32.const 1) (i32.const 5000000) (i32.const 1024) (i32.const 1032)))",
    ),
    (
        "wasi: fd_write, 256 short lines",
        "(i64.store (i32.const 1024) (i64.const 0x0000020000002000)) (memory.fill (i32.const 8192) (i32.const 10) (i32.const 512)) (i32.store8 (i32.const 8200) (i32.const 120)) (drop (call $wasi_snapshot_preview1.fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032)))",
    ),
    (
        "wasi: poll_oneoff, 1024 clocks",
        "(drop (call $wasi_snapshot_preview1.poll_oneoff (i32.const 5000000) (i32.const 6000000) (i32.const 1024) (i32.const 1032)))",
    ),
    (
        "wasi: a function that is not supported",
        "(drop (call $wasi_snapshot_preview1.fd_sync (i32.const 1)))",
    ),
    ("wasi: now of 0.2", "(drop (call $wasi-now))"),
    ("connections.sender", "(call $connections.sender (i32.const 1024))"),
    ("connections.info", "(call $connections.info (i64.const 7) (i32.const 1024))"),
    (
        "connections.list of all",
        "(call $connections.list (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024))",
    ),
    (
        "connections.list by nobody's tag",
        "(call $connections.list (i32.const 1) (i32.const 12) (i32.const 4) (i32.const 1024))",
    ),
    (
        "connections.list by tag",
        "(call $connections.list (i32.const 1) (i32.const 8) (i32.const 4) (i32.const 1024))",
    ),
    (
        "connections.send, nobody",
        "(call $connections.send (i64.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 1024))",
    ),
    (
        "connections.send, 64 bytes",
        "(call $connections.send (i64.const 7) (i32.const 0) (i32.const 65536) (i32.const 64) (i32.const 1024))",
    ),
    (
        "connections.send, text of 4 MiB",
        "(call $connections.send (i64.const 7) (i32.const 0) (i32.const 65536) (i32.const 4194304) (i32.const 1024))",
    ),
    (
        "connections.send, data of 4 MiB",
        "(call $connections.send (i64.const 7) (i32.const 1) (i32.const 65536) (i32.const 4194304) (i32.const 1024))",
    ),
    (
        "connections.broadcast, 64 bytes",
        "(call $connections.broadcast (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 65536) (i32.const 64) (i32.const 0) (i64.const 0) (i32.const 1024))",
    ),
    (
        "connections.tag, there",
        "(call $connections.tag (i64.const 7) (i32.const 8) (i32.const 4) (i32.const 1024))",
    ),
    (
        "connections.tag and untag",
        "(call $connections.tag (i64.const 8) (i32.const 8) (i32.const 4) (i32.const 1024)) (call $connections.untag (i64.const 8) (i32.const 8) (i32.const 4) (i32.const 1024))",
    ),
    (
        "connections.attachment, 2 KiB",
        "(call $connections.set-attachment (i64.const 7) (i32.const 1) (i32.const 0) (i32.const 2048) (i32.const 1024)) (call $connections.attachment (i64.const 7) (i32.const 1024))",
    ),
    (
        "connections.close, nobody",
        "(call $connections.close (i64.const 0) (i32.const 1000) (i32.const 8) (i32.const 4) (i32.const 1024))",
    ),
    ("alarm.set", "(call $alarm.set (i64.const 1000))"),
    ("random.bytes, 16", "(call $random.bytes (i32.const 16) (i32.const 1024))"),
    ("random.bytes, 64 KiB", "(call $random.bytes (i32.const 65536) (i32.const 1024))"),
    ("files.read, 64 bytes", "(call $files.read (i32.const 8) (i32.const 4) (i32.const 1024))"),
    ("files.read, 64 KiB", "(call $files.read (i32.const 12) (i32.const 4) (i32.const 1024))"),
    (
        "files.read, nothing there",
        "(call $files.read (i32.const 8) (i32.const 3) (i32.const 1024))",
    ),
    ("files.list, 1000 entries", "(call $files.list (i32.const 8) (i32.const 0) (i32.const 1024))"),
    (
        "files.write, 64 bytes",
        "(call $files.write (i32.const 8) (i32.const 4) (i32.const 65536) (i32.const 64) (i32.const 1024))",
    ),
    ("storage.get, 4 KiB", "(call $storage.get (i32.const 8) (i32.const 4) (i32.const 1024))"),
    (
        "storage.get, nothing there",
        "(call $storage.get (i32.const 8) (i32.const 3) (i32.const 1024))",
    ),
    (
        "storage.put, 4 KiB in turn",
        "(call $storage.put (i32.const 8) (i32.const 4) (i32.const 65536) (i32.const 4096) (i32.const 1024)) (call $storage.put (i32.const 8) (i32.const 4) (i32.const 65538) (i32.const 4095) (i32.const 1024))",
    ),
    ("storage.put, new keys", concat!(new_key!(), put_16!())),
    (
        "storage.put and delete, new keys",
        concat!(
            new_key!(),
            put_16!(),
            "(call $storage.delete (i32.const 32) (i32.const 4) (i32.const 1024))"
        ),
    ),
    (
        "storage.list, one entry",
        "(call $storage.list (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1024))",
    ),
    (
        "storage.list, a page of short values",
        "(call $storage.list (i32.const 12) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 1024))",
    ),
];

/// The imports' declarations.
pub(crate) fn declared() -> String {
    let mut declared: String =
        r#"(import "wasi:clocks/monotonic-clock@0.2.7" "now" (func $wasi-now (result i64)))"#
            .into();
    // There are two `read-file`. This takes the one of the guest's shape.
    // The other names of WASI 0.2 are no names in the text format.
    let is_cased = |import: &&Import| import.interface.name == "wasi_snapshot_preview1";
    let all = imports::all().filter(|import| import.shapes.contains(&Shape::Guide));
    for import in all.chain(imports::wasi::all().filter(is_cased)) {
        // The cases call the import by this name.
        let name = if import.name == "log" { "log".into() } else { import.to_string() };
        let ty = import.ty();
        let params: String = ty.params().map(|flat| format!(" {flat}")).collect();
        let result: String = ty.result.map_or(String::new(), |flat| format!(" {flat}"));
        declared += &format!(
            "(import {:?} {:?} (func ${name} (param{params}) (result{result})))",
            import.interface.modules[0], import.name
        );
    }
    declared
}
