//! Calls the functions of preview 1.

use super::{P1, Program, World, timer};
use crate::actor::imports::wasi::{MOST_BYTES, preview1};

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
