//! Calls the functions of WASI 0.2.

use super::Program;

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
