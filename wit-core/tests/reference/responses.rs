//! What imports return, each result with its value of the crate and its [`Value`].

use wit_core::{
    HttpResponse, Memory,
    host::{
        Entry, FileError, FileInfo, HttpError, Info, Kind, Lower, LoweredResult, MqttReceived,
        MqttRefusal, MqttStatus, Page, Parameters, Refusal, StorageError, Stored,
    },
};

use super::{
    Value, http,
    interface::{bytes_value, option_value},
    mqtt,
};

/// A result, as the host has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    Nothing,
    Id(Option<u64>),
    Info(Option<Info>),
    Ids(Vec<u64>),
    Count(Result<u32, Refusal>),
    Done(Result<(), Refusal>),
    Attachment(Option<Vec<u8>>),
    Bytes(Vec<u8>),
    Text(String),
    File(Result<Vec<u8>, FileError>),
    Entries(Result<Vec<Entry>, FileError>),
    Written(Result<(), FileError>),
    FileInfo(Result<FileInfo, FileError>),
    TheaterFile(Result<Vec<u8>, String>),
    TheaterNames(Result<Vec<String>, String>),
    TheaterWritten(Result<(), String>),
    TheaterExists(Result<bool, String>),
    Put(Result<(), StorageError>),
    Deleted(Result<bool, StorageError>),
    Page(Page),
    Fetched(Result<HttpResponse, HttpError>),
    Asked(Result<(), HttpError>),
    Answered(Option<Result<HttpResponse, HttpError>>),
    Sent(HttpResponse),
    TheaterSent(Result<HttpResponse, String>),
    ActorSent(Result<(), String>),
    Received(Option<MqttReceived>),
    Published(Result<(), MqttRefusal>),
    BrokerStatus(Option<MqttStatus>),
}

/// A memory in which there is room everywhere.
struct Anywhere;

impl Memory for Anywhere {
    fn size(&self) -> usize {
        usize::MAX
    }

    fn read(&self, _: u32, len: usize) -> Option<&[u8]> {
        [0; 64].get(..len)
    }

    fn write(&mut self, _: u32, _: usize) -> Option<&mut [u8]> {
        None
    }
}

/// Lays a result out for the area at this pointer, as if there were room.
fn lower<R: Lower>(at: u32, field: &'static str, result: R) -> LoweredResult {
    let place = Parameters::new(&Anywhere, &[at.into()]).place::<R>(field);
    place.expect("a multiple of the alignment").lower(result)
}

impl Response {
    /// Lays it out for the area at this pointer, which is a multiple of 8.
    pub fn lower(self, at: u32) -> LoweredResult {
        match self {
            Self::Nothing => lower(at, "result", ()),
            Self::Id(id) => lower(at, "result", id),
            Self::Info(info) => lower(at, "result", info),
            Self::Ids(ids) => lower(at, "list", ids),
            Self::Count(result) => lower(at, "result", result),
            Self::Done(result) => lower(at, "result", result),
            Self::Attachment(value) => lower(at, "attachment", value),
            Self::Bytes(bytes) => lower(at, "bytes", bytes),
            Self::Text(text) => lower(at, "bytes", text),
            Self::File(result) => lower(at, "content", result),
            Self::Entries(result) => lower(at, "list", result),
            Self::Written(result) => lower(at, "result", result),
            Self::FileInfo(result) => lower(at, "result", result),
            Self::TheaterFile(result) => lower(at, "content", result),
            Self::TheaterNames(result) => lower(at, "list", result),
            Self::TheaterWritten(result) => lower(at, "result", result),
            Self::TheaterExists(result) => lower(at, "result", result),
            Self::Put(result) => lower(at, "result", result),
            Self::Deleted(result) => lower(at, "result", result),
            Self::Page(page) => lower(at, "list", page),
            Self::Fetched(result) => lower(at, "result", result),
            Self::Asked(result) => lower(at, "result", result),
            Self::Answered(result) => lower(at, "result", result),
            Self::Sent(response) => lower(at, "result", response),
            Self::TheaterSent(result) => lower(at, "result", result),
            Self::ActorSent(result) => lower(at, "result", result),
            Self::Received(message) => lower(at, "result", message),
            Self::Published(result) => lower(at, "result", result),
            Self::BrokerStatus(status) => lower(at, "result", status),
        }
    }

    /// What the guest reads.
    pub fn value(&self) -> Option<Value> {
        Some(match self {
            Self::Nothing => return None,
            Self::Id(id) => option_value(id.map(Value::U64)),
            Self::Info(info) => option_value(info.as_ref().map(info_value)),
            Self::Ids(ids) => Value::List(ids.iter().copied().map(Value::U64).collect()),
            Self::Count(result) => {
                result_value(result.map(Value::U32).map(Some), |it| refusal_value(&it))
            }
            Self::Done(result) => result_value(result.map(|()| None), |it| refusal_value(&it)),
            Self::Attachment(value) => option_value(value.as_deref().map(bytes_value)),
            Self::Bytes(bytes) => bytes_value(bytes),
            Self::Text(it) => text(it),
            Self::File(result) => {
                let content = result.as_ref().map(|bytes| Some(bytes_value(bytes)));
                result_value(content, file_error_value)
            }
            Self::Entries(result) => {
                let list = |entries: &Vec<Entry>| entries.iter().map(entry_value).collect();
                let list = result.as_ref().map(|entries| Some(Value::List(list(entries))));
                result_value(list, file_error_value)
            }
            Self::Written(result) => result_value(result.as_ref().map(|()| None), file_error_value),
            Self::FileInfo(result) => {
                let info = |it: &FileInfo| {
                    let kind = Value::Case(kind_case(it.kind), None);
                    Some(Value::Record(vec![kind, Value::U64(it.size)]))
                };
                result_value(result.as_ref().map(info), file_error_value)
            }
            Self::TheaterNames(result) => {
                let names = |names: &Vec<String>| names.iter().map(|it| text(it)).collect();
                let names = result.as_ref().map(|it| Some(Value::List(names(it))));
                result_value(names, |it| text(it))
            }
            Self::TheaterWritten(result) => {
                result_value(result.as_ref().map(|()| None), |it| text(it))
            }
            Self::TheaterExists(result) => {
                result_value(result.as_ref().map(|it| Some(Value::Bool(*it))), |it| text(it))
            }
            Self::TheaterFile(result) => {
                result_value(result.as_ref().map(|bytes| Some(bytes_value(bytes))), |it| text(it))
            }
            Self::Put(result) => result_value(result.map(|()| None), storage_error_value),
            Self::Deleted(result) => {
                result_value(result.map(Value::Bool).map(Some), storage_error_value)
            }
            Self::Page(page) => {
                let entries = page.entries.iter().map(stored_value).collect();
                Value::Record(vec![Value::List(entries), Value::Bool(page.more)])
            }
            Self::Fetched(result) => fetched_value(result),
            Self::Asked(result) => result_value(result.as_ref().map(|()| None), http::error_value),
            Self::Answered(result) => option_value(result.as_ref().map(fetched_value)),
            Self::Sent(response) => http::response_value(response),
            Self::ActorSent(result) => result_value(result.as_ref().map(|()| None), |it| text(it)),
            Self::Received(message) => option_value(message.as_ref().map(mqtt::received_value)),
            Self::Published(result) => {
                result_value(result.as_ref().map(|()| None), mqtt::refusal_value)
            }
            Self::BrokerStatus(status) => option_value(status.as_ref().map(mqtt::status_value)),
            Self::TheaterSent(result) => {
                let response = result.as_ref().map(|it| Some(http::response_value(it)));
                result_value(response, |it| text(it))
            }
        })
    }

    /// The bytes of texts and lists in it, but for those of an error.
    pub fn content_bytes(&self) -> usize {
        let info = |info: &Info| {
            let subprotocol = info.subprotocol.as_ref().map_or(0, String::len);
            info.peer.len() + info.path.len() + info.query.len() + subprotocol
        };
        match self {
            Self::Info(Some(it)) => info(it),
            Self::Ids(ids) => 8 * ids.len(),
            Self::Attachment(Some(bytes)) | Self::Bytes(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
            Self::File(Ok(content)) | Self::TheaterFile(Ok(content)) => content.len(),
            Self::TheaterNames(Ok(names)) => names.iter().map(String::len).sum(),
            Self::Entries(Ok(entries)) => entries.iter().map(|entry| entry.name.len()).sum(),
            Self::Page(page) => {
                page.entries.iter().map(|entry| entry.key.len() + entry.value.len()).sum()
            }
            Self::Fetched(Ok(it)) | Self::Answered(Some(Ok(it))) => http::content_bytes(it),
            Self::Sent(it) | Self::TheaterSent(Ok(it)) => http::content_bytes(it),
            Self::Received(Some(it)) => mqtt::content_bytes(it),
            Self::BrokerStatus(Some(MqttStatus::Down(why))) => why.len(),
            _ => 0,
        }
    }
}

/// What the guest reads of the outcome of a request.
fn fetched_value(result: &Result<HttpResponse, HttpError>) -> Value {
    result_value(result.as_ref().map(|it| Some(http::response_value(it))), http::error_value)
}

pub fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn info_value(info: &Info) -> Value {
    let texts = [&info.peer, &info.path, &info.query].map(|it| text(it));
    let subprotocol = option_value(info.subprotocol.as_deref().map(text));
    Value::Record([&texts[..], &[subprotocol, Value::U64(info.connected_since)]].concat())
}

fn entry_value(entry: &Entry) -> Value {
    Value::Record(vec![text(&entry.name), Value::Case(kind_case(entry.kind), None)])
}

fn kind_case(kind: Kind) -> usize {
    match kind {
        Kind::File => 0,
        Kind::Folder => 1,
        Kind::Other => 2,
    }
}

fn stored_value(entry: &Stored) -> Value {
    Value::Record(vec![text(&entry.key), bytes_value(&entry.value)])
}

fn result_value<E>(result: Result<Option<Value>, E>, error: impl Fn(E) -> Value) -> Value {
    match result {
        Ok(value) => Value::Case(0, value.map(Box::new)),
        Err(value) => Value::Case(1, Some(Box::new(error(value)))),
    }
}

fn refusal_value(refusal: &Refusal) -> Value {
    match refusal {
        Refusal::Gone => Value::Case(0, None),
        Refusal::Full(waiting) => Value::Case(1, Some(Box::new(Value::U32(*waiting)))),
        Refusal::Limit => Value::Case(2, None),
        Refusal::Invalid => Value::Case(3, None),
    }
}

fn file_error_value(error: &FileError) -> Value {
    match error {
        FileError::NotFound => Value::Case(0, None),
        FileError::Denied => Value::Case(1, None),
        FileError::WrongKind => Value::Case(2, None),
        FileError::TooLarge => Value::Case(3, None),
        FileError::Limit => Value::Case(4, None),
        FileError::TimedOut => Value::Case(5, None),
        FileError::Other(words) => Value::Case(6, Some(Box::new(text(words)))),
        FileError::Exists => Value::Case(7, None),
        FileError::NotEmpty => Value::Case(8, None),
    }
}

fn storage_error_value(error: StorageError) -> Value {
    match error {
        StorageError::InvalidKey => Value::Case(0, None),
        StorageError::TooLarge => Value::Case(1, None),
        StorageError::Full(used) => Value::Case(2, Some(Box::new(Value::U32(used)))),
        StorageError::Limit => Value::Case(3, None),
    }
}
