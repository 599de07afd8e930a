//! A client that waits: a session with a blocking socket.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    ops::Range,
    time::{Duration, Instant},
};

use footlight_mqtt::{
    Down, Event, Message, Properties, Publication, Qos, Session, Settings, Subscription, Version,
};

use crate::broker::{Broker, PATIENCE};

pub struct Client {
    pub session: Session,
    address: SocketAddr,
    socket: Option<TcpStream>,
    buffer: Vec<u8>,
    /// What of the buffer the session has not taken.
    rest: Range<usize>,
    /// Events that another one was waited for with.
    waiting: VecDeque<Event>,
    /// What has been written on this connection.
    pub written: Vec<u8>,
}

impl Client {
    pub fn new(broker: &Broker, settings: Settings) -> Self {
        Self {
            session: Session::new(settings).unwrap(),
            address: broker.address,
            socket: None,
            buffer: vec![0; 4096],
            rest: 0..0,
            waiting: VecDeque::new(),
            written: Vec::new(),
        }
    }

    /// A client that is up. Its subscriptions are granted.
    pub fn up(broker: &Broker, settings: Settings) -> Self {
        let subscriptions = settings.subscriptions.len();
        let mut client = Self::new(broker, settings);
        client.connect();
        client.wait_up();
        for _ in 0..subscriptions {
            let outcome = client.wait(|event| match event {
                Event::Subscribed { outcome, .. } => Some(outcome.clone()),
                _ => None,
            });
            assert_eq!(outcome, Ok(Qos::AtLeastOnce));
        }
        client
    }

    /// Opens a connection. Nothing has been read or written then.
    pub fn connect(&mut self) {
        self.cut();
        self.socket = Some(TcpStream::connect(self.address).unwrap());
        self.session.connect(Instant::now());
    }

    /// Closes the socket without a word.
    pub fn cut(&mut self) {
        self.socket = None;
        self.rest = 0..0;
        self.session.ended();
        while self.session.next_event().is_some() {}
        self.waiting.clear();
        self.written.clear();
    }

    /// Waits until the connection is up. Returns its version, and whether the session is there.
    pub fn wait_up(&mut self) -> (Version, bool) {
        self.wait(|event| match event {
            Event::Up { version, session_present } => Some((*version, *session_present)),
            _ => None,
        })
    }

    pub fn wait_down(&mut self) -> Down {
        let down = self.wait(|event| match event {
            Event::Down(down) => Some(down.clone()),
            _ => None,
        });
        self.socket = None;
        down
    }

    pub fn wait_delivered(&mut self, wanted: u64) {
        self.wait(|event| match event {
            Event::Delivered { key } if *key == wanted => Some(()),
            _ => None,
        });
    }

    pub fn wait_message(&mut self) -> Message {
        let message = self.wait_for(|event| matches!(event, Event::Message(_)));
        let Event::Message(message) = message else { unreachable!() };
        message
    }

    /// Waits for an event of which this makes something.
    pub fn wait<T>(&mut self, choose: impl Fn(&Event) -> Option<T>) -> T {
        let event = self.wait_for(|event| choose(event).is_some());
        choose(&event).unwrap()
    }

    fn wait_for(&mut self, is_it: impl Fn(&Event) -> bool) -> Event {
        if let Some(place) = self.waiting.iter().position(&is_it) {
            return self.waiting.remove(place).unwrap();
        }
        let start = Instant::now();
        loop {
            while let Some(event) = self.session.next_event() {
                if is_it(&event) {
                    self.write();
                    return event;
                }
                assert!(!matches!(event, Event::Down(_)), "{event:?}");
                self.waiting.push_back(event);
            }
            assert!(start.elapsed() < PATIENCE, "it does not come; instead {:?}", self.waiting);
            self.step();
        }
    }

    /// Writes what there is to write.
    pub fn write(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        self.written.extend(self.session.output());
        // The broker may have closed the socket. Reading tells.
        let _ = socket.write_all(self.session.output());
        self.session.wrote(self.session.output().len(), Instant::now());
    }

    /// Writes, reads once, and lets the session do what is due.
    pub fn step(&mut self) {
        self.write();
        if self.rest.is_empty() {
            let now = Instant::now();
            let wait =
                self.session.deadline().map_or(PATIENCE, |at| at.saturating_duration_since(now));
            let socket = self.socket.as_mut().unwrap();
            let wait = wait.clamp(Duration::from_millis(1), Duration::from_secs(1));
            socket.set_read_timeout(Some(wait)).unwrap();
            match socket.read(&mut self.buffer) {
                Ok(0) => self.session.ended(),
                Ok(len) => self.rest = 0..len,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => self.session.ended(),
            }
            self.session.expired(Instant::now());
        }
        self.rest.start += self.session.received(&self.buffer[self.rest.clone()], Instant::now());
    }

    pub fn publish(&mut self, key: u64, publication: &Publication) {
        self.session.publish(key, publication, Instant::now()).unwrap();
        self.write();
    }

    pub fn acknowledge(&mut self, message: Message) {
        self.session.acknowledge(message.ack.unwrap(), Instant::now());
        self.write();
    }
}

/// Settings for a client of this name, with a session that lasts, and these subscriptions.
pub fn settings(version: Version, client_id: &str, filters: &[&str]) -> Settings {
    let mut settings = Settings::new(client_id);
    settings.version = Some(version);
    settings.session_expiry = 3600;
    let subscription =
        |filter: &&str| Subscription { filter: (*filter).into(), qos: Qos::AtLeastOnce };
    settings.subscriptions = filters.iter().map(subscription).collect();
    settings
}

pub fn publication(topic: &str, payload: &str) -> Publication {
    Publication {
        topic: topic.into(),
        payload: payload.to_owned().into(),
        qos: Qos::AtLeastOnce,
        retain: false,
        properties: Properties::default(),
    }
}

/// Runs this with mosquitto and both versions, and with nats-server, as far as they are installed.
pub fn with_all(test: impl Fn(&Broker, Version)) {
    with_mosquitto(&test);
    if let Some(nats) = Broker::nats() {
        test(&nats, Version::V3_1_1);
    }
}

/// Runs this with mosquitto and both versions, if it is installed.
pub fn with_mosquitto(test: impl Fn(&Broker, Version)) {
    for version in [Version::V5, Version::V3_1_1] {
        if let Some(mosquitto) = Broker::mosquitto("") {
            test(&mosquitto, version);
        }
    }
}
