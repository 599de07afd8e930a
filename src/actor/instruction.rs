//! Reads the instructions of a function's body, as far as the rules about them need.
//!
//! wasmparser makes a value of everything that an instruction says. Reading each body so took a fifth of the
//! time of loading a module. Here an instruction that neither branches nor calls is only its length and its effect on
//! the stack. The interpreter validates each module that these rules let pass, so a wrong immediate value needs no check
//! here. What the interpreter has no support for ends the reading.

use wasmparser::FunctionBody;

use super::sections::leb128;

/// An instruction (core specification, 5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction<'a> {
    /// `block`.
    Block(BlockType),
    /// `loop`.
    Loop(BlockType),
    /// `if`.
    If(BlockType),
    /// `else`.
    Else,
    /// `end`.
    End,
    /// `br`, with its depth.
    Br(u32),
    /// `br_if`, with its depth.
    BrIf(u32),
    /// `br_table`.
    BrTable(BrTable<'a>),
    /// `return`.
    Return,
    /// `unreachable`.
    Unreachable,
    /// `return_call` or `return_call_indirect`.
    TailCall,
    /// `call`, with the function's index.
    Call(u32),
    /// `call_indirect`, with the type's index.
    CallIndirect(u32),
    /// `table.grow`.
    TableGrow,
    /// `nop`.
    Nop,
    /// `drop`.
    Drop,
    /// Any other one.
    Other {
        /// How many values it takes from the stack.
        pops: u8,
        /// How many values it puts on the stack.
        pushes: u8,
    },
}

/// The type of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockType {
    /// No parameters and no results.
    Empty,
    /// One result, of the type with this byte.
    Value(u8),
    /// The type with this index.
    Index(u32),
}

/// The targets of a `br_table`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrTable<'a> {
    /// The depths. Each of them could be read.
    depths: &'a [u8],
    /// How many there are, without the default one, which is the last.
    pub count: usize,
}

impl BrTable<'_> {
    /// All depths. The default one is the last.
    pub fn depths(self) -> impl Iterator<Item = usize> {
        let mut at = 0;
        std::iter::from_fn(move || leb128(self.depths, &mut at))
    }

    /// The depth of the default target.
    pub fn default(self) -> usize {
        self.depths().last().unwrap_or(usize::MAX)
    }
}

/// Reads a body's instructions.
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Instructions<'a> {
    /// Begins behind a body's locals; `None` if these can't be read.
    pub fn of(body: &FunctionBody<'a>) -> Option<Self> {
        let first = body.get_operators_reader().ok()?.original_position();
        Some(Self { body: body.as_bytes(), at: first.checked_sub(body.range().start)? })
    }

    /// The offset in the body of what comes next.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Whether the body ends here.
    pub fn is_at_end(&self) -> bool {
        self.at >= self.body.len()
    }

    /// The next instruction; `None` if it is unknown or cut, or at the end.
    #[inline]
    pub fn read(&mut self) -> Option<Instruction<'a>> {
        let code = self.byte()?;
        let Form { immediates, pops, pushes } = *FORMS.get(usize::from(code))?;
        match immediates {
            Immediates::None => {}
            Immediates::Number => self.skip_number()?,
            Immediates::TwoNumbers => {
                self.skip_number()?;
                self.skip_number()?;
            }
            Immediates::Bytes(count) => self.at = self.at.checked_add(usize::from(count))?,
            Immediates::Own => return self.other(code),
        }
        Some(Instruction::Other { pops, pushes })
    }

    /// An instruction whose immediates matter, or have a form of their own.
    fn other(&mut self, code: u8) -> Option<Instruction<'a>> {
        Some(match code {
            0x00 => Instruction::Unreachable,
            0x01 => Instruction::Nop,
            0x02 => Instruction::Block(self.block_type()?),
            0x03 => Instruction::Loop(self.block_type()?),
            0x04 => Instruction::If(self.block_type()?),
            0x05 => Instruction::Else,
            0x0b => Instruction::End,
            0x0c => Instruction::Br(self.number()?),
            0x0d => Instruction::BrIf(self.number()?),
            0x0e => Instruction::BrTable(self.br_table()?),
            0x0f => Instruction::Return,
            0x10 => Instruction::Call(self.number()?),
            0x11 => {
                let ty = self.number()?;
                self.skip_number()?;
                Instruction::CallIndirect(ty)
            }
            0x12 => {
                self.skip_number()?;
                Instruction::TailCall
            }
            0x13 => {
                self.skip_number()?;
                self.skip_number()?;
                Instruction::TailCall
            }
            0x1a => Instruction::Drop,
            // `select` with a type
            0x1c => {
                (self.number()? == 1).then_some(())?;
                self.value_type()?;
                Instruction::Other { pops: 3, pushes: 1 }
            }
            // `ref.null`
            0xd0 => {
                self.value_type()?;
                Instruction::Other { pops: 0, pushes: 1 }
            }
            0xfc => return self.prefixed(),
            _ => return None,
        })
    }

    /// An instruction that begins with 0xfc.
    fn prefixed(&mut self) -> Option<Instruction<'a>> {
        let (immediates, pops, pushes) = match self.number()? {
            // Saturating conversions
            0..=7 => (0, 1, 1),
            // `memory.init`, `memory.copy`, `table.init`, `table.copy`
            8 | 10 | 12 | 14 => (2, 3, 0),
            // `data.drop`, `elem.drop`
            9 | 13 => (1, 0, 0),
            // `memory.fill`, `table.fill`
            11 | 17 => (1, 3, 0),
            15 => {
                self.skip_number()?;
                return Some(Instruction::TableGrow);
            }
            // `table.size`
            16 => (1, 0, 1),
            _ => return None,
        };
        for _ in 0..immediates {
            self.skip_number()?;
        }
        Some(Instruction::Other { pops, pushes })
    }

    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.body.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// An unsigned number of at most 32 bits (core specification, 5.2.2).
    fn number(&mut self) -> Option<u32> {
        leb128(self.body, &mut self.at).and_then(|number| u32::try_from(number).ok())
    }

    /// Any number.
    #[inline]
    fn skip_number(&mut self) -> Option<()> {
        while self.byte()? & 0x80 != 0 {}
        Some(())
    }

    fn block_type(&mut self) -> Option<BlockType> {
        Some(match *self.body.get(self.at)? {
            0x40 => {
                self.at += 1;
                BlockType::Empty
            }
            // The sign bit: only types of values are negative, in one byte.
            0x41..=0x7f => BlockType::Value(self.value_type()?),
            _ => BlockType::Index(self.number()?),
        })
    }

    /// The byte of a type of values or references (core specification, 5.3.1 to 5.3.5).
    fn value_type(&mut self) -> Option<u8> {
        self.byte().filter(|byte| matches!(byte, 0x7c..=0x7f | 0x6f | 0x70))
    }

    fn br_table(&mut self) -> Option<BrTable<'a>> {
        let count = usize::try_from(self.number()?).ok()?;
        let start = self.at;
        for _ in 0..=count {
            self.number()?;
        }
        Some(BrTable { depths: self.body.get(start..self.at)?, count })
    }
}

/// What follows an instruction's code.
#[derive(Clone, Copy)]
enum Immediates {
    None,
    /// A number of any size.
    Number,
    /// Two numbers: an access to memory has its alignment and its offset.
    TwoNumbers,
    Bytes(u8),
    /// See [`Instructions::other`].
    Own,
}

/// The form of the instructions with one code.
#[derive(Clone, Copy)]
struct Form {
    immediates: Immediates,
    pops: u8,
    pushes: u8,
}

/// The form for each code.
static FORMS: [Form; 256] = {
    let mut forms = [Form { immediates: Immediates::Own, pops: 0, pushes: 0 }; 256];
    let mut rest: &mut [Form] = &mut forms;
    let mut code = 0;
    while let [first, others @ ..] = rest {
        let (immediates, pops, pushes) = form(code);
        *first = Form { immediates, pops, pushes };
        rest = others;
        code = code.wrapping_add(1);
    }
    forms
};

/// What follows a code, and how many values it pops and pushes (core specification, 5.4).
const fn form(code: u8) -> (Immediates, u8, u8) {
    match code {
        // `select`
        0x1b => (Immediates::None, 3, 1),
        // `local.get`, `global.get`, `memory.size`, constants, `ref.func`
        0x20 | 0x23 | 0x3f | 0x41 | 0x42 | 0xd2 => (Immediates::Number, 0, 1),
        0x43 => (Immediates::Bytes(4), 0, 1),
        0x44 => (Immediates::Bytes(8), 0, 1),
        // `local.set`, `global.set`
        0x21 | 0x24 => (Immediates::Number, 1, 0),
        // `local.tee`, `table.get`, `memory.grow`
        0x22 | 0x25 | 0x40 => (Immediates::Number, 1, 1),
        // `table.set`
        0x26 => (Immediates::Number, 2, 0),
        // Loads and stores
        0x28..=0x35 => (Immediates::TwoNumbers, 1, 1),
        0x36..=0x3e => (Immediates::TwoNumbers, 2, 0),
        // Comparisons, and arithmetic with two numbers
        0x46..=0x4f | 0x51..=0x66 | 0x6a..=0x78 | 0x7c..=0x8a | 0x92..=0x98 | 0xa0..=0xa6 => {
            (Immediates::None, 2, 1)
        }
        // Arithmetic with one number, conversions, `ref.is_null`
        0x45 | 0x50 | 0x67..=0xc4 | 0xd1 => (Immediates::None, 1, 1),
        _ => (Immediates::Own, 0, 0),
    }
}
