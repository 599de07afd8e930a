//! Guests that take all the memory that they may have and give it back, again and again.

use super::{guest::fails, stage::end};
use crate::support::{Server, emulated};

/// The most memory that the process ever had with this many threads. Eight clients at once make an
/// actor fill its 16 MiB and trap, several times each.
fn peak(threads: &str) -> u64 {
    let fills = fails("fills", &[])
        .attack(
            "(drop (memory.grow (i32.const 255)))
            (memory.fill (i32.const 4096) (i32.const 7) (i32.const 16700000)) (unreachable)",
        )
        // Otherwise the host would wait after each trap before it makes a slow instance.
        .memory("1");
    let server = Server::start_with(&["--threads", threads], &[fills.actor()]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..6 {
                    let mut client = server.client("fills");
                    client.text("attack");
                    assert_eq!(client.expect_close(1011), "the actor failed");
                }
            });
        }
    });
    let peak = server.peak_memory();
    end(server);
    peak
}

#[test]
fn with_four_threads_the_memory_that_traps_leave_behind_is_that_of_one() {
    let (one, four) = (peak("1"), peak("4"));
    // With any number of threads, a small block may take the place of the next 16 MiB, which then
    // go elsewhere.
    let most = (one * 3 / 2).max(one + (20 << 20));
    assert!(emulated() || four <= most, "{} KiB, and {} KiB with four", one >> 10, four >> 10);
}
