//! Files that claim much: `footlight check` must load or refuse them, within a bound of
//! memory and time, and say so in a few words.

use std::{
    fs,
    process::{Command, Output},
};

use super::guest::harmless;
use crate::support::Actor;

/// The most memory, in KiB of addresses, that checking a file may take. A file is 4 MiB at
/// most.
const MEMORY: u32 = 600 << 10;
/// The most time, in seconds of the processor.
const TIME: u32 = 10;
/// The most that is said about a file, in bytes.
const REPORT: usize = 100_000;

/// Checks files, within the bounds. The answer is an exit code, never a signal.
pub fn check(paths: &[&str]) -> (bool, String) {
    let limits = format!("ulimit -v {MEMORY} -t {TIME} -c 0; exec \"$0\" check \"$@\"");
    let program = env!("CARGO_BIN_EXE_footlight");
    let Output { status, stdout, stderr } =
        Command::new("sh").args(["-c", &limits, program]).args(paths).output().unwrap();
    let text = String::from_utf8(stdout).unwrap();
    let error = String::from_utf8_lossy(&stderr);
    let head: String = text.chars().take(2000).collect();
    assert!(stderr.is_empty(), "{status}: {error} {head}");
    assert!(matches!(status.code(), Some(0 | 1)), "{status}: {head}");
    assert!(text.len() < REPORT * paths.len(), "{} bytes: {head}", text.len());
    (status.success(), text)
}

/// Checks a module. Also as `run` sees it, which must come to the same.
fn load(bytes: &[u8]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("actor.wasm");
    fs::write(&file, bytes).unwrap();
    check(&[file.to_str().unwrap()])
}

/// A good guest with more text inside.
fn with(fields: &str) -> Vec<u8> {
    wat::parse_str(harmless("odd").with(fields).text()).unwrap()
}

/// Checks that a module loads, or is refused for one of these reasons.
fn loads_or_says(name: &str, bytes: &[u8], reasons: &[&str]) {
    let (fine, text) = load(bytes);
    let head: String = text.chars().take(2000).collect();
    assert!(fine || reasons.iter().any(|reason| text.contains(reason)), "{name}: {head}");
}

/// Checks that a module is refused for this reason.
fn says(bytes: &[u8], reason: &str) {
    let (fine, text) = load(bytes);
    assert!(!fine && text.contains(reason), "{reason}: {text}");
}

/// An unsigned LEB128 number.
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Bytes with their length before them.
fn sized(bytes: &[u8]) -> Vec<u8> {
    [&number(bytes.len()), bytes].concat()
}

/// A section of so many equal items.
fn section(id: u8, count: usize, item: &[u8]) -> Vec<u8> {
    [&[id][..], &sized(&[&number(count), &item.repeat(count)[..]].concat())].concat()
}

/// A module of these sections only: no actor, but all of it is read.
fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0", &sections.concat()[..]].concat()
}

/// A module with so many functions of the first of these types, all with this body.
fn functions(types: &str, count: usize, body: &[u8]) -> Vec<u8> {
    let types = wat::parse_str(format!("(module {types})")).unwrap();
    let code = sized(&[body, b"\x0b"].concat());
    [&types[..], &section(3, count, &[0]), &section(10, count, &code)].concat()
}

/// Why a module without a handler is refused, if for nothing else.
const NO_ACTOR: &str = "no export `ntwk:theater/websocket-server#handle-message`";
/// Why a module is refused that wasmi does not take.
const INVALID: &str = "is not valid, or uses WebAssembly features that this host does not have";

#[test]
fn deeply_nested_blocks_load_or_are_refused() {
    for levels in [10_000, 100_000] {
        let nest = |open: &[u8], close: &[u8]| {
            let body = [&[0][..], &open.repeat(levels), &close.repeat(levels)].concat();
            functions("(type (func))", 1, &body)
        };
        for (name, open, close) in [
            ("block", &b"\x02\x40"[..], &b"\x0b"[..]),
            ("loop", b"\x03\x40", b"\x0b"),
            ("if", b"\x41\x01\x04\x40", b"\x0b"),
            ("if with else", b"\x41\x01\x04\x40", b"\x05\x0b"),
            ("block with a result", b"\x02\x7f", b"\x41\x00\x0b\x1a"),
            ("unreachable block", b"\x00\x02\x40", b"\x0b"),
        ] {
            let bytes = nest(open, close);
            loads_or_says(&format!("{levels} × {name}"), &bytes, &[NO_ACTOR, INVALID]);
        }
    }
}

#[test]
fn functions_with_very_many_locals_parameters_or_operands_load_or_are_refused() {
    let locals = |count| [&[1][..], &number(count), &[0x7f]].concat();
    for count in [30_000, 50_000, 50_001, 4_000_000_000] {
        let bytes = functions("(type (func))", 1, &locals(count));
        loads_or_says(&format!("{count} locals"), &bytes, &[NO_ACTOR, INVALID]);
    }
    for count in [1000, 1001] {
        let bytes = functions(&format!("(type (func (param {})))", "i64 ".repeat(count)), 1, &[0]);
        loads_or_says(&format!("{count} parameters"), &bytes, &[NO_ACTOR, INVALID]);
    }
    for count in [10_000, 1_000_000] {
        let body = [&[0][..], &b"\x41\0".repeat(count), &b"\x1a".repeat(count)].concat();
        let bytes = functions("(type (func))", 1, &body);
        loads_or_says(&format!("{count} operands"), &bytes, &[NO_ACTOR, INVALID]);
    }
}

#[test]
fn modules_with_very_many_of_something_load_or_are_refused() {
    let memory = section(5, 1, &[0, 1]);
    let types = || section(1, 1, b"\x60\0\0");
    for (name, bytes) in [
        ("functions", functions("(type (func))", 700_000, &[0])),
        (
            "functions with many locals",
            functions("(type (func))", 400_000, b"\x01\xb0\xea\x01\x7f"),
        ),
        ("types", module(&[section(1, 900_000, b"\x60\0\0")])),
        ("globals", module(&[section(6, 700_000, b"\x7f\0\x41\0\x0b")])),
        ("memories", module(&[section(5, 1_000_000, &[0, 1])])),
        ("tables", module(&[section(4, 1_000_000, &[0x70, 0, 1])])),
        ("imports", module(&[types(), section(2, 190_000, b"\0\0\0\0")])),
        ("passive data", module(&[memory.clone(), section(11, 900_000, b"\x01\0")])),
        ("active data", module(&[memory, section(11, 99_000, b"\0\x41\0\x0b\0")])),
        (
            "elements",
            module(&[section(4, 1, &[0x70, 0, 1]), section(9, 99_000, b"\0\x41\0\x0b\0")]),
        ),
        ("custom sections", module(&vec![vec![0, 1, 0]; 1_000_000])),
    ] {
        loads_or_says(name, &bytes, &[NO_ACTOR, INVALID]);
    }
}

#[test]
fn code_that_becomes_much_larger_when_translated_is_refused() {
    // A thousand values that each of many short instructions moves about.
    let pushes = b"\x41\0".repeat(1000);
    let drops = b"\x1a".repeat(1000);
    let i32s = "i32 ".repeat(1000);
    let body = |instruction: &[u8], times: usize| {
        [&[1, 1, 0x7f][..], &pushes, &instruction.repeat(times), &drops].concat()
    };
    let both = format!("(type (func)) (type (func (param {i32s}) (result {i32s})))");
    let results = format!("(type (func)) (type (func (result {i32s})))");
    let br_if =
        [&[1, 1, 0x7f, 0x02, 1][..], &pushes, &b"\x20\0\x0d\0".repeat(100_000), b"\x0b", &drops]
            .concat();
    for (name, bytes) in [
        ("br_if", functions(&results, 1, &br_if)),
        ("block", functions(&both, 1, &body(b"\x02\x01\x0b", 400_000))),
        ("loop", functions(&both, 1, &body(b"\x03\x01\x0b", 400_000))),
        ("if", functions(&both, 1, &body(b"\x20\0\x04\x01\x0b", 400_000))),
    ] {
        loads_or_says(name, &bytes, &[INVALID]);
    }
}

#[test]
fn very_many_or_very_long_names_are_reported_in_few_words() {
    let name = |bytes: usize| sized(&vec![b'x'; bytes]);
    let export = |bytes| [&name(bytes)[..], &[0, 0]].concat();
    let import = |bytes| [&name(bytes)[..], &name(bytes), &[0, 0]].concat();
    let types = || section(1, 1, b"\x60\0\0");
    let mut exports = vec![export(60_000)];
    exports.extend(
        (0..20_000).map(|index| [&sized(format!("{index}").as_bytes())[..], &[0, 0]].concat()),
    );
    let exports = [&[7][..], &sized(&[number(exports.len()), exports.concat()].concat())].concat();
    let function = || [types(), section(3, 1, &[0])].concat();
    let code = || section(10, 1, &[2, 0, 0x0b]);
    for (what, bytes) in [
        ("an export", module(&[function(), section(7, 1, &export(99_999)), code()])),
        ("many exports", module(&[function(), exports, code()])),
        ("an import", module(&[types(), section(2, 1, &import(99_999))])),
        ("many imports", module(&[types(), section(2, 10_000, &import(100))])),
    ] {
        loads_or_says(what, &bytes, &[NO_ACTOR]);
    }
}

#[test]
fn memories_and_tables_of_impossible_sizes_are_refused_or_left_alone() {
    let memory = |memory: &str| wat::parse_str(harmless("odd").memory(memory).text()).unwrap();
    says(&memory("65536"), "it begins with 4294967296 bytes, past the limit");
    says(&memory("257"), "it begins with 16842752 bytes, past the limit of 16777216");
    let (fine, text) = load(&memory("1 65536"));
    assert!(fine, "{text}");
    // Numbers that no text can have: of pages, and of a maximum below the minimum.
    for limits in [&b"\x01\x02\x01"[..], b"\0\x81\x80\x04", b"\0\xff\xff\xff\xff\x0f"] {
        says(&module(&[section(5, 1, limits)]), INVALID);
    }
    for limits in [&b"\x70\x01\x02\x01"[..], b"\x70\0\xff\xff\xff\xff\x0f"] {
        says(&module(&[section(4, 1, limits)]), INVALID);
    }
}

#[test]
fn a_file_past_the_limit_is_not_even_read() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = Actor::bytes("huge", with("")).write(folder.path());
    let module = folder.path().join("huge/actor.wasm");
    // 1 TiB with nothing in it.
    fs::File::options().write(true).open(module).unwrap().set_len(1 << 40).unwrap();
    let (fine, text) = check(&[manifest.to_str().unwrap()]);
    assert!(!fine);
    assert!(text.contains("is 1099511627776 bytes long, past the limit of 4194304"), "{text}");
}

#[test]
fn functions_of_the_wrong_type_are_refused() {
    for (fields, reason) in [
        (r#"(func (export "ntwk:theater/actor#init") (result i64) (unreachable))"#, "init`"),
        (r#"(func (export "ntwk:theater/actor#init") (result i32 i32) (unreachable))"#, "init`"),
        (r#"(func (export "cabi_post_ntwk:theater/actor#init"))"#, "init`"),
        (r#"(func (export "_initialize") (result i32) (unreachable))"#, "_initialize`"),
        (r#"(global (export "_initialize") i32 (i32.const 0))"#, "_initialize`"),
    ] {
        says(&with(fields), "its type is");
        says(&with(fields), reason);
    }
    let text = harmless("odd").text();
    let swap = |from: &str, to: &str| {
        assert!(text.contains(from));
        wat::parse_str(text.replace(from, to)).unwrap()
    };
    says(&swap("(param $has-data i32)", ""), "none of the interface's shapes");
    says(&swap("(param $has-data i32)", "(param $has-data f32)"), "none of the interface's");
    says(&swap("(param $result i32)", ""), "export `cabi_post_ntwk:theater");
    let memory = "(memory (export \"memory\") 1)";
    says(&swap(memory, "(memory 1) (global (export \"memory\") i32 (i32.const 0))"), "memory");
    says(&swap(memory, "(memory 1) (func (export \"memory\"))"), "memory");
}
