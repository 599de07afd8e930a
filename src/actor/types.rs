//! The numbers of parameters and results of a module's functions and blocks.

use wasmparser::{Parser, Payload, TypeRef, ValType};

use super::instruction::BlockType;

/// The types of a module, reduced to the numbers of their values.
#[derive(Debug, Default)]
pub struct Types {
    /// How many parameters and results each type has. They say what a branch carries.
    pub types: Vec<(usize, usize)>,
    /// For each type, the one-byte type of a block that has its results and no parameters; `None` if
    /// it has more than one result.
    pub results: Vec<Option<u8>>,
    /// The index of each function's type. Imported functions come first.
    pub functions: Vec<u32>,
    /// How many functions are imported. The others have bodies.
    pub imported: usize,
}

impl Types {
    /// Reads the types of a module; `None` if the module can't be read.
    pub fn of(module: &[u8]) -> Option<Self> {
        let mut new = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload.ok()? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        let ty = ty.ok()?;
                        new.types.push((ty.params().len(), ty.results().len()));
                        new.results.push(result(ty.results()));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section {
                        if let TypeRef::Func(ty) = import.ok()?.ty {
                            new.functions.push(ty);
                        }
                    }
                    new.imported = new.functions.len();
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        new.functions.push(ty.ok()?);
                    }
                }
                Payload::CodeSectionStart { .. } => break,
                _ => {}
            }
        }
        Some(new)
    }

    /// See [`results`](Self::results).
    pub fn result(&self, index: u32) -> Option<u8> {
        self.results.get(usize::try_from(index).ok()?).copied().flatten()
    }

    /// The one-byte type of a block that has this block's results and no parameters.
    pub(crate) fn block_result(&self, ty: BlockType) -> Option<u8> {
        match ty {
            BlockType::Empty => result(&[]),
            BlockType::Value(byte) => Some(byte),
            BlockType::Index(index) => self.result(index),
        }
    }

    /// The numbers of a type's parameters and results.
    pub fn ty(&self, index: u32) -> Option<(usize, usize)> {
        self.types.get(usize::try_from(index).ok()?).copied()
    }

    /// The numbers of a function's parameters and results.
    pub fn function(&self, index: u32) -> Option<(usize, usize)> {
        self.ty(*self.functions.get(usize::try_from(index).ok()?)?)
    }

    /// The numbers of a block's parameters and results.
    pub fn block(&self, ty: BlockType) -> Option<(usize, usize)> {
        match ty {
            BlockType::Empty => Some((0, 0)),
            BlockType::Value(_) => Some((0, 1)),
            BlockType::Index(index) => self.ty(index),
        }
    }
}

/// The one-byte type of a block with these results and no parameters; `None` if there is more than
/// one result.
fn result(types: &[ValType]) -> Option<u8> {
    match types {
        [] => Some(0x40),
        [ty] => value(*ty),
        _ => None,
    }
}

/// The byte of a value type (core specification, 5.3.5).
fn value(ty: ValType) -> Option<u8> {
    match ty {
        ValType::I32 => Some(0x7f),
        ValType::I64 => Some(0x7e),
        ValType::F32 => Some(0x7d),
        ValType::F64 => Some(0x7c),
        ValType::FUNCREF => Some(0x70),
        ValType::EXTERNREF => Some(0x6f),
        _ => None,
    }
}
