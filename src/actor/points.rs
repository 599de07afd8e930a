//! Finds the places in a function's body where [`recode`](super::recode) may insert a loop, so that
//! wasmi charges the following code separately.

use super::{
    instruction::{Instruction, Instructions},
    types::Types,
};

/// A place between two instructions where a block without parameters may begin: no value of the
/// enclosing block is on the stack, and the code is reachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its byte offset in the body: where a loop would begin.
    pub at: usize,
    /// The cost of the code that follows, up to the next point or to the next place where wasmi
    /// charges anyway. It says whether a loop here is worth it.
    pub cost: u32,
}

/// An open block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    /// How many of its own values are on the stack. It is meaningless in unreachable code.
    pub(super) height: usize,
    /// Whether the rest of the block is unreachable.
    pub(super) unreachable: bool,
    /// How many parameters and results it has: they set the height at its `else` and `end`.
    ty: (usize, usize),
}

/// What rewriting a body needs to know about it.
#[derive(Debug)]
pub struct Plan {
    /// The first point after each end of a block and after each conditional branch: a branch can
    /// skip the code there.
    pub points: Vec<Point>,
    /// The most labels around any instruction. Inserted loops add to it, and must stay in bounds.
    pub deepest: usize,
}

impl Plan {
    /// Makes the plan for a body; `None` if it has an unknown instruction or is not valid.
    pub fn of(types: &Types, mut instructions: Instructions<'_>) -> Option<Self> {
        let mut plan = Self { points: Vec::new(), deepest: 1 };
        let mut frames = vec![Frame::default()];
        // Whether the next possible point counts, and the cost of the code that the last point pays for, as
        // long as it pays.
        let (mut due, mut paid) = (false, None);
        while !instructions.is_at_end() {
            let instruction = instructions.read()?;
            // Most instructions are of this kind, and do no more than this.
            if let Instruction::Other { pops, pushes } = instruction {
                frames.last_mut()?.exchange(pops.into(), pushes.into());
                paid = paid.map(|paid: u32| paid.saturating_add(1));
            } else {
                match instruction {
                    Instruction::End | Instruction::BrIf(_) => due = true,
                    Instruction::Loop(_) | Instruction::If(_) | Instruction::Else => {
                        plan.pay(paid.take());
                    }
                    _ => {}
                }
                paid = paid.map(|paid| paid.saturating_add(cost(instruction)));
                step(&mut frames, types, instruction)?;
                plan.deepest = plan.deepest.max(frames.len());
            }
            if due && frames.last().is_some_and(|frame| !frame.unreachable && frame.height == 0) {
                // If the code between two points costs nothing, the later point is enough.
                if paid == Some(0) {
                    plan.points.pop();
                }
                plan.pay(paid.filter(|paid| *paid > 0));
                plan.points.push(Point { at: instructions.offset(), cost: 0 });
                (due, paid) = (false, Some(0));
            }
        }
        plan.pay(paid);
        Some(plan)
    }

    /// Sets the cost of the code after the last point, if it pays for some.
    fn pay(&mut self, cost: Option<u32>) {
        if let Some((last, cost)) = self.points.last_mut().zip(cost) {
            last.cost = cost;
        }
    }
}

impl Frame {
    /// Takes values from the stack, and puts others there.
    fn exchange(&mut self, pops: usize, pushes: usize) {
        self.height = self.height.saturating_sub(pops).saturating_add(pushes);
    }
}

/// Applies an instruction's effect to the stack.
pub(super) fn step(
    frames: &mut Vec<Frame>,
    types: &Types,
    instruction: Instruction<'_>,
) -> Option<()> {
    let frame = frames.last_mut()?;
    let (pops, pushes) = match instruction {
        Instruction::Block(block) | Instruction::Loop(block) | Instruction::If(block) => {
            let ty = types.block(block)?;
            let condition = usize::from(matches!(instruction, Instruction::If(_)));
            frame.height = frame.height.saturating_sub(ty.0).saturating_sub(condition);
            frames.push(Frame { height: ty.0, unreachable: false, ty });
            return Some(());
        }
        Instruction::Else => {
            *frame = Frame { height: frame.ty.0, unreachable: false, ty: frame.ty };
            return Some(());
        }
        Instruction::End => {
            let (_, results) = frames.pop()?.ty;
            // The function's own end is the last one.
            if let Some(outer) = frames.last_mut() {
                outer.height = outer.height.saturating_add(results);
            }
            return Some(());
        }
        Instruction::Br(_)
        | Instruction::BrTable(_)
        | Instruction::Return
        | Instruction::Unreachable
        | Instruction::TailCall => {
            frame.unreachable = true;
            return Some(());
        }
        Instruction::Call(function) => types.function(function)?,
        Instruction::CallIndirect(ty) => {
            let (params, results) = types.ty(ty)?;
            (params.saturating_add(1), results)
        }
        Instruction::BrIf(_) | Instruction::Drop => (1, 0),
        Instruction::Nop => (0, 0),
        // It is refused.
        Instruction::TableGrow => return None,
        Instruction::Other { pops, pushes } => (usize::from(pops), usize::from(pushes)),
    };
    frame.exchange(pops, pushes);
    Some(())
}

/// Approximately what the interpreter charges for an instruction. It charges more for a few rare
/// and slow ones.
pub fn cost(instruction: Instruction<'_>) -> u32 {
    match instruction {
        Instruction::Nop
        | Instruction::Drop
        | Instruction::Block(_)
        | Instruction::Loop(_)
        | Instruction::Unreachable
        | Instruction::Return
        | Instruction::Else
        | Instruction::End => 0,
        _ => 1,
    }
}
