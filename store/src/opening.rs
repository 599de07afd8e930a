//! Reads two files: which one is active, what its chain contains, and whether anything is damaged.
//!
//! A chain begins at offset 0 with a `Begin`. Each further record has the same epoch and salt, and the
//! next sequence number. A chain counts from its first record with the flag `COMPLETE` on, and the one
//! with the highest epoch is active.
//!
//! A file has at most one record at a time that is not synced. So a bad record before a good one of
//! the same epoch was acknowledged, and is damaged. A bad record at the end is a commit that was cut.
//!
//! The header of a record that was cut is removed before anything else is written in its place. Some
//! blocks of the next record may be the same as those that it lacks, for example if a client tries
//! again. If that record was cut too, the first one would be whole, though it was dropped long ago.

use crate::{
    file::File,
    image::Image,
    log_error::LogError,
    operation::{Operation, Wrong},
    record::{BLOCK, COMPLETE, Header, Reader},
    which::Which,
};

/// How the files were when they were opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The file that the contents came from.
    pub file: Which,
    /// Where a commit was cut and dropped, in bytes. It had not been acknowledged.
    pub torn: Option<u64>,
    /// Whether the last process ended cleanly.
    pub clean: bool,
}

/// A chain, as far as it can be read.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) file: Which,
    pub(crate) epoch: u64,
    pub(crate) salt: u64,
    /// The size of the file when the chain began. More of it need not be usable.
    pub(crate) size: u64,
    /// The sequence number and the offset of the next record.
    pub(crate) next: (u64, u64),
    /// Where the first record with the flag `COMPLETE` ends.
    pub(crate) complete: Option<u64>,
    pub(crate) image: Image,
    /// Whether the last record is an `End`.
    pub(crate) ended: bool,
    /// Whether there is something at `next` that looks like a record of this chain, but is bad.
    pub(crate) torn: bool,
}

/// What both files contain.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) chain: Chain,
    /// The highest epoch of all records in both files.
    pub(crate) highest: u64,
    /// How much of the other file is usable.
    pub(crate) spare: u64,
    /// Where the other file has the header of a record that was cut.
    pub(crate) torn: Option<u64>,
}

/// What a file has at its beginning.
#[derive(Debug, Clone, Copy)]
struct Start {
    file: Which,
    /// The file's size in bytes.
    size: u64,
    /// Its first record with the size that its `Begin` says, if that is good.
    begin: Option<(Header, u64)>,
    /// Whether it begins with a header, but the record is not good.
    torn: bool,
}

/// Reads both files. `least` is the size that neither file is ever below.
///
/// Returns the active chain. If something is wrong, it is the newest complete one, as far as it can be
/// read, and the error is beside it.
///
/// # Errors
/// Neither file has a complete chain.
pub(crate) fn read(
    files: &[Box<dyn File>; 2],
    least: u64,
) -> Result<(Found, Option<LogError>), LogError> {
    let mut trouble = None;
    match (search(files, least, &mut trouble), trouble) {
        (Some(found), trouble) => Ok((found, trouble)),
        (None, Some(error)) => Err(error),
        (None, None) => {
            let reason = "neither file has a complete live set";
            Err(LogError::Damaged { file: Which::A, offset: 0, reason })
        }
    }
}

fn search(files: &[Box<dyn File>; 2], least: u64, trouble: &mut Option<LogError>) -> Option<Found> {
    let mut starts = Vec::new();
    for file in [Which::A, Which::B] {
        match start(file, &**file.of(files), least) {
            Ok(start) => starts.push(start),
            Err(error) => note(trouble, error),
        }
    }
    let epoch = |start: &Start| start.begin.map(|(header, _)| header.epoch);
    // The newest one first.
    if starts.first().map(epoch) < starts.last().map(epoch) {
        starts.reverse();
    }
    let salt = starts.iter().find_map(|start| start.begin).map(|(header, _)| header.salt)?;
    let mut highest = 0;
    let (mut found, mut torn) = (None, None);
    for start in &starts {
        let mut reader = Reader::new(&**start.file.of(files), start.size);
        let Some((header, size)) = start.begin else {
            // The first record is bad. Is it one that was being written, or is it damaged?
            match stray(start.file, &mut reader, salt, highest) {
                Ok(epoch) => highest = highest.max(epoch),
                Err(error) => note(trouble, error),
            }
            if start.torn {
                torn = Some(0);
            }
            continue;
        };
        if header.salt != salt || header.epoch == highest {
            let reason = "this file and the other one do not belong together";
            note(trouble, LogError::Damaged { file: start.file, offset: 0, reason });
        }
        highest = highest.max(header.epoch);
        if found.is_none() {
            let (chain, error) = chain(start.file, &mut reader, header, size.min(start.size));
            if let Some(error) = error {
                note(trouble, error);
            }
            if chain.complete.is_some() {
                found = Some(chain);
            } else if chain.torn {
                torn = Some(chain.next.1);
            }
        }
    }
    let chain = found?;
    let other = starts.iter().find(|start| start.file != chain.file);
    let spare = other.map_or(0, |other| other.begin.map_or(other.size, |(_, size)| size));
    Some(Found { chain, highest, spare, torn })
}

/// The epoch of the file's first record, if that is good.
pub(crate) fn epoch(file: &dyn File) -> Option<u64> {
    let mut reader = Reader::new(file, file.size().ok()?);
    Some(reader.record(0, &|_| true).ok()??.epoch)
}

/// Keeps the first of several errors.
fn note(trouble: &mut Option<LogError>, error: LogError) {
    trouble.get_or_insert(error);
}

/// Reads the beginning of a file.
fn start(which: Which, file: &dyn File, least: u64) -> Result<Start, LogError> {
    let io = |error| LogError::Io { file: which, error };
    let size = file.size().map_err(io)?;
    if size < least {
        let reason = "the file was longer";
        return Err(LogError::Damaged { file: which, offset: size, reason });
    }
    let mut reader = Reader::new(file, size);
    let Some(header) = reader.record(0, &|_| true).map_err(io)? else {
        let torn = reader.header(0).map_err(io)?.is_some();
        return Ok(Start { file: which, size, begin: None, torn });
    };
    if let Some(reason) = header.unknown() {
        return Err(LogError::Newer { file: which, offset: 0, reason });
    }
    let Some(Ok(Operation::Begin(began))) = reader.operations().next() else {
        let reason = "the first record has no beginning";
        return Err(LogError::Damaged { file: which, offset: 0, reason });
    };
    if began < BLOCK as u64 || began % BLOCK as u64 != 0 || header.epoch == u64::MAX {
        let reason = "the first record has impossible numbers";
        return Err(LogError::Damaged { file: which, offset: 0, reason });
    }
    if size < began {
        let reason = "the file was longer";
        return Err(LogError::Damaged { file: which, offset: size, reason });
    }
    Ok(Start { file: which, size, begin: Some((header, began)), torn: false })
}

/// Searches a file without a good beginning for records of its store. Returns their highest epoch.
fn stray(which: Which, reader: &mut Reader<'_>, salt: u64, active: u64) -> Result<u64, LogError> {
    let (mut offset, mut highest) = (0, active);
    let complete = |header: &Header| header.flags & COMPLETE != 0;
    loop {
        let newer = |header: &Header| {
            let epoch = if complete(header) { active } else { highest };
            header.salt == salt && header.epoch > epoch
        };
        let found = reader.find(offset, &newer);
        let Some((at, header)) = found.map_err(|error| LogError::Io { file: which, error })? else {
            return Ok(highest);
        };
        if let Some(reason) = header.unknown() {
            return Err(LogError::Newer { file: which, offset: at, reason });
        }
        // A complete live set is never overwritten before there is a newer one.
        if complete(&header) {
            let reason = "the first record is bad, but later ones are good";
            return Err(LogError::Damaged { file: which, offset: 0, reason });
        }
        highest = highest.max(header.epoch);
        offset = at + header.size();
    }
}

/// Reads a chain. If something is wrong, returns what comes before with the error.
fn chain(
    which: Which,
    reader: &mut Reader<'_>,
    first: Header,
    size: u64,
) -> (Chain, Option<LogError>) {
    let mut chain = Chain {
        file: which,
        epoch: first.epoch,
        salt: first.salt,
        size,
        next: (first.seq, 0),
        complete: None,
        image: Image::default(),
        ended: false,
        torn: false,
    };
    let outcome = follow(reader, &mut chain);
    chain.image.shrink();
    (chain, outcome.err())
}

fn follow(reader: &mut Reader<'_>, chain: &mut Chain) -> Result<(), LogError> {
    let file = chain.file;
    let io = |error| LogError::Io { file, error };
    let (epoch, salt) = (chain.epoch, chain.salt);
    let ours = |header: &Header| (header.epoch, header.salt) == (epoch, salt);
    loop {
        let (seq, offset) = chain.next;
        let damaged = |reason| LogError::Damaged { file, offset, reason };
        let record = reader.record(offset, &|header| ours(header) && header.seq == seq);
        let Some(header) = record.map_err(io)? else {
            // What is lost of a live set that was never completed is no damage.
            let later =
                |header: &Header| ours(header) && header.seq > seq && header.flags & COMPLETE != 0;
            if reader.find(offset + BLOCK as u64, &later).map_err(io)?.is_some() {
                return Err(damaged("the record is bad, but later ones are good"));
            }
            let next = reader.header(offset).map_err(io)?;
            chain.torn = next.is_some_and(|header| ours(&header) && header.seq == seq);
            return Ok(());
        };
        if let Some(reason) = header.unknown() {
            return Err(LogError::Newer { file, offset, reason });
        }
        // A record counts as a whole, so what can't be read must not be applied in part.
        for operation in reader.operations() {
            operation.map_err(|wrong| match wrong {
                Wrong::Unknown => {
                    let reason = "the record has an unknown operation";
                    LogError::Newer { file, offset, reason }
                }
                Wrong::Malformed => damaged("the record's checksum is right, its content is wrong"),
            })?;
        }
        apply(reader, chain, seq == 0)
            .ok_or_else(|| damaged("the record does not fit the others"))?;
        chain.next = (seq.wrapping_add(1), offset + header.size());
        if header.flags & COMPLETE != 0 {
            chain.complete.get_or_insert(chain.next.1);
        }
    }
}

/// Applies the record that was just read. `None` if it can't be.
fn apply(reader: &Reader<'_>, chain: &mut Chain, first: bool) -> Option<()> {
    let mut owner = None;
    chain.ended = false;
    for (at, operation) in reader.operations().flatten().enumerate() {
        match operation {
            Operation::Owner(name) => owner = Some(name),
            Operation::Begin(_) if first && at == 0 => {}
            Operation::Begin(_) => return None,
            Operation::End => chain.ended = true,
            Operation::Blocks(blocks) => chain.image.set_blocks(blocks),
            _ => chain.image.replay(owner?, &operation).ok()?,
        }
    }
    Some(())
}
