//! Versions of an actor whose state is a text. It answers each text with its state. A text that
//! begins with `+` first adds this sign to the state.

use crate::support::{Actor, wat};

/// One version. Its first state is `0`.
#[derive(Clone, Copy, Default)]
pub struct Version {
    /// Makes its bytes differ from those of others.
    pub number: u8,
    /// It exports `migrate`, which adds this sign to the state.
    pub adds: Option<char>,
    /// `migrate` returns an error instead.
    pub refuses: bool,
    /// It traps at texts that begin with one of these signs. A blank is for events without a text.
    pub traps: &'static str,
}

impl Version {
    /// A version with this number.
    pub fn new(number: u8) -> Self {
        Self { number, ..Self::default() }
    }

    pub fn adds(mut self, sign: char) -> Self {
        self.adds = Some(sign);
        self
    }

    pub fn refuses(mut self) -> Self {
        (self.adds, self.refuses) = (Some('?'), true);
        self
    }

    pub fn traps(mut self, signs: &'static str) -> Self {
        self.traps = signs;
        self
    }

    /// The actor, called `actor`.
    pub fn actor(self) -> Actor {
        wat("actor", &self.text())
    }

    fn text(self) -> String {
        let trap = |sign: char| {
            format!(
                "(if (i32.eq (i32.load8_u (local.get $text)) (i32.const {}))
                    (then unreachable))",
                u32::from(sign)
            )
        };
        let traps: String = self.traps.chars().map(trap).collect();
        let else_traps = if self.traps.contains(' ') { "(else unreachable)" } else { "" };
        let migrate = self.adds.map_or(String::new(), |sign| {
            format!(
                "(func (export \"footlight:host/migration@0.1.0#migrate\")
                    (param $has i32) (param $old i32) (param $len i32) (result i32)
                    (i32.store8 (i32.add (local.get $old) (local.get $len)) (i32.const {}))
                    (global.set $at (i32.add (global.get $at) (i32.const 1)))
                    (i32.store (i32.const 200) (i32.const {}))
                    (i32.store (i32.const 204) (i32.const {}))
                    (i32.store (i32.const 208) (select (i32.const 3) (local.get $old) (i32.const {})))
                    (i32.store (i32.const 212) (i32.add (local.get $len) (i32.const 1)))
                    (i32.const 200))",
                u32::from(sign),
                u8::from(self.refuses),
                // Of an error, this is the text's pointer.
                if self.refuses { 24 } else { 1 },
                u8::from(self.refuses)
            )
        });
        format!(
            r#"(module
            (memory (export "memory") 1)
            (global $at (mut i32) (i32.const 4096))
            (data (i32.const 16) "{number}")
            (data (i32.const 20) "0")
            (data (i32.const 24) "why")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.get $at)
                (global.set $at (i32.add (global.get $at) (local.get 3))))
            (func (export "ntwk:theater/actor#init") (param i32 i32 i32 i32 i32) (result i32)
                (i32.store (i32.const 164) (i32.const 1))
                (i32.store (i32.const 168) (i32.const 20))
                (i32.store (i32.const 172) (i32.const 1))
                (i32.const 160))
            {migrate}
            (func (export "ntwk:theater/websocket-server#handle-message")
                (param $has i32) (param $state i32) (param $len i32)
                (param i32 i32 i32 i32 i32 i32)
                (param $has-text i32) (param $text i32) (param $text-len i32) (result i32)
                (if (local.get $has-text) (then
                    {traps}
                    ;; The text follows the state, so its sign becomes the state's last one.
                    (if (i32.eq (i32.load8_u (local.get $text)) (i32.const 43))
                        (then (local.set $len (i32.add (local.get $len) (i32.const 1))))))
                    {else_traps})
                (i32.store (i32.const 52) (local.get $has))
                (i32.store (i32.const 56) (local.get $state))
                (i32.store (i32.const 60) (local.get $len))
                (i32.store (i32.const 64) (i32.const 96))
                (i32.store (i32.const 68) (local.get $has-text))
                (i32.store (i32.const 120) (i32.const 1))
                (i32.store (i32.const 124) (local.get $state))
                (i32.store (i32.const 128) (local.get $len))
                (global.set $at (i32.const 4096))
                (i32.const 48)))"#,
            number = self.number
        )
    }
}
