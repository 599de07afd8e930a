//! One client that sends without a pause. It reads its answers, so the host never closes it.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    thread::{self, JoinHandle},
    time::Duration,
};

use async_tungstenite::tungstenite;

use super::{
    beside,
    common::{
        Result,
        arguments::Arguments,
        server::{Actor, Server},
    },
};

/// How long it lets answers collect before it reads them.
const PAUSE: Duration = Duration::from_millis(2);

/// A flood. It ends when this is dropped.
struct Flood {
    /// The connection.
    socket: TcpStream,
    /// The threads that write and read. They are separate from the thread of the other clients.
    threads: Vec<JoinHandle<()>>,
}

/// See the module.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    beside::compare(arguments, Actor::echo(), (31, 100), |_, server| Flood::start(server))
}

impl Flood {
    /// Connects and starts sending.
    fn start(server: &Server) -> Result<Self> {
        let socket = TcpStream::connect(server.address("echo"))?;
        let (client, _) = tungstenite::client(server.url("echo"), socket)?;
        let socket = client.get_ref().try_clone()?;
        // A text of 64 bytes in one frame, with a mask of zeroes.
        let mut frame = vec![0x81, 0x80 | 64, 0, 0, 0, 0];
        frame.extend([b'x'; 64]);
        let (frames, mut writer, mut reader) =
            (frame.repeat(200), socket.try_clone()?, socket.try_clone()?);
        let write = thread::spawn(move || while writer.write_all(&frames).is_ok() {});
        let read = thread::spawn(move || {
            let mut buffer = vec![0; 1 << 20];
            while reader.read(&mut buffer).is_ok_and(|count| count > 0) {
                // Read many answers at a time, so that reading takes little of the processor that
                // the other clients need.
                thread::sleep(PAUSE);
            }
        });
        Ok(Self { socket, threads: vec![write, read] })
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
