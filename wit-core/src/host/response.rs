//! What the host answers, and how each answer is laid out where the guest wants it (canonical
//! ABI, *lower*; the offsets follow from *alignment* and *element size*).

use alloc::vec::Vec;

use super::lower_result::{AREA, LoweredResult, length};

/// What is known of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info<'a> {
    /// The client's address and port.
    pub peer: &'a str,
    /// The path that it asked for.
    pub path: &'a str,
    /// What followed the `?`.
    pub query: &'a str,
    /// The subprotocol that was agreed on.
    pub subprotocol: Option<&'a str>,
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
pub enum FileError<'a> {
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
    Other(&'a str),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub kind: Kind,
}

/// What the host answers. Which import has which answer is in its WIT type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// Nothing: `alarm.set`, `alarm.cancel`.
    None,
    /// The core result itself: `clock.now`.
    Time(u64),
    /// `option<connection-id>`
    Id(Option<u64>),
    /// `option<connection-info>`
    Info(Option<Info<'a>>),
    /// `list<connection-id>`
    Ids(&'a [u64]),
    /// `result<u32, refusal>`
    Count(Result<u32, Refusal>),
    /// `result<_, refusal>`
    Done(Result<(), Refusal>),
    /// `option<list<u8>>`
    Attachment(Option<&'a [u8]>),
    /// `list<u8>`; or Theater's `string`, which has to be UTF-8: this is not checked here
    Bytes(&'a [u8]),
    /// `result<list<u8>, error>`
    File(Result<&'a [u8], FileError<'a>>),
    /// `result<list<entry>, error>`
    Entries(Result<Vec<Entry<'a>>, FileError<'a>>),
    /// `result<_, error>`
    Written(Result<(), FileError<'a>>),
    /// Theater's `result<list<u8>, string>`
    TheaterFile(Result<&'a [u8], &'a str>),
}

/// The size of an `entry` in a list.
const ENTRY: usize = 12;

impl<'a> Response<'a> {
    /// Lays the answer out for the area at `pointer`, which [`Request::lift`] gave.
    ///
    /// [`Request::lift`]: super::Request::lift
    pub fn lower(&self, pointer: u32) -> LoweredResult<'a> {
        let mut to = LoweredResult::new(pointer);
        match self {
            Self::None | Self::Time(_) => {}
            Self::Id(id) => {
                to.size(16);
                to.u8(0, u8::from(id.is_some()));
                to.u64(8, id.unwrap_or_default());
            }
            Self::Info(info) => info_record(&mut to, *info),
            Self::Ids(ids) => {
                to.size(8);
                let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
                to.list(0, "list", bytes.into(), 8, ids.len());
            }
            Self::Count(Ok(count)) => {
                to.size(12);
                to.u32(4, *count);
            }
            Self::Done(Ok(())) => to.size(12),
            Self::Count(Err(refusal)) | Self::Done(Err(refusal)) => {
                to.size(12);
                refused(&mut to, *refusal);
            }
            Self::Attachment(value) => {
                to.size(12);
                if let Some(value) = *value {
                    to.u8(0, 1);
                    to.bytes(AREA, 4, "attachment", value);
                }
            }
            Self::Bytes(bytes) => {
                to.size(8);
                to.bytes(AREA, 0, "bytes", bytes);
            }
            Self::File(Ok(content)) => {
                to.size(16);
                to.bytes(AREA, 4, "content", content);
            }
            Self::Entries(Ok(entries)) => {
                to.size(16);
                listing(&mut to, entries);
            }
            Self::Written(Ok(())) => to.size(16),
            Self::File(Err(error)) | Self::Entries(Err(error)) | Self::Written(Err(error)) => {
                to.size(16);
                failed(&mut to, error);
            }
            Self::TheaterFile(result) => {
                to.size(12);
                let (case, bytes) = match *result {
                    Ok(content) => (0, content),
                    Err(text) => (1, text.as_bytes()),
                };
                to.u8(0, case);
                to.bytes(AREA, 4, "content", bytes);
            }
        }
        to
    }
}

/// An `option<connection-info>`.
fn info_record<'a>(to: &mut LoweredResult<'a>, info: Option<Info<'a>>) {
    to.size(56);
    let Some(info) = info else { return };
    to.u8(0, 1);
    to.bytes(AREA, 8, "peer", info.peer.as_bytes());
    to.bytes(AREA, 16, "path", info.path.as_bytes());
    to.bytes(AREA, 24, "query", info.query.as_bytes());
    if let Some(subprotocol) = info.subprotocol {
        to.u8(32, 1);
        to.bytes(AREA, 36, "subprotocol", subprotocol.as_bytes());
    }
    to.u64(48, info.connected_since);
}

/// A `result` that is an error, with a `refusal`.
fn refused(to: &mut LoweredResult<'_>, refusal: Refusal) {
    to.u8(0, 1);
    let case = match refusal {
        Refusal::Gone => 0,
        Refusal::Full(waiting) => {
            to.u32(8, waiting);
            1
        }
        Refusal::Limit => 2,
        Refusal::Invalid => 3,
    };
    to.u8(4, case);
}

/// A `result` that is an error, with a file's `error`.
fn failed<'a>(to: &mut LoweredResult<'a>, error: &FileError<'a>) {
    to.u8(0, 1);
    let case = match error {
        FileError::NotFound => 0,
        FileError::Denied => 1,
        FileError::WrongKind => 2,
        FileError::TooLarge => 3,
        FileError::Limit => 4,
        FileError::TimedOut => 5,
        FileError::Other(text) => {
            to.bytes(AREA, 8, "error", text.as_bytes());
            6
        }
    };
    to.u8(4, case);
}

/// A `result` with a list of entries, which point to the names.
fn listing<'a>(to: &mut LoweredResult<'a>, entries: &[Entry<'a>]) {
    let mut bytes = Vec::with_capacity(entries.len().saturating_mul(ENTRY));
    for entry in entries {
        let kind = match entry.kind {
            Kind::File => 0,
            Kind::Folder => 1,
            Kind::Other => 2,
        };
        // The name's pointer, which is not known yet, its length, and the kind.
        bytes.extend([0; 4]);
        bytes.extend(length(entry.name.len()));
        bytes.extend([kind, 0, 0, 0]);
    }
    let list = to.list(4, "list", bytes.into(), 4, entries.len());
    for (index, entry) in entries.iter().enumerate() {
        to.bytes(list, index.saturating_mul(ENTRY), "name", entry.name.as_bytes());
    }
}
