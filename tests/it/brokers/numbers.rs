//! Numbers from one host to another, while the broker, both hosts and their connections end again and
//! again: none is lost, and none counts twice.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
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

/// What ends next. Hosts end with this signal.
fn disturb(
    round: u32,
    signal: &str,
    broker: &mut Broker,
    hosts: &[Mutex<Option<Server>>; 2],
    run: &dyn Fn(usize) -> Server,
    pair: &[&super::proxy::Proxy; 2],
) {
    match round % 6 {
        0 => pair[0].cut_after(round % 7),
        1 => pair[1].cut_after(round % 5),
        2 => restart(0, signal, hosts, run),
        3 => restart(1, signal, hosts, run),
        4 => {
            broker.end("TERM");
            broker.restart();
        }
        _ => pair.iter().for_each(|proxy| proxy.cut()),
    }
}

/// Ends a host with this signal, and starts it again with its data.
fn restart(
    place: usize,
    signal: &str,
    hosts: &[Mutex<Option<Server>>; 2],
    run: &dyn Fn(usize) -> Server,
) {
    let mut host = hosts[place].lock().unwrap();
    if let Some(mut server) = host.take() {
        server.signal(signal);
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

/// Sends all numbers, as fast as the actor takes them. Each is asked for until the actor has published it:
/// the host may end, and the outbox may be full.
fn send_all(hosts: &[Mutex<Option<Server>>; 2], sent: &AtomicU32) {
    let mut client = None;
    for number in 0..numbers() {
        let text = format!("once {number} mqtt keep/a");
        let is_published = || answer(&mut client, &hosts[0], &text).as_deref() == Some("published");
        eventually("published", is_published);
        sent.store(number + 1, Relaxed);
    }
}

/// The test, with this durability. Hosts end with this signal.
fn run_all(durability: &str, signal: &str) {
    let keys = format!("[storage]\ndurability = {durability:?}\n");
    let Some(mut broker) = Broker::mosquitto(LASTING) else { return };
    let devices = [Device::new(), Device::new()];
    let [(first, from), (second, to)] = pair(&broker, true);
    let actors = [from.extra(&keys), to.extra(&keys)];
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
            disturb(round, signal, &mut broker, &hosts, &run, &[&first, &second]);
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
fn none_is_lost_and_none_counts_twice_with_strict_durability_and_hosts_that_are_killed() {
    run_all("strict", "KILL");
}

#[test]
fn none_is_lost_and_none_counts_twice_with_relaxed_durability_and_hosts_that_stop() {
    run_all("relaxed", "TERM");
}
