//! `footlight:host/files`: the files of one folder.

use std::pin::Pin;

use bytes::Bytes;
use wit_core::host::{Entry, FileError, FileInfo, Flat::I32, Lower, ResultSlot};

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{
    actor::{effects, host_calls::HostCalls},
    files::{Answer, Asked, Failure, What},
    interfaces::FILES,
};

/// The result of `read`.
type Content = Result<Vec<u8>, FileError>;
/// The result of `list`.
type Listing = Result<Vec<Entry>, FileError>;
/// The result of `info`.
type Info = Result<FileInfo, FileError>;
/// The result of a change.
type Changed = Result<(), FileError>;

/// The functions of this interface.
pub(crate) const ROWS: &[Import] = &[
    row(&FILES, "read", "reads a file", &[I32, I32], Kind::suspending::<Content>(read)),
    row(&FILES, "list", "lists a folder", &[I32, I32], Kind::suspending::<Listing>(list)),
    row(
        &FILES,
        "write",
        "writes a file",
        &[I32, I32, I32, I32],
        Kind::suspending::<Changed>(write),
    ),
    row(&FILES, "info", "looks at a path", &[I32, I32], Kind::suspending::<Info>(info)),
    row(&FILES, "delete", "deletes a file", &[I32, I32], Kind::suspending::<Changed>(delete)),
    row(
        &FILES,
        "create-folder",
        "creates a folder",
        &[I32, I32],
        Kind::suspending::<Changed>(create_folder),
    ),
    row(
        &FILES,
        "delete-folder",
        "deletes an empty folder",
        &[I32, I32],
        Kind::suspending::<Changed>(delete_folder),
    ),
];

/// The cost of passing an operation to another thread.
const HANDED_OVER: u64 = 20_000;

/// `read: func(path: string) -> result<list<u8>, error>`
fn read<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    ask_about::<Content>(call, Asked::Read, "content", |done| {
        Ok(done.map(|answer| answer.content).map_err(FileError::from))
    })
}

/// `list: func(path: string) -> result<list<entry>, error>`
fn list<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    ask_about::<Listing>(call, Asked::List, "list", |done| {
        Ok(done.map(|answer| answer.entries).map_err(FileError::from))
    })
}

/// `info: func(path: string) -> result<file-info, error>`
fn info<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    ask_about::<Info>(call, Asked::Info, "result", |done| {
        Ok(done.map(|answer| answer.info).map_err(FileError::from))
    })
}

/// `write: func(path: string, content: list<u8>) -> result<_, error>`
fn write<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (path, content) = (call.parameters.text("path")?, call.parameters.bytes("content")?);
    write_to(call, path, content, changed)
}

/// `delete: func(path: string) -> result<_, error>`
fn delete<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    ask_about(call, Asked::Change(What::Delete), "result", changed)
}

/// `create-folder: func(path: string) -> result<_, error>`
fn create_folder<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    ask_about(call, Asked::Change(What::CreateFolder), "result", changed)
}

/// `delete-folder: func(path: string) -> result<_, error>`
fn delete_folder<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    ask_about(call, Asked::Change(What::DeleteFolder), "result", changed)
}

/// The result of a change.
fn changed(done: Done) -> Result<Changed, Trap> {
    Ok(done.map(drop).map_err(FileError::from))
}

/// What became of what a call asks for.
pub(super) type Done = Result<Answer, Failure>;

/// Asks for something at the path that is the only parameter. `make` makes the result of the import,
/// whose blocks errors call `field`.
pub(super) fn ask_about<'h, R: Lower + 'h>(
    mut call: Call<'h, '_>,
    asked: Asked,
    field: &'static str,
    make: fn(Done) -> Result<R, Trap>,
) -> Result<Step<'h>, Trap> {
    let path = call.parameters.text("path")?;
    let (host, result) = call.end(field, HANDED_OVER)?;
    let begun = begin(host, path, Some(asked), &[])?;
    finish(begun, result, make)
}

/// Asks for a content to be written.
pub(super) fn write_to<'h, R: Lower + 'h>(
    call: Call<'h, '_>,
    path: &str,
    content: &[u8],
    make: fn(Done) -> Result<R, Trap>,
) -> Result<Step<'h>, Trap> {
    let (host, result) = call.end("result", HANDED_OVER)?;
    let begun = begin(host, path, None, content)?;
    finish(begun, result, make)
}

/// What was begun, or why it is refused. It is the same type for all functions, which keeps their code
/// small.
type Begun<'h> = Result<Pin<Box<dyn Future<Output = Done> + Send + 'h>>, Failure>;

/// Begins what a call asks for; with `None`, to write the content. That stays in the guest until it is
/// paid for.
fn begin<'h>(
    host: &'h mut HostCalls,
    path: &str,
    asked: Option<Asked>,
    content: &[u8],
) -> Result<Begun<'h>, Trap> {
    let HostCalls { files, transaction, .. } = host;
    let Some(files) = files else {
        return Err(Trap::Host(crate::files::config::TYPE.not_granted()));
    };
    if let Err(failure) = files.fits(path, content) {
        return Ok(Err(failure));
    }
    if matches!(asked, None | Some(Asked::Change(_))) {
        let bytes = path.len().saturating_add(content.len()).max(effects::FILE);
        if transaction.budget.pay(bytes).is_err() {
            return Ok(Err(Failure(FileError::Limit)));
        }
    }
    let write = || Asked::Change(What::Write(Bytes::copy_from_slice(content)));
    let asked = asked.unwrap_or_else(write);
    let own = &mut transaction.pending;
    Ok(Ok(Box::pin(files.perform(path.to_owned(), asked, own))))
}

/// Waits for what was begun, and makes the result of the import.
fn finish<'h, R: Lower + 'h>(
    begun: Begun<'h>,
    result: ResultSlot<R>,
    make: fn(Done) -> Result<R, Trap>,
) -> Result<Step<'h>, Trap> {
    match begun {
        Ok(done) => Ok(Step::wait(async move { Ok(result.lower(make(done.await)?)) })),
        Err(failure) => {
            let is_refused = failure.0 == FileError::Limit;
            let result = result.lower(make(Err(failure))?);
            Ok(if is_refused { Step::Refused(result) } else { Step::Done(result) })
        }
    }
}
