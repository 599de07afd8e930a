//! Requests whose answers come as events.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use smol::{Executor, block_on};
use wit_core::host::HttpError;

use super::{FOLLOW, Server, ok, plain};
use crate::{
    exchange::Answered,
    http_client::{Asked, Config, Failure, Http, Request, grant::Grant, url::Url},
    limits::Limits,
    logger::ActorLog,
};

/// An actor's requests to a server, with a task runner.
struct Stage {
    http: Http,
    executor: Arc<Executor<'static>>,
    url: String,
}

impl Stage {
    fn new(url: &str, limits: Limits) -> Self {
        let Url { origin, path, .. } = Url::parse(url).unwrap();
        let config = Config { grants: vec![Grant { origin, path, private: false }] };
        let executor = Arc::new(Executor::new());
        let lines = Arc::new(ActorLog::new("asker".into(), &limits, Arc::default()));
        let http = Http::new(&config, executor.clone(), &limits, Arc::default(), lines).unwrap();
        Self { http, executor, url: url.into() }
    }

    fn ask(&self, tag: &str) -> Result<Asked, Failure> {
        self.http.ask(tag, Request::new(plain("GET", &self.url)).unwrap(), FOLLOW)
    }

    /// What is stored.
    fn stored(&self) -> String {
        String::from_utf8(self.http.stored().to_vec()).unwrap()
    }

    /// The next answer, if it is there.
    fn ready(&self) -> Option<Answered> {
        match self.http.poll_answer(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answered) => Some(answered),
            Poll::Pending => None,
        }
    }

    /// Waits for the next answer.
    fn next(&self) -> Answered {
        block_on(self.executor.run(std::future::poll_fn(|cx| self.http.poll_answer(cx))))
    }
}

/// The tag of an interrupted request.
fn interrupted(answered: Option<Answered>) -> Option<Box<str>> {
    let answered = answered?;
    assert_eq!(answered.outcome, Err(HttpError::Interrupted));
    Some(answered.tag)
}

#[test]
fn a_request_leaves_when_it_is_started_and_is_answered_once() {
    let server = Server::saying(&[&ok("hello")]);
    let stage = Stage::new(&server.url("/"), Limits::default());
    let asked = stage.ask("first").unwrap();
    assert_eq!(stage.stored(), "0:5:first");
    asked.start();
    let Answered { tag, outcome } = stage.next();
    assert_eq!((&*tag, outcome.unwrap().body.unwrap()), ("first", b"hello".to_vec()));
    assert_eq!((stage.stored().as_str(), stage.ready()), ("", None));
    assert_eq!(server.heads().len(), 1);
}

#[test]
fn a_request_that_is_never_started_was_never_asked_for() {
    let stage = Stage::new("http://127.0.0.1:9/", Limits::default());
    drop(stage.ask("dropped").unwrap());
    assert_eq!((stage.stored().as_str(), stage.ready()), ("", None));
    let denied = stage.http.ask("denied", Request::new(plain("GET", "http://b/")).unwrap(), FOLLOW);
    assert!(matches!(denied.unwrap_err().0, HttpError::Denied(_)));
}

#[test]
fn so_many_requests_may_wait_and_one_more_is_refused() {
    let stage = Stage::new("http://127.0.0.1:9/", Limits { fetches: 2, ..Limits::default() });
    let kept = [stage.ask("a").unwrap(), stage.ask("b").unwrap()];
    assert_eq!(stage.ask("c").map(drop), Err(Failure(HttpError::Limit)));
    drop(kept);
    let bytes = stage.ask("a").unwrap().bytes();
    let limits = Limits { effects: 2 * bytes, ..Limits::default() };
    let stage = Stage::new("http://127.0.0.1:9/", limits);
    let kept = [stage.ask("a").unwrap(), stage.ask("b").unwrap()];
    assert_eq!(stage.ask("c").map(drop), Err(Failure(HttpError::Limit)));
    drop(kept);
}

#[test]
fn after_a_restart_each_stored_request_is_answered_with_interrupted_once() {
    let before = Stage::new("http://127.0.0.1:9/", Limits::default());
    let kept = ["one", "", "3:x:ü\n"].map(|tag| before.ask(tag).unwrap());
    let stored = before.http.stored();
    let after = Stage::new("http://127.0.0.1:9/", Limits::default());
    after.http.restore(&stored);
    assert_eq!(after.http.stored(), stored);
    let told = || interrupted(after.ready());
    assert_eq!([told(), told()], [Some("one".into()), Some("".into())]);
    // Later requests have other numbers.
    let later = after.ask("later").unwrap();
    assert_eq!(after.stored(), "2:7:3:x:ü\n3:5:later");
    assert_eq!(told(), Some("3:x:ü\n".into()));
    assert_eq!((told(), after.stored().as_str()), (None, "3:5:later"));
    drop((kept, later));
    for broken in [&b"x"[..], b"1:", b"1:2", b"1:9:short", b"x:1:a", b"1:x:a", b"\xff", b""] {
        let stage = Stage::new("http://127.0.0.1:9/", Limits::default());
        stage.http.restore(broken);
        assert_eq!(stage.ready(), None, "{broken:?}");
    }
}

#[test]
fn after_a_failed_record_the_actor_gets_what_the_disk_knows() {
    let stage = Stage::new("http://127.0.0.1:9/", Limits::default());
    let old = stage.ask("old").unwrap();
    let stored = stage.http.stored();
    let new = stage.ask("new").unwrap();
    stage.http.restore(&stored);
    // The new one was never asked for, and the old one goes on.
    assert_eq!((stage.stored().as_str(), stage.ready()), ("0:3:old", None));
    drop((old, new));
    stage.http.restore(&stored);
    // Its answer is lost with the event that it was.
    assert_eq!(interrupted(stage.ready()), Some("old".into()));
}

#[test]
fn requests_end_with_their_actor() {
    let (connected, wait) = std::sync::mpsc::channel();
    let hold = Box::new(move |mut socket: std::net::TcpStream| {
        connected.send(()).unwrap();
        let _ = std::io::Read::read(&mut socket, &mut [0]);
    });
    let server = Server::start(vec![hold]);
    let stage = Stage::new(&server.url("/"), Limits::default());
    stage.ask("x").unwrap().start();
    let Stage { http, executor, .. } = stage;
    block_on(executor.run(smol::unblock(move || wait.recv().unwrap())));
    drop(http);
    // The connection is closed, which ends the server.
    block_on(executor.run(smol::unblock(move || server.heads())));
}
