//! `handle-request` of the four shapes as types, and the crate's own types as values.
//!
//! `tests/wit.rs` proves that these are the types in `wit/`.

use wit_core::{HeaderField, HttpRequest, HttpResponse, Shape, lift::HttpReply};

use super::{
    Function, Type, Value,
    interface::{
        Outcome, as_bytes, as_case, as_list, as_record, as_result, as_state, as_string, bytes,
        bytes_value, late, option_value, result_value, state, state_value,
    },
};

/// `list<tuple<string, string>>`.
fn headers() -> Type {
    Type::list(Type::Record(vec![Type::String, Type::String]))
}

/// `http-request`.
pub fn request() -> Type {
    Type::Record(vec![Type::String, Type::String, headers(), Type::option(bytes())])
}

/// `http-response`.
pub fn response() -> Type {
    Type::Record(vec![Type::U16, headers(), Type::option(bytes())])
}

/// `handle-request`.
pub fn handle_request(shape: Shape) -> Function {
    let (params, result) = if late(shape) {
        let ok = Type::Record(vec![state(shape), Type::Record(vec![response()])]);
        let params = vec![state(shape), Type::Record(vec![request()])];
        (params, Type::result(ok, Type::String))
    } else {
        (vec![request(), state(shape)], Type::Record(vec![response(), state(shape)]))
    };
    Function { params, result: Some(result) }
}

fn headers_value(headers: &[HeaderField]) -> Value {
    let field = |(name, value): &HeaderField| {
        Value::Record(vec![Value::String(name.clone()), Value::String(value.clone())])
    };
    Value::List(headers.iter().map(field).collect())
}

fn as_headers(value: Value) -> Vec<HeaderField> {
    let field = |value| {
        let [name, value] = as_record(value);
        (as_string(name), as_string(value))
    };
    as_list(value).into_iter().map(field).collect()
}

/// The parameters of a call of `handle-request`.
pub fn params(shape: Shape, request: &HttpRequest, state: Option<&[u8]>) -> Vec<Value> {
    let HttpRequest { method, uri, headers, body } = request;
    let request = Value::Record(vec![
        Value::String(method.clone()),
        Value::String(uri.clone()),
        headers_value(headers),
        option_value(body.as_deref().map(bytes_value)),
    ]);
    let state = state_value(shape, state);
    if late(shape) { vec![state, Value::Record(vec![request])] } else { vec![request, state] }
}

/// The value that an actor returns from `handle-request` for this outcome.
pub fn reply_value(shape: Shape, outcome: &Outcome<HttpReply>) -> Value {
    let ok = outcome.as_ref().map_err(String::clone).map(|HttpReply { state, response }| {
        let HttpResponse { status, headers, body } = response;
        let response = Value::Record(vec![
            Value::U16(*status),
            headers_value(headers),
            option_value(body.as_deref().map(bytes_value)),
        ]);
        let state = state_value(shape, state.as_deref());
        Value::Record(if late(shape) {
            vec![state, Value::Record(vec![response])]
        } else {
            vec![response, state]
        })
    });
    if late(shape) { result_value(ok) } else { ok.expect("a shape that has errors") }
}

/// The result of `handle-request` that the host must see.
pub fn as_reply(shape: Shape, value: Value) -> Outcome<HttpReply> {
    let (state, response) = if late(shape) {
        let [state, response] = as_record(as_result(value)?);
        let [response] = as_record(response);
        (state, response)
    } else {
        let [response, state] = as_record(value);
        (state, response)
    };
    let [status, headers, body] = as_record(response);
    let Value::U16(status) = status else { panic!("{status:?} is no status") };
    let body = as_case(body).1.map(as_bytes);
    let response = HttpResponse { status, headers: as_headers(headers), body };
    Ok(HttpReply { state: as_state(shape, state), response })
}
