//! HTTP and the opening handshake by the book, with raw bytes over real sockets. `docs/http.md` names
//! these tests beside the rules that they prove.

mod files;
mod forwarded;
mod heads;
mod names;
mod persistence;
mod upgrades;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use crate::support::{PATIENCE, Server};

/// A client's connection, on which several requests may be sent.
pub struct Connection(BufReader<TcpStream>);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The head's lines after the first one.
    pub fields: Vec<String>,
    pub body: Vec<u8>,
}

impl Connection {
    pub fn to(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self(BufReader::new(socket))
    }

    /// A connection to the guest `events`.
    pub fn open(server: &Server) -> Self {
        Self::to(server.address("events"))
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Reads this many bytes.
    pub fn read(&mut self, bytes: usize) -> Vec<u8> {
        let mut read = vec![0; bytes];
        self.0.read_exact(&mut read).unwrap();
        read
    }

    /// Reads one answer.
    pub fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let len = answer.field("Content-Length").map_or(0, |len| len.parse().unwrap());
        answer.body = vec![0; len];
        self.0.read_exact(&mut answer.body).unwrap();
        answer
    }

    /// Reads an answer that has no body, such as that to HEAD.
    pub fn head(&mut self) -> Answer {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            let line =
                line.strip_suffix("\r\n").unwrap_or_else(|| panic!("{line:?} after {lines:?}"));
            if line.is_empty() {
                break;
            }
            lines.push(line.to_owned());
        }
        let first = lines.remove(0);
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        Answer { status: status.unwrap().parse().unwrap(), fields: lines, body: Vec::new() }
    }

    /// Sends a request and reads the answer.
    pub fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Answer {
        self.send(bytes);
        self.answer()
    }

    /// Reads until the connection ends, however that happens. Returns the number of bytes.
    pub fn rest(&mut self) -> usize {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest);
        rest.len()
    }

    /// Waits for the end of the connection, before which nothing more comes.
    pub fn expect_end(&mut self) {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty(), "{}", rest.escape_ascii());
    }
}

impl Answer {
    /// The value of a field that must not occur twice.
    pub fn field(&self, name: &str) -> Option<&str> {
        let start = format!("{name}: ");
        let mut values = self.fields.iter().filter_map(|field| field.strip_prefix(&start));
        let value = values.next();
        assert!(values.next().is_none(), "{name} twice in {self:?}");
        value
    }

    /// Whether the server closes the connection.
    pub fn closes(&self) -> bool {
        self.field("Connection").is_some_and(|value| value.split(", ").any(|one| one == "close"))
    }
}

/// A request without a body: its method, target, and fields beside `Host`.
pub fn request(line: &str, fields: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: x\r\n{fields}\r\n")
}
