//! Guests that do not return, or need all of the stack.

use async_tungstenite::tungstenite::Message;

use super::{
    growth::AT_ONCE,
    guest::{fails, harmless},
    instructions::largest_slice,
    stage::{act, end},
};
use crate::support::{Server, guest};

/// The log's line about a guest that did not return.
const SPENT: &[&str] = &["units of fuel in ntwk:theater/websocket-server#handle-message"];

/// The log's line about a guest that recursed too deeply.
const DEEP: &[&str] = &["it trapped in ntwk:theater/websocket-server#handle-message", "stack"];

/// A value of each of many parameters.
fn gets(count: usize) -> String {
    (0..count).map(|index| format!("(local.get {index})")).collect()
}

#[test]
fn guests_that_never_return_cost_their_client_the_connection_and_nobody_else_anything() {
    act(&[
        fails("loops", SPENT).attack("(loop $l (br $l)) (unreachable)"),
        fails("loops-counting", SPENT).attack(
            "(local $n i64) (loop $l (local.set $n (i64.add (local.get $n)
                (i64.const 1))) (br $l)) (unreachable)",
        ),
        fails("loops-through-calls", SPENT)
            .with("(func $nothing)")
            .attack("(loop $l (call $nothing) (br $l)) (unreachable)"),
        fails("loops-by-tail-calls", SPENT)
            .with(
                "(func $ping (result i32) (return_call $pong))
                (func $pong (result i32) (return_call $ping))",
            )
            .attack("(call $ping)"),
        fails("loops-through-a-table", SPENT)
            .with("(type $f (func)) (table funcref (elem $nothing)) (func $nothing)")
            .attack("(loop $l (call_indirect (type $f) (i32.const 0)) (br $l)) (unreachable)"),
        fails("loops-over-a-br-table", SPENT).attack(format!(
            "(local $n i32) (loop $l (block $b
                (br_table {} $b $l (i32.and (local.get $n) (i32.const 65535))))
                (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l)) (unreachable)",
            "$l ".repeat(65_000)
        )),
        fails("loops-in-realloc", &["units of fuel in cabi_realloc"]).realloc("(loop $l (br $l))"),
        fails("loops-in-post", &["units of fuel in cabi_post"]).post("(loop $l (br $l))"),
    ]);
}

#[test]
fn guests_that_recurse_without_end_trap() {
    let (many, locals) = ("i64 ".repeat(30), "i64 ".repeat(20_000));
    act(&[
        fails("recurses", DEEP).with("(func $f (call $f))").first("(call $f)"),
        fails("recurses-mutually", DEEP)
            .with("(func $f (call $g)) (func $g (call $h)) (func $h (call $f))")
            .first("(call $f)"),
        fails("recurses-through-a-table", DEEP)
            .with(
                "(type $t (func)) (table funcref (elem $f))
                (func $f (call_indirect (type $t) (i32.const 0)))",
            )
            .first("(call $f)"),
        fails("recurses-with-many-parameters", DEEP)
            .with(format!("(func $f (param {many}) (call $f {}))", gets(30)))
            .first(format!("(call $f {})", "(i64.const 7)".repeat(30))),
        fails("recurses-with-many-locals", DEEP)
            .with(format!("(func $f (local {locals}) (call $f) (drop (local.get 19999)))"))
            .first("(call $f)"),
        fails("recurses-into-its-own-handler", DEEP)
            .attack("(call $handle (i32.const 20) (i32.const 6) (i32.const 0) (i32.const 0))"),
        fails("recurses-in-realloc", &["it trapped in cabi_realloc", "stack"])
            .with("(func $f (call $f))")
            .realloc("(call $f)"),
        fails("recurses-in-post", &["it trapped in cabi_post", "stack"])
            .with("(func $f (call $f))")
            .post("(call $f)"),
        // As deep as the host allows, ten thousand times.
        harmless("recurses-often")
            .with(
                "(func $f (param $n i32) (if (local.get $n)
                (then (call $f (i32.sub (local.get $n) (i32.const 1))))))",
            )
            .first(
                "(local $n i32) (local.set $n (i32.const 10000)) (loop $l
                (call $f (i32.const 900)) (br_if $l (local.tee $n
                    (i32.sub (local.get $n) (i32.const 1)))))",
            )
            .limit("fuel", 200_000_000),
    ]);
}

#[test]
fn guests_whose_straight_line_code_costs_more_than_one_step_may_are_stopped() {
    let steps = "i32.eqz ".repeat(1_000_000);
    let grows = "(drop (memory.grow (i32.const 65535)))".repeat(5_000);
    act(&[
        fails("runs-straight-on", AT_ONCE).attack(format!("i32.const 0 {steps}")),
        fails("grows-straight-on", AT_ONCE).first(grows),
    ]);
}

#[test]
fn an_actor_that_computes_for_hours_holds_up_neither_others_nor_its_clients_nor_the_end() {
    let hours = fails("hours", &[])
        .attack("(loop $l (br $l)) (unreachable)")
        .limit("fuel", 1_000_000_000_000_000u64)
        .limit("time", "\"24h\"")
        .limit("shutdown", "\"100ms\"");
    let server = Server::start(&[guest("events").limit("shutdown", "\"100ms\""), hours.actor()]);
    let (mut busy, mut witness) = (server.client("hours"), server.client("hours"));
    let mut neighbour = server.client("events");
    assert!(neighbour.next().is_text());
    witness.ask("hello", "ok 1");
    busy.text("attack");
    for number in 0..100 {
        let text = number.to_string();
        neighbour.ask(&text, &text);
    }
    // The actor's own clients wait for it, but their connections live.
    witness.send(Message::Ping("there?".into()));
    assert_eq!(witness.next(), Message::Pong("there?".into()));
    server.client("hours").send(Message::Ping("".into()));
    end(server);
}

#[test]
fn the_size_of_a_slice_changes_nothing_about_what_a_guest_computes() {
    let mix = |(name, slice)| {
        harmless(name).with(MIX).attack("(call $mix)").limit("slice", slice).actor()
    };
    let most = largest_slice();
    let slices = [("least", "1000"), ("odd", "1237"), ("usual", "20000"), ("most", &most)];
    let server = Server::start(&slices.map(mix));
    let answers = slices.map(|(name, _)| {
        let mut client = server.client(name);
        client.text("attack");
        client.next()
    });
    assert_eq!(answers[0].len(), 16, "{answers:?}");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    end(server);
}

/// Moves numbers of every type through calls, branches, tables, memory and bulk instructions. The
/// answer is a sum of all of them, as text.
const MIX: &str = r#"
    (type $step (func (param i64 f64 f32 i32) (result i64)))
    (table $steps funcref (elem $a $b $c))
    (table $other 64 funcref)
    (func $a (type $step) (i64.rotl (local.get 0) (i64.extend_i32_u (local.get 3))))
    (func $b (type $step) (i64.xor (i64.reinterpret_f64 (local.get 1))
        (i64.extend_i32_u (i32.reinterpret_f32 (local.get 2)))))
    (func $c (type $step)
        (if (result i64) (i32.and (local.get 3) (i32.const 31))
            (then (call $a (call $c (local.get 0) (local.get 1) (local.get 2)
                (i32.sub (local.get 3) (i32.const 1))) (local.get 1) (local.get 2)
                (local.get 3)))
            (else (i64.const 77))))
    (func $mix (result i32)
        (local $h i64) (local $f f64) (local $g f32) (local $n i32)
        (local.set $n (i32.const 20000))
        (loop $l
            (local.set $h (i64.add (i64.const 1442695040888963407)
                (i64.mul (local.get $h) (i64.const 6364136223846793005))))
            (local.set $f (f64.sqrt (f64.abs (f64.add (local.get $f)
                (f64.convert_i64_s (i64.shr_s (local.get $h) (i64.const 20)))))))
            (local.set $g (f32.div (f32.demote_f64 (local.get $f)) (f32.const 3)))
            (i64.store (i32.add (i32.const 8192)
                (i32.and (i32.wrap_i64 (local.get $h)) (i32.const 4088))) (local.get $h))
            (memory.copy (i32.const 16384) (i32.const 8192) (i32.const 4096))
            (memory.fill (i32.add (i32.const 20480)
                (i32.and (local.get $n) (i32.const 1023))) (local.get $n) (i32.const 100))
            (table.copy $other $steps (i32.const 1) (i32.const 0) (i32.const 3))
            (block $two (block $one (block $zero
                (br_table $zero $one $two (i32.rem_u (local.get $n) (i32.const 4))))
                (local.set $h (i64.xor (local.get $h) (i64.const 1))))
                (local.set $h (i64.add (local.get $h)
                    (i64.load (i32.add (i32.const 16384)
                        (i32.and (local.get $n) (i32.const 4088)))))))
            (local.set $h (i64.xor (local.get $h)
                (call_indirect $other (type $step)
                    (local.get $h) (local.get $f) (local.get $g) (local.get $n)
                    (i32.add (i32.const 1) (i32.rem_u (local.get $n) (i32.const 3))))))
            (local.set $h (i64.add (local.get $h) (i64.load (i32.add (i32.const 20480)
                (i32.and (local.get $n) (i32.const 1016))))))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (loop $l
            (i32.store8 (i32.add (i32.const 2048) (local.get $n)) (i32.add (i32.const 97)
                (i32.wrap_i64 (i64.and (local.get $h) (i64.const 15)))))
            (local.set $h (i64.shr_u (local.get $h) (i64.const 4)))
            (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1)))
                (i32.const 16))))
        (call $text (i32.const 64) (i32.const 2048) (i32.const 16))
        (call $reply (i32.const 32) (i32.const 1) (i32.const 64) (i32.const 1)))"#;
