//! Takes the core module out of a component.
//!
//! The usual tools wrap a core module into a component. The component has the module unchanged in
//! its own section, between type sections that describe it. This code walks the sections, reads
//! each core module's export section, and takes the module that exports `handle-message`. It
//! ignores everything else: if the module needs more, it has an import that the host refuses.

use std::{fmt, ops::Range};

use wit_core::shape;

use super::sections::{Sections, Truncated, leb128};
use crate::regular::WASM;

/// The first eight bytes of a core module: magic, version 1, layer 0.
const CORE: &[u8] = b"\0asm\x01\0\0\0";
/// The last two bytes of a component's preamble: layer 1.
const COMPONENT_LAYER: &[u8] = &[1, 0];

/// The kind of a file, according to its first bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// A core module. It is the whole file.
    Module,
    /// A component. The range has its core module, which is all that runs.
    Component(Range<usize>),
}

/// Why a file has no core module that can run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComponentError {
    /// Neither a module nor a component.
    NotWasm,
    /// A section claims to be longer than the rest of the file.
    Truncated {
        /// Where the section begins.
        offset: usize,
    },
    /// None of the component's core modules exports `handle-message`.
    NoActor {
        /// How many core modules there are.
        modules: usize,
    },
}

impl fmt::Display for ComponentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWasm => write!(
                f,
                "is not WebAssembly; `component_path` must name a .wasm file (text format is not \
                 taken: assemble it first)"
            ),
            Self::Truncated { offset } => write!(
                f,
                "is a component that is cut short in the section at offset {offset:#x}; copy or \
                 build it again"
            ),
            Self::NoActor { modules } => write!(
                f,
                "is a component, but none of its {modules} core modules exports `{}`, `{}` or `{}`; \
                 build the actor as a core module for wasm32-unknown-unknown and name that file",
                shape::HANDLE_MESSAGE[0],
                shape::HANDLE_REQUEST[0],
                shape::HANDLE_SEND[0]
            ),
        }
    }
}

impl std::error::Error for ComponentError {}

impl From<Truncated> for ComponentError {
    fn from(Truncated { offset }: Truncated) -> Self {
        Self::Truncated { offset }
    }
}

impl Format {
    /// Recognises a file, and finds the core module of a component.
    ///
    /// # Errors
    /// `bytes` are not WebAssembly, are cut short, or have no core module that exports
    /// `handle-message`.
    pub fn of(bytes: &[u8]) -> Result<Self, ComponentError> {
        if bytes.starts_with(CORE) {
            return Ok(Self::Module);
        }
        if !bytes.starts_with(WASM) || bytes.get(6..8) != Some(COMPONENT_LAYER) {
            return Err(ComponentError::NotWasm);
        }
        let mut modules = 0;
        let found = find_module(bytes, 8..bytes.len(), &mut modules)?;
        found.map(Self::Component).ok_or(ComponentError::NoActor { modules })
    }
}

/// The id of a section with a core module, in a component.
const CORE_MODULE: u8 = 1;
/// The id of a section with another component, in a component.
const COMPONENT: u8 = 4;
/// The id of the section with the exports, in a core module.
const EXPORTS: u8 = 7;

/// Finds the actor's module among the sections of a component and of those inside it.
fn find_module(
    bytes: &[u8],
    within: Range<usize>,
    modules: &mut usize,
) -> Result<Option<Range<usize>>, ComponentError> {
    // Not recursive: the file decides how deep components nest.
    let mut todo = vec![within];
    while let Some(within) = todo.pop() {
        for section in Sections::new(bytes, within) {
            let (id, content) = section?;
            match id {
                CORE_MODULE => {
                    *modules += 1;
                    if is_actor(bytes, &content)? {
                        return Ok(Some(content));
                    }
                }
                COMPONENT if content.len() >= 8 => todo.push(content.start + 8..content.end),
                _ => {}
            }
        }
    }
    Ok(None)
}

/// Whether a core module exports `handle-message` under one of its names.
fn is_actor(bytes: &[u8], module: &Range<usize>) -> Result<bool, ComponentError> {
    if !bytes.get(module.clone()).is_some_and(|module| module.starts_with(CORE)) {
        return Ok(false);
    }
    for section in Sections::new(bytes, module.start + 8..module.end) {
        let (id, content) = section?;
        if id == EXPORTS {
            return Ok(exports_handler(bytes.get(content).unwrap_or_default()).unwrap_or(false));
        }
    }
    Ok(false)
}

/// Whether an export section names a handler; `None` if the section is cut short. The
/// interpreter then has a better error.
fn exports_handler(section: &[u8]) -> Option<bool> {
    let mut at = 0;
    let count = leb128(section, &mut at)?;
    for _ in 0..count {
        let len = leb128(section, &mut at)?;
        let name = section.get(at..at.checked_add(len)?)?;
        if shape::handlers().any(|known| known.as_bytes() == name) {
            return Some(true);
        }
        at += len + 1; // the kind
        leb128(section, &mut at)?; // the index
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A section with a content of less than 128 bytes.
    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id, u8::try_from(content.len()).unwrap()], content].concat()
    }

    /// A core module that exports one function under `name`.
    fn module(name: &str) -> Vec<u8> {
        let export = [&[1, u8::try_from(name.len()).unwrap()], name.as_bytes(), &[0, 0]].concat();
        [CORE, &section(EXPORTS, &export)].concat()
    }

    const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn the_module_that_exports_handle_message_is_taken() {
        let (other, actor) = (module("other"), module(shape::HANDLE_MESSAGE[0]));
        let head = [PREAMBLE, &section(7, b"types"), &section(1, &other)].concat();
        let file = [&head[..], &section(1, &actor), &section(0, b"after")].concat();
        let start = head.len() + 2;
        assert_eq!(Format::of(&file), Ok(Format::Component(start..start + actor.len())));
    }

    #[test]
    fn a_module_in_a_nested_component_is_found() {
        let inner = [PREAMBLE, &section(1, &module(shape::HANDLE_MESSAGE[1]))].concat();
        let file = [PREAMBLE, &section(4, &inner)].concat();
        assert!(matches!(Format::of(&file), Ok(Format::Component(_))));
    }

    #[test]
    fn what_is_no_actor_is_told_apart() {
        assert_eq!(Format::of(b""), Err(ComponentError::NotWasm));
        assert_eq!(Format::of(b"\x7fELF\x01\x01\x01\x00"), Err(ComponentError::NotWasm));
        assert_eq!(Format::of(CORE), Ok(Format::Module));
        assert_eq!(Format::of(PREAMBLE), Err(ComponentError::NoActor { modules: 0 }));
        let file = [PREAMBLE, &section(1, &module("other"))].concat();
        assert_eq!(Format::of(&file), Err(ComponentError::NoActor { modules: 1 }));
    }

    #[test]
    fn every_cut_of_a_component_is_an_error_and_not_a_panic() {
        let file = [PREAMBLE, &section(1, &module(shape::HANDLE_MESSAGE[0]))].concat();
        for len in 0..file.len() {
            assert!(Format::of(&file[..len]).is_err(), "cut to {len} bytes");
        }
        let endless = [PREAMBLE, &[1, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
        assert_eq!(Format::of(&endless), Err(ComponentError::Truncated { offset: 8 }));
    }
}
