//! Compares the files under `wit/` with `wit_core::Shape` and the reference.
//!
//! `wit-parser` computes names, signatures and layouts from the files alone.
#![cfg(not(miri))] // Reading the files would take it long, and hardly enters this crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod parsed;
mod reference;

use parsed::{LEGACY, Wit};
use reference::{Function, interface, requests};
use wit_core::{MessageType, Shape, Signature, layout, shape};
use wit_parser::{Resolve, TypeDefKind, WasmExport, WasmImport, abi::AbiVariant};

/// The WIT files.
const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wit");

#[test]
fn exports_have_the_names_and_signatures_of_the_wit() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let names = wit.export_names("websocket-server", "handle-message");
        assert_eq!(names, [shape.handle_message(), shape.handle_message_post()]);
        let names = wit.export_names("http-server", "handle-request");
        assert_eq!(names, [shape.handle_request(), shape.handle_request_post()]);
        let (client, signature) = ("message-server-client", shape.handle_send_signature());
        for (function, names) in [
            ("handle-send", [shape.handle_send(), shape.handle_send_post()]),
            ("handle-request", [shape.handle_reply(), shape.handle_reply_post()]),
        ] {
            assert_eq!(wit.export_names(client, function), names);
            assert_eq!(wit.signature(AbiVariant::GuestExport, client, function), signature);
        }
        let names = wit.export_names("actor", "init");
        assert_eq!(names, [shape.init(), shape.init_post()]);

        let export = AbiVariant::GuestExport;
        let signature = wit.signature(export, "websocket-server", "handle-message");
        assert_eq!(signature, shape.handle_message_signature(), "{shape}");
        let signature = wit.signature(export, "http-server", "handle-request");
        assert_eq!(signature, shape.handle_request_signature(), "{shape}");
        let init = shape.init_forms()[0].signature();
        assert_eq!(wit.signature(export, "actor", "init"), init, "{shape}");
    }
}

#[test]
fn log_is_imported_by_the_name_and_signature_of_the_wit() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let (key, func) = wit.function("runtime", "log");
        let import = WasmImport::Func { interface: Some(key), func };
        let (module, name) = wit.resolve.wasm_import_name(LEGACY, import);
        assert!(shape::RUNTIME_MODULES.contains(&module.as_str()), "{module}");
        let signature = wit.signature(AbiVariant::GuestImport, "runtime", "log");
        assert_eq!((name.as_str(), signature), shape::LOG);
    }
}

#[test]
fn a_module_offers_its_memory_under_the_names_that_tools_give() {
    let resolve = Resolve::default();
    let name = |export| resolve.wasm_export_name(LEGACY, export);
    assert_eq!(name(WasmExport::Memory), shape::MEMORY);
    assert_eq!(name(WasmExport::Realloc), shape::REALLOC.0);
    assert_eq!(name(WasmExport::Initialize), shape::INITIALIZE.0);
}

#[test]
fn messages_lie_in_memory_as_the_wit_has_them() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let message = wit_parser::Type::Id(wit.type_id("websocket-message"));
        let ours = shape.message_layout();
        assert_eq!(wit.size(&message), (ours.size, layout::ALIGN), "{shape}");
        assert_eq!(wit.offsets(&message), [ours.ty, ours.data, ours.text], "{shape}");

        let TypeDefKind::Record(record) = wit.kind(&message) else { panic!("no record") };
        let names: Vec<_> = record.fields.iter().map(|field| field.name.as_str()).collect();
        let ty = if shape == Shape::Guide { "message-type" } else { "ty" };
        assert_eq!(names, [ty, "data", "text"], "errors name the fields so");
    }
}

#[test]
fn the_variants_cases_have_the_order_of_the_wit() {
    for shape in [Shape::Typed, Shape::Result, Shape::Renamed] {
        let wit = Wit::of(shape);
        let ty = wit_parser::Type::Id(wit.type_id("message-type"));
        let TypeDefKind::Variant(variant) = wit.kind(&ty) else { panic!("no variant") };
        assert_eq!(variant.cases.len(), usize::from(MessageType::CASES));
        for (discriminant, case) in (0..).zip(&variant.cases) {
            let ty = match case.ty {
                None => MessageType::from_name(&case.name),
                Some(payload) => {
                    assert_eq!(payload, wit_parser::Type::String);
                    MessageType::Other(String::new())
                }
            };
            assert_eq!(ty.discriminant(), discriminant, "{}", case.name);
        }
    }
}

#[test]
fn results_lie_in_memory_as_the_wit_has_them() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let (_, handle_message) = wit.function("websocket-server", "handle-message");
        let (_, init) = wit.function("actor", "init");
        let (handled, began) = (handle_message.result.unwrap(), init.result.unwrap());
        let ours = shape.result_layout();
        assert_eq!(wit.size(&handled), (ours.size, layout::ALIGN), "{shape}");
        assert_eq!(wit.size(&began), (shape.init_size(), layout::ALIGN), "{shape}");

        let mut at = 0;
        let mut ok = handled;
        if shape.has_results() {
            (at, ok) = wit.ok(&handled);
            assert_eq!(at, layout::ERROR, "{shape}");
            assert_eq!(wit.ok(&began).0, layout::INIT_STATE, "{shape}");
        }
        let offsets: Vec<_> = wit.offsets(&ok).into_iter().map(|offset| at + offset).collect();
        assert_eq!(offsets, [ours.state, ours.messages], "{shape}");
    }
}

#[test]
fn responses_lie_in_memory_as_the_wit_has_them() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let response = wit_parser::Type::Id(wit.type_id("http-response"));
        let ours = layout::RESPONSE;
        assert_eq!(wit.size(&response), (ours.size, layout::ALIGN), "{shape}");
        assert_eq!(wit.offsets(&response), [ours.status, ours.headers, ours.body], "{shape}");

        let (_, function) = wit.function("http-server", "handle-request");
        let result = function.result.unwrap();
        let ours = shape.request_result_layout();
        assert_eq!(wit.size(&result), (ours.size, layout::ALIGN), "{shape}");
        let (at, ok) = if shape.has_results() { wit.ok(&result) } else { (0, result) };
        let offsets: Vec<_> = wit.offsets(&ok).into_iter().map(|offset| at + offset).collect();
        let late = shape.has_results();
        let expected = if late { [ours.state, ours.response] } else { [ours.response, ours.state] };
        assert_eq!(offsets, expected, "{shape}");
    }
}

#[test]
fn replies_lie_in_memory_as_the_wit_has_them() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let result = |name| wit.function("message-server-client", name).1.result.unwrap();
        let sent = result("handle-send");
        assert_eq!(wit.size(&sent), (shape.init_size(), layout::ALIGN), "{shape}");
        let replied = result("handle-request");
        let ours = shape.reply_layout();
        assert_eq!(wit.size(&replied), (ours.size, layout::ALIGN), "{shape}");
        let late = shape.has_results();
        let (at, ok) = if late { wit.ok(&replied) } else { (0, replied) };
        let offsets: Vec<_> = wit.offsets(&ok).into_iter().map(|offset| at + offset).collect();
        let expected = if late { [ours.state, ours.reply] } else { [ours.reply, ours.state] };
        assert_eq!(offsets, expected, "{shape}");
        if late {
            assert_eq!(wit.ok(&sent).0, layout::INIT_STATE, "{shape}");
        }
    }
}

#[test]
fn the_reference_has_the_types_of_the_wit() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let function = interface::handle_message(shape);
        assert_eq!(wit.reference_function("websocket-server", "handle-message"), function);
        let function = requests::handle_request(shape);
        assert_eq!(wit.reference_function("http-server", "handle-request"), function);
        let init = interface::init(shape, shape.init_forms()[0]);
        assert_eq!(wit.reference_function("actor", "init"), init);
        assert_eq!(wit.reference_function("runtime", "log"), interface::log());
    }
}

#[test]
fn the_reference_computes_what_the_crate_has_written_down() {
    let signature = |function: &Function| {
        let (params, results) = function.core_signature();
        Signature { params, results }
    };
    for shape in Shape::ALL {
        let handle_message = interface::handle_message(shape);
        assert_eq!(signature(&handle_message), shape.handle_message_signature(), "{shape}");
        for form in shape.init_forms() {
            let init = interface::init(shape, *form);
            assert_eq!(signature(&init), form.signature(), "{shape} {form:?}");
            assert_eq!(init.result().size(), shape.init_size(), "{shape} {form:?}");
        }
        let handle_request = requests::handle_request(shape);
        assert_eq!(signature(&handle_request), shape.handle_request_signature(), "{shape}");
        let size = shape.request_result_layout().size;
        assert_eq!(handle_request.result().size(), size, "{shape}");
        assert_eq!(handle_message.result().size(), shape.result_layout().size, "{shape}");
        assert_eq!(interface::message(shape).size(), shape.message_layout().size, "{shape}");
    }
    assert_eq!(signature(&interface::log()), shape::LOG.1);
}

#[test]
fn a_world_of_the_users_own_has_any_of_it() {
    for shape in Shape::ALL {
        let package = if shape == Shape::Renamed { "theater:simple" } else { "ntwk:theater" };
        let mut resolve = Resolve::default();
        for folder in [shape.name(), "host"] {
            let folder = format!("{WIT}/{folder}");
            resolve.push_dir(folder).expect("valid WIT");
        }
        let own = format!(
            "package my:actor;
            world actor {{
                include {package}/websocket-actor-with-init;
                import {package}/filesystem;
                include footlight:host/imports@0.1.0;
            }}"
        );
        let package = resolve.push_str("own.wit", &own).expect("valid WIT");
        let world = &resolve.worlds[resolve.packages[package].worlds["actor"]];
        // The world also imports Theater's types and runtime.
        assert_eq!(world.imports.len(), 3 + Wit::host().imported().len(), "{shape}");
    }
}
