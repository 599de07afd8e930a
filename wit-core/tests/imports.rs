//! What a guest passes to an import and what it is answered: for every import, held against
//! the reference. `PROPTEST_CASES` makes a longer run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod reference;

use proptest::{collection::vec, prelude::*};
use reference::{
    Type, Value,
    answers::{area, honest, hostile},
    arena::Arena,
    flat::lower_flat,
    imports::{function, request_values},
    parts::{Parts, parts},
    requests, strategies,
};
use wit_core::host::{Import, Request};

/// Any value of a type.
fn value(ty: &Type) -> BoxedStrategy<Value> {
    match ty {
        Type::U8 => any::<u8>().prop_map(Value::U8).boxed(),
        Type::U16 => any::<u16>().prop_map(Value::U16).boxed(),
        Type::U32 => any::<u32>().prop_map(Value::U32).boxed(),
        Type::U64 => any::<u64>().prop_map(Value::U64).boxed(),
        Type::String => strategies::text().prop_map(Value::String).boxed(),
        Type::List(element) => vec(value(element), 0..32).prop_map(Value::List).boxed(),
        Type::Record(fields) => {
            fields.iter().map(value).collect::<Vec<_>>().prop_map(Value::Record).boxed()
        }
        Type::Variant(cases) => {
            let case = |(index, payload): (usize, &Option<Type>)| match payload {
                None => Just(Value::Case(index, None)).boxed(),
                Some(ty) => {
                    value(ty).prop_map(move |it| Value::Case(index, Some(Box::new(it)))).boxed()
                }
            };
            proptest::strategy::Union::new(cases.iter().enumerate().map(case)).boxed()
        }
    }
}

/// An import and parameters for it.
fn call() -> impl Strategy<Value = (Import, Vec<Value>)> {
    strategies::import().prop_flat_map(|import| {
        let params: Vec<_> = function(import).params.iter().map(value).collect();
        (Just(import), params)
    })
}

/// A flat parameter: mostly a discriminant, a short length or a pointer into the memory, since
/// few others make a value. The upper half is the interpreter's own, where it is an `i32`.
fn flat_param() -> impl Strategy<Value = u64> {
    let low = prop_oneof![
        8 => 0..2u64,
        2 => 2..8u64,
        6 => 0..SIZE,
        6 => (0..SIZE / 8).prop_map(|word| word * 8),
        1 => any::<u32>().prop_map(u64::from),
        1 => any::<u64>(),
        1 => u64::from(u32::MAX - 64)..=u64::from(u32::MAX),
    ];
    (low, prop_oneof![4 => Just(0), 1 => any::<u32>()])
        .prop_map(|(low, high)| low | u64::from(high) << 32)
}

/// The size of a small memory.
const SIZE: u64 = 96;

/// A memory that is text in most places.
fn memory() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![30 => 0x20..0x7fu8, 1 => any::<u8>()], 0..=SIZE as usize)
}

proptest! {
    #[test]
    fn a_host_is_asked_for_what_the_guest_meant(
        (import, values) in call(),
        mut arena in strategies::arena(),
    ) {
        let function = function(import);
        let mut flat = Vec::new();
        for (ty, value) in function.params.iter().zip(&values) {
            lower_flat(&mut arena, ty, value, &mut flat);
        }
        let at = area(&mut arena, &function);
        flat.extend(at.map(u64::from));
        prop_assert_eq!(flat.len(), import.ty().params.len());

        let memory = arena.memory.as_slice();
        let (request, pointer) = Request::lift(import, memory, &flat).unwrap();
        prop_assert_eq!(request_values(import, &request), values.clone());
        prop_assert_eq!(pointer, at.unwrap_or_default());
        prop_assert_eq!(request.bytes(), requests::bytes(&values));
    }

    #[test]
    fn any_parameters_are_lifted_or_refused_as_in_the_reference(
        import in strategies::import(),
        memory in memory(),
        flat in vec(flat_param(), 9),
    ) {
        requests::compare(import, &memory, &flat[..import.ty().params.len()]);
    }

    #[test]
    fn a_guest_reads_what_it_was_answered(
        import in strategies::import(),
        parts in parts(),
        arena in strategies::arena(),
    ) {
        honest(import, &parts, arena);
    }

    #[test]
    fn whatever_the_allocator_returns_only_the_block_is_written_or_nothing(
        import in strategies::import(),
        parts in parts(),
        size in 0..200usize,
        at in 0..200u32,
        pointers in vec(prop_oneof![9 => 0..200u32, 1 => any::<u32>()], 64),
    ) {
        hostile(import, &parts, size, at, &pointers);
    }
}

#[test]
fn every_case_of_every_answer_is_read_back() {
    let arena = Arena::new(b"\xaa", &[3, 4]);
    let names = [("a.txt", 0), ("", 1), ("ü", 2)].map(|(name, kind)| (name.to_owned(), kind));
    for import in Import::ALL {
        for case in 0..Parts::cases(import) {
            for full in [true, false] {
                let text = |text: &str| if full { text.to_owned() } else { String::new() };
                let parts = Parts {
                    case,
                    number: 0x8182_8384_8586_8788,
                    texts: ["peer", "/path", "query", "sub"].map(text),
                    bytes: if full { b"\0bytes\xff".to_vec() } else { vec![] },
                    ids: if full { vec![1, u64::MAX, 0] } else { vec![] },
                    names: if full { names.to_vec() } else { vec![] },
                };
                honest(import, &parts, arena.clone());
            }
        }
    }
}
