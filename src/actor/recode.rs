//! Rewrites a function's body with more loops in it.
//!
//! A loop begins at a [`Point`](super::points::Point). It ends with the enclosing block, or where the
//! next loop begins in the same block. So a block has at most one such loop at a time, and labels nest
//! at most twice as deep. Nothing branches to the loop. A branch out of it crosses one more label, so
//! the branch gets another depth. Everything else is copied.
//!
//! The interpreter moves each value that a branch carries or that a block takes, and charges nothing for
//! it. So instructions that cost fuel but no time precede a branch or block with many values.

use std::mem;

use super::{
    instruction::{BrTable, Instruction, Instructions},
    nesting::MAX_NESTED,
    points::{Plan, cost},
    sections::number,
    types::Types,
};

/// The most units that wasmi may charge at once for code that can be split. A smaller number would
/// count more closely but take longer, because counting is an instruction too.
const MAX_CHARGED: u32 = 32;

/// The number of moved values that one [`NULL`] pays for.
const VALUES: usize = 8;
/// The cost of [`NULL`]: see `config` in `module.rs`.
pub(crate) const NULL_COST: u8 = 16;
/// `ref.null func` and `drop`. wasmi compiles the two to nothing.
const NULL: [u8; 3] = [0xd0, 0x70, 0x1a];

/// Instructions (core specification, 5.4.1).
const LOOP: u8 = 0x03;
const END: u8 = 0x0b;
const BR: u8 = 0x0c;
const BR_IF: u8 = 0x0d;
const BR_TABLE: u8 = 0x0e;
/// The type of a block without a result.
const EMPTY: u8 = 0x40;

/// An open block.
#[derive(Debug)]
struct Frame {
    /// How many labels are around its own in the output. New depths of branches follow from it.
    label: usize,
    /// The type of a block with its results and no parameters, which an inserted loop needs; `None`
    /// if that takes more than one byte.
    results: Option<u8>,
    /// How many values a branch to it carries.
    carries: usize,
    /// Where the type of the inserted loop is in the output: the loop's last part gets the results.
    inserted: Option<usize>,
    /// The index of the block that pays for the code here: this one, or one around it.
    payer: usize,
    /// The cost that this block pays for so far, if it pays.
    charged: u32,
    /// The outermost block that a branch from inside this one goes to, so far.
    reach: usize,
    /// Whether such a branch skips code that is already paid for.
    passed: bool,
}

/// Rewrites one body.
#[derive(Debug)]
pub struct Recoder<'a> {
    /// The function as the module has it.
    body: &'a [u8],
    /// How many of its bytes have been copied or replaced.
    copied: usize,
    /// The new body, empty until something changes.
    out: Vec<u8>,
    /// The module's types, which say how many values a block takes and gives.
    types: &'a Types,
    /// The open blocks; the first is the function's own.
    frames: Vec<Frame>,
    /// How many inserted loops are open: each is one more label.
    inserted: usize,
}

impl<'a> Recoder<'a> {
    /// Begins with a body whose function has the type with the index `ty`.
    pub fn new(body: &'a [u8], types: &'a Types, ty: u32) -> Option<Self> {
        let (out, frames) = (Vec::new(), Vec::new());
        let mut new = Self { body, copied: 0, out, types, frames, inserted: 0 };
        let (_, carries) = types.ty(ty)?;
        new.open(types.result(ty), carries, true);
        Some(new)
    }

    /// Inserts [`NULL`] this many times at the offset `at`.
    pub(crate) fn charge_more(&mut self, at: usize, times: usize) -> Option<()> {
        if times > 0 {
            self.copy(at)?;
            self.out.extend_from_slice(&NULL.repeat(times));
        }
        Some(())
    }

    /// The new body, if anything has changed.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        if self.out.is_empty() {
            return None;
        }
        self.out.extend_from_slice(self.body.get(self.copied..)?);
        Some(self.out)
    }

    /// Processes all instructions of the body.
    pub(crate) fn recode(&mut self, mut instructions: Instructions<'_>, plan: &Plan) -> Option<()> {
        let mut points = plan.points.iter().peekable();
        // The instructions that only have to be charged for, and are not yet.
        let mut others = 0u32;
        while !instructions.is_at_end() {
            let at = instructions.offset();
            let instruction = instructions.read()?;
            let next = instructions.offset();
            if let Instruction::Other { .. } = instruction {
                others = others.saturating_add(1);
            } else {
                self.charge(mem::take(&mut others))?;
                self.step(instruction, at, next)?;
            }
            if let Some(point) = points.next_if(|point| point.at == next) {
                self.charge(mem::take(&mut others))?;
                self.point(next, point.cost, plan.deepest)?;
            }
        }
        self.charge(others)
    }

    /// Processes the instruction from `at` to `next`.
    fn step(&mut self, instruction: Instruction<'_>, at: usize, next: usize) -> Option<()> {
        match instruction {
            Instruction::Block(ty) | Instruction::Loop(ty) | Instruction::If(ty) => {
                let (params, results) = self.types.block(ty)?;
                self.charge_more(at, params / VALUES)?;
                // The enclosing block pays for the condition.
                self.charge(cost(instruction))?;
                let is_loop = matches!(instruction, Instruction::Loop(_));
                let charges = !matches!(instruction, Instruction::Block(_));
                let carries = if is_loop { params } else { results };
                self.open(self.types.block_result(ty), carries, charges);
                return Some(());
            }
            Instruction::Else => {
                let frame = self.close(at)?;
                self.open(frame.results, frame.carries, true);
                self.frames.last_mut()?.reach = frame.reach;
            }
            Instruction::End => {
                let frame = self.close(at)?;
                // A branch that leaves more than this block also skips the code after it.
                let own = self.frames.len().checked_sub(1);
                let outer = self.frames.last_mut();
                if let Some((_, outer)) = own.zip(outer).filter(|(own, _)| frame.reach <= *own) {
                    outer.reach = outer.reach.min(frame.reach);
                    outer.passed = true;
                }
            }
            Instruction::Br(depth) => self.branch(BR, depth, at, next)?,
            Instruction::BrIf(depth) => self.branch(BR_IF, depth, at, next)?,
            Instruction::BrTable(targets) => self.table(targets, at, next)?,
            Instruction::Return => self.leave(0, at)?,
            _ => {}
        }
        self.charge(cost(instruction))
    }

    /// Adds the cost of instructions to the block that pays for them.
    fn charge(&mut self, cost: u32) -> Option<()> {
        let Some(payer) = self.frames.last().map(|frame| frame.payer) else { return Some(()) };
        let payer = self.frames.get_mut(payer)?;
        payer.charged = payer.charged.saturating_add(cost);
        Some(())
    }

    /// Inserts a loop at a point if that is worth it.
    fn point(&mut self, at: usize, cost: u32, deepest: usize) -> Option<()> {
        let own = self.frames.len().checked_sub(1)?;
        let frame = self.frames.last()?;
        let charged = self.frames.get(frame.payer)?.charged.saturating_add(cost);
        let (inserted, fits) = (frame.inserted, deepest.saturating_add(self.inserted) < MAX_NESTED);
        if !frame.passed || frame.results.is_none() || charged <= MAX_CHARGED {
            return Some(());
        }
        if inserted.is_none() && !fits {
            return Some(());
        }
        self.copy(at)?;
        if inserted.is_some() {
            self.out.push(END);
        } else {
            self.inserted += 1;
        }
        self.out.extend([LOOP, EMPTY]);
        let frame = self.frames.last_mut()?;
        frame.inserted = self.out.len().checked_sub(1);
        (frame.payer, frame.charged, frame.passed) = (own, 0, false);
        Some(())
    }

    /// Opens a block. If it `charges`, it pays for its own code.
    fn open(&mut self, results: Option<u8>, carries: usize, charges: bool) {
        let own = self.frames.len();
        let outer = self.frames.last().filter(|_| !charges);
        let (payer, passed) = outer.map_or((own, false), |outer| (outer.payer, outer.passed));
        let label = own.saturating_add(self.inserted);
        let reach = usize::MAX;
        self.frames.push(Frame {
            label,
            results,
            carries,
            inserted: None,
            payer,
            charged: 0,
            reach,
            passed,
        });
    }

    /// Closes the innermost block, whose `end` or `else` is at `at`.
    fn close(&mut self, at: usize) -> Option<Frame> {
        let frame = self.frames.pop()?;
        if let Some(ty) = frame.inserted {
            self.copy(at)?;
            *self.out.get_mut(ty)? = frame.results?;
            self.out.push(END);
            self.inserted -= 1;
        }
        Some(frame)
    }

    /// Processes a branch.
    fn branch(&mut self, code: u8, depth: u32, at: usize, next: usize) -> Option<()> {
        let depth = usize::try_from(depth).ok()?;
        let (target, new) = self.target(depth)?;
        self.leave(target, at)?;
        if new != depth {
            self.copy(at)?;
            self.out.push(code);
            number(&mut self.out, new);
            self.copied = next;
        }
        Some(())
    }

    /// Processes a branch with a list of targets.
    fn table(&mut self, targets: BrTable<'_>, at: usize, next: usize) -> Option<()> {
        let (mut outermost, mut same) = (usize::MAX, true);
        for depth in targets.depths() {
            let (target, new) = self.target(depth)?;
            outermost = outermost.min(target);
            same &= new == depth;
        }
        self.leave(outermost, at)?;
        if !same {
            self.copy(at)?;
            self.out.push(BR_TABLE);
            number(&mut self.out, targets.count);
            for depth in targets.depths() {
                let (_, new) = self.target(depth)?;
                number(&mut self.out, new);
            }
            self.copied = next;
        }
        Some(())
    }

    /// The index of the block that a branch of this depth goes to, and the branch's new depth.
    fn target(&self, depth: usize) -> Option<(usize, usize)> {
        let target = self.frames.len().checked_sub(1)?.checked_sub(depth)?;
        let labels = self.frames.len().checked_add(self.inserted)?;
        Some((target, labels.checked_sub(1)?.checked_sub(self.frames.get(target)?.label)?))
    }

    /// Notes that a branch at `at` goes to the block `target`.
    fn leave(&mut self, target: usize, at: usize) -> Option<()> {
        self.charge_more(at, self.frames.get(target)?.carries / VALUES)?;
        let frame = self.frames.last_mut()?;
        frame.reach = frame.reach.min(target);
        frame.passed = true;
        Some(())
    }

    /// Copies everything before the offset `at`.
    fn copy(&mut self, at: usize) -> Option<()> {
        self.out.extend_from_slice(self.body.get(self.copied..at)?);
        self.copied = at;
        Some(())
    }
}
