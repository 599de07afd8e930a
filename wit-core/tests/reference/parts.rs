//! The values that results of imports are made from.

use proptest::{collection::vec, prelude::*};
use wit_core::{
    HttpResponse,
    host::{
        Entry, FileError, FileInfo, HttpError, Info, Kind, MqttProperties, MqttReceived,
        MqttRefusal, MqttStatus, Page, Qos, Refusal, StorageError, Stored,
    },
};

use super::{
    imports::Returned,
    responses::Response,
    strategies::{bytes, text},
};

/// Enough values for a result of any type.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The index of the answer's case. It wraps around at the number of cases.
    pub case: u8,
    pub number: u64,
    pub texts: [String; 4],
    pub bytes: Vec<u8>,
    pub ids: Vec<u64>,
    /// The entries of a folder: each name and its kind. Or those of the storage: each key, and a
    /// value of up to 7 bytes.
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
    /// The number of cases that covers every result of this type.
    pub fn cases(returned: Returned) -> u8 {
        match returned {
            Returned::Count | Returned::Done | Returned::Put | Returned::Deleted => 5,
            Returned::File | Returned::Entries | Returned::Written | Returned::FileInfo => 10,
            Returned::Fetched | Returned::Asked | Returned::Answered => 17,
            Returned::Info => 4,
            Returned::Published => 6,
            Returned::BrokerStatus => 3,
            Returned::Received => 9,
            Returned::Sent | Returned::TheaterSent | Returned::ActorSent => 2,
            Returned::Id | Returned::Attachment | Returned::Page => 2,
            Returned::TheaterFile | Returned::TheaterNames => 2,
            Returned::TheaterWritten | Returned::TheaterExists => 2,
            _ => 1,
        }
    }

    /// A result of this type.
    pub fn response(&self, returned: Returned) -> Response {
        let is_there = self.case & 1 == 1;
        let bytes = || self.bytes.clone();
        match returned {
            Returned::Nothing => Response::Nothing,
            Returned::Id => Response::Id(is_there.then_some(self.number)),
            Returned::Info => Response::Info(is_there.then(|| self.info())),
            Returned::Ids => Response::Ids(self.ids.clone()),
            Returned::Count => Response::Count(self.refusal().map_or(Ok(self.number as u32), Err)),
            Returned::Done => Response::Done(self.refusal().map_or(Ok(()), Err)),
            Returned::Attachment => Response::Attachment(is_there.then(bytes)),
            Returned::Bytes => Response::Bytes(bytes()),
            Returned::Text => Response::Text(self.texts[0].clone()),
            Returned::File => Response::File(self.file_error().map_or_else(|| Ok(bytes()), Err)),
            Returned::Entries => {
                Response::Entries(self.file_error().map_or_else(|| Ok(self.entries()), Err))
            }
            Returned::Written => Response::Written(self.file_error().map_or(Ok(()), Err)),
            Returned::TheaterFile => Response::TheaterFile(match is_there {
                true => Ok(bytes()),
                false => Err(self.texts[0].clone()),
            }),
            Returned::FileInfo => {
                let kind = [Kind::File, Kind::Folder, Kind::Other][usize::from(self.case % 3)];
                let info = FileInfo { kind, size: self.number };
                Response::FileInfo(self.file_error().map_or(Ok(info), Err))
            }
            Returned::TheaterNames => Response::TheaterNames(match is_there {
                true => Ok(self.names.iter().map(|(name, _)| name.clone()).collect()),
                false => Err(self.texts[0].clone()),
            }),
            Returned::TheaterWritten => Response::TheaterWritten(match is_there {
                true => Ok(()),
                false => Err(self.texts[0].clone()),
            }),
            Returned::TheaterExists => Response::TheaterExists(match is_there {
                true => Ok(self.number & 1 == 1),
                false => Err(self.texts[0].clone()),
            }),
            Returned::Put => Response::Put(self.storage_error().map_or(Ok(()), Err)),
            Returned::Deleted => {
                Response::Deleted(self.storage_error().map_or(Ok(self.number & 1 == 1), Err))
            }
            Returned::Page => Response::Page(Page { entries: self.stored(), more: is_there }),
            Returned::Fetched => Response::Fetched(self.fetched()),
            Returned::Asked => Response::Asked(self.fetched().map(|_| ())),
            Returned::Answered => {
                Response::Answered((self.case % 17 != 16).then(|| self.fetched()))
            }
            Returned::Sent => Response::Sent(self.http()),
            Returned::ActorSent => Response::ActorSent(match is_there {
                true => Ok(()),
                false => Err(self.texts[0].clone()),
            }),
            Returned::Received => Response::Received((self.case % 9 != 8).then(|| self.received())),
            Returned::Published => Response::Published(match self.case % 6 {
                0 => Err(MqttRefusal::NoBroker),
                1 => Err(MqttRefusal::Denied),
                2 => Err(MqttRefusal::Invalid(self.texts[0].clone())),
                3 => Err(MqttRefusal::Full(self.number as u32)),
                4 => Err(MqttRefusal::Limit),
                _ => Ok(()),
            }),
            Returned::BrokerStatus => Response::BrokerStatus(match self.case % 3 {
                0 => None,
                1 => Some(MqttStatus::Up),
                _ => Some(MqttStatus::Down(self.texts[0].clone())),
            }),
            Returned::TheaterSent => Response::TheaterSent(match is_there {
                true => Ok(self.http()),
                false => Err(self.texts[0].clone()),
            }),
        }
    }

    fn received(&self) -> MqttReceived {
        let [broker, topic, content_type, response_topic] = self.texts.clone();
        let pair = |(name, value): &(String, u8)| (name.clone(), value.to_string());
        let user = self.names.iter().map(pair).collect();
        let correlation_data = self.bytes.clone();
        let is = |bit: u8| self.case & bit != 0;
        MqttReceived {
            broker,
            topic,
            qos: if is(1) { Qos::AtLeastOnce } else { Qos::AtMostOnce },
            retained: is(2),
            duplicate: is(4),
            properties: MqttProperties { content_type, response_topic, correlation_data, user },
        }
    }

    fn http(&self) -> HttpResponse {
        let header = |(name, value): &(String, u8)| (name.clone(), value.to_string());
        HttpResponse {
            status: self.number as u16,
            headers: self.names.iter().map(header).collect(),
            body: (self.case & 1 == 1).then(|| self.bytes.clone()),
        }
    }

    /// Half of all outcomes are no error.
    fn fetched(&self) -> Result<HttpResponse, HttpError> {
        let text = || self.texts[0].clone();
        Err(match self.case % 16 {
            0 => HttpError::Denied(text()),
            1 => HttpError::Invalid(text()),
            2 => HttpError::Unresolved(text()),
            3 => HttpError::TimedOut,
            4 => HttpError::TooLarge,
            5 => HttpError::Limit,
            6 => HttpError::Interrupted,
            7 => HttpError::Failed(text()),
            _ => return Ok(self.http()),
        })
    }

    fn entries(&self) -> Vec<Entry> {
        let kinds = [Kind::File, Kind::Folder, Kind::Other];
        let entry = |(name, kind): &(String, u8)| Entry {
            name: name.clone(),
            kind: kinds[usize::from(*kind) % 3],
        };
        self.names.iter().map(entry).collect()
    }

    fn stored(&self) -> Vec<Stored> {
        let stored = |(key, value): &(String, u8)| Stored {
            key: key.clone(),
            value: vec![*value; usize::from(*value % 8)],
        };
        self.names.iter().map(stored).collect()
    }

    fn info(&self) -> Info {
        let [peer, path, query, subprotocol] = self.texts.clone();
        let subprotocol = (self.case & 2 == 0).then_some(subprotocol);
        Info { peer, path, query, subprotocol, connected_since: self.number }
    }

    /// Half of all answers have no refusal.
    fn refusal(&self) -> Option<Refusal> {
        match self.case % 8 {
            0 => Some(Refusal::Gone),
            1 => Some(Refusal::Full(self.number as u32)),
            2 => Some(Refusal::Limit),
            3 => Some(Refusal::Invalid),
            _ => None,
        }
    }

    /// Half of all answers have no error.
    fn storage_error(&self) -> Option<StorageError> {
        match self.case % 8 {
            0 => Some(StorageError::InvalidKey),
            1 => Some(StorageError::TooLarge),
            2 => Some(StorageError::Full(self.number as u32)),
            3 => Some(StorageError::Limit),
            _ => None,
        }
    }

    /// Half of all answers have no error.
    fn file_error(&self) -> Option<FileError> {
        match self.case % 18 {
            0 => Some(FileError::NotFound),
            1 => Some(FileError::Denied),
            2 => Some(FileError::WrongKind),
            3 => Some(FileError::TooLarge),
            4 => Some(FileError::Limit),
            5 => Some(FileError::TimedOut),
            6 => Some(FileError::Other(self.texts[0].clone())),
            7 => Some(FileError::Exists),
            8 => Some(FileError::NotEmpty),
            _ => None,
        }
    }
}
