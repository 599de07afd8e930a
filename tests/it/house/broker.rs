//! A broker, and a client of it in the place of Home Assistant.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Instant,
};

use footlight_mqtt::{Event, Publication, Qos, Session, Settings, Subscription};

use crate::{
    clients::available,
    support::{PATIENCE, eventually},
};

/// A mosquitto of one test, which can be killed and come back. It forgets everything then.
pub struct Mosquitto {
    child: Option<Child>,
    pub address: SocketAddr,
}

impl Mosquitto {
    /// Starts it, if it is installed.
    pub fn start() -> Option<Self> {
        let mut probe = Command::new("sh");
        probe.args(["-c", "PATH=$PATH:/usr/sbin command -v mosquitto"]);
        if !available("mosquitto", probe, "FOOTLIGHT_REQUIRE_BROKERS") {
            return None;
        }
        // The port is free again, and the broker takes it at once.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut broker = Self { child: None, address };
        broker.come_back();
        Some(broker)
    }

    /// Starts it again at the same address.
    pub fn come_back(&mut self) {
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
        let mut command = Command::new("mosquitto");
        command.env("PATH", path).args(["-p", &self.address.port().to_string()]);
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(silent.spawn().unwrap());
        eventually("was there a broker", || TcpStream::connect(self.address).is_ok());
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Publishes with QoS 1, and waits until the broker has it.
    pub fn publish(&self, topic: &str, payload: &str) {
        let publication = Publication {
            topic: topic.into(),
            payload: payload.to_owned().into(),
            qos: Qos::AtLeastOnce,
            retain: false,
            properties: Default::default(),
        };
        let mut is_asked = false;
        self.talk(Settings::new("publisher"), |session, event| {
            if matches!(event, Event::Up { .. }) && !is_asked {
                session.publish(1, &publication, Instant::now()).unwrap();
                is_asked = true;
            }
            matches!(event, Event::Delivered { .. })
        });
    }

    /// The payloads that the broker retains for so many topics that this filter matches.
    pub fn retained(&self, filter: &str, count: usize) -> BTreeMap<String, String> {
        let mut settings = Settings::new("subscriber");
        let qos = Qos::AtLeastOnce;
        settings.subscriptions.push(Subscription { filter: filter.into(), qos });
        let mut found = BTreeMap::new();
        self.talk(settings, |session, event| {
            if let Event::Message(message) = event {
                if message.retained {
                    let payload = String::from_utf8(message.payload.to_vec()).unwrap();
                    found.insert(message.topic.to_string(), payload);
                }
                if let Some(ack) = message.ack {
                    session.acknowledge(ack, Instant::now());
                }
            }
            found.len() == count
        });
        found
    }

    /// Has a connection until this is so.
    fn talk(&self, settings: Settings, mut is_done: impl FnMut(&mut Session, Event) -> bool) {
        let mut session = Session::new(settings).unwrap();
        let mut socket = TcpStream::connect(self.address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        session.connect(Instant::now());
        let (mut buffer, mut rest) = ([0; 4096], 0..0);
        loop {
            while let Some(event) = session.next_event() {
                assert!(!matches!(event, Event::Down(_)), "{event:?}");
                if is_done(&mut session, event) {
                    return;
                }
            }
            let output = session.output().to_vec();
            socket.write_all(&output).unwrap();
            session.wrote(output.len(), Instant::now());
            if rest.is_empty() {
                rest = match socket.read(&mut buffer) {
                    Ok(0) => panic!("the broker has closed the connection"),
                    Ok(len) => 0..len,
                    // As a client's socket: see `support::client`.
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => panic!("{error}"),
                };
            }
            rest.start += session.received(&buffer[rest.clone()], Instant::now());
        }
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}
