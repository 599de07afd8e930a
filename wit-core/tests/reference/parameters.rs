//! Compares flat parameters of any content with the reference.

use wit_core::{
    LiftError, Memory,
    error::LiftErrorKind,
    host::{Lifted, Parameters},
};

use super::{Trap, Value, flat::lift_flat, imports::Signature, room};

/// The values of a call's parameters, and the pointer to its result, or 0 if there is none.
pub fn lift<M: Memory + ?Sized>(
    signature: &Signature,
    memory: &M,
    flat: &[u64],
) -> Result<(Vec<Value>, u32), LiftError> {
    let mut from = Parameters::new(memory, flat);
    let values: Result<Vec<_>, _> =
        signature.params.iter().map(|param| param.lift(&mut from, "parameter")).collect();
    let values = values?;
    let (all, text) = (bytes(&values, true), bytes(&values, false));
    assert_eq!(from.lifted(), Lifted { bytes: all, text });
    let place = signature.result.place(from)?;
    Ok((values, u32::from_str_radix(place.trim_start_matches("0x"), 16).unwrap()))
}

/// Lifts the parameters of a call, and checks the outcome against the reference: the same values,
/// or the same reason for an error.
pub fn compare(signature: &Signature, memory: &[u8], flat: &[u64]) {
    let lifted = lift(signature, memory, flat).map_err(trap);
    assert_eq!(lifted, by_reference(signature, memory, flat), "{signature:?}");
}

/// The reference's outcome: the values, and the pointer to the result.
fn by_reference(
    signature: &Signature,
    memory: &[u8],
    flat: &[u64],
) -> Result<(Vec<Value>, u32), Trap> {
    let function = signature.function();
    let mut rest = flat;
    let params = function.params.iter().map(|ty| lift_flat(memory, ty, &mut rest));
    let params = params.collect::<Result<_, _>>()?;
    let Some(result) = function.result.filter(|_| !rest.is_empty()) else { return Ok((params, 0)) };
    let pointer = rest[0] as u32;
    room(memory, &result, pointer)?;
    Ok((params, pointer))
}

/// The reason, as the reference names it.
fn trap(error: LiftError) -> Trap {
    assert!(!error.to_string().is_empty());
    match error.kind {
        LiftErrorKind::Misaligned { .. } => Trap::Misaligned,
        LiftErrorKind::OutOfBounds { .. } => Trap::OutOfBounds,
        LiftErrorKind::FlatDiscriminant { .. } => Trap::Discriminant,
        LiftErrorKind::Utf8 { .. } => Trap::Utf8,
        kind => panic!("{kind:?} in a parameter"),
    }
}

/// The bytes of text, and those of data if they count too.
fn bytes(values: &[Value], data: bool) -> usize {
    let len = |value: &Value| match value {
        Value::String(text) => text.len(),
        Value::List(items) if matches!(items.first(), Some(Value::Record(_))) => bytes(items, data),
        Value::List(bytes) if data => bytes.len(),
        Value::Record(fields) => bytes(fields, data),
        Value::Case(_, Some(payload)) => bytes(std::slice::from_ref(payload), data),
        _ => 0,
    };
    values.iter().map(len).sum()
}
