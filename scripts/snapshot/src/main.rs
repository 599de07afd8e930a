//! Calls the exports `prepare` and `clear_free_memory` of a module, and writes the module with the memory that
//! it has then as its data. An instance of the result begins where these have ended. The result doesn't export
//! them.
//!
//! The loops of the result are split as the host would do it, so that the host needs no time for that.
//!
//! Only the memory is kept. So a module is refused if a global can change beside the stack's pointer, or if it
//! calls an import meanwhile.

/// The host's own code that rewrites modules. For this one the host doesn't do that.
#[allow(dead_code)]
#[path = "../../../src/actor"]
mod actor {
    pub mod instruction;
    pub mod loops;
    mod nesting;
    mod points;
    mod recode;
    mod rejected;
    mod sections;
    pub mod stack_pointer;
    mod types;
}

use std::{env, error::Error, fs};

use wasm_encoder::{
    DataCountSection, DataSection, ExportKind, ExportSection, MemorySection, MemoryType, Module,
    RawSection,
};
use wasmi::{Engine, Extern, Func, Linker, Store, StoreLimits, StoreLimitsBuilder};
use wasmparser::{ExternalKind, Parser, Payload};

/// The export that is called. It returns 0 if it has worked.
const PREPARE: &str = "prepare";
/// The export that is called next, while the memory can't grow. It clears what is free.
const CLEAR: &str = "clear_free_memory";
/// The export whose content is kept.
const MEMORY: &str = "memory";
/// The bytes of a page of memory.
const PAGE: usize = 65_536;

/// Zeroes between two parts, in bytes, up to which these are one. Each part takes some bytes of the module,
/// and zeroes compress well.
const GAP: usize = 64;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [from, to] = &arguments[..] else { return Err("usage: FROM.wasm TO.wasm".into()) };
    let module = fs::read(from)?;
    let memory = prepared(&module)?;
    let prepared = with_memory(&module, &memory)?;
    let (exported, _) = actor::stack_pointer::export(prepared.into());
    Ok(fs::write(to, actor::loops::split(&exported))?)
}

/// The memory of an instance after `prepare`. The stack is empty then, so its old content is zeroes.
fn prepared(module: &[u8]) -> Result<Vec<u8>> {
    let engine = Engine::default();
    let translated = wasmi::Module::new(&engine, module)?;
    let mut store = Store::new(&engine, StoreLimits::default());
    store.limiter(|limits| limits);
    let mut linker = Linker::new(&engine);
    for import in translated.imports() {
        let Some(ty) = import.ty().func() else { continue };
        let name = format!("`prepare` calls the import {}.{}", import.module(), import.name());
        let refuse =
            Func::new(&mut store, ty.clone(), move |_, _, _| Err(wasmi::Error::new(name.clone())));
        linker.define(import.module(), import.name(), refuse)?;
    }
    let instance = linker.instantiate_and_start(&mut store, &translated)?;
    let prepare = instance.get_typed_func::<(), i32>(&store, PREPARE)?;
    let failed = prepare.call(&mut store, ())?;
    if failed != 0 {
        return Err(format!("`prepare` has failed with {failed}").into());
    }
    let memory = instance.get_export(&store, MEMORY).and_then(Extern::into_memory);
    let memory = memory.ok_or("there is no export `memory`")?;
    *store.data_mut() = StoreLimitsBuilder::new().memory_size(memory.data_size(&store)).build();
    instance.get_typed_func::<(), ()>(&store, CLEAR)?.call(&mut store, ())?;
    let mut memory = memory.data(&store).to_vec();
    memory.get_mut(..stack(module)?).ok_or("the stack is outside of the memory")?.fill(0);
    Ok(memory)
}

/// Where the stack begins, which grows downwards to the address 0: the value of the only global that can
/// change. Between two calls it has its first value.
fn stack(module: &[u8]) -> Result<usize> {
    let mut begins = None;
    for payload in Parser::new(0).parse_all(module) {
        let Payload::GlobalSection(globals) = payload? else { continue };
        for global in globals {
            let global = global?;
            if !global.ty.mutable {
                continue;
            }
            let wasmparser::Operator::I32Const { value } =
                global.init_expr.get_operators_reader().read()?
            else {
                return Err("a global that can change is not the stack's pointer".into());
            };
            if begins.replace(usize::try_from(value)?).is_some() {
                return Err("more than one global can change, and only the memory is kept".into());
            }
        }
    }
    begins.ok_or_else(|| "there is no pointer of the stack".into())
}

/// The module with another memory, and without the exports that made it.
fn with_memory(module: &[u8], memory: &[u8]) -> Result<Vec<u8>> {
    let segments = segments(memory);
    let mut out = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::MemorySection(memories) => {
                let mut section = MemorySection::new();
                for ty in memories.clone() {
                    let maximum = ty?.maximum;
                    section.memory(MemoryType {
                        minimum: (memory.len() / PAGE).try_into()?,
                        maximum,
                        memory64: false,
                        shared: false,
                        page_size_log2: None,
                    });
                }
                out.section(&section);
            }
            Payload::ExportSection(exports) => {
                let mut section = ExportSection::new();
                for export in exports.clone() {
                    let export = export?;
                    if ![PREPARE, CLEAR].contains(&export.name) {
                        section.export(export.name, kind(export.kind)?, export.index);
                    }
                }
                out.section(&section);
            }
            Payload::DataCountSection { .. } => {
                out.section(&DataCountSection { count: segments.len().try_into()? });
            }
            Payload::DataSection(_) => {
                let mut section = DataSection::new();
                for (at, content) in &segments {
                    let offset = wasm_encoder::ConstExpr::i32_const(i32::try_from(*at)?);
                    section.active(0, &offset, content.iter().copied());
                }
                out.section(&section);
            }
            Payload::CodeSectionEntry(_) => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = module.get(range).ok_or("a section is longer than the module")?;
                    out.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(out.finish())
}

fn kind(kind: ExternalKind) -> Result<ExportKind> {
    Ok(match kind {
        ExternalKind::Func => ExportKind::Func,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Global => ExportKind::Global,
        ExternalKind::Table => ExportKind::Table,
        other => return Err(format!("there is an export of the kind {other:?}").into()),
    })
}

/// The parts of a memory that are not zero: the address and the content of each.
fn segments(memory: &[u8]) -> Vec<(usize, &[u8])> {
    let mut segments = Vec::new();
    let mut at = 0;
    while let Some(first) = memory[at..].iter().position(|byte| *byte != 0) {
        let begin = at + first;
        let mut end = begin + 1;
        while let Some(more) = memory[end..].iter().take(GAP).position(|byte| *byte != 0) {
            end += more + 1;
        }
        segments.push((begin, &memory[begin..end]));
        at = end;
    }
    segments
}
