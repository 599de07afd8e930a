//! Makes files, and runs `footlight check` on them within bounds of time and memory.

use std::{fs, process::Output};

use super::guest::harmless;
use crate::support::{after, emulated};

/// The most memory, in KiB of addresses, that checking a file may take: some 50 MiB for the
/// worst file of 1 MiB, and what the program itself takes.
const MEMORY: usize = 128 << 10;
/// The most time, in seconds of the processor.
const TIME: u32 = 10;
/// The most that is said about a file, in bytes.
pub const REPORT: usize = 100_000;

/// Checks files within the bounds. The process must end with an exit code, never by a signal.
pub fn check(paths: &[&str]) -> (bool, String) {
    check_in(MEMORY, paths)
}

/// Checks files within so many KiB of addresses.
pub fn check_in(memory: usize, paths: &[&str]) -> (bool, String) {
    let limits =
        if emulated() { ":".into() } else { format!("ulimit -v {memory}; ulimit -t {TIME}") };
    let Output { status, stdout, stderr } =
        after(&limits).arg("check").args(paths).output().unwrap();
    let text = String::from_utf8(stdout).unwrap();
    let error = String::from_utf8_lossy(&stderr);
    let head: String = text.chars().take(2000).collect();
    assert!(stderr.is_empty(), "{status}: {error} {head}");
    assert!(matches!(status.code(), Some(0 | 1)), "{status}: {head}");
    assert!(!text.contains("ran out of system memory"), "{head}");
    assert!(text.len() < REPORT * paths.len(), "{} bytes: {head}", text.len());
    (status.success(), text)
}

/// Checks a module.
pub fn load(bytes: &[u8]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("actor.wasm");
    fs::write(&file, bytes).unwrap();
    check(&[file.to_str().unwrap()])
}

/// A good guest with more text inside.
pub fn with(fields: &str) -> Vec<u8> {
    wat::parse_str(harmless("odd").with(fields).text()).unwrap()
}

/// Checks that a module loads, or is refused for one of these reasons.
pub fn loads_or_says(name: &str, bytes: &[u8], reasons: &[&str]) {
    let (fine, text) = load(bytes);
    let head: String = text.chars().take(2000).collect();
    assert!(fine || reasons.iter().any(|reason| text.contains(reason)), "{name}: {head}");
}

/// Checks that a module is refused for this reason.
pub fn says(bytes: &[u8], reason: &str) {
    let (fine, text) = load(bytes);
    assert!(!fine && text.contains(reason), "{reason}: {text}");
}

/// An unsigned LEB128 number.
pub fn number(mut value: usize) -> Vec<u8> {
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
pub fn sized(bytes: &[u8]) -> Vec<u8> {
    [&number(bytes.len()), bytes].concat()
}

/// A section with this many equal items.
pub fn section(id: u8, count: usize, item: &[u8]) -> Vec<u8> {
    [&[id][..], &sized(&[&number(count), &item.repeat(count)[..]].concat())].concat()
}

/// A module with these sections only. It is not an actor, but the host reads all of it.
pub fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0", &sections.concat()[..]].concat()
}

/// A module with this many functions of the first type, all with this body.
pub fn functions(types: &str, count: usize, body: &[u8]) -> Vec<u8> {
    let types = wat::parse_str(format!("(module {types})")).unwrap();
    let code = sized(&[body, b"\x0b"].concat());
    [&types[..], &section(3, count, &[0]), &section(10, count, &code)].concat()
}

/// The error about a module that only lacks a handler.
pub const NO_ACTOR: &str = "no export `ntwk:theater/websocket-server#handle-message`";
/// The error about a module with an unknown import.
pub const UNKNOWN: &str = "this host has nothing of this name";
/// The error about a module that wasmi does not accept.
pub const INVALID: &str = "is not valid, or uses WebAssembly features that this host does not have";
