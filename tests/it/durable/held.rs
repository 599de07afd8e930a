//! Messages that wait for a disk. The disk of these tests waits until the test lets it go on.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use footlight::{
    actor::OutputGate,
    exchange::{
        ActorHandle, Command, Event, EventKind, HttpRequest, Message, connections::Open, request,
    },
    http_client::{Config, Http, grant::Grant, url::Url},
    limits::Limits,
};
use footlight_store::{Durability, Folder, Options, Store, file::File};
use smol::{Executor, block_on, future::poll_once};

use super::Device;
use crate::support::{in_process, web::Web};

/// Whether syncs go on.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn close(&self) {
        *self.0.0.lock().unwrap() = false;
    }

    fn wait(&self) {
        let is_open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(is_open, |is_open| !*is_open).unwrap());
    }
}

/// A file whose syncs wait at the gate.
struct Gated<F>(F, Gate);

impl<F: File> File for Gated<F> {
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.1.wait();
        self.0.sync()
    }
}

/// A test guest with a client, on a disk behind a gate.
struct Stage {
    gate: Gate,
    store: Store,
    handle: ActorHandle,
    open: Open,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The store writes at its end.
        self.gate.open();
    }
}

impl Stage {
    fn new(device: &Device, held: usize) -> Self {
        let gate = Gate::default();
        gate.open();
        let (_folder, files) = Folder::open(device.folder()).unwrap();
        let files = files.map(|file| Gated(file, gate.clone()));
        let options = Options { wear: u64::MAX, wait: Duration::from_secs(1000) };
        let store = Store::with_files(files, options).unwrap();
        let limits = Limits { held, ..Limits::default() };
        let handle = ActorHandle::new("events".into(), limits);
        let open = in_process::open(&handle);
        Self { gate, store, handle, open }
    }

    fn push(&self, kind: EventKind) {
        self.handle.mailbox.push_unrefused(Event::at(&self.open.session, kind));
    }

    /// The actor's task.
    fn actor(&self, gate: OutputGate) -> Pin<Box<dyn Future<Output = ()>>> {
        let durability = match gate {
            OutputGate::Closed => Durability::Strict,
            OutputGate::Open => Durability::Relaxed { interval: Duration::from_secs(1000) },
        };
        in_process::events(&self.handle, Some((self.store.owner("events", durability), gate)))
    }
}

fn text(text: &str) -> EventKind {
    EventKind::Message(Message::Text(text.into()))
}

/// Lets the task do all that it can do now.
fn drive(task: &mut (impl Future<Output = ()> + Unpin)) {
    for _ in 0..1000 {
        assert_eq!(block_on(poll_once(&mut *task)), None);
    }
}

#[test]
fn an_actor_takes_no_further_event_once_the_limit_of_held_bytes_is_reached() {
    // An event counts 128 bytes beside its messages: `state:0` and `abc`.
    let two = 128 + 7 + 128 + 3;
    for (held, handled) in [(two, 2), (two + 1, 3)] {
        let device = Device::new();
        let stage = Stage::new(&device, held);
        let mut task = stage.actor(OutputGate::Closed);
        stage.gate.close();
        stage.push(EventKind::Connect);
        (0..3).for_each(|_| stage.push(text("abc")));
        drive(&mut task);
        assert_eq!(stage.handle.stats.events.get(), handled, "{held}");
        assert_eq!(stage.open.session.bytes(), 0);
        stage.gate.open();
        stage.handle.control.send(Command::Stop).unwrap();
        block_on(task);
        assert_eq!(stage.handle.stats.events.get(), 4);
        assert_eq!(stage.open.session.bytes(), 7 + 3 * 3);
    }
}

#[test]
fn messages_of_a_relaxed_actor_do_not_wait_for_the_disk() {
    let device = Device::new();
    let stage = Stage::new(&device, 1);
    let mut task = stage.actor(OutputGate::Open);
    stage.gate.close();
    stage.push(EventKind::Connect);
    (0..3).for_each(|_| stage.push(text("abc")));
    drive(&mut task);
    assert_eq!(stage.handle.stats.events.get(), 4);
    assert_eq!(stage.open.session.bytes(), 7 + 3 * 3);
}

#[test]
fn a_response_waits_for_the_disk_like_a_message_and_counts_as_one() {
    // The response `1`, its field, and 128 bytes for the event.
    let field = 2 * size_of::<String>() + "content-type".len() + "text/plain; charset=utf-8".len();
    let one = 128 + field + 1;
    for (held, handled) in [(one, 1), (one + 1, 2)] {
        let device = Device::new();
        let stage = Stage::new(&device, held);
        let mut task = stage.actor(OutputGate::Closed);
        stage.gate.close();
        let ask = || {
            let (responder, pending) = request::pending();
            let (method, uri) = ("GET".to_owned(), "/count".to_owned());
            let request = HttpRequest { method, uri, headers: vec![], body: None };
            stage.handle.mailbox.push_unrefused(Event::request(responder, request));
            pending
        };
        let pending = [ask(), ask()];
        drive(&mut task);
        assert_eq!(stage.handle.stats.events.get(), handled, "{held}");
        let answer = block_on(poll_once(pending[0].answered()));
        assert_eq!(answer, None, "nothing leaves before the record");
        stage.gate.open();
        stage.handle.control.send(Command::Stop).unwrap();
        block_on(task);
        for (pending, count) in pending.iter().zip([b"1", b"2"]) {
            let response = block_on(pending.answered()).unwrap();
            assert_eq!(response.body.as_deref(), Some(&count[..]));
        }
    }
}

#[test]
fn a_request_to_a_server_leaves_only_once_the_changes_of_its_event_are_on_the_disk() {
    let device = Device::new();
    let stage = Stage::new(&device, 1 << 20);
    let web = Web::start(|_| None);
    let Url { origin, path, .. } = Url::parse(&web.url("/")).unwrap();
    let grants = Config { grants: vec![Grant { origin, path, private: false }] };
    let executor = Arc::new(Executor::new());
    let (stats, lines) = (stage.handle.stats.clone(), stage.handle.lines.clone());
    let limits = stage.handle.limits.clone();
    let http = Http::new(&grants, executor.clone(), limits, stats, lines);
    let store = (stage.store.owner("events", Durability::Strict), OutputGate::Closed);
    let mut task = in_process::start(&stage.handle, "asker-guide", http, Some(store));
    stage.gate.close();
    stage.push(EventKind::Connect);
    stage.push(text(&format!("later tag {}", web.url("/"))));
    drive(&mut task);
    while executor.try_tick() {}
    assert_eq!(stage.handle.stats.events.get(), 2);
    assert!(web.rest().is_empty());
    stage.gate.open();
    let asked = async { smol::unblock(move || web.next()).await.line };
    let running = async {
        task.await;
        unreachable!("nobody stops it")
    };
    assert_eq!(block_on(executor.run(smol::future::or(running, asked))), "GET /");
}
