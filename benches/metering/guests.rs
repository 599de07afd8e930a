//! The guests of the measurements.

use std::fs;

/// A call to be measured.
pub(crate) struct Guest {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// Its module.
    pub(crate) wasm: Vec<u8>,
    /// The text that it gets.
    pub(crate) text: String,
    /// Its state.
    pub(crate) state: Vec<u8>,
    /// The number of calls in a round, which take about ten milliseconds.
    pub(crate) calls: u32,
}

/// The calls whose metering is measured: a short one, and one that keeps the interpreter busy.
pub(crate) fn actors() -> Vec<Guest> {
    let message = r#"{"user":"anonymous","content":"a line of some fifty characters, as people write","timestamp":""}"#;
    let history = vec![message; 40].join(",");
    let state = format!(r#"{{"connected_users":[],"messages":[{history}]}}"#);
    vec![
        Guest {
            name: "echo of 64 bytes",
            wasm: example("echo/echo.wasm"),
            text: "x".repeat(64),
            state: Vec::new(),
            calls: 10_000,
        },
        Guest {
            name: "chat room, 4 KB of JSON",
            wasm: example("chat-room/chat_room.wasm"),
            text: "hello".into(),
            state: state.into_bytes(),
            calls: 100,
        },
    ]
}

/// An example of this repository.
fn example(path: &str) -> Vec<u8> {
    fs::read(format!("{}/examples/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Loops with one kind of work each, which show how long fuel lasts.
pub(crate) fn loops() -> Vec<Guest> {
    let arithmetic = "
        (local.set $a (i32.add (i32.mul (local.get $a) (i32.const 5)) (i32.const 1)))
        (local.set $b (i32.xor (local.get $b) (i32.shr_u (local.get $a) (i32.const 3))))";
    let memory = "
        (local.set $a (i32.and (i32.add (local.get $a) (i32.const 4100)) (i32.const 0xfffc)))
        (i32.store offset=65536 (local.get $a)
            (i32.add (i32.load offset=65536 (local.get $a)) (local.get $n)))";
    let calls = "(local.set $a (call $add (local.get $a) (local.get $n)))";
    let floats = "
        (local.set $x (f64.div (f64.add (f64.mul (local.get $x) (f64.const 1.5))
            (f64.const 2)) (f64.const 1.25)))";
    // 288 bytes cost one unit of fuel, inside the processor's caches and beyond them.
    let near = "(memory.copy (i32.const 65536) (i32.const 131072) (i32.const 65536))";
    let far = "(memory.copy (i32.const 65536) (i32.const 7864320) (i32.const 7340032))";
    vec![
        of("arithmetic", arithmetic, 400_000),
        of("loads and stores", memory, 400_000),
        of("calls", calls, 400_000),
        of("floating point", floats, 400_000),
        of("memory.copy of 64 KiB", near, 2_000),
        of("memory.copy of 7 MiB", far, 20),
    ]
}

/// A guest that runs `body` this many times.
fn of(name: &'static str, body: &str, times: u32) -> Guest {
    let text = format!(
        r#"(module
            (memory (export "memory") 232)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (i32.const 1024))
            (func $add (param i32 i32) (result i32)
                (i32.add (local.get 0) (local.get 1)))
            (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
                (local $n i32) (local $a i32) (local $b i32) (local $x f64)
                (local.set $n (i32.const {times}))
                (loop $again
                    {body}
                    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                    (br_if $again (local.get $n)))
                (i32.store (i32.const 64) (local.get $a))
                (i32.store (i32.const 68) (local.get $b))
                (f64.store (i32.const 72) (local.get $x))
                (i32.const 16)))"#
    );
    let wasm = wat::parse_str(text).unwrap();
    Guest { name, wasm, text: String::new(), state: Vec::new(), calls: 1 }
}
