//! A module of the host's own that calls a guest's `cabi_realloc` twice.
//!
//! Each entry into a guest costs as much as some hundred of its instructions, and most events need two
//! blocks: the name of the message's type and its text. So each instance of an actor has an instance of
//! this module beside it, whose one function asks for both in one entry. Nothing else can reach it. Its
//! few instructions cost fuel as the guest's own do.

use wasmi::{Engine, Extern, Global, Instance, Store, TypedFunc};
use wit_core::shape;

use super::imports::Guest;

/// Calls `cabi_realloc(0, 0, 1, len)` for two lengths.
#[derive(Clone, Copy)]
pub struct Pair {
    /// Takes the two lengths, and two numbers more, which it does not use. Returns the first pointer. It
    /// has the type of `cabi_realloc`, because the host has code for each type that it calls.
    pub(super) function: TypedFunc<(i32, i32, i32, i32), i32>,
    /// Has the second pointer then.
    second: Global,
}

impl Pair {
    /// The second pointer, after a call.
    pub(super) fn second(self, store: &Store<Guest>) -> u32 {
        self.second.get(store).i32().unwrap_or_default().cast_unsigned()
    }
}

/// The module. The name of its import, and of the function, is empty:
///
/// ```wat
/// (module
///   (type $realloc (func (param i32 i32 i32 i32) (result i32)))
///   (import "" "" (func $realloc (type $realloc)))
///   (func $pair (type $realloc)
///     (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get 0))
///     (global.set $second
///       (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get 1))))
///   (global $second (mut i32) (i32.const 0))
///   (export "" (func $pair))
///   (export "2" (global $second)))
/// ```
#[rustfmt::skip]
const MODULE: &[u8] = &[
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    // The type, the import, and the function's type.
    0x01, 0x09, 0x01, 0x60, 0x04, 0x7f, 0x7f, 0x7f, 0x7f, 0x01, 0x7f,
    0x02, 0x05, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x03, 0x02, 0x01, 0x00,
    // The global, and the exports.
    0x06, 0x06, 0x01, 0x7f, 0x01, 0x41, 0x00, 0x0b,
    0x07, 0x08, 0x02, 0x00, 0x00, 0x01, 0x01, 0x32, 0x03, 0x00,
    // The function's body.
    0x0a, 0x1a, 0x01, 0x18, 0x00,
    0x41, 0x00, 0x41, 0x00, 0x41, 0x01, 0x20, 0x00, 0x10, 0x00,
    0x41, 0x00, 0x41, 0x00, 0x41, 0x01, 0x20, 0x01, 0x10, 0x00,
    0x24, 0x00, 0x0b,
];

/// Translates the module.
///
/// # Errors
/// It is not valid, which would be a bug of this program.
pub(super) fn module(engine: &Engine) -> Result<wasmi::Module, wasmi::Error> {
    wasmi::Module::new(engine, MODULE)
}

/// The function, for a guest's instance.
///
/// # Errors
/// The guest has no `cabi_realloc`. The host finds that out when it loads the module.
pub(super) fn instantiate(
    store: &mut Store<Guest>,
    module: &wasmi::Module,
    guest: Instance,
) -> Result<Pair, wasmi::Error> {
    let realloc = guest.get_func(&*store, shape::REALLOC.0);
    let realloc = realloc.ok_or_else(|| wasmi::Error::new("there is no such export"))?;
    let pair = Instance::new(&mut *store, module, &[Extern::Func(realloc)])?;
    let second = pair.get_global(&*store, "2");
    let second = second.ok_or_else(|| wasmi::Error::new("there is no second pointer"))?;
    Ok(Pair { function: pair.get_typed_func(&*store, "")?, second })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_what_its_text_says() {
        let source = include_str!("pair.rs");
        let lines = source.lines().skip_while(|line| *line != "/// ```wat").skip(1);
        let lines = lines.take_while(|line| *line != "/// ```");
        let text: String = lines.map(|line| line.trim_start_matches("///")).collect();
        // The module has no names, which would only be for people.
        let text = text.replace("type $realloc", "type 0").replace("(type 0 (func", "(type (func");
        let text = text.replace("(func $realloc (", "(func (").replace("(func $pair (", "(func (");
        let text = text.replace("call $realloc", "call 0").replace("(func $pair", "(func 1");
        let text = text.replace("(global $second (mut", "(global (mut").replace("$second", "0");
        assert_eq!(wat::parse_str(text).unwrap(), MODULE);
    }
}
