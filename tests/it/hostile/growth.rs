//! Guests that grow their memory, or move all of it about.

use footlight::actor::meter::MAX_AT_ONCE;

use super::{
    guest::{Guest, fails, harmless},
    stage::act,
};

/// This many failing or useless attempts must not use up native stack.
pub const TEN_MILLION: u32 = 10_000_000;

/// Does something over and over, this many times.
pub fn times(count: u32, body: &str) -> String {
    format!(
        "(local $n i32) (local.set $n (i32.const {count})) (loop $l {body}
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    )
}

/// Does something for ever.
pub fn for_ever(body: &str) -> String {
    format!("(loop $for-ever {body} (br $for-ever)) (unreachable)")
}

/// Grows the memory by this many pages at a time, as long as it can.
fn grow(pages: u32) -> String {
    format!("(loop $g (br_if $g (i32.ge_s (memory.grow (i32.const {pages})) (i32.const 0))))")
}

/// The log's line about a guest that needed too much fuel for one step.
pub const AT_ONCE: &[&str] = &["units of fuel at once in ntwk:theater", "where 60000 are allowed"];

/// The log's line about a guest that used up its fuel.
pub const SPENT: &[&str] = &["fuel", "ntwk:theater/websocket-server#handle-message"];

#[test]
fn ten_million_attempts_to_grow_leave_the_process_as_it_was() {
    let tries = |name, body| {
        harmless(name).first(times(TEN_MILLION, body)).limit("fuel", 20_000_000_000u64)
    };
    act(&[
        tries("memory-grow-fails", "(drop (memory.grow (i32.const 65535)))"),
        tries("memory-grow-by-0", "(drop (memory.grow (i32.const 0)))"),
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
        harmless("grows-in-realloc").realloc(&grow(16)),
        harmless("grows-in-post").post(&grow(16)),
    ]);
}

#[test]
fn one_step_may_take_or_move_as_much_memory_as_the_bound_allows_and_no_more() {
    // A unit of fuel pays for 288 bytes, and a rest of fewer bytes is free.
    let most = usize::try_from(MAX_AT_ONCE).unwrap() * 288 + 287;
    let pages = most >> 16;
    let large = |guest: Guest| guest.limit("memory", "\"64MiB\"");
    let take = |pages: usize| {
        format!(
            "(if (i32.lt_s (memory.grow (i32.const {pages})) (i32.const 0)) (then unreachable))"
        )
    };
    let fill =
        |bytes: usize| format!("(memory.fill (i32.const 65536) (i32.const 0) (i32.const {bytes}))");
    act(&[
        large(harmless("grows-by-as-much-as-allowed")).first(take(pages)),
        large(fails("grows-by-a-page-more", AT_ONCE)).first(take(pages + 1)),
        large(harmless("fills-as-much-as-allowed")).memory("480").first(fill(most)),
        large(fails("fills-a-byte-more", AT_ONCE)).memory("480").first(fill(most + 1)),
    ]);
}

#[test]
fn an_instance_that_is_as_large_as_its_actor_always_is_is_kept() {
    // The number of texts that the current instance has seen. The attack is the third text, or the
    // fourth if the witness's text comes first. 80 pages are 5 MiB, past the watermark.
    let sees = |guest: Guest, texts: &str| {
        guest
            .with("(global $texts (mut i32) (i32.const 0))")
            .first(format!("(if (i32.eqz ({texts})) (then unreachable))"))
    };
    let all = "i32.ge_u (global.get $texts) (i32.const 3)";
    let two = "i32.ge_u (global.get $texts) (i32.const 2)";
    let count = "(global.set $texts (i32.add (global.get $texts) (i32.const 1)))";
    let grow = "(drop (memory.grow (i32.const 80)))";
    let init = r#"(func (export "ntwk:theater/actor#init") (result i32)
        (i32.store (i32.const 52) (i32.const 0)) (i32.const 48) "#;
    act(&[
        sees(harmless("begins-large"), all).memory("80").each(count),
        sees(harmless("is-large-after-its-start"), all)
            .with(format!("(func $start {grow}) (start $start)"))
            .each(count),
        sees(harmless("is-large-after-initialize"), all)
            .with(format!(r#"(func (export "_initialize") {grow})"#))
            .each(count),
        // `init` is called on the first instance only.
        sees(harmless("was-large-after-init"), all).with(format!("{init} {grow})")).each(count),
        // The host drops the first instance. The second is as large, so the actor needs that much.
        sees(harmless("is-always-large"), two)
            .each(&format!("{count} (if (i32.lt_u (memory.size) (i32.const 80)) (then {grow}))")),
    ]);
}

#[test]
fn guests_that_move_all_their_memory_about_pay_for_every_byte() {
    let all = "(i32.shl (memory.size) (i32.const 16))";
    let fill = format!("(memory.fill (i32.const 0) (i32.const 7) {all})");
    let copy = format!("(memory.copy (i32.const 0) (i32.const 1) (i32.sub {all} (i32.const 1)))");
    let init = "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 60000))";
    let data = format!("(data $d \"{}\")", "x".repeat(60_000));
    act(&[
        fails("fills-its-memory", SPENT)
            .attack(grow(16) + &for_ever(&fill))
            .limit("fuel", 2_000_000),
        fails("copies-its-memory", SPENT)
            .attack(grow(16) + &for_ever(&copy))
            .limit("fuel", 2_000_000),
        fails("fills-its-memory-from-data", SPENT).with(data).attack(for_ever(init)),
        fails("fills-past-its-memory", &["out of bounds memory access"])
            .first("(memory.fill (i32.const 1) (i32.const 0) (i32.const -1))"),
        fails("copies-past-its-memory", &["out of bounds memory access"])
            .first("(memory.copy (i32.const 0) (i32.const -1) (i32.const 2))"),
    ]);
}
