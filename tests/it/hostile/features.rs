//! The features of WebAssembly that guests may use, and those that they may not.

use super::{
    file::{load, says, with},
    guest::harmless,
};

/// Features that compilers use and a guest may have.
const TAKEN: &[(&str, &str)] = &[
    ("sign extension", "(func (drop (i32.extend8_s (i32.const 1))))"),
    ("saturating conversions", "(func (drop (i32.trunc_sat_f32_s (f32.const 1))))"),
    ("several results", "(func (result i32 i32) (i32.const 1) (i32.const 2))"),
    ("bulk memory", "(func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)))"),
    ("reference types", "(table 1 externref) (func (param externref))"),
    ("a mutable global that is exported", r#"(global (export "g") (mut i32) (i32.const 0))"#),
    ("extended constants", "(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
    ("tail calls", "(func $f (return_call $f))"),
];

/// Refused kinds of memory, and the name in the error.
const MEMORIES: &[(&str, &str)] =
    &[("i64 1", "memory64"), ("1 (pagesize 1)", "custom page sizes"), ("1 1 shared", "threads")];

/// Other refused features, and the name in the error.
const REFUSED: &[(&str, &str)] = &[
    ("(func (drop (i32x4.splat (i32.const 1))))", "SIMD"),
    ("(func (param v128))", "SIMD"),
    ("(func (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0))))", "SIMD"),
    ("(table i64 1 funcref)", "memory64"),
    ("(memory 1)", "multiple memories"),
    ("(func (drop (i32.atomic.load (i32.const 0))))", "threads"),
    ("(tag $t)", "exceptions"),
    ("(func (block $l (try_table (catch_all $l))))", "exceptions"),
    ("(func try catch_all end)", "exceptions"),
    ("(type (struct (field i32)))", "gc"),
    ("(func (drop (ref.i31 (i32.const 0))))", "gc"),
    ("(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))", "function references"),
    (
        "(func (result i64 i64) (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0)
            (i64.const 0)))",
        "wide arithmetic",
    ),
    ("(type $f (func)) (type $c (cont $f))", "stack switching"),
];

#[test]
fn what_compilers_turn_on_loads() {
    for (feature, fields) in TAKEN {
        let (fine, text) = load(&with(fields));
        assert!(fine, "{feature}: {text}");
    }
}

#[test]
fn a_feature_that_is_not_there_is_refused_by_its_name() {
    for (memory, name) in MEMORIES {
        says(&wat::parse_str(harmless("odd").memory(memory).text()).unwrap(), name);
    }
    for (fields, name) in REFUSED {
        says(&with(fields), name);
    }
}
