//! The files under `wit/` say what `wit_core::Shape` and the reference say.
//!
//! Names, signatures and layouts are computed by `wit-parser`, from the files alone.
#![cfg(not(miri))] // Reading the files would take it long, and hardly enters this crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod reference;

use reference::{Function, Type, interface};
use wit_core::{MessageType, Shape, Signature, layout, shape};
use wit_parser::{
    LiftLowerAbi, ManglingAndAbi, Resolve, SizeAlign, TypeDefKind, TypeId, WasmExport,
    WasmExportKind, WasmImport, WorldId, WorldKey, abi::AbiVariant, abi::WasmType,
};

/// The names that modules had at the interface's time, and have still by default.
const LEGACY: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

/// One folder of `wit/`, parsed.
struct Wit {
    resolve: Resolve,
    sizes: SizeAlign,
    /// The world that has everything.
    world: WorldId,
}

impl Wit {
    /// Parses the folder of a shape.
    fn of(shape: Shape) -> Self {
        let folder = format!("{}/wit/{shape}", env!("CARGO_MANIFEST_DIR"));
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder).expect("valid WIT");
        let world = resolve.packages[package].worlds["websocket-actor-with-init"];
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).unwrap();
        Self { resolve, sizes, world }
    }

    /// The world's key of an interface, among its exports or its imports.
    fn key(&self, interface: &str) -> &WorldKey {
        let world = &self.resolve.worlds[self.world];
        let mut exports = world.exports.keys();
        let mut imports = world.imports.keys();
        let named = |key: &&WorldKey| {
            let name = self.resolve.name_world_key(key);
            name.rsplit('/').next() == Some(interface)
        };
        exports.find(named).or_else(|| imports.find(named)).expect("the world has it")
    }

    /// A function of an interface.
    fn function(&self, interface: &str, name: &str) -> (&WorldKey, &wit_parser::Function) {
        let key = self.key(interface);
        let WorldKey::Interface(id) = key else { panic!("{interface} is named in place") };
        (key, &self.resolve.interfaces[*id].functions[name])
    }

    /// The core names of an export and of its `cabi_post_…`.
    fn export_names(&self, interface: &str, name: &str) -> [String; 2] {
        let (key, func) = self.function(interface, name);
        [WasmExportKind::Normal, WasmExportKind::PostReturn].map(|kind| {
            let export = WasmExport::Func { interface: Some(key), func, kind };
            self.resolve.wasm_export_name(LEGACY, export)
        })
    }

    /// The core signature of a function.
    fn signature(&self, variant: AbiVariant, interface: &str, name: &str) -> Signature {
        let (_, func) = self.function(interface, name);
        let core = self.resolve.wasm_signature(variant, func);
        assert!(!core.indirect_params);
        let is_i32 = |ty| matches!(ty, WasmType::I32 | WasmType::Pointer | WasmType::Length);
        assert!(core.params.iter().chain(&core.results).copied().all(is_i32), "{core:?}");
        Signature { params: core.params.len(), results: core.results.len() }
    }

    /// A type of the interface `websocket-server`.
    fn type_id(&self, name: &str) -> TypeId {
        let WorldKey::Interface(id) = self.key("websocket-server") else { panic!() };
        self.resolve.interfaces[*id].types[name]
    }

    /// What a type is, behind its names.
    fn kind(&self, ty: &wit_parser::Type) -> &TypeDefKind {
        let wit_parser::Type::Id(id) = ty else { panic!("{ty:?} is no defined type") };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Type(ty @ wit_parser::Type::Id(_)) => self.kind(ty),
            kind => kind,
        }
    }

    /// The offsets of a record's or a tuple's fields.
    fn offsets(&self, ty: &wit_parser::Type) -> Vec<u32> {
        let types: Vec<_> = match self.kind(ty) {
            TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
            TypeDefKind::Tuple(tuple) => tuple.types.clone(),
            other => panic!("{other:?} has no fields"),
        };
        let offsets = self.sizes.field_offsets(&types);
        offsets.into_iter().map(|(offset, _)| offset.size_wasm32() as u32).collect()
    }

    /// Size and alignment of a type.
    fn size(&self, ty: &wit_parser::Type) -> (u32, u32) {
        let (size, align) = (self.sizes.size(ty), self.sizes.align(ty));
        (size.size_wasm32() as u32, align.align_wasm32() as u32)
    }

    /// Where the payload of a `result` stands, and what it is when all went well.
    fn ok(&self, ty: &wit_parser::Type) -> (u32, wit_parser::Type) {
        let TypeDefKind::Result(result) = self.kind(ty) else { panic!("{ty:?} is no result") };
        let cases = [result.ok.as_ref(), result.err.as_ref()];
        let offset = self.sizes.payload_offset(wit_parser::Int::U8, cases);
        (offset.size_wasm32() as u32, result.ok.unwrap())
    }

    /// A type as the reference has it.
    fn reference(&self, ty: &wit_parser::Type) -> Type {
        match ty {
            wit_parser::Type::U8 => return Type::U8,
            wit_parser::Type::String => return Type::String,
            _ => {}
        }
        match self.kind(ty) {
            TypeDefKind::List(element) => Type::list(self.reference(element)),
            TypeDefKind::Option(some) => Type::option(self.reference(some)),
            TypeDefKind::Record(record) => {
                Type::Record(record.fields.iter().map(|field| self.reference(&field.ty)).collect())
            }
            TypeDefKind::Tuple(tuple) => {
                Type::Record(tuple.types.iter().map(|ty| self.reference(ty)).collect())
            }
            TypeDefKind::Variant(variant) => {
                let payload = |ty: &Option<_>| ty.as_ref().map(|ty| self.reference(ty));
                Type::Variant(variant.cases.iter().map(|case| payload(&case.ty)).collect())
            }
            TypeDefKind::Result(result) => Type::result(
                self.reference(&result.ok.unwrap()),
                self.reference(&result.err.unwrap()),
            ),
            other => panic!("the reference has no {other:?}"),
        }
    }

    /// A function as the reference has it.
    fn reference_function(&self, interface: &str, name: &str) -> Function {
        let (_, function) = self.function(interface, name);
        let params = function.params.iter().map(|param| self.reference(&param.ty)).collect();
        Function { params, result: function.result.as_ref().map(|ty| self.reference(ty)) }
    }
}

#[test]
fn exports_have_the_names_and_signatures_of_the_wit() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let names = wit.export_names("websocket-server", "handle-message");
        assert_eq!(names, [shape.handle_message(), shape.handle_message_post()]);
        let names = wit.export_names("actor", "init");
        assert_eq!(names, [shape.init(), shape.init_post()]);

        let export = AbiVariant::GuestExport;
        let signature = wit.signature(export, "websocket-server", "handle-message");
        assert_eq!(signature, shape.handle_message_signature(), "{shape}");
        assert_eq!(wit.signature(export, "actor", "init"), shape.init_signature(), "{shape}");
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
fn the_reference_has_the_types_of_the_wit() {
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        let function = interface::handle_message(shape);
        assert_eq!(wit.reference_function("websocket-server", "handle-message"), function);
        assert_eq!(wit.reference_function("actor", "init"), interface::init(shape));
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
        let (handle_message, init) = (interface::handle_message(shape), interface::init(shape));
        assert_eq!(signature(&handle_message), shape.handle_message_signature(), "{shape}");
        assert_eq!(signature(&init), shape.init_signature(), "{shape}");
        assert_eq!(handle_message.result().size(), shape.result_layout().size, "{shape}");
        assert_eq!(init.result().size(), shape.init_size(), "{shape}");
        assert_eq!(interface::message(shape).size(), shape.message_layout().size, "{shape}");
    }
    assert_eq!(signature(&interface::log()), shape::LOG.1);
}
