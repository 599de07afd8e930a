//! The host's side and a guest's memory, for calls of single rows.

use std::{fs, sync::Arc};

use smol::block_on;
use tempfile::TempDir;
use wit_core::host::{LoweredResult, Parameters};

use crate::{
    actor::{
        CallContext, Resources,
        imports::{Import, Kind, Step, Trap, row::Call},
    },
    exchange::{Client, Connections, Event, EventKind, Mailbox, OnOverflow, connections::Open},
    files::{Files, Folders, config::SharedFolder},
    http_client::{Config, Http},
    limits::Limits,
    logger::ActorLog,
    messages::{self, Messages},
    mqtt::{self, Mqtt, config::BrokerConfig},
    world::World,
};

/// The host's side of an actor with a file `a` and some clients, numbered from 1.
pub(super) struct Host {
    context: CallContext,
    _open: Vec<Open>,
    _folder: TempDir,
}

impl Host {
    /// Connects this many clients, which all have the tag `four`.
    pub(super) fn new(clients: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "content").unwrap();
        let limits = Limits { connections: clients.max(1), ..Limits::default() };
        let lines = Arc::new(ActorLog::new("rows".into(), &limits, Arc::default()));
        let shared = SharedFolder { path: folder.path().into(), name: None, writable: true };
        let folders = Folders::open(&[shared]).unwrap();
        let files = Files::new("rows", folders, &limits, Arc::default(), lines);
        let grants = Config::default();
        let lines = Arc::new(ActorLog::new("rows".into(), &limits, Arc::default()));
        let http = Http::new(&grants, Arc::default(), &limits, Arc::default(), lines);
        let resources = Resources { files: Some(files), http, ..Resources::default() };
        let lines = Arc::new(ActorLog::new("rows".into(), &limits, Arc::default()));
        let (config, directory) = (messages::Config::default(), Arc::default());
        let messages =
            Messages::new("rows".into(), config, directory, &limits, Arc::default(), lines);
        let broker = BrokerConfig { name: "a".into(), ..BrokerConfig::anything() };
        let config = mqtt::Config { brokers: vec![broker] };
        let lines = Arc::new(ActorLog::new("rows".into(), &limits, Arc::default()));
        let mailbox = Arc::new(Mailbox::new((&limits).into()));
        let mqtt = Mqtt::new(&config, &mailbox, World::System, &limits, Arc::default(), lines);
        let resources = Resources { messages: Some(messages), mqtt, ..resources };
        let mut context = CallContext::new(&limits, resources);
        let CallContext { meter, host } = &mut context;
        let connections = Connections::new(&limits);
        let open = (0..clients).map(|_| {
            let client = || Client {
                peer: ([192, 0, 2, 7], 50_123).into(),
                path: "/ws".into(),
                query: "".into(),
                subprotocol: None,
                since: 0,
            };
            let open = connections.open(OnOverflow::Drop, client).unwrap();
            host.begin(&Event::at(&open.session, EventKind::Connect));
            let undo = &mut host.transaction.undo;
            host.clients.tag(open.session.id(), "four", undo, |_| Ok(())).unwrap();
            block_on(host.commit(None, &mut None, meter)).unwrap();
            open
        });
        let open = open.collect();
        Self { context, _open: open, _folder: folder }
    }

    /// Calls a function. Returns its cost and its result.
    pub(super) fn call(&mut self, row: &Import, memory: &[u8], flat: &[u64]) -> (u64, Outcome) {
        let Kind::Suspending { call, .. } = row.kind else { panic!("{row} is no such import") };
        let (mut cost, host) = (0, &mut self.context.host);
        let parameters = Parameters::new(memory, flat);
        let step = call(Call { parameters, host, cost: &mut cost });
        let result = step.and_then(|step| match step {
            Step::Done(result) | Step::Refused(result) | Step::Full { result, .. } => Ok(result),
            Step::Wait(wait) => block_on(wait),
        });
        // The next row finds the file as it is.
        self.context.host.transaction.pending.take();
        (cost, result)
    }
}

/// The outcome of a call.
pub(super) type Outcome = Result<LoweredResult, Trap>;

/// Places a result in a guest's memory that has enough room.
pub(super) fn placed(mut result: LoweredResult, memory: &mut [u8]) {
    let mut at = 1024;
    while let Some((len, _)) = result.next_block() {
        result.place(memory, at).unwrap();
        at += (len as u32).next_multiple_of(8);
    }
    result.finish(memory).unwrap();
}

/// A guest's memory: `a` at 16, and bytes that are not UTF-8 at 24. Results go to [`AREA`].
pub(super) fn memory() -> Vec<u8> {
    let mut memory = vec![0; 4096];
    (memory[16], memory[24]) = (b'a', 0xff);
    memory
}

/// The pointer to the area for results.
pub(super) const AREA: u64 = 128;
