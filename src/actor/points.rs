//! Finds the places in a function's body where [`recode`](super::recode) may insert a loop, so that
//! wasmi charges the following code separately.

use wasmparser::{FunctionBody, Operator};

use super::types::Types;

/// A place between two instructions where a block without parameters may begin: no value of the
/// enclosing block is on the stack, and the code is reachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its byte offset in the module: where a loop would begin.
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
    /// Makes the plan for a body of a valid module; `None` if the body has an unknown instruction.
    pub fn of(types: &Types, body: &FunctionBody<'_>) -> Option<Self> {
        let start = body.range().start;
        let mut operators = body.get_operators_reader().ok()?;
        let mut plan = Self { points: Vec::new(), deepest: 1 };
        let mut frames = vec![Frame::default()];
        // Whether the next possible point counts, and whether the last point still pays for the code.
        let (mut due, mut follows) = (false, false);
        while !operators.eof() {
            let (operator, at) = operators.read_with_offset().ok()?;
            match operator {
                Operator::End | Operator::BrIf { .. } => due = true,
                Operator::Loop { .. } | Operator::If { .. } | Operator::Else => follows = false,
                _ => {}
            }
            if let Some(last) = plan.points.last_mut().filter(|_| follows) {
                last.cost = last.cost.saturating_add(cost(&operator));
            }
            step(&mut frames, types, &operator, body.as_bytes().get(at.checked_sub(start)?..)?)?;
            plan.deepest = plan.deepest.max(frames.len());
            if due && frames.last().is_some_and(|frame| !frame.unreachable && frame.height == 0) {
                // If the code between two points costs nothing, the later point is enough.
                if plan.points.last().is_some_and(|last| follows && last.cost == 0) {
                    plan.points.pop();
                }
                plan.points.push(Point { at: operators.original_position(), cost: 0 });
                (due, follows) = (false, true);
            }
        }
        Some(plan)
    }
}

/// Applies an instruction's effect to the stack. `bytes` begin with the instruction.
pub(super) fn step(
    frames: &mut Vec<Frame>,
    types: &Types,
    operator: &Operator<'_>,
    bytes: &[u8],
) -> Option<()> {
    let frame = frames.last_mut()?;
    let (pops, pushes) = match operator {
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
            let ty = types.block(*blockty)?;
            let condition = usize::from(matches!(operator, Operator::If { .. }));
            frame.height = frame.height.saturating_sub(ty.0).saturating_sub(condition);
            frames.push(Frame { height: ty.0, unreachable: false, ty });
            return Some(());
        }
        Operator::Else => {
            *frame = Frame { height: frame.ty.0, unreachable: false, ty: frame.ty };
            return Some(());
        }
        Operator::End => {
            let (_, results) = frames.pop()?.ty;
            // The function's own end is the last one.
            if let Some(outer) = frames.last_mut() {
                outer.height = outer.height.saturating_add(results);
            }
            return Some(());
        }
        Operator::Br { .. }
        | Operator::BrTable { .. }
        | Operator::Return
        | Operator::Unreachable
        | Operator::ReturnCall { .. }
        | Operator::ReturnCallIndirect { .. } => {
            frame.unreachable = true;
            return Some(());
        }
        Operator::Call { function_index } => types.function(*function_index)?,
        Operator::CallIndirect { type_index, .. } => {
            let (params, results) = types.ty(*type_index)?;
            (params.saturating_add(1), results)
        }
        _ => values(bytes)?,
    };
    frame.height = frame.height.saturating_sub(pops).saturating_add(pushes);
    Some(())
}

/// How many values an instruction pops and pushes (core specification, 5.4).
fn values(bytes: &[u8]) -> Option<(usize, usize)> {
    Some(match *bytes {
        // `nop`
        [0x01, ..] => (0, 0),
        // `br_if`, `drop`, `local.set`, `global.set`
        [0x0d | 0x1a | 0x21 | 0x24, ..] => (1, 0),
        // `select`
        [0x1b | 0x1c, ..] => (3, 1),
        // `local.get`, `global.get`, `memory.size`, constants, `ref.null`, `ref.func`
        [0x20 | 0x23 | 0x3f | 0x41..=0x44 | 0xd0 | 0xd2, ..] => (0, 1),
        // `table.set`, stores
        [0x26 | 0x36..=0x3e, ..] => (2, 0),
        // Comparisons, and arithmetic with two numbers
        [0x46..=0x4f | 0x51..=0x66 | 0x6a..=0x78 | 0x7c..=0x8a, ..] => (2, 1),
        [0x92..=0x98 | 0xa0..=0xa6, ..] => (2, 1),
        // `local.tee`, `table.get`, loads, `memory.grow`, arithmetic with one number, conversions,
        // `ref.is_null`
        [0x22 | 0x25 | 0x28..=0x35 | 0x40 | 0x45 | 0x50 | 0x67..=0xc4 | 0xd1, ..] => (1, 1),
        // Saturating conversions; `data.drop`, `elem.drop`; `table.size`; bulk memory and tables
        [0xfc, 0..=7, ..] => (1, 1),
        [0xfc, 9 | 13, ..] => (0, 0),
        [0xfc, 16, ..] => (0, 1),
        [0xfc, 8 | 10 | 11 | 12 | 14 | 17, ..] => (3, 0),
        _ => return None,
    })
}

/// Approximately what the interpreter charges for an instruction. It charges more for a few rare
/// and slow ones.
pub fn cost(operator: &Operator<'_>) -> u32 {
    match operator {
        Operator::Nop
        | Operator::Drop
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Unreachable
        | Operator::Return
        | Operator::Else
        | Operator::End => 0,
        _ => 1,
    }
}
