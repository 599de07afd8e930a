//! What an actor's request is answered with, owned by the host until it is placed in the guest.

use std::{fmt, sync::Arc};

use wit_core::host::{Import, Info, LoweredResult, Refusal, Response};

use crate::{
    exchange::{ConnectionId, Session},
    files::{self, Failure},
};

/// What a request is answered with.
#[derive(Debug)]
pub enum Given {
    /// Nothing.
    Nothing,
    /// A connection.
    Id(Option<ConnectionId>),
    /// What is known of a connection: its own record, and its address as text.
    Info(Option<(Arc<Session>, String)>),
    /// Connections.
    Ids(Vec<u64>),
    /// How many bytes wait, or how many receivers there are.
    Count(Result<u32, Refusal>),
    /// That it is done.
    Done(Result<(), Refusal>),
    /// What is kept with a connection.
    Attachment(Option<Vec<u8>>),
    /// Random bytes, or Theater's file as text.
    Bytes(Vec<u8>),
    /// A file's content.
    File(Result<Vec<u8>, Failure>),
    /// The same, as Theater has it.
    TheaterFile(Result<Vec<u8>, String>),
    /// What is in a folder.
    Entries(Result<Vec<files::DirEntry>, Failure>),
    /// Whether a file can be written.
    Written(Result<(), Failure>),
}

/// Why a request ends the call like a trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswerable(pub String);

impl fmt::Display for Unanswerable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Given {
    /// Lays it out for the guest.
    pub fn lower(&self, pointer: u32) -> LoweredResult<'_> {
        self.response().lower(pointer)
    }

    /// A file's content as this import has it.
    ///
    /// # Errors
    /// Theater's first `read-file` has no way to say that something went wrong.
    pub fn of(self, import: Import) -> Result<Self, Unanswerable> {
        let Self::File(result) = self else { return Ok(self) };
        match import {
            Import::ReadText => {
                let content = result.map_err(|failure| Unanswerable(failure.to_string()))?;
                let text = String::from_utf8(content);
                let text = text.map_err(|_| Unanswerable("the file is not UTF-8".into()))?;
                Ok(Self::Bytes(text.into_bytes()))
            }
            Import::ReadBytes => {
                Ok(Self::TheaterFile(result.map_err(|failure| failure.to_string())))
            }
            _ => Ok(Self::File(result)),
        }
    }

    /// The bytes that the guest gets of it.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Info(Some((session, peer))) => {
                let client = session.client();
                let subprotocol = client.subprotocol.as_ref().map_or(0, |name| name.len());
                peer.len() + client.path.len() + client.query.len() + subprotocol
            }
            Self::Ids(ids) => ids.len() * size_of::<u64>(),
            Self::Attachment(Some(bytes)) | Self::Bytes(bytes) => bytes.len(),
            Self::File(Ok(content)) | Self::TheaterFile(Ok(content)) => content.len(),
            Self::Entries(Ok(entries)) => entries.iter().map(|entry| entry.name.len()).sum(),
            _ => 0,
        }
    }

    /// Whether it is a refusal.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Count(Err(_)) | Self::Done(Err(_)) | Self::Written(Err(Failure::Limit))
        )
    }

    /// As the codec has it.
    fn response(&self) -> Response<'_> {
        match self {
            Self::Nothing => Response::None,
            Self::Id(id) => Response::Id(id.map(|id| id.0)),
            Self::Info(info) => Response::Info(info.as_ref().map(|(session, peer)| {
                let client = session.client();
                Info {
                    peer,
                    path: &client.path,
                    query: &client.query,
                    subprotocol: client.subprotocol.as_deref(),
                    connected_since: client.since,
                }
            })),
            Self::Ids(ids) => Response::Ids(ids),
            Self::Count(result) => Response::Count(*result),
            Self::Done(result) => Response::Done(*result),
            Self::Attachment(value) => Response::Attachment(value.as_deref()),
            Self::Bytes(bytes) => Response::Bytes(bytes),
            Self::File(Ok(content)) => Response::File(Ok(content)),
            Self::File(Err(failure)) => Response::File(Err(failure.as_error())),
            Self::TheaterFile(Ok(content)) => Response::TheaterFile(Ok(content)),
            Self::TheaterFile(Err(text)) => Response::TheaterFile(Err(text)),
            Self::Entries(Ok(entries)) => {
                Response::Entries(Ok(entries.iter().map(files::DirEntry::as_entry).collect()))
            }
            Self::Entries(Err(failure)) => Response::Entries(Err(failure.as_error())),
            Self::Written(Ok(())) => Response::Written(Ok(())),
            Self::Written(Err(failure)) => Response::Written(Err(failure.as_error())),
        }
    }
}
