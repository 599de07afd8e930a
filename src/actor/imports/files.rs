//! `footlight:host/files`: the files of one folder.

use bytes::Bytes;
use wit_core::host::{Entry, FileError, FileInfo, Flat::I32, Lower};

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{
    actor::{effects, host_calls::HostCalls},
    files::{Change, Failure, Files, Pending, What},
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
    read_as(call, "content", |content| Ok(content.map_err(FileError::from)))
}

/// `list: func(path: string) -> result<list<entry>, error>`
fn list<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    list_as::<Listing>(call, |entries| entries.map_err(FileError::from))
}

/// `info: func(path: string) -> result<file-info, error>`
fn info<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    info_as::<Info>(call, |info| info.map_err(FileError::from))
}

/// `write: func(path: string, content: list<u8>) -> result<_, error>`
fn write<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (path, content) = (call.parameters.text("path")?, call.parameters.bytes("content")?);
    change_as(call, path, Asked::Write(content), FileError::from)
}

/// `delete: func(path: string) -> result<_, error>`
fn delete<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let path = call.parameters.text("path")?;
    change_as(call, path, Asked::Delete, FileError::from)
}

/// `create-folder: func(path: string) -> result<_, error>`
fn create_folder<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let path = call.parameters.text("path")?;
    change_as(call, path, Asked::CreateFolder, FileError::from)
}

/// `delete-folder: func(path: string) -> result<_, error>`
fn delete_folder<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let path = call.parameters.text("path")?;
    change_as(call, path, Asked::DeleteFolder, FileError::from)
}

/// What a call asks for. A content is still in the guest's memory.
#[derive(Clone, Copy)]
pub(super) enum Asked<'m> {
    Write(&'m [u8]),
    Delete,
    CreateFolder,
    DeleteFolder,
}

impl<'m> Asked<'m> {
    /// What a file gets; empty for other changes.
    fn content(self) -> &'m [u8] {
        match self {
            Self::Write(content) => content,
            _ => &[],
        }
    }

    /// The same, out of the guest's memory.
    fn copied(self) -> What {
        match self {
            Self::Write(content) => What::Write(Bytes::copy_from_slice(content)),
            Self::Delete => What::Delete,
            Self::CreateFolder => What::CreateFolder,
            Self::DeleteFolder => What::DeleteFolder,
        }
    }
}

/// Reads a file. `make` converts the content into the result of the import.
pub(super) fn read_as<'h, R: Lower + 'h>(
    mut call: Call<'h, '_>,
    field: &'static str,
    make: fn(Result<Vec<u8>, Failure>) -> Result<R, Trap>,
) -> Result<Step<'h>, Trap> {
    let path = call.parameters.text("path")?;
    let (host, result) = call.end(field, HANDED_OVER)?;
    let (files, own) = files(host)?;
    if let Err(failure) = files.fits(path, &[]) {
        return Ok(Step::Done(result.lower(make(Err(failure))?)));
    }
    let path = path.to_owned();
    Ok(Step::wait(async move { Ok(result.lower(make(files.read(&path, own).await)?)) }))
}

/// Lists a folder. `make` converts the entries into the result of the import.
pub(super) fn list_as<'h, R: Lower + 'h>(
    mut call: Call<'h, '_>,
    make: fn(Result<Vec<Entry>, Failure>) -> R,
) -> Result<Step<'h>, Trap> {
    let path = call.parameters.text("path")?;
    let (host, result) = call.end("list", HANDED_OVER)?;
    let (files, own) = files(host)?;
    if let Err(failure) = files.fits(path, &[]) {
        return Ok(Step::Done(result.lower(make(Err(failure)))));
    }
    let path = path.to_owned();
    Ok(Step::wait(async move { Ok(result.lower(make(files.list(&path, own).await))) }))
}

/// Looks at a path. `make` converts what is there into the result of the import.
pub(super) fn info_as<'h, R: Lower + 'h>(
    mut call: Call<'h, '_>,
    make: fn(Result<FileInfo, Failure>) -> R,
) -> Result<Step<'h>, Trap> {
    let path = call.parameters.text("path")?;
    let (host, result) = call.end("result", HANDED_OVER)?;
    let (files, own) = files(host)?;
    if let Err(failure) = files.fits(path, &[]) {
        return Ok(Step::Done(result.lower(make(Err(failure)))));
    }
    let path = path.to_owned();
    Ok(Step::wait(async move { Ok(result.lower(make(files.info(&path, own).await))) }))
}

/// Checks a change, and adds it to the transaction. `error` makes the error of the import.
pub(super) fn change_as<'h, E: Lower + 'h>(
    call: Call<'h, '_>,
    path: &str,
    asked: Asked<'_>,
    error: fn(Failure) -> E,
) -> Result<Step<'h>, Trap> {
    let (host, result) = call.end::<Result<(), E>>("result", HANDED_OVER)?;
    if let Err(failure) = files(host)?.0.fits(path, asked.content()) {
        return Ok(Step::Done(result.lower(Err(error(failure)))));
    }
    let bytes = path.len().saturating_add(asked.content().len()).max(effects::FILE);
    if host.transaction.budget.pay(bytes).is_err() {
        return Ok(Step::done(result, Err(error(Failure(FileError::Limit)))));
    }
    let change = Change { path: path.to_owned(), what: asked.copied() };
    let (files, own) = files(host)?;
    Ok(Step::wait(async move { Ok(result.lower(files.change(change, own).await.map_err(error))) }))
}

/// The actor's files, and what the call has changed of them. It is a trap to call these functions
/// without any.
fn files(host: &mut HostCalls) -> Result<(&Files, &mut Pending), Trap> {
    let HostCalls { files, transaction, .. } = host;
    let files = files.as_ref().ok_or_else(|| Trap::Host("the manifest grants no files".into()))?;
    Ok((files, &mut transaction.pending))
}
