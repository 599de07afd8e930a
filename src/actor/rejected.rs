//! The error for a module that is valid but would harm the host.

use std::fmt;

/// Why a valid module is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected {
    /// The instruction `table.grow`. If wasmi 2.0 runs out of fuel in it, the call resumes at the
    /// wrong place, and a number can then be taken for a function.
    TableGrow {
        /// Its byte offset in the module, where a disassembler shows it.
        offset: usize,
    },
    /// An instruction that the interpreter may support and Footlight does not know.
    Unknown {
        /// Its byte offset in the module.
        offset: usize,
    },
    /// A function or block type with too many values.
    WideType {
        /// How many parameters it has.
        params: usize,
        /// How many results it has.
        results: usize,
        /// How many of each it may have.
        limit: usize,
    },
    /// More of something than any compiler makes.
    TooMany {
        /// The things that there are too many of, in words.
        what: &'static str,
        /// How many of them there may be.
        limit: usize,
    },
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TableGrow { offset } => {
                write!(f, "the instruction `table.grow` at offset {offset:#x}")
            }
            Self::Unknown { offset } => write!(f, "an unknown instruction at offset {offset:#x}"),
            Self::WideType { params, results, limit } => write!(
                f,
                "a type with {params} parameters and {results} results, where {limit} of \
                 each are allowed"
            ),
            Self::TooMany { what, limit } => write!(f, "more than {limit} {what}"),
        }
    }
}

impl std::error::Error for Rejected {}
