//! Tests that rewritten modules do the same, cost what they execute, and stay small.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::LazyLock,
};

use wasmi::{Engine, Store, Val};

use super::{generator, *};
use crate::actor::{nesting::MAX_NESTED, translated, validate::validate};

pub(super) fn assembled(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The outcome of a module's functions: the results of each or why it trapped, and a hash of the
/// memory.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    calls: Vec<Result<String, String>>,
    memory: u64,
}

/// A module whose function fills all of its locals with a number. The number then stays behind on
/// the interpreter's stack.
static LEAVES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let set: String = (1..600).map(|local| format!("local.get 0 local.set {local} ")).collect();
    let locals = " i64".repeat(600);
    assembled(&format!("(module (func (export \"f\") (param i64) (local{locals}) {set}))"))
});

/// Runs all functions of a generated module in slices; `None` if the fuel is not enough. Before each
/// function, the number `left_behind` fills the interpreter's stack.
fn run(bytes: &[u8], fuel: u64, slice: u64, left_behind: i64) -> Option<Outcome> {
    let engine = Engine::new(&translated::config());
    let module = wasmi::Module::new(&engine, bytes).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_fuel(0).unwrap();
    let instance = wasmi::Instance::new(&mut store, &module, &[]).unwrap();
    let leave = wasmi::Module::new(&engine, &*LEAVES).unwrap();
    let leave = wasmi::Instance::new(&mut store, &leave, &[]).unwrap();
    let leave = leave.get_typed_func::<i64, ()>(&store, "f").unwrap();
    let mut left = fuel;
    let mut calls = Vec::new();
    for index in 0..generator::FUNCTIONS {
        let function = instance.get_func(&store, &format!("f{index}")).unwrap();
        let mut results = [Val::I32(0)];
        let given = [Val::I32(7), Val::I64(-9), Val::F64(2.5.into())];
        store.set_fuel(1 << 40).unwrap();
        leave.call(&mut store, left_behind).unwrap();
        store.set_fuel(slice).unwrap();
        let mut call = function.call_resumable(&mut store, &given, &mut results);
        calls.push(loop {
            match call {
                Ok(wasmi::ResumableCall::Finished) => break Ok(format!("{results:?}")),
                Ok(wasmi::ResumableCall::OutOfFuel(pending)) => {
                    let more = pending.required_fuel().max(slice);
                    left = left.checked_sub(more)?;
                    store.set_fuel(more).unwrap();
                    call = pending.resume(&mut store, &mut results);
                }
                Ok(wasmi::ResumableCall::HostTrap(_)) => unreachable!("no host function"),
                Err(error) => break Err(error.to_string()),
            }
        });
    }
    let mut hasher = DefaultHasher::new();
    instance.get_memory(&store, "memory").unwrap().data(&store).hash(&mut hasher);
    let memory = hasher.finish();
    Some(Outcome { calls, memory })
}

#[test]
fn rewritten_modules_of_any_content_do_the_same() {
    let (mut rewritten, mut compared, mut finished) = (0, 0, 0);
    for seed in 1..=200 {
        let bytes = assembled(&generator::module(seed));
        let split = split(&bytes);
        assert!(split.len() <= 2 * bytes.len() + 64, "seed {seed}");
        rewritten += usize::from(matches!(split, Cow::Owned(_)));
        if let Some(before) = run(&bytes, 1_000_000, 1_000_000, 0x1111) {
            // In a few modules wasmi 2.0 itself reads uninitialised values.
            if run(&bytes, 1_000_000, 1_000_000, 0x2222) != Some(before.clone()) {
                continue;
            }
            let after = run(&split, 4_000_000, 20, 0x3333).expect("costs not much more");
            assert_eq!(before, after, "seed {seed}");
            finished += before.calls.iter().filter(|call| call.is_ok()).count();
            compared += 1;
        }
    }
    // Most modules must be useful, or the test proves little.
    assert!(
        rewritten > 130 && compared > 150 && finished > 300,
        "{rewritten} {compared} {finished}"
    );
}

/// The fuel of one call of the exported function `f`.
fn fuel(bytes: &[u8]) -> u64 {
    let engine = Engine::new(&translated::config());
    let module = wasmi::Module::new(&engine, bytes).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_fuel(1 << 40).unwrap();
    let instance = wasmi::Instance::new(&mut store, &module, &[]).unwrap();
    instance.get_func(&store, "f").unwrap().call(&mut store, &[], &mut []).unwrap();
    (1 << 40) - store.get_fuel().unwrap()
}

/// A module with a function of this body, and an export `f` that calls it.
fn one(body: &str) -> Vec<u8> {
    assembled(&format!("(module (func $f {body}) (func (export \"f\") (call $f)))"))
}

#[test]
fn a_turn_of_a_large_switch_in_a_loop_costs_what_is_executed() {
    let case = "(local.set $n (i32.add (local.get $n) (i32.const 1)))".repeat(10);
    let (mut cases, labels) = (String::from("br_table"), 200);
    for label in 0..labels {
        cases += &format!(" {label}");
    }
    cases =
        format!("{} local.get $n i32.const 200 i32.rem_u {cases} end ", "block ".repeat(labels));
    for label in 1..labels {
        cases += &format!("{case} br {} end ", labels - label - 1);
    }
    // A thousand turns, each through one case.
    let bytes = one(&format!(
        "(local $n i32) (local $turns i32) loop {cases}
            (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
            (local.set $n (i32.add (local.get $n) (i32.const 3)))
            (br_if 0 (i32.lt_u (local.get $turns) (i32.const 1000))) end"
    ));
    assert!(fuel(&bytes) > 1000 * 8000);
    assert!((1000 * 50..1000 * 90).contains(&fuel(&split(&bytes))));
}

#[test]
fn code_that_no_branch_passes_by_is_charged_at_once() {
    let run = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))".repeat(20);
    let arms = format!("(if (local.get 0) (then {run}) (else {run}))");
    let bytes = one(&format!("(local i32) {run} {arms} {run} {arms} {run}"));
    assert!(matches!(split(&bytes), Cow::Borrowed(_)));
}

#[test]
fn locals_cost_fuel_at_each_call() {
    let cost = |locals: usize| fuel(&split(&one(&format!("(local{})", " i64".repeat(locals)))));
    let none = cost(0);
    assert_eq!(cost(63), none);
    assert_eq!(cost(64), none + 16);
    assert_eq!(cost(6400), none + 1600);
    assert_eq!(cost(30_000), none + 30_000 / 64 * 16);
}

#[test]
fn values_that_are_carried_cost_fuel_at_each_turn() {
    let cost = |values: usize| {
        let (types, push) = (" i64".repeat(values), "i64.const 7 ".repeat(values));
        let (turns, drop) = (100, "drop ".repeat(values));
        fuel(&split(&one(&format!(
            "(local $n i32) {push} loop (param{types}) (result{types}) i64.const 8
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if 0 (i32.lt_u (local.get $n) (i32.const {turns}))) drop end {drop}"
        ))))
    };
    // 57 more pushes, and 64 values enter the loop once and go back 100 times, for 128 units each.
    assert_eq!(cost(64), cost(7) + 57 + 101 * 128);
}

#[test]
fn values_that_are_carried_arrive_in_their_order() {
    // The values move by one place at each turn and leave through a block. They become the digits of
    // a number, which shows where each one arrived.
    let (types, count) = (" i64".repeat(12), 12);
    let push: String = (0..count).map(|number| format!("i64.const {number} ")).collect();
    let number = "local.set 0 i64.const 13 i64.mul local.get 0 i64.add ".repeat(count - 1);
    let bytes = assembled(&format!(
        "(module (func (export \"f\") (param i64) (result i64) (local $n i32)
            {push} block (param{types}) (result{types})
                loop (param{types}) (result{types})
                    local.get 0
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if 0 (i32.lt_u (local.get $n) (i32.const 5)))
                    (br_if 1 (i32.lt_u (local.get $n) (i32.const 6)))
                    drop
                end
            end {number}))"
    ));
    let split = split(&bytes);
    assert!(matches!(split, Cow::Owned(_)));
    let result = |bytes: &[u8]| {
        let engine = Engine::new(&translated::config());
        let module = wasmi::Module::new(&engine, bytes).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_fuel(1 << 40).unwrap();
        let instance = wasmi::Instance::new(&mut store, &module, &[]).unwrap();
        let function = instance.get_typed_func::<i64, i64>(&store, "f").unwrap();
        function.call(&mut store, 12).unwrap()
    };
    assert_eq!(result(&bytes), result(&split));
}

#[test]
fn what_is_rewritten_nests_no_deeper_than_the_limit() {
    // The code after each block is worth a loop, but the limit leaves room for a few loops only.
    let after = "local.get 0 br_if 0 local.get 0 br_if 0 local.get 0 br_if 0 ".repeat(8);
    for (levels, inserted) in [(MAX_NESTED - 1, 0), (MAX_NESTED - 11, 10), (100, 100)] {
        let close = format!("{after} end ").repeat(levels);
        let bytes = one(&format!("(local i32) {} {close}", "block ".repeat(levels)));
        assert_eq!(validate(&bytes), Ok(1));
        let split = split(&bytes);
        assert_eq!(validate(&split), Ok(1));
        assert!(split.len() >= bytes.len() + inserted, "{levels}");
        wasmi::Module::new(&Engine::new(&translated::config()), &split).unwrap();
    }
}

#[test]
fn a_rewritten_module_is_no_more_than_twice_as_large() {
    // Branches whose depths take more bytes than before, and many loops.
    let table = format!("local.get 0 br_table{}", " 100".repeat(2000));
    let bodies = [
        format!(
            "{} {} {}",
            "block ".repeat(127),
            format!("block {table} end ").repeat(50),
            "end ".repeat(127)
        ),
        format!(
            "{} {} {}",
            "block ".repeat(127),
            "block local.get 0 br_if 127 end ".repeat(3000),
            "end ".repeat(127)
        ),
        "local.get 0 br_if 0 ".repeat(10_000),
    ];
    for body in bodies {
        let bytes = one(&format!("(local i32) {body}"));
        let split = split(&bytes);
        assert!(matches!(split, Cow::Owned(_)));
        assert!(split.len() <= 2 * bytes.len(), "{} of {}", split.len(), bytes.len());
        wasmi::Module::new(&Engine::new(&translated::config()), &split).unwrap();
    }
}

/// All modules of this repository, and some generated ones.
pub(super) fn modules() -> Vec<Vec<u8>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = |path| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let folders = list(root.join("examples")).filter(|path| path.is_dir());
    let files = folders.chain([root.join("tests/guests")]).flat_map(list);
    let files = files.filter(|file| file.extension().is_some_and(|end| end == "wasm"));
    let all = files.map(|file| std::fs::read(file).unwrap());
    all.chain((1..20).map(|seed| assembled(&generator::module(seed)))).collect()
}

#[test]
fn every_actor_of_this_repository_is_valid_when_it_is_rewritten() {
    let mut rewritten = 0;
    for bytes in modules() {
        let split = split(&bytes);
        wasmi::Module::new(&Engine::new(&translated::config()), &split).unwrap();
        rewritten += usize::from(matches!(split, Cow::Owned(_)));
    }
    assert!(rewritten > 15, "{rewritten}");
}

#[test]
fn any_change_of_a_module_is_no_panic_and_rewriting_it_keeps_it_valid_or_invalid() {
    let run = "block local.get 0 br_if 0 local.get 0 br_if 0 end ".repeat(30);
    let good = one(&format!("(local i32) {run}"));
    assert!(matches!(split(&good), Cow::Owned(_)));
    let valid =
        |bytes: &[u8]| wasmi::Module::validate(&Engine::new(&translated::config()), bytes).is_ok();
    for at in 0..good.len() {
        let same = |changed: &[u8]| {
            let split = split(changed);
            assert_eq!(valid(changed), valid(&split), "at {at}");
        };
        same(&good[..at]);
        for value in [0, 1, 0x0b, 0x40, 0x7f, 0x80, 0xff] {
            let mut changed = good.clone();
            changed[at] = value;
            same(&changed);
        }
    }
}
