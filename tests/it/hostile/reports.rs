//! The errors about wrong modules: they are short, and have only the host's own words.

use super::{
    file::{
        INVALID, NO_ACTOR, REPORT, UNKNOWN, load, loads_or_says, module, number, says, section,
        sized, with,
    },
    guest::harmless,
};
use crate::support::{Actor, footlight};

#[test]
fn very_many_or_very_long_names_are_reported_in_few_words() {
    let name = |bytes: usize| sized(&vec![b'x'; bytes]);
    let export = |bytes| [&name(bytes)[..], &[0, 0]].concat();
    let import = |bytes| [&name(bytes)[..], &name(bytes), &[0, 0]].concat();
    let types = || section(1, 1, b"\x60\0\0");
    let mut exports = vec![export(60_000)];
    exports.extend(
        (0..9_999).map(|index| [&sized(format!("{index}").as_bytes())[..], &[0, 0]].concat()),
    );
    let exports = [&[7][..], &sized(&[number(exports.len()), exports.concat()].concat())].concat();
    let function = || [types(), section(3, 1, &[0])].concat();
    let code = || section(10, 1, &[2, 0, 0x0b]);
    for (what, bytes) in [
        ("an export", module(&[function(), section(7, 1, &export(99_999)), code()])),
        ("many exports", module(&[function(), exports, code()])),
        ("an import", module(&[types(), section(2, 1, &import(99_999))])),
        ("many imports", module(&[types(), section(2, 1_000, &import(250))])),
    ] {
        loads_or_says(what, &bytes, &[NO_ACTOR, UNKNOWN]);
        let folder = tempfile::tempdir().unwrap();
        let manifest = Actor::bytes("wordy", bytes).write(folder.path());
        let run = footlight(&["run", manifest.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(1), "{what}");
        assert!(run.stderr.len() < REPORT, "{what}: {} bytes", run.stderr.len());
    }
}

#[test]
fn names_cannot_forge_a_report_or_steer_a_terminal() {
    let name = r"x\0a/good.wasm: would run\0d\1b[2J\c2\9b31m\e2\80\ae";
    for (what, fields) in [
        ("an export", format!(r#"(func (export "{name}"))"#)),
        ("an import", format!(r#"(import "{name}" "{name}" (func))"#)),
        ("two exports", format!(r#"(func (export "{name}") (export "{name}"))"#)),
    ] {
        let bytes = wat::parse_str(format!("(module {fields})")).unwrap();
        let (_, checked) = load(&bytes);
        let folder = tempfile::tempdir().unwrap();
        let manifest = Actor::bytes("forger", bytes).write(folder.path());
        let run = footlight(&["run", manifest.to_str().unwrap()]);
        let run = String::from_utf8(run.stderr).unwrap();
        for text in [checked, run] {
            let bad = ['\r', '\u{1b}', '\u{9b}', '\u{202e}'];
            assert!(!text.contains(bad), "{what}: {text:?}");
            assert!(!text.lines().any(|line| line.starts_with("/good.wasm")), "{what}: {text:?}");
        }
    }
}

#[test]
fn start_sections_that_are_not_valid_are_refused() {
    // The host removes start functions from a module. That must not make an invalid module valid.
    let good = with(r#"(func (param i32)) (func $f) (start $f)"#);
    let code = section_at(&good, 10);
    let [8, 1, f] = good[code - 3..code] else { panic!("{good:?}") };
    let with_start = |start: &[u8]| [&good[..code - 3], start, &good[code..]].concat();
    let (fine, text) = load(&with_start(&[8, 1, f]));
    assert!(fine, "{text}");
    for (what, start) in [
        ("of a function with a parameter", &[8, 1, f - 1][..]),
        ("of a function that is not there", &[8, 1, 100]),
        ("with more inside", &[8, 2, f, 0]),
        ("with nothing inside", &[8, 0]),
        ("twice", &[8, 1, f, 8, 1, f]),
        ("cut short", &[8, 100, f]),
    ] {
        let (fine, text) = load(&with_start(start));
        assert!(!fine, "{what}: {text}");
    }
    let early = section_at(&good, 3);
    says(&[&good[..early], &[8, 1, f], &good[early..]].concat(), INVALID);
}

/// The offset of the section with this id.
fn section_at(module: &[u8], id: u8) -> usize {
    let mut at = 8;
    while module[at] != id {
        let mut len = 0;
        for (index, byte) in module[at + 1..].iter().enumerate() {
            len |= usize::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                at += index + 2;
                break;
            }
        }
        at += len;
    }
    at
}

#[test]
fn functions_of_the_wrong_type_are_refused() {
    for (fields, reason) in [
        (r#"(func (export "ntwk:theater/actor#init") (result i64) (unreachable))"#, "init`"),
        (
            r#"(func (export "ntwk:theater/actor#init") (param i32) (result i32) (unreachable))"#,
            "init`",
        ),
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
