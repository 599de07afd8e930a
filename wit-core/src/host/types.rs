//! The WIT's types that imports take and return, in Rust.

use alloc::{string::String, vec::Vec};

/// A message to be sent. It stays in the guest's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'m> {
    /// As text. The host has checked that it is UTF-8.
    Text(&'m str),
    /// As binary data.
    Binary(&'m [u8]),
}

impl<'m> Payload<'m> {
    /// Its bytes.
    pub fn as_bytes(&self) -> &'m [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// The facts about a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Where it connects from: address and port.
    pub peer: String,
    /// The path of its request, still percent-encoded.
    pub path: String,
    /// The query of its request: the part after `?`.
    pub query: String,
    /// What the handshake chose, if anything.
    pub subprotocol: Option<String>,
    /// When the handshake was complete, in milliseconds since 1970.
    pub connected_since: u64,
}

/// Why an operation on a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such connection, or it is closing.
    Gone,
    /// The client's outbox is full. These bytes wait already.
    Full(u32),
    /// The call has requested too much.
    Limit,
    /// The value is not allowed.
    Invalid,
}

/// Why an operation on a file failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// The folder has nothing with this name.
    NotFound,
    /// The operation is not allowed.
    Denied,
    /// A folder was expected and it is a file, or the other way round.
    WrongKind,
    /// The file is too large.
    TooLarge,
    /// The call has requested too much.
    Limit,
    /// The operation took too long.
    TimedOut,
    /// Another error, in words.
    Other(String),
    /// There is something with this name already.
    Exists,
    /// The folder is not empty.
    NotEmpty,
}

/// The kind of an entry in a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A socket, a device, or a link that leads nowhere.
    #[default]
    Other,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Without the folder's path.
    pub name: String,
    /// Its kind. For a link it is the kind of the target, if that is in the folder too.
    pub kind: Kind,
}

/// The facts about a file or a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// Its kind.
    pub kind: Kind,
    /// The size of a file in bytes.
    pub size: u64,
}

/// Why a change to the storage is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageError {
    /// The key is empty or too long.
    InvalidKey,
    /// The value is too large.
    TooLarge,
    /// The entries would take too much. They take these bytes already.
    Full(u32),
    /// The call has requested too much.
    Limit,
}

/// Why a request to a server failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// The manifest does not allow it.
    Denied(String),
    /// The request is not one that can be sent.
    Invalid(String),
    /// The host's name leads nowhere.
    Unresolved(String),
    /// It took too long.
    TimedOut,
    /// The answer is too large.
    TooLarge,
    /// The actor has requested too much.
    Limit,
    /// The host was stopped before the answer came.
    Interrupted,
    /// The server or the network failed, in words.
    Failed(String),
}

/// A key with its value, as the storage has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
}

/// A part of the entries of the storage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries, in the order of their keys.
    pub entries: Vec<Stored>,
    /// Whether more entries follow.
    pub more: bool,
}

/// How surely a message of MQTT comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Qos {
    /// It may be lost.
    #[default]
    AtMostOnce,
    /// It may come again.
    AtLeastOnce,
}

/// What a message of MQTT says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MqttProperties {
    /// The type of the payload. Empty for none.
    pub content_type: String,
    /// The topic for a response. Empty for none.
    pub response_topic: String,
    /// What a response should repeat. Empty for none.
    pub correlation_data: Vec<u8>,
    /// Names and values of the sender's own.
    pub user: Vec<(String, String)>,
}

/// A message of a broker, apart from the payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MqttReceived {
    /// The broker's name.
    pub broker: String,
    /// The topic.
    pub topic: String,
    /// How surely it comes.
    pub qos: Qos,
    /// Whether the broker had kept it.
    pub retained: bool,
    /// Whether the broker has sent it before.
    pub duplicate: bool,
    /// What it says about itself.
    pub properties: MqttProperties,
}

/// Why a publication is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MqttRefusal {
    /// There is no such broker.
    NoBroker,
    /// The manifest does not allow the topic.
    Denied,
    /// The topic or a property is invalid, in words.
    Invalid(String),
    /// Too much waits for the broker. These bytes wait already.
    Full(u32),
    /// The call has requested too much.
    Limit,
}

/// Whether there is a connection with a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MqttStatus {
    /// There is one.
    Up,
    /// There is none, and why.
    Down(String),
}
