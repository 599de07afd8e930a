//! Kills under load. Clients remember what they were told.

use std::{
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
