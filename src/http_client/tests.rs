//! Requests with servers of the test's own, at the edges of what is allowed and of what is HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod addresses;
mod answers;
mod names;
mod pending;
mod pieces;
mod policy;
mod redirects;
mod requests;
mod urls;

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use smol::block_on;
use wit_core::{HttpRequest, HttpResponse, host::HttpError};

use super::{
    client::{Client, Options},
    grant::Grant,
    request::Request,
    resolver::Resolver,
    url::Url,
};
use crate::{
    limits::{Limits, SharedLimits},
    logger::ActorLog,
};

/// What a request asks for if a test does not care.
const FOLLOW: Options = Options { wait: None, max_body: None, follows: true };

/// A client that may ask these, with these limits.
fn client_with(allow: &[&str], private: bool, limits: Limits) -> Client {
    let grant = |text: &&str| {
        let Url { origin, path, .. } = Url::parse(text).unwrap();
        Grant { origin, path, private }
    };
    let limits = SharedLimits::from(limits);
    let lines = Arc::new(ActorLog::new("asker".into(), limits.clone(), Arc::default()));
    Client {
        grants: allow.iter().map(grant).collect(),
        resolver: Resolver::default(),
        limits,
        stats: Arc::default(),
        lines,
        answers: None,
    }
}

/// A client that may ask these.
fn client(allow: &[&str]) -> Client {
    client_with(allow, false, Limits::default())
}

/// A request with nothing but a method and an address.
fn plain(method: &str, uri: &str) -> HttpRequest {
    HttpRequest { method: method.into(), uri: uri.into(), headers: Vec::new(), body: None }
}

/// The outcome of a request.
type Outcome = Result<HttpResponse, HttpError>;

/// Sends a request.
fn send(client: &Client, request: HttpRequest, options: Options) -> Outcome {
    let request = Request::new(request).map_err(|failure| failure.0)?;
    block_on(client.fetch(request, options)).map_err(|failure| failure.0)
}

/// Gets an address.
fn get(client: &Client, uri: &str) -> Outcome {
    send(client, plain("GET", uri), FOLLOW)
}

/// The content of an answer as text.
fn text(outcome: &Outcome) -> &str {
    let response = outcome.as_ref().unwrap_or_else(|error| panic!("{error:?}"));
    str::from_utf8(response.body.as_deref().unwrap()).unwrap()
}

/// A server that serves one connection after the other, each by the next of some functions. It
/// returns what it has read as heads.
struct Server {
    address: std::net::SocketAddr,
    thread: JoinHandle<Vec<String>>,
}

/// What a server does with a connection after it has read a head.
type Serve = Box<dyn FnOnce(TcpStream) + Send>;

impl Server {
    fn start(connections: Vec<Serve>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = thread::spawn(move || {
            let serve = |serve: Serve| {
                let (mut socket, _) = listener.accept().unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    socket.read_exact(&mut byte).unwrap();
                    head.push(byte[0]);
                }
                serve(socket);
                String::from_utf8(head).unwrap()
            };
            connections.into_iter().map(serve).collect()
        });
        Self { address, thread }
    }

    /// A server that answers with these bytes, one after the other, and hangs up.
    fn saying(answers: &[&str]) -> Self {
        Self::start(answers.iter().map(|answer| say(answer)).collect())
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads that it has read.
    fn heads(self) -> Vec<String> {
        self.thread.join().unwrap()
    }
}

/// Answers with these bytes.
fn say(answer: &str) -> Serve {
    let answer = answer.to_owned();
    Box::new(move |mut socket| {
        // The client may have seen enough.
        let _ = socket.write_all(answer.as_bytes());
    })
}

/// An answer of 200 with this content.
fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Limits with a short wait.
fn impatient() -> Limits {
    Limits { fetch_wait: Duration::from_millis(200), ..Limits::default() }
}

/// An address of IPv4.
fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}
