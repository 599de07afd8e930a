//! A blocking WebSocket client whose every wait has an end.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    ops::Deref,
    time::Duration,
};

use async_tungstenite::tungstenite::{Error, Message, WebSocket, client, protocol::CloseFrame};
use socket2::SockRef;

use super::PATIENCE;

/// A socket that reads on after an interruption. Linux interrupts a read with a time-out when the
/// process was stopped and continues.
pub struct Socket(TcpStream);

impl Deref for Socket {
    type Target = TcpStream;

    fn deref(&self) -> &TcpStream {
        &self.0
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A connected client.
pub struct Client<S = Socket> {
    pub ws: WebSocket<S>,
}

impl Client {
    /// Connects and does the handshake.
    pub fn connect(address: SocketAddr, path: &str) -> Self {
        Self::try_connect(address, path).unwrap_or_else(|error| panic!("{address}{path}: {error}"))
    }

    /// The same, for a connection that may be refused.
    pub fn try_connect(address: SocketAddr, path: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let url = format!("ws://{address}{path}");
        Self::over(Socket(stream), &url)
    }

    /// Ends the connection with a reset, like a killed client or a lost network.
    pub fn vanish(self) {
        SockRef::from(&**self.ws.get_ref()).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

impl<S: Read + Write> Client<S> {
    /// Does the handshake over a connection.
    pub fn over(stream: S, url: &str) -> Result<Self, String> {
        let (ws, _) = client(url, stream).map_err(|error| error.to_string())?;
        Ok(Self { ws })
    }

    pub fn send(&mut self, message: Message) {
        self.ws.send(message).unwrap();
    }

    pub fn text(&mut self, text: &str) {
        self.send(Message::text(text));
    }

    /// The next message, whatever it is.
    pub fn next(&mut self) -> Message {
        self.ws.read().unwrap()
    }

    /// The next message, which must be a text.
    pub fn expect(&mut self, text: &str) {
        assert_eq!(self.next(), Message::text(text));
    }

    /// The next messages, which must be these texts.
    pub fn expect_all(&mut self, texts: &[&str]) {
        texts.iter().for_each(|text| self.expect(text));
    }

    /// Sends a text and expects an answer.
    pub fn ask(&mut self, text: &str, answer: &str) {
        self.text(text);
        self.expect(answer);
    }

    /// Reads on until the server's close frame, which must have this code, and then until the end
    /// of the connection. Returns the reason.
    pub fn expect_close(&mut self, code: u16) -> String {
        let Message::Close(Some(CloseFrame { code: found, reason })) = self.next() else {
            panic!("this is no close frame with a code");
        };
        assert_eq!(u16::from(found), code, "{reason}");
        self.expect_end();
        reason.as_str().into()
    }

    /// Sends a close frame and waits for the end of the connection.
    pub fn close(mut self, frame: Option<CloseFrame>) {
        self.ws.close(frame).unwrap();
        loop {
            match self.ws.read() {
                Ok(_) => {}
                Err(Error::ConnectionClosed) => return,
                Err(error) => panic!("the server did not close cleanly: {error}"),
            }
        }
    }

    /// Waits for the clean end of a connection whose close frames have been exchanged.
    pub fn expect_end(&mut self) {
        match self.ws.read() {
            Err(Error::ConnectionClosed) => {}
            other => panic!("the connection goes on or broke: {other:?}"),
        }
    }
}
