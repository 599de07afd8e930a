//! Guests that grow their tables or move them about.
//!
//! If a `table.grow` runs out of fuel, wasmi 2.0 forgets its place and resumes elsewhere. So the host
//! may refuse guests with that instruction, and the error then names it.

use super::{
    file::{check, load, says, with},
    growth::{SPENT, TEN_MILLION, for_ever, times},
    guest::{fails, harmless},
    stage::{act, act_if_loaded},
};

/// The instruction that the host may refuse.
const GROW: &str = "table.grow";

/// A table that may be grown.
const TABLE: &str = "(table $t 1 funcref) (func $grow (param $by i32) (result i32)
    (table.grow $t (ref.null func) (local.get $by)))";

#[test]
fn ten_million_attempts_to_grow_a_table_leave_the_process_as_it_was() {
    let tries = |name, body| {
        let guest = harmless(name).with(TABLE).first(times(TEN_MILLION, body));
        guest.limit("fuel", 20_000_000_000u64)
    };
    let guests = vec![
        tries("table-grow-fails", "(drop (table.grow $t (ref.null func) (i32.const -1)))"),
        tries("table-grow-by-0", "(drop (table.grow $t (ref.null func) (i32.const 0)))"),
    ];
    act_if_loaded(guests, GROW);
}

#[test]
fn guests_that_grow_their_tables_without_end_get_what_the_host_allows() {
    let grow_all = "(loop $g (br_if $g (i32.ge_s (call $grow (i32.const 1000)) (i32.const 0))))";
    let tables: String = (0..4).map(|_| "(table 16384 funcref)").collect();
    let guests = vec![
        harmless("table-grows").with(TABLE).first(grow_all),
        harmless("table-grows-at-once").with(TABLE).first("(drop (call $grow (i32.const -2)))"),
        fails("table-grows-for-ever", SPENT).with(TABLE).attack(for_ever(grow_all)),
        harmless("table-grows-in-realloc").with(TABLE).realloc(grow_all),
    ];
    act_if_loaded(guests, GROW);
    act(&[harmless("has-many-large-tables").with(tables)]);
}

#[test]
fn a_table_that_grows_where_a_slice_ends_does_so_once_and_the_guest_goes_on_from_there() {
    // If wasmi forgets the place of a `table.grow` without fuel, there are two calls instead of one.
    let once = harmless("table-grows-between-slices")
        .limit("slice", 1000)
        .with(TABLE)
        .with(
            "(global $calls (mut i32) (i32.const 0))
            (func $count (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (drop (call $grow (i32.const 16000)))
                (global.set $calls (i32.add (global.get $calls) (i32.const 256)))
                (global.get $calls))",
        )
        .first("(if (i32.ne (call $count) (i32.const 257)) (then (unreachable)))");
    // If wasmi forgets the place here, it takes a number for a function reference.
    let forger = fails("forges-a-function-reference", &["it trapped"])
        .limit("slice", 1000)
        .with(
            "(type $v (func)) (table $t 1 funcref)
            (func $null (result funcref) (ref.null func))
            (func $forge (param $x i64)
                (i32.const 0) (call $null) (table.set $t)
                (i32.const 0) (i64.add (i64.load (i32.const 256)) (local.get $x))
                (drop (table.grow $t (ref.null func) (i32.const 16000)))
                drop drop)",
        )
        .first(
            "(call $forge (i64.const 0x4141414141414141))
            (call_indirect (type $v) (i32.const 0))",
        );
    act_if_loaded(vec![once, forger], GROW);
}

#[test]
fn a_module_may_begin_with_as_many_tables_and_elements_as_the_limits_and_no_more() {
    let tables =
        |count: usize, elements: u32| with(&format!("(table {elements} funcref)").repeat(count));
    let (fine, text) = load(&tables(4, 16_384));
    assert!(fine, "{text}");
    says(&tables(5, 1), "it has 5 tables, past the limit of 4; raise `limits.tables`");
    for elements in [16_385, 10_000_000, u32::MAX] {
        let reason = "elements, past the limit of 16384; raise `limits.table`";
        says(&tables(1, elements), &format!("one of its tables begins with {elements} {reason}"));
    }
    // The same with other limits in the manifest.
    for (key, least, guest) in [
        ("tables", 5, harmless("five-tables").with("(table 1 funcref)".repeat(5))),
        ("table", 16_385, harmless("a-large-table").with("(table 16385 funcref)")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (limit, loads) in [(least, true), (least - 1, false)] {
            let manifest = guest.actor().limit(key, limit).write(folder.path());
            let (fine, text) = check(&[manifest.to_str().unwrap()]);
            assert!(fine == loads && text.contains(&format!("`limits.{key}`")) != loads, "{text}");
        }
    }
}

#[test]
fn guests_that_move_all_their_tables_about_pay_for_every_element() {
    let large = format!(
        "(table $t 16384 funcref) (table $u 16384 funcref)
        (elem $e func {})",
        "$is-attack ".repeat(1000)
    );
    act(&[
        fails("fills-its-table", SPENT).with(large.as_str()).attack(for_ever(
            "(table.fill $t (i32.const 0) (ref.func $is-attack) (i32.const 16384))",
        )),
        fails("copies-its-tables", SPENT).with(large.as_str()).attack(for_ever(
            "(table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 16384))
             (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 16383))",
        )),
        fails("fills-its-table-from-elements", SPENT)
            .with(large.as_str())
            .attack(for_ever("(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1000))")),
        fails("copies-past-its-table", &["out of bounds table access"])
            .with(large.as_str())
            .first("(table.copy $t $u (i32.const 16383) (i32.const 0) (i32.const 2))"),
    ]);
}
