//! A client that writes bytes, to send what no WebSocket library would send.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use socket2::{Domain, SockRef, Socket, Type};

use super::PATIENCE;

/// A whole request for an upgrade.
pub const REQUEST: &[u8] = b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// A TCP connection whose every wait has an end.
pub struct Raw {
    pub socket: TcpStream,
}

impl Raw {
    /// Connects, and sends nothing.
    pub fn connect(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect(address).unwrap())
    }

    /// Connects with a receive buffer of a few KB.
    pub fn with_small_buffer(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        // Set it before the connection tells the peer its window.
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::of(socket.into())
    }

    /// Takes over a connection.
    pub fn of(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket }
    }

    /// Does the handshake, and reads the first message.
    pub fn upgraded(mut self) -> Self {
        self.send(REQUEST);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(self.read(1));
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", head.escape_ascii());
        let (_, text) = self.frame();
        assert!(text.starts_with(b"state:"), "{}", text.escape_ascii());
        self
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// Sends a text as one frame.
    pub fn text(&mut self, text: &str) {
        self.send(&masked(0x81, text.as_bytes()));
    }

    /// Reads this many bytes.
    pub fn read(&mut self, bytes: usize) -> Vec<u8> {
        let mut buffer = vec![0; bytes];
        self.socket.read_exact(&mut buffer).unwrap();
        buffer
    }

    /// Reads a frame: its first byte, and its payload.
    pub fn frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.read(2);
        let len = match head[1] {
            short @ ..126 => usize::from(short),
            126 => self.length(2),
            127 => self.length(8),
            _ => panic!("a server does not mask: {head:?}"),
        };
        (head[0], self.read(len))
    }

    /// Reads a length that has this many bytes.
    fn length(&mut self, bytes: usize) -> usize {
        self.read(bytes).into_iter().fold(0, |length, byte| length << 8 | usize::from(byte))
    }

    /// Ends the connection with a reset, like a killed client or a lost network.
    pub fn reset(self) {
        SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// A client's frame with this first byte, masked with zeroes.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len @ ..126), _) => frame.push(0x80 | len),
        (_, Ok(len)) => {
            frame.push(0xfe);
            frame.extend(len.to_be_bytes());
        }
        _ => {
            frame.push(0xff);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
