//! What answers to imports are made of. A [`Response`] borrows; this is what it borrows from.

use proptest::{collection::vec, prelude::*};
use wit_core::host::{Entry, FileError, Import, Info, Kind, Refusal, Response};

use super::strategies::{bytes, text};

/// Enough for an answer to any import.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Which of an answer's cases it is, as far as it has so many.
    pub case: u8,
    pub number: u64,
    pub texts: [String; 4],
    pub bytes: Vec<u8>,
    pub ids: Vec<u64>,
    /// A folder's entries: each name, and which kind it is of.
    pub names: Vec<(String, u8)>,
}

/// Any parts.
pub fn parts() -> impl Strategy<Value = Parts> {
    let texts = [text(), text(), text(), text()];
    let ids = vec(any::<u64>(), 0..8);
    let names = vec((text(), any::<u8>()), 0..8);
    (any::<u8>(), any::<u64>(), texts, bytes(), ids, names).prop_map(
        |(case, number, texts, bytes, ids, names)| Parts { case, number, texts, bytes, ids, names },
    )
}

impl Parts {
    /// How many cases are enough to have every answer to this import.
    pub fn cases(import: Import) -> u8 {
        match import {
            Import::Send | Import::Broadcast => 5,
            Import::Tag | Import::Untag | Import::SetAttachment | Import::Close => 5,
            Import::ReadFile | Import::ListFiles | Import::WriteFile => 8,
            Import::Info => 4,
            Import::Sender | Import::Attachment | Import::ReadBytes => 2,
            _ => 1,
        }
    }

    /// The entries.
    pub fn entries(&self) -> Vec<Entry<'_>> {
        let kinds = [Kind::File, Kind::Folder, Kind::Other];
        let entries = self.names.iter();
        entries.map(|(name, kind)| Entry { name, kind: kinds[usize::from(*kind) % 3] }).collect()
    }

    /// An answer to this import.
    pub fn response<'a>(&'a self, import: Import, entries: &'a [Entry<'a>]) -> Response<'a> {
        let is_there = self.case & 1 == 1;
        match import {
            Import::Sender => Response::Id(is_there.then_some(self.number)),
            Import::Info => Response::Info(is_there.then(|| self.info())),
            Import::List => Response::Ids(&self.ids),
            Import::Send | Import::Broadcast => {
                Response::Count(self.refusal().map_or(Ok(self.number as u32), Err))
            }
            Import::Tag | Import::Untag | Import::SetAttachment | Import::Close => {
                Response::Done(self.refusal().map_or(Ok(()), Err))
            }
            Import::Attachment => Response::Attachment(is_there.then_some(&self.bytes)),
            Import::SetAlarm | Import::CancelAlarm => Response::None,
            Import::Now => Response::Time(self.number),
            Import::Random => Response::Bytes(&self.bytes),
            Import::ReadText => Response::Bytes(self.texts[0].as_bytes()),
            Import::ReadFile => Response::File(self.file_error().map_or(Ok(&self.bytes), Err)),
            Import::ListFiles => {
                Response::Entries(self.file_error().map_or(Ok(entries.to_vec()), Err))
            }
            Import::WriteFile => Response::Written(self.file_error().map_or(Ok(()), Err)),
            Import::ReadBytes => Response::TheaterFile(match is_there {
                true => Ok(&self.bytes),
                false => Err(&self.texts[0]),
            }),
        }
    }

    fn info(&self) -> Info<'_> {
        let [peer, path, query, subprotocol] = &self.texts;
        let subprotocol = (self.case & 2 == 0).then_some(subprotocol.as_str());
        Info { peer, path, query, subprotocol, connected_since: self.number }
    }

    /// Half of all answers are none.
    fn refusal(&self) -> Option<Refusal> {
        match self.case % 8 {
            0 => Some(Refusal::Gone),
            1 => Some(Refusal::Full(self.number as u32)),
            2 => Some(Refusal::Limit),
            3 => Some(Refusal::Invalid),
            _ => None,
        }
    }

    /// Half of all answers are none.
    fn file_error(&self) -> Option<FileError<'_>> {
        match self.case % 14 {
            0 => Some(FileError::NotFound),
            1 => Some(FileError::Denied),
            2 => Some(FileError::WrongKind),
            3 => Some(FileError::TooLarge),
            4 => Some(FileError::Limit),
            5 => Some(FileError::TimedOut),
            6 => Some(FileError::Other(&self.texts[0])),
            _ => None,
        }
    }
}
