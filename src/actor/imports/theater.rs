//! The functions that this host has of Theater's packages: `log`, and those of `filesystem`.

use wasmi::{Caller, Extern};
use wit_core::{
    Shape,
    host::{
        FileError,
        Flat::{self, I32},
    },
    lift, shape,
};

use super::{
    files::{self, Done},
    guest::{Guest, charge},
    row::{Call, Import, Kind, Step, Trap, row},
    suspended::SliceSpent,
};
use crate::{
    actor::fuel_cost,
    convert::to_u64,
    files::{Answer, Asked, Failure, What},
    interfaces::{FILESYSTEM, RUNTIME},
};

/// The functions. There are two rows for `read-file`, told apart by the module's shape: its result
/// changed while its name and its parameters stayed. The others have had one form.
pub(crate) const ROWS: &[Import] = &[
    Import {
        interface: &RUNTIME,
        name: shape::LOG.0,
        role: "writes to the host's log",
        shapes: &Shape::ALL,
        params: &[I32, I32],
        kind: Kind::Immediate {
            result: None,
            add: |linker, module, name| linker.func_wrap(module, name, log).map(|_| ()),
        },
    },
    Import {
        interface: &FILESYSTEM,
        name: "read-file",
        role: "reads a file",
        shapes: &[Shape::Guide],
        params: PATH,
        kind: Kind::suspending::<String>(read_text),
    },
    Import {
        interface: &FILESYSTEM,
        name: "read-file",
        role: "reads a file",
        shapes: &[Shape::Typed, Shape::Result, Shape::Renamed],
        params: PATH,
        kind: Kind::suspending::<Result<Vec<u8>, String>>(read_bytes),
    },
    row(
        &FILESYSTEM,
        "write-file",
        "writes a file",
        &[I32, I32, I32, I32],
        Kind::suspending::<Changed>(write),
    ),
    row(
        &FILESYSTEM,
        "list-files",
        "lists a folder",
        PATH,
        Kind::suspending::<Result<Vec<String>, String>>(list),
    ),
    row(&FILESYSTEM, "delete-file", "deletes a file", PATH, Kind::suspending::<Changed>(delete)),
    row(
        &FILESYSTEM,
        "create-dir",
        "creates a folder",
        PATH,
        Kind::suspending::<Changed>(create_dir),
    ),
    row(
        &FILESYSTEM,
        "delete-dir",
        "deletes an empty folder",
        PATH,
        Kind::suspending::<Changed>(delete_dir),
    ),
    row(
        &FILESYSTEM,
        "path-exists",
        "looks at a path",
        PATH,
        Kind::suspending::<Result<bool, String>>(path_exists),
    ),
];

/// The result of a change.
type Changed = Result<(), String>;

/// The parameters of a function that takes a path.
const PATH: &[Flat] = &[I32, I32];

/// `log: func(msg: string)`: writes a line to the host's log, marked as the actor's.
fn log(mut caller: Caller<'_, Guest>, ptr: u32, len: u32) -> Result<(), wasmi::Error> {
    let Some(Extern::Memory(memory)) = caller.get_export(shape::MEMORY) else {
        return Err(wasmi::Error::new("`log` was called, but no memory is exported"));
    };
    let (memory, guest) = memory.data_and_store_mut(&mut caller);
    let memory: &[u8] = memory;
    let (text, more) = lift::prefix(memory, "msg", ptr, len, guest.line)
        .map_err(|error| wasmi::Error::new(format!("in a call of `log`, {error}")))?;
    let cost = fuel_cost::of_text(to_u64(text.len())).saturating_add(fuel_cost::LINE);
    guest.say("", text, more);
    let spent = charge(&mut caller, cost)?;
    if spent { Err(wasmi::Error::host(SliceSpent)) } else { Ok(()) }
}

/// `read-file: func(path: string) -> string`: this form can't return an error, so errors trap.
fn read_text<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    files::ask_about::<String>(call, Asked::Read, "bytes", |done| {
        let content = done.map_err(|failure| Trap::Host(failure.to_string()))?.content;
        String::from_utf8(content).map_err(|_| Trap::Host("the file is not UTF-8".into()))
    })
}

/// `read-file: func(path: string) -> result<list<u8>, string>`
fn read_bytes<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    files::ask_about::<Result<Vec<u8>, String>>(call, Asked::Read, "content", |done| {
        Ok(done.map(|answer| answer.content).map_err(in_words))
    })
}

/// `write-file: func(path: string, content: string) -> result<_, string>`
fn write<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (path, content) = (call.parameters.text("path")?, call.parameters.text("content")?);
    files::write_to(call, path, content.as_bytes(), changed)
}

/// `list-files: func(path: string) -> result<list<string>, string>`
fn list<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    files::ask_about::<Result<Vec<String>, String>>(call, Asked::List, "list", |done| {
        let names = |answer: Answer| answer.entries.into_iter().map(|entry| entry.name).collect();
        Ok(done.map(names).map_err(in_words))
    })
}

/// `delete-file: func(path: string) -> result<_, string>`
fn delete<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    files::ask_about(call, Asked::Change(What::Delete), "result", changed)
}

/// `create-dir: func(path: string) -> result<_, string>`
fn create_dir<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    files::ask_about(call, Asked::Change(What::CreateFolder), "result", changed)
}

/// `delete-dir: func(path: string) -> result<_, string>`
fn delete_dir<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    files::ask_about(call, Asked::Change(What::DeleteFolder), "result", changed)
}

/// `path-exists: func(path: string) -> result<bool, string>`
fn path_exists<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    files::ask_about::<Result<bool, String>>(call, Asked::Info, "result", |done| match done {
        Ok(_) => Ok(Ok(true)),
        // There is nothing inside of a file either.
        Err(Failure(FileError::NotFound | FileError::WrongKind)) => Ok(Ok(false)),
        Err(failure) => Ok(Err(in_words(failure))),
    })
}

/// The result of a change.
fn changed(done: Done) -> Result<Changed, Trap> {
    Ok(done.map(drop).map_err(in_words))
}

/// An error, as Theater's functions return it.
fn in_words(failure: Failure) -> String {
    failure.to_string()
}
