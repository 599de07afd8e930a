//! Guests that want more memory, larger tables, or to have them moved about.

use super::{
    guest::{fails, harmless},
    stage::act,
};

/// As many failing or useless attempts as this must leave the native stack as it was.
const TEN_MILLION: u32 = 10_000_000;

/// Does something over and over, this many times.
fn times(count: u32, body: &str) -> String {
    format!(
        "(local $n i32) (local.set $n (i32.const {count})) (loop $l {body}
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    )
}

/// Does something for ever.
fn for_ever(body: &str) -> String {
    format!("(loop $for-ever {body} (br $for-ever)) (unreachable)")
}

/// Grows the memory by so many pages at a time, as long as it can.
fn grow(pages: u32) -> String {
    format!("(loop $g (br_if $g (i32.ge_s (memory.grow (i32.const {pages})) (i32.const 0))))")
}

/// What the log says of one that used up its fuel.
const SPENT: &[&str] = &["fuel", "ntwk:theater/websocket-server#handle-message"];

/// A table that may be grown.
const TABLE: &str = "(table $t 1 funcref) (func $grow (param $by i32) (result i32)
    (table.grow $t (ref.null func) (local.get $by)))";

#[test]
fn ten_million_attempts_to_grow_leave_the_process_as_it_was() {
    let tries = |name, body| {
        let guest = harmless(name).with(TABLE).first(times(TEN_MILLION, body));
        guest.limit("fuel", 20_000_000_000u64)
    };
    act(&[
        tries("memory-grow-fails", "(drop (memory.grow (i32.const 65535)))"),
        tries("memory-grow-by-0", "(drop (memory.grow (i32.const 0)))"),
        tries("table-grow-fails", "(drop (table.grow $t (ref.null func) (i32.const -1)))"),
        tries("table-grow-by-0", "(drop (table.grow $t (ref.null func) (i32.const 0)))"),
    ]);
}

#[test]
fn guests_that_grow_their_memory_without_end_get_what_the_limit_allows() {
    act(&[
        harmless("grows-by-pages").first(grow(1)),
        harmless("grows-by-megabytes").first(grow(16)),
        harmless("grows-to-4-gib-at-once").first("(drop (memory.grow (i32.const 65535)))"),
        harmless("grows-past-its-own-maximum").memory("1 3").first(grow(1)),
        harmless("grows-to-a-limit-of-its-own")
            .limit("memory", "\"1MiB\"")
            .limit("mailbox", "\"1MiB\"")
            .first(grow(1)),
        fails("grows-and-runs-over", &["out of bounds memory access"])
            .first(format!("{} (i32.store8 (i32.const -1) (i32.const 1))", grow(16))),
        fails("grows-and-gives-up", &["it trapped", "unreachable"])
            .first(format!("{} (unreachable)", grow(16))),
        fails("grows-for-ever", SPENT).attack(for_ever(&grow(1))),
        fails("grows-by-more-than-a-step-may-cost", SPENT)
            .limit("memory", "\"1GiB\"")
            .first("(drop (memory.grow (i32.const 2000)))"),
        harmless("grows-in-realloc").realloc(&grow(16)),
        harmless("grows-in-post").post(&grow(16)),
    ]);
}

#[test]
fn guests_that_grow_their_tables_without_end_get_what_the_host_allows() {
    let grow_all = "(loop $g (br_if $g (i32.ge_s (call $grow (i32.const 1000)) (i32.const 0))))";
    let tables: String = (0..15).map(|_| "(table 65536 funcref)").collect();
    act(&[
        harmless("table-grows").with(TABLE).first(grow_all),
        harmless("table-grows-at-once").with(TABLE).first("(drop (call $grow (i32.const -2)))"),
        fails("table-grows-for-ever", SPENT).with(TABLE).attack(for_ever(grow_all)),
        harmless("table-grows-in-realloc").with(TABLE).realloc(grow_all),
        harmless("has-many-large-tables").with(tables),
    ]);
}

#[test]
fn a_table_that_grows_where_a_slice_ends_does_so_once_and_the_guest_goes_on_from_there() {
    // With a wasmi that forgets where a `table.grow` without fuel stood, the calls are two.
    let once = harmless("table-grows-between-slices")
        .limit("slice", 1000)
        .with(TABLE)
        .with(
            "(global $calls (mut i32) (i32.const 0))
            (func $count (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (drop (call $grow (i32.const 60000)))
                (global.set $calls (i32.add (global.get $calls) (i32.const 256)))
                (global.get $calls))",
        )
        .first("(if (i32.ne (call $count) (i32.const 257)) (then (unreachable)))");
    // And here a number takes the place of a function reference.
    let forger = fails("forges-a-function-reference", &["it trapped"])
        .limit("slice", 1000)
        .with(
            "(type $v (func)) (table $t 1 funcref)
            (func $null (result funcref) (ref.null func))
            (func $forge (param $x i64)
                (i32.const 0) (call $null) (table.set $t)
                (i32.const 0) (i64.add (i64.load (i32.const 256)) (local.get $x))
                (drop (table.grow $t (ref.null func) (i32.const 60000)))
                drop drop)",
        )
        .first(
            "(call $forge (i64.const 0x4141414141414141))
            (call_indirect (type $v) (i32.const 0))",
        );
    act(&[once, forger]);
}

#[test]
fn guests_that_move_all_their_memory_about_pay_for_every_byte() {
    let all = "(i32.shl (memory.size) (i32.const 16))";
    let fill = format!("(memory.fill (i32.const 0) (i32.const 7) {all})");
    let copy = format!("(memory.copy (i32.const 0) (i32.const 1) (i32.sub {all} (i32.const 1)))");
    let init = "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 60000))";
    let data = format!("(data $d \"{}\")", "x".repeat(60_000));
    let large = format!(
        "(table $t 65536 funcref) (table $u 65536 funcref)
        (elem $e func {})",
        "$is-attack ".repeat(1000)
    );
    act(&[
        fails("fills-its-memory", SPENT).attack(grow(16) + &for_ever(&fill)),
        fails("copies-its-memory", SPENT).attack(grow(16) + &for_ever(&copy)),
        fails("fills-its-memory-from-data", SPENT).with(data).attack(for_ever(init)),
        fails("fills-its-table", SPENT)
            .with(large.as_str())
            .attack(for_ever("(table.fill $t (i32.const 0) (ref.func $is-attack) (i32.const 65536))")),
        fails("copies-its-tables", SPENT).with(large.as_str()).attack(for_ever(
            "(table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 65536))
             (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 65535))",
        )),
        fails("fills-its-table-from-elements", SPENT)
            .with(large.as_str())
            .attack(for_ever("(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1000))")),
        fails("fills-past-its-memory", &["out of bounds memory access"])
            .first("(memory.fill (i32.const 1) (i32.const 0) (i32.const -1))"),
        fails("copies-past-its-memory", &["out of bounds memory access"])
            .first("(memory.copy (i32.const 0) (i32.const -1) (i32.const 2))"),
        fails("copies-past-its-table", &["out of bounds table access"])
            .with(large.as_str())
            .first("(table.copy $t $u (i32.const 65535) (i32.const 0) (i32.const 2))"),
    ]);
}
