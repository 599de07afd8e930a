//! Files that claim to be large: `footlight check` must load or refuse them within a bound of
//! memory and time.

use std::fs;

use super::{
    file::{
        INVALID, NO_ACTOR, UNKNOWN, check, check_in, functions, load, loads_or_says, module,
        number, says, section, with,
    },
    guest::harmless,
};
use crate::support::Actor;

/// Gets so many parameters.
fn gets(count: u8) -> Vec<u8> {
    (0..count).flat_map(|index| [0x20, index]).collect()
}

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
    for count in [10_000, 300_000] {
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
        ("functions", functions("(type (func))", 200_000, &[0])),
        (
            "functions with many locals",
            functions("(type (func))", 100_000, b"\x01\xb0\xea\x01\x7f"),
        ),
        ("types", module(&[section(1, 300_000, b"\x60\0\0")])),
        ("globals", module(&[section(6, 200_000, b"\x7f\0\x41\0\x0b")])),
        ("memories", module(&[section(5, 400_000, &[0, 1])])),
        ("tables", module(&[section(4, 300_000, &[0x70, 0, 1])])),
        ("imports", module(&[types(), section(2, 190_000, b"\0\0\0\0")])),
        ("passive data", module(&[memory.clone(), section(11, 400_000, b"\x01\0")])),
        ("active data", module(&[memory, section(11, 99_000, b"\0\x41\0\x0b\0")])),
        (
            "elements",
            module(&[section(4, 1, &[0x70, 0, 1]), section(9, 99_000, b"\0\x41\0\x0b\0")]),
        ),
        ("custom sections", module(&vec![vec![0, 1, 0]; 300_000])),
    ] {
        loads_or_says(name, &bytes, &[NO_ACTOR, UNKNOWN, INVALID]);
    }
}

#[test]
fn code_that_would_become_much_larger_when_translated_is_refused_or_does_not() {
    // Many short instructions, each of which moves a thousand values.
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
        ("block", functions(&both, 1, &body(b"\x02\x01\x0b", 300_000))),
        ("loop", functions(&both, 1, &body(b"\x03\x01\x0b", 300_000))),
        ("if", functions(&both, 1, &body(b"\x20\0\x04\x01\x0b", 200_000))),
    ] {
        loads_or_says(name, &bytes, &[NO_ACTOR, INVALID]);
    }
}

#[test]
fn code_that_becomes_as_large_as_it_may_when_translated_loads_within_the_bound() {
    // As much of each as a module may have, and the rest of the file filled up. Of all the modules
    // that we tried, these took the most memory.
    let fill = |body: &[u8], unit: &[u8]| {
        let times = (1_040_000 - body.len()) / unit.len();
        [&[1, 1, 0x7f][..], body, &unit.repeat(times)].concat()
    };
    let i32s = "i32 ".repeat(27);
    let both = format!("(type (func)) (type (func (param {i32s}) (result {i32s})))");
    let ifs = [b"\x20\0\x04\x01".repeat(9000), b"\x0b".repeat(9000)].concat();
    let ifs = [&b"\x41\0".repeat(27)[..], &ifs, &b"\x1a".repeat(27)].concat();
    let one = [&b"\x02\x7f\x20\0"[..], &b"\x20\0\x0d\0".repeat(249_000), b"\x0b\x1a"].concat();
    let nest = [b"\x20\0\x04\x40".repeat(9_999), b"\x05\x0b".repeat(9_999)].concat();
    let (empty_if, empty_else) = (b"\x20\0\x04\x40\x0b", b"\x20\0\x04\x40\x05\x0b");
    let call = format!("(type (func (param {0}) (result {0})))", "i32 ".repeat(64));
    let calls = [b"\x10\0".repeat(500_000)].concat();
    for (name, bytes) in [
        ("ifs with parameters", functions(&both, 1, &fill(&ifs, empty_if))),
        ("branches with a value", functions("(type (func))", 1, &fill(&one, empty_if))),
        ("nested ifs", functions("(type (func))", 1, &fill(&nest.repeat(17), empty_else))),
        ("ifs", functions("(type (func))", 1, &fill(&[], empty_else))),
        ("calls", functions(&call, 1, &[&[0][..], &gets(64), &calls].concat())),
    ] {
        let (_, text) = load(&bytes);
        assert!(text.contains(NO_ACTOR), "{name}: {text}");
    }
}

#[test]
fn memories_and_tables_of_impossible_sizes_are_refused_or_left_alone() {
    let memory = |memory: &str| wat::parse_str(harmless("odd").memory(memory).text()).unwrap();
    says(&memory("65536"), "it begins with 4294967296 bytes, past the limit");
    says(&memory("257"), "it begins with 16842752 bytes, past the limit of 16777216");
    let (fine, text) = load(&memory("1 65536"));
    assert!(fine, "{text}");
    // Numbers that the text format does not allow: too many pages, and a maximum below the minimum.
    for limits in [&b"\x01\x02\x01"[..], b"\0\x81\x80\x04", b"\0\xff\xff\xff\xff\x0f"] {
        says(&module(&[section(5, 1, limits)]), INVALID);
    }
    for limits in [&b"\x70\x01\x02\x01"[..], b"\x70\0\xff\xff\xff\xff\x0f"] {
        loads_or_says("table", &module(&[section(4, 1, limits)]), &[NO_ACTOR, INVALID]);
    }
}

#[test]
fn a_file_past_the_limit_is_not_even_read() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = Actor::bytes("huge", with("")).write(folder.path());
    let module = folder.path().join("huge/actor.wasm");
    // An empty file of 1 TiB.
    fs::File::options().write(true).open(module).unwrap().set_len(1 << 40).unwrap();
    let (fine, text) = check(&[manifest.to_str().unwrap()]);
    assert!(!fine);
    assert!(text.contains("is 1099511627776 bytes long, past the limit of 1048576"), "{text}");
}

#[test]
fn modules_whose_instances_would_be_dear_to_make_are_refused() {
    // Nothing can interrupt the making of an instance, and a client causes it as often as it likes,
    // by making the guest trap.
    let element = "0 ".repeat(400_000);
    for (what, fields) in [
        ("globals", "(global i32 (i32.const 0))".repeat(20_000)),
        ("functions", "(func)".repeat(150_000)),
        ("data segments", r#"(data (i32.const 0) "")"#.repeat(150_000)),
        (
            "element segments",
            format!("(table 1 funcref) {}", "(elem (i32.const 0))".repeat(20_000)),
        ),
        ("elements", format!("(elem func {element})")),
    ] {
        let (fine, text) = load(&with(&fields));
        assert!(!fine, "{what}: {text}");
    }
}

/// The most memory for a file of this size beside that of the smallest file, in KiB: what
/// docs/actors.md says under "Sizes of a module".
fn within(size: usize) -> usize {
    40 * size / 1024 + 8_000_000 / 1024
}

/// What checking the smallest file takes, in KiB of addresses. A debug build takes the most.
const LEAST: usize = 24 << 10;

/// Functions of nothing, with this body each.
fn bodies(count: usize, body: &[u8]) -> Vec<u8> {
    functions("(type (func))", count, &[&[0], body].concat())
}

#[test]
fn the_worst_files_within_the_bounds_load_within_the_memory_that_the_documents_state() {
    const SIZE: usize = (1 << 20) - 1000;
    // Functions of nothing but calls, of functions of which the third is empty.
    let calls = |length: usize| {
        let body = b"\x10\x02".repeat(length / 2);
        bodies((SIZE / (length + 8)).max(3), &body)
    };
    let data = |one: &[u8]| module(&[section(5, 1, &[0, 1]), section(11, 100_000, one)]);
    let wide =
        "(func (param i64 i64) (result i64) (unreachable))".replace("i64 i64", &"i64 ".repeat(60));
    let exports = (0..7_600).map(|number| format!("(export \"{number}\" (func 0))"));
    let exports = format!("(module {wide} {})", exports.collect::<String>());
    for (name, bytes) in [
        ("calls in three functions", calls(SIZE / 3 - 100)),
        ("calls in short functions", calls(30)),
        ("loops", bodies(1, &b"\x03\x40\x0b".repeat(SIZE / 3))),
        ("loops in short functions", bodies(SIZE / 40, &b"\x03\x40\x0b".repeat(10))),
        ("blocks that are left", bodies(1, &b"\x02\x40\x0c\x00\x0b".repeat(SIZE / 5))),
        ("as many functions as there may be", bodies(100_000, &[])),
        ("as many functions with a call", bodies(100_000, b"\x10\x02")),
        ("as many functions with a trap", bodies(100_000, b"\x00")),
        ("passive data", data(b"\x01\x00")),
        ("active data", data(b"\x00\x41\x00\x0b\x00")),
        ("data of five bytes", data(b"\x00\x41\x00\x0b\x05hello")),
        ("exports of a function with many parameters", wat::parse_str(exports).unwrap()),
    ] {
        assert!(bytes.len() < 1 << 20, "{name}: {}", bytes.len());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("actor.wasm");
        fs::write(&file, &bytes).unwrap();
        let memory = LEAST + within(bytes.len());
        let (fine, text) = check_in(memory, &[file.to_str().unwrap()]);
        // It is whole, and no actor.
        assert!(!fine && text.contains(NO_ACTOR), "{name}: {:.2000}", text);
    }
}
