//! Checks every row of the table against the WIT, as `wit-parser` reads it. A new row needs no test
//! of its own for this.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod costs;
mod host;
#[path = "../../../wit-core/tests/parsed/mod.rs"]
mod parsed;
#[path = "../../../wit-core/tests/reference/mod.rs"]
mod reference;

use std::{collections::BTreeSet, path::Path};

use host::{AREA, Host, Outcome, memory, placed};
use parsed::Wit;
use reference::Type;
use wit_core::{
    LiftError, Memory as _,
    error::LiftErrorKind::{self, FlatDiscriminant, Misaligned, OutOfBounds, Utf8},
    host::{Area, Flat},
};
use wit_parser::{Function, abi::AbiVariant, abi::WasmType};

use super::{suspended::MAX_PARAMETERS, *};
use crate::manifest::Manifest;

/// The WIT files.
const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wit-core/wit");

/// The interfaces of Theater that can be imported.
const THEATER: [&str; 4] = ["runtime", "filesystem", "http-client", "message-server-host"];

/// Calls `check` for every importable function of the WIT, with its row for each shape.
fn each(mut check: impl FnMut(&'static Import, &Wit, &Function)) {
    let host = Wit::host();
    for interface in host.imported() {
        for ((module, name), function) in host.imports(&interface) {
            for shape in Shape::ALL {
                let row = find(shape, &module, &name);
                check(row.unwrap_or_else(|| panic!("no row {module} {name}")), &host, function);
            }
        }
    }
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        for interface in THEATER {
            for ((module, name), function) in wit.imports(interface) {
                let row = find(shape, &module, &name);
                check(row.unwrap_or_else(|| panic!("no row {module} {name}")), &wit, function);
            }
        }
    }
}

/// The parts of a type that are parameters of their own: the fields of a record.
fn parts(ty: Type) -> Vec<Type> {
    match ty {
        Type::Record(fields) => fields.into_iter().flat_map(parts).collect(),
        ty => vec![ty],
    }
}

/// The parts of a function's parameters, with the names of the parameters.
fn parameters<'w>(wit: &'w Wit, function: &'w Function) -> Vec<(&'w str, Type)> {
    let parts = |param: &'w wit_parser::Param| {
        parts(wit.reference(&param.ty)).into_iter().map(|part| (&*param.name, part))
    };
    function.params.iter().flat_map(parts).collect()
}

/// A list of records. Its elements are not bytes.
fn is_list_of_records(ty: &Type) -> bool {
    matches!(ty, Type::List(element) if matches!(**element, Type::Record(_)))
}

/// Valid flat parameters: every text is `a`, and every option and payload has its first case.
fn plain(row: &Import, wit: &Wit, function: &Function) -> Vec<u64> {
    let mut flat = Vec::new();
    for (_, ty) in parameters(wit, function) {
        match ty {
            ty if is_list_of_records(&ty) => flat.extend([16, 0]),
            Type::String | Type::List(_) => flat.extend([16, 1]),
            ty => flat.extend(vec![0; ty.flat().len()]),
        }
    }
    flat.extend(row.ty().area.map(|_| AREA));
    flat
}

fn wrong(name: &str, trap: &Outcome, kind: LiftErrorKind) -> bool {
    matches!(trap, Err(Trap::Lift(LiftError { field, kind: found, .. }))
        if field.to_string() == name && *found == kind)
}

#[test]
fn every_row_is_a_function_of_the_wit_and_every_function_of_the_wit_is_a_row() {
    let mut found = BTreeSet::new();
    each(|row, _, function| {
        assert_eq!(row.name, function.name);
        assert!(!row.role.is_empty());
        found.insert(std::ptr::from_ref(row));
    });
    for row in all() {
        assert!(found.contains(&std::ptr::from_ref(row)), "{row} is in no WIT");
    }
}

#[test]
fn an_interface_has_the_names_that_it_has_in_the_wit() {
    let wits = Shape::ALL.map(Wit::of);
    let modules = |wit: &Wit, interface: &str| {
        wit.imports(interface).into_iter().map(|((module, _), _)| module).collect::<BTreeSet<_>>()
    };
    let host = Wit::host();
    for row in all() {
        let name = row.interface.name;
        let expected = if THEATER.contains(&name) {
            wits.iter().flat_map(|wit| modules(wit, name)).collect()
        } else {
            modules(&host, name)
        };
        let ours: BTreeSet<_> = row.interface.modules.iter().map(|it| String::from(*it)).collect();
        assert_eq!(ours, expected, "{row}");
    }
}

#[test]
fn rows_have_the_core_types_of_the_wit() {
    let flat = |ty: &WasmType| match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => Flat::I32,
        WasmType::I64 => Flat::I64,
        other => panic!("no import has {other:?}"),
    };
    each(|row, wit, function| {
        let core = wit.resolve.wasm_signature(AbiVariant::GuestImport, function);
        assert!(!core.indirect_params);
        let params: Vec<_> = core.params.iter().map(flat).collect();
        let ty = row.ty();
        assert_eq!(ty.params().collect::<Vec<_>>(), params, "{row}");
        assert_eq!(Vec::from_iter(ty.result), core.results.iter().map(flat).collect::<Vec<_>>());
        assert_eq!(ty.area.is_some(), core.retptr, "{row}");
        if let Some(area) = ty.area {
            let (size, align) = wit.size(&function.result.unwrap());
            assert_eq!(area, Area { size, align }, "{row}");
        }
        let is_suspending = matches!(row.kind, Kind::Suspending { .. });
        assert!(!is_suspending || core.results.is_empty(), "{row} has a core result");
        assert!(!is_suspending || params.len() <= MAX_PARAMETERS, "{row}");
    });
}

#[test]
fn functions_lift_the_parameters_of_the_wit_under_their_names_before_they_do_anything() {
    let (mut host, memory) = (Host::new(1), memory());
    each(|row, wit, function| {
        if matches!(row.kind, Kind::Immediate { .. }) {
            return;
        }
        let mut flat = plain(row, wit, function);
        let mut refused = |flat: &[u64], name: &str, kind| {
            let (cost, outcome) = host.call(row, &memory, flat);
            assert!(wrong(name, &outcome, kind), "{row} {name}: {outcome:?}");
            assert_eq!(cost, 0, "{row}");
        };
        let mut at = 0;
        for (name, ty) in parameters(wit, function) {
            let good = flat.clone();
            match ty {
                ref ty if is_list_of_records(ty) => {
                    (flat[at], flat[at + 1]) = (4094, 1);
                    refused(&flat, name, Misaligned { align: 4 });
                    (flat[at], flat[at + 1]) = (4084, 1);
                    refused(&flat, name, OutOfBounds { len: 16, memory: 4096 });
                }
                Type::Variant(ref cases) => {
                    flat[at] = 2;
                    refused(&flat, name, FlatDiscriminant { found: 2, cases: 2 });
                    for (case, payload) in cases.iter().enumerate() {
                        flat[at] = case as u64;
                        if let Some(Type::String) = payload {
                            (flat[at + 1], flat[at + 2]) = (24, 1);
                            refused(&flat, name, Utf8 { valid: 0 });
                        }
                        if let Some(Type::String | Type::List(_)) = payload {
                            (flat[at + 1], flat[at + 2]) = (4095, 2);
                            refused(&flat, name, OutOfBounds { len: 2, memory: 4096 });
                        }
                    }
                }
                Type::String | Type::List(_) => {
                    (flat[at], flat[at + 1]) = (4095, 2);
                    refused(&flat, name, OutOfBounds { len: 2, memory: 4096 });
                    if ty == Type::String {
                        (flat[at], flat[at + 1]) = (24, 1);
                        refused(&flat, name, Utf8 { valid: 0 });
                    }
                }
                _ => {}
            }
            flat = good;
            at += ty.flat().len();
        }
        if let Some(Area { size, align }) = row.ty().area {
            flat[at] = AREA + 1;
            refused(&flat, "result", Misaligned { align });
            flat[at] = u64::from(4096 - size.next_multiple_of(align) + align);
            refused(&flat, "result", OutOfBounds { len: size.into(), memory: 4096 });
        }
    });
}

#[test]
fn functions_give_results_of_the_types_of_the_wit() {
    let (mut host, clean) = (Host::new(1), memory());
    each(|row, wit, function| {
        if matches!(row.kind, Kind::Immediate { .. }) {
            return;
        }
        // Tries every case of variant parameters, and numbers of nobody, of a client, and of a
        // close code.
        let types: Vec<_> = parameters(wit, function).into_iter().map(|(_, ty)| ty).collect();
        for value in [0, 1, 1000] {
            for case in [0, 1] {
                let (mut flat, mut at, mut memory) = (plain(row, wit, function), 0, clean.clone());
                for ty in &types {
                    match ty {
                        Type::Variant(_) | Type::Bool => flat[at] = case,
                        Type::U16 | Type::U32 | Type::U64 => flat[at] = value,
                        _ => {}
                    }
                    at += ty.flat().len();
                }
                let (cost, outcome) = host.call(row, &clean, &flat);
                let result = outcome.unwrap_or_else(|trap| panic!("{row} {flat:?}: {trap}"));
                assert!(cost >= 1000, "{row}");
                placed(result, &mut memory);
                let Some(ty) = function.result else {
                    assert!(memory == clean, "{row} has no result");
                    continue;
                };
                let ty = wit.reference(&ty);
                let read = reference::load_result(&memory, &ty, AREA as u32);
                assert!(read.is_ok(), "{row} {flat:?}: {read:?}");
                let end = AREA as usize + ty.size() as usize;
                assert!(memory[end..1024] == clean[end..1024], "{row}");
                assert!(memory.as_slice().read(0, 128) == clean.as_slice().read(0, 128), "{row}");
            }
        }
    });
}

#[test]
fn read_file_is_the_row_of_its_shape() {
    for shape in Shape::ALL {
        for module in crate::interfaces::FILESYSTEM.modules {
            let row = find(shape, module, "read-file").unwrap();
            let size = if shape == Shape::Guide { 8 } else { 12 };
            assert_eq!(row.ty().area, Some(Area { size, align: 4 }), "{shape}");
            assert_eq!(row.to_string(), "filesystem.read-file");
        }
    }
}

#[test]
fn send_http_is_the_row_of_its_shape() {
    for shape in Shape::ALL {
        for module in crate::interfaces::HTTP_CLIENT.modules {
            let row = find(shape, module, "send-http").unwrap();
            let size = if shape.has_results() { 28 } else { 24 };
            assert_eq!(row.ty().area, Some(Area { size, align: 4 }), "{shape}");
        }
    }
}

#[test]
fn no_other_name_is_taken_for_an_import() {
    for shape in Shape::ALL {
        for (module, name) in [
            ("footlight:host/files@0.1.0", "read-file"),
            ("footlight:host/filesystem@0.1.0", "read-file"),
            ("footlight:host/files", "read"),
            ("footlight:host/files@0.2.0", "read"),
            ("footlight:host/clock@0.1.0", "read"),
            ("footlight:host/runtime@0.1.0", "log"),
            ("ntwk:theater/filesystem", "read"),
            ("ntwk:theater/files", "read-file"),
            ("ntwk:theater/filesystem", "log"),
            ("", ""),
        ] {
            assert!(find(shape, module, name).is_none(), "{module} {name}");
        }
    }
}

#[test]
fn a_manifest_may_require_every_interface_of_the_hosts_own() {
    for row in all() {
        let module = row.interface.modules[0];
        let text = format!(
            "name = 'a'\ncomponent_path = 'a.wasm'\n[[handlers]]\ntype = 'websocket-server'\n\
             config = {{ port = 8080 }}\n[[handlers]]\ntype = 'filesystem'\nconfig = {{ path = \
             'data' }}\n[[handlers]]\ntype = 'http-client'\nconfig = {{ allow = ['http://a'] }}\n[[handlers]]\n\
             type = 'message-server'\nconfig = {{ to = ['b'] }}\n[[handlers]]\ntype = 'mqtt'\n\
             config = {{ broker = 'mqtt://b' }}\n[interface]\nrequires = '{module}'\n"
        );
        let parsed = Manifest::parse(Path::new("a/manifest.toml"), &text);
        assert!(parsed.is_ok(), "{module}");
    }
}
