//! Compares the parameters and results of imports with the reference, for every type that imports
//! use. `PROPTEST_CASES` sets the number of cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod reference;

use proptest::{collection::vec, prelude::*};
use reference::{
    Type, Value,
    answers::{area, honest, hostile},
    arena::Arena,
    flat::lower_flat,
    imports::{Returned, Signature},
    parameters::{compare, lift},
    parts::{Parts, parts},
    strategies,
};

/// Any value of a type.
fn value(ty: &Type) -> BoxedStrategy<Value> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::U8 => any::<u8>().prop_map(Value::U8).boxed(),
        Type::U16 => any::<u16>().prop_map(Value::U16).boxed(),
        Type::U32 => any::<u32>().prop_map(Value::U32).boxed(),
        Type::U64 => any::<u64>().prop_map(Value::U64).boxed(),
        Type::String => strategies::text().prop_map(Value::String).boxed(),
        Type::List(element) => {
            let most = if matches!(**element, Type::Record(_)) { 4 } else { 32 };
            vec(value(element), 0..most).prop_map(Value::List).boxed()
        }
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

/// The types of an import, and values for its parameters.
fn call() -> impl Strategy<Value = (Signature, Vec<Value>)> {
    strategies::signature().prop_flat_map(|signature| {
        let params: Vec<_> = signature.function().params.iter().map(value).collect();
        (Just(signature), params)
    })
}

/// A flat parameter. Mostly a discriminant, a short length or a pointer into the memory, because
/// few others are part of a value. The interpreter uses the upper half of an `i32` for itself.
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

/// A memory that is mostly text.
fn memory() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![30 => 0x20..0x7fu8, 1 => any::<u8>()], 0..=SIZE as usize)
}

proptest! {
    #[test]
    fn a_host_is_asked_for_what_the_guest_meant(
        (signature, values) in call(),
        mut arena in strategies::arena(),
    ) {
        let function = signature.function();
        let mut flat = Vec::new();
        for (ty, value) in function.params.iter().zip(&values) {
            lower_flat(&mut arena, ty, value, &mut flat);
        }
        let at = area(&mut arena, &function);
        flat.extend(at.map(u64::from));
        prop_assert_eq!(flat.len(), signature.flat());

        let lifted = lift(&signature, arena.memory.as_slice(), &flat).unwrap();
        prop_assert_eq!(lifted, (values, at.unwrap_or_default()));
    }

    #[test]
    fn any_parameters_are_lifted_or_refused_as_in_the_reference(
        signature in strategies::signature(),
        memory in memory(),
        flat in vec(flat_param(), 17),
    ) {
        compare(&signature, &memory, &flat[..signature.flat()]);
    }

    #[test]
    fn a_guest_reads_what_it_was_answered(
        returned in strategies::returned(),
        parts in parts(),
        arena in strategies::arena(),
    ) {
        honest(returned, &parts, arena);
    }

    #[test]
    fn whatever_the_allocator_returns_only_the_block_is_written_or_nothing(
        returned in strategies::returned(),
        parts in parts(),
        size in 0..200usize,
        at in 0..25u32,
        pointers in vec(prop_oneof![9 => 0..200u32, 1 => any::<u32>()], 64),
    ) {
        hostile(returned, &parts, size, 8 * at, &pointers);
    }
}

#[test]
fn areas_have_the_size_and_the_alignment_of_the_reference() {
    for returned in Returned::ALL {
        let area = returned.area().map(|area| (area.size, area.align));
        assert_eq!(area, returned.ty().map(|ty| (ty.size(), ty.align())), "{returned:?}");
    }
}

#[test]
fn every_case_of_every_answer_is_read_back() {
    let arena = Arena::new(b"\xaa", &[3, 4]);
    let names = [("a.txt", 0), ("", 1), ("ü", 2)].map(|(name, kind)| (name.to_owned(), kind));
    for returned in Returned::ALL {
        for case in 0..Parts::cases(returned) {
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
                honest(returned, &parts, arena.clone());
            }
        }
    }
}
