//! The instructions that an echo takes, counted by valgrind. They do not depend on how busy the machine is.

use std::{fs, path::Path, process::Command};

use async_tungstenite::tungstenite::Utf8Bytes;
use smol::block_on;

use super::common::{
    Result,
    client::{connect, echo},
    server::{Actor, Server},
};

/// The most that an echo may take: what it took when this was set, plus 3 %.
pub(crate) const ECHO: u64 = 24_700;
/// A run with few messages, and one with many. The difference has neither the start nor the end.
const MESSAGES: [u32; 2] = [100, 600];

/// Counts the instructions of an echo of 64 bytes.
pub(crate) fn measure(file: &Path) -> Result<u64> {
    let [few, many] = MESSAGES;
    Ok((count(file, many)? - count(file, few)?) / u64::from(many - few))
}

/// Counts the instructions of a whole run.
fn count(file: &Path, messages: u32) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let counts = folder.path().join("counts");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(format!("--log-file={}", counts.display())).arg(file);
    let server = Server::by(command, 1, None, &[Actor::echo()])?;
    block_on(async {
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
