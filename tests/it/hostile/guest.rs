//! The guest that all hostile ones are made of. It counts, and does one bad thing on demand.
//!
//! Its state is one character, `1` after the first text. It answers each text with `ok` and
//! that character, so a client can see the current state. At the text `attack` it runs the
//! test's code. An attack returns the state `!`. The host must never keep that state, unless the
//! attack turns out to be harmless.
//!
//! Its memory is one page: constants at 16, the state at 32, the answer's text at 36, the
//! result at 48, its messages from 64 on, and the host's blocks from 4096 on.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use footlight::actor::{Grants, imports};
use footlight::manifest::missing_capabilities;
use wit_core::host::Flat;

use crate::support::{Actor, wat};

/// A hostile guest.
pub struct Guest {
    /// Its misdeed, which is the actor's name.
    pub name: &'static str,
    /// The outcome that the attack must have.
    pub ends: Ends,
    /// Whether it has the shape *result* instead of *guide*.
    variant: bool,
    /// More of the module: imports first.
    imports: String,
    /// More of the module: everything else.
    fields: String,
    /// The memory.
    memory: String,
    /// Its code at `attack`, which leaves a pointer to the result.
    attack: String,
    /// The code of `cabi_realloc` when the host is about to place `attack`.
    realloc: String,
    /// The code of `cabi_post` after an attack.
    post: String,
    /// Its code at the beginning of every text.
    each: String,
    /// Its code at every other event, whose type's name is `$len` bytes long.
    event: String,
    /// Keys of `[limits]`.
    limits: Vec<(&'static str, String)>,
    /// Whether it has the usual `cabi_post`.
    own_post: bool,
    /// The folder whose files it may use, and more of the handler's `config`.
    folder: Option<(PathBuf, &'static str)>,
}

/// The outcome of an attack.
pub enum Ends {
    /// The host closes the client with 1011, and logs one line with these parts.
    Fails(&'static [&'static str]),
    /// The guest answers it like any other text.
    Answers,
}

/// An attack that only returns the usual answer, with its own state.
const ANSWER: &str = "(call $answer (i32.const 33))";

/// The function that frees what `handle-message` returned.
const POST: &str = "cabi_post_ntwk:theater/websocket-server#handle-message";

/// The fuel of an event, unless a test says otherwise: some milliseconds.
const FUEL: u64 = 20_000_000;

/// A guest whose attack must fail, with a line in the log that has these parts.
pub fn fails(name: &'static str, says: &'static [&'static str]) -> Guest {
    Guest::new(name, Ends::Fails(says))
}

/// A guest whose attack must turn out to be harmless.
pub fn harmless(name: &'static str) -> Guest {
    Guest::new(name, Ends::Answers)
}

impl Guest {
    fn new(name: &'static str, ends: Ends) -> Self {
        Self {
            name,
            ends,
            variant: false,
            imports: String::new(),
            fields: String::new(),
            memory: "(memory (export \"memory\") 1)".into(),
            attack: ANSWER.into(),
            realloc: String::new(),
            post: String::new(),
            each: String::new(),
            event: String::new(),
            // Fuel, unlike time, is the same on every machine.
            limits: vec![("fuel", FUEL.to_string()), ("time", "\"24h\"".into())],
            own_post: true,
            folder: None,
        }
    }

    /// Has the shape *result*, whose types are variants.
    pub fn variant(mut self) -> Self {
        self.variant = true;
        self
    }

    /// Imports `log`.
    pub fn logs(mut self) -> Self {
        self.imports += r#"(import "ntwk:theater/runtime" "log" (func $log (param i32 i32)))"#;
        self
    }

    /// Imports a function of `footlight:host`, as `$connections.send`.
    pub fn imports(self, import: &str) -> Self {
        self.again(import, &format!("${import}"))
    }

    /// The same under another name.
    pub fn again(mut self, import: &str, name: &str) -> Self {
        let import = find(import);
        let value = |flat: Flat| format!(" {flat}");
        let ty = import.ty();
        let params: String = ty.params().map(value).collect();
        let result: String = ty.result.into_iter().map(value).collect();
        let missing: Vec<_> =
            missing_capabilities(&[]).into_iter().map(|(_, capability)| capability).collect();
        let is_granted = Grants::without(&missing).allow(import.interface).is_ok();
        if !is_granted && self.folder.is_none() {
            self.folder = Some((concat!(env!("CARGO_MANIFEST_DIR"), "/tests").into(), ""));
        }
        self.imports += &format!(
            "(import {:?} {:?} (func {name} (param{params}) (result{result})))",
            import.interface.modules[0], import.name
        );
        self
    }

    /// Adds an import, as text.
    pub fn import(mut self, import: &str) -> Self {
        self.imports += import;
        self
    }

    /// Shares this folder with it.
    pub fn folder(mut self, folder: &Path, config: &'static str) -> Self {
        self.folder = Some((folder.into(), config));
        self
    }

    /// Adds to the module.
    pub fn with(mut self, fields: impl Into<String>) -> Self {
        self.fields += &fields.into();
        self
    }

    /// Has this memory instead of one page.
    pub fn memory(mut self, memory: &str) -> Self {
        self.memory = format!("(memory (export \"memory\") {memory})");
        self
    }

    /// Does this at `attack`, and returns the pointer that it leaves.
    pub fn attack(mut self, body: impl Into<String>) -> Self {
        self.attack = body.into();
        self
    }

    /// Does this, and then answers as usual.
    pub fn first(self, body: impl Display) -> Self {
        self.attack(format!("{body} {ANSWER}"))
    }

    /// Does this in `cabi_realloc`.
    pub fn realloc(mut self, body: &str) -> Self {
        self.realloc = body.into();
        self
    }

    /// Does this in `cabi_post`.
    pub fn post(mut self, body: &str) -> Self {
        self.post = body.into();
        self
    }

    /// Has this function as `cabi_post`.
    pub fn export_post(mut self, name: &str) -> Self {
        let export = format!("(export {POST:?} (func {name}))");
        (self.own_post, self.fields) = (false, self.fields + &export);
        self
    }

    /// Does this first at every text.
    pub fn each(mut self, body: &str) -> Self {
        self.each = body.into();
        self
    }

    /// Does this at every `connect` (with `$len` 7), `close` (5) and `pong` (4).
    pub fn event(mut self, body: &str) -> Self {
        self.event = body.into();
        self
    }

    /// Sets a key of `[limits]`.
    pub fn limit(mut self, key: &'static str, value: impl Display) -> Self {
        self.limits.retain(|(known, _)| *known != key);
        self.limits.push((key, value.to_string()));
        self
    }

    /// The module, as text.
    pub fn text(&self) -> String {
        let Self { imports, fields, memory, attack, realloc, post, each, event, .. } = self;
        let own_post = if self.own_post { format!("(export {POST:?})") } else { String::new() };
        let shape = if self.variant { VARIANT } else { GUIDE };
        format!(
            r#"(module {imports} {memory}
                (data (i32.const 16) "text")
                (data (i32.const 20) "attack")
                (data (i32.const 36) "ok ")
                (global $next (mut i32) (i32.const 4096))
                (global $attacked (mut i32) (i32.const 0))
                (func (export "cabi_realloc")
                    (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
                    (result i32)
                    (if (i32.eq (local.get $size) (i32.const 6)) (then {realloc}))
                    (global.get $next)
                    (global.set $next (i32.and (i32.const -8)
                        (i32.add (global.get $next) (i32.add (local.get $size) (i32.const 7))))))
                (func {own_post}
                    (param $result i32)
                    (global.set $next (i32.const 4096))
                    (if (global.get $attacked) (then {post})))
                (func $is-attack (param $at i32) (param $len i32) (result i32)
                    (if (i32.ne (local.get $len) (i32.const 6)) (then (return (i32.const 0))))
                    (i32.and
                        (i32.eq (i32.load align=1 (local.get $at)) (i32.load (i32.const 20)))
                        (i32.eq (i32.load16_u offset=4 align=1 (local.get $at))
                            (i32.load16_u (i32.const 24)))))
                (func $answer (param $count i32) (result i32)
                    (i32.store8 (i32.const 32) (local.get $count))
                    (i32.store8 (i32.const 39) (local.get $count))
                    (call $text (i32.const 64) (i32.const 36) (i32.const 4))
                    (call $reply (i32.const 32) (i32.const 1) (i32.const 64) (i32.const 1)))
                (func $handle (param $text i32) (param $text-len i32)
                    (param $state i32) (param $state-len i32) (result i32)
                    {each}
                    (if (call $is-attack (local.get $text) (local.get $text-len)) (then
                        (global.set $attacked (i32.const 1))
                        (return (call $attack))))
                    (if (i32.eqz (local.get $state-len))
                        (then (return (call $answer (i32.const 49)))))
                    (call $answer
                        (i32.add (i32.load8_u (local.get $state)) (i32.const 1))))
                (func $attack (result i32) {attack})
                (func $event (param $len i32) {event})
                {shape} {fields})"#
        )
    }

    /// The actor.
    pub fn actor(&self) -> Actor {
        let actor = wat(self.name, &self.text());
        let actor = match &self.folder {
            Some((folder, config)) => actor.folder(folder, config),
            None => actor,
        };
        self.limits.iter().fold(actor, |actor, (key, value)| actor.limit(key, value))
    }
}

/// The address for the results of imports.
pub const AREA: i64 = 1024;

/// An import by its name, such as `connections.send`.
pub fn find(name: &str) -> &'static imports::Import {
    let found = imports::all().find(|import| import.to_string() == name);
    found.unwrap_or_else(|| panic!("there is no import {name}"))
}

/// A call of an import with these flat parameters, which leaves nothing on the stack.
pub fn call(import: &str, parameters: &[i64]) -> String {
    let ty = find(import).ty();
    assert_eq!(ty.params().count(), parameters.len(), "{import}");
    let values = ty.params().zip(parameters);
    let values: String = values.map(|(ty, value)| format!(" ({ty}.const {value})")).collect();
    let drop = ty.result.map_or("", |_| "(drop)");
    format!("(call ${import}{values}){drop}")
}

/// The guide's shape: a message's type is a string.
const GUIDE: &str = r#"
    (func (export "ntwk:theater/websocket-server#handle-message")
        (param $ty i32) (param $ty-len i32)
        (param $has-data i32) (param $data i32) (param $data-len i32)
        (param $has-text i32) (param $text i32) (param $text-len i32)
        (param $state i32) (param $state-len i32) (result i32)
        (if (i32.eq (local.get $ty-len) (i32.const 4)) (then
            (if (i32.eq (i32.load align=1 (local.get $ty)) (i32.load (i32.const 16))) (then
                (return (call $handle (local.get $text) (local.get $text-len)
                    (local.get $state) (local.get $state-len)))))))
        (call $event (local.get $ty-len))
        (call $reply (local.get $state) (local.get $state-len) (i32.const 0) (i32.const 0)))
    (func $reply (param $state i32) (param $state-len i32) (param $messages i32)
        (param $count i32) (result i32)
        (i32.store offset=0 (i32.const 48) (local.get $state))
        (i32.store offset=4 (i32.const 48) (local.get $state-len))
        (i32.store offset=8 (i32.const 48) (local.get $messages))
        (i32.store offset=12 (i32.const 48) (local.get $count))
        (i32.const 48))
    (func $text (param $at i32) (param $text i32) (param $len i32)
        (i32.store offset=0 (local.get $at) (i32.const 16))
        (i32.store offset=4 (local.get $at) (i32.const 4))
        (i32.store offset=8 (local.get $at) (i32.const 0))
        (i32.store offset=20 (local.get $at) (i32.const 1))
        (i32.store offset=24 (local.get $at) (local.get $text))
        (i32.store offset=28 (local.get $at) (local.get $len)))"#;

/// The shape *result*: a message's type is a variant, the state an option, and all of it a
/// `result`.
const VARIANT: &str = r#"
    (func (export "ntwk:theater/websocket-server#handle-message")
        (param $has-state i32) (param $state i32) (param $state-len i32)
        (param $ty i32) (param i32) (param i32)
        (param $has-data i32) (param $data i32) (param $data-len i32)
        (param $has-text i32) (param $text i32) (param $text-len i32) (result i32)
        (if (i32.eqz (local.get $ty)) (then
            (return (call $handle (local.get $text) (local.get $text-len)
                (local.get $state) (local.get $state-len)))))
        (call $reply (local.get $state) (local.get $state-len) (i32.const 0) (i32.const 0)))
    (func $reply (param $state i32) (param $state-len i32) (param $messages i32)
        (param $count i32) (result i32)
        (i32.store offset=0 (i32.const 40) (i32.const 0))
        (i32.store offset=4 (i32.const 40) (i32.const 1))
        (i32.store offset=8 (i32.const 40) (local.get $state))
        (i32.store offset=12 (i32.const 40) (local.get $state-len))
        (i32.store offset=16 (i32.const 40) (local.get $messages))
        (i32.store offset=20 (i32.const 40) (local.get $count))
        (i32.const 40))
    (func $text (param $at i32) (param $text i32) (param $len i32)
        (i32.store offset=0 (local.get $at) (i32.const 0))
        (i32.store offset=12 (local.get $at) (i32.const 0))
        (i32.store offset=24 (local.get $at) (i32.const 1))
        (i32.store offset=28 (local.get $at) (local.get $text))
        (i32.store offset=32 (local.get $at) (local.get $len)))"#;
