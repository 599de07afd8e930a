//! Flat parameters of any content: lifted as the reference lifts them.

use wit_core::{
    LiftError,
    error::LiftErrorKind,
    host::{Import, Request},
};

use super::{
    Trap, Value,
    flat::lift_flat,
    imports::{function, request_values},
    room,
};

/// Lifts the parameters of a call, and finds what the reference finds: the same values, or the
/// same reason to refuse them.
pub fn compare(import: Import, memory: &[u8], flat: &[u64]) {
    let lifted = Request::lift(import, memory, flat);
    let lifted = lifted.map(|(request, at)| {
        let values = request_values(import, &request);
        assert_eq!(request.bytes(), bytes(&values));
        (values, at)
    });
    assert_eq!(lifted.map_err(trap), lift(import, memory, flat), "{import}");
}

/// What the reference makes of them: the values, and where the result is wanted.
fn lift(import: Import, memory: &[u8], flat: &[u64]) -> Result<(Vec<Value>, u32), Trap> {
    let function = function(import);
    let mut rest = flat;
    let params = function.params.iter().map(|ty| lift_flat(memory, ty, &mut rest));
    let params = params.collect::<Result<_, _>>()?;
    let Some(result) = function.result.filter(|_| !rest.is_empty()) else { return Ok((params, 0)) };
    let pointer = rest[0] as u32;
    room(memory, &result, pointer)?;
    Ok((params, pointer))
}

/// The reason, in the reference's words.
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

/// How many bytes of text and data there are.
pub fn bytes(values: &[Value]) -> usize {
    let len = |value: &Value| match value {
        Value::String(text) => text.len(),
        Value::List(bytes) => bytes.len(),
        Value::Case(_, Some(payload)) => bytes(std::slice::from_ref(payload)),
        _ => 0,
    };
    values.iter().map(len).sum()
}
