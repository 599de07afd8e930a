//! What a guest asks for, lifted from an import's flat parameters (canonical ABI, *lift* and
//! *flattening*). Texts and bytes stay in the guest's memory; nothing is copied here.

use super::import::Import;
use crate::{
    error::{Field, LiftError, LiftErrorKind},
    memory::Memory,
};

/// A message that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'m> {
    /// As text.
    Text(&'m str),
    /// As binary data.
    Binary(&'m [u8]),
}

/// What a guest asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'m> {
    /// Whose event it is.
    Sender,
    /// What is known of a connection.
    Info {
        /// Which one.
        id: u64,
    },
    /// The connections with a tag, or all.
    List {
        /// The tag.
        tag: Option<&'m str>,
    },
    /// To send a message to one client.
    Send {
        /// Which one.
        id: u64,
        /// The message.
        payload: Payload<'m>,
    },
    /// To send a message to many clients.
    Broadcast {
        /// Those with this tag, or all.
        tag: Option<&'m str>,
        /// The message.
        payload: Payload<'m>,
        /// Who does not get it.
        except: Option<u64>,
    },
    /// To tag a connection.
    Tag {
        /// Which one.
        id: u64,
        /// The tag.
        tag: &'m str,
    },
    /// To take a tag away.
    Untag {
        /// Whose.
        id: u64,
        /// The tag.
        tag: &'m str,
    },
    /// What is kept with a connection.
    Attachment {
        /// Which one.
        id: u64,
    },
    /// To keep something with a connection.
    SetAttachment {
        /// Which one.
        id: u64,
        /// What, if anything.
        value: Option<&'m [u8]>,
    },
    /// To close a connection.
    Close {
        /// Which one.
        id: u64,
        /// The close code.
        code: u16,
        /// The reason.
        reason: &'m str,
    },
    /// To set the alarm.
    SetAlarm {
        /// In how many milliseconds.
        after: u64,
    },
    /// To take the alarm back.
    CancelAlarm,
    /// The time.
    Now,
    /// Random bytes.
    Random {
        /// How many.
        count: u32,
    },
    /// A file's content, for any of the three functions that read one.
    ReadFile {
        /// Its path.
        path: &'m str,
    },
    /// What is in a folder.
    ListFiles {
        /// Its path.
        path: &'m str,
    },
    /// To write a file.
    WriteFile {
        /// Its path.
        path: &'m str,
        /// Its new content.
        content: &'m [u8],
    },
}

impl<'m> Request<'m> {
    /// Lifts the flat parameters of a call of `import`. Gives where the result is wanted as
    /// well, 0 if it is not returned through memory; that it fits there has been checked.
    ///
    /// # Errors
    /// A parameter is no valid value, or there is no room for the result in the memory.
    pub fn lift<M: Memory + ?Sized>(
        import: Import,
        memory: &'m M,
        parameters: &[u64],
    ) -> Result<(Self, u32), LiftError> {
        let mut flat = Flattened { memory, rest: parameters };
        let request = match import {
            Import::Sender => Self::Sender,
            Import::Info => Self::Info { id: flat.u64() },
            Import::List => Self::List { tag: flat.optional_text("tag")? },
            Import::Send => Self::Send { id: flat.u64(), payload: flat.payload()? },
            Import::Broadcast => Self::Broadcast {
                tag: flat.optional_text("tag")?,
                payload: flat.payload()?,
                except: flat.optional_id()?,
            },
            Import::Tag => Self::Tag { id: flat.u64(), tag: flat.text("tag")? },
            Import::Untag => Self::Untag { id: flat.u64(), tag: flat.text("tag")? },
            Import::Attachment => Self::Attachment { id: flat.u64() },
            Import::SetAttachment => {
                Self::SetAttachment { id: flat.u64(), value: flat.optional_bytes("value")? }
            }
            Import::Close => {
                Self::Close { id: flat.u64(), code: flat.u16(), reason: flat.text("reason")? }
            }
            Import::SetAlarm => Self::SetAlarm { after: flat.u64() },
            Import::CancelAlarm => Self::CancelAlarm,
            Import::Now => Self::Now,
            Import::Random => Self::Random { count: flat.u32() },
            Import::ReadFile | Import::ReadText | Import::ReadBytes => {
                Self::ReadFile { path: flat.text("path")? }
            }
            Import::ListFiles => Self::ListFiles { path: flat.text("path")? },
            Import::WriteFile => {
                Self::WriteFile { path: flat.text("path")?, content: flat.bytes("content")? }
            }
        };
        let Some(area) = import.area() else { return Ok((request, 0)) };
        let pointer = flat.u32();
        let wrong = |kind| LiftError { field: Field::new("result"), offset: pointer, kind };
        if !pointer.is_multiple_of(area.align) {
            return Err(wrong(LiftErrorKind::Misaligned { align: area.align }));
        }
        flat.read("result", pointer, area.size)?;
        Ok((request, pointer))
    }

    /// The connection that it asks to send a message to.
    pub fn receiver(&self) -> Option<u64> {
        match self {
            Self::Send { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The bytes that come with it: what the host copies if it keeps them.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Send { payload, .. } => payload.as_bytes().len(),
            Self::Broadcast { payload, tag, .. } => {
                payload.as_bytes().len() + tag.map_or(0, str::len)
            }
            Self::List { tag } => tag.map_or(0, str::len),
            Self::Tag { tag, .. } | Self::Untag { tag, .. } => tag.len(),
            Self::SetAttachment { value, .. } => value.map_or(0, <[u8]>::len),
            Self::Close { reason, .. } => reason.len(),
            Self::ReadFile { path } | Self::ListFiles { path } => path.len(),
            Self::WriteFile { path, content } => path.len() + content.len(),
            _ => 0,
        }
    }
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

/// Flat parameters that are lifted one after the other.
struct Flattened<'m, 'p, M: ?Sized> {
    /// The guest's memory.
    memory: &'m M,
    /// Those that are left. What is missing counts as 0; that none is, is the interpreter's to
    /// see to.
    rest: &'p [u64],
}

impl<'m, M: Memory + ?Sized> Flattened<'m, '_, M> {
    /// A number of 64 bits.
    fn u64(&mut self) -> u64 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    /// A number of 32 bits: the lower half.
    fn u32(&mut self) -> u32 {
        let [a, b, c, d, ..] = self.u64().to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// A number of 16 bits: of an `i32` the lower half, as the canonical ABI has it.
    fn u16(&mut self) -> u16 {
        let [a, b, ..] = self.u32().to_le_bytes();
        u16::from_le_bytes([a, b])
    }

    /// The discriminant of an option or of a variant with two cases.
    fn is_second(&mut self, field: &'static str) -> Result<bool, LiftError> {
        let found = self.u32();
        match found {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(LiftError {
                field: Field::new(field),
                offset: 0,
                kind: LiftErrorKind::FlatDiscriminant { found, cases: 2 },
            }),
        }
    }

    /// The bytes at a place in memory.
    fn read(&self, field: &'static str, at: u32, len: u32) -> Result<&'m [u8], LiftError> {
        let bytes = usize::try_from(len).ok().and_then(|len| self.memory.read(at, len));
        bytes.ok_or_else(|| LiftError {
            field: Field::new(field),
            offset: at,
            kind: LiftErrorKind::OutOfBounds { len: len.into(), memory: self.memory.size() },
        })
    }

    /// A list of bytes.
    fn bytes(&mut self, field: &'static str) -> Result<&'m [u8], LiftError> {
        let (at, len) = (self.u32(), self.u32());
        self.read(field, at, len)
    }

    /// A string.
    fn text(&mut self, field: &'static str) -> Result<&'m str, LiftError> {
        let (at, len) = (self.u32(), self.u32());
        utf8(field, at, self.read(field, at, len)?)
    }

    /// An option of a list of bytes. Where there is none, what stands in its place is not
    /// looked at.
    fn optional_bytes(&mut self, field: &'static str) -> Result<Option<&'m [u8]>, LiftError> {
        if self.is_second(field)? {
            return self.bytes(field).map(Some);
        }
        self.u32();
        self.u32();
        Ok(None)
    }

    /// An option of a string.
    fn optional_text(&mut self, field: &'static str) -> Result<Option<&'m str>, LiftError> {
        if self.is_second(field)? {
            return self.text(field).map(Some);
        }
        self.u32();
        self.u32();
        Ok(None)
    }

    /// An option of a connection's number.
    fn optional_id(&mut self) -> Result<Option<u64>, LiftError> {
        let is_there = self.is_second("except")?;
        let id = self.u64();
        Ok(is_there.then_some(id))
    }

    /// A `payload`.
    fn payload(&mut self) -> Result<Payload<'m>, LiftError> {
        if self.is_second("payload")? {
            return self.bytes("payload").map(Payload::Binary);
        }
        self.text("payload").map(Payload::Text)
    }
}

/// The bytes as text.
fn utf8<'m>(field: &'static str, offset: u32, bytes: &'m [u8]) -> Result<&'m str, LiftError> {
    core::str::from_utf8(bytes).map_err(|error| LiftError {
        field: Field::new(field),
        offset,
        kind: LiftErrorKind::Utf8 { valid: error.valid_up_to() },
    })
}
