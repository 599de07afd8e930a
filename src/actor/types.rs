//! The types of a module's functions and blocks, as far as values are counted.

use wasmparser::{BlockType, Parser, Payload, TypeRef, ValType};

/// What is known about the types of a module, as far as values are counted.
#[derive(Debug, Default)]
pub struct Types {
    /// For each type, its numbers of parameters and results.
    pub types: Vec<(usize, usize)>,
    /// For each type, that of a block that takes nothing and gives its results, as one byte; none if
    /// these are more than one.
    pub results: Vec<Option<u8>>,
    /// For each function, the imported ones first, the index of its type.
    pub functions: Vec<u32>,
    /// How many functions are imported.
    pub imported: usize,
}

impl Types {
    /// Those of a module; nothing if it can't be read.
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

    /// See [`Types::results`].
    pub fn result(&self, index: u32) -> Option<u8> {
        self.results.get(usize::try_from(index).ok()?).copied().flatten()
    }

    /// The same for a block.
    pub fn block_result(&self, ty: BlockType) -> Option<u8> {
        match ty {
            BlockType::Empty => result(&[]),
            BlockType::Type(ty) => result(&[ty]),
            BlockType::FuncType(index) => self.result(index),
        }
    }

    /// The numbers of a type's parameters and results.
    pub fn ty(&self, index: u32) -> Option<(usize, usize)> {
        self.types.get(usize::try_from(index).ok()?).copied()
    }

    /// The same for a function.
    pub fn function(&self, index: u32) -> Option<(usize, usize)> {
        self.ty(*self.functions.get(usize::try_from(index).ok()?)?)
    }

    /// The same for a block.
    pub fn block(&self, ty: BlockType) -> Option<(usize, usize)> {
        match ty {
            BlockType::Empty => Some((0, 0)),
            BlockType::Type(_) => Some((0, 1)),
            BlockType::FuncType(index) => self.ty(index),
        }
    }
}

/// The type of a block that takes nothing and gives this, as one byte; none if it gives more than
/// one value.
fn result(types: &[ValType]) -> Option<u8> {
    match types {
        [] => Some(0x40),
        [ty] => value(*ty),
        _ => None,
    }
}

/// A type of value as one byte (core specification, 5.3.5).
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
