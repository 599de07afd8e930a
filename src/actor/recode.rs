//! Writes a function's body anew, with more loops in it.
//!
//! A loop is inserted at a [`Point`](super::points::Point) and ends where the enclosing block does, or
//! where the next one is inserted in the same block. So there is at most one in each block, and the
//! labels nest no more than twice as deep. Nothing branches to it. Each branch out of it has one label
//! more to pass, so branches get other depths; everything else is copied.
//!
//! Before a branch that carries many values, and before a block that takes many, stand instructions that
//! cost fuel and no time: the interpreter moves each of the values and charges nothing for it.

use wasmparser::{BrTable, Operator, OperatorsReader};

use super::{
    nesting::MOST_NESTED,
    points::{Plan, cost},
    sections::number,
    types::Types,
};

/// What may be charged at once for code that is not executed, if it can be split. Less would count
/// closer, and take longer: counting is an instruction too.
const MOST_CHARGED: u32 = 32;

/// The values that are moved for one [`NULL`].
const VALUES: usize = 8;
/// What [`NULL`] costs: see `config` in `module.rs`.
pub const NULL_COST: u8 = 16;
/// `ref.null func` and `drop`. wasmi makes no code of the two.
pub const NULL: [u8; 3] = [0xd0, 0x70, 0x1a];

/// Instructions (core specification, 5.4.1).
const LOOP: u8 = 0x03;
const END: u8 = 0x0b;
const BR: u8 = 0x0c;
const BR_IF: u8 = 0x0d;
const BR_TABLE: u8 = 0x0e;
/// The type of a block without a result.
const EMPTY: u8 = 0x40;

/// A block that is open.
#[derive(Debug)]
struct Frame {
    /// How many labels are around its own, in what is written.
    label: usize,
    /// The type of a block with its results and no parameters, if it is one byte.
    results: Option<u8>,
    /// How many values a branch to it carries.
    carries: usize,
    /// Where the type of the inserted loop is, in what is written.
    inserted: Option<usize>,
    /// The block where what is executed here was charged; this one or one around it.
    payer: usize,
    /// What is charged by this block, if it is one that charges.
    charged: u32,
    /// The outermost block to which there is a branch, up to now, from within this one.
    reach: usize,
    /// Whether such a branch passes by code that is already charged.
    passed: bool,
}

/// A body that is being written anew.
#[derive(Debug)]
pub struct Recoder<'a> {
    /// The body as it was.
    body: &'a [u8],
    /// Where it begins in the module.
    start: usize,
    /// How much of it is written.
    copied: usize,
    /// What is written.
    out: Vec<u8>,
    /// The module's types.
    types: &'a Types,
    /// The blocks that are open, the function's own first.
    frames: Vec<Frame>,
    /// How many loops are open that were inserted.
    inserted: usize,
}

impl<'a> Recoder<'a> {
    /// Begins with a body that begins at `start` in the module. Its function has this type.
    pub fn new(body: &'a [u8], start: usize, types: &'a Types, ty: u32) -> Option<Self> {
        let (out, frames) = (Vec::new(), Vec::new());
        let mut new = Self { body, start, copied: 0, out, types, frames, inserted: 0 };
        let (_, carries) = types.ty(ty)?;
        new.open(types.result(ty), carries, true);
        Some(new)
    }

    /// Inserts [`NULL`] so many times.
    pub fn charge_more(&mut self, at: usize, times: usize) -> Option<()> {
        if times > 0 {
            self.copy(at)?;
            self.out.extend_from_slice(&NULL.repeat(times));
        }
        Some(())
    }

    /// The body, if it is not what it was.
    pub fn finish(mut self) -> Option<Vec<u8>> {
        if self.out.is_empty() {
            return None;
        }
        self.out.extend_from_slice(self.body.get(self.copied..)?);
        Some(self.out)
    }

    /// Takes all instructions of a body, which is valid.
    pub fn recode(&mut self, operators: &mut OperatorsReader<'_>, plan: &Plan) -> Option<()> {
        let mut points = plan.points.iter().peekable();
        while !operators.eof() {
            let (operator, at) = operators.read_with_offset().ok()?;
            let next = operators.original_position();
            self.step(&operator, at, next)?;
            if let Some(point) = points.next_if(|point| point.at == next) {
                self.point(next, point.cost, plan.deepest)?;
            }
        }
        Some(())
    }

    /// Takes an instruction that stands at `at`.
    fn step(&mut self, operator: &Operator<'_>, at: usize, next: usize) -> Option<()> {
        match operator {
            Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                let (params, results) = self.types.block(*blockty)?;
                self.charge_more(at, params / VALUES)?;
                // The condition is charged outside.
                self.charge(operator)?;
                let is_loop = matches!(operator, Operator::Loop { .. });
                let charges = !matches!(operator, Operator::Block { .. });
                let carries = if is_loop { params } else { results };
                self.open(self.types.block_result(*blockty), carries, charges);
                return Some(());
            }
            Operator::Else => {
                let frame = self.close(at)?;
                self.open(frame.results, frame.carries, true);
                self.frames.last_mut()?.reach = frame.reach;
            }
            Operator::End => {
                let frame = self.close(at)?;
                // What passes by more than that block passes by what follows it.
                let own = self.frames.len().checked_sub(1);
                let outer = self.frames.last_mut();
                if let Some((_, outer)) = own.zip(outer).filter(|(own, _)| frame.reach <= *own) {
                    outer.reach = outer.reach.min(frame.reach);
                    outer.passed = true;
                }
            }
            Operator::Br { relative_depth } => self.branch(BR, *relative_depth, at, next)?,
            Operator::BrIf { relative_depth } => self.branch(BR_IF, *relative_depth, at, next)?,
            Operator::BrTable { targets } => self.table(targets, at, next)?,
            Operator::Return => self.leave(0, at)?,
            _ => {}
        }
        self.charge(operator)
    }

    /// Notes what an instruction costs.
    fn charge(&mut self, operator: &Operator<'_>) -> Option<()> {
        let Some(payer) = self.frames.last().map(|frame| frame.payer) else { return Some(()) };
        let payer = self.frames.get_mut(payer)?;
        payer.charged = payer.charged.saturating_add(cost(operator));
        Some(())
    }

    /// Comes to a point, and inserts a loop there if that is worth it.
    fn point(&mut self, at: usize, cost: u32, deepest: usize) -> Option<()> {
        let own = self.frames.len().checked_sub(1)?;
        let frame = self.frames.last()?;
        let charged = self.frames.get(frame.payer)?.charged.saturating_add(cost);
        let (inserted, fits) =
            (frame.inserted, deepest.saturating_add(self.inserted) < MOST_NESTED);
        if !frame.passed || frame.results.is_none() || charged <= MOST_CHARGED {
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

    /// Opens a block; one that `charges` has its code charged by itself.
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

    /// Closes the innermost block, whose end, or `else`, stands at `at`.
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

    /// Takes a branch.
    fn branch(&mut self, code: u8, depth: u32, at: usize, next: usize) -> Option<()> {
        let (target, new) = self.target(depth)?;
        self.leave(target, at)?;
        if new != usize::try_from(depth).ok()? {
            self.copy(at)?;
            self.out.push(code);
            number(&mut self.out, new);
            self.copied = next.checked_sub(self.start)?;
        }
        Some(())
    }

    /// Takes a branch with a list of targets.
    fn table(&mut self, targets: &BrTable<'_>, at: usize, next: usize) -> Option<()> {
        let all = || targets.targets().chain([Ok(targets.default())]);
        let (mut outermost, mut same) = (usize::MAX, true);
        for depth in all() {
            let depth = depth.ok()?;
            let (target, new) = self.target(depth)?;
            outermost = outermost.min(target);
            same &= new == usize::try_from(depth).ok()?;
        }
        self.leave(outermost, at)?;
        if !same {
            self.copy(at)?;
            self.out.push(BR_TABLE);
            number(&mut self.out, usize::try_from(targets.len()).ok()?);
            for depth in all() {
                let (_, new) = self.target(depth.ok()?)?;
                number(&mut self.out, new);
            }
            self.copied = next.checked_sub(self.start)?;
        }
        Some(())
    }

    /// The block to which a branch of this depth goes, and the depth that it gets.
    fn target(&self, depth: u32) -> Option<(usize, usize)> {
        let depth = usize::try_from(depth).ok()?;
        let target = self.frames.len().checked_sub(1)?.checked_sub(depth)?;
        let labels = self.frames.len().checked_add(self.inserted)?;
        Some((target, labels.checked_sub(1)?.checked_sub(self.frames.get(target)?.label)?))
    }

    /// Notes that there is a branch to a block, which stands at `at`.
    fn leave(&mut self, target: usize, at: usize) -> Option<()> {
        self.charge_more(at, self.frames.get(target)?.carries / VALUES)?;
        let frame = self.frames.last_mut()?;
        frame.reach = frame.reach.min(target);
        frame.passed = true;
        Some(())
    }

    /// Copies what stands before `at`, a place in the module.
    fn copy(&mut self, at: usize) -> Option<()> {
        let until = at.checked_sub(self.start)?;
        self.out.extend_from_slice(self.body.get(self.copied..until)?);
        self.copied = until;
        Some(())
    }
}
