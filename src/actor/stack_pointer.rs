//! Exports a module's stack pointer, so that the host can tell an overflow of the stack from other
//! faults.
//!
//! Compilers of the LLVM family keep a stack in the linear memory, and its pointer in the first
//! global, which they do not export. It begins at the stack's size if the stack is below all data
//! (`--stack-first`). Each function moves it down by what it needs, so below zero the stack is used
//! up, and the next access is outside the memory.

use std::borrow::Cow;

use wasmi::{Extern, Instance, Store, Val};
use wasmparser::{Parser, Payload, TypeRef, ValType};

use super::sections::{PREAMBLE, Sections, add_export, section};

/// The name of the export. WIT identifiers have no spaces, so no export of a guest has this name.
pub(super) const EXPORT: &str = "footlight stack pointer";
/// The id of the section with the exports.
const EXPORTS: u8 = 7;
/// The kind of an export that is a global.
const GLOBAL: u8 = 3;
/// The instruction `i32.const`.
const I32_CONST: u8 = 0x41;
/// A function that calls no other need not move the pointer for this many bytes.
const RED_ZONE: i32 = 128;

/// How much of its stack a guest has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stack {
    /// More than it has.
    Overflown,
    /// All but a few bytes.
    AtTheEnd,
    /// Less, or the module does not tell.
    Fine,
}

/// Exports the first global if it is probably the stack pointer. Returns the stack's size in bytes
/// with the module. Other modules come back unchanged, and so do unreadable ones.
pub fn export(module: Cow<'_, [u8]>) -> (Cow<'_, [u8]>, Option<u32>) {
    match size(&module).and_then(|size| Some((rewrite(&module)?, size))) {
        Some((rewritten, size)) => (Cow::Owned(rewritten), Some(size)),
        None => (module, None),
    }
}

/// The first value of the first global in bytes, if that may be the stack pointer.
pub(super) fn size(module: &[u8]) -> Option<u32> {
    for payload in Parser::new(0).parse_all(module) {
        match payload.ok()? {
            Payload::ImportSection(imports) => {
                for import in imports {
                    if matches!(import.ok()?.ty, TypeRef::Global(_)) {
                        return None;
                    }
                }
            }
            Payload::GlobalSection(globals) => {
                let first = globals.into_iter().next()?.ok()?;
                if !first.ty.mutable || first.ty.content_type != ValType::I32 {
                    return None;
                }
                let mut init = first.init_expr.get_binary_reader();
                let value = (init.read_u8().ok()? == I32_CONST).then(|| init.read_var_i32());
                let size = u32::try_from(value?.ok()?).ok();
                return size.filter(|size| *size > 0 && size % 16 == 0);
            }
            Payload::CodeSectionStart { .. } => return None,
            _ => {}
        }
    }
    None
}

/// Adds the export to the section with the exports.
fn rewrite(module: &[u8]) -> Option<Vec<u8>> {
    let mut sections = Sections::new(module, PREAMBLE..module.len()).map_while(Result::ok);
    let mut end = PREAMBLE;
    let content = loop {
        let (id, content) = sections.next()?;
        if id == EXPORTS {
            break content;
        }
        end = content.end;
    };
    let mut out = Vec::with_capacity(module.len().checked_add(EXPORT.len() * 2)?);
    out.extend_from_slice(module.get(..end)?);
    section(&mut out, EXPORTS, &add_export(module.get(content.clone())?, EXPORT, GLOBAL, 0)?);
    out.extend_from_slice(module.get(content.end..)?);
    Some(out)
}

/// How much of its stack an instance has used.
pub(super) fn used<T>(instance: Instance, store: &Store<T>) -> Stack {
    let Some(Extern::Global(pointer)) = instance.get_export(store, EXPORT) else {
        return Stack::Fine;
    };
    match pointer.get(store) {
        Val::I32(..0) => Stack::Overflown,
        Val::I32(..RED_ZONE) => Stack::AtTheEnd,
        _ => Stack::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size that the rewritten module tells.
    fn told(text: &str) -> Option<u32> {
        let bytes = wat::parse_str(text).unwrap();
        let (rewritten, size) = export(Cow::Borrowed(&bytes));
        let module = wasmi::Module::new(&wasmi::Engine::default(), &*rewritten).unwrap();
        let is_exported = module.exports().any(|export| export.name() == EXPORT);
        assert_eq!(is_exported, size.is_some());
        size
    }

    #[test]
    fn the_first_global_is_exported_if_it_can_be_a_stack_pointer() {
        let export = r#"(memory (export "m") 1)"#;
        for (globals, expected) in [
            ("(global (mut i32) (i32.const 16384))", Some(16384)),
            ("(global (mut i32) (i32.const 1024)) (global i32 (i32.const 7))", Some(1024)),
            ("(global i32 (i32.const 1024))", None),
            ("(global (mut i64) (i64.const 1024))", None),
            ("(global (mut i32) (i32.const 0))", None),
            ("(global (mut i32) (i32.const 7))", None),
            (r#"(import "a" "b" (global (mut i32))) (global (mut i32) (i32.const 16))"#, None),
            ("", None),
        ] {
            assert_eq!(told(&format!("(module {globals} {export})")), expected, "{globals}");
        }
        assert_eq!(told("(module (global (mut i32) (i32.const 1024)))"), None);
    }

    #[test]
    fn a_section_of_exports_that_is_wrong_stays_wrong() {
        let module = |exports: &[u8]| {
            let mut module = b"\0asm\x01\0\0\0".to_vec();
            section(&mut module, 6, &[1, 0x7f, 1, 0x41, 0x80, 8, 0x0b]);
            section(&mut module, EXPORTS, exports);
            module
        };
        let is_valid =
            |bytes: &[u8]| wasmi::Module::validate(&wasmi::Engine::default(), bytes).is_ok();
        let (rewritten, size) = export(Cow::Owned(module(&[0])));
        assert_eq!((size, is_valid(&rewritten)), (Some(1024), true));
        // The first byte of a name that is as long as what is added.
        for wrong in [&[0, 1 + 23][..], &[0, 0], &[1], &[1, 3, b'a']] {
            let (rewritten, _) = export(Cow::Owned(module(wrong)));
            assert!(!is_valid(&rewritten), "{wrong:?}");
        }
    }

    #[test]
    fn every_cut_and_every_changed_byte_of_a_module_is_no_panic() {
        let text = r#"(module (memory (export "m") 1) (global (mut i32) (i32.const 1024)))"#;
        let bytes = wat::parse_str(text).unwrap();
        for at in 0..bytes.len() {
            export(Cow::Borrowed(&bytes[..at]));
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                export(Cow::Borrowed(&changed));
            }
        }
    }
}
