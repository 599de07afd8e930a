//! The actors. Each of their changes differs from what was there in 100 bytes.

use super::common::{
    guest::{self, FREE, REALLOC},
    server::Actor,
};

/// The number of keys of [`keys`]. With their values they take 64 KB.
const KEYS: usize = 640;

/// An actor that counts in its state of 64 bytes, and sends texts back.
pub(crate) fn counting() -> Actor {
    Actor::of("actor", &guest::counting()).state(vec![0; 64])
}

/// An actor with a state of this size. Each event changes the next 100 bytes of it.
pub(crate) fn patching(size: usize) -> Actor {
    let patch = "(global.set $turn (i32.add (global.get $turn) (i32.const 1)))
        (memory.fill
            (i32.add (local.get $state) (i32.rem_u
                (i32.mul (global.get $turn) (i32.const 100))
                (i32.sub (local.get $state-len) (i32.const 99))))
            (global.get $turn)
            (i32.const 100))";
    let turn = format!("(global $turn (mut i32) (i32.const 0)) {FREE}");
    Actor::of("actor", &guest::echo("", REALLOC, patch, &turn)).state(vec![0; size])
}

/// An actor that stores values of 100 bytes. Its first event gives all keys a value, and each event
/// then gives the next key a new one.
pub(crate) fn keys() -> Actor {
    let import = r#"(import "footlight:host/storage@0.1.0" "put"
        (func $put (param i32 i32 i32 i32 i32)))"#;
    // A key is two letters at 16. The value is at 128. Any error is a trap.
    let fields = format!(
        r#"(global $turn (mut i32) (i32.const 0))
        (func $next (local $key i32)
            (local.set $key (i32.rem_u (global.get $turn) (i32.const {KEYS})))
            (i32.store8 (i32.const 16)
                (i32.add (i32.const 97) (i32.div_u (local.get $key) (i32.const 26))))
            (i32.store8 (i32.const 17)
                (i32.add (i32.const 97) (i32.rem_u (local.get $key) (i32.const 26))))
            (global.set $turn (i32.add (global.get $turn) (i32.const 1)))
            (memory.fill (i32.const 128) (global.get $turn) (i32.const 100))
            (call $put (i32.const 16) (i32.const 2) (i32.const 128) (i32.const 100)
                (i32.const 32))
            (if (i32.load8_u (i32.const 32)) (then (unreachable))))
        {FREE}"#
    );
    let events = format!(
        "(if (i32.eqz (global.get $turn)) (then
            (loop $more (call $next)
                (br_if $more (i32.lt_u (global.get $turn) (i32.const {KEYS}))))))
        (call $next)"
    );
    Actor::of("actor", &guest::echo(import, REALLOC, &events, &fields))
}
