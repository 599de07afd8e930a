//! Numbers from one host to another, while the broker, both hosts and their connections end again and
//! again: none is lost, and none counts twice.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use super::{ask, broker::Broker, joined, losing::pair};
use crate::{
    durable::Device,
    support::{Client, Server, emulated, eventually},
};

/// How many numbers. `FOOTLIGHT_NUMBERS=10000` asks for more.
fn numbers() -> u32 {
    let default = if emulated() { 100 } else { 1000 };
    std::env::var("FOOTLIGHT_NUMBERS").map_or(default, |numbers| numbers.parse().unwrap())
}

/// The broker: what it has acknowledged is in its file, once it ends in order.
const LASTING: &str = "persistence true\nmax_queued_messages 0";

/// What ends next. Hosts whose changes are not on the disk lose them.
fn disturb(
    round: u32,
    kills_hosts: bool,
    broker: &mut Broker,
    hosts: &[Mutex<Option<Server>>; 2],
    run: &dyn Fn(usize) -> Server,
    pair: &[&super::proxy::Proxy; 2],
) {
    match round % 6 {
        0 => pair[0].cut_after(round % 7),
        1 => pair[1].cut_after(round % 5),
        2 if kills_hosts => restart(0, hosts, run),
        3 if kills_hosts => restart(1, hosts, run),
        4 => {
            broker.end("TERM");
            broker.restart();
        }
        _ => pair.iter().for_each(|proxy| proxy.cut()),
    }
}

/// Kills a host, and starts it again with its data.
fn restart(place: usize, hosts: &[Mutex<Option<Server>>; 2], run: &dyn Fn(usize) -> Server) {
    let mut host = hosts[place].lock().unwrap();
    if let Some(mut server) = host.take() {
        server.signal("KILL");
        server.wait();
    }
    *host = Some(run(place));
}

/// What the actor of a host answers. `None` if its connection ends first.
fn answer(client: &mut Option<Client>, host: &Mutex<Option<Server>>, text: &str) -> Option<String> {
    let answer = catch_unwind(AssertUnwindSafe(|| {
        let client = client.get_or_insert_with(|| {
            let host = host.lock().unwrap_or_else(PoisonError::into_inner);
            joined(host.as_ref().unwrap())
        });
        ask(client, text)
    }));
    if answer.is_err() {
        *client = None;
    }
    answer.ok()
}

/// Sends all numbers. Each is asked for until the actor has published it.
fn send_all(hosts: &[Mutex<Option<Server>>; 2], sent: &AtomicU32) {
    let (mut client, mut other) = (None, None);
    for number in 0..numbers() {
        let text = format!("once {number} mqtt keep/a");
        loop {
            match answer(&mut client, &hosts[0], &text).as_deref() {
                Some("published") => break,
                // The outbox is full.
                Some(_) => thread::sleep(Duration::from_millis(5)),
                None => {}
            }
        }
        sent.store(number + 1, Relaxed);
        // mosquitto 2.0.11 sends all that waits when a session goes on, whatever the receive maximum is.
        // A host knows the last 64 again.
        if number % 32 == 31 {
            eventually("these there", || {
                let seen = answer(&mut other, &hosts[1], "seen").unwrap_or_default();
                seen.split_whitespace().count() > number as usize
            });
        }
    }
}

/// The test, with this durability.
fn run_all(keys: &str, kills_hosts: bool) {
    let Some(mut broker) = Broker::mosquitto(LASTING) else { return };
    let devices = [Device::new(), Device::new()];
    let [(first, from), (second, to)] = pair(&broker, true);
    let actors = [from.extra(keys), to.extra(keys)];
    let run = |place: usize| devices[place].run(&actors[place]);
    let hosts = [Mutex::new(Some(run(0))), Mutex::new(Some(run(1)))];
    // The broker knows the subscription from now on.
    super::up(hosts[1].lock().unwrap().as_ref().unwrap());
    let sent = AtomicU32::new(0);
    let mut round = 0;
    thread::scope(|scope| {
        let sending = scope.spawn(|| send_all(&hosts, &sent));
        while !sending.is_finished() {
            let before = sent.load(Relaxed);
            // Some numbers pass between two disturbances.
            let some = || sent.load(Relaxed) > before + 10 || sending.is_finished();
            eventually("some pass", some);
            disturb(round, kills_hosts, &mut broker, &hosts, &run, &[&first, &second]);
            round += 1;
        }
    });
    let host = hosts[1].lock().unwrap();
    let mut client = joined(host.as_ref().unwrap());
    let mut seen = Vec::new();
    let most = numbers() as usize;
    eventually("all there", || {
        let state = ask(&mut client, "seen");
        seen = state.split_whitespace().map(|number| number.parse().unwrap()).collect::<Vec<u32>>();
        seen.len() >= most
    });
    seen.sort_unstable();
    assert!(seen.iter().copied().eq(0..numbers()), "{seen:?}");
    assert!(round > 5 && first.cuts() + second.cuts() > 0, "{round} disturbances");
}

#[test]
fn none_is_lost_and_none_counts_twice_with_strict_durability() {
    run_all("[storage]\ndurability = \"strict\"\n", true);
}

#[test]
fn none_is_lost_and_none_counts_twice_with_relaxed_durability_while_the_hosts_run() {
    run_all("[storage]\ndurability = \"relaxed\"\n", false);
}
