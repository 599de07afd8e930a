//! `wit/host/host.wit`, and `filesystem` in the files of the shapes, say what `wit_core::host`
//! and the reference say.
//!
//! Names, signatures and layouts are computed by `wit-parser`, from the files alone.
#![cfg(not(miri))] // Reading the files would take it long, and hardly enters this crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod parsed;
mod reference;

use std::fmt::Debug;

use parsed::Wit;
use reference::{Core, Type, imports};
use wit_core::{
    LiftError, Shape,
    error::LiftErrorKind,
    host::{
        Area, Entry, FileError, Flat, Import, Info, Interface, Kind, Payload, Refusal, Request,
        Response,
    },
};
use wit_parser::{Function, TypeDefKind, abi::AbiVariant, abi::WasmType};

/// Every import, with the WIT that it is in and its function there.
fn each(mut check: impl FnMut(Import, &Wit, &Function)) {
    let wit = Wit::host();
    for interface in Interface::ALL {
        for ((module, name), function) in wit.imports(name_of(interface)) {
            let import = Import::find(Shape::Guide, &module, &name).expect("the crate has it");
            check(import, &wit, function);
        }
    }
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        for ((module, name), function) in wit.imports("filesystem") {
            let import = Import::find(shape, &module, &name).expect("the crate has it");
            check(import, &wit, function);
        }
    }
}

/// An interface's name in the WIT.
fn name_of(interface: Interface) -> &'static str {
    match interface {
        Interface::Connections => "connections",
        Interface::Alarm => "alarm",
        Interface::Clock => "clock",
        Interface::Random => "random",
        Interface::Files => "files",
    }
}

#[test]
fn every_function_of_the_wit_is_an_import_and_every_import_is_in_the_wit() {
    let wit = Wit::host();
    let mut found = Vec::new();
    for interface in Interface::ALL {
        for ((module, name), function) in wit.imports(name_of(interface)) {
            assert_eq!(module, interface.module());
            assert_eq!(name, function.name);
            for shape in Shape::ALL {
                let import = Import::find(shape, &module, &name).expect("the crate has it");
                assert_eq!((import.interface(), import.name()), (interface, name.as_str()));
                assert_eq!(import.to_string(), format!("{}.{name}", name_of(interface)));
            }
            found.extend(Import::find(Shape::Guide, &module, &name));
        }
    }
    found.extend([Import::ReadText, Import::ReadBytes]);
    assert_eq!(found.len(), Import::ALL.len());
    assert!(Import::ALL.iter().all(|import| found.contains(import)), "{found:?}");

    let world = &wit.resolve.worlds[wit.world];
    assert_eq!(world.imports.len(), Interface::ALL.len(), "the world has all of them");
}

#[test]
fn read_file_is_imported_from_the_package_of_its_shape() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let [((module, name), _)] = &wit.imports("filesystem")[..] else { panic!("one function") };
        let package = if shape == Shape::Renamed { "theater:simple" } else { "ntwk:theater" };
        assert_eq!(*module, format!("{package}/filesystem"));
        let import = Import::find(shape, module, name).unwrap();
        assert_eq!(import, if shape.has_results() { Import::ReadBytes } else { Import::ReadText });
        assert_eq!((import.interface(), import.name()), (Interface::Files, name.as_str()));
        assert_eq!(import.to_string(), "filesystem.read-file");
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
            ("ntwk:theater/filesystem", "read"),
            ("ntwk:theater/files", "read-file"),
            ("ntwk:theater/runtime", "log"),
            ("", ""),
        ] {
            assert_eq!(Import::find(shape, module, name), None, "{module} {name}");
        }
    }
}

#[test]
fn imports_have_the_core_types_of_the_wit() {
    let flat = |ty: &WasmType| match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => Flat::I32,
        WasmType::I64 => Flat::I64,
        other => panic!("no import has {other:?}"),
    };
    each(|import, wit, function| {
        let core = wit.resolve.wasm_signature(AbiVariant::GuestImport, function);
        assert!(!core.indirect_params);
        let params: Vec<_> = core.params.iter().map(flat).collect();
        let results: Vec<_> = core.results.iter().map(flat).collect();
        let ours = import.ty();
        assert_eq!(ours.params, params, "{import}");
        assert_eq!(Vec::from_iter(ours.result), results, "{import}");
        assert_eq!(import.area().is_some(), core.retptr, "{import}");
    });
}

#[test]
fn results_have_the_size_and_the_alignment_of_the_wit() {
    each(|import, wit, function| {
        if let Some(area) = import.area() {
            let (size, align) = wit.size(&function.result.unwrap());
            assert_eq!(area, Area { size, align }, "{import}");
        }
    });
}

#[test]
fn the_reference_has_the_types_of_the_wit() {
    each(|import, wit, function| {
        let ours = imports::function(import);
        assert_eq!(wit.as_reference(function), ours, "{import}");
        let core = |flat: &Flat| if *flat == Flat::I32 { Core::I32 } else { Core::I64 };
        let params = import.ty().params.iter().map(core).collect();
        let results = import.ty().result.iter().map(core).collect();
        assert_eq!(ours.core_import(), (params, results), "{import}");
    });
}

#[test]
fn the_reference_lays_every_type_out_as_the_wit_has_it() {
    each(|_, wit, function| {
        let types = function.params.iter().map(|param| param.ty).chain(function.result);
        types.for_each(|ty| same_layout(wit, &ty));
    });
}

/// Size, alignment and offsets of a type and of all that is in it.
fn same_layout(wit: &Wit, ty: &wit_parser::Type) {
    let ours = wit.reference(ty);
    assert_eq!((ours.size(), ours.align()), wit.size(ty), "{ty:?}");
    if let Type::Variant(cases) = &ours {
        let theirs = match wit.kind(ty) {
            TypeDefKind::Option(some) => vec![None, Some(*some)],
            TypeDefKind::Result(result) => vec![result.ok, result.err],
            TypeDefKind::Variant(variant) => variant.cases.iter().map(|case| case.ty).collect(),
            TypeDefKind::Enum(cases) => vec![None; cases.cases.len()],
            other => panic!("{other:?} is no variant"),
        };
        let payloads = theirs.iter().map(Option::as_ref);
        let offset = wit.sizes.payload_offset(wit_parser::Int::U8, payloads).size_wasm32();
        assert_eq!(reference::payload_offset(cases) as usize, offset, "{ty:?}");
        return theirs.iter().flatten().for_each(|ty| same_layout(wit, ty));
    }
    match (&ours, ty) {
        (Type::Record(fields), _) => {
            assert_eq!(reference::field_offsets(fields), wit.offsets(ty), "{ty:?}");
            let TypeDefKind::Record(record) = wit.kind(ty) else { panic!("{ty:?} is no record") };
            record.fields.iter().for_each(|field| same_layout(wit, &field.ty));
        }
        (Type::List(_), _) => {
            let TypeDefKind::List(element) = wit.kind(ty) else { panic!("{ty:?} is no list") };
            same_layout(wit, element);
        }
        _ => {}
    }
}

/// The names of a type's fields or cases.
fn names(interface: &str, ty: &str) -> Vec<String> {
    let wit = Wit::host();
    let mut interfaces = wit.resolve.interfaces.iter();
    let (_, interface) = interfaces.find(|(_, it)| it.name.as_deref() == Some(interface)).unwrap();
    match &wit.resolve.types[interface.types[ty]].kind {
        TypeDefKind::Record(it) => it.fields.iter().map(|it| it.name.clone()).collect(),
        TypeDefKind::Variant(it) => it.cases.iter().map(|it| it.name.clone()).collect(),
        TypeDefKind::Enum(it) => it.cases.iter().map(|it| it.name.clone()).collect(),
        other => panic!("{other:?} has no names"),
    }
}

/// A case's name here, as the WIT would spell it.
fn kebab(case: impl Debug) -> String {
    let name = format!("{case:?}");
    let name = name.split('(').next().unwrap();
    let dash = |letter: char| if letter.is_uppercase() { "-" } else { "" };
    let kebab: String =
        name.chars().map(|c| dash(c).to_owned() + &c.to_lowercase().to_string()).collect();
    kebab.trim_start_matches('-').to_owned()
}

/// The bytes of an answer's area.
fn area(response: Response<'_>) -> [u8; 64] {
    let mut memory = [0; 64];
    let mut returning = response.lower(0);
    while returning.next_block().is_some() {
        returning.place(memory.as_mut_slice(), 64 - 8).unwrap();
    }
    returning.finish(memory.as_mut_slice()).unwrap();
    memory
}

#[test]
fn cases_have_the_order_of_the_wit() {
    let refusals = [Refusal::Gone, Refusal::Full(0), Refusal::Limit, Refusal::Invalid];
    assert_eq!(refusals.map(kebab), *names("connections", "refusal"));
    for (case, refusal) in (0..).zip(refusals) {
        for response in [Response::Count(Err(refusal)), Response::Done(Err(refusal))] {
            let area = area(response);
            assert_eq!((area[0], area[4]), (1, case));
        }
    }

    use FileError::{Denied, Limit, NotFound, Other, TimedOut, TooLarge, WrongKind};
    let errors = [NotFound, Denied, WrongKind, TooLarge, Limit, TimedOut, Other("")];
    assert_eq!(errors.clone().map(kebab), *names("files", "error"));
    for (case, error) in (0..).zip(errors) {
        let error = || Err(error.clone());
        for response in [
            Response::File(error()),
            Response::Entries(Err(error().unwrap_err())),
            Response::Written(error().map(|_: &[u8]| ())),
        ] {
            let area = area(response);
            assert_eq!((area[0], area[4]), (1, case));
        }
    }

    let kinds = [Kind::File, Kind::Folder, Kind::Other];
    assert_eq!(kinds.map(kebab), *names("files", "kind"));
    for (case, kind) in (0..).zip(kinds) {
        let entries = [Entry { name: "", kind }];
        let mut memory = [0; 64];
        let mut returning = Response::Entries(Ok(entries.to_vec())).lower(0);
        returning.place(memory.as_mut_slice(), 16).unwrap();
        returning.place(memory.as_mut_slice(), 64).unwrap();
        assert_eq!(memory[16 + 8], case, "behind the name");
    }

    assert_eq!(
        [kebab(Payload::Text("")), kebab(Payload::Binary(&[]))],
        *names("connections", "payload")
    );
    for (case, payload) in (0..).zip([Payload::Text(""), Payload::Binary(&[])]) {
        let lifted = Request::lift(Import::Send, [0; 12].as_slice(), &[7, case, 0, 0, 0]);
        assert_eq!(lifted, Ok((Request::Send { id: 7, payload }, 0)));
    }
}

#[test]
fn fields_have_the_order_of_the_wit() {
    let info = Info {
        peer: "peer",
        path: "path",
        query: "query",
        subprotocol: Some("subprotocol"),
        connected_since: u64::from_le_bytes(*b"\0 since "),
    };
    let mut memory = [0; 128];
    let mut returning = Response::Info(Some(info)).lower(0);
    let mut at = 64;
    while let Some((len, _)) = returning.next_block() {
        returning.place(memory.as_mut_slice(), at).unwrap();
        at += len as u32;
    }
    returning.finish(memory.as_mut_slice()).unwrap();

    let wit = Wit::host();
    let [_, (_, function)] = &wit.imports("connections")[..2] else { panic!() };
    let TypeDefKind::Option(record) = wit.kind(&function.result.unwrap()) else { panic!() };
    let mut offsets = wit.offsets(record).into_iter().map(|offset| 8 + offset as usize);
    let fields = names("connections", "connection-info");
    assert_eq!(fields, ["peer", "path", "query", "subprotocol", "connected-since"]);
    for name in &fields[..4] {
        // The payload of the option is behind its discriminant.
        let at = offsets.next().unwrap() + if name == "subprotocol" { 4 } else { 0 };
        let pair = memory[at..at + 8].chunks(4);
        let pair: Vec<_> = pair.map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
        let text = &memory[pair[0] as usize..][..pair[1] as usize];
        assert_eq!(text, name.as_bytes());
    }
    assert_eq!(memory[offsets.next().unwrap()..][..8], *b"\0 since ");
    assert_eq!(names("files", "entry"), ["name", "kind"]);
}

#[test]
fn errors_name_a_parameter_as_the_wit_does() {
    each(|import, wit, function| {
        let mut flat = vec![0; import.ty().params.len()];
        let mut at = 0;
        for param in &function.params {
            let ty = wit.reference(&param.ty);
            let len = ty.flat().len();
            // A discriminant that no case has, or a place beyond the memory.
            let bad = match ty {
                Type::Variant(_) => (2, LiftErrorKind::FlatDiscriminant { found: 2, cases: 2 }),
                Type::String | Type::List(_) => {
                    (99, LiftErrorKind::OutOfBounds { len: 0, memory: 64 })
                }
                _ => (0, LiftErrorKind::Misaligned { align: 0 }),
            };
            if let (found @ 1.., kind) = bad {
                flat[at] = found;
                let Err(error) = Request::lift(import, [0; 64].as_slice(), &flat) else {
                    panic!("{import} takes {flat:?}")
                };
                let LiftError { field, kind: found, .. } = error;
                assert_eq!((field.to_string(), found), (param.name.clone(), kind), "{import}");
                flat[at] = 0;
            }
            at += len;
        }
        assert!(Request::lift(import, [0; 64].as_slice(), &flat).is_ok(), "{import}");
    });
}
