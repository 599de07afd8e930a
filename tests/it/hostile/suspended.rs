//! Imports that a guest calls where it may not or in unusual ways, and allocators that fail while an
//! import waits for them.

use super::{
    guest::{AREA, Guest, call, fails, harmless},
    stage::{act, end},
    starts::{all_are_left_out, bad},
};
use crate::support::Server;

/// The error about an import that the guest calls where it may not.
const NOT_HERE: &str = "is called where it can't be";

/// A guest that asks for six random bytes. `cabi_realloc` runs this code for them.
fn asks(guest: Guest, realloc: &str) -> Guest {
    guest
        .imports("random.bytes")
        .with("(global $asking (mut i32) (i32.const 0))")
        .realloc(&format!("(if (global.get $asking) (then {realloc}))"))
        .first(format!(
            "(global.set $asking (i32.const 1)) {} (global.set $asking (i32.const 0))",
            call("random.bytes", &[6, AREA])
        ))
}

/// The same for code that only returns a pointer.
fn gives(guest: Guest, pointer: i64) -> Guest {
    asks(guest, &format!("(return (i32.const {pointer}))"))
}

/// Traps if this is not the expected value.
fn must(condition: &str) -> String {
    format!("(if (i32.eqz {condition}) (then (unreachable)))")
}

#[test]
fn allocators_that_lie_about_a_result_are_refused() {
    const SAYS: &str = "cabi_realloc returned";
    act(&[
        gives(fails("result-beyond", &[SAYS, "0x10000 for the 6 bytes of bytes"]), 65536),
        gives(fails("result-past-the-end", &[SAYS, "0xfffb for the 6 bytes"]), 65531),
        gives(fails("result-wraps", &[SAYS, "0xffffffff for the 6 bytes"]), -1),
        asks(fails("result-traps", &["it trapped in cabi_realloc"]), "(unreachable)"),
        asks(fails("result-loops", &["fuel in cabi_realloc"]), "(loop $l (br $l))"),
        asks(fails("result-recurses", &["it trapped in cabi_realloc", "stack"]), "(call $deep)")
            .with("(func $deep (call $deep))"),
        asks(
            fails("result-grows-and-lies", &[SAYS, "0x40000 for"]),
            "(drop (memory.grow (i32.const 3))) (return (i32.const 0x40000))",
        ),
        fails("list-misaligned", &[SAYS, "0x1392 for the", "not aligned to 8 bytes"])
            .imports("connections.list")
            .with("(global $asking (mut i32) (i32.const 0))")
            .each("(global.set $next (i32.const 5010))")
            .first(call("connections.list", &[0, 0, 0, AREA])),
    ]);
}

#[test]
fn allocators_that_give_odd_places_for_a_result_harm_only_their_guest() {
    act(&[
        gives(harmless("result-at-null"), 0),
        gives(harmless("result-at-the-very-end"), 65530),
        // The pointer overwrites the bytes that it points to.
        gives(harmless("result-in-its-own-area"), AREA),
        gives(harmless("result-over-the-area-s-end"), AREA + 6),
        asks(
            harmless("result-in-new-memory"),
            "(return (i32.shl (memory.grow (i32.const 3)) (i32.const 16)))",
        ),
        asks(
            harmless("result-after-failing-to-grow"),
            "(loop $g (br_if $g (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0))))",
        ),
    ]);
}

#[test]
fn an_import_in_an_allocator_or_after_a_call_is_a_trap_and_no_recursion() {
    let in_realloc = |name, import: &str, call: String| {
        let says = ["it trapped in cabi_realloc", format!("`{import}` {NOT_HERE}").leak()];
        let guest = asks(fails(name, Vec::from(says).leak()), &call);
        if import == "random.bytes" { guest } else { guest.imports(import) }
    };
    let in_post = |name, import: &str, call: String| {
        let says = ["it trapped in cabi_post_ntwk", format!("`{import}` {NOT_HERE}").leak()];
        fails(name, Vec::from(says).leak()).imports(import).post(&call)
    };
    let tail = |call: String| call.replacen("(call", "(return_call", 1);
    let (random, sender) = (call("random.bytes", &[6, AREA]), call("connections.sender", &[AREA]));
    act(&[
        in_realloc("asks-again", "random.bytes", random.clone()),
        in_realloc("asks-who", "connections.sender", sender.clone()),
        in_realloc("asks-the-time", "clock.now", "(drop (call $clock.now))".into()),
        in_realloc("asks-in-a-tail", "connections.sender", "(call $asks)".into())
            .with(format!("(func $asks {})", tail(sender.clone()))),
        in_post("asks-in-post", "random.bytes", random),
        in_post("asks-the-time-in-post", "clock.now", "(drop (call $clock.now))".into()),
        in_post("ends-in-an-import", "connections.sender", tail(sender)),
        fails("asks-before-the-call", &["it trapped in cabi_realloc", NOT_HERE])
            .imports("alarm.cancel")
            .realloc("(call $alarm.cancel)"),
    ]);
}

#[test]
fn imports_at_the_start_leave_an_actor_out() {
    let start = |body: &str| format!("(func $start {body}) (start $start)");
    let initialize = |body: &str| format!(r#"(func (export "_initialize") {body})"#);
    let says = &["it trapped in the start function", "`alarm.cancel`", NOT_HERE];
    all_are_left_out(&[
        bad("start-asks", &start("(call $alarm.cancel)"), says).imports("alarm.cancel"),
        bad("start-ends-in-an-import", &start("(return_call $alarm.cancel)"), says)
            .imports("alarm.cancel"),
        bad("start-is-an-import", "(start $alarm.cancel)", says).imports("alarm.cancel"),
        bad(
            "start-asks-the-time",
            &start("(drop (call $clock.now))"),
            &["it trapped in the start function", "`clock.now`", NOT_HERE],
        )
        .imports("clock.now"),
        bad(
            "initialize-asks",
            &initialize("(call $random.bytes (i32.const 1) (i32.const 1024))"),
            &["it trapped in _initialize", "`random.bytes`", NOT_HERE],
        )
        .imports("random.bytes"),
        bad(
            "initialize-is-an-import",
            r#"(export "_initialize" (func $alarm.cancel))"#,
            &["it trapped in _initialize", "`alarm.cancel`", NOT_HERE],
        )
        .imports("alarm.cancel"),
    ]);
}

#[test]
fn an_import_that_is_the_export_itself_is_a_trap() {
    // `cabi_post_…` and `connections.sender` have the same type.
    let guest = harmless("odd").imports("connections.sender").export_post("$connections.sender");
    let server = Server::of(guest.actor());
    for id in 1..=3 {
        assert_eq!(server.client("odd").expect_close(1011), "the actor failed");
        let said = server.wait_for(&[&format!("odd#{id}: the actor failed at a connect event")]);
        let cause = format!(
            "it trapped in cabi_post_ntwk:theater/websocket-server#handle-message: \
            `connections.sender` {NOT_HERE}"
        );
        assert!(said.contains(&cause), "{said}");
    }
    end(server);
}

/// Functions that call imports in every possible way. Around the call they have other values: locals
/// of every kind, and operands that they need afterwards.
const WAYS: &str = r#"
    (type $ask (func (param i32)))
    (type $time (func (result i64)))
    (type $quiet (func))
    (table $imports 4 funcref)
    (elem (table $imports) (i32.const 0) func
        $connections.sender $clock.now $alarm.cancel $connections.sender)
    (func $tail (param i32) (return_call $connections.sender (local.get 0)))
    (func $tail-of-many (param i32 i64 f32 f64 i32) (local i64 i64 i64)
        (return_call $connections.sender (local.get 4)))
    (func $tail-of-tail (param i32) (return_call $tail (local.get 0)))
    (func $tail-indirect (param i32)
        (return_call_indirect $imports (type $ask) (local.get 0) (i32.const 3)))
    (func $time-tail (result i64) (return_call $clock.now))
    (func $time-tail-of-many (param i64 i64 i64 i32) (result i64) (local f64 f64)
        (return_call $clock.now))
    (func $time-tail-indirect (param i64) (result i64)
        (return_call_indirect $imports (type $time) (i32.const 1)))
    (func $quiet-tail (return_call $alarm.cancel))
    (func $quiet-tail-indirect (param i32)
        (return_call_indirect $imports (type $quiet) (local.get 0)))
    (func $one (result i32) (i32.const 7))
    (elem declare func $one)
"#;

/// Calls something that leaves no value, while many values wait on the stack, and checks them
/// afterwards.
fn among_values(name: &str, callee: &str) -> String {
    format!(
        r#"(func ${name}
            (local $a i32) (local $b i64) (local $c f32) (local $d f64) (local $f funcref)
            (local.set $a (i32.const 1111)) (local.set $b (i64.const 0x1234567890))
            (local.set $c (f32.const 1.5)) (local.set $d (f64.const -2.25))
            (local.set $f (ref.func $one))
            (i32.const 31) (i64.const 0x7777777777) (f64.const 0.5)
            {callee}
            {}{}{}{}{}{}{}{})"#,
        must_top("f64", "0.5"),
        must_top("i64", "0x7777777777"),
        must_top("i32", "31"),
        must("(i32.eq (local.get $a) (i32.const 1111))"),
        must("(i64.eq (local.get $b) (i64.const 0x1234567890))"),
        must("(f32.eq (local.get $c) (f32.const 1.5))"),
        must("(f64.eq (local.get $d) (f64.const -2.25))"),
        must("(i32.eqz (ref.is_null (local.get $f)))"),
    )
}

/// Pops an operand, and traps if it is not this one.
fn must_top(ty: &str, value: &str) -> String {
    format!("({ty}.const {value}) ({ty}.ne) (if (then (unreachable)))")
}

#[test]
fn an_import_can_be_called_in_every_way_and_all_values_around_the_call_stay() {
    let sender = |callee: &str| {
        // Clear the area first, so that the result can't come from an earlier call.
        format!(
            "(i64.store (i32.const 1024) (i64.const 0)) (i64.store (i32.const 1032) (i64.const 0))
             {callee}
             {} {}",
            must("(i32.eq (i32.load8_u (i32.const 1024)) (i32.const 1))"),
            must("(i64.eq (i64.load (i32.const 1032)) (i64.const 2))"),
        )
    };
    let time = |callee: &str| {
        let all = format!("(i64.ne ({callee}) (call $clock.now))");
        format!("(if {all} (then (unreachable)))")
    };
    let area = "(i32.const 1024)";
    let ways = [
        sender(&format!("(call $connections.sender {area})")),
        sender(&format!("(call_indirect $imports (type $ask) {area} (i32.const 0))")),
        sender(&format!("(call $tail {area})")),
        sender(&format!(
            "(call $tail-of-many (i32.const -1) (i64.const -1) (f32.const 9) (f64.const 9) {area})"
        )),
        sender(&format!("(call $tail-of-tail {area})")),
        sender(&format!("(call $tail-indirect {area})")),
        time("call $time-tail"),
        time("call $time-tail-of-many (i64.const -1) (i64.const -1) (i64.const -1) (i32.const -1)"),
        time("call $time-tail-indirect (i64.const -1)"),
        time("call_indirect $imports (type $time) (i32.const 1)"),
        "(call $alarm.cancel)".into(),
        "(call $quiet-tail)".into(),
        "(call $quiet-tail-indirect (i32.const 2))".into(),
    ];
    let functions = ways.iter().enumerate();
    let functions = functions.map(|(index, callee)| among_values(&format!("way{index}"), callee));
    let functions: String = functions.collect();
    let calls: String = (0..ways.len()).map(|index| format!("(call $way{index})")).collect();
    let guest = |name: &'static str, slice: u32| {
        let all = ["connections.sender", "clock.now", "alarm.cancel"];
        let guest = all.into_iter().fold(harmless(name), Guest::imports);
        guest.with(WAYS).with(functions.as_str()).first(&calls).limit("slice", slice)
    };
    // Also with slices that end at every other step.
    act(&[
        guest("every-way", 20_000).limit("fuel", 2_000_000),
        guest("every-way-in-short-slices", 1000).limit("fuel", 1_000_000),
    ]);
}

#[test]
fn calls_of_functions_that_are_no_such_import_are_traps_as_ever() {
    act(&[
        fails("wrong-type", &["it trapped", "indirect call type mismatch"])
            .imports("connections.sender")
            .with("(type $other (func (param i32 i32))) (table 1 funcref)")
            .with("(elem (i32.const 0) func $connections.sender)")
            .first("(call_indirect (type $other) (i32.const 0) (i32.const 0) (i32.const 0))"),
        harmless("imported-twice")
            .imports("connections.sender")
            .again("connections.sender", "$second")
            .first("(call $connections.sender (i32.const 1024)) (call $second (i32.const 1024))"),
    ]);
}
