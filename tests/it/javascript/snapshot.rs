//! A script as an actor's module: the engine, whose memory is as it was after `load`. So today's host can run
//! it. This is what the host will do in its own process.

use wasmi::{
    CompilationMode, Config, Engine, Error, Func, Instance, Linker, Memory, Module, Store,
    TypedResumableCall, WasmParams, WasmResults,
};

/// A script's files: paths and contents.
pub type Files<'a> = [(&'a str, &'a str)];

/// What `load` has told of a script that can run, in words.
#[derive(Debug)]
pub struct Loaded {
    pub module: Vec<u8>,
    pub handlers: Vec<String>,
    pub log: Vec<String>,
}

/// What `load` has told of a script that can't.
#[derive(Debug, PartialEq)]
pub struct Refused {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub text: String,
    pub message: String,
    pub stack: String,
    pub log: Vec<String>,
}

/// Loads the file `main` among `files`.
///
/// # Errors
/// The script can't run.
pub fn load(engine: &[u8], files: &Files<'_>, main: &str) -> Result<Loaded, Box<Refused>> {
    let mut config = Config::default();
    // In slices, as in the host: the interpreter takes native stack until a slice ends.
    config.consume_fuel(true);
    // A call that runs out of fuel during lazy translation can't be resumed.
    config.compilation_mode(CompilationMode::Eager);
    let module = Module::new(&Engine::new(&config), engine).unwrap();
    let mut store = Store::new(module.engine(), ());
    let mut linker = Linker::new(module.engine());
    for import in module.imports() {
        let ty = import.ty().func().unwrap().clone();
        let name = format!("{}.{}", import.module(), import.name());
        let refuse = Func::new(&mut store, ty, move |_, _, _| {
            Err(Error::new(format!("{name} was called during load")))
        });
        linker.define(import.module(), import.name(), refuse).unwrap();
    }
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    let mut guest = Guest { store, instance, memory };

    let table = guest.room(files.len() * 16, 4);
    for (number, (path, content)) in files.iter().enumerate() {
        let at = table as usize + number * 16;
        let (path, content) = (guest.lower(path), guest.lower(content));
        for (word, value) in [path.0, path.1, content.0, content.1].into_iter().enumerate() {
            guest.memory.write(&mut guest.store, at + word * 4, &value.to_le_bytes()).unwrap();
        }
    }
    let main = guest.lower(main);
    let count = u32::try_from(files.len()).unwrap();
    let result: u32 =
        guest.call("footlight:script/load@0.1.0#load", (table, count, main.0, main.1));

    let at = result as usize;
    if guest.word(at) & 0xff == 1 {
        return Err(Box::new(Refused {
            file: guest.text(at + 4),
            line: guest.word(at + 12),
            column: guest.word(at + 16),
            text: guest.text(at + 20),
            message: guest.text(at + 28),
            stack: guest.text(at + 36),
            log: guest.texts(at + 44),
        }));
    }
    let (handlers, log) = (guest.texts(at + 4), guest.texts(at + 12));
    guest.call::<_, ()>("cabi_post_footlight:script/load@0.1.0#load", result);
    let module = with_memory(engine, guest.memory.data(&guest.store));
    Ok(Loaded { module, handlers, log })
}

struct Guest {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Guest {
    fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, parameters: P) -> R {
        let function = self.instance.get_typed_func::<P, R>(&self.store, name).unwrap();
        let slice = 20_000;
        self.store.set_fuel(slice).unwrap();
        let mut step = function.call_resumable(&mut self.store, parameters).unwrap();
        loop {
            match step {
                TypedResumableCall::Finished(results) => return results,
                TypedResumableCall::OutOfFuel(call) => {
                    self.store.set_fuel(slice.max(call.required_fuel())).unwrap();
                    step = call.resume(&mut self.store).unwrap();
                }
                TypedResumableCall::HostTrap(call) => panic!("{}", call.host_error()),
            }
        }
    }

    fn room(&mut self, bytes: usize, align: u32) -> u32 {
        self.call("cabi_realloc", (0_u32, 0_u32, align, u32::try_from(bytes).unwrap()))
    }

    fn lower(&mut self, text: &str) -> (u32, u32) {
        let at = if text.is_empty() { 1 } else { self.room(text.len(), 1) };
        self.memory.write(&mut self.store, at as usize, text.as_bytes()).unwrap();
        (at, u32::try_from(text.len()).unwrap())
    }

    fn word(&self, at: usize) -> u32 {
        let bytes = &self.memory.data(&self.store)[at..at + 4];
        u32::from_le_bytes(bytes.try_into().unwrap())
    }

    fn text(&self, at: usize) -> String {
        let (from, len) = (self.word(at) as usize, self.word(at + 4) as usize);
        String::from_utf8(self.memory.data(&self.store)[from..from + len].into()).unwrap()
    }

    fn texts(&self, at: usize) -> Vec<String> {
        let (from, count) = (self.word(at) as usize, self.word(at + 4) as usize);
        (0..count).map(|number| self.text(from + number * 8)).collect()
    }
}

/// The module with this memory at its start. Its globals are as before: the stack is empty again.
fn with_memory(module: &[u8], memory: &[u8]) -> Vec<u8> {
    const MEMORY: u8 = 5;
    const DATA_COUNT: u8 = 12;
    const DATA: u8 = 11;
    let mut result = module[..8].to_vec();
    let mut rest = &module[8..];
    let pages = memory.len() / 65_536;
    while let Some((id, after)) = rest.split_first() {
        let (len, after) = number(after);
        let (content, next) = after.split_at(len);
        rest = next;
        match *id {
            MEMORY => section(&mut result, MEMORY, &[&[1, 0], &*leb(pages)].concat()),
            DATA_COUNT => section(&mut result, DATA_COUNT, &leb(runs(memory).len())),
            DATA => {
                let mut segments = leb(runs(memory).len());
                for (from, to) in runs(memory) {
                    segments.extend([0, 0x41]);
                    segments.extend(signed(from));
                    segments.push(0x0b);
                    segments.extend(leb(to - from));
                    segments.extend(&memory[from..to]);
                }
                section(&mut result, DATA, &segments);
            }
            id => section(&mut result, id, content),
        }
    }
    result
}

/// The parts of a memory that are not zero. Short gaps cost less than another part.
fn runs(memory: &[u8]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for at in (0..memory.len()).filter(|at| memory[*at] != 0) {
        match runs.last_mut() {
            Some((_, end)) if at - *end < 16 => *end = at + 1,
            _ => runs.push((at, at + 1)),
        }
    }
    runs
}

fn section(module: &mut Vec<u8>, id: u8, content: &[u8]) {
    module.push(id);
    module.extend(leb(content.len()));
    module.extend(content);
}

/// LEB128 of an unsigned number.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return bytes;
        }
    }
}

/// LEB128 of a signed number that is not negative.
fn signed(number: usize) -> Vec<u8> {
    let mut bytes = leb(number);
    if let Some(last) = bytes.last_mut().filter(|last| **last & 0x40 != 0) {
        *last |= 0x80;
        bytes.push(0);
    }
    bytes
}

/// The number at the beginning, and what follows.
fn number(bytes: &[u8]) -> (usize, &[u8]) {
    let len = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let value =
        bytes[..len].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, &bytes[len..])
}
