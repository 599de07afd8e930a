//! Kills under load. Clients remember what they were told.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use super::{Device, counted, kill};
use crate::support::{emulated, guest};

/// How many kills. `scripts/power-cuts.sh` asks for more.
fn kills() -> u64 {
    let default = if emulated() { 3 } else { 20 };
    std::env::var("FOOTLIGHT_KILLS").map_or(default, |kills| kills.parse().unwrap())
}

#[test]
fn what_a_client_was_told_is_there_after_every_kill() {
    let device = Device::new();
    let told = Arc::new(AtomicU64::new(0));
    for round in 0..kills() {
        let server = device.run(&guest("events"));
        let now = counted(&server, "events");
        assert!(now >= told.load(Ordering::Relaxed), "{now} in round {round} after {told:?}");
        let clients: Vec<_> = (0..3)
            .map(|_| {
                let (mut client, _) = super::joined(&server, "events");
                let told = told.clone();
                thread::spawn(move || {
                    let count = |client: &mut crate::support::Client| {
                        client.send("count".into());
                        client.next().to_text().unwrap().parse().unwrap()
                    };
                    // Until the connection breaks.
                    while let Ok(count) =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                            count(&mut client)
                        }))
                    {
                        told.fetch_max(count, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        // The kills come at different points of the work.
        thread::sleep(Duration::from_micros(3000 + round * 7919 % 20_000));
        kill(server);
        clients.into_iter().for_each(|client| client.join().unwrap());
    }
    assert!(told.load(Ordering::Relaxed) > kills());
}

/// The numbers of the folders `d0`, `d1`… that have their file, whole.
fn whole(folder: &Path) -> Vec<u64> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let number = |entry: fs::DirEntry| {
        let number = entry.file_name().to_str()?.strip_prefix('d')?.parse().ok()?;
        let content = fs::read_to_string(entry.path().join("file")).ok()?;
        assert_eq!(content.parse(), Ok(number), "no file is half written");
        Some(number)
    };
    entries.filter_map(number).collect()
}

#[test]
fn after_every_kill_the_folders_of_a_call_are_those_before_it_or_after_it() {
    let (device, folder) = (Device::new(), tempfile::tempdir().unwrap());
    let actor = guest("events").folder(folder.path(), "writable = true");
    let (told, mut seen) = (Arc::new(AtomicU64::new(0)), 0);
    for round in 0..kills() {
        let server = device.run(&actor);
        let (mut client, _) = super::joined(&server, "events");
        // Whatever a kill has left: the next call makes its changes.
        let mut number = told.load(Ordering::Relaxed).max(seen) + 1;
        let first = format!("do folder d{number}; write d{number}/file {number}; put n {number}");
        client.text(&first);
        client.expect_all(&["done"; 3]);
        for old in whole(folder.path()).into_iter().filter(|old| *old < number) {
            client.text(&format!("do remove d{old}/file; remove-folder d{old}"));
            client.expect_all(&["done"; 2]);
        }
        told.store(number, Ordering::Relaxed);
        let so_far = told.clone();
        let moving = thread::spawn(move || {
            let step = |client: &mut crate::support::Client, new: u64| {
                let old = new - 1;
                client.send(
                    format!(
                        "do folder d{new}; write d{new}/file {new}; remove d{old}/file; \
                         remove-folder d{old}; put n {new}"
                    )
                    .into(),
                );
                for _ in 0..5 {
                    assert_eq!(client.next().to_text().unwrap(), "done");
                }
            };
            // Until the connection breaks.
            while let Ok(()) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                step(&mut client, number + 1);
            })) {
                number += 1;
                so_far.store(number, Ordering::Relaxed);
            }
        });
        thread::sleep(Duration::from_micros(3000 + round * 7919 % 20_000));
        kill(server);
        moving.join().unwrap();
        let told = told.load(Ordering::Relaxed);
        let whole = whole(folder.path());
        // What was told is there, or the call after that is. Nothing earlier has come back.
        let is_known = whole.iter().all(|number| (told..=told + 1).contains(number));
        assert!(!whole.is_empty() && is_known, "{whole:?} in round {round} after {told}");
        seen = told + 1;
        let server = device.run(&actor);
        let (mut client, _) = super::joined(&server, "events");
        client.text("do get n");
        let stored = client.next().to_text().unwrap().strip_prefix("value ").unwrap().parse();
        assert!(stored == Ok(told) || stored == Ok(told + 1), "{stored:?} after {told}");
        kill(server);
    }
}
