//! Requests to servers: their types, and their values in the crate and as [`Value`].

use wit_core::{
    HttpResponse, LiftError, Memory,
    host::{
        HttpError, Parameters,
        http::{MostFields, RequestRef},
    },
};

use super::{
    Type, Value,
    interface::{bytes, bytes_value, option_value},
    responses::text,
};

/// Everything is read.
const ALL: MostFields = MostFields { count: usize::MAX, bytes: usize::MAX };

/// `list<header>`
fn fields() -> Type {
    Type::list(Type::Record(vec![Type::String, Type::String]))
}

/// `http-request`
pub fn request() -> Type {
    Type::Record(vec![Type::String, Type::String, fields(), Type::option(bytes())])
}

/// `options`
pub fn options() -> Type {
    Type::Record(vec![Type::option(Type::U32), Type::option(Type::U32), Type::Bool])
}

/// `http-response`
pub fn response() -> Type {
    Type::Record(vec![Type::U16, fields(), Type::option(bytes())])
}

/// `result<_, error>` of a request, or with a value.
pub fn or_error(ok: Option<Type>) -> Type {
    let text = || Some(Type::String);
    let cases = vec![text(), text(), text(), None, None, None, None, text()];
    Type::Variant(vec![ok, Some(Type::Variant(cases))])
}

/// Lifts an `http-request`.
pub fn lift_request<M: Memory + ?Sized>(
    from: &mut Parameters<'_, M>,
    name: &'static str,
) -> Result<Value, LiftError> {
    let RequestRef { method, uri, headers, body } = from.request(name, ALL)?;
    let pair = |(name, value): &(&str, &str)| Value::Record(vec![text(name), text(value)]);
    let headers = headers.expect("all are read").iter().map(pair).collect();
    let body = option_value(body.map(bytes_value));
    Ok(Value::Record(vec![text(method), text(uri), Value::List(headers), body]))
}

/// Lifts `options`.
pub fn lift_options<M: Memory + ?Sized>(
    from: &mut Parameters<'_, M>,
    name: &'static str,
) -> Result<Value, LiftError> {
    let one = option_value(from.optional_u32(name)?.map(Value::U32));
    let other = option_value(from.optional_u32(name)?.map(Value::U32));
    Ok(Value::Record(vec![one, other, Value::Bool(from.boolean())]))
}

/// What the guest reads of a response.
pub fn response_value(response: &HttpResponse) -> Value {
    let HttpResponse { status, headers, body } = response;
    let pair = |(name, value): &(String, String)| Value::Record(vec![text(name), text(value)]);
    let headers = Value::List(headers.iter().map(pair).collect());
    let body = option_value(body.as_deref().map(bytes_value));
    Value::Record(vec![Value::U16(*status), headers, body])
}

/// What the guest reads of an error.
pub fn error_value(error: &HttpError) -> Value {
    let with = |case, words: &str| Value::Case(case, Some(Box::new(text(words))));
    match error {
        HttpError::Denied(words) => with(0, words),
        HttpError::Invalid(words) => with(1, words),
        HttpError::Unresolved(words) => with(2, words),
        HttpError::TimedOut => Value::Case(3, None),
        HttpError::TooLarge => Value::Case(4, None),
        HttpError::Limit => Value::Case(5, None),
        HttpError::Interrupted => Value::Case(6, None),
        HttpError::Failed(words) => with(7, words),
    }
}

/// The bytes of texts and lists in a response.
pub fn content_bytes(response: &HttpResponse) -> usize {
    let fields = response.headers.iter().map(|(name, value)| name.len() + value.len());
    fields.sum::<usize>() + response.body.as_ref().map_or(0, Vec::len)
}
