//! Compares `migrate` with `wit/host/host.wit` and the reference, in both directions.
#![cfg(not(miri))] // Reading the file would take it long, and hardly enters this crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod parsed;
mod reference;

use parsed::Wit;
use proptest::prelude::*;
use reference::{
    Function, Type,
    arena::Arena,
    flat::lift_flat,
    interface::{self, bytes_value, option_value, result_value},
    store_result, strategies,
};
use wit_core::{
    Budget, Field,
    error::LiftErrorKind,
    lift, lower,
    migrate::{MIGRATE, MIGRATE_POST, SHAPE},
};
use wit_parser::abi::AbiVariant;

/// The WIT files.
const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wit");

/// `migrate`, as the reference has types.
fn function() -> Function {
    let state = || Type::option(interface::bytes());
    Function { params: vec![state()], result: Some(Type::result(state(), Type::String)) }
}

#[test]
fn the_export_has_the_names_the_signature_and_the_types_of_the_wit() {
    let wit = Wit::migrating();
    assert_eq!(wit.export_names("migration", "migrate"), [MIGRATE.0, MIGRATE_POST]);
    let signature = wit.signature(AbiVariant::GuestExport, "migration", "migrate");
    assert_eq!(signature, MIGRATE.1);
    assert_eq!(wit.reference_function("migration", "migrate"), function());
}

proptest! {
    #[test]
    fn a_guest_is_given_the_old_state(
        old in strategies::state(),
        mut arena in strategies::arena(),
    ) {
        let mut lowering = lower::migrate(old.as_deref());
        while let Some(block) = lowering.next_block() {
            let ptr = arena.realloc(1, block.len() as u32);
            lowering.place(arena.memory.as_mut_slice(), ptr).unwrap();
        }
        let flat: Vec<_> = lowering.parameters().iter().copied().map(u64::from).collect();
        prop_assert_eq!(flat.len(), MIGRATE.1.params);
        let mut left = flat.as_slice();
        let read = lift_flat(&arena.memory, &function().params[0], &mut left);
        prop_assert_eq!(read, Ok(option_value(old.as_deref().map(bytes_value))));
        prop_assert!(left.is_empty());
    }

    #[test]
    fn a_host_is_given_the_new_state_or_the_error_within_its_budget(
        outcome in prop_oneof![strategies::state().prop_map(Ok), strategies::text().prop_map(Err)],
        mut arena in strategies::arena(),
    ) {
        let value = result_value(match &outcome {
            Ok(state) => Ok(option_value(state.as_deref().map(bytes_value))),
            Err(text) => Err(text.clone()),
        });
        let at = store_result(&mut arena, function().result(), &value);
        let lifted = |budget: &Budget| lift::init(SHAPE, arena.memory.as_slice(), at, budget);
        let (state, bytes) = match &outcome {
            Ok(state) => (state.as_ref().map_or(0, Vec::len), 0),
            Err(text) => (0, text.len()),
        };
        prop_assert_eq!(lifted(&Budget { state, messages: 0, bytes }), Ok(outcome));
        if let Some(less) = state.checked_sub(1) {
            let error = lifted(&Budget { state: less, messages: 0, bytes }).unwrap_err();
            prop_assert_eq!(error.field, Field::new("state"));
            let kind = LiftErrorKind::TooLarge { size: state as u64, limit: less };
            prop_assert_eq!(error.kind, kind);
        }
    }
}

#[test]
fn a_result_outside_the_memory_is_refused() {
    let arena = Arena::new(&[0], &[0]);
    let memory = arena.memory.as_slice();
    let at = memory.len() as u32 - 12;
    let error = lift::init(SHAPE, memory, at.next_multiple_of(4), &Budget::default()).unwrap_err();
    assert!(matches!(error.kind, LiftErrorKind::OutOfBounds { len: 16, .. }), "{error}");
}
