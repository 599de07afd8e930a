//! `wasi_snapshot_preview1`: the functions that C, C++, Rust, Go and Zig link into their modules
//! (`wasi_snapshot_preview1.witx` of the WASI project).
//!
//! All run at once. A write may be short. There are three descriptors, and no others.

use wasmi::Caller;
use wit_core::{
    Shape,
    host::Flat::{self, I32, I64},
};

use super::{
    BYTE, MOST_BYTES,
    answers::{Answer, BLOCK, cost_of, errno, exited},
    call::{Parts, parts, u32_at},
    poll::poll_oneoff,
    process::Stream,
};
use crate::{
    actor::{
        fuel_cost::LINE,
        imports::{
            guest::{Guest, charge},
            random,
            row::{Import, Kind, Run},
        },
    },
    convert::to_u64,
    interfaces::Interface,
};

/// `wasi_snapshot_preview1`
pub(super) const PREVIEW_1: Interface =
    Interface { name: "wasi_snapshot_preview1", modules: &["wasi_snapshot_preview1"] };

/// A function that returns an error number.
const fn row(name: &'static str, role: &'static str, params: &'static [Flat], run: Run) -> Import {
    let kind = Kind::AtOnce { result: Some(I32), run };
    Import { interface: &PREVIEW_1, name, role, shapes: &Shape::ALL, params, kind }
}

/// The functions that do something.
pub(crate) const ROWS: &[Import] = &[
    row("args_get", "gives no arguments", &[I32; 2], succeed),
    row("args_sizes_get", "gives no arguments", &[I32; 2], args_sizes_get),
    row("clock_res_get", "tells how fine a clock is", &[I32; 2], clock_res_get),
    row("clock_time_get", "tells the time", &[I32, I64, I32], clock_time_get),
    row("environ_get", "gives the manifest's [env]", &[I32; 2], environ_get),
    row("environ_sizes_get", "gives the manifest's [env]", &[I32; 2], environ_sizes_get),
    row("fd_close", "closes a stream", &[I32], standard),
    row("fd_fdstat_get", "describes a stream", &[I32; 2], fd_fdstat_get),
    row("fd_fdstat_set_flags", "changes nothing", &[I32; 2], standard),
    row("fd_filestat_get", "describes a stream", &[I32; 2], fd_filestat_get),
    row("fd_prestat_dir_name", "says that there are no files", &[I32; 3], no_file),
    row("fd_prestat_get", "says that there are no files", &[I32; 2], no_file),
    row("fd_read", "reads nothing", &[I32; 4], fd_read),
    row("fd_seek", "says that a stream can't be moved in", &[I32, I64, I32, I32], fd_seek),
    row("fd_write", "writes to the actor's log", &[I32; 4], fd_write),
    row(
        "path_open",
        "says that there are no files",
        &[I32, I32, I32, I32, I32, I64, I64, I32, I32],
        path_open,
    ),
    row("poll_oneoff", "moves this call's clock on", &[I32; 4], poll_oneoff),
    Import {
        kind: Kind::AtOnce { result: None, run: proc_exit },
        ..row("proc_exit", "ends the call with a trap", &[I32], succeed)
    },
    row("random_get", "gives random bytes", &[I32; 2], random_get),
    row("sched_yield", "goes on", &[], succeed),
];

/// A function that is not supported.
const fn absent(name: &'static str, params: &'static [Flat]) -> Import {
    let kind = Kind::Unsupported { answer: errno::NOSYS };
    Import { kind, ..row(name, "not supported: it answers ENOSYS", params, succeed) }
}

/// The other functions of preview 1. A module that imports them loads.
pub(crate) const ABSENT: &[Import] = &[
    absent("fd_advise", &[I32, I64, I64, I32]),
    absent("fd_allocate", &[I32, I64, I64]),
    absent("fd_datasync", &[I32]),
    absent("fd_fdstat_set_rights", &[I32, I64, I64]),
    absent("fd_filestat_set_size", &[I32, I64]),
    absent("fd_filestat_set_times", &[I32, I64, I64, I32]),
    absent("fd_pread", &[I32, I32, I32, I64, I32]),
    absent("fd_pwrite", &[I32, I32, I32, I64, I32]),
    absent("fd_readdir", &[I32, I32, I32, I64, I32]),
    absent("fd_renumber", &[I32; 2]),
    absent("fd_sync", &[I32]),
    absent("fd_tell", &[I32; 2]),
    absent("path_create_directory", &[I32; 3]),
    absent("path_filestat_get", &[I32; 5]),
    absent("path_filestat_set_times", &[I32, I32, I32, I32, I64, I64, I32]),
    absent("path_link", &[I32; 7]),
    absent("path_readlink", &[I32; 6]),
    absent("path_remove_directory", &[I32; 3]),
    absent("path_rename", &[I32; 6]),
    absent("path_symlink", &[I32; 5]),
    absent("path_unlink_file", &[I32; 3]),
    absent("proc_raise", &[I32]),
    absent("sock_accept", &[I32; 3]),
    absent("sock_recv", &[I32; 6]),
    absent("sock_send", &[I32; 5]),
    absent("sock_shutdown", &[I32; 2]),
];

/// What a guest learns that looks for files.
const NO_FILES: &str = "it has no files there; they are in `footlight:host/files`";
/// The most blocks of one write.
const MOST_BLOCKS: u32 = 1024;
/// The most lines that one write ends.
const MOST_LINES: usize = 256;

/// Does nothing.
fn succeed(_: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    Ok(errno::SUCCESS)
}

/// Does nothing to one of the three streams.
fn standard(_: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    Ok(if u32_at(parameters, 0) > 2 { errno::BADF } else { errno::SUCCESS })
}

/// There is no folder with files.
fn no_file(_: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    Ok(errno::BADF)
}

/// Opens nothing.
fn path_open(caller: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    caller.data_mut().say_once("path_open", NO_FILES);
    Ok(errno::BADF)
}

/// `proc_exit(code)`
fn proc_exit(_: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    Err(exited(u32_at(parameters, 0)))
}

/// `args_sizes_get(count, bytes)`
fn args_sizes_get(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let mut memory = parts(caller)?.memory;
    memory.put_u32(u32_at(parameters, 0), 0)?;
    memory.put_u32(u32_at(parameters, 1), 0)?;
    Ok(errno::SUCCESS)
}

/// `environ_sizes_get(count, bytes)`
fn environ_sizes_get(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let Parts { mut memory, guest } = parts(caller)?;
    let env = &guest.ambient.env;
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    memory.put_u32(u32_at(parameters, 0), number(env.pairs().len()))?;
    memory.put_u32(u32_at(parameters, 1), number(env.bytes()))?;
    Ok(errno::SUCCESS)
}

/// `environ_get(pointers, texts)`
fn environ_get(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let env = caller.data().ambient.env.clone();
    charge(caller, cost_of(&env))?;
    let mut memory = parts(caller)?.memory;
    let (mut pointer, mut text) = (u32_at(parameters, 0), u32_at(parameters, 1));
    for (name, value) in env.pairs() {
        let entry = format!("{name}={value}\0");
        memory.put_u32(pointer, text)?;
        memory.put(text, entry.as_bytes())?;
        pointer = pointer.wrapping_add(4);
        text = text.wrapping_add(u32::try_from(entry.len()).unwrap_or_default());
    }
    Ok(errno::SUCCESS)
}

/// `clock_time_get(clock, precision, time)`
fn clock_time_get(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let Parts { mut memory, guest } = parts(caller)?;
    let Some(time) = guest.clock(u32_at(parameters, 0)) else { return Ok(errno::INVAL) };
    memory.put_u64(u32_at(parameters, 2), time)?;
    Ok(errno::SUCCESS)
}

/// `clock_res_get(clock, resolution)`: a millisecond, and a nanosecond.
fn clock_res_get(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let resolution = match u32_at(parameters, 0) {
        0 => 1_000_000,
        1 => 1,
        _ => return Ok(errno::INVAL),
    };
    parts(caller)?.memory.put_u64(u32_at(parameters, 1), resolution)?;
    Ok(errno::SUCCESS)
}

/// `fd_fdstat_get(fd, stat)`: a character device that can't be moved in, so that C writes each line
/// at once.
fn fd_fdstat_get(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    const CHARACTER_DEVICE: u8 = 2;
    const READ: u8 = 1 << 1;
    const WRITE: u8 = 1 << 6;
    let rights = match u32_at(parameters, 0) {
        0 => READ,
        1 | 2 => WRITE,
        _ => return Ok(errno::BADF),
    };
    let mut stat = [0; 24];
    (stat[0], stat[8]) = (CHARACTER_DEVICE, rights);
    parts(caller)?.memory.put(u32_at(parameters, 1), &stat)?;
    Ok(errno::SUCCESS)
}

/// `fd_filestat_get(fd, stat)`
fn fd_filestat_get(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    const CHARACTER_DEVICE: u8 = 2;
    if u32_at(parameters, 0) > 2 {
        return Ok(errno::BADF);
    }
    let mut stat = [0; 64];
    stat[16] = CHARACTER_DEVICE;
    parts(caller)?.memory.put(u32_at(parameters, 1), &stat)?;
    Ok(errno::SUCCESS)
}

/// `fd_seek(fd, offset, whence, new)`
fn fd_seek(_: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    Ok(if u32_at(parameters, 0) > 2 { errno::BADF } else { errno::SPIPE })
}

/// `fd_read(fd, blocks, count, read)`: standard input is at its end.
fn fd_read(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    if u32_at(parameters, 0) != 0 {
        return Ok(errno::BADF);
    }
    parts(caller)?.memory.put_u32(u32_at(parameters, 3), 0)?;
    Ok(errno::SUCCESS)
}

/// `fd_write(fd, blocks, count, written)`
fn fd_write(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let Some(stream) = Stream::of(u32_at(parameters, 0)) else { return Ok(errno::BADF) };
    let (blocks, count) = (u32_at(parameters, 1), u32_at(parameters, 2).min(MOST_BLOCKS));
    let Parts { mut memory, guest } = parts(caller)?;
    let (mut written, mut lines) = (0, 0);
    for block in (0..count).map(|index| blocks.wrapping_add(index * 8)) {
        let (at, len) = (memory.u32(block)?, memory.u32(block.wrapping_add(4))?);
        let text = memory.block(at, len.min(MOST_BYTES - written))?;
        let taken = guest.write(stream, text, MOST_LINES - lines);
        (written, lines) = (written + taken.bytes, lines + taken.lines);
        if taken.bytes < len {
            break;
        }
    }
    memory.put_u32(u32_at(parameters, 3), written)?;
    let cost = BLOCK * u64::from(count) + BYTE * u64::from(written) + LINE * to_u64(lines);
    charge(caller, cost)?;
    Ok(errno::SUCCESS)
}

/// `random_get(bytes, count)`
fn random_get(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let (at, count) = (u32_at(parameters, 0), u32_at(parameters, 1));
    if u64::from(count) > random::MAX {
        return Err(wasmi::Error::new(random::too_many(count.into())));
    }
    let Parts { mut memory, guest } = parts(caller)?;
    guest.fill_random(memory.block(at, count)?)?;
    charge(caller, BYTE * u64::from(count))?;
    Ok(errno::SUCCESS)
}
