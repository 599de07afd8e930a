//! Calls each function of WASI from a module, as a toolchain's code does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation)]

mod preview1;
mod preview2;

use std::{fmt::Write as _, sync::Arc};

use wasmi::{Engine, Instance, Linker, Store, Val};
use wit_core::Shape;

use crate::{
    actor::{
        imports::{Ambient, Growth, Guest, add_to, row::Kind},
        translated::config,
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
fn an_exit_is_a_trap_that_says_so() {
    let mut program = Program::new();
    for (module, name) in [(P1, "proc_exit"), ("wasi:cli/exit@0.2.7", "exit")] {
        let trap = program.call(module, name, &[3]).unwrap_err();
        assert!(trap.starts_with("it wanted to exit, with code 3;"), "{trap}");
    }
    assert_eq!(program.p1("sched_yield", &[]), 0);
}
