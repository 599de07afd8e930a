//! Bounds how deep the labels in a function's body nest, and how many values branches carry to
//! them. Both determine how much memory the translation of the body takes.

use super::{
    instruction::{BlockType, Instruction},
    rejected::Rejected,
};

/// The most labels around an instruction. Compilers make one for each case of a `switch`.
/// Validation and translation keep some 200 bytes for each label.
pub(crate) const MAX_NESTED: usize = 10_000;
/// The most values that all branches, and all blocks with parameters, carry together. The
/// interpreter makes a move of each value, so a branch of 4 bytes could become one of 2,000.
const MAX_CARRIED: usize = 250_000;

/// Counts the labels and the carried values, body after body.
#[derive(Debug, Default)]
pub struct Nesting {
    /// The numbers of parameters and results of each type: they say what a branch carries.
    types: Vec<(usize, usize)>,
    /// The index of each function's type: a `return` carries its results.
    functions: Vec<u32>,
    /// How many bodies have begun, which is the index of the next function.
    bodies: usize,
    /// How many values a branch carries to each label around the current instruction. The first
    /// label is the function's own.
    open: Vec<usize>,
    /// How many values all branches carry so far.
    carried: usize,
}

impl Nesting {
    /// Adds a type of the module.
    pub(crate) fn add_type(&mut self, params: usize, results: usize) {
        self.types.push((params, results));
    }

    /// Adds a function of the module, by its type's index.
    pub(crate) fn add_function(&mut self, ty: u32) {
        self.functions.push(ty);
    }

    /// Begins the next body.
    pub fn begin(&mut self) {
        let ty = self.functions.get(self.bodies).copied();
        self.bodies += 1;
        let (_, results) = ty.map_or((0, 0), |ty| self.ty(ty));
        self.open.clear();
        self.open.push(results);
    }

    /// Counts an instruction.
    ///
    /// # Errors
    /// The instruction exceeds a bound.
    pub fn step(&mut self, instruction: Instruction<'_>) -> Result<(), Rejected> {
        match instruction {
            Instruction::Block(ty) | Instruction::If(ty) => {
                let (params, results) = self.block(ty);
                self.carry(params)?;
                self.open(results)
            }
            Instruction::Loop(ty) => {
                let (params, _) = self.block(ty);
                self.carry(params)?;
                self.open(params)
            }
            Instruction::End => {
                self.open.pop();
                Ok(())
            }
            Instruction::Br(depth) | Instruction::BrIf(depth) => {
                self.branch(usize::try_from(depth).unwrap_or(usize::MAX))
            }
            // All targets take the same number of values, and become one move and a list.
            Instruction::BrTable(targets) => self.branch(targets.default()),
            Instruction::Return => self.carry(self.open.first().copied().unwrap_or(0)),
            _ => Ok(()),
        }
    }

    /// The numbers of a type's parameters and results.
    fn ty(&self, index: u32) -> (usize, usize) {
        let index = usize::try_from(index).ok();
        index.and_then(|index| self.types.get(index)).copied().unwrap_or((0, 0))
    }

    /// The numbers of a block's parameters and results.
    fn block(&self, ty: BlockType) -> (usize, usize) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Value(_) => (0, 1),
            BlockType::Index(index) => self.ty(index),
        }
    }

    /// Opens a block. Branches to its label carry this many values.
    fn open(&mut self, values: usize) -> Result<(), Rejected> {
        self.open.push(values);
        if self.open.len() > MAX_NESTED {
            return Err(Rejected::TooMany { what: "blocks in each other", limit: MAX_NESTED });
        }
        Ok(())
    }

    /// Counts a branch to the label that is `depth` levels out from the innermost one.
    fn branch(&mut self, depth: usize) -> Result<(), Rejected> {
        let values = self.open.iter().rev().nth(depth).copied();
        self.carry(values.unwrap_or(0))
    }

    /// Counts values that a branch or a block carries.
    fn carry(&mut self, values: usize) -> Result<(), Rejected> {
        self.carried = self.carried.saturating_add(values);
        if self.carried > MAX_CARRIED {
            let what = "values carried by branches";
            return Err(Rejected::TooMany { what, limit: MAX_CARRIED });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::validate::validate;

    fn validated(text: &str) -> Result<(), Rejected> {
        // Not `unwrap`: the error would contain the whole text, which can be long.
        validate(&wat::parse_str(text).unwrap_or_else(|_| panic!("not valid"))).map(|_| ())
    }

    #[test]
    fn blocks_may_stand_in_each_other_as_deep_as_the_limit_and_no_deeper() {
        // The function's own label is the first.
        for block in ["block", "loop", "i32.const 1 if"] {
            let nested = |depth: usize| {
                let (open, close) = (format!("{block} ").repeat(depth), "end ".repeat(depth));
                validated(&format!("(module (func {open} {close}) (func {open} {close}))"))
            };
            assert_eq!(nested(MAX_NESTED - 1), Ok(()), "{block}");
            let (what, limit) = ("blocks in each other", MAX_NESTED);
            assert_eq!(nested(MAX_NESTED), Err(Rejected::TooMany { what, limit }), "{block}");
        }
    }

    #[test]
    fn branches_may_carry_as_many_values_as_the_limit_and_no_more() {
        // Fifty values go in, and each instruction carries all of them. The last one carries none.
        let (i32s, push, drop) = ("i32 ".repeat(50), "i32.const 0 ".repeat(50), "drop ".repeat(50));
        let again = "local.get 0 br_if 0 ".repeat(MAX_CARRIED / 50 - 1);
        let times = |text: &str| text.repeat(MAX_CARRIED / 50);
        let bodies = [
            // Entering the block carries values too, so there is one branch less inside.
            ("br_if to a block", format!("block (type $both) {again} end")),
            ("br_if to a loop", format!("loop (type $both) {again} end")),
            ("blocks", times("block (type $both) end ")),
            ("ifs", times("local.get 0 if (type $both) end ")),
        ];
        for (what, body) in bodies {
            let module = |more: &str| {
                validated(&format!(
                    "(module (type $both (func (param {i32s}) (result {i32s})))
                        (func (param i32) {push} {body} {drop} block br 0 end)
                        (func (param i32) (result i32) i32.const 0 {more}))"
                ))
            };
            assert_eq!(module(""), Ok(()), "{what}");
            let (what, limit) = ("values carried by branches", MAX_CARRIED);
            let past = Err(Rejected::TooMany { what, limit });
            for more in ["return", "br 0", "local.get 0 br_if 0", "local.get 0 br_table 0 0"] {
                assert_eq!(module(more), past, "{more}");
            }
        }
    }
}
