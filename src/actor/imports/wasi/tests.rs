//! Calls each function of WASI from a module, as a toolchain's code does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation)]

use std::{fmt::Write as _, sync::Arc};

use wasmi::{Engine, Instance, Linker, Store, Val};
use wit_core::Shape;

use super::{MOST_BYTES, preview1};
use crate::{
    actor::{
        imports::{Ambient, Growth, Guest, add_to, row::Kind},
        module::config,
    },
    config::Document,
    env::Env,
    limits::Limits,
    logger::ActorLog,
    world::World,
};

/// `wasi_snapshot_preview1`
const P1: &str = "wasi_snapshot_preview1";

/// An instance with a function for each import, which calls it.
struct Program {
    store: Store<Guest>,
    instance: Instance,
}

impl Program {
    /// In a world that stands still.
    fn new() -> Self {
        Self::in_world(World::manual(1_700_000_000_123).0)
    }

    fn in_world(world: World) -> Self {
        let (mut imports, mut functions) = (String::new(), String::new());
        let at_once = super::all().filter(|row| !matches!(row.kind, Kind::Suspending { .. }));
        for (index, row) in at_once.enumerate() {
            let ty = row.ty();
            let params: String = ty.params().map(|flat| format!(" {flat}")).collect();
            let result: String = ty.result.iter().map(|flat| format!(" {flat}")).collect();
            let ty = format!("(param{params}) (result{result})");
            let gets: String =
                (0..row.params.len()).map(|index| format!(" (local.get {index})")).collect();
            let module = row.interface.modules[0].replace("@0.2", "@0.2.7");
            write!(imports, "(import {module:?} {:?} (func $f{index} {ty}))", row.name).unwrap();
            let export = format!("{module} {}", row.name);
            write!(functions, "(func (export {export:?}) {ty} (call $f{index}{gets}))").unwrap();
        }
        let text = format!("(module {imports} (memory (export \"memory\") 3) {functions})");
        let engine = Engine::new(&config());
        let module = wasmi::Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let limits = Limits::default();
        let lines = Arc::new(ActorLog::new("test".into(), &limits, Arc::default()));
        let mut ambient = Ambient::new(lines, world);
        ambient.env = env("A = 'b'\nLONGER = 'two words'");
        let guest = Guest {
            limits: Growth::new(&limits),
            ambient,
            line: 20,
            said: Vec::new(),
            connection: None,
            time: None,
            debt: 0,
            process: None,
        };
        let mut store = Store::new(&engine, guest);
        store.set_fuel(u64::MAX / 2).unwrap();
        let mut linker = Linker::new(&engine);
        add_to(&mut linker, &module, Shape::Guide).unwrap();
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        Self { store, instance }
    }

    /// Calls a function with these numbers. Returns its result, or 0 if it has none.
    fn call(&mut self, module: &str, name: &str, numbers: &[i64]) -> Result<i64, String> {
        let export = format!("{module} {name}");
        let function = self.instance.get_func(&self.store, &export).expect(&export);
        let ty = function.ty(&self.store);
        let value = |(ty, number): (&wasmi::ValType, &i64)| match ty {
            wasmi::ValType::I64 => Val::I64(*number),
            _ => Val::I32(*number as i32),
        };
        let values: Vec<_> = ty.params().iter().zip(numbers).map(value).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        let done = function.call(&mut self.store, &values, &mut results);
        done.map_err(|error| error.to_string())?;
        Ok(match results.first() {
            Some(Val::I32(value)) => i64::from(*value),
            Some(Val::I64(value)) => *value,
            _ => 0,
        })
    }

    /// Calls a function of preview 1.
    fn p1(&mut self, name: &str, numbers: &[i64]) -> i64 {
        self.call(P1, name, numbers).unwrap()
    }

    fn memory(&mut self) -> &mut [u8] {
        let memory = self.instance.get_memory(&self.store, "memory").unwrap();
        memory.data_mut(&mut self.store)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.memory()[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn u32(&mut self, at: usize) -> u32 {
        u32::from_le_bytes(self.memory()[at..at + 4].try_into().unwrap())
    }

    fn u64(&mut self, at: usize) -> u64 {
        u64::from_le_bytes(self.memory()[at..at + 8].try_into().unwrap())
    }

    /// Writes a text with one block. Returns how much was taken.
    fn write(&mut self, fd: i64, text: &[u8]) -> u32 {
        self.put(1000, text);
        self.put(0, &[1000u32.to_le_bytes(), (text.len() as u32).to_le_bytes()].concat());
        assert_eq!(self.p1("fd_write", &[fd, 0, 1, 16]), 0);
        self.u32(16)
    }

    /// The lines that the guest has logged.
    fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.store.data_mut().said)
    }
}

/// An environment of these lines of TOML.
fn env(text: &str) -> Env {
    let parsed = toml::de::DeTable::parse(text).unwrap();
    let document = Document::new("m".as_ref(), text);
    let env = Env::read(document.root(parsed.get_ref()));
    document.finish(env).unwrap()
}

#[test]
fn lines_are_logged_whole_per_descriptor_and_their_rest_when_the_call_ends() {
    let mut program = Program::new();
    for (fd, text) in [(1, "out "), (2, "err "), (1, "1"), (2, "2\nmore"), (1, "\n\nlast\n")] {
        assert_eq!(program.write(fd, text.as_bytes()), text.len() as u32);
    }
    assert_eq!(program.said(), ["err 2", "out 1", "last"]);
    program.store.data_mut().end_lines();
    assert_eq!(program.said(), ["more"]);
    program.store.data_mut().end_lines();
    assert_eq!(program.said(), [""; 0]);
}

#[test]
fn a_line_is_cut_at_the_limit_and_never_within_a_character() {
    let mut program = Program::new();
    program.write(1, "12345678901234567890\n".as_bytes());
    program.write(1, "1234567890123456789é and more".as_bytes());
    program.write(1, b" and more\n");
    assert_eq!(program.said(), ["12345678901234567890", "1234567890123456789"]);
    program.write(1, b"\xff\xfe\r\n");
    assert_eq!(program.said(), ["\u{fffd}\u{fffd}"]);
}

#[test]
fn a_write_takes_64_kib_at_most_and_says_how_much_it_has_taken() {
    let mut program = Program::new();
    let block = |at: u32, len: u32| [at.to_le_bytes(), len.to_le_bytes()].concat();
    program.put(0, &[block(1000, 65_535), block(1000, 1), block(1000, 1)].concat());
    for (blocks, expected) in [(2, 65_536), (3, 65_536), (0, 0)] {
        assert_eq!(program.p1("fd_write", &[1, 0, blocks, 100]), 0);
        assert_eq!(program.u32(100), expected);
    }
    assert_eq!(program.p1("fd_write", &[0, 0, 1, 100]), 8);
    assert_eq!(program.p1("fd_write", &[3, 0, 1, 100]), 8);
    for (blocks, count, written) in [(196_604, 1, 100), (0, 1, 196_606), (-8, 1, 100)] {
        let outside = program.call(P1, "fd_write", &[1, blocks, count, written]);
        assert!(outside.unwrap_err().contains("outside of the memory"));
    }
}

#[test]
fn a_write_ends_so_many_lines_at_most_and_says_how_much_it_has_taken() {
    let mut program = Program::new();
    for (text, taken) in [("a\n".repeat(256), 512), ("\n".repeat(257) + "rest", 256)] {
        assert_eq!(program.write(1, text.as_bytes()), taken);
    }
    // The bound is that of all blocks together.
    let block = |len: u32| [1000u32.to_le_bytes(), len.to_le_bytes()].concat();
    program.put(1000, &[b'\n'; 300]);
    program.put(0, &[block(200), block(200)].concat());
    assert_eq!(program.p1("fd_write", &[1, 0, 2, 100]), 0);
    assert_eq!(program.u32(100), 256);
    // A whole text of the other form is taken.
    program.said();
    program.put(64, "b\n".repeat(2048).as_bytes());
    let write = "[method]output-stream.write";
    assert_eq!(program.call("wasi:io/streams@0.2.7", write, &[1, 64, 4096, 0]), Ok(0));
    assert_eq!(program.said(), ["b"; 5]);
}

#[test]
fn what_takes_the_host_longer_costs_more() {
    let mut program = Program::new();
    program.put(1000, &[b'x'; 3000]);
    program.put(2000, &[b'\n'; 100]);
    let block = |at: u32, len: u32| [at.to_le_bytes(), len.to_le_bytes()].concat();
    program.put(0, &[block(1000, 500), block(2000, 10)].concat());
    program.put(5000, &timer(1, 1, 5, 0).repeat(2));
    let mut cost = |module: &str, name: &str, numbers: &[i64]| {
        let before = program.store.get_fuel().unwrap();
        program.call(module, name, numbers).unwrap();
        before - program.store.get_fuel().unwrap()
    };
    // The guest's own code costs a little.
    let own = cost(P1, "sched_yield", &[]) - 150;
    assert!(own < 20, "{own}");
    let (streams, write) = ("wasi:io/streams@0.2.7", "[method]output-stream.write");
    let random = "wasi:random/random@0.2.7";
    for (module, name, numbers, expected) in [
        (P1, "fd_seek", &[1, 0, 0, 0][..], 150),
        (P1, "fd_sync", &[1], 150),
        (P1, "clock_time_get", &[1, 0, 100], 150),
        (P1, "fd_write", &[1, 0, 1, 100], 150 + 50 + 1000),
        (P1, "fd_write", &[1, 0, 2, 100], 150 + 100 + 1020 + 3000),
        (P1, "random_get", &[100, 500], 150 + 1000),
        (P1, "environ_get", &[100, 200], 150 + 2 * 50 + 2 * 21),
        (P1, "poll_oneoff", &[5000, 6000, 2, 100], 150 + 2 * 70),
        (streams, write, &[1, 1000, 500, 0], 150 + 1000),
        (streams, write, &[1, 2000, 10, 0], 150 + 20 + 3000),
        (random, "get-random-u64", &[], 150),
    ] {
        let found = cost(module, name, numbers);
        let own = own + 8;
        assert!((expected..=expected + own).contains(&found), "{name}: {found}, not {expected}");
    }
}

#[test]
fn the_environment_is_that_of_the_manifest_and_there_are_no_arguments() {
    let mut program = Program::new();
    assert_eq!(program.p1("environ_sizes_get", &[0, 4]), 0);
    let text = b"A=b\0LONGER=two words\0";
    assert_eq!((program.u32(0), program.u32(4)), (2, text.len() as u32));
    assert_eq!(program.p1("environ_get", &[0, 100]), 0);
    assert_eq!((program.u32(0), program.u32(4)), (100, 104));
    assert_eq!(&program.memory()[100..100 + text.len()], text);
    assert_eq!(program.p1("args_sizes_get", &[0, 4]), 0);
    assert_eq!((program.u32(0), program.u32(4)), (0, 0));
    assert_eq!(program.p1("args_get", &[0, 4]), 0);
}

#[test]
fn the_streams_are_character_devices_and_no_other_descriptor_is_there() {
    let mut program = Program::new();
    for (fd, rights) in [(0, 1 << 1), (1, 1 << 6), (2, 1 << 6)] {
        assert_eq!(program.p1("fd_fdstat_get", &[fd, 0]), 0);
        assert_eq!((program.memory()[0], program.u64(8)), (2, rights));
        assert_eq!(program.p1("fd_filestat_get", &[fd, 0]), 0);
        assert_eq!(program.memory()[16], 2);
        assert_eq!(program.p1("fd_seek", &[fd, 0, 0, 0]), 70);
        assert_eq!(program.p1("fd_fdstat_set_flags", &[fd, 4]), 0);
        assert_eq!(program.p1("fd_close", &[fd]), 0);
    }
    for (name, rest) in [
        ("fd_fdstat_get", &[0][..]),
        ("fd_filestat_get", &[0]),
        ("fd_seek", &[0, 0, 0]),
        ("fd_fdstat_set_flags", &[0]),
        ("fd_close", &[]),
        ("fd_prestat_get", &[0]),
        ("fd_prestat_dir_name", &[0, 0]),
        ("fd_read", &[0, 0, 0]),
        ("path_open", &[0, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        assert_eq!(program.p1(name, &[&[3], rest].concat()), 8, "{name}");
    }
    program.put(100, &[1; 4]);
    assert_eq!(program.p1("fd_read", &[0, 0, 1, 100]), 0);
    assert_eq!(program.u32(100), 0);
}

#[test]
fn functions_that_are_not_supported_answer_enosys_and_are_logged_once() {
    let mut program = Program::new();
    for row in preview1::ABSENT {
        for _ in 0..2 {
            assert_eq!(program.p1(row.name, &[0; 9]), 52, "{}", row.name);
        }
    }
    assert_eq!(program.store.data().missed(), preview1::ABSENT.len());
}

#[test]
fn the_wall_clock_stands_still_and_the_monotonic_clock_moves_within_a_call() {
    let mut program = Program::new();
    for _ in 0..2 {
        assert_eq!(program.p1("clock_time_get", &[0, 1, 8]), 0);
        assert_eq!(program.u64(8), 1_700_000_000_123_000_000);
    }
    let mut last = 0;
    for _ in 0..3 {
        assert_eq!(program.p1("clock_time_get", &[1, 1, 8]), 0);
        assert!(program.u64(8) > last);
        last = program.u64(8);
    }
    assert_eq!(program.p1("clock_time_get", &[2, 1, 8]), 28);
    assert_eq!(program.p1("clock_res_get", &[1, 8]), 0);
    assert_eq!(program.p1("clock_res_get", &[3, 8]), 28);
    let mut real = Program::in_world(World::System);
    real.p1("clock_time_get", &[1, 1, 8]);
    let first = real.u64(8);
    while real.u64(8) < first + 1_000_000 {
        real.p1("clock_time_get", &[1, 1, 8]);
    }
}

/// A subscription to a clock.
fn timer(user_data: u64, clock: u32, timeout: u64, flags: u16) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[..8].copy_from_slice(&user_data.to_le_bytes());
    bytes[16..20].copy_from_slice(&clock.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40..42].copy_from_slice(&flags.to_le_bytes());
    bytes
}

#[test]
fn a_wait_for_time_is_over_at_once_and_moves_this_calls_clocks_on() {
    const HOUR: u64 = 3_600_000_000_000;
    let mut program = Program::new();
    program.put(0, &[timer(7, 1, HOUR, 0), timer(8, 0, 2 * HOUR, 0)].concat());
    assert_eq!(program.p1("poll_oneoff", &[0, 500, 2, 400]), 0);
    assert_eq!((program.u32(400), program.u64(500), program.u64(508)), (1, 7, 0));
    let clocks = |program: &mut Program| {
        program.p1("clock_time_get", &[1, 1, 300]);
        program.p1("clock_time_get", &[0, 1, 308]);
        (program.u64(300), program.u64(308) - 1_700_000_000_123_000_000)
    };
    let (monotonic, wall) = clocks(&mut program);
    assert!((HOUR..HOUR + 1000).contains(&monotonic), "{monotonic}");
    assert!((HOUR..HOUR + 1000).contains(&wall), "{wall}");
    // An absolute time that has passed is no wait.
    program.put(0, &timer(9, 1, HOUR / 2, 1));
    assert_eq!(program.p1("poll_oneoff", &[0, 500, 1, 400]), 0);
    assert!(clocks(&mut program).0 < HOUR + 1000);
    // In the next call the wall clock is the host's again, and the other one has not gone back.
    program.store.data_mut().begin(None);
    let (next, wall) = clocks(&mut program);
    assert_eq!(wall, 0);
    assert!(next > monotonic && next < HOUR + 1000);
    assert_eq!(program.p1("poll_oneoff", &[0, 500, 0, 400]), 28);
    assert_eq!(program.p1("poll_oneoff", &[0, 500, 1025, 400]), 28);
}

#[test]
fn a_stream_is_ready_at_once_and_other_descriptors_have_an_error() {
    let mut program = Program::new();
    let of = |kind: u8, fd: u8| {
        let mut bytes = vec![0; 48];
        (bytes[8], bytes[16]) = (kind, fd);
        bytes
    };
    let clock = timer(1, 1, 1 << 50, 0);
    program.put(0, &[of(2, 1), of(1, 0), of(2, 5), of(9, 0), clock].concat());
    assert_eq!(program.p1("poll_oneoff", &[0, 500, 5, 400]), 0);
    assert_eq!(program.u32(400), 4);
    let error = |program: &mut Program, index: usize| program.u32(500 + 32 * index + 8) & 0xffff;
    let errors: Vec<_> = (0..4).map(|index| error(&mut program, index)).collect();
    assert_eq!(errors, [0, 0, 8, 28]);
    program.p1("clock_time_get", &[1, 1, 300]);
    assert!(program.u64(300) < 1 << 50);
}

#[test]
fn random_numbers_differ_and_more_than_64_kib_of_them_trap() {
    let mut program = Program::new();
    let most = i64::from(MOST_BYTES);
    assert_eq!(program.p1("random_get", &[0, most]), 0);
    let first = program.memory()[..64].to_vec();
    assert_eq!(program.p1("random_get", &[0, 64]), 0);
    assert_ne!(program.memory()[..64], first);
    let more = program.call(P1, "random_get", &[0, most + 1]).unwrap_err();
    assert_eq!(more, "65537 random bytes are asked for, at most 65536 are given");
}

#[test]
fn an_exit_is_a_trap_that_says_so() {
    let mut program = Program::new();
    for (module, name) in [(P1, "proc_exit"), ("wasi:cli/exit@0.2.7", "exit")] {
        let trap = program.call(module, name, &[3]).unwrap_err();
        assert!(trap.starts_with("it wanted to exit, with code 3;"), "{trap}");
    }
    assert_eq!(program.p1("sched_yield", &[]), 0);
}

#[test]
fn streams_of_preview_2_write_to_the_log_and_read_nothing() {
    const STREAMS: &str = "wasi:io/streams@0.2.7";
    let mut program = Program::new();
    assert_eq!(program.call("wasi:cli/stdout@0.2.7", "get-stdout", &[]), Ok(1));
    let mut call = |name: &str, numbers: &[i64]| {
        program.put(0, &[9; 16]);
        program.call(STREAMS, name, numbers).unwrap();
        program.memory()[..16].to_vec()
    };
    let allowed = call("[method]output-stream.check-write", &[1, 0]);
    assert_eq!((allowed[0], &allowed[8..]), (0, &4096u64.to_le_bytes()[..]));
    assert_eq!(
        call("[method]output-stream.check-write", &[0, 0])[..9],
        [1, 9, 9, 9, 9, 9, 9, 9, 1]
    );
    for name in ["[method]output-stream.write", "[method]output-stream.blocking-write-and-flush"] {
        assert_eq!(call(name, &[2, 64, 0, 0])[0], 0);
        assert_eq!(call(name, &[7, 64, 0, 0])[..5], [1, 9, 9, 9, 1]);
    }
    assert_eq!(call("[method]input-stream.blocking-read", &[0, 10, 0])[..5], [1, 9, 9, 9, 1]);
    assert_eq!(call("[method]output-stream.blocking-flush", &[1, 0])[0], 0);
    let write = "[method]output-stream.write";
    assert_eq!(program.call(STREAMS, write, &[1, 64, 4096, 0]), Ok(0));
    let more = program.call(STREAMS, write, &[1, 64, 4097, 0]).unwrap_err();
    assert!(more.starts_with("4097 bytes are written at once"), "{more}");
    program.said();
    program.put(64, b"hello\n");
    program.call(STREAMS, write, &[2, 64, 6, 0]).unwrap();
    assert_eq!(program.said(), ["hello"]);
}

#[test]
fn clocks_of_preview_2_are_those_of_preview_1() {
    const CLOCK: &str = "wasi:clocks/monotonic-clock@0.2.7";
    let mut program = Program::new();
    program.call("wasi:clocks/wall-clock@0.2.7", "now", &[0]).unwrap();
    assert_eq!((program.u64(0), program.u32(8)), (1_700_000_000, 123_000_000));
    let before = program.call(CLOCK, "now", &[]).unwrap();
    let pollable = program.call(CLOCK, "subscribe-duration", &[5_000_000]).unwrap();
    program.call("wasi:io/poll@0.2.7", "[method]pollable.block", &[pollable]).unwrap();
    let after = program.call(CLOCK, "now", &[]).unwrap();
    assert!(after >= before + 5_000_000 && after < before + 5_001_000, "{before} {after}");
}

#[test]
fn there_are_no_files_arguments_and_terminals_in_preview_2() {
    let mut program = Program::new();
    for (module, name) in [
        ("wasi:filesystem/preopens@0.2.7", "get-directories"),
        ("wasi:cli/environment@0.2.7", "get-arguments"),
    ] {
        program.call(module, name, &[0]).unwrap();
        assert_eq!(program.u32(4), 0);
    }
    let trap = program.call("wasi:filesystem/types@0.2.7", "[method]descriptor.stat", &[3, 0]);
    assert!(trap.unwrap_err().contains("the host has given none"));
}
