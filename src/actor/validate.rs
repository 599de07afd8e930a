//! Refuses modules that are valid but would harm the host, and reads the sizes of a module's
//! tables, which the interpreter does not tell.
//!
//! Each rule refuses something that no compiler makes and that harms the interpreter. An invalid
//! module passes here, because the interpreter has a better error for it.

use wasmparser::{ElementItems, FunctionBody, Parser, Payload};

use super::{
    instruction::{Instruction, Instructions},
    nesting::Nesting,
    rejected::Rejected,
};

/// The most parameters, and the most results, of a function or a block. With a thousand of
/// them a short call becomes a thousand moves.
const MAX_VALUES: usize = 64;
/// The most types. A type takes more bytes in memory than in the file.
const MAX_TYPES: usize = 10_000;
/// The most imports. An import takes more bytes in memory than in the file.
const MAX_IMPORTS: usize = 1_000;
/// The most exports. An export takes more bytes in memory than in the file, also for the report about it.
const MAX_EXPORTS: usize = 10_000;
/// The most locals of all functions together. The time to translate a function grows with the
/// number of its locals, and a large number takes no more bytes in the file than a small one.
const MAX_LOCALS: usize = 1_000_000;

// An instance has all of the following. Nothing can interrupt the making of an instance, and a
// client causes it whenever it can make the guest trap.

/// The most functions. The JavaScript engine of componentize-js has 13,000.
const MAX_FUNCTIONS: usize = 100_000;
/// The most globals.
const MAX_GLOBALS: usize = 1_000;
/// The most data segments, as in browsers (`js-api`, "Implementation-defined limits"). Go makes 28,000
/// of them for a small actor.
const MAX_DATA_SEGMENTS: usize = 100_000;
/// The most element segments. Compilers make one.
const MAX_ELEMENT_SEGMENTS: usize = 2_000;
/// The most elements of all segments together.
const MAX_ELEMENTS: usize = 100_000;

/// The tables of a module. The manifest limits them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// How many there are. `limits.tables` bounds it.
    pub count: usize,
    /// The elements of the largest, at the start. `limits.table` bounds it.
    pub largest: u64,
}

/// The tables of a core module. An unreadable one has none.
pub fn tables(module: &[u8]) -> Tables {
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        let Payload::TableSection(tables) = payload else { continue };
        let sizes = tables.clone().into_iter().map_while(Result::ok).map(|table| table.ty.initial);
        return Tables { count: count(tables.count()), largest: sizes.max().unwrap_or(0) };
    }
    Tables::default()
}

/// Checks a core module against the rules. Returns how many locals all functions have together.
///
/// # Errors
/// The first rule that the module breaks.
pub fn validate(module: &[u8]) -> Result<usize, Rejected> {
    let (mut locals, mut elements) = (0usize, 0usize);
    let mut nesting = Nesting::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload {
            Ok(Payload::TypeSection(types)) => {
                at_most("types", count(types.count()), MAX_TYPES)?;
                for ty in types.into_iter_err_on_gc_types().map_while(Result::ok) {
                    let (params, results) = (ty.params().len(), ty.results().len());
                    if params > MAX_VALUES || results > MAX_VALUES {
                        let limit = MAX_VALUES;
                        return Err(Rejected::WideType { params, results, limit });
                    }
                    nesting.add_type(params, results);
                }
            }
            Ok(Payload::ImportSection(imports)) => {
                at_most("imports", count(imports.count()), MAX_IMPORTS)?;
            }
            Ok(Payload::ExportSection(exports)) => {
                at_most("exports", count(exports.count()), MAX_EXPORTS)?;
            }
            Ok(Payload::FunctionSection(functions)) => {
                at_most("functions", count(functions.count()), MAX_FUNCTIONS)?;
                let types = functions.into_iter().map_while(Result::ok);
                types.for_each(|ty| nesting.add_function(ty));
            }
            Ok(Payload::CodeSectionEntry(body)) => validate_body(&body, &mut locals, &mut nesting)?,
            Ok(Payload::GlobalSection(globals)) => {
                at_most("globals", count(globals.count()), MAX_GLOBALS)?;
            }
            Ok(Payload::DataSection(segments)) => {
                at_most("data segments", count(segments.count()), MAX_DATA_SEGMENTS)?;
            }
            Ok(Payload::ElementSection(segments)) => {
                at_most("element segments", count(segments.count()), MAX_ELEMENT_SEGMENTS)?;
                for segment in segments.into_iter().map_while(Result::ok) {
                    elements = elements.saturating_add(match segment.items {
                        ElementItems::Functions(items) => count(items.count()),
                        ElementItems::Expressions(_, items) => count(items.count()),
                    });
                }
                at_most("elements", elements, MAX_ELEMENTS)?;
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Ok(locals)
}

/// Checks a function's body. `locals` counts the locals of all bodies so far.
fn validate_body(
    body: &FunctionBody<'_>,
    locals: &mut usize,
    nesting: &mut Nesting,
) -> Result<(), Rejected> {
    if let Ok(groups) = body.get_locals_reader() {
        let counts = groups.into_iter().map_while(Result::ok);
        let counts = counts.map(|(number, _)| count(number));
        *locals = counts.fold(*locals, usize::saturating_add);
    }
    at_most("locals", *locals, MAX_LOCALS)?;
    nesting.begin();
    let start = body.range().start;
    let Some(mut instructions) = Instructions::of(body) else { return Ok(()) };
    while !instructions.is_at_end() {
        let offset = start.saturating_add(instructions.offset());
        match instructions.read() {
            Some(Instruction::TableGrow) => return Err(Rejected::TableGrow { offset }),
            // Most instructions are of this kind, and neither nest nor carry anything.
            Some(Instruction::Other { .. }) => {}
            Some(instruction) => nesting.step(instruction)?,
            None => return Err(Rejected::Unknown { offset }),
        }
    }
    Ok(())
}

fn count(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Checks one bound.
fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), Rejected> {
    if found > limit { Err(Rejected::TooMany { what, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validated(text: &str) -> Result<(), Rejected> {
        validate(&wat::parse_str(text).unwrap()).map(|_| ())
    }

    #[test]
    fn the_tables_that_a_module_begins_with_are_counted_and_the_largest_one_is_told() {
        for (fields, count, largest) in [
            ("", 0, 0),
            ("(table 0 funcref)", 1, 0),
            ("(table 7 funcref) (table 9 10 externref) (table 8 funcref)", 3, 9),
        ] {
            let found = tables(&wat::parse_str(format!("(module {fields})")).unwrap());
            assert_eq!(found, Tables { count, largest }, "{fields}");
        }
    }

    #[test]
    fn a_table_may_be_used_in_every_way_but_grown() {
        let table = "(table $t 1 funcref) (elem $e func)";
        assert_eq!(validated(&format!("(module {table} (func (drop (table.size $t))))")), Ok(()));
        let grow = "(func (nop) (drop (table.grow $t (ref.null func) (i32.const 1))))";
        let found = validated(&format!("(module {table} (func) {grow})"));
        assert!(matches!(found, Err(Rejected::TableGrow { .. })), "{found:?}");
    }

    #[test]
    fn a_type_may_have_as_many_values_as_the_limit_and_no_more() {
        let ty = |params: usize, results: usize| {
            let (params, results) = ("i32 ".repeat(params), "i32 ".repeat(results));
            validated(&format!("(module (type (func (param {params}) (result {results}))))"))
        };
        assert_eq!(ty(64, 64), Ok(()));
        let limit = MAX_VALUES;
        assert_eq!(ty(65, 0), Err(Rejected::WideType { params: 65, results: 0, limit }));
        assert_eq!(ty(0, 65), Err(Rejected::WideType { params: 0, results: 65, limit }));
    }

    #[test]
    fn all_functions_together_may_have_as_many_locals_as_the_limit_and_no_more() {
        let functions = |last: usize| {
            let local = |count: usize| format!("(func (local {}))", "i32 ".repeat(count));
            validated(&format!("(module {} {})", local(40_000).repeat(24), local(last)))
        };
        assert_eq!(functions(40_000), Ok(()));
        let limit = MAX_LOCALS;
        assert_eq!(functions(40_001), Err(Rejected::TooMany { what: "locals", limit }));
    }

    #[test]
    fn a_module_may_have_as_much_of_everything_as_the_limit_and_no_more() {
        for (what, text, limit) in [
            ("types", "(type (func))", MAX_TYPES),
            ("imports", r#"(import "a" "b" (func))"#, MAX_IMPORTS),
            ("functions", "(func)", MAX_FUNCTIONS),
            ("globals", "(global i32 (i32.const 0))", MAX_GLOBALS),
            ("data segments", "(data \"\")", MAX_DATA_SEGMENTS),
            ("element segments", "(elem func)", MAX_ELEMENT_SEGMENTS),
        ] {
            let many = |count: usize| validated(&format!("(module {})", text.repeat(count)));
            assert_eq!(many(limit), Ok(()), "{what}");
            assert_eq!(many(limit + 1), Err(Rejected::TooMany { what, limit }));
        }
        let exports = |count: usize| {
            let all = (0..count).map(|number| format!("(export \"{number}\" (func 0))"));
            validated(&format!("(module (func) {})", all.collect::<String>()))
        };
        assert_eq!(exports(MAX_EXPORTS), Ok(()));
        let limit = MAX_EXPORTS;
        assert_eq!(exports(limit + 1), Err(Rejected::TooMany { what: "exports", limit }));
        let elements = |last: usize| {
            let (half, last) = ("0 ".repeat(MAX_ELEMENTS / 2), "0 ".repeat(last));
            validated(&format!("(module (func) (elem func {half}) (elem func {last}))"))
        };
        assert_eq!(elements(MAX_ELEMENTS / 2), Ok(()));
        let limit = MAX_ELEMENTS;
        assert_eq!(
            elements(MAX_ELEMENTS / 2 + 1),
            Err(Rejected::TooMany { what: "elements", limit })
        );
    }

    #[test]
    fn what_is_not_valid_is_left_to_the_interpreter() {
        for bytes in
            [&b""[..], b"\0asm", b"\0asm\x01\0\0\0\x01\xff", b"\0asm\x01\0\0\0\x0a\x01\x01"]
        {
            assert_eq!((validate(bytes), tables(bytes)), (Ok(0), Tables::default()));
        }
    }
}
