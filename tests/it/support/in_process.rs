//! Actors that run in the test's process.

use std::pin::Pin;

use footlight::{
    actor::{Actor, Grants, Module, OutputGate, Setup},
    exchange::{ActorHandle, Client, OnOverflow, connections::Open},
    http_client::Http,
    limits::Limits,
    mqtt::Mqtt,
};
use footlight_store::Owner;
use smol::block_on;

use super::actors_root;

/// Opens a connection of an actor. It has no socket.
pub fn open(handle: &ActorHandle) -> Open {
    let client = || Client {
        peer: ([192, 0, 2, 7], 50_123).into(),
        path: "/ws".into(),
        query: "".into(),
        subprotocol: None,
        since: 0,
    };
    handle.connections.open(OnOverflow::Close, client).unwrap()
}

/// Starts the test guest `events`, and returns its task. `store` is its place in a store.
pub fn events(
    handle: &ActorHandle,
    store: Option<(Owner, OutputGate)>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    start(handle, "events", None, store)
}

/// The same with another test guest.
pub fn guest(
    handle: &ActorHandle,
    guest: &str,
    store: Option<(Owner, OutputGate)>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    start(handle, guest, None, store)
}

/// Starts a test guest, and returns its task. `http` is what it may ask of servers.
pub fn start(
    handle: &ActorHandle,
    guest: &str,
    http: Option<Http>,
    store: Option<(Owner, OutputGate)>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    begin(handle, guest, (http, None), store)
}

/// Starts a test guest with brokers, and returns its task.
pub fn with_brokers(
    handle: &ActorHandle,
    guest: &str,
    mqtt: Mqtt,
    store: Option<(Owner, OutputGate)>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    begin(handle, guest, (None, Some(mqtt)), store)
}

/// Starts a test guest with what it may use, and returns its task.
fn begin(
    handle: &ActorHandle,
    guest: &str,
    (http, mqtt): (Option<Http>, Option<Mqtt>),
    store: Option<(Owner, OutputGate)>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    let file = actors_root().join("tests/guests").join(format!("{guest}.wasm"));
    let setup = Setup {
        name: handle.name.clone(),
        module: Module::load(&file, &Limits::default(), Grants::ALL).unwrap(),
        limits: handle.limits.clone(),
        init_state: None,
        tick: None,
        files: None,
        http,
        messages: None,
        mqtt,
        last_good: None,
        store,
        world: Default::default(),
        turns: Default::default(),
        stats: handle.stats.clone(),
        lines: handle.lines.clone(),
        env: Default::default(),
    };
    let actor = block_on(Actor::start(setup)).unwrap();
    let (mailbox, control) = (handle.mailbox.clone(), handle.control.clone());
    Box::pin(actor.run(mailbox, control, handle.connections.clone()))
}
