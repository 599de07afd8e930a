//! The types of the WIT that imports return or take, as Rust has them.

use alloc::string::String;

/// A message that is to be sent. It stays in the guest's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'m> {
    /// As text.
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

/// What is known of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The client's address and port.
    pub peer: String,
    /// The path that it asked for.
    pub path: String,
    /// What followed the `?`.
    pub query: String,
    /// The subprotocol that was agreed on.
    pub subprotocol: Option<String>,
    /// When the handshake was complete, in milliseconds since 1970.
    pub connected_since: u64,
}

/// Why something about a connection can't be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such connection, or it is closing.
    Gone,
    /// So many bytes wait for the client already.
    Full(u32),
    /// The call has asked for too much.
    Limit,
    /// The value can't be used.
    Invalid,
}

/// Why something about a file can't be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// There is nothing of this name in the folder.
    NotFound,
    /// It is not allowed.
    Denied,
    /// It is a folder, or none.
    WrongKind,
    /// It is too large.
    TooLarge,
    /// The call has asked for too much.
    Limit,
    /// It takes too long.
    TimedOut,
    /// Another error, in words.
    Other(String),
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A socket, a device, a link that leads nowhere.
    Other,
}

/// What stands in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is; for a link, what it leads to, if that is in the folder too.
    pub kind: Kind,
}
