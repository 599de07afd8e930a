//! The functions that this host has of Theater's packages: `log`, and `read-file` of `filesystem`.

use wasmi::{Caller, Extern};
use wit_core::{
    Shape,
    host::Flat::{self, I32},
    lift, shape,
};

use super::{
    files,
    guest::{Guest, charge, kept},
    row::{Call, Import, Kind, Step, Trap},
    suspended::SliceSpent,
};
use crate::{
    actor::fuel_cost,
    convert::to_u64,
    interfaces::{FILESYSTEM, RUNTIME},
};

/// The functions. There are two rows for `read-file`, told apart by the module's shape: its result
/// changed while its name and its parameters stayed.
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
];

/// The parameters of `read-file`.
const PATH: &[Flat] = &[I32, I32];

/// The cost of a line, without its text.
const LINE: u64 = 300;

/// `log: func(msg: string)`: writes a line to the host's log, marked as the actor's.
fn log(mut caller: Caller<'_, Guest>, ptr: u32, len: u32) -> Result<(), wasmi::Error> {
    let Some(Extern::Memory(memory)) = caller.get_export(shape::MEMORY) else {
        return Err(wasmi::Error::new("`log` was called, but no memory is exported"));
    };
    let guest = caller.data();
    let (text, more) = lift::prefix(memory.data(&caller), "msg", ptr, len, guest.line)
        .map_err(|error| wasmi::Error::new(format!("in a call of `log`, {error}")))?;
    let cost = fuel_cost::of_text(to_u64(text.len())).saturating_add(LINE);
    match more {
        0 => guest.ambient.lines.guest(guest.connection, format_args!("{text}")),
        _ => {
            guest.ambient.lines.guest(guest.connection, format_args!("{text}… ({more} bytes more)"))
        }
    }
    let kept = kept(text);
    caller.data_mut().keep(kept);
    let spent = charge(&mut caller, cost)?;
    if spent { Err(wasmi::Error::host(SliceSpent)) } else { Ok(()) }
}

/// `read-file: func(path: string) -> string`: this form can't return an error, so errors trap.
fn read_text<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    files::read_as(call, "bytes", |content| {
        let content = content.map_err(|failure| Trap::Host(failure.to_string()))?;
        String::from_utf8(content).map_err(|_| Trap::Host("the file is not UTF-8".into()))
    })
}

/// `read-file: func(path: string) -> result<list<u8>, string>`
fn read_bytes<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    files::read_as(call, "content", |content| Ok(content.map_err(|failure| failure.to_string())))
}
