//! The functions that an actor can import as types, and requests and answers as values.
//!
//! That these types are the ones in `wit/` is proved by `tests/host_wit.rs`.

use wit_core::host::{Entry, FileError, Import, Info, Kind, Payload, Refusal, Request, Response};

use super::{
    Function, Type, Value,
    interface::{bytes, bytes_value, option_value},
};

/// `payload`.
fn payload() -> Type {
    Type::Variant(vec![Some(Type::String), Some(bytes())])
}

/// `connection-info`.
fn info() -> Type {
    let texts = [Type::String, Type::String, Type::String];
    Type::Record([&texts[..], &[Type::option(Type::String), Type::U64]].concat())
}

/// `entry`.
fn entry() -> Type {
    Type::Record(vec![Type::String, Type::Variant(vec![None, None, None])])
}

/// `result<_, refusal>`, or with a value.
fn or_refusal(ok: Option<Type>) -> Type {
    let refusal = Type::Variant(vec![None, Some(Type::U32), None, None]);
    Type::Variant(vec![ok, Some(refusal)])
}

/// `result<_, error>` of a file, or with a value.
fn or_file_error(ok: Option<Type>) -> Type {
    let error = Type::Variant(vec![None, None, None, None, None, None, Some(Type::String)]);
    Type::Variant(vec![ok, Some(error)])
}

/// An import's type.
pub fn function(import: Import) -> Function {
    use Type::{String, U16, U32, U64};
    let params = match import {
        Import::Sender | Import::CancelAlarm | Import::Now => vec![],
        Import::Info | Import::Attachment | Import::SetAlarm => vec![U64],
        Import::List => vec![Type::option(String)],
        Import::Send => vec![U64, payload()],
        Import::Broadcast => vec![Type::option(String), payload(), Type::option(U64)],
        Import::Tag | Import::Untag => vec![U64, String],
        Import::SetAttachment => vec![U64, Type::option(bytes())],
        Import::Close => vec![U64, U16, String],
        Import::Random => vec![U32],
        Import::ReadFile | Import::ListFiles | Import::ReadText | Import::ReadBytes => vec![String],
        Import::WriteFile => vec![String, bytes()],
    };
    let result = match import {
        Import::SetAlarm | Import::CancelAlarm => None,
        Import::Sender => Some(Type::option(U64)),
        Import::Info => Some(Type::option(info())),
        Import::List => Some(Type::list(U64)),
        Import::Send | Import::Broadcast => Some(or_refusal(Some(U32))),
        Import::Tag | Import::Untag | Import::SetAttachment | Import::Close => {
            Some(or_refusal(None))
        }
        Import::Attachment => Some(Type::option(bytes())),
        Import::Now => Some(U64),
        Import::Random => Some(bytes()),
        Import::ReadText => Some(String),
        Import::ReadBytes => Some(Type::result(bytes(), String)),
        Import::ReadFile => Some(or_file_error(Some(bytes()))),
        Import::ListFiles => Some(or_file_error(Some(Type::list(entry())))),
        Import::WriteFile => Some(or_file_error(None)),
    };
    Function { params, result }
}

/// The parameters that a request was made of; it is one of this import.
pub fn request_values(import: Import, request: &Request<'_>) -> Vec<Value> {
    use Value::{U16, U32, U64};
    match (import, *request) {
        (Import::Sender, Request::Sender)
        | (Import::CancelAlarm, Request::CancelAlarm)
        | (Import::Now, Request::Now) => vec![],
        (Import::Info, Request::Info { id }) | (Import::Attachment, Request::Attachment { id }) => {
            vec![U64(id)]
        }
        (Import::SetAlarm, Request::SetAlarm { after }) => vec![U64(after)],
        (Import::List, Request::List { tag }) => vec![option_value(tag.map(text))],
        (Import::Send, Request::Send { id, payload }) => vec![U64(id), payload_value(payload)],
        (Import::Broadcast, Request::Broadcast { tag, payload, except }) => {
            let except = option_value(except.map(U64));
            vec![option_value(tag.map(text)), payload_value(payload), except]
        }
        (Import::Tag, Request::Tag { id, tag }) | (Import::Untag, Request::Untag { id, tag }) => {
            vec![U64(id), text(tag)]
        }
        (Import::SetAttachment, Request::SetAttachment { id, value }) => {
            vec![U64(id), option_value(value.map(bytes_value))]
        }
        (Import::Close, Request::Close { id, code, reason }) => {
            vec![U64(id), U16(code), text(reason)]
        }
        (Import::Random, Request::Random { count }) => vec![U32(count)],
        (Import::ReadFile | Import::ReadText | Import::ReadBytes, Request::ReadFile { path })
        | (Import::ListFiles, Request::ListFiles { path }) => vec![text(path)],
        (Import::WriteFile, Request::WriteFile { path, content }) => {
            vec![text(path), bytes_value(content)]
        }
        (_, other) => panic!("{other:?} is not what {import} asks for"),
    }
}

/// The result that an answer is. One to `filesystem.read-file` is a string where that is what it
/// returned then.
pub fn response_value(import: Import, response: &Response<'_>) -> Option<Value> {
    Some(match *response {
        Response::None => return None,
        Response::Time(time) => Value::U64(time),
        Response::Id(id) => option_value(id.map(Value::U64)),
        Response::Info(info) => option_value(info.map(info_value)),
        Response::Ids(ids) => Value::List(ids.iter().copied().map(Value::U64).collect()),
        Response::Count(result) => result_value(result.map(Value::U32).map(Some), refusal_value),
        Response::Done(result) => result_value(result.map(|()| None), refusal_value),
        Response::Attachment(value) => option_value(value.map(bytes_value)),
        Response::Bytes(bytes) if import == Import::ReadText => {
            text(core::str::from_utf8(bytes).expect("what is answered as text is UTF-8"))
        }
        Response::Bytes(bytes) => bytes_value(bytes),
        Response::File(ref result) => {
            result_value(result.as_ref().map(|bytes| Some(bytes_value(bytes))), file_error_value)
        }
        Response::Entries(ref result) => {
            let list = |entries: &Vec<Entry<'_>>| entries.iter().map(entry_value).collect();
            let list = result.as_ref().map(|entries| Some(Value::List(list(entries))));
            result_value(list, file_error_value)
        }
        Response::Written(ref result) => {
            result_value(result.as_ref().map(|()| None), file_error_value)
        }
        Response::TheaterFile(result) => {
            result_value(result.map(|bytes| Some(bytes_value(bytes))), text)
        }
    })
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn payload_value(payload: Payload<'_>) -> Value {
    let (case, value) = match payload {
        Payload::Text(payload) => (0, text(payload)),
        Payload::Binary(payload) => (1, bytes_value(payload)),
    };
    Value::Case(case, Some(Box::new(value)))
}

fn info_value(info: Info<'_>) -> Value {
    let texts = [info.peer, info.path, info.query].map(text);
    let subprotocol = option_value(info.subprotocol.map(text));
    Value::Record([&texts[..], &[subprotocol, Value::U64(info.connected_since)]].concat())
}

fn entry_value(entry: &Entry<'_>) -> Value {
    let kind = match entry.kind {
        Kind::File => 0,
        Kind::Folder => 1,
        Kind::Other => 2,
    };
    Value::Record(vec![text(entry.name), Value::Case(kind, None)])
}

fn result_value<E>(result: Result<Option<Value>, E>, error: impl Fn(E) -> Value) -> Value {
    match result {
        Ok(value) => Value::Case(0, value.map(Box::new)),
        Err(value) => Value::Case(1, Some(Box::new(error(value)))),
    }
}

fn refusal_value(refusal: Refusal) -> Value {
    match refusal {
        Refusal::Gone => Value::Case(0, None),
        Refusal::Full(waiting) => Value::Case(1, Some(Box::new(Value::U32(waiting)))),
        Refusal::Limit => Value::Case(2, None),
        Refusal::Invalid => Value::Case(3, None),
    }
}

fn file_error_value(error: &FileError<'_>) -> Value {
    match error {
        FileError::NotFound => Value::Case(0, None),
        FileError::Denied => Value::Case(1, None),
        FileError::WrongKind => Value::Case(2, None),
        FileError::TooLarge => Value::Case(3, None),
        FileError::Limit => Value::Case(4, None),
        FileError::TimedOut => Value::Case(5, None),
        FileError::Other(words) => Value::Case(6, Some(Box::new(text(words)))),
    }
}
