//! Every function that an actor may import from `footlight:host`, and Theater's `read-file`.

use core::fmt;

use crate::shape::Shape;

/// A function that the host provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Import {
    /// `connections.sender`
    Sender,
    /// `connections.info`
    Info,
    /// `connections.list`
    List,
    /// `connections.send`
    Send,
    /// `connections.broadcast`
    Broadcast,
    /// `connections.tag`
    Tag,
    /// `connections.untag`
    Untag,
    /// `connections.attachment`
    Attachment,
    /// `connections.set-attachment`
    SetAttachment,
    /// `connections.close`
    Close,
    /// `alarm.set`
    SetAlarm,
    /// `alarm.cancel`
    CancelAlarm,
    /// `clock.now`
    Now,
    /// `random.bytes`
    Random,
    /// `files.read`
    ReadFile,
    /// `files.list`
    ListFiles,
    /// `files.write`
    WriteFile,
    /// Theater's `filesystem.read-file`, as it was with the shapes *guide* and *typed*: it gives
    /// a string, and fails as a trap.
    ReadText,
    /// The same with the shapes *result* and *renamed*: it gives a result.
    ReadBytes,
}

/// A group of functions that an actor gets or does not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interface {
    /// `connections`
    Connections,
    /// `alarm`
    Alarm,
    /// `clock`
    Clock,
    /// `random`
    Random,
    /// `files`, and Theater's `filesystem`
    Files,
}

/// A core type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flat {
    /// `i32`
    I32,
    /// `i64`
    I64,
}

/// A core function's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionType {
    /// The parameters. Where the result does not fit a core result, the last one is the pointer
    /// to where it is wanted.
    pub params: &'static [Flat],
    /// The result, if it fits a core result.
    pub result: Option<Flat>,
}

/// Where a result that is returned through memory is wanted: its size and alignment in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// The size.
    pub size: u32,
    /// The alignment.
    pub align: u32,
}

/// The packages under which Theater's `filesystem` can be imported.
const THEATER_FILES: [&str; 2] = ["ntwk:theater/filesystem", "theater:simple/filesystem"];
/// The one function of it that is there.
const THEATER_READ: &str = "read-file";

/// The parameters of each function.
mod flat {
    use super::Flat::{self, I32, I64};

    pub(super) const NONE: &[Flat] = &[];
    pub(super) const POINTER: &[Flat] = &[I32];
    pub(super) const ID: &[Flat] = &[I64, I32];
    pub(super) const OPTION: &[Flat] = &[I32, I32, I32, I32];
    pub(super) const ID_CASE: &[Flat] = &[I64, I32, I32, I32, I32];
    pub(super) const BROADCAST: &[Flat] = &[I32, I32, I32, I32, I32, I32, I32, I64, I32];
    pub(super) const ID_TEXT: &[Flat] = &[I64, I32, I32, I32];
    pub(super) const TIME: &[Flat] = &[I64];
    pub(super) const COUNT: &[Flat] = &[I32, I32];
    pub(super) const TEXT: &[Flat] = &[I32, I32, I32];
    pub(super) const TWO: &[Flat] = &[I32, I32, I32, I32, I32];
}

impl Import {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Sender,
        Self::Info,
        Self::List,
        Self::Send,
        Self::Broadcast,
        Self::Tag,
        Self::Untag,
        Self::Attachment,
        Self::SetAttachment,
        Self::Close,
        Self::SetAlarm,
        Self::CancelAlarm,
        Self::Now,
        Self::Random,
        Self::ReadFile,
        Self::ListFiles,
        Self::WriteFile,
        Self::ReadText,
        Self::ReadBytes,
    ];

    /// The function that a module of this shape means by an import's two names.
    pub fn find(shape: Shape, module: &str, name: &str) -> Option<Self> {
        if THEATER_FILES.contains(&module) && name == THEATER_READ {
            return Some(if shape.has_results() { Self::ReadBytes } else { Self::ReadText });
        }
        let own = |import: &Self| import.name() == name && import.interface().module() == module;
        let theirs = |import: &Self| matches!(import, Self::ReadText | Self::ReadBytes);
        Self::ALL.into_iter().find(|import| own(import) && !theirs(import))
    }

    /// The interface that it belongs to.
    pub fn interface(self) -> Interface {
        match self {
            Self::Sender
            | Self::Info
            | Self::List
            | Self::Send
            | Self::Broadcast
            | Self::Tag
            | Self::Untag
            | Self::Attachment
            | Self::SetAttachment
            | Self::Close => Interface::Connections,
            Self::SetAlarm | Self::CancelAlarm => Interface::Alarm,
            Self::Now => Interface::Clock,
            Self::Random => Interface::Random,
            Self::ReadFile
            | Self::ListFiles
            | Self::WriteFile
            | Self::ReadText
            | Self::ReadBytes => Interface::Files,
        }
    }

    /// Its name in the interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Info => "info",
            Self::List | Self::ListFiles => "list",
            Self::Send => "send",
            Self::Broadcast => "broadcast",
            Self::Tag => "tag",
            Self::Untag => "untag",
            Self::Attachment => "attachment",
            Self::SetAttachment => "set-attachment",
            Self::Close => "close",
            Self::SetAlarm => "set",
            Self::CancelAlarm => "cancel",
            Self::Now => "now",
            Self::Random => "bytes",
            Self::ReadFile => "read",
            Self::WriteFile => "write",
            Self::ReadText | Self::ReadBytes => THEATER_READ,
        }
    }

    /// What it is for, in a few words.
    pub fn role(self) -> &'static str {
        match self {
            Self::Sender => "says whose event it is",
            Self::Info => "tells of a connection",
            Self::List => "lists the connections",
            Self::Send => "sends to one client",
            Self::Broadcast => "sends to many clients",
            Self::Tag => "tags a connection",
            Self::Untag => "takes a tag away",
            Self::Attachment => "reads what is kept with a connection",
            Self::SetAttachment => "keeps something with a connection",
            Self::Close => "closes a connection",
            Self::SetAlarm => "sets the alarm",
            Self::CancelAlarm => "takes the alarm back",
            Self::Now => "tells the time",
            Self::Random => "gives random bytes",
            Self::ReadFile | Self::ReadText | Self::ReadBytes => "reads a file",
            Self::ListFiles => "lists a folder",
            Self::WriteFile => "writes a file",
        }
    }

    /// Its core type.
    pub fn ty(self) -> FunctionType {
        let params = match self {
            Self::CancelAlarm | Self::Now => flat::NONE,
            Self::Sender => flat::POINTER,
            Self::Info | Self::Attachment => flat::ID,
            Self::List => flat::OPTION,
            Self::Send | Self::SetAttachment | Self::Close => flat::ID_CASE,
            Self::Broadcast => flat::BROADCAST,
            Self::Tag | Self::Untag => flat::ID_TEXT,
            Self::SetAlarm => flat::TIME,
            Self::Random => flat::COUNT,
            Self::ReadFile | Self::ListFiles | Self::ReadText | Self::ReadBytes => flat::TEXT,
            Self::WriteFile => flat::TWO,
        };
        let result = matches!(self, Self::Now).then_some(Flat::I64);
        FunctionType { params, result }
    }

    /// How large its result is, if it is returned through memory.
    pub fn area(self) -> Option<Area> {
        let (size, align) = match self {
            Self::SetAlarm | Self::CancelAlarm | Self::Now => return None,
            Self::Sender => (16, 8),
            Self::Info => (56, 8),
            Self::List | Self::Random | Self::ReadText => (8, 4),
            Self::Send
            | Self::Broadcast
            | Self::Tag
            | Self::Untag
            | Self::Attachment
            | Self::SetAttachment
            | Self::Close
            | Self::ReadBytes => (12, 4),
            Self::ReadFile | Self::ListFiles | Self::WriteFile => (16, 4),
        };
        Some(Area { size, align })
    }
}

impl Interface {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Connections, Self::Alarm, Self::Clock, Self::Random, Self::Files];

    /// The module under which its functions are imported, in core form.
    pub fn module(self) -> &'static str {
        match self {
            Self::Connections => "footlight:host/connections@0.1.0",
            Self::Alarm => "footlight:host/alarm@0.1.0",
            Self::Clock => "footlight:host/clock@0.1.0",
            Self::Random => "footlight:host/random@0.1.0",
            Self::Files => "footlight:host/files@0.1.0",
        }
    }
}

impl fmt::Display for Import {
    /// The interface's name and the function's: `connections.send`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let interface = match (self, self.interface()) {
            (Self::ReadText | Self::ReadBytes, _) => "filesystem",
            (_, Interface::Connections) => "connections",
            (_, Interface::Alarm) => "alarm",
            (_, Interface::Clock) => "clock",
            (_, Interface::Random) => "random",
            (_, Interface::Files) => "files",
        };
        write!(f, "{interface}.{}", self.name())
    }
}

impl fmt::Display for FunctionType {
    /// As text: `(i64, i32) → ()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, param) in self.params.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{param}")?;
        }
        match self.result {
            Some(result) => write!(f, ") → {result}"),
            None => f.write_str(") → ()"),
        }
    }
}

impl fmt::Display for Flat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        })
    }
}
