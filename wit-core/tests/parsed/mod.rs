//! What `wit-parser` computes from the files under `wit/`.
#![allow(dead_code)] // Each test crate uses a part of it.

use wit_core::{Shape, Signature};
use wit_parser::{
    InterfaceId, LiftLowerAbi, ManglingAndAbi, Resolve, SizeAlign, TypeDefKind, TypeId, WasmExport,
    WasmExportKind, WasmImport, WorldId, WorldKey, abi::AbiVariant, abi::WasmType,
};

use super::reference::{Function, Type};

/// The module names of the interface's time. They are still the default.
pub const LEGACY: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

/// One folder of `wit/`, parsed.
pub struct Wit {
    pub resolve: Resolve,
    pub sizes: SizeAlign,
    /// The world with everything.
    pub world: WorldId,
}

impl Wit {
    /// Parses the folder of a shape.
    pub fn of(shape: Shape) -> Self {
        Self::parse(shape.name(), "websocket-http-actor")
    }

    /// Parses the folder of the host's own interfaces.
    pub fn host() -> Self {
        Self::parse("host", "imports")
    }

    /// Parses the folder of the host's own interfaces, for what an actor exports.
    pub fn migrating() -> Self {
        Self::parse("host", "migrating")
    }

    fn parse(folder: &str, world: &str) -> Self {
        let folder = format!("{}/{folder}", super::WIT);
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder).expect("valid WIT");
        let world = resolve.packages[package].worlds[world];
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).unwrap();
        Self { resolve, sizes, world }
    }

    /// The names of the interfaces that the world imports.
    pub fn imported(&self) -> Vec<String> {
        let world = &self.resolve.worlds[self.world];
        let names = world.imports.keys().filter_map(|key| match key {
            WorldKey::Interface(id) => self.resolve.interfaces[*id].name.clone(),
            WorldKey::Name(_) => None,
        });
        names.collect()
    }

    /// The world's key of an interface, among its exports or its imports.
    pub fn key(&self, interface: &str) -> &WorldKey {
        let world = &self.resolve.worlds[self.world];
        // Each shape has a world of its own for messages between actors.
        let package = world.package.expect("it has one");
        let others = self.resolve.packages[package].worlds.get("message-actor");
        let others = others.map(|world| &self.resolve.worlds[*world]);
        let mut exports =
            world.exports.keys().chain(others.iter().flat_map(|it| it.exports.keys()));
        let mut imports = world.imports.keys();
        let named = |key: &&WorldKey| {
            let name = self.resolve.name_world_key(key);
            // A package of the host has a version, which follows the name.
            let name = name.rsplit('/').next().and_then(|name| name.split('@').next());
            name == Some(interface)
        };
        exports.find(named).or_else(|| imports.find(named)).expect("the world has it")
    }

    /// A function of an interface.
    pub fn function(&self, interface: &str, name: &str) -> (&WorldKey, &wit_parser::Function) {
        let key = self.key(interface);
        let WorldKey::Interface(id) = key else { panic!("{interface} is named in place") };
        (key, &self.resolve.interfaces[*id].functions[name])
    }

    /// The core names of an export and of its `cabi_post_…`.
    pub fn export_names(&self, interface: &str, name: &str) -> [String; 2] {
        let (key, func) = self.function(interface, name);
        [WasmExportKind::Normal, WasmExportKind::PostReturn].map(|kind| {
            let export = WasmExport::Func { interface: Some(key), func, kind };
            self.resolve.wasm_export_name(LEGACY, export)
        })
    }

    /// The functions of an interface, each with the core names of its import. The world does not
    /// have to import it.
    pub fn imports(&self, interface: &str) -> Vec<((String, String), &wit_parser::Function)> {
        let named = |id: &InterfaceId| self.resolve.interfaces[*id].name.as_deref();
        let mut ids = self.resolve.interfaces.iter().map(|(id, _)| id);
        let id = ids.find(|id| named(id) == Some(interface)).expect("there is one");
        let functions = self.resolve.interfaces[id].functions.values();
        let key = WorldKey::Interface(id);
        let names = |func| {
            let import = WasmImport::Func { interface: Some(&key), func };
            self.resolve.wasm_import_name(LEGACY, import)
        };
        functions.map(|function| (names(function), function)).collect()
    }

    /// The core signature of a function.
    pub fn signature(&self, variant: AbiVariant, interface: &str, name: &str) -> Signature {
        let (_, func) = self.function(interface, name);
        let core = self.resolve.wasm_signature(variant, func);
        assert!(!core.indirect_params);
        let is_i32 = |ty| matches!(ty, WasmType::I32 | WasmType::Pointer | WasmType::Length);
        assert!(core.params.iter().chain(&core.results).copied().all(is_i32), "{core:?}");
        Signature { params: core.params.len(), results: core.results.len() }
    }

    /// A type of the interface `websocket-server` or `http-server`.
    pub fn type_id(&self, name: &str) -> TypeId {
        let types = |interface| {
            let WorldKey::Interface(id) = self.key(interface) else { panic!() };
            self.resolve.interfaces[*id].types.get(name).copied()
        };
        types("websocket-server").or_else(|| types("http-server")).expect("one of them has it")
    }

    /// The definition of a type, without the names that lead to it.
    pub fn kind(&self, ty: &wit_parser::Type) -> &TypeDefKind {
        let wit_parser::Type::Id(id) = ty else { panic!("{ty:?} is no defined type") };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Type(ty @ wit_parser::Type::Id(_)) => self.kind(ty),
            kind => kind,
        }
    }

    /// The offsets of a record's or a tuple's fields.
    pub fn offsets(&self, ty: &wit_parser::Type) -> Vec<u32> {
        let types: Vec<_> = match self.kind(ty) {
            TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
            TypeDefKind::Tuple(tuple) => tuple.types.clone(),
            other => panic!("{other:?} has no fields"),
        };
        let offsets = self.sizes.field_offsets(&types);
        offsets.into_iter().map(|(offset, _)| offset.size_wasm32() as u32).collect()
    }

    /// Size and alignment of a type.
    pub fn size(&self, ty: &wit_parser::Type) -> (u32, u32) {
        let (size, align) = (self.sizes.size(ty), self.sizes.align(ty));
        (size.size_wasm32() as u32, align.align_wasm32() as u32)
    }

    /// The offset and the type of the payload of a `result` that is ok.
    pub fn ok(&self, ty: &wit_parser::Type) -> (u32, wit_parser::Type) {
        let TypeDefKind::Result(result) = self.kind(ty) else { panic!("{ty:?} is no result") };
        let cases = [result.ok.as_ref(), result.err.as_ref()];
        let offset = self.sizes.payload_offset(wit_parser::Int::U8, cases);
        (offset.size_wasm32() as u32, result.ok.unwrap())
    }

    /// A type in the reference's form.
    pub fn reference(&self, ty: &wit_parser::Type) -> Type {
        match ty {
            wit_parser::Type::Bool => return Type::Bool,
            wit_parser::Type::U8 => return Type::U8,
            wit_parser::Type::U16 => return Type::U16,
            wit_parser::Type::U32 => return Type::U32,
            wit_parser::Type::U64 => return Type::U64,
            wit_parser::Type::String => return Type::String,
            _ => {}
        }
        match self.kind(ty) {
            TypeDefKind::Type(ty) => self.reference(ty),
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
            TypeDefKind::Enum(cases) => Type::Variant(vec![None; cases.cases.len()]),
            TypeDefKind::Result(result) => {
                let cases = [result.ok, result.err];
                Type::Variant(cases.map(|case| case.map(|ty| self.reference(&ty))).into())
            }
            other => panic!("the reference has no {other:?}"),
        }
    }

    /// A function in the reference's form.
    pub fn reference_function(&self, interface: &str, name: &str) -> Function {
        let (_, function) = self.function(interface, name);
        self.as_reference(function)
    }

    pub fn as_reference(&self, function: &wit_parser::Function) -> Function {
        let params = function.params.iter().map(|param| self.reference(&param.ty)).collect();
        Function { params, result: function.result.as_ref().map(|ty| self.reference(ty)) }
    }
}
