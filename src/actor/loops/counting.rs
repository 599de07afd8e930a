//! Compares the counts of values on the stack with those of wasmparser's validator.

use wasmparser::{FuncValidatorAllocations, ValidPayload, Validator};

use super::{
    tests::{assembled, modules},
    *,
};
use crate::actor::points::{Frame, step};

/// A module with every instruction that pops or pushes values, except for branches.
fn every_instruction() -> Vec<u8> {
    let mut text = String::from(
        "(module (type $two (func (param i64 f32) (result i32 f64))) (memory 1) (data $d \"x\")
            (table $t 1 funcref) (elem $e func $f) (global $g (mut i64) (i64.const 0))
            (func $two (type $two) unreachable)
            (func $f (param i32 i64 f32 f64)",
    );
    let mut add = |takes: &[&str], code: &str, results: usize| {
        let get = |ty: &&str| match *ty {
            "i32" => "local.get 0 ",
            "i64" => "local.get 1 ",
            "f32" => "local.get 2 ",
            "f64" => "local.get 3 ",
            _ => "ref.null func ",
        };
        text += &takes.iter().map(get).collect::<String>();
        text += &format!("{code} {}\n", "drop ".repeat(results));
    };
    for ty in ["i32", "i64"] {
        let both = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr eq ne \
                    lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
        both.split_whitespace().for_each(|name| add(&[ty, ty], &format!("{ty}.{name}"), 1));
        for name in "clz ctz popcnt eqz extend8_s extend16_s".split(' ') {
            add(&[ty], &format!("{ty}.{name}"), 1);
        }
        for float in ["f32", "f64"] {
            for sign in ["s", "u"] {
                add(&[float], &format!("{ty}.trunc_{float}_{sign}"), 1);
                add(&[float], &format!("{ty}.trunc_sat_{float}_{sign}"), 1);
                add(&[ty], &format!("{float}.convert_{ty}_{sign}"), 1);
            }
        }
    }
    for ty in ["f32", "f64"] {
        for name in "add sub mul div min max copysign eq ne lt gt le ge".split(' ') {
            add(&[ty, ty], &format!("{ty}.{name}"), 1);
        }
        for name in "abs neg ceil floor trunc nearest sqrt".split(' ') {
            add(&[ty], &format!("{ty}.{name}"), 1);
        }
    }
    for (takes, name) in [
        ("i64", "i32.wrap_i64"),
        ("i32", "i64.extend_i32_s"),
        ("i32", "i64.extend_i32_u"),
        ("i64", "i64.extend32_s"),
        ("f64", "f32.demote_f64"),
        ("f32", "f64.promote_f32"),
        ("f32", "i32.reinterpret_f32"),
        ("f64", "i64.reinterpret_f64"),
        ("i32", "f32.reinterpret_i32"),
        ("i64", "f64.reinterpret_i64"),
        ("i32", "memory.grow"),
        ("i32", "table.get $t"),
        ("funcref", "ref.is_null"),
        ("i32", "local.tee 0"),
    ] {
        add(&[takes], name, 1);
    }
    for (ty, widths) in [("i32", "8 16"), ("i64", "8 16 32"), ("f32", ""), ("f64", "")] {
        add(&["i32"], &format!("{ty}.load"), 1);
        add(&["i32", ty], &format!("{ty}.store"), 0);
        add(&[], &format!("{ty}.const 1"), 1);
        for width in widths.split_whitespace() {
            add(&["i32"], &format!("{ty}.load{width}_s"), 1);
            add(&["i32"], &format!("{ty}.load{width}_u"), 1);
            add(&["i32", ty], &format!("{ty}.store{width}"), 0);
        }
    }
    for name in ["memory.fill", "memory.copy", "memory.init $d", "table.copy", "table.init $t $e"] {
        add(&["i32", "i32", "i32"], name, 0);
    }
    add(&["i32", "funcref", "i32"], "table.fill $t", 0);
    add(&["i32", "funcref"], "table.set $t", 0);
    for name in ["nop", "data.drop $d", "elem.drop $e"] {
        add(&[], name, 0);
    }
    for name in ["memory.size", "table.size $t", "ref.func $f", "ref.null extern", "global.get $g"]
    {
        add(&[], name, 1);
    }
    add(&["i64"], "global.set $g", 0);
    add(&["i32"], "local.set 0", 0);
    add(&["f32", "f32", "i32"], "select", 1);
    add(&["funcref", "funcref", "i32"], "select (result funcref)", 1);
    add(&["i64", "f32"], "call $two", 2);
    add(&["i64", "f32", "i32"], "call_indirect $t (type $two)", 2);
    for block in ["block", "loop"] {
        add(&["i64", "f32"], &format!("{block} (type $two) unreachable end"), 2);
    }
    add(&["i64", "f32", "i32"], "if (type $two) call $two else return end", 2);
    text += "))";
    assembled(&text)
}

#[test]
fn values_are_counted_as_a_validator_counts_them() {
    let mut counted = 0;
    for bytes in modules().into_iter().chain([every_instruction()]) {
        let types = Types::of(&bytes).unwrap();
        let mut validator = Validator::new();
        for payload in Parser::new(0).parse_all(&bytes) {
            let payload = payload.unwrap();
            let ValidPayload::Func(function, body) = validator.payload(&payload).unwrap() else {
                continue;
            };
            let mut right = function.into_validator(FuncValidatorAllocations::default());
            right.read_locals(&mut body.get_binary_reader()).unwrap();
            let mut frames = vec![Frame::default()];
            let mut instructions = Instructions::of(&body).unwrap();
            for read in body.get_operators_reader().unwrap().into_iter_with_offsets() {
                let (operator, at) = read.unwrap();
                right.op(at, &operator).unwrap();
                assert_eq!(instructions.offset(), at - body.range().start, "{operator:?}");
                step(&mut frames, &types, instructions.read().unwrap()).unwrap();
                let Some(frame) = right.get_control_frame(0) else { continue };
                let own = frames.last().unwrap();
                assert_eq!(own.unreachable, frame.unreachable, "{operator:?}");
                let height = usize::try_from(right.operand_stack_height()).unwrap() - frame.height;
                assert!(own.unreachable || own.height == height, "{operator:?}: {own:?} {height}");
                counted += 1;
            }
            assert!(instructions.is_at_end());
        }
    }
    assert!(counted > 100_000, "{counted}");
}
