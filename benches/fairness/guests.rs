//! The code of bad neighbours, in WebAssembly's text format.
//!
//! The memory has the words `text` and `done` at 16, and at 48 an answer with one message at 64,
//! which is `done`. Imports write their results to 128. At 8192 there is 1 KiB of text. The host's
//! blocks go to 65,536.

/// The repetitions in straight-line code: nearly as many as one step of a call may have. Other
/// actors get no turn in such a step, unless the host sees to it.
const TIMES: usize = 8_000;
/// The length of the text at 8192.
const TEXT: usize = 1024;

/// The import `log`.
const LOG: &str = r#"(import "ntwk:theater/runtime" "log" (func $log (param i32 i32)))"#;
/// Logs the text at 8192.
const LINE: &str = "(call $log (i32.const 8192) (i32.const 1024))";

/// A guest.
struct Guest {
    /// Its imports.
    imports: String,
    /// More fields of the module.
    fields: String,
    /// The initial size of its memory in pages.
    pages: u32,
    /// What it does with a text, before it answers `done`.
    text: String,
    /// What it does with all other events.
    other: String,
}

impl Guest {
    /// A guest that does this with each text.
    fn new(text: impl Into<String>) -> Self {
        let (imports, fields, other) = (String::new(), String::new(), String::new());
        Self { imports, fields, pages: 3, text: text.into(), other }
    }

    /// A guest that does this for ever with any event.
    fn endless(body: &str) -> Self {
        let forever = format!("(loop $forever {body} (br $forever)) (unreachable)");
        Self { other: forever.clone(), ..Self::new(forever) }
    }

    /// A guest that repeats this without a loop.
    fn straight(body: &str) -> Self {
        Self::endless("(call $straight)").with(format!("(func $straight {})", body.repeat(TIMES)))
    }

    /// Adds an import.
    fn imports(mut self, import: &str) -> Self {
        self.imports += import;
        self
    }

    /// Adds a field.
    fn with(mut self, fields: impl Into<String>) -> Self {
        self.fields += &fields.into();
        self
    }

    /// Sets the size of the memory in pages.
    fn pages(mut self, pages: u32) -> Self {
        self.pages = pages;
        self
    }

    /// The module.
    fn module(self) -> String {
        let Self { imports, fields, pages, text, other } = self;
        let line = "x".repeat(TEXT);
        format!(
            r#"(module {imports} (memory (export "memory") {pages}) {fields}
                (data (i32.const 16) "textdone")
                (data (i32.const 56) "\40\00\00\00\01\00\00\00")
                (data (i32.const 64) "\10\00\00\00\04\00\00\00")
                (data (i32.const 84) "\01\00\00\00\14\00\00\00\04\00\00\00")
                (data (i32.const 8192) "{line}")
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    (i32.const 65536))
                (func (export "ntwk:theater/websocket-server#handle-message")
                    (param i32 i32 i32 i32 i32) (param $has-text i32) (param i32 i32 i32 i32)
                    (result i32) (local $n i32)
                    (if (local.get $has-text) (then {text} (return (i32.const 48))))
                    {other}
                    ;; The result is at 0, where all bytes are zero: an empty state and no messages.
                    (i32.const 0)))"#
        )
    }
}

/// An actor that does nothing.
pub(crate) fn idle() -> String {
    Guest::new("").module()
}

/// Plain arithmetic.
pub(crate) fn burner() -> String {
    let step = "(local.set $n (i32.add (i32.mul (local.get $n) (i32.const 5)) (i32.const 1)))";
    Guest::endless(step).module()
}

/// Calls a function with this many locals, which wasmi zeroes, and nothing else.
fn locals(count: usize) -> String {
    let function = format!("(func $zeroed (local {}))", "i64 ".repeat(count));
    Guest::endless("(call $zeroed)").with(function).module()
}

/// Almost as many locals as wasmi allows for one function.
pub(crate) fn locals_30000() -> String {
    locals(30_000)
}

/// As many locals as generated code may have.
pub(crate) fn locals_1000() -> String {
    locals(1000)
}

/// Fills the largest table that `limits.table` allows.
pub(crate) fn table_fill() -> String {
    let fill = "(table.fill $table (i32.const 0) (ref.null func) (i32.const 16384))";
    Guest::endless(fill).with("(table $table 16384 funcref)").module()
}

/// Copies one half of 16 MiB over the other.
pub(crate) fn memory_copy() -> String {
    let copy = "(memory.copy (i32.const 0) (i32.const 8388608) (i32.const 8388608))";
    Guest::endless(copy).pages(256).module()
}

/// Fills 16 MiB.
pub(crate) fn memory_fill() -> String {
    let fill = "(memory.fill (i32.const 0) (i32.const 7) (i32.const 16777216))";
    Guest::endless(fill).pages(256).module()
}

/// Logs lines in straight-line code.
pub(crate) fn log() -> String {
    Guest::straight(LINE).imports(LOG).module()
}

/// Logs lines in a loop.
pub(crate) fn log_loop() -> String {
    Guest::endless(LINE).imports(LOG).module()
}

/// Reads the time in straight-line code. The host stops it soon.
pub(crate) fn clock() -> String {
    let now = r#"(import "footlight:host/clock@0.1.0" "now" (func $now (result i64)))"#;
    Guest::straight("(drop (call $now))").imports(now).module()
}

/// The imports `fd_write` and `random_get` of WASI.
const WASI: &str = r#"
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))"#;

/// Writes 64 KiB of these bytes.
fn wasi_block(byte: &str) -> (String, &'static str) {
    let data = format!(
        r#"(data (i32.const 1024) "\00\00\01\00\00\00\01\00") (data (i32.const 65536) "{}")"#,
        byte.repeat(1 << 16)
    );
    let write = "(drop (call $write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 128)))";
    (data, write)
}

/// Writes without a loop and without a line's end. The host stops it soon.
pub(crate) fn wasi_write() -> String {
    let (data, write) = wasi_block("x");
    Guest::straight(write).imports(WASI).with(data).module()
}

/// Writes empty lines without a loop.
pub(crate) fn wasi_lines() -> String {
    let (data, write) = wasi_block(r"\0a");
    Guest::straight(write).imports(WASI).with(data).module()
}

/// Writes lines of a byte in a loop.
pub(crate) fn wasi_lines_loop() -> String {
    let (data, write) = wasi_block("x");
    let data = data.replace("xx", r"x\0a");
    Guest::endless(write).imports(WASI).with(data).module()
}

/// Asks for random bytes without a loop.
pub(crate) fn wasi_random() -> String {
    let random = "(drop (call $random (i32.const 65536) (i32.const 65536)))";
    Guest::straight(random).imports(WASI).module()
}

/// Grows its memory to 16 MiB, fills it and traps. If it can't grow, it answers.
pub(crate) fn hog() -> String {
    let hog = "(if (i32.ne (memory.grow (i32.const 253)) (i32.const -1)) (then
            (memory.fill (i32.const 0) (i32.const 7) (i32.const 16777216))
            (unreachable)))";
    Guest::new(hog).module()
}

/// Sends 64 bytes to all clients, [`BROADCASTS`] times.
pub(crate) fn broadcast() -> String {
    let import = r#"(import "footlight:host/connections@0.1.0" "broadcast"
        (func $broadcast (param i32 i32 i32 i32 i32 i32 i32 i64 i32)))"#;
    let body = format!(
        "(local.set $n (i32.const {BROADCASTS}))
        (loop $more
            (call $broadcast (i32.const 0) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 8192) (i32.const 64)
                (i32.const 0) (i64.const 0) (i32.const 128))
            (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    );
    Guest::new(body).imports(import).module()
}

/// The number of broadcasts for one text: nearly as many as `limits.effects` allows with 200
/// clients.
pub(crate) const BROADCASTS: u64 = 500;

/// Sets its alarm to the earliest time at every event, and computes.
pub(crate) fn alarm() -> String {
    let import = r#"(import "footlight:host/alarm@0.1.0" "set" (func $set (param i64)))"#;
    let body = "(call $set (i64.const 0))
        (local.set $n (i32.const 10000000))
        (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))";
    Guest { other: body.into(), ..Guest::new("") }.imports(import).module()
}

/// The number of reads and writes of a file for one text.
pub(crate) const ACCESSES: u64 = 10;

/// Reads a file of 64 KiB and writes another one, [`ACCESSES`] times.
pub(crate) fn files() -> String {
    let imports = r#"
        (import "footlight:host/files@0.1.0" "read" (func $read (param i32 i32 i32)))
        (import "footlight:host/files@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32)))"#;
    // Any error is a trap.
    let body = format!(
        "(local.set $n (i32.const {ACCESSES}))
        (loop $more
            (call $read (i32.const 256) (i32.const 4) (i32.const 128))
            (if (i32.load8_u (i32.const 128)) (then (unreachable)))
            (call $write (i32.const 260) (i32.const 4) (i32.const 65536) (i32.const 65536)
                (i32.const 128))
            (if (i32.load8_u (i32.const 128)) (then (unreachable)))
            (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    );
    let names = r#"(data (i32.const 256) "readkept")"#;
    Guest::new(body).imports(imports).with(names).module()
}

/// Stores nearly 1 MiB of new values at each text, as much as `limits.effects` allows.
pub(crate) fn writer() -> String {
    storing(Guest::new)
}

/// Does the same when a client connects.
pub(crate) fn pusher() -> String {
    storing(|body| Guest { other: body, ..Guest::new("") })
}

/// A guest that stores 15 values of 64 KiB, the largest that `limits.storage_value` allows. Four events
/// in a row have different keys, so they become one record if they wait for the disk together. All
/// values take nearly 4 MiB, as much as `limits.storage` allows, and each differs from the one before
/// in every byte.
fn storing(guest: impl FnOnce(String) -> Guest) -> String {
    let import = r#"(import "footlight:host/storage@0.1.0" "put"
        (func $put (param i32 i32 i32 i32 i32)))"#;
    // A key is two letters at 256. Any error is a trap.
    let body = "(global.set $turn (i32.add (global.get $turn) (i32.const 1)))
        (memory.fill (i32.const 131072) (global.get $turn) (i32.const 65536))
        (i32.store8 (i32.const 257)
            (i32.add (i32.const 97) (i32.and (global.get $turn) (i32.const 3))))
        (local.set $n (i32.const 15))
        (loop $more
            (i32.store8 (i32.const 256) (i32.add (i32.const 97) (local.get $n)))
            (call $put (i32.const 256) (i32.const 2) (i32.const 131072) (i32.const 65536)
                (i32.const 128))
            (if (i32.load8_u (i32.const 128)) (then (unreachable)))
            (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))";
    guest(body.into()).imports(import).with("(global $turn (mut i32) (i32.const 0))").module()
}

/// A module of nearly 1 MiB with everything that makes instances expensive: functions, data,
/// globals, a table. It traps at each text.
pub(crate) fn large() -> String {
    let function = "(func (result i32) (i32.add (i32.const 1000000) (i32.const 1)))";
    let global = "(global (mut i64) (i64.const 1))";
    let mut fields = function.repeat(15_000) + &global.repeat(900);
    let segment = "y".repeat(350);
    for number in 0..1900 {
        let at = (1 << 20) + number * segment.len();
        fields += &format!("(data (i32.const {at}) \"{segment}\")");
    }
    fields += "(table 16384 funcref) (elem (i32.const 0)";
    for number in 0..14_000 {
        fields += &format!(" {number}");
    }
    Guest::new("(unreachable)").pages(32).with(fields + ")").module()
}
