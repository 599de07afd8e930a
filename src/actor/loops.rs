//! Rewrites a module so that the fuel it pays follows what it executes.
//!
//! wasmi charges fuel at the beginning of a function, of a `loop` and of an arm of an `if`. It charges
//! for all code up to the end, except for code inside another of these, whether or not the code runs.
//! So each turn of an interpreter's `switch` would cost as much as all of its cases together. wasmi
//! charges nothing for a function's locals, which it zeroes at each call, or for values that a branch
//! carries. So this code rewrites the functions of a module before wasmi compiles them:
//!
//! - Code that a branch may skip gets its own `loop`, to which nothing branches back: see
//!   [`recode`](super::recode).
//! - A function with many locals begins with instructions that cost fuel but no time. The same
//!   instructions precede a branch that carries many values.
//!
//! The guest's behaviour stays the same. A module becomes at most twice as large, plus three bytes for
//! every 64 locals and for every 8 values carried. A function that needs none of this stays unchanged.

use std::borrow::Cow;

use wasmparser::{FunctionBody, Parser, Payload};

use super::{
    instruction::Instructions,
    points::Plan,
    recode::Recoder,
    sections::{PREAMBLE, Sections, number, section},
    types::Types,
};

/// The id of the section with the functions' bodies.
const CODE: u8 = 10;
/// Bodies smaller than this, in bytes, stay unchanged: their charges can't be far off.
const SMALL: usize = 64;
/// The number of locals that one `NULL` of `recode` pays for. At its cost, that is four
/// locals a unit. Processors take 0.05 to 2 nanoseconds to zero a local.
const LOCALS: u64 = 64;

/// Rewrites the functions of a valid module. A module with an instruction that this code does not
/// know comes back unchanged.
pub fn split(module: &[u8]) -> Cow<'_, [u8]> {
    rewrite(module).map_or(Cow::Borrowed(module), Cow::Owned)
}

/// The rewritten module, if there is something to rewrite.
fn rewrite(module: &[u8]) -> Option<Vec<u8>> {
    let code = code(module)?;
    let mut out = Vec::with_capacity(module.len().checked_add(code.len() / 8)?);
    let mut end = PREAMBLE;
    out.extend_from_slice(module.get(..end)?);
    for (id, content) in Sections::new(module, PREAMBLE..module.len()).map_while(Result::ok) {
        if id == CODE {
            section(&mut out, CODE, &code);
        } else {
            out.extend_from_slice(module.get(end..content.end)?);
        }
        end = content.end;
    }
    out.extend_from_slice(module.get(end..)?);
    Some(out)
}

/// The content of the rewritten code section, if it has changed.
fn code(module: &[u8]) -> Option<Vec<u8>> {
    let types = Types::of(module)?;
    let mut own = types.functions.get(types.imported..)?.iter();
    let (mut out, mut changed) = (Vec::new(), false);
    for payload in Parser::new(0).parse_all(module) {
        match payload.ok()? {
            Payload::CodeSectionStart { count, .. } => number(&mut out, count.try_into().ok()?),
            Payload::CodeSectionEntry(body) => {
                let new = function_body(&types, *own.next()?, &body)?;
                number(&mut out, new.len());
                out.extend_from_slice(&new);
                changed |= matches!(new, Cow::Owned(_));
            }
            _ => {}
        }
    }
    changed.then_some(out)
}

/// Rewrites a function's body if needed; `None` if it has an unknown instruction. `ty` is the index
/// of the function's type.
fn function_body<'a>(types: &Types, ty: u32, body: &FunctionBody<'a>) -> Option<Cow<'a, [u8]>> {
    let bytes = body.as_bytes();
    let locals = body.get_locals_reader().ok()?.into_iter();
    let locals = locals.map_while(Result::ok).map(|(count, _)| u64::from(count)).sum::<u64>();
    if bytes.len() < SMALL && locals < LOCALS {
        return Some(Cow::Borrowed(bytes));
    }
    let instructions = Instructions::of(body)?;
    let plan = Plan::of(types, instructions.clone())?;
    let mut recoder = Recoder::new(bytes, types, ty)?;
    let zeroed = usize::try_from(locals / LOCALS).ok()?;
    recoder.charge_more(instructions.offset(), zeroed)?;
    recoder.recode(instructions, &plan)?;
    Some(recoder.finish().map_or(Cow::Borrowed(bytes), Cow::Owned))
}

#[cfg(test)]
mod counting;
#[cfg(test)]
mod generator;
#[cfg(test)]
mod tests;
