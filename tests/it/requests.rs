//! HTTP requests as an actor's events, without sockets.

use std::pin::Pin;

use footlight::{
    exchange::{
        ActorHandle, Command, Event, EventKind, HttpRequest, HttpResponse, Message,
        PendingResponse, Unanswered, request,
    },
    limits::Limits,
};
use smol::{block_on, future::FutureExt as _};

use crate::support::in_process;

/// A test guest that runs in the test's process.
struct Guest {
    handle: ActorHandle,
    task: Pin<Box<dyn Future<Output = ()>>>,
}

impl Guest {
    fn new(guest: &str, limits: Limits) -> Self {
        let handle = ActorHandle::new(guest.into(), limits);
        let task = in_process::guest(&handle, guest, None);
        Self { handle, task }
    }

    /// Puts a request into the mailbox.
    fn push(&self, method: &str, uri: &str, body: Option<&[u8]>) -> PendingResponse {
        let (responder, pending) = request::pending();
        let headers = vec![("Host".into(), "here".into()), ("X".into(), "ü".into())];
        let (method, uri) = (method.into(), uri.into());
        let request = HttpRequest { method, uri, headers, body: body.map(<[u8]>::to_vec) };
        self.handle.mailbox.push_unrefused(Event::request(responder, request));
        pending
    }

    /// Runs the actor until it has answered.
    fn wait(&mut self, pending: &PendingResponse) -> Result<HttpResponse, Unanswered> {
        let ended = async {
            self.task.as_mut().await;
            unreachable!("nobody stops it")
        };
        block_on(pending.answered().or(ended))
    }

    fn ask(
        &mut self,
        method: &str,
        uri: &str,
        body: Option<&[u8]>,
    ) -> Result<HttpResponse, Unanswered> {
        let pending = self.push(method, uri, body);
        self.wait(&pending)
    }

    /// The content of the answer to a GET.
    fn get(&mut self, uri: &str) -> Result<String, Unanswered> {
        let body = self.ask("GET", uri, None)?.body.unwrap_or_default();
        Ok(String::from_utf8(body).unwrap())
    }

    /// Stops the actor, which handles what waits.
    fn stop(self) {
        self.handle.control.send(Command::Stop).unwrap();
        block_on(self.task);
    }
}

/// The guests with `handle-request`, and whether they can return an error.
const GUESTS: [(&str, bool); 5] =
    [("events", false), ("typed", false), ("result", true), ("renamed", true), ("requests", false)];

#[test]
fn an_actor_of_each_shape_gets_the_whole_request_and_answers_it() {
    for (guest, _) in GUESTS {
        let mut guest = Guest::new(guest, Limits::default());
        let response = guest.ask("POST", "/a/b?c=%20d", Some(b"content \xff")).unwrap();
        let text = "POST /a/b?c=%20d\nHost: here\nX: ü\n\ncontent ".as_bytes();
        assert_eq!(response.body, Some([text, b"\xff"].concat()));
        let ty = ("content-type".to_owned(), "text/plain; charset=utf-8".to_owned());
        assert_eq!((response.status, response.headers), (200, vec![ty]));
        assert_eq!(guest.get("/size").unwrap(), "none");
        let size = guest.ask("PUT", "/size", Some(b"")).unwrap();
        assert_eq!(size.body.as_deref(), Some(&b"0"[..]), "an empty content is not none");
        let none = guest.ask("GET", "/none", None).unwrap();
        assert_eq!(none, HttpResponse { status: 200, headers: vec![], body: None });
        // 128 KiB grow the guest's memory while the parameters are placed.
        let large = vec![7; 128 << 10];
        let same = guest.ask("POST", "/same", Some(&large)).unwrap();
        assert_eq!(same.body, Some(large));
    }
}

#[test]
fn messages_and_requests_share_a_state() {
    for (guest, _) in GUESTS.into_iter().filter(|(guest, _)| *guest != "requests") {
        let mut guest = Guest::new(guest, Limits::default());
        let open = in_process::open(&guest.handle);
        guest.handle.mailbox.push_unrefused(Event::at(&open.session, EventKind::Connect));
        assert_eq!(guest.get("/count").unwrap(), "2");
        let text = EventKind::Message(Message::Text("count".into()));
        guest.handle.mailbox.push_unrefused(Event::at(&open.session, text));
        assert_eq!(guest.get("/count").unwrap(), "4");
    }
}

#[test]
fn a_request_reaches_clients_and_has_no_sender() {
    let mut guest = Guest::new("events", Limits::default());
    let open = in_process::open(&guest.handle);
    guest.handle.mailbox.push_unrefused(Event::at(&open.session, EventKind::Connect));
    assert_eq!(guest.get("/count").unwrap(), "2");
    let before = open.session.bytes();
    let requests = Some(&b"sender; broadcast - - hello; put key value; get key"[..]);
    let response = guest.ask("POST", "/do", requests).unwrap();
    let lines = String::from_utf8(response.body.unwrap()).unwrap();
    assert_eq!(lines, "sender none\nto 1\ndone\nvalue value");
    assert_eq!(open.session.bytes(), before + "hello".len());
}

#[test]
fn a_failed_request_changes_nothing_and_the_next_one_is_answered() {
    let limits = Limits { fuel: Some(5_000_000), response: 1 << 17, ..Limits::default() };
    for (guest, fallible) in GUESTS {
        let mut guest = Guest::new(guest, limits.clone());
        assert_eq!(guest.get("/count").unwrap(), "1");
        let mut failing = vec![
            "/trap",
            "/loop",
            "/status/100",
            "/status/101",
            "/status/199",
            "/status/600",
            "/status/0",
            "/field/a%20b/c",
            "/field//c",
            "/field/a/b%0d%0aSet-Cookie:%20c",
            "/field/a/b%00c",
            "/fields/65",
            "/big/131073",
            "/big/100000000",
        ];
        if fallible {
            failing.push("/err");
        }
        for uri in failing {
            assert_eq!(guest.get(uri), Err(Unanswered::Failed), "{uri}");
            assert_eq!(guest.handle.stats.events.get() % 2, 0, "{uri}");
            guest.get("/none").unwrap();
        }
        for uri in ["/status/200", "/status/599", "/fields/64", "/field/A.b/c%20d"] {
            assert!(guest.get(uri).is_ok(), "{uri}");
        }
        // Only those that succeeded have counted.
        let failed = if fallible { 15 } else { 14 };
        assert_eq!(guest.get("/count").unwrap(), (failed + 6).to_string());
    }
}

#[test]
fn what_failed_has_sent_nothing_to_anybody() {
    let mut guest = Guest::new("events", Limits::default());
    let open = in_process::open(&guest.handle);
    guest.handle.mailbox.push_unrefused(Event::at(&open.session, EventKind::Connect));
    guest.get("/count").unwrap();
    let before = open.session.bytes();
    let requests = Some(&b"broadcast - - hello; put key value; trap"[..]);
    assert_eq!(guest.ask("POST", "/do", requests), Err(Unanswered::Failed));
    let requests = Some(&b"get key"[..]);
    let response = guest.ask("POST", "/do", requests).unwrap();
    assert_eq!(response.body.as_deref(), Some(&b"none"[..]));
    assert_eq!(open.session.bytes(), before);
}

#[test]
fn a_request_whose_client_has_left_before_its_turn_is_left_out() {
    let mut guest = Guest::new("requests", Limits::default());
    let (left, stays) = (guest.push("GET", "/count", None), guest.push("GET", "/count", None));
    assert!(left.withdraw());
    let body = guest.wait(&stays).unwrap().body;
    assert_eq!(body.as_deref(), Some(&b"1"[..]));
    assert!(!stays.withdraw());
    assert_eq!(guest.handle.stats.events.get(), 1);
}

#[test]
fn an_actor_that_stops_answers_what_waits() {
    let guest = Guest::new("requests", Limits::default());
    let pending = [1, 2, 3].map(|_| guest.push("GET", "/count", None));
    guest.stop();
    for (pending, count) in pending.iter().zip([b"1", b"2", b"3"]) {
        let body = block_on(pending.answered()).unwrap().body;
        assert_eq!(body.as_deref(), Some(&count[..]));
    }
}

#[test]
fn an_actor_without_messages_is_not_called_for_a_client() {
    let mut guest = Guest::new("requests", Limits::default());
    let open = in_process::open(&guest.handle);
    guest.handle.mailbox.push_unrefused(Event::at(&open.session, EventKind::Connect));
    assert_eq!(guest.get("/count").unwrap(), "1");
    assert_eq!(guest.handle.stats.traps.get(), 0);
}
