//! Modules of any valid code with the interface's exports and imports and those of
//! `footlight:host`. All of them load, except those with the one refused instruction. Every call
//! ends within its fuel and its limits.
#![no_main]

use arbitrary::Unstructured;
use footlight::{
    actor::{Grants, LoadError, Module, imports, rejected::Rejected},
    limits::Limits,
};
use footlight_fuzz::{
    input::{byte, shape},
    instance,
};
use libfuzzer_sys::fuzz_target;
use wasm_smith::Config;
use wit_core::{Shape, Signature, shape};

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let (shape, extras) = (shape(&mut u), byte(&mut u));
    let bits = u.arbitrary().unwrap_or_default();
    let outline = outline(shape, extras, bits);
    let Ok(module) = wasm_smith::Module::new(config(&outline), &mut u) else { return };
    let bytes = module.to_bytes();
    match Module::compile(&bytes, &Limits::default(), Grants::ALL) {
        Ok(module) => instance::exercise(module, &instance::limits()),
        Err(LoadError::Rejected(Rejected::TableGrow { .. })) => {}
        Err(error) => panic!("a valid module is refused: {error}"),
    }
});

/// A module's imports and exports in the text format. The bits of `extras` and `bits` choose the
/// optional ones.
fn outline(shape: Shape, extras: u8, bits: u32) -> String {
    let function = |name: &str, Signature { params, results }: Signature| {
        let (params, results) = ("i32 ".repeat(params), "i32 ".repeat(results));
        format!("(func (export {name:?}) (param {params}) (result {results}) unreachable)")
    };
    let mut text = String::from("(module ");
    if extras & 1 != 0 {
        let [module, _] = shape::RUNTIME_MODULES;
        text += &format!("(import {module:?} {:?} (func (param i32 i32)))", shape::LOG.0);
    }
    let own = imports::all().filter(|import| import.interface.modules[0].starts_with("footlight"));
    for (bit, import) in own.enumerate() {
        if bits & 1 << bit != 0 {
            let ty = import.ty();
            let params: String = ty.params().map(|flat| format!("{flat} ")).collect();
            let result: String = ty.result.map_or(String::new(), |flat| format!("{flat} "));
            let (module, name) = (import.interface.modules[0], import.name);
            text +=
                &format!("(import {module:?} {name:?} (func (param {params}) (result {result})))");
        }
    }
    text += &format!("(memory (export {:?}) 1 {})", shape::MEMORY, 1 + extras / 64 * 2);
    text += &function(shape::REALLOC.0, shape::REALLOC.1);
    text += &function(shape.handle_message(), shape.handle_message_signature());
    let optional = [
        (shape.init(), shape.init_forms()[0].signature()),
        (shape.handle_message_post(), shape::POST_RETURN),
        (shape.init_post(), shape::POST_RETURN),
        (shape::INITIALIZE.0, shape::INITIALIZE.1),
    ];
    for (bit, (name, signature)) in (1..).zip(optional) {
        if extras & 1 << bit != 0 {
            text += &function(name, signature);
        }
    }
    text + ")"
}

/// The features that the host has, with small memories and tables.
fn config(outline: &str) -> Config {
    Config {
        module_shape: Some(wat::parse_str(outline).expect("an outline")),
        allow_start_export: true,
        max_memories: 1,
        max_tables: 2,
        max_table_elements: 1_000,
        max_memory32_bytes: 8 << 16,
        memory64_enabled: false,
        simd_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        compact_imports_enabled: false,
        ..Config::default()
    }
}
