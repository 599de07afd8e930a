//! Reloads while many clients talk, and many reloads.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use super::{reload, until_reloaded};
use crate::support::{Actor, Server, emulated, wat};

/// A small actor that answers each text with the same text. Another number makes it another module.
fn version(number: usize) -> Actor {
    let text = format!(
        r#"(module
        (memory (export "memory") 1)
        (global $at (mut i32) (i32.const 4096))
        (data (i32.const 16) "{number}")
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (global.get $at)
            (global.set $at (i32.add (global.get $at) (local.get 3))))
        (func (export "ntwk:theater/websocket-server#handle-message")
            (param $type i32) (param $type-len i32) (param i32 i32 i32)
            (param $has-text i32) (param $text i32) (param $text-len i32)
            (param $state i32) (param $len i32) (result i32)
            (i32.store (i32.const 48) (local.get $state))
            (i32.store (i32.const 52) (local.get $len))
            (i32.store (i32.const 56) (i32.const 96))
            (i32.store (i32.const 60) (local.get $has-text))
            (i32.store (i32.const 96) (local.get $type))
            (i32.store (i32.const 100) (local.get $type-len))
            (i32.store (i32.const 116) (i32.const 1))
            (i32.store (i32.const 120) (local.get $text))
            (i32.store (i32.const 124) (local.get $text-len))
            (global.set $at (i32.const 4096))
            (i32.const 48)))"#
    );
    wat("echo", &text)
}

#[test]
fn no_message_is_lost_and_none_is_out_of_order_while_the_module_is_exchanged_fifty_times() {
    let (clients, reloads) = (100, 50);
    let server = Server::of(version(0));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|client| {
                let (server, over) = (&server, &over);
                scope.spawn(move || {
                    let mut socket = server.client("echo");
                    let mut number = 0;
                    while !over.load(Relaxed) {
                        // Several at once, so that some wait while the module is exchanged.
                        let texts: Vec<_> = (number..number + 5).collect();
                        for number in &texts {
                            socket.text(&format!("{client}/{number}"));
                        }
                        for number in &texts {
                            socket.expect(&format!("{client}/{number}"));
                        }
                        number += 5;
                    }
                    socket.close(None);
                    number
                })
            })
            .collect();
        for number in 1..=reloads {
            reload(&server, &version(number));
            until_reloaded(&server, number);
        }
        over.store(true, Relaxed);
        for thread in threads {
            assert!(thread.join().unwrap() > 0, "a client was never answered");
        }
    });
    assert_eq!(server.count("the new module is given back"), 0);
    assert_eq!(server.count("echo: reloaded: module"), reloads);
}

#[test]
fn a_thousand_reloads_leave_as_much_memory_in_use_as_ten() {
    let server = Server::start_with(&[], &[version(0)]);
    let mut client = server.client("echo");
    let mut reload_until = |from: usize, to: usize| {
        for number in from..to {
            reload(&server, &version(number));
            until_reloaded(&server, number);
            client.ask("hello", "hello");
        }
        (server.memory(), server.descriptors())
    };
    let (after_ten, descriptors) = reload_until(1, 11);
    let (after_all, descriptors_after) = reload_until(11, 1001);
    assert_eq!(descriptors_after, descriptors);
    // The allocator may keep some fragments.
    if !emulated() {
        assert!(after_all < after_ten + after_ten / 4, "{after_ten} bytes, then {after_all}");
    }
}
