//! The labels of a function's body: how deep they nest, and how many values branches carry to
//! them. Both decide how much memory it takes to translate the body.

use wasmparser::{BlockType, Operator};

use super::validate::Rejected;

/// The most labels around an instruction. Compilers make one for each case of a `switch`. The
/// validation and the translation keep some 200 bytes for each of them.
pub const MOST_NESTED: usize = 10_000;
/// The most values that all branches, and all blocks with parameters, carry together. Each of
/// them becomes a move, so that a branch of four bytes could become one of two thousand.
const MOST_CARRIED: usize = 250_000;

/// Keeps account of the labels, body after body.
#[derive(Debug, Default)]
pub struct Nesting {
    /// For each type of the module, the number of its parameters and of its results.
    types: Vec<(usize, usize)>,
    /// For each function, the index of its type.
    functions: Vec<u32>,
    /// How many bodies have begun.
    bodies: usize,
    /// For each label around the present instruction, how many values a branch to it carries;
    /// the first is the function's own.
    open: Vec<usize>,
    /// How many values have been carried up to now.
    carried: usize,
}

impl Nesting {
    /// Adds a type of the module.
    pub fn add_type(&mut self, params: usize, results: usize) {
        self.types.push((params, results));
    }

    /// Adds a function of the module, by its type's index.
    pub fn add_function(&mut self, ty: u32) {
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

    /// Takes account of an instruction.
    ///
    /// # Errors
    /// It is one too many.
    pub fn step(&mut self, operator: &Operator<'_>) -> Result<(), Rejected> {
        match operator {
            Operator::Block { blockty } | Operator::If { blockty } => {
                let (params, results) = self.block(*blockty);
                self.carry(params)?;
                self.open(results)
            }
            Operator::Loop { blockty } => {
                let (params, _) = self.block(*blockty);
                self.carry(params)?;
                self.open(params)
            }
            Operator::End => {
                self.open.pop();
                Ok(())
            }
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                self.branch(*relative_depth)
            }
            // All targets take the same number, and are translated to one move and a list.
            Operator::BrTable { targets } => self.branch(targets.default()),
            Operator::Return => self.carry(self.open.first().copied().unwrap_or(0)),
            _ => Ok(()),
        }
    }

    /// The numbers of a type's parameters and results.
    fn ty(&self, index: u32) -> (usize, usize) {
        let index = usize::try_from(index).ok();
        index.and_then(|index| self.types.get(index)).copied().unwrap_or((0, 0))
    }

    /// The same for a block.
    fn block(&self, ty: BlockType) -> (usize, usize) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => self.ty(index),
        }
    }

    /// Opens a block to whose label branches carry so many values.
    fn open(&mut self, values: usize) -> Result<(), Rejected> {
        self.open.push(values);
        if self.open.len() > MOST_NESTED {
            return Err(Rejected::TooMany { what: "blocks in each other", limit: MOST_NESTED });
        }
        Ok(())
    }

    /// Takes account of a branch, whose label is the innermost one but `depth`.
    fn branch(&mut self, depth: u32) -> Result<(), Rejected> {
        let depth = usize::try_from(depth).unwrap_or(usize::MAX);
        let values = self.open.iter().rev().nth(depth).copied();
        self.carry(values.unwrap_or(0))
    }

    /// Takes account of values that are carried.
    fn carry(&mut self, values: usize) -> Result<(), Rejected> {
        self.carried = self.carried.saturating_add(values);
        if self.carried > MOST_CARRIED {
            let what = "values carried by branches";
            return Err(Rejected::TooMany { what, limit: MOST_CARRIED });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::validate::validate;

    /// What is said of a module.
    fn scanned(text: &str) -> Result<(), Rejected> {
        // The text can be long, and an error has all of it.
        validate(&wat::parse_str(text).unwrap_or_else(|_| panic!("not valid"))).map(drop)
    }

    #[test]
    fn blocks_may_stand_in_each_other_as_deep_as_the_limit_and_no_deeper() {
        // The function's own label is the first.
        for block in ["block", "loop", "i32.const 1 if"] {
            let nested = |depth: usize| {
                let (open, close) = (format!("{block} ").repeat(depth), "end ".repeat(depth));
                scanned(&format!("(module (func {open} {close}) (func {open} {close}))"))
            };
            assert_eq!(nested(MOST_NESTED - 1), Ok(()), "{block}");
            let (what, limit) = ("blocks in each other", MOST_NESTED);
            assert_eq!(nested(MOST_NESTED), Err(Rejected::TooMany { what, limit }), "{block}");
        }
    }

    #[test]
    fn branches_may_carry_as_many_values_as_the_limit_and_no_more() {
        // Fifty values go in, each instruction carries all of them, and one follows that carries
        // none.
        let (i32s, push, drop) = ("i32 ".repeat(50), "i32.const 0 ".repeat(50), "drop ".repeat(50));
        let again = "local.get 0 br_if 0 ".repeat(MOST_CARRIED / 50 - 1);
        let times = |text: &str| text.repeat(MOST_CARRIED / 50);
        let bodies = [
            // What goes in is carried too, so that there is one less within.
            ("br_if to a block", format!("block (type $both) {again} end")),
            ("br_if to a loop", format!("loop (type $both) {again} end")),
            ("blocks", times("block (type $both) end ")),
            ("ifs", times("local.get 0 if (type $both) end ")),
        ];
        for (what, body) in bodies {
            let module = |more: &str| {
                scanned(&format!(
                    "(module (type $both (func (param {i32s}) (result {i32s})))
                        (func (param i32) {push} {body} {drop} block br 0 end)
                        (func (param i32) (result i32) i32.const 0 {more}))"
                ))
            };
            assert_eq!(module(""), Ok(()), "{what}");
            let (what, limit) = ("values carried by branches", MOST_CARRIED);
            let past = Err(Rejected::TooMany { what, limit });
            for more in ["return", "br 0", "local.get 0 br_if 0", "local.get 0 br_table 0 0"] {
                assert_eq!(module(more), past, "{more}");
            }
        }
    }
}
