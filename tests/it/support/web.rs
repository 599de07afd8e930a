//! A web server that actors ask.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
};

use super::PATIENCE;

/// A request that the server got.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The first line without the version, such as `GET /path`.
    pub line: String,
    /// The header fields.
    pub head: String,
    pub body: String,
}

/// What the server answers, as a status and a content. `None` holds the connection open and says
/// nothing.
pub type Answer = Option<(u16, String)>;

/// A web server, as long as the test's process runs.
pub struct Web {
    address: SocketAddr,
    seen: mpsc::Receiver<Seen>,
}

impl Web {
    /// A server that answers so.
    pub fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", answer)
    }

    /// A server at this address.
    pub fn at(address: &str, answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, seen) = mpsc::channel();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (tell, answer) = (tell.clone(), answer.clone());
                thread::spawn(move || serve(socket, &tell, &*answer));
            }
        });
        Self { address, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request.
    pub fn next(&self) -> Seen {
        self.seen.recv_timeout(PATIENCE).expect("a request")
    }

    /// The requests that it got and the test did not look at.
    pub fn rest(&self) -> Vec<Seen> {
        self.seen.try_iter().collect()
    }
}

/// Serves one request.
fn serve(mut socket: TcpStream, tell: &mpsc::Sender<Seen>, answer: &dyn Fn(&Seen) -> Answer) {
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut field = String::new();
        reader.read_line(&mut field).unwrap();
        if field.trim().is_empty() {
            break;
        }
        if let Some(value) = field.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &field;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let line = line.trim().trim_end_matches(" HTTP/1.1").to_owned();
    let seen = Seen { line, head, body: String::from_utf8(body).unwrap() };
    let answer = answer(&seen);
    // The test may be over.
    let _ = tell.send(seen);
    match answer {
        Some((status, body)) => {
            let length = body.len();
            // A redirect says where to go instead of a content.
            let text = match status {
                301..400 => format!("Location: {body}\r\nContent-Length: 0\r\n\r\n"),
                _ => format!("Content-Length: {length}\r\n\r\n{body}"),
            };
            let _ = socket.write_all(format!("HTTP/1.1 {status} So\r\n{text}").as_bytes());
        }
        None => {
            // Ends when the client hangs up.
            let _ = reader.read_to_end(&mut Vec::new());
        }
    }
}
