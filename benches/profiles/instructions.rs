//! The instructions that a start and an echo take, counted by valgrind. They do not depend on how busy the
//! machine is.

use std::{fs, path::Path, process::Command, slice};

use async_tungstenite::tungstenite::Utf8Bytes;
use smol::block_on;

use super::common::{
    Result,
    client::{connect, echo},
    server::{Actor, Server},
};

/// The most that an echo may take: what it took when this was set, plus 3 %.
pub(crate) const ECHO: u64 = 19_370;
/// The most that a start with the chat room may take, and its end: what they took when this was set, plus 3 %.
pub(crate) const START: u64 = 14_147_000;
/// A run with few messages, and one with many. The difference has neither the start nor the end.
const MESSAGES: [u32; 2] = [100, 1100];
/// How often an echo's instructions are counted.
const RUNS: usize = 3;

/// Counts the instructions of an echo of 64 bytes. The least of some runs: when the machine is busy, the server
/// waits more often, which takes up to 3 % more.
pub(crate) fn echoed(file: &Path) -> Result<u64> {
    let [few, many] = MESSAGES;
    let mut least = u64::MAX;
    for _ in 0..RUNS {
        let echo = Actor::echo();
        let more = count(file, &echo, many)?.saturating_sub(count(file, &echo, few)?);
        least = least.min(more / u64::from(many - few));
    }
    Ok(least)
}

/// Counts the instructions of a start with `examples/chat-room`, and of its end.
pub(crate) fn started(file: &Path) -> Result<u64> {
    count(file, &Actor::chat_room(0), 0)
}

/// Counts the instructions of a whole run.
fn count(file: &Path, actor: &Actor, messages: u32) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let counts = folder.path().join("counts");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(format!("--log-file={}", counts.display())).arg(file);
    let server = Server::by(command, 1, None, slice::from_ref(actor))?;
    block_on(async {
        if messages == 0 {
            return Result::Ok(());
        }
        let mut client = connect(server.url("echo")).await?;
        let text = Utf8Bytes::from("a".repeat(64));
        for _ in 0..messages {
            echo(&mut client, &text).await?;
        }
        Result::Ok(())
    })?;
    server.stop()?;
    let log = fs::read_to_string(counts)?;
    let line = log.lines().find_map(|line| line.split_once("Collected :"));
    let (_, number) = line.ok_or_else(|| format!("valgrind counted nothing: {log}"))?;
    Ok(number.trim().parse()?)
}
