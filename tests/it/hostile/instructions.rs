//! Each kind of instruction, as often as one step allows: none may use up the native stack.
//!
//! wasmi's fast dispatch jumps from instruction to instruction. If the compiler turns such a jump
//! into a call, each execution takes stack until the slice ends. The slice here is the largest
//! that a manifest may set.

use std::thread;

use footlight::{actor::meter::MAX_AT_ONCE, limits::Limits};
use smol::block_on;

use super::{
    guest::{Guest, fails},
    inside::Inside,
    stage::{act, act_if_loaded},
};

/// The memory, tables and globals that the instructions work on.
const FIELDS: &str = r#"
    (type $nothing (func))
    (table $t 64 64 funcref) (table $u 64 funcref)
    (elem (table $t) (i32.const 0) func $empty)
    (elem $e func $empty $same)
    (data $d "some data")
    (global $i (mut i32) (i32.const 1)) (global $l (mut i64) (i64.const 1))
    (global $f (mut f32) (f32.const 1)) (global $d (mut f64) (f64.const 1))
    (global $r (mut funcref) (ref.null func))
    (func $empty)
    (func $same (param i32) (result i32) (local.get 0))
    (func $deep (param i32) (if (local.get 0)
        (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
    (func $tail (param i32) (if (local.get 0)
        (then (return_call $tail (i32.sub (local.get 0) (i32.const 1))))))
    (func $tail-nothing (return_call $empty))
    (func $tail-table (return_call_indirect (type $nothing) (i32.const 0)))"#;

/// The instructions, each of which a guest repeats.
const INSTRUCTIONS: &[(&str, &str)] = &[
    ("nothing", "(nop)"),
    ("memory-size", "(global.set $i (memory.size))"),
    ("memory-grow-fails", "(drop (memory.grow (i32.const -1)))"),
    ("memory-grow-by-0", "(drop (memory.grow (i32.const 0)))"),
    ("memory-fill", "(memory.fill (i32.const 9000) (i32.const 1) (global.get $i))"),
    ("memory-copy", "(memory.copy (i32.const 9000) (i32.const 9001) (global.get $i))"),
    ("memory-init", "(memory.init $d (i32.const 9000) (i32.const 0) (i32.const 0))"),
    ("data-drop", "(data.drop $d)"),
    ("table-size", "(global.set $i (table.size $t))"),
    ("table-grow-fails", "(drop (table.grow $t (ref.null func) (i32.const 1)))"),
    ("table-grow-by-0", "(drop (table.grow $t (ref.null func) (i32.const 0)))"),
    ("table-fill", "(table.fill $t (i32.const 1) (ref.null func) (i32.const 1))"),
    ("table-copy-within", "(table.copy $t $t (i32.const 2) (i32.const 1) (i32.const 1))"),
    ("table-copy-between", "(table.copy $u $t (i32.const 2) (i32.const 1) (i32.const 1))"),
    ("table-init", "(table.init $t $e (i32.const 3) (i32.const 0) (i32.const 0))"),
    ("elem-drop", "(elem.drop $e)"),
    ("table-get-and-set", "(table.set $u (i32.const 1) (table.get $t (i32.const 0)))"),
    ("reference", "(global.set $r (ref.func $empty)) (drop (ref.is_null (global.get $r)))"),
    ("call", "(call $empty)"),
    ("call-with-result", "(drop (call $same (i32.const 1)))"),
    ("call-indirect", "(call_indirect $t (type $nothing) (i32.const 0))"),
    ("call-deep", "(call $deep (i32.const 900))"),
    ("return-call", "(call $tail (i32.const 1000))"),
    ("return-call-indirect", "(call $tail-table)"),
    ("return-call-to-nothing", "(call $tail-nothing)"),
    ("call-host", "(call $log (i32.const 0) (i32.const 0))"),
    ("branch", "(block (br 0))"),
    ("branch-if", "(block (br_if 0 (global.get $i)))"),
    ("branch-table", "(block (block (br_table 0 1 (global.get $i))))"),
    ("if-else", "(if (global.get $i) (then (nop)) (else (global.set $i (i32.const 1))))"),
    ("select", "(global.set $i (select (i32.const 1) (global.get $i) (global.get $i)))"),
    ("load-and-store", "(i64.store (i32.const 9000) (i64.load32_s (i32.const 9004)))"),
    ("i32", "(global.set $i (i32.rotl (i32.clz (global.get $i)) (i32.const 3)))"),
    (
        "i32-divide",
        "(global.set $i (i32.rem_s (i32.const 7) (i32.const 3)))
        (global.set $i (i32.div_u (global.get $i) (i32.or (global.get $i) (i32.const 1))))",
    ),
    (
        "i64-divide",
        "(global.set $l (i64.div_s (i64.const 7)
        (i64.or (global.get $l) (i64.const 1))))",
    ),
    ("f32", "(global.set $f (f32.nearest (f32.sqrt (f32.min (global.get $f) (f32.const 2)))))"),
    ("f64", "(global.set $d (f64.ceil (f64.copysign (global.get $d) (f64.const 2))))"),
    (
        "convert",
        "(global.set $d (f64.convert_i64_u (i64.trunc_f64_s (f64.const 3))))
        (global.set $i (i32.trunc_sat_f32_u (global.get $f)))",
    ),
];

/// The stack of each thread that runs actors, in bytes: see `main.rs`.
const STACK: usize = 8 << 20;

/// The largest slice that a manifest may set.
pub fn largest_slice() -> String {
    let keys = footlight::limits::keys::limit_keys();
    keys.into_iter().find(|key| key.key == "slice").unwrap().most
}

/// A guest that does this a hundred times over, until its fuel is spent.
fn repeats(name: &'static str, instruction: &str) -> Guest {
    let hundred = instruction.repeat(100);
    fails(name, &["units of fuel in ntwk:theater/websocket-server#handle-message"])
        .logs()
        .with(FIELDS)
        .attack(format!("(loop $for-ever {hundred} (br $for-ever)) (unreachable)"))
        .limit("slice", largest_slice())
        .limit("fuel", 3_000_000)
}

#[test]
fn no_instruction_uses_up_the_native_stack() {
    let guests: Vec<_> = INSTRUCTIONS.iter().map(|(name, text)| repeats(name, text)).collect();
    act_if_loaded(guests, "table.grow");
}

/// Runs a guest in this thread, in the largest possible steps, until its fuel is spent.
async fn run(guest: &Guest) {
    let limits = Limits { fuel: Some(10 * MAX_AT_ONCE), slice: MAX_AT_ONCE, ..Limits::default() };
    // The host refuses some instructions.
    let Some(mut inside) = Inside::of(guest, &limits).await else { return };
    let error = inside.handle("attack").await.unwrap_err().to_string();
    assert!(error.contains("units of fuel"), "{}: {error}", guest.name);
}

#[test]
fn no_step_needs_more_than_three_quarters_of_a_threads_stack() {
    // A stack overflow ends this process.
    for (name, text) in INSTRUCTIONS {
        let run = || block_on(run(&repeats(name, text)));
        thread::scope(|scope| {
            thread::Builder::new().stack_size(STACK / 4 * 3).spawn_scoped(scope, run).unwrap();
        });
    }
}

#[test]
fn straight_line_code_that_just_fits_one_step_does_not_use_it_up_either() {
    let kinds = ["memory-copy", "table-get-and-set", "reference", "call", "call-host"];
    let steps = usize::try_from(MAX_AT_ONCE).unwrap();
    let guests = kinds.map(|kind| {
        let (_, text) = INSTRUCTIONS.iter().find(|(name, _)| *name == kind).unwrap();
        // The fuel of each, beside the one unit of an ordinary instruction.
        let more = |name: &str, units: usize| text.matches(name).count() * units;
        let dear = more("table.", 254) + more("ref.", 254);
        let cost = text.matches('(').count() + dear + more("memory.", 31) + more("(call", 3);
        repeats(kind, &text.repeat((steps - 1000) / cost / 100)).limit("slice", 1000)
    });
    act(&guests);
}
