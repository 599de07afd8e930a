//! Modules of any valid code with the interface's exports, under their full or plain names, and any
//! imports that the host knows. All of them load, except those with the one refused instruction. Every call
//! ends within its fuel and its limits.
#![no_main]

use arbitrary::Unstructured;
use footlight::{
    actor::{
        Grants, LoadError, Module,
        imports::{self, Import},
        rejected::Rejected,
    },
    limits::Limits,
};
use footlight_fuzz::{
    input::{byte, shape},
    instance,
};
use libfuzzer_sys::fuzz_target;
use wasm_smith::Config;
use wit_core::{Names, Shape, Signature, shape};

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let (shape, extras, more) = (shape(&mut u), byte(&mut u), byte(&mut u));
    let chosen =
        |row: &Import, bits: u128, bit: u32| row.shapes.contains(&shape) && bits & 1 << bit != 0;
    let (own, wasi) = (u.arbitrary().unwrap_or_default(), u.arbitrary().unwrap_or_default());
    let own = (0..).zip(imports::all()).filter(|(bit, row)| chosen(row, own, *bit));
    let wasi = (0..).zip(imports::wasi::all()).filter(|(bit, row)| chosen(row, wasi, *bit));
    let imported = own.chain(wasi).map(|(_, row)| import(row)).collect::<String>();
    let outline = outline(shape, extras, more, &imported);
    let Ok(module) = wasm_smith::Module::new(config(&outline), &mut u) else { return };
    let bytes = module.to_bytes();
    match Module::compile(&bytes, &Limits::default(), Grants::ALL) {
        Ok(module) => instance::exercise(module, &instance::limits()),
        Err(LoadError::Rejected(Rejected::TableGrow { .. })) => {}
        Err(error) => panic!("a valid module is refused: {error}"),
    }
});

/// An import in the text format.
fn import(row: &Import) -> String {
    let ty = row.ty();
    let params: String = ty.params().map(|flat| format!("{flat} ")).collect();
    let result: String = ty.result.map_or(String::new(), |flat| format!("{flat} "));
    let (module, name) = (row.interface.modules[0].replace("@0.2", "@0.2.7"), row.name);
    format!("(import {module:?} {name:?} (func (param {params}) (result {result})))")
}

/// A module's imports and exports in the text format. The bits of `extras` and `more` choose the
/// optional exports.
fn outline(shape: Shape, extras: u8, more: u8, imported: &str) -> String {
    let function = |name: &str, Signature { params, results }: Signature| {
        let (params, results) = ("i32 ".repeat(params), "i32 ".repeat(results));
        format!("(func (export {name:?}) (param {params}) (result {results}) unreachable)")
    };
    let mut text = format!("(module {imported}");
    text += &format!("(memory (export {:?}) 1 {})", shape::MEMORY, 1 + extras / 64 * 2);
    text += &function(shape::REALLOC.0, shape::REALLOC.1);
    // Functions for other actors have no plain names.
    let names = if more & 1 == 0 { Names::Full } else { Names::Plain };
    text += &function(names.of(shape.handle_message()), shape.handle_message_signature());
    let optional = [
        (names.of(shape.init()), shape.init_forms()[0].signature()),
        (names.of(shape.handle_message_post()), shape::POST_RETURN),
        (names.of(shape.init_post()), shape::POST_RETURN),
        (shape::INITIALIZE.0, shape::INITIALIZE.1),
    ];
    for (bit, (name, signature)) in (1..).zip(optional) {
        if extras & 1 << bit != 0 {
            text += &function(name, signature);
        }
    }
    if names == Names::Full && more & 2 != 0 {
        text += &function(shape.handle_send(), shape.handle_send_signature());
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
