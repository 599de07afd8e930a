//! The functions of WASI 0.2 that Rust's and C's toolchains for `wasm32-wasip2` link into a module
//! (the WIT packages `wasi:io`, `wasi:cli`, `wasi:clocks`, `wasi:random` and `wasi:filesystem`).
//!
//! The handles are fixed: 0, 1 and 2 are the standard streams, and 3 is a pollable. Every other
//! resource can't be had, so its methods trap.

use wasmi::Caller;
use wit_core::{
    Shape,
    host::Flat::{self, I32, I64},
};

use super::{
    BYTE,
    answers::{Answer, cost_of, exited},
    call::{Memory, Parts, parts, u32_at},
    interface,
    process::Stream,
};
use crate::{
    actor::{
        fuel_cost::LINE,
        imports::{
            guest::{Guest, charge},
            random::draw,
            row::{Call, Import, Kind, Run, Step, Trap},
        },
    },
    convert::to_u64,
    interfaces::Interface,
};

const ERROR: Interface = interface("io/error", &["wasi:io/error@0.2"]);
const POLL: Interface = interface("io/poll", &["wasi:io/poll@0.2"]);
const STREAMS: Interface = interface("io/streams", &["wasi:io/streams@0.2"]);
const ENVIRONMENT: Interface = interface("cli/environment", &["wasi:cli/environment@0.2"]);
const EXIT: Interface = interface("cli/exit", &["wasi:cli/exit@0.2"]);
const STDIN: Interface = interface("cli/stdin", &["wasi:cli/stdin@0.2"]);
const STDOUT: Interface = interface("cli/stdout", &["wasi:cli/stdout@0.2"]);
const STDERR: Interface = interface("cli/stderr", &["wasi:cli/stderr@0.2"]);
const TERMINALS: Interface = interface(
    "cli/terminal",
    &[
        "wasi:cli/terminal-input@0.2",
        "wasi:cli/terminal-output@0.2",
        "wasi:cli/terminal-stdin@0.2",
        "wasi:cli/terminal-stdout@0.2",
        "wasi:cli/terminal-stderr@0.2",
    ],
);
const MONOTONIC_CLOCK: Interface =
    interface("clocks/monotonic-clock", &["wasi:clocks/monotonic-clock@0.2"]);
const WALL_CLOCK: Interface = interface("clocks/wall-clock", &["wasi:clocks/wall-clock@0.2"]);
const RANDOM: Interface = interface(
    "random",
    &["wasi:random/random@0.2", "wasi:random/insecure@0.2", "wasi:random/insecure-seed@0.2"],
);
const FILES: Interface = interface("filesystem/types", &["wasi:filesystem/types@0.2"]);
const PREOPENS: Interface = interface("filesystem/preopens", &["wasi:filesystem/preopens@0.2"]);

const WRITES: &str = "writes to the actor's log";
const DROPS: &str = "drops a handle";
const TIME: &str = "tells the time";
const WAITS: &str = "moves this call's clock on";
const RANDOM_NUMBERS: &str = "gives random numbers";
const EMPTY: &str = "gives nothing";
const NO_FILE: &str = "traps: there are no files";

/// A function that runs at once.
const fn row(
    interface: &'static Interface,
    name: &'static str,
    role: &'static str,
    (params, result): (&'static [Flat], Option<Flat>),
    run: Run,
) -> Import {
    let kind = Kind::AtOnce { result, run };
    Import { interface, name, role, shapes: &Shape::ALL, params, kind }
}

/// A handle or a place.
const ONE: (&[Flat], Option<Flat>) = (&[I32], None);
/// A handle and a place.
const TWO: (&[Flat], Option<Flat>) = (&[I32; 2], None);
/// A handle, an offset or a length, and a place.
const LONG: (&[Flat], Option<Flat>) = (&[I32, I64, I32], None);
/// A handle, a list, and a place.
const LIST: (&[Flat], Option<Flat>) = (&[I32; 4], None);
/// A handle comes back.
const GET: (&[Flat], Option<Flat>) = (&[], Some(I32));
/// A number comes back.
const NUMBER: (&[Flat], Option<Flat>) = (&[], Some(I64));

/// The functions.
pub(crate) const ROWS: &[Import] = &[
    row(&ERROR, "[resource-drop]error", DROPS, ONE, nothing),
    row(&POLL, "[resource-drop]pollable", DROPS, ONE, nothing),
    row(&POLL, "[method]pollable.block", WAITS, ONE, block),
    row(&POLL, "[method]pollable.ready", "says yes", (&[I32], Some(I32)), one),
    row(&STREAMS, "[resource-drop]input-stream", DROPS, ONE, nothing),
    row(&STREAMS, "[resource-drop]output-stream", DROPS, ONE, nothing),
    row(&STREAMS, "[method]input-stream.read", "reads nothing", LONG, read),
    row(&STREAMS, "[method]input-stream.blocking-read", "reads nothing", LONG, read),
    row(&STREAMS, "[method]input-stream.subscribe", "is ready", (&[I32], Some(I32)), subscribe),
    row(&STREAMS, "[method]output-stream.subscribe", "is ready", (&[I32], Some(I32)), subscribe),
    row(&STREAMS, "[method]output-stream.check-write", WRITES, TWO, check_write),
    row(&STREAMS, "[method]output-stream.write", WRITES, LIST, write),
    row(&STREAMS, "[method]output-stream.blocking-write-and-flush", WRITES, LIST, write),
    row(&STREAMS, "[method]output-stream.flush", "does nothing", TWO, flush),
    row(&STREAMS, "[method]output-stream.blocking-flush", "does nothing", TWO, flush),
    Import {
        interface: &ENVIRONMENT,
        name: "get-environment",
        role: "gives the manifest's [env]",
        shapes: &Shape::ALL,
        params: &[],
        kind: Kind::suspending::<Vec<(String, String)>>(get_environment),
    },
    row(&ENVIRONMENT, "get-arguments", EMPTY, ONE, empty_list),
    row(&ENVIRONMENT, "initial-cwd", EMPTY, ONE, none),
    row(&EXIT, "exit", "ends the call with a trap", ONE, exit),
    row(&STDIN, "get-stdin", "gives a stream", GET, |_, _| Ok(0)),
    row(&STDOUT, "get-stdout", "gives a stream", GET, |_, _| Ok(1)),
    row(&STDERR, "get-stderr", "gives a stream", GET, |_, _| Ok(2)),
    row(&TERMINALS, "[resource-drop]terminal-input", DROPS, ONE, nothing),
    row(&TERMINALS, "[resource-drop]terminal-output", DROPS, ONE, nothing),
    row(&TERMINALS, "get-terminal-stdin", EMPTY, ONE, none),
    row(&TERMINALS, "get-terminal-stdout", EMPTY, ONE, none),
    row(&TERMINALS, "get-terminal-stderr", EMPTY, ONE, none),
    row(&MONOTONIC_CLOCK, "now", TIME, NUMBER, monotonic),
    row(&MONOTONIC_CLOCK, "resolution", TIME, NUMBER, one),
    row(&MONOTONIC_CLOCK, "subscribe-instant", WAITS, (&[I64], Some(I32)), subscribe_instant),
    row(&MONOTONIC_CLOCK, "subscribe-duration", WAITS, (&[I64], Some(I32)), subscribe_duration),
    row(&WALL_CLOCK, "now", TIME, ONE, wall),
    row(&WALL_CLOCK, "resolution", TIME, ONE, wall_resolution),
    Import {
        interface: &RANDOM,
        name: "get-random-bytes",
        role: RANDOM_NUMBERS,
        shapes: &Shape::ALL,
        params: &[I64],
        kind: Kind::suspending::<Vec<u8>>(random_bytes),
    },
    row(&RANDOM, "get-random-u64", RANDOM_NUMBERS, NUMBER, random),
    row(&RANDOM, "get-insecure-random-u64", RANDOM_NUMBERS, NUMBER, random),
    row(&RANDOM, "insecure-seed", RANDOM_NUMBERS, ONE, seed),
    row(&PREOPENS, "get-directories", EMPTY, ONE, empty_list),
    row(&FILES, "[resource-drop]descriptor", DROPS, ONE, nothing),
    row(&FILES, "[method]descriptor.read-via-stream", NO_FILE, LONG, no_file),
    row(&FILES, "[method]descriptor.write-via-stream", NO_FILE, LONG, no_file),
    row(&FILES, "[method]descriptor.append-via-stream", NO_FILE, TWO, no_file),
    row(&FILES, "[method]descriptor.get-flags", NO_FILE, TWO, no_file),
    row(&FILES, "[method]descriptor.stat", NO_FILE, TWO, no_file),
    row(&FILES, "[method]descriptor.open-at", NO_FILE, (&[I32; 7], None), no_file),
    row(&FILES, "[method]descriptor.metadata-hash", NO_FILE, TWO, no_file),
];

/// The handle of every pollable.
const POLLABLE: u64 = 3;
/// The most bytes of a write, as for `blocking-write-and-flush`. All of it has to be taken, however
/// many lines there are.
const MOST_WRITTEN: u32 = 4096;
/// The nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

fn nothing(_: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    Ok(0)
}

fn one(_: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    Ok(1)
}

/// `exit(status: result)`
fn exit(_: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    Err(exited(u32_at(parameters, 0)))
}

/// Nobody has a descriptor.
fn no_file(_: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    Err(wasmi::Error::new("a descriptor of WASI was used, and the host has given none"))
}

/// Returns an empty list.
fn empty_list(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let mut memory = parts(caller)?.memory;
    let at = u32_at(parameters, 0);
    // An address that is aligned for every type, as the canonical ABI wants it.
    memory.put_u32(at, 8)?;
    memory.put_u32(at.wrapping_add(4), 0)?;
    Ok(0)
}

/// Returns `none`.
fn none(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    parts(caller)?.memory.put(u32_at(parameters, 0), &[0])?;
    Ok(0)
}

/// `read(len: u64) -> result<list<u8>, stream-error>`: the stream is closed.
fn read(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    closed(&mut parts(caller)?, u32_at(parameters, 2))
}

/// Writes the error `closed` as a result.
fn closed(parts: &mut Parts<'_>, at: u32) -> Answer {
    parts.memory.put(at, &[1])?;
    parts.memory.put(at.wrapping_add(4), &[1])?;
    Ok(0)
}

/// `check-write() -> result<u64, stream-error>`
fn check_write(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let (handle, at) = (u32_at(parameters, 0), u32_at(parameters, 1));
    let mut parts = parts(caller)?;
    if Stream::of(handle).is_none() {
        parts.memory.put(at, &[1])?;
        parts.memory.put(at.wrapping_add(8), &[1])?;
        return Ok(0);
    }
    parts.memory.put(at, &[0])?;
    parts.memory.put_u64(at.wrapping_add(8), MOST_WRITTEN.into())?;
    Ok(0)
}

/// `write(contents: list<u8>) -> result<_, stream-error>`
fn write(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let (from, len, at) = (u32_at(parameters, 1), u32_at(parameters, 2), u32_at(parameters, 3));
    let mut parts = parts(caller)?;
    let Some(stream) = Stream::of(u32_at(parameters, 0)) else { return closed(&mut parts, at) };
    if len > MOST_WRITTEN {
        // `wasi:io/streams`: to write more than `check-write` allows is a trap.
        let text = format!("{len} bytes are written at once, at most {MOST_WRITTEN} may be");
        return Err(wasmi::Error::new(text));
    }
    let taken = parts.guest.write(stream, parts.memory.block(from, len)?, usize::MAX);
    parts.memory.put(at, &[0])?;
    charge(caller, BYTE * u64::from(len) + LINE * to_u64(taken.lines))?;
    Ok(0)
}

/// `flush() -> result<_, stream-error>`
fn flush(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    parts(caller)?.memory.put(u32_at(parameters, 1), &[0])?;
    Ok(0)
}

/// `subscribe() -> pollable`: ready at once.
fn subscribe(caller: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    caller.data_mut().process().timer = 0;
    Ok(POLLABLE)
}

/// `subscribe-instant(when: u64) -> pollable`
fn subscribe_instant(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    caller.data_mut().process().timer = parameters.first().copied().unwrap_or_default();
    Ok(POLLABLE)
}

/// `subscribe-duration(when: u64) -> pollable`
fn subscribe_duration(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let guest = caller.data_mut();
    let wait = parameters.first().copied().unwrap_or_default();
    guest.process().timer = guest.monotonic_clock().saturating_add(wait);
    Ok(POLLABLE)
}

/// `block()`: moves the clock on to the timer that was made last.
fn block(caller: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    let guest = caller.data_mut();
    let until = std::mem::take(&mut guest.process().timer);
    guest.wait(until);
    Ok(0)
}

/// `now() -> u64`
fn monotonic(caller: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    Ok(caller.data_mut().monotonic_clock())
}

/// `now() -> datetime`
fn wall(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let Parts { memory, guest } = parts(caller)?;
    put_time(memory, u32_at(parameters, 0), guest.wall_clock())
}

/// `resolution() -> datetime`: a millisecond.
fn wall_resolution(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    put_time(parts(caller)?.memory, u32_at(parameters, 0), 1_000_000)
}

/// Writes a `datetime`.
fn put_time(mut memory: Memory<'_>, at: u32, nanos: u64) -> Answer {
    memory.put_u64(at, nanos / SECOND)?;
    memory.put_u32(at.wrapping_add(8), u32::try_from(nanos % SECOND).unwrap_or_default())?;
    Ok(0)
}

/// `get-random-u64() -> u64`
fn random(caller: &mut Caller<'_, Guest>, _: &[u64]) -> Answer {
    let mut bytes = [0; 8];
    caller.data_mut().fill_random(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// `insecure-seed() -> tuple<u64, u64>`
fn seed(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let Parts { mut memory, guest } = parts(caller)?;
    guest.fill_random(memory.block(u32_at(parameters, 0), 16)?)?;
    Ok(0)
}

/// `get-environment() -> list<tuple<string, string>>`
fn get_environment<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let cost = cost_of(&call.host.env);
    let (host, result) = call.end::<Vec<(String, String)>>("environment", cost)?;
    let pairs = host.env.pairs().to_vec();
    Ok(Step::Done(result.lower(pairs)))
}

/// `get-random-bytes(len: u64) -> list<u8>`
fn random_bytes<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let count = call.parameters.u64();
    let (host, result) = call.end::<Vec<u8>>("bytes", BYTE.saturating_mul(count))?;
    Ok(Step::Done(result.lower(draw(host, count)?)))
}
