//! The operators that guests may use. Each is used in the cheapest way for the guest: its operands
//! are there already, and its result is dropped.

/// Something that a guest repeats.
pub(crate) struct Case {
    /// Its name in the table.
    pub(crate) name: String,
    /// The code, which leaves the stack unchanged.
    pub(crate) body: String,
}

/// The bytes of memory that loads and stores go through: all of a guest's default memory, except
/// for the first page and the last one.
const WALKED: u32 = 16_646_144;

/// The fields of the guest's module beside memory.
pub(crate) const FIELDS: &str = r#"
    (type $nothing (func)) (type $wide (func (param i64 i64 i64 i64 i64 i64 i64 i64)))
    (table $t 16384 funcref) (table $u 16384 funcref)
    (elem (table $t) (i32.const 0) func $empty $wide $other)
    (elem $e func $empty $empty $empty $empty) (data $d "some data")
    (global $i (mut i32) (i32.const 1)) (global $l (mut i64) (i64.const 1))
    (global $f (mut f64) (f64.const 1)) (global $r (mut funcref) (ref.null func))
    (func $empty)
    (func $other (param i32) (result i32) (local.get 0))
    (func $wide (type $wide))
    (func $locals (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
        i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
        i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64))
    (func $results (result i64 i64 i64 i64 i64 i64 i64 i64) (i64.const 1) (i64.const 1) (i64.const 1)
        (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1))
    (func $tail (return_call $empty))
    (func $tail-table (return_call_indirect (type $nothing) (i32.const 0)))"#;

/// Long fields, which only the bodies that use them get.
pub(crate) fn functions(body: &str) -> String {
    let locals = if body.contains("$many") { " i64".repeat(30_000) } else { String::new() };
    format!(
        "(func $many (local{locals}))
        (func $deep (param i32) (local i64 i64 i64 i64)
            (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))"
    )
}

/// All operators.
pub(crate) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    let mut add = |name: String, body: String| all.push(Case { name, body });
    for ty in ["i32", "i64"] {
        let of = |name: &str| format!("{ty}.{name}");
        for name in "clz ctz popcnt extend8_s extend16_s".split(' ') {
            add(of(name), format!("({ty}.{name} (local.get ${ty})) local.set ${ty}"));
        }
        let two = "add sub mul and or xor shl shr_s shr_u rotl rotr div_s div_u rem_s rem_u";
        for name in two.split(' ') {
            let divided = if ty == "i64" { "0x7000_0000_0000_0001" } else { "0x7000_0001" };
            let first =
                if name.contains('_') { divided.into() } else { format!("local.get ${ty}") };
            let first = if name.contains('_') {
                format!("({ty}.const {first})")
            } else {
                format!("({first})")
            };
            add(of(name), format!("({ty}.{name} {first} (local.get ${ty}2)) drop"));
            add(
                format!("{}, in turn", of(name)),
                format!("({ty}.{name} (local.get ${ty}) (local.get ${ty}2)) local.set ${ty}"),
            );
        }
        for name in "eq lt_s ge_u".split(' ') {
            add(
                of(name),
                format!("({ty}.{name} (local.get ${ty}) (local.get ${ty}2)) local.set $n"),
            );
        }
        add(of("eqz"), format!("({ty}.eqz (local.get ${ty})) local.set $n"));
    }
    for ty in ["f32", "f64"] {
        for name in "abs neg ceil floor trunc nearest sqrt".split(' ') {
            add(
                format!("{ty}.{name}"),
                format!("({ty}.{name} (local.get ${ty})) local.set ${ty}2"),
            );
        }
        for name in "add sub mul div min max copysign".split(' ') {
            for (kind, operand) in [("", format!("${ty}")), (", subnormal", format!("${ty}-small"))]
            {
                let other = if kind.is_empty() { "1.000001" } else { "0.4999999" };
                add(
                    format!("{ty}.{name}{kind}"),
                    format!(
                        "({ty}.{name} (local.get {operand}) ({ty}.const {other})) local.set ${ty}2"
                    ),
                );
            }
        }
        add(
            format!("{ty}.sqrt, subnormal"),
            format!("({ty}.sqrt (local.get ${ty}-small)) local.set ${ty}2"),
        );
        for int in ["i32", "i64"] {
            for sign in ["s", "u"] {
                add(
                    format!("{int}.trunc_{ty}_{sign}"),
                    format!("({int}.trunc_{ty}_{sign} (local.get ${ty})) local.set ${int}"),
                );
                add(
                    format!("{int}.trunc_sat_{ty}_{sign}"),
                    format!("({int}.trunc_sat_{ty}_{sign} (local.get ${ty})) local.set ${int}"),
                );
                add(
                    format!("{ty}.convert_{int}_{sign}"),
                    format!("({ty}.convert_{int}_{sign} (local.get ${int})) local.set ${ty}2"),
                );
            }
        }
    }
    add("f32.demote, subnormal".into(), "(f32.demote_f64 (f64.const 1e-40)) local.set $f322 (f32.demote_f64 (local.get $f64)) local.set $f322".into());
    add(
        "f64.promote, subnormal".into(),
        "(f64.promote_f32 (local.get $f32-small)) local.set $f642".into(),
    );
    let plain = [
        ("local.get and set", "(local.set $n (local.get $i32))"),
        ("local.tee", "(drop (local.tee $n (local.get $i32)))"),
        ("global.get and set", "(global.set $l (global.get $l))"),
        ("select", "(local.set $n (select (local.get $i32) (local.get $i322) (local.get $n)))"),
        ("memory.size", "(local.set $n (memory.size))"),
        ("memory.grow by 0", "(drop (memory.grow (i32.const 0)))"),
        ("memory.grow, failing", "(drop (memory.grow (i32.const -1)))"),
        ("memory.fill, 0 bytes", "(memory.fill (i32.const 9000) (i32.const 1) (i32.const 0))"),
        ("memory.fill, 511 bytes", "(memory.fill (i32.const 9000) (i32.const 1) (i32.const 511))"),
        ("memory.fill, 64 KiB", "(memory.fill (i32.const 65536) (i32.const 1) (i32.const 65536))"),
        (
            "memory.fill, 15 MiB",
            "(memory.fill (i32.const 65536) (i32.const 1) (i32.const 15728640))",
        ),
        ("memory.copy, 0 bytes", "(memory.copy (i32.const 9000) (i32.const 9600) (i32.const 0))"),
        (
            "memory.copy, 511 bytes",
            "(memory.copy (i32.const 9000) (i32.const 9600) (i32.const 511))",
        ),
        (
            "memory.copy, 64 KiB",
            "(memory.copy (i32.const 65536) (i32.const 131072) (i32.const 65536))",
        ),
        (
            "memory.copy, 15 MiB",
            "(memory.copy (i32.const 65537) (i32.const 65600) (i32.const 15728640))",
        ),
        (
            "memory.copy, 7 MiB",
            "(memory.copy (i32.const 65536) (i32.const 8388608) (i32.const 7340032))",
        ),
        ("memory.init", "(memory.init $d (i32.const 9000) (i32.const 0) (i32.const 9))"),
        ("data.drop", "(data.drop $d)"),
        ("table.size", "(local.set $n (table.size $t))"),
        ("table.get and set", "(table.set $u (i32.const 1) (table.get $t (i32.const 0)))"),
        ("table.fill, 1 element", "(table.fill $u (i32.const 1) (ref.null func) (i32.const 1))"),
        ("table.fill, all", "(table.fill $u (i32.const 0) (ref.null func) (i32.const 16384))"),
        ("table.copy, 1 element", "(table.copy $u $t (i32.const 2) (i32.const 1) (i32.const 1))"),
        ("table.copy, all", "(table.copy $u $t (i32.const 0) (i32.const 0) (i32.const 16384))"),
        (
            "table.copy, all within",
            "(table.copy $u $u (i32.const 1) (i32.const 0) (i32.const 16383))",
        ),
        ("table.init", "(table.init $u $e (i32.const 3) (i32.const 0) (i32.const 4))"),
        ("elem.drop", "(elem.drop $e)"),
        ("ref.func", "(global.set $r (ref.func $empty))"),
        ("ref.is_null", "(local.set $n (ref.is_null (global.get $r)))"),
        ("ref.null", "(global.set $r (ref.null func))"),
        ("call", "(call $empty)"),
        ("call, 1 parameter", "(local.set $n (call $other (local.get $i32)))"),
        (
            "call, 8 parameters",
            "(call $wide (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64))",
        ),
        ("call, 8 results", "(call $results) drop drop drop drop drop drop drop drop"),
        ("call, 63 locals", "(call $locals)"),
        ("call, 30,000 locals", "(call $many)"),
        ("call, 900 deep", "(call $deep (i32.const 900))"),
        ("call_indirect", "(call_indirect $t (type $nothing) (i32.const 0))"),
        ("return_call", "(call $tail)"),
        ("return_call_indirect", "(call $tail-table)"),
        ("br", "(block (br 0))"),
        ("br_if, taken", "(block (br_if 0 (local.get $i32)))"),
        (
            "br_if, at random",
            "(local.set $i32 (i32.add (i32.mul (local.get $i32) (i32.const 1664525)) (i32.const 1013904223))) (block (br_if 0 (i32.lt_s (local.get $i32) (i32.const 0))))",
        ),
        (
            "br_table, at random",
            "(local.set $i32 (i32.add (i32.mul (local.get $i32) (i32.const 1664525)) (i32.const 1013904223))) (block (block (block (block (br_table 0 1 2 3 (i32.shr_u (local.get $i32) (i32.const 30)))))))",
        ),
        ("if and else", "(if (local.get $i32) (then) (else))"),
        ("loop", "(loop)"),
        (
            "branch with 8 values",
            "(block (result i64 i64 i64 i64 i64 i64 i64 i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (br_if 0 (local.get $i32))) drop drop drop drop drop drop drop drop",
        ),
        (
            "block with 8 parameters",
            "(local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (local.get $i64) (loop (type $wide) drop drop drop drop drop drop drop drop)",
        ),
    ];
    for (name, body) in plain {
        add(name.into(), body.into());
    }
    // All values move by one place in each turn.
    let (types, values) = (" i64".repeat(64), "(i64.const 1)".repeat(64));
    add(
        "loop with 64 values".into(),
        format!("{values} (loop (param{types}) (local.get $i64) (br 0)) unreachable"),
    );
    // Each load reads a cache line that is not in the cache.
    let next = format!(
        "(local.set $at (i32.add (i32.rem_u (i32.add (local.get $at) (i32.const 4_198_468)) (i32.const {WALKED})) (i32.const 65536)))"
    );
    let accesses = [
        ("i32.load", "(local.set $n (i32.load (local.get $at)))"),
        ("i64.load32_s", "(local.set $i642 (i64.load32_s (local.get $at)))"),
        ("f64.load", "(local.set $f642 (f64.load (local.get $at)))"),
        ("i32.store", "(i32.store (local.get $at) (local.get $n))"),
        ("i64.store8", "(i64.store8 (local.get $at) (local.get $i64))"),
    ];
    for (name, access) in accesses {
        add(format!("{name}, near"), access.into());
        add(format!("{name}, far"), format!("{next} {access}"));
    }
    for (name, body) in [
        ("i32.load, a chain", "(local.set $chain (i32.load (local.get $chain)))"),
        (
            "i64.load over two pages, far",
            "(local.set $i642 (i64.load offset=4092 (i32.and (local.get $at) (i32.const 0x7ff000))))",
        ),
    ] {
        let before = if name.ends_with("far") { next.as_str() } else { "" };
        add(name.into(), format!("{before} {body}"));
    }
    for (name, op) in [
        ("memory.fill", "(memory.fill (local.get $at) (i32.const 1) (i32.const 511))"),
        ("memory.copy", "(memory.copy (local.get $at) (i32.const 9600) (i32.const 511))"),
    ] {
        add(format!("{name}, 511 bytes, far"), format!("{next} {op}"));
    }
    add(
        "call_indirect, far".into(),
        format!("{next} (call_indirect $t (type $nothing) (i32.const 0))"),
    );
    all
}
