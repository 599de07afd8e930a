//! Guests that compute for longer than they may, or for long between two checks of the clock.

use super::{
    guest::{Guest, fails, harmless},
    stage::{act, end},
};
use crate::support::{Server, after, guest};

/// More fuel than any test spends.
const ENDLESS: u64 = 1_000_000_000_000_000;

/// A function with this many locals, which wasmi zeroes without charging fuel, and a loop that calls
/// it for ever.
fn clears(guest: Guest, locals: usize) -> Guest {
    let locals = "i64 ".repeat(locals);
    guest
        .with(format!("(func $clears (local {locals}))"))
        .attack("(loop $l (call $clears) (br $l)) (unreachable)")
}

/// A guest that may compute for this long, whatever the fuel.
fn may(guest: Guest, time: &str) -> Guest {
    guest.limit("fuel", ENDLESS).limit("time", format!("\"{time}\""))
}

#[test]
fn a_call_is_stopped_when_it_has_computed_for_its_time_wherever_it_is() {
    let handler = &[
        "it computed for 30ms in ntwk:theater/websocket-server#handle-message",
        "units of fuel; make it do less for each message, or raise `limits.time`",
    ];
    let endless = "(loop $l (br $l))";
    act(&[
        may(fails("loops", handler), "30ms").attack("(loop $l (br $l)) (unreachable)"),
        may(clears(fails("clears-locals", handler), 10_000), "30ms"),
        may(fails("fills-its-memory", handler), "30ms").attack(
            "(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br $l))
            (unreachable)",
        ),
        may(fails("loops-in-realloc", &["it computed for 30ms in cabi_realloc"]), "30ms")
            .realloc(endless),
        may(fails("loops-in-post", &["it computed for 30ms in cabi_post"]), "30ms").post(endless),
        may(harmless("takes-its-time"), "24h").first(
            "(local $n i32) (local.set $n (i32.const 20000000))
            (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))",
        ),
    ]);
}

#[test]
fn no_message_is_overlooked_while_an_actor_takes_long_between_two_looks_at_the_clock() {
    for threads in ["1", "3"] {
        let slow = may(clears(fails("slow", &[]), 30_000), "24h").limit("shutdown", "\"100ms\"");
        // Without pings: they would wake the host and hide the fault.
        let quick = guest("events").limit("ping", "\"24h\"").limit("shutdown", "\"100ms\"");
        let server = Server::start_with(&["-v", "--threads", threads], &[quick, slow.actor()]);
        let mut neighbour = server.client("events");
        assert!(neighbour.next().is_text());
        let mut busy = server.client("slow");
        busy.text("attack");
        for number in 0..200 {
            let text = number.to_string();
            neighbour.ask(&text, &text);
        }
        drop((neighbour, busy));
        end(server);
    }
}

#[test]
fn a_small_stack_of_the_main_thread_changes_nothing() {
    // On wasmi's fast dispatch each of these calls takes native stack until the slice ends.
    let calls = "(call_indirect (i32.const 0)) ".repeat(100);
    let guest = harmless("calls-indirectly")
        .with("(table 1 funcref) (elem (i32.const 0) $nothing) (func $nothing)")
        .first(format!(
            "(local $n i32) (local.set $n (i32.const 2000))
            (loop $l {calls} (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
        ))
        .limit("slice", 40_000);
    let server = Server::start_by(after("ulimit -s 256"), guest.actor());
    let mut client = server.client("calls-indirectly");
    client.ask("hello", "ok 1");
    client.ask("attack", "ok !");
    drop(client);
    end(server);
}
