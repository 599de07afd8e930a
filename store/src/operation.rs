//! The operations that a record's body consists of, and their encoding.
//!
//! Numbers are LEB128. A byte string follows its length. A slot is 0 for the state, or the length of a
//! key plus one, and the key.

use crate::contents::{Origin, StoredAlarm};

/// Where a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot<'a> {
    /// The state.
    State,
    /// A key.
    Key(&'a str),
}

/// One operation. Those on an owner follow an [`Operation::Owner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation<'a> {
    /// Names the owner of all that follows in this record.
    Owner(&'a str),
    /// Sets a value.
    Put(Slot<'a>, &'a [u8]),
    /// Replaces a part of a value.
    Splice {
        /// Where the value is.
        slot: Slot<'a>,
        /// Where the part begins.
        at: u64,
        /// The length of the part.
        removed: u64,
        /// What is there instead.
        inserted: &'a [u8],
    },
    /// Removes a value.
    Delete(Slot<'a>),
    /// Sets or removes the alarm.
    Alarm(Option<StoredAlarm>),
    /// A connection opened.
    Opened(u64),
    /// A connection closed.
    Closed(u64),
    /// Removes all of an owner.
    Forget,
    /// Sets the number for blocks.
    Blocks(u64),
    /// Begins a file of this size. It is the first operation of a file, and nowhere else.
    Begin(u64),
    /// The process ended cleanly.
    End,
    /// Sets an owner's origin.
    Origin(&'a Origin),
}

/// A position inside an owner. A turn-over copies an owner in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item<S> {
    /// The origin.
    Origin,
    /// The alarm.
    Alarm,
    /// An open connection.
    Open(u64),
    /// The state.
    State,
    /// A key.
    Key(S),
}

/// Why a body can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is not an encoding of operations.
    Malformed,
    /// It has an operation that this version does not know.
    Unknown,
}

impl Item<Box<str>> {
    /// The same position, borrowed.
    pub(crate) fn borrow(&self) -> Item<&str> {
        match self {
            Self::Origin => Item::Origin,
            Self::Alarm => Item::Alarm,
            Self::Open(connection) => Item::Open(*connection),
            Self::State => Item::State,
            Self::Key(key) => Item::Key(key),
        }
    }
}

impl Item<&str> {
    /// The same position, owned.
    pub(crate) fn own(self) -> Item<Box<str>> {
        match self {
            Self::Origin => Item::Origin,
            Self::Alarm => Item::Alarm,
            Self::Open(connection) => Item::Open(connection),
            Self::State => Item::State,
            Self::Key(key) => Item::Key(key.into()),
        }
    }
}

impl<'a> Slot<'a> {
    fn item(self) -> Item<&'a str> {
        match self {
            Self::State => Item::State,
            Self::Key(key) => Item::Key(key),
        }
    }
}

impl<'a> Operation<'a> {
    /// The position that it changes, if it changes only one.
    pub(crate) fn item(&self) -> Option<Item<&'a str>> {
        match *self {
            Self::Put(slot, _) | Self::Splice { slot, .. } | Self::Delete(slot) => {
                Some(slot.item())
            }
            Self::Origin(_) => Some(Item::Origin),
            Self::Alarm(_) => Some(Item::Alarm),
            Self::Opened(connection) | Self::Closed(connection) => Some(Item::Open(connection)),
            Self::Owner(_) | Self::Forget | Self::Blocks(_) | Self::Begin(_) | Self::End => None,
        }
    }

    /// What makes `new` of the value `old`, if they differ: a splice without their common beginning
    /// and end, or all of it if that is not longer.
    pub(crate) fn update(slot: Slot<'a>, old: Option<&[u8]>, new: &'a [u8]) -> Option<Self> {
        let Some(old) = old else { return Some(Self::Put(slot, new)) };
        if old == new {
            return None;
        }
        let prefix = common_start(old, new);
        let (old_rest, new_rest) = (old.get(prefix..)?, new.get(prefix..)?);
        let suffix = common_end(old_rest, new_rest);
        let inserted = new_rest.get(..new_rest.len() - suffix)?;
        // Two numbers are at most this long.
        if inserted.len() + 20 >= new.len() {
            return Some(Self::Put(slot, new));
        }
        let removed = (old_rest.len() - suffix) as u64;
        Some(Self::Splice { slot, at: prefix as u64, removed, inserted })
    }

    /// Appends its encoding.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Owner(name) => {
                out.push(1);
                bytes(out, name.as_bytes());
            }
            Self::Put(slot, value) => {
                out.push(2);
                place(out, slot);
                bytes(out, value);
            }
            Self::Splice { slot, at, removed, inserted } => {
                out.push(3);
                place(out, slot);
                number(out, at);
                number(out, removed);
                bytes(out, inserted);
            }
            Self::Delete(slot) => {
                out.push(4);
                place(out, slot);
            }
            Self::Alarm(Some(StoredAlarm { at, left })) => {
                out.push(5);
                number(out, at);
                number(out, left);
            }
            Self::Alarm(None) => out.push(6),
            Self::Opened(connection) => {
                out.push(7);
                number(out, connection);
            }
            Self::Closed(connection) => {
                out.push(8);
                number(out, connection);
            }
            Self::Forget => out.push(9),
            Self::Blocks(blocks) => {
                out.push(10);
                number(out, blocks);
            }
            Self::Begin(size) => {
                out.push(11);
                number(out, size);
            }
            Self::End => out.push(12),
            Self::Origin(origin) => {
                out.push(13);
                out.extend_from_slice(origin);
            }
        }
    }

    /// Takes the first operation out of a body. `None` at its end.
    pub(crate) fn decode(body: &mut &'a [u8]) -> Result<Option<Self>, Wrong> {
        let Some((tag, rest)) = body.split_first() else { return Ok(None) };
        *body = rest;
        if !(1..=13).contains(tag) {
            return Err(Wrong::Unknown);
        }
        Self::operands(*tag, body).map(Some).ok_or(Wrong::Malformed)
    }

    fn operands(tag: u8, body: &mut &'a [u8]) -> Option<Self> {
        Some(match tag {
            1 => Self::Owner(text(body)?),
            2 => Self::Put(take_place(body)?, take_bytes(body)?),
            3 => Self::Splice {
                slot: take_place(body)?,
                at: take_number(body)?,
                removed: take_number(body)?,
                inserted: take_bytes(body)?,
            },
            4 => Self::Delete(take_place(body)?),
            5 => {
                let (at, left) = (take_number(body)?, take_number(body)?);
                Self::Alarm(Some(StoredAlarm { at, left }))
            }
            6 => Self::Alarm(None),
            7 => Self::Opened(take_number(body)?),
            8 => Self::Closed(take_number(body)?),
            9 => Self::Forget,
            10 => Self::Blocks(take_number(body)?),
            11 => Self::Begin(take_number(body)?),
            12 => Self::End,
            13 => {
                let (origin, rest) = body.split_first_chunk()?;
                *body = rest;
                Self::Origin(origin)
            }
            _ => return None,
        })
    }
}

/// How much of two values is compared at once, which is faster than byte by byte.
const CHUNK: usize = 64;

/// How many bytes two values begin with in common.
fn common_start(a: &[u8], b: &[u8]) -> usize {
    let chunks = a.chunks_exact(CHUNK).zip(b.chunks_exact(CHUNK));
    let same = chunks.take_while(|(a, b)| a == b).count() * CHUNK;
    let rest = a.iter().zip(b).skip(same);
    same + rest.take_while(|(a, b)| a == b).count()
}

/// How many bytes two values end with in common.
fn common_end(a: &[u8], b: &[u8]) -> usize {
    let chunks = a.rchunks_exact(CHUNK).zip(b.rchunks_exact(CHUNK));
    let same = chunks.take_while(|(a, b)| a == b).count() * CHUNK;
    let rest = a.iter().rev().zip(b.iter().rev()).skip(same);
    same + rest.take_while(|(a, b)| a == b).count()
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    number(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn place(out: &mut Vec<u8>, slot: Slot<'_>) {
    match slot {
        Slot::State => out.push(0),
        Slot::Key(key) => {
            number(out, key.len() as u64 + 1);
            out.extend_from_slice(key.as_bytes());
        }
    }
}

fn take_number(body: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = body.split_first()?;
        *body = rest;
        let bits = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit.
        if bits << shift >> shift != bits {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(body: &mut &'a [u8], len: u64) -> Option<&'a [u8]> {
    let (taken, rest) = body.split_at_checked(usize::try_from(len).ok()?)?;
    *body = rest;
    Some(taken)
}

fn take_bytes<'a>(body: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = take_number(body)?;
    take(body, len)
}

fn text<'a>(body: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(take_bytes(body)?).ok()
}

fn take_place<'a>(body: &mut &'a [u8]) -> Option<Slot<'a>> {
    match take_number(body)? {
        0 => Some(Slot::State),
        len => Some(Slot::Key(std::str::from_utf8(take(body, len - 1)?).ok()?)),
    }
}

#[cfg(test)]
mod tests;
