//! The core type of an import (canonical ABI, *flattening*).

use core::fmt;

use super::lower::Lower;

/// A core type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flat {
    /// `i32`
    I32,
    /// `i64`
    I64,
}

/// The area in memory for a result: its size and alignment in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// In bytes.
    pub size: u32,
    /// In bytes. The guest's pointer must be a multiple of it.
    pub align: u32,
}

impl Area {
    /// The area of a result of this type; `None` for `()`, which has no result.
    pub const fn of<R: Lower>() -> Option<Self> {
        if R::SIZE == 0 { None } else { Some(Self { size: R::SIZE, align: R::ALIGN }) }
    }
}

/// A core function's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionType {
    /// The flat parameters, without the pointer to the area.
    pub params: &'static [Flat],
    /// The area of a result that is returned through memory. The guest passes a pointer to it as
    /// the last parameter.
    pub area: Option<Area>,
    /// A result that fits into a core result.
    pub result: Option<Flat>,
}

impl FunctionType {
    /// All parameters, including the pointer to the area.
    pub fn params(&self) -> impl Iterator<Item = Flat> {
        self.params.iter().copied().chain(self.area.map(|_| Flat::I32))
    }
}

impl fmt::Display for FunctionType {
    /// The type as text: `(i64, i32) → ()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, param) in self.params().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{param}")?;
        }
        match self.result {
            Some(result) => write!(f, ") → {result}"),
            None => f.write_str(") → ()"),
        }
    }
}

impl fmt::Display for Flat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        })
    }
}
