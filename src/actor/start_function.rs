//! Turns a module's start function into an export.
//!
//! wasmi runs a start function during instantiation, in one step that can't be interrupted. A
//! long one would block the host. So this code removes the start section and exports its
//! function under a name of the host's own. The host calls the function right after
//! instantiation, in slices like everything else. The guest can't tell the difference, because
//! nothing happens in between.
//!
//! Sections and indices are as in the core specification, 5.5.

use std::borrow::Cow;

use super::sections::{PREAMBLE, Sections, add_export, leb128, section};

/// The name of the export. WIT identifiers have no spaces, so no export of a guest has this name.
pub(crate) const EXPORT: &str = "footlight start function";

/// The id of the section with the exports.
const EXPORTS: u8 = 7;
/// The kind of an export that is a function.
const FUNCTION: u8 = 0;
/// The id of the section that names the start function.
const START: u8 = 8;

/// Removes the start section and exports the start function. A module without a start function
/// comes back unchanged. So does an unreadable one: the interpreter says what is wrong with it.
pub fn export(module: &[u8]) -> Cow<'_, [u8]> {
    rewrite(module).map_or(Cow::Borrowed(module), Cow::Owned)
}

/// The rewritten module, if it has a start section.
fn rewrite(module: &[u8]) -> Option<Vec<u8>> {
    let sections = || Sections::new(module, PREAMBLE..module.len()).map_while(Result::ok);
    let (_, start) = sections().find(|(id, _)| *id == START)?;
    let function = leb128(module, &mut start.start.clone())?;
    let mut out = module.get(..PREAMBLE)?.to_vec();
    let mut exported = false;
    let mut end = PREAMBLE;
    for (id, content) in sections() {
        // Sections are in the order of their ids, so exports come before the start section.
        if !exported && (id == EXPORTS || id == START) {
            let old = if id == EXPORTS { module.get(content.clone())? } else { &[0] };
            section(&mut out, EXPORTS, &add_export(old, EXPORT, FUNCTION, function)?);
            exported = true;
        } else if id != START {
            out.extend_from_slice(module.get(end..content.end)?);
        }
        end = content.end;
    }
    // Keep the unreadable rest, so that the interpreter refuses it.
    out.extend_from_slice(module.get(end..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap()
    }

    /// The names of the exports, sorted.
    fn exports(bytes: &[u8]) -> Vec<String> {
        let module = wasmi::Module::new(&wasmi::Engine::default(), bytes).unwrap();
        let mut names: Vec<_> = module.exports().map(|export| export.name().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_start_function_becomes_an_export_and_runs_no_more_by_itself() {
        for (text, names) in [
            ("(module (func $s unreachable) (start $s))", &[EXPORT][..]),
            (
                r#"(module (func (export "a")) (func $s unreachable) (start $s)
                    (memory (export "m") 1) (data (i32.const 0) "x"))"#,
                &["a", EXPORT, "m"],
            ),
        ] {
            let bytes = module(text);
            let rewritten = export(&bytes);
            assert_eq!(exports(&rewritten), names);
            let engine = wasmi::Engine::default();
            let module = wasmi::Module::new(&engine, &rewritten).unwrap();
            let mut store = wasmi::Store::new(&engine, ());
            let instance = wasmi::Instance::new(&mut store, &module, &[]).unwrap();
            let start = instance.get_func(&store, EXPORT).unwrap();
            assert!(start.call(&mut store, &[], &mut []).is_err());
        }
    }

    #[test]
    fn a_module_without_a_start_function_is_not_touched() {
        let bytes = module(r#"(module (func (export "a")))"#);
        assert!(matches!(export(&bytes), Cow::Borrowed(_)));
    }

    #[test]
    fn a_module_of_many_exports_and_functions_is_rewritten_right() {
        let functions: String = (0..300).map(|n| format!("(func (export \"f{n}\"))")).collect();
        let bytes = module(&format!("(module {functions} (func $s) (start $s))"));
        let rewritten = export(&bytes);
        assert_eq!(exports(&rewritten).len(), 301);
        assert!(exports(&rewritten).iter().any(|name| name == EXPORT));
    }

    #[test]
    fn every_cut_and_every_changed_byte_of_a_module_is_no_panic() {
        let bytes = module(r#"(module (func (export "a")) (func $s) (start $s))"#);
        for at in 0..bytes.len() {
            export(&bytes[..at]);
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                export(&changed);
            }
        }
    }
}
