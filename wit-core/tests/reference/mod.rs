//! A second implementation of the canonical ABI, to compare `wit_core` with.
//!
//! It is written from the public definitions ([CanonicalABI.md]), in another way than `wit_core`:
//! it has no offsets. A [`Type`] describes a value, and alignment, size, flat form, *load*,
//! *store*, *lift* and *lower* are computed from it. It plays the guest's side. It reads the
//! parameters that `wit_core` lowers, and stores the results that `wit_core` lifts. For an import
//! it passes the parameters and reads the result.
//!
//! - [`flat`]: values as core values.
//! - [`arena`]: the guest's memory and its `cabi_realloc`.
//! - [`interface`]: the four shapes' functions as [`Type`]s, and the crate's types as
//!   [`Value`]s.
//! - [`requests`]: the same for `handle-request`.
//! - [`imports`]: the same for the types that imports take and return; [`responses`] has the results.
//! - [`parameters`]: lifts an import's parameters, and compares.
//! - [`answers`]: lowers an import's result for an honest guest or a hostile one, and looks.
//! - [`parts`]: what results are made of.
//! - [`strategies`]: arbitrary values of the interface.
//!
//! [CanonicalABI.md]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
#![allow(dead_code)] // Each test crate uses a part of it.

pub mod answers;
pub mod arena;
pub mod flat;
pub mod http;
pub mod imports;
pub mod interface;
pub mod mqtt;
pub mod parameters;
pub mod parts;
pub mod requests;
pub mod responses;
pub mod signature;
pub mod strategies;

use arena::Arena;

/// The most flat parameters; with more, they are passed in memory.
const MAX_FLAT_PARAMS: usize = 16;

/// The most flat results; with more, they are returned in memory.
const MAX_FLAT_RESULTS: usize = 1;

/// A type of the component model, with the kinds that this interface needs. It is despecialized: a
/// tuple is a record, and an enum, an option or a result is a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    U8,
    U16,
    U32,
    U64,
    String,
    List(Box<Type>),
    Record(Vec<Type>),
    Variant(Vec<Option<Type>>),
}

/// A value of a [`Type`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Bool(bool),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    String(String),
    List(Vec<Value>),
    Record(Vec<Value>),
    Case(usize, Option<Box<Value>>),
}

/// A core type. Values of both are held as `u64`. So in a variant, where one can stand in for the
/// other, only the final value needs a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    I32,
    I64,
}

/// Why a value can't be read. The definitions trap without a reason. The reasons here follow the
/// order of their checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    Misaligned,
    OutOfBounds,
    Discriminant,
    Utf8,
}

/// A function's type. No function of this interface returns more than one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub params: Vec<Type>,
    pub result: Option<Type>,
}

impl Type {
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    pub fn option(some: Self) -> Self {
        Self::Variant(vec![None, Some(some)])
    }

    pub fn result(ok: Self, err: Self) -> Self {
        Self::Variant(vec![Some(ok), Some(err)])
    }

    /// *Alignment*.
    pub fn align(&self) -> u32 {
        match self {
            Self::Bool | Self::U8 => 1,
            Self::U16 => 2,
            Self::U64 => 8,
            Self::U32 | Self::String | Self::List(_) => 4,
            Self::Record(fields) => fields.iter().map(Self::align).max().unwrap_or(1),
            // The discriminant's own alignment is 1.
            Self::Variant(cases) => payload_align(cases),
        }
    }

    /// *Element size*.
    pub fn size(&self) -> u32 {
        match self {
            Self::Bool | Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 => 4,
            Self::U64 | Self::String | Self::List(_) => 8,
            Self::Record(fields) => {
                let end =
                    fields.iter().fold(0u32, |end, f| end.next_multiple_of(f.align()) + f.size());
                end.next_multiple_of(self.align())
            }
            Self::Variant(cases) => {
                let payload = cases.iter().flatten().map(Self::size).max().unwrap_or(0);
                (payload_offset(cases) + payload).next_multiple_of(self.align())
            }
        }
    }

    /// *Flattening*: the core values of the type. The cases of a variant share positions. A
    /// position with both types gets the larger one.
    pub fn flat(&self) -> Vec<Core> {
        match self {
            Self::Bool | Self::U8 | Self::U16 | Self::U32 => vec![Core::I32],
            Self::U64 => vec![Core::I64],
            Self::String | Self::List(_) => vec![Core::I32; 2],
            Self::Record(fields) => fields.iter().flat_map(Self::flat).collect(),
            Self::Variant(cases) => {
                let mut flat = vec![Core::I32];
                for payload in cases.iter().flatten() {
                    for (index, core) in (1..).zip(payload.flat()) {
                        match flat.get_mut(index) {
                            Some(place) if *place != core => *place = Core::I64,
                            Some(_) => {}
                            None => flat.push(core),
                        }
                    }
                }
                flat
            }
        }
    }
}

impl Function {
    /// The numbers of parameters and results of the core function of an export.
    pub fn core_signature(&self) -> (usize, usize) {
        let params = self.flat_params().len();
        let results = self.flat_result().len();
        (if params > MAX_FLAT_PARAMS { 1 } else { params }, results.min(MAX_FLAT_RESULTS))
    }

    /// The parameters and results of the core function of an import. If a result is returned in
    /// memory, the last parameter points to its place.
    pub fn core_import(&self) -> (Vec<Core>, Vec<Core>) {
        let mut params = self.flat_params();
        assert!(params.len() <= MAX_FLAT_PARAMS, "no import has so many parameters");
        if !self.is_returned_in_memory() {
            return (params, self.flat_result());
        }
        params.push(Core::I32);
        (params, vec![])
    }

    /// Whether a core function returns the result in memory.
    pub fn is_returned_in_memory(&self) -> bool {
        self.flat_result().len() > MAX_FLAT_RESULTS
    }

    fn flat_params(&self) -> Vec<Core> {
        self.params.iter().flat_map(Type::flat).collect()
    }

    fn flat_result(&self) -> Vec<Core> {
        self.result.as_ref().map(Type::flat).unwrap_or_default()
    }

    /// The type of its result, if it has one.
    pub fn result(&self) -> &Type {
        self.result.as_ref().expect("the function has a result")
    }
}

/// The alignment of a variant's payload.
fn payload_align(cases: &[Option<Type>]) -> u32 {
    cases.iter().flatten().map(Type::align).max().unwrap_or(1)
}

/// The offsets of a record's fields.
pub fn field_offsets(fields: &[Type]) -> Vec<u32> {
    let mut end = 0u32;
    let offsets = fields.iter().map(|field| {
        let at = end.next_multiple_of(field.align());
        end = at + field.size();
        at
    });
    offsets.collect()
}

/// The offset of a variant's payload, after the discriminant, which is a `u8`.
pub fn payload_offset(cases: &[Option<Type>]) -> u32 {
    assert!(cases.len() <= 256, "a larger variant has a larger discriminant");
    1u32.next_multiple_of(payload_align(cases))
}

/// Reads a value at the address that a core function returned.
pub fn load_result(memory: &[u8], ty: &Type, at: u32) -> Result<Value, Trap> {
    room(memory, ty, at)?;
    load(memory, ty, at)
}

/// Whether a value fits at this address.
pub fn room(memory: &[u8], ty: &Type, at: u32) -> Result<(), Trap> {
    range(memory, at, ty.align(), ty.size().into()).map(drop)
}

/// *Load*. The caller has checked that the value itself is in bounds.
fn load(memory: &[u8], ty: &Type, at: u32) -> Result<Value, Trap> {
    let bytes = &memory[at as usize..];
    let word = |at: u32| {
        let at = at as usize;
        u32::from_le_bytes(memory[at..at + 4].try_into().unwrap())
    };
    match ty {
        Type::Bool => Ok(Value::Bool(bytes[0] != 0)),
        Type::U8 => Ok(Value::U8(bytes[0])),
        Type::U16 => Ok(Value::U16(u16::from_le_bytes(bytes[..2].try_into().unwrap()))),
        Type::U32 => Ok(Value::U32(word(at))),
        Type::U64 => Ok(Value::U64(u64::from_le_bytes(bytes[..8].try_into().unwrap()))),
        Type::String => load_string(memory, word(at), word(at + 4)),
        Type::List(element) => load_list(memory, element, word(at), word(at + 4)),
        Type::Record(fields) => {
            let offsets = field_offsets(fields).into_iter();
            let fields = fields.iter().zip(offsets);
            let fields = fields.map(|(field, offset)| load(memory, field, at + offset));
            fields.collect::<Result<_, _>>().map(Value::Record)
        }
        Type::Variant(cases) => {
            let case = usize::from(bytes[0]);
            let payload = cases.get(case).ok_or(Trap::Discriminant)?.as_ref();
            let payload = payload.map(|ty| load(memory, ty, at + payload_offset(cases)));
            Ok(Value::Case(case, payload.transpose()?.map(Box::new)))
        }
    }
}

/// The string of `len` bytes at `at`.
fn load_string(memory: &[u8], at: u32, len: u32) -> Result<Value, Trap> {
    let bytes = range(memory, at, 1, len.into())?;
    String::from_utf8(bytes.to_vec()).map(Value::String).map_err(|_| Trap::Utf8)
}

/// The list of `len` elements at `at`.
fn load_list(memory: &[u8], element: &Type, at: u32, len: u32) -> Result<Value, Trap> {
    range(memory, at, element.align(), u64::from(len) * u64::from(element.size()))?;
    let elements = (0..len).map(|index| load(memory, element, at + index * element.size()));
    elements.collect::<Result<_, _>>().map(Value::List)
}

/// The bytes from `at`, if they are aligned and in bounds.
fn range(memory: &[u8], at: u32, align: u32, len: u64) -> Result<&[u8], Trap> {
    if !at.is_multiple_of(align) {
        return Err(Trap::Misaligned);
    }
    let end = u64::from(at) + len;
    if end > memory.len() as u64 {
        return Err(Trap::OutOfBounds);
    }
    Ok(&memory[at as usize..usize::try_from(end).unwrap()])
}

/// Stores a value in a block of its own, as a core function does with its result.
pub fn store_result(arena: &mut Arena, ty: &Type, value: &Value) -> u32 {
    let at = arena.realloc(ty.align(), ty.size());
    store(arena, ty, value, at);
    at
}

/// *Store*. Padding and the unused payload of a case stay as they are.
pub fn store(arena: &mut Arena, ty: &Type, value: &Value, at: u32) {
    match (ty, value) {
        (Type::Bool, Value::Bool(it)) => arena.write(at, &[u8::from(*it)]),
        (Type::U8, Value::U8(byte)) => arena.write(at, &[*byte]),
        (Type::U16, Value::U16(number)) => arena.write(at, &number.to_le_bytes()),
        (Type::U32, Value::U32(number)) => arena.write(at, &number.to_le_bytes()),
        (Type::U64, Value::U64(number)) => arena.write(at, &number.to_le_bytes()),
        (Type::String | Type::List(_), _) => {
            let (ptr, len) = store_elements(arena, ty, value);
            arena.write(at, &ptr.to_le_bytes());
            arena.write(at + 4, &len.to_le_bytes());
        }
        (Type::Record(types), Value::Record(fields)) => {
            for ((ty, field), offset) in types.iter().zip(fields).zip(field_offsets(types)) {
                store(arena, ty, field, at + offset);
            }
        }
        (Type::Variant(cases), Value::Case(case, payload)) => {
            arena.write(at, &[u8::try_from(*case).unwrap()]);
            if let (Some(ty), Some(payload)) = (&cases[*case], payload) {
                store(arena, ty, payload, at + payload_offset(cases));
            }
        }
        _ => panic!("{value:?} is no {ty:?}"),
    }
}

/// Stores what a string or a list points to.
fn store_elements(arena: &mut Arena, ty: &Type, value: &Value) -> (u32, u32) {
    match (ty, value) {
        (Type::String, Value::String(text)) => {
            let len = u32::try_from(text.len()).unwrap();
            let ptr = arena.realloc(1, len);
            arena.write(ptr, text.as_bytes());
            (ptr, len)
        }
        (Type::List(ty), Value::List(elements)) => {
            let len = u32::try_from(elements.len()).unwrap();
            let ptr = arena.realloc(ty.align(), len * ty.size());
            for (index, element) in (0..).zip(elements) {
                store(arena, ty, element, ptr + index * ty.size());
            }
            (ptr, len)
        }
        _ => panic!("{value:?} is no {ty:?}"),
    }
}
