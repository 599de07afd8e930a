//! Files of any content as modules and components. Compiling one ends without a panic, and a module
//! that compiles and fits can be called.
#![no_main]

use std::borrow::Cow;

use footlight::{
    actor::{
        Grants, LoadError, Module,
        component::{ComponentError, Format},
        loops, stack_pointer, start_function, validate,
    },
    limits::Limits,
};
use footlight_fuzz::instance;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let format = Format::of(bytes);
    let core = match &format {
        Ok(Format::Module) => bytes,
        Ok(Format::Component(range)) => {
            let core = bytes.get(range.clone()).expect("a part of the file");
            assert_eq!(Format::of(core), Ok(Format::Module));
            core
        }
        Err(ComponentError::Truncated { offset }) => return assert!(*offset < bytes.len()),
        Err(_) => return,
    };
    start_is_moved(core);
    pointer_is_exported(core);
    rewritten_is_as_valid(core);
    match Module::compile(bytes, &Limits::default(), Grants::ALL) {
        Ok(module) => {
            let report = module.report();
            assert_eq!(report.file_bytes, bytes.len());
            assert_eq!(report.problems().next(), None);
            assert!(is_valid(core), "what is called is valid");
            instance::exercise(module, &instance::limits());
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let LoadError::Invalid(_) = error {
                assert!(!is_valid(core), "what is valid is not refused as invalid: {error}");
            }
        }
    }
});

/// Checks that an export has replaced the start section.
fn start_is_moved(core: &[u8]) {
    let moved = start_function::export(core);
    assert!(moved.len() <= core.len() + 64);
    assert_eq!(start_function::export(&moved), moved);
}

/// Checks that a valid module remains one with its stack pointer exported.
fn pointer_is_exported(core: &[u8]) {
    let (exported, size) = stack_pointer::export(Cow::Borrowed(core));
    assert!(exported.len() <= core.len() + 64);
    assert_eq!(size.is_some(), matches!(exported, Cow::Owned(_)));
    assert!(is_valid(core) || !is_valid(&exported));
    // Only a guest that has the name already gets it twice.
    let has_it = |name: &[u8]| core.windows(name.len()).any(|part| part == name);
    if is_valid(core) && !has_it(b"footlight stack pointer") {
        assert!(is_valid(&exported));
    }
}

/// Checks that a rewritten valid module is valid, and at most twice as large, not counting the
/// charges for locals and values, and that an invalid one stays invalid.
fn rewritten_is_as_valid(core: &[u8]) {
    let split = loops::split(core);
    assert!(is_valid(core) || !is_valid(&split));
    if is_valid(core) && validate::validate(core).is_ok() {
        assert!(is_valid(&split));
        assert!(split.len() <= 2 * core.len() + 47_000 + 94_000);
    }
}

/// Whether the interpreter accepts the module, with all features that the host leaves on.
fn is_valid(core: &[u8]) -> bool {
    let mut config = wasmi::Config::default();
    config.wasm_multi_memory(false).wasm_custom_page_sizes(false).wasm_wide_arithmetic(false);
    wasmi::Module::validate(&wasmi::Engine::new(&config), core).is_ok()
}
