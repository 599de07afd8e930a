//! The functions of the four shapes as types, and the crate's own types as values.
//!
//! `tests/wit.rs` proves that these are the types in `wit/`.

use wit_core::{InitForm, Message, MessageRef, MessageType, Shape, lift::Reply};

use super::{Function, Type, Value};

/// The names of the variant's cases in order. The seventh is `other`.
const NAMES: [&str; 6] = ["text", "binary", "connect", "close", "ping", "pong"];

/// The result of a call. The inner error comes from the actor itself.
pub type Outcome<T> = Result<T, String>;

/// Whether this is one of the later shapes, which have an optional state and can return errors.
pub fn late(shape: Shape) -> bool {
    matches!(shape, Shape::Result | Shape::Renamed)
}

pub fn bytes() -> Type {
    Type::list(Type::U8)
}

/// `json` in the earlier shapes, `state` in the later ones.
pub fn state(shape: Shape) -> Type {
    if late(shape) { Type::option(bytes()) } else { bytes() }
}

/// `websocket-message`.
pub fn message(shape: Shape) -> Type {
    let ty = match shape {
        Shape::Guide => Type::String,
        _ => Type::Variant(vec![None, None, None, None, None, None, Some(Type::String)]),
    };
    Type::Record(vec![ty, Type::option(bytes()), Type::option(Type::String)])
}

/// `handle-message`.
pub fn handle_message(shape: Shape) -> Function {
    let response = Type::Record(vec![Type::list(message(shape))]);
    let (params, result) = if late(shape) {
        let ok = Type::Record(vec![state(shape), Type::Record(vec![response])]);
        let params = vec![state(shape), Type::Record(vec![message(shape)])];
        (params, Type::result(ok, Type::String))
    } else {
        (vec![message(shape), state(shape)], Type::Record(vec![state(shape), response]))
    };
    Function { params, result: Some(result) }
}

/// `init` in one of the shape's forms.
pub fn init(shape: Shape, form: InitForm) -> Function {
    let params = match form {
        InitForm::Bare => vec![],
        InitForm::Bytes => vec![bytes()],
        InitForm::Optional => vec![Type::option(bytes())],
        InitForm::Named => vec![Type::option(bytes()), Type::Record(vec![Type::String])],
    };
    let result = match late(shape) {
        true => Type::result(Type::Record(vec![state(shape)]), Type::String),
        false => state(shape),
    };
    Function { params, result: Some(result) }
}

/// `log`.
pub fn log() -> Function {
    Function { params: vec![Type::String], result: None }
}

/// The parameters of a call of `handle-message`.
pub fn handle_message_params(
    shape: Shape,
    message: MessageRef<'_>,
    state: Option<&[u8]>,
) -> Vec<Value> {
    let (message, state) = (message_value(shape, message), state_value(shape, state));
    if late(shape) { vec![state, Value::Record(vec![message])] } else { vec![message, state] }
}

/// The parameters of a call of `init`.
pub fn init_params(form: InitForm, state: Option<&[u8]>, name: &str) -> Vec<Value> {
    let optional = option_value(state.map(bytes_value));
    match form {
        InitForm::Bare => vec![],
        InitForm::Bytes => vec![bytes_value(state.unwrap_or_default())],
        InitForm::Optional => vec![optional],
        InitForm::Named => vec![optional, Value::Record(vec![Value::String(name.into())])],
    }
}

pub fn bytes_value(bytes: &[u8]) -> Value {
    Value::List(bytes.iter().copied().map(Value::U8).collect())
}

pub fn option_value(value: Option<Value>) -> Value {
    Value::Case(value.is_some().into(), value.map(Box::new))
}

pub fn result_value(result: Outcome<Value>) -> Value {
    match result {
        Ok(value) => Value::Case(0, Some(Box::new(value))),
        Err(text) => Value::Case(1, Some(Box::new(Value::String(text)))),
    }
}

pub fn state_value(shape: Shape, state: Option<&[u8]>) -> Value {
    if late(shape) {
        option_value(state.map(bytes_value))
    } else {
        bytes_value(state.unwrap_or_default())
    }
}

fn message_value(shape: Shape, message: MessageRef<'_>) -> Value {
    let case = match message.ty {
        MessageType::Text => 0,
        MessageType::Binary => 1,
        MessageType::Connect => 2,
        MessageType::Close => 3,
        MessageType::Ping => 4,
        MessageType::Pong => 5,
        MessageType::Other(_) => 6,
    };
    let other = match message.ty {
        MessageType::Other(name) => Some(Value::String(name.clone())),
        _ => None,
    };
    let ty = match shape {
        Shape::Guide => other.unwrap_or_else(|| Value::String(NAMES[case].into())),
        _ => Value::Case(case, other.map(Box::new)),
    };
    let data = option_value(message.data.map(bytes_value));
    let text = option_value(message.text.map(|text| Value::String(text.into())));
    Value::Record(vec![ty, data, text])
}

/// The value that an actor returns from `handle-message` for this outcome.
pub fn reply_value(shape: Shape, outcome: &Outcome<Reply>) -> Value {
    let ok = outcome.as_ref().map_err(String::clone).map(|reply| {
        let messages = reply.messages.iter().map(|m| message_value(shape, m.into())).collect();
        let response = Value::Record(vec![Value::List(messages)]);
        let response = if late(shape) { Value::Record(vec![response]) } else { response };
        Value::Record(vec![state_value(shape, reply.state.as_deref()), response])
    });
    if late(shape) { result_value(ok) } else { ok.expect("a shape that has errors") }
}

/// The value that an actor returns from `init` for this outcome.
pub fn init_value(shape: Shape, outcome: &Outcome<Option<Vec<u8>>>) -> Value {
    let state = outcome.as_ref().map_err(String::clone);
    let state = state.map(|state| state_value(shape, state.as_deref()));
    if late(shape) {
        result_value(state.map(|state| Value::Record(vec![state])))
    } else {
        state.expect("a shape that has errors")
    }
}

pub fn as_string(value: Value) -> String {
    let Value::String(text) = value else { panic!("{value:?} is no string") };
    text
}

pub fn as_list(value: Value) -> Vec<Value> {
    let Value::List(elements) = value else { panic!("{value:?} is no list") };
    elements
}

pub fn as_record<const N: usize>(value: Value) -> [Value; N] {
    let Value::Record(fields) = value else { panic!("{value:?} is no record") };
    fields.try_into().expect("as many fields")
}

pub fn as_bytes(value: Value) -> Vec<u8> {
    let byte = |value| if let Value::U8(byte) = value { byte } else { panic!("{value:?}") };
    as_list(value).into_iter().map(byte).collect()
}

pub fn as_case(value: Value) -> (usize, Option<Value>) {
    let Value::Case(case, payload) = value else { panic!("{value:?} is no variant") };
    (case, payload.map(|payload| *payload))
}

pub fn as_result(value: Value) -> Outcome<Value> {
    match as_case(value) {
        (0, Some(value)) => Ok(value),
        (_, error) => Err(as_string(error.expect("an error has a text"))),
    }
}

pub fn as_state(shape: Shape, value: Value) -> Option<Vec<u8>> {
    if late(shape) { as_case(value).1.map(as_bytes) } else { Some(as_bytes(value)) }
}

fn as_message(shape: Shape, value: Value) -> Message {
    use MessageType::{Binary, Close, Connect, Ping, Pong, Text};
    let [ty, data, text] = as_record(value);
    let (case, other) = match shape {
        Shape::Guide => {
            let name = as_string(ty);
            (NAMES.iter().position(|known| *known == name).unwrap_or(6), Some(name))
        }
        _ => {
            let (case, name) = as_case(ty);
            (case, name.map(as_string))
        }
    };
    let known = [Text, Binary, Connect, Close, Ping, Pong].into_iter().nth(case);
    let ty = known.unwrap_or_else(|| MessageType::Other(other.expect("other has a name")));
    Message { ty, data: as_case(data).1.map(as_bytes), text: as_case(text).1.map(as_string) }
}

/// The result of `handle-message` that the host must see.
pub fn as_reply(shape: Shape, value: Value) -> Outcome<Reply> {
    let ok = if late(shape) { as_result(value)? } else { value };
    let [state, mut response] = as_record(ok);
    if late(shape) {
        [response] = as_record(response);
    }
    let [messages] = as_record(response);
    let messages = as_list(messages).into_iter().map(|value| as_message(shape, value)).collect();
    Ok(Reply { state: as_state(shape, state), messages })
}

/// The result of `init` that the host must see.
pub fn as_first_state(shape: Shape, value: Value) -> Outcome<Option<Vec<u8>>> {
    if !late(shape) {
        return Ok(as_state(shape, value));
    }
    let [state] = as_record(as_result(value)?);
    Ok(as_state(shape, state))
}
