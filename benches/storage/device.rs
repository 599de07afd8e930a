//! The bytes that reach the device for a commit.

use std::path::PathBuf;

use smol::block_on;

use super::{
    bare::Renamed,
    common::{
        Result,
        arguments::Arguments,
        client::{ask, connect},
        metrics::{counter, metrics},
        server::{Actor, Server},
        spread::{Spread, figure},
    },
    guests,
    loop_disk::LoopDisk,
};

/// The text that the clients send: a line of a chat.
const LINE: &str = "a line of some fifty characters, as people write";
/// The first commits, which do not count.
const FIRST: usize = 5;
/// The messages that the chat room has at first, so that its history has 36 KB half-way.
const HISTORY: usize = 330;
/// The most commits of the chat room, whose history grows.
const CHATTED: usize = 100;

/// What a change wrote.
struct Cost {
    /// The bytes of each commit that reached the device until its answer.
    commits: Vec<f64>,
    /// The bytes that reached the device in all, for each commit. This has turn-overs, and what the
    /// file system writes later.
    all: f64,
    /// The flushes of the device for each commit.
    flushes: f64,
    /// The bytes that the host counts itself, for each commit.
    counted: Option<f64>,
}

/// Measures all changes, and prints the table.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let commits: usize = arguments.count("commits", 1000, 20)?;
    let folder: PathBuf = arguments.path("folder", env!("CARGO_TARGET_TMPDIR"));
    let disk = match LoopDisk::mount(&folder) {
        Ok(disk) => disk,
        Err(error) => {
            println!("SKIPPED: no file system can be made and mounted (root may do that): {error}");
            return Ok(());
        }
    };
    println!(
        "| one change of 100 bytes | at once | with turn-overs and metadata | flushes | counted by the \
         host |\n|---|---|---|---|---|"
    );
    for (name, actor) in [
        ("of a state of 100 bytes", guests::patching(100)),
        ("of a state of 1 KB", guests::patching(1000)),
        ("of a state of 64 KB", guests::patching(64_000)),
        ("of a key, with 64 KB stored", guests::keys()),
    ] {
        print(name, &changed(&disk, &actor, commits)?);
    }
    let room = Actor::chat_room(HISTORY);
    let cost = changed(&disk, &room, commits.min(CHATTED))?;
    print("of the guide's chat room with 36 KB of history", &cost);
    print("of a file of 64 KB that is written anew and renamed", &renamed(&disk, commits)?);
    Ok(())
}

/// Measures an actor whose every event changes something.
fn changed(disk: &LoopDisk, actor: &Actor, commits: usize) -> Result<Cost> {
    let data = tempfile::tempdir_in(disk.path())?;
    let actor = actor.clone().kept("strict");
    let server = Server::keeping(data.path(), std::slice::from_ref(&actor))?;
    let mut client = block_on(connect(server.url(actor.name())))?;
    let text = LINE.into();
    // The chat room greets with its history, which is an answer too.
    let mut change = || block_on(ask(&mut client, &text)).map(drop);
    for _ in 0..FIRST {
        change()?;
    }
    let address = server.address(actor.name());
    let counted = || counter(&metrics(address), "store_written_bytes").ok_or("no metrics");
    let before = counted()?;
    let mut cost = count(disk, commits, change)?;
    cost.counted = Some((counted()? - before) as f64 / commits as f64);
    Ok(cost)
}

/// Measures a file that is replaced.
fn renamed(disk: &LoopDisk, commits: usize) -> Result<Cost> {
    let folder = tempfile::tempdir_in(disk.path())?;
    let mut file = Renamed::new(folder.path(), 64_000);
    count(disk, commits, || Ok(file.change()?))
}

/// Makes these changes, and counts what reaches the device.
fn count(disk: &LoopDisk, commits: usize, mut change: impl FnMut() -> Result<()>) -> Result<Cost> {
    disk.sync()?;
    let first = disk.written()?;
    let mut each = Vec::new();
    for _ in 0..commits {
        let before = disk.written()?;
        change()?;
        each.push((disk.written()?.bytes - before.bytes) as f64);
    }
    disk.sync()?;
    let last = disk.written()?;
    let share = |sum: u64| sum as f64 / commits as f64;
    let (all, flushes) = (share(last.bytes - first.bytes), share(last.flushes - first.flushes));
    Ok(Cost { commits: each, all, flushes, counted: None })
}

/// Prints a row.
fn print(name: &str, cost: &Cost) {
    let Cost { commits, all, flushes, counted } = cost;
    let counted = counted.map_or("".into(), figure);
    let median = Spread::of(commits.iter().copied()).median;
    println!("| {name} | {median:.0} | {} | {flushes:.2} | {counted} |", figure(*all));
}
