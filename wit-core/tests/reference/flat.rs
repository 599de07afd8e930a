//! Values as core values: *lift flat* and *lower flat*.

use super::{Trap, Type, Value, arena::Arena, load_list, load_string, store_elements};

/// *Lift flat*: reads a value, and takes the core values of its type.
pub fn lift_flat(memory: &[u8], ty: &Type, flat: &mut &[u64]) -> Result<Value, Trap> {
    match ty {
        Type::Bool => Ok(Value::Bool(take(flat) as u32 != 0)),
        Type::U8 => Ok(Value::U8(take(flat) as u8)),
        Type::U16 => Ok(Value::U16(take(flat) as u16)),
        Type::U32 => Ok(Value::U32(take(flat) as u32)),
        Type::U64 => Ok(Value::U64(take(flat))),
        Type::String => load_string(memory, take(flat) as u32, take(flat) as u32),
        Type::List(element) => load_list(memory, element, take(flat) as u32, take(flat) as u32),
        Type::Record(fields) => {
            let fields = fields.iter().map(|field| lift_flat(memory, field, flat));
            fields.collect::<Result<_, _>>().map(Value::Record)
        }
        Type::Variant(cases) => {
            let case = take(flat) as u32 as usize;
            let payload = cases.get(case).ok_or(Trap::Discriminant)?.as_ref();
            // A longer case has more core values. They stay unread.
            let mut own = *flat;
            *flat = &flat[ty.flat().len() - 1..];
            let payload = payload.map(|ty| lift_flat(memory, ty, &mut own)).transpose()?;
            Ok(Value::Case(case, payload.map(Box::new)))
        }
    }
}

/// The next core value.
fn take(flat: &mut &[u64]) -> u64 {
    let (first, rest) = flat.split_first().expect("enough core values");
    *flat = rest;
    *first
}

/// *Lower flat*: converts a value to core values.
pub fn lower_flat(arena: &mut Arena, ty: &Type, value: &Value, flat: &mut Vec<u64>) {
    match (ty, value) {
        (Type::Bool, Value::Bool(it)) => flat.push(u64::from(*it)),
        (Type::U8, Value::U8(byte)) => flat.push(u64::from(*byte)),
        (Type::U16, Value::U16(number)) => flat.push(u64::from(*number)),
        (Type::U32, Value::U32(number)) => flat.push(u64::from(*number)),
        (Type::U64, Value::U64(number)) => flat.push(*number),
        (Type::String | Type::List(_), _) => {
            let (ptr, len) = store_elements(arena, ty, value);
            flat.extend([ptr, len].map(u64::from));
        }
        (Type::Record(types), Value::Record(fields)) => {
            for (ty, field) in types.iter().zip(fields) {
                lower_flat(arena, ty, field, flat);
            }
        }
        (Type::Variant(cases), Value::Case(case, payload)) => {
            let end = flat.len() + ty.flat().len();
            flat.push(u64::try_from(*case).unwrap());
            if let (Some(ty), Some(payload)) = (&cases[*case], payload) {
                lower_flat(arena, ty, payload, flat);
            }
            flat.resize(end, 0);
        }
        _ => panic!("{value:?} is no {ty:?}"),
    }
}
