//! `footlight:host/files`: the files of one folder.

use wit_core::host::{Entry, FileError, Flat::I32, Lower};

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{
    actor::{effects, host_calls::HostCalls},
    files::{Failure, Files, Write},
    interfaces::FILES,
};

/// The result of `read`.
type Content = Result<Vec<u8>, FileError>;
/// The result of `list`.
type Listing = Result<Vec<Entry>, FileError>;
/// The result of `write`.
type Written = Result<(), FileError>;

/// The functions of this interface.
pub(crate) const ROWS: &[Import] = &[
    row(&FILES, "read", "reads a file", &[I32, I32], Kind::suspending::<Content>(read)),
    row(&FILES, "list", "lists a folder", &[I32, I32], Kind::suspending::<Listing>(list)),
    row(
        &FILES,
        "write",
        "writes a file",
        &[I32, I32, I32, I32],
        Kind::suspending::<Written>(write),
    ),
];

/// The cost of passing an operation to another thread.
const HANDED_OVER: u64 = 20_000;

/// `read: func(path: string) -> result<list<u8>, error>`
fn read<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    read_as(call, "content", |content| Ok(content.map_err(FileError::from)))
}

/// Reads a file. `make` converts the content into the result of the import.
pub(super) fn read_as<'h, R: Lower + 'h>(
    mut call: Call<'h, '_>,
    field: &'static str,
    make: fn(Result<Vec<u8>, Failure>) -> Result<R, Trap>,
) -> Result<Step<'h>, Trap> {
    let path = call.parameters.text("path")?;
    let (host, result) = call.end(field, HANDED_OVER)?;
    let files = files(host)?;
    if let Err(failure) = files.fits(path, &[]) {
        return Ok(Step::Done(result.lower(make(Err(failure))?)));
    }
    let path = path.to_owned();
    Ok(Step::wait(async move { Ok(result.lower(make(files.read(&path).await)?)) }))
}

/// The actor's files. It is a trap to call these functions without any.
fn files(host: &HostCalls) -> Result<&Files, Trap> {
    host.files.as_ref().ok_or_else(|| Trap::Host("the manifest grants no files".into()))
}

/// `list: func(path: string) -> result<list<entry>, error>`
fn list<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let path = call.parameters.text("path")?;
    let (host, result) = call.end::<Listing>("list", HANDED_OVER)?;
    let files = files(host)?;
    if let Err(failure) = files.fits(path, &[]) {
        return Ok(Step::Done(result.lower(Err(failure.into()))));
    }
    let path = path.to_owned();
    Ok(Step::wait(
        async move { Ok(result.lower(files.list(&path).await.map_err(FileError::from))) },
    ))
}

/// `write: func(path: string, content: list<u8>) -> result<_, error>`
fn write<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (path, content) = (call.parameters.text("path")?, call.parameters.bytes("content")?);
    let (host, result) = call.end::<Written>("result", HANDED_OVER)?;
    if let Err(failure) = files(host)?.fits(path, content) {
        return Ok(Step::Done(result.lower(Err(failure.into()))));
    }
    let bytes = path.len().saturating_add(content.len()).max(effects::FILE);
    if host.transaction.budget.pay(bytes).is_err() {
        return Ok(Step::done(result, Err(FileError::Limit)));
    }
    let (path, content) = (path.to_owned(), content.to_owned());
    Ok(Step::wait(async move {
        let checked = check_write(host, path, content).await?;
        Ok(result.lower(checked.map_err(FileError::from)))
    }))
}

/// Checks that a file can be written, and adds it to the transaction.
async fn check_write(
    host: &mut HostCalls,
    path: String,
    content: Vec<u8>,
) -> Result<Result<(), Failure>, Trap> {
    let checked = files(host)?.check_write(&path, content.len()).await;
    if checked.is_ok() {
        host.transaction.write(Write { path, content });
    }
    Ok(checked)
}
