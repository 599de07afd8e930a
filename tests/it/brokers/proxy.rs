//! A proxy between a host and its broker, in the test's process. It ends connections when it is told.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
};

/// PUBACK as the first byte of a packet.
const PUBACK: u8 = 0x40;

/// A proxy. Its threads end with the test's process, or with their connection.
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    /// The connections that there were. Those that have ended do no harm.
    sockets: Mutex<Vec<TcpStream>>,
    /// How many PUBACKs pass before one is kept back and its connection ends. None is by default.
    pass: AtomicU32,
    /// How many times that has happened.
    cuts: AtomicU32,
}

impl Proxy {
    pub fn to(broker: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            sockets: Mutex::default(),
            pass: AtomicU32::new(u32::MAX),
            cuts: AtomicU32::new(0),
        });
        let own = shared.clone();
        thread::spawn(move || {
            for from in listener.incoming().map_while(Result::ok) {
                let Ok(to) = TcpStream::connect(broker) else { continue };
                let both = [from.try_clone().unwrap(), to.try_clone().unwrap()];
                own.sockets.lock().unwrap().extend(both);
                for (from, to) in [(from.try_clone().unwrap(), to.try_clone().unwrap()), (to, from)]
                {
                    let shared = own.clone();
                    thread::spawn(move || shared.pass_on(from, to));
                }
            }
        });
        Self { address, shared }
    }

    /// Ends all connections.
    pub fn cut(&self) {
        for socket in self.shared.sockets.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Keeps back one PUBACK after so many others, in any direction, and ends its connection.
    pub fn cut_after(&self, pubacks: u32) {
        self.shared.pass.store(pubacks, SeqCst);
    }

    /// How many PUBACKs it has kept back.
    pub fn cuts(&self) -> u32 {
        self.shared.cuts.load(SeqCst)
    }
}

impl Shared {
    /// Passes packets on until the connection ends.
    fn pass_on(&self, mut from: TcpStream, mut to: TcpStream) {
        while let Some(packet) = read_packet(&mut from) {
            if packet[0] == PUBACK && self.is_kept_back() {
                self.cuts.fetch_add(1, SeqCst);
                break;
            }
            if to.write_all(&packet).is_err() {
                break;
            }
        }
        for socket in [from, to] {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Whether this PUBACK is the one to keep back.
    fn is_kept_back(&self) -> bool {
        let less = |pass| match pass {
            u32::MAX => None,
            0 => Some(u32::MAX),
            pass => Some(pass - 1),
        };
        self.pass.fetch_update(SeqCst, SeqCst, less) == Ok(0)
    }
}

/// Reads a packet (MQTT 5.0, section 2.1).
pub fn read_packet(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut packet = vec![0];
    from.read_exact(&mut packet).ok()?;
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let mut byte = [0];
        from.read_exact(&mut byte).ok()?;
        packet.push(byte[0]);
        length |= usize::from(byte[0] & 0x7f) << shift;
        if byte[0] < 0x80 {
            break;
        }
    }
    let head = packet.len();
    packet.resize(head + length, 0);
    from.read_exact(&mut packet[head..]).ok()?;
    Some(packet)
}
