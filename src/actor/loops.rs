//! Makes the interpreter charge for about what is executed.
//!
//! wasmi charges fuel where a function, a `loop` and an arm of an `if` begin, each time for all code
//! up to the end that is not inside of another of these, executed or not. So each turn of an
//! interpreter's `switch` would cost as much as all of its cases together; and a function's locals,
//! which are zeroed at each call, would cost nothing. Here the functions of a module are rewritten
//! before wasmi sees them:
//!
//! - Code that a branch may pass by gets a `loop` of its own, to which nothing ever branches back: see
//!   [`recode`](super::recode).
//! - A function with many locals begins with instructions that cost fuel and no time; so do branches
//!   that carry many values, which is free of charge too.
//!
//! What the guest does stays the same. A module comes out no more than twice as large, plus three bytes
//! for 64 locals and for 8 values that are carried. Functions where there is nothing to do come out as they were.

use std::borrow::Cow;

use wasmparser::{FunctionBody, Parser, Payload};

use super::{
    points::Plan,
    recode::Recoder,
    sections::{PREAMBLE, Sections, number, section},
    types::Types,
};

/// The section of a core module that has the functions' bodies.
const CODE: u8 = 10;
/// The smallest body in bytes that is looked at. There is not much to charge wrongly in smaller ones.
const SMALL: usize = 64;
/// The locals that are zeroed for one [`NULL`](super::recode::NULL). With what it costs, that is four
/// locals a unit; processors take from 0.05 to 2 nanoseconds for each.
const LOCALS: u64 = 64;

/// The module with its functions rewritten. It must be valid. One that has instructions that are not
/// known here comes back as it is.
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

/// The content of the rewritten module's code section, if it is not what it was.
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

/// The body of a function of this type, rewritten if need be; nothing if it has something that is not known here.
fn function_body<'a>(types: &Types, ty: u32, body: &FunctionBody<'a>) -> Option<Cow<'a, [u8]>> {
    let bytes = body.as_bytes();
    let locals = body.get_locals_reader().ok()?.into_iter();
    let locals = locals.map_while(Result::ok).map(|(count, _)| u64::from(count)).sum::<u64>();
    if bytes.len() < SMALL && locals < LOCALS {
        return Some(Cow::Borrowed(bytes));
    }
    let plan = Plan::of(types, body)?;
    let mut operators = body.get_operators_reader().ok()?;
    let mut recoder = Recoder::new(bytes, body.range().start, types, ty)?;
    let zeroed = usize::try_from(locals / LOCALS).ok()?;
    recoder.charge_more(operators.original_position(), zeroed)?;
    recoder.recode(&mut operators, &plan)?;
    Some(recoder.finish().map_or(Cow::Borrowed(bytes), Cow::Owned))
}

#[cfg(test)]
mod counting;
#[cfg(test)]
mod generator;
#[cfg(test)]
mod tests;
