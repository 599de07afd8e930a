//! The types that imports take and return, with their values in the crate and as [`Value`].
//!
//! `tests/host_wit.rs` proves that these are the types in `wit/`.

use wit_core::{
    HttpResponse, LiftError, Memory,
    host::{
        Area, Entry, FileError, FileInfo, HttpError, Info, MqttReceived, MqttRefusal, MqttStatus,
        Page, Parameters, Payload, Refusal, StorageError,
    },
};

pub use super::signature::Signature;
use super::{
    Type, Value, http,
    interface::{bytes, bytes_value, option_value},
    mqtt,
    responses::text,
};

/// A type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    U64,
    U32,
    U16,
    Text,
    Bytes,
    OptionText,
    OptionBytes,
    OptionU64,
    Payload,
    Request,
    Options,
    Publication,
}

impl Param {
    pub const ALL: [Self; 12] = [
        Self::U64,
        Self::U32,
        Self::U16,
        Self::Text,
        Self::Bytes,
        Self::OptionText,
        Self::OptionBytes,
        Self::OptionU64,
        Self::Payload,
        Self::Request,
        Self::Options,
        Self::Publication,
    ];

    /// The type in the reference's form.
    pub fn ty(self) -> Type {
        match self {
            Self::U64 => Type::U64,
            Self::U32 => Type::U32,
            Self::U16 => Type::U16,
            Self::Text => Type::String,
            Self::Bytes => bytes(),
            Self::OptionText => Type::option(Type::String),
            Self::OptionBytes => Type::option(bytes()),
            Self::OptionU64 => Type::option(Type::U64),
            Self::Payload => Type::Variant(vec![Some(Type::String), Some(bytes())]),
            Self::Request => http::request(),
            Self::Options => http::options(),
            Self::Publication => mqtt::publication(),
        }
    }

    /// Lifts the next parameter.
    pub fn lift<M: Memory + ?Sized>(
        self,
        from: &mut Parameters<'_, M>,
        name: &'static str,
    ) -> Result<Value, LiftError> {
        Ok(match self {
            Self::U64 => Value::U64(from.u64()),
            Self::U32 => Value::U32(from.u32()),
            Self::U16 => Value::U16(from.u16()),
            Self::Text => text(from.text(name)?),
            Self::Bytes => bytes_value(from.bytes(name)?),
            Self::OptionText => option_value(from.optional_text(name)?.map(text)),
            Self::OptionBytes => option_value(from.optional_bytes(name)?.map(bytes_value)),
            Self::OptionU64 => option_value(from.optional_u64(name)?.map(Value::U64)),
            Self::Request => http::lift_request(from, name)?,
            Self::Options => http::lift_options(from, name)?,
            Self::Publication => mqtt::lift_publication(from, name)?,
            Self::Payload => {
                let (case, value) = match from.payload(name)? {
                    Payload::Text(payload) => (0, text(payload)),
                    Payload::Binary(payload) => (1, bytes_value(payload)),
                };
                Value::Case(case, Some(Box::new(value)))
            }
        })
    }
}

/// A type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    Nothing,
    Id,
    Info,
    Ids,
    Count,
    Done,
    Attachment,
    Bytes,
    Text,
    File,
    Entries,
    Written,
    FileInfo,
    TheaterFile,
    TheaterNames,
    TheaterWritten,
    TheaterExists,
    Put,
    Deleted,
    Page,
    Fetched,
    Asked,
    Answered,
    Sent,
    TheaterSent,
    ActorSent,
    Received,
    Published,
    BrokerStatus,
}

/// Runs code with the crate's type of a result.
macro_rules! with_type {
    ($returned:expr, $R:ident => $body:expr) => {
        match $returned {
            Returned::Nothing => {
                type $R = ();
                $body
            }
            Returned::Id => {
                type $R = Option<u64>;
                $body
            }
            Returned::Info => {
                type $R = Option<Info>;
                $body
            }
            Returned::Ids => {
                type $R = Vec<u64>;
                $body
            }
            Returned::Count => {
                type $R = Result<u32, Refusal>;
                $body
            }
            Returned::Done => {
                type $R = Result<(), Refusal>;
                $body
            }
            Returned::Attachment => {
                type $R = Option<Vec<u8>>;
                $body
            }
            Returned::Bytes => {
                type $R = Vec<u8>;
                $body
            }
            Returned::Text => {
                type $R = String;
                $body
            }
            Returned::File => {
                type $R = Result<Vec<u8>, FileError>;
                $body
            }
            Returned::Entries => {
                type $R = Result<Vec<Entry>, FileError>;
                $body
            }
            Returned::Written => {
                type $R = Result<(), FileError>;
                $body
            }
            Returned::FileInfo => {
                type $R = Result<FileInfo, FileError>;
                $body
            }
            Returned::TheaterFile => {
                type $R = Result<Vec<u8>, String>;
                $body
            }
            Returned::TheaterNames => {
                type $R = Result<Vec<String>, String>;
                $body
            }
            Returned::TheaterWritten => {
                type $R = Result<(), String>;
                $body
            }
            Returned::TheaterExists => {
                type $R = Result<bool, String>;
                $body
            }
            Returned::Put => {
                type $R = Result<(), StorageError>;
                $body
            }
            Returned::Deleted => {
                type $R = Result<bool, StorageError>;
                $body
            }
            Returned::Page => {
                type $R = Page;
                $body
            }
            Returned::Fetched => {
                type $R = Result<HttpResponse, HttpError>;
                $body
            }
            Returned::Asked => {
                type $R = Result<(), HttpError>;
                $body
            }
            Returned::Answered => {
                type $R = Option<Result<HttpResponse, HttpError>>;
                $body
            }
            Returned::Sent => {
                type $R = HttpResponse;
                $body
            }
            Returned::TheaterSent => {
                type $R = Result<HttpResponse, String>;
                $body
            }
            Returned::ActorSent => {
                type $R = Result<(), String>;
                $body
            }
            Returned::Received => {
                type $R = Option<MqttReceived>;
                $body
            }
            Returned::Published => {
                type $R = Result<(), MqttRefusal>;
                $body
            }
            Returned::BrokerStatus => {
                type $R = Option<MqttStatus>;
                $body
            }
        }
    };
}

impl Returned {
    pub const ALL: [Self; 29] = [
        Self::Nothing,
        Self::Id,
        Self::Info,
        Self::Ids,
        Self::Count,
        Self::Done,
        Self::Attachment,
        Self::Bytes,
        Self::Text,
        Self::File,
        Self::Entries,
        Self::Written,
        Self::FileInfo,
        Self::TheaterFile,
        Self::TheaterNames,
        Self::TheaterWritten,
        Self::TheaterExists,
        Self::Put,
        Self::Deleted,
        Self::Page,
        Self::Fetched,
        Self::Asked,
        Self::Answered,
        Self::Sent,
        Self::TheaterSent,
        Self::ActorSent,
        Self::Received,
        Self::Published,
        Self::BrokerStatus,
    ];

    /// The type in the reference's form.
    pub fn ty(self) -> Option<Type> {
        Some(match self {
            Self::Nothing => return None,
            Self::Id => Type::option(Type::U64),
            Self::Info => Type::option(info()),
            Self::Ids => Type::list(Type::U64),
            Self::Count => or_refusal(Some(Type::U32)),
            Self::Done => or_refusal(None),
            Self::Attachment => Type::option(bytes()),
            Self::Bytes => bytes(),
            Self::Text => Type::String,
            Self::File => or_file_error(Some(bytes())),
            Self::Entries => or_file_error(Some(Type::list(entry()))),
            Self::Written => or_file_error(None),
            Self::FileInfo => {
                let kind = Type::Variant(vec![None, None, None]);
                or_file_error(Some(Type::Record(vec![kind, Type::U64])))
            }
            Self::TheaterFile => Type::result(bytes(), Type::String),
            Self::TheaterNames => Type::result(Type::list(Type::String), Type::String),
            Self::TheaterWritten => Type::Variant(vec![None, Some(Type::String)]),
            Self::TheaterExists => Type::result(Type::Bool, Type::String),
            Self::Put => or_storage_error(None),
            Self::Deleted => or_storage_error(Some(Type::Bool)),
            Self::Page => Type::Record(vec![Type::list(stored()), Type::Bool]),
            Self::Fetched => http::or_error(Some(http::response())),
            Self::Asked => http::or_error(None),
            Self::Answered => Type::option(http::or_error(Some(http::response()))),
            Self::Sent => http::response(),
            Self::TheaterSent => Type::result(http::response(), Type::String),
            Self::ActorSent => Type::Variant(vec![None, Some(Type::String)]),
            Self::Received => Type::option(mqtt::received()),
            Self::Published => mqtt::published(),
            Self::BrokerStatus => Type::option(mqtt::status()),
        })
    }

    /// The area in the crate.
    pub fn area(self) -> Option<Area> {
        with_type!(self, R => Area::of::<R>())
    }

    /// Ends the parameters. Returns the place for the result in its `Debug` form.
    pub fn place<M: Memory + ?Sized>(self, from: Parameters<'_, M>) -> Result<String, LiftError> {
        with_type!(self, R => from.place::<R>("result").map(|place| format!("{place:?}")))
    }
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
    let error =
        Type::Variant(vec![None, None, None, None, None, None, Some(Type::String), None, None]);
    Type::Variant(vec![ok, Some(error)])
}

/// `entry` of the storage.
fn stored() -> Type {
    Type::Record(vec![Type::String, bytes()])
}

/// `result<_, error>` of the storage, or with a value.
fn or_storage_error(ok: Option<Type>) -> Type {
    let error = Type::Variant(vec![None, None, Some(Type::U32), None]);
    Type::Variant(vec![ok, Some(error)])
}
