//! A session, as its caller sees it.

use std::{collections::VecDeque, fmt, time::Instant};

use bytes::{Buf as _, BytesMut};

use crate::{
    clock::{Clock, Due},
    codec::{
        decode::Broker,
        encode::{self, Head},
        framer::Framer,
    },
    event::{Down, Event, Refusal},
    in_flight::InFlight,
    negotiation::Negotiation,
    publication::{Publication, Qos, prepare},
    reason::SUCCESS,
    settings::{Invalid, Settings, Version},
    unacknowledged::{Ack, Unacknowledged},
};

/// A session with a broker, over one connection after another.
///
/// For each connection, the caller opens a socket, calls [`Self::connect`], and goes on until
/// [`Event::Down`] comes:
///
/// ```
/// use std::{io::{self, Read, Write}, time::Instant};
/// use footlight_mqtt::{Event, Session};
///
/// fn talk(session: &mut Session, socket: &mut (impl Read + Write)) -> io::Result<()> {
///     session.connect(Instant::now());
///     let (mut buffer, mut rest) = ([0; 4096], 0..0);
///     loop {
///         while let Some(event) = session.next_event() {
///             match event {
///                 Event::Message(message) => {
///                     println!("{}", message.topic);
///                     if let Some(ack) = message.ack {
///                         session.acknowledge(ack, Instant::now());
///                     }
///                 }
///                 Event::Down(why) => {
///                     println!("{why}");
///                     return socket.write_all(session.output());
///                 }
///                 _ => {}
///             }
///         }
///         let written = socket.write(session.output())?;
///         session.wrote(written, Instant::now());
///         if rest.is_empty() {
///             // A real caller waits until it can read or write, but not past `session.deadline()`.
///             // Then it calls `session.expired`.
///             rest = 0..socket.read(&mut buffer)?;
///             if rest.is_empty() {
///                 session.ended();
///             }
///         }
///         rest.start += session.received(&buffer[rest.clone()], Instant::now());
///     }
/// }
/// ```
pub struct Session {
    pub(crate) settings: Settings,
    pub(crate) connection: Option<Connection>,
    pub(crate) in_flight: InFlight,
    pub(crate) unacknowledged: Unacknowledged,
    /// Which subscriptions the broker has granted, in the session that it has now.
    pub(crate) granted: Vec<bool>,
    pub(crate) events: VecDeque<Event>,
    output: BytesMut,
    negotiation: Negotiation,
}

// By hand, so that no log has the password, which the output contains.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// One connection of a session.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) version: Version,
    pub(crate) framer: Framer,
    pub(crate) clock: Clock,
    /// What the broker supports, once it has accepted the connection.
    pub(crate) broker: Option<Broker>,
    /// SUBSCRIBEs without an answer: their identifiers, and which subscription it is.
    pub(crate) subscribing: Vec<(u16, usize)>,
}

/// A publication can't be taken now: there is no connection, or too much is under way. The caller
/// keeps it, and tries again after the next event or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNow;

impl Session {
    /// A session that is not connected.
    ///
    /// # Errors
    ///
    /// It says which of the settings can't be used.
    pub fn new(settings: Settings) -> Result<Self, Invalid> {
        settings.check()?;
        Ok(Self {
            granted: vec![false; settings.subscriptions.len()],
            settings,
            connection: None,
            in_flight: InFlight::default(),
            unacknowledged: Unacknowledged::default(),
            events: VecDeque::new(),
            output: BytesMut::new(),
            negotiation: Negotiation::new(),
        })
    }

    /// A new socket is there. CONNECT is the first output. If there still is a connection, it has
    /// ended.
    pub fn connect(&mut self, now: Instant) {
        self.abandon();
        let Settings { version, session_expiry, timeout, limits, .. } = &self.settings;
        let version = version.unwrap_or(self.negotiation.next());
        let connect = encode::connect(&self.settings, version, *session_expiry == 0);
        self.unacknowledged.clear();
        self.output.clear();
        self.connection = Some(Connection {
            version,
            framer: Framer::new(version, limits.packet),
            clock: Clock::new(*timeout, now),
            broker: None,
            subscribing: Vec::new(),
        });
        self.send(&connect, &[], now);
    }

    /// What is to be written, in this order.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// The caller has written this many bytes of [`Self::output`].
    pub fn wrote(&mut self, len: usize, now: Instant) {
        self.output.advance(len.min(self.output.len()));
        if self.output.is_empty() {
            // Gives back what a large packet took.
            self.output = BytesMut::new();
        }
        if let Some(connection) = &mut self.connection
            && len > 0
        {
            connection.clock.wrote(now);
        }
    }

    /// The next thing that has happened. The caller takes all events after each call of another
    /// function.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The broker has closed the socket.
    pub fn ended(&mut self) {
        self.ended_by_broker(false);
        self.end(Down::Ended);
    }

    /// The caller closes the socket, because something other than the broker has failed.
    pub fn abandon(&mut self) {
        self.end(Down::Ended);
    }

    /// Ends the connection in order: the broker does not publish the will. The caller writes the
    /// output, and closes the socket.
    pub fn disconnect(&mut self, now: Instant) {
        self.close(SUCCESS, now);
        self.end(Down::Disconnected);
    }

    /// Takes a publication under a name of the caller's choice.
    ///
    /// With QoS 0 it is in the output then, and no event follows. With QoS 1, [`Event::Delivered`] or
    /// [`Event::Refused`] follows. Until then it is sent again on each new connection: as a duplicate
    /// if the broker has kept the session, otherwise as a new one, and always in order. A publication
    /// that can never be sent gives [`Event::Refused`] at once. 3.1.1 leaves its properties out.
    ///
    /// # Errors
    ///
    /// The publication is not taken if there is no connection, if [`Limits::output`](crate::Limits::output) bytes wait to be
    /// written, if as many with QoS 1 are unacknowledged as [`Limits`](crate::Limits) or the broker allow, or if one of
    /// them has to be alone: see [`Refusal::Ends`].
    pub fn publish(
        &mut self,
        key: u64,
        publication: &Publication,
        now: Instant,
    ) -> Result<(), NotNow> {
        let connection = self.connection.as_ref().ok_or(NotNow)?;
        if self.in_flight.is_suspected() {
            return Err(NotNow);
        }
        let (version, broker) = (connection.version, connection.broker.as_ref().ok_or(NotNow)?);
        let receive_maximum = broker.receive_maximum;
        let limits = &self.settings.limits;
        let id = match publication.qos {
            Qos::AtMostOnce => None,
            Qos::AtLeastOnce => {
                Some(self.in_flight.free_id(&connection.subscribing).ok_or(NotNow)?)
            }
        };
        let head = match prepare(publication, version, broker, limits, id, false) {
            Ok(head) => head,
            Err(why) => {
                self.events.push_back(Event::Refused { key, why });
                return Ok(());
            }
        };
        let waits = self.output.len();
        if waits > 0 && waits + head.size(publication.payload.len()) > limits.output {
            return Err(NotNow);
        }
        if let Some(id) = id {
            let bytes = self.in_flight.bytes() + publication.size();
            if bytes > limits.in_flight_bytes
                || self.in_flight.len() >= usize::from(limits.in_flight.min(receive_maximum))
                || !self.in_flight.all_sent()
            {
                return Err(NotNow);
            }
            self.in_flight.add(key, id, publication.clone());
            self.in_flight.sent();
        }
        self.send(&head, &publication.payload, now);
        Ok(())
    }

    /// Acknowledges a message, in any order. MQTT 5 wants the order in which the messages came
    /// (section 4.6), but brokers take any.
    pub fn acknowledge(&mut self, ack: Ack, now: Instant) {
        if let Some(id) = self.unacknowledged.acknowledge(ack) {
            self.puback(id, SUCCESS, now);
        }
    }

    /// Whether the caller reads from the socket. While it does not, the broker need not answer.
    pub fn set_reading(&mut self, is_reading: bool, now: Instant) {
        if let Some(connection) = &mut self.connection {
            connection.clock.set_reading(is_reading, now);
        }
    }

    /// When the caller has to call [`Self::expired`], unless something else happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.connection.as_ref()?.clock.next().map(|(at, _)| at)
    }

    /// The topic of a publication after which the broker has ended connections: see [`Refusal::Ends`].
    #[must_use]
    pub fn suspected(&self) -> Option<&str> {
        self.in_flight.suspected().map(|publication| &*publication.topic)
    }

    /// Does what is due: asks whether the broker is there, or ends the connection.
    pub fn expired(&mut self, now: Instant) {
        while let Some(connection) = &mut self.connection
            && let Some((at, due)) = connection.clock.next()
            && at <= now
        {
            match due {
                // One that waits to be written stands for all.
                Due::Ping if connection.clock.is_pinged() && !self.output.is_empty() => {
                    connection.clock.spoke(now);
                }
                Due::Ping => self.ping(now),
                Due::End(packet) => self.end(Down::NoAnswer(packet)),
            }
        }
    }

    /// The memory of what the session holds, in bytes: output, publications, and a packet that is not
    /// complete.
    #[must_use]
    pub fn held(&self) -> usize {
        let framer = self.connection.as_ref().map_or(0, |connection| connection.framer.held());
        self.output.len() + self.in_flight.bytes() + framer
    }

    /// Asks whether the broker is there.
    pub(crate) fn ping(&mut self, now: Instant) {
        if let Some(connection) = &mut self.connection {
            connection.clock.pinged(now);
            self.send(&encode::pingreq(), &[], now);
        }
    }

    /// Appends a packet to the output.
    pub(crate) fn send(&mut self, head: &Head, payload: &[u8], now: Instant) {
        head.write(payload, &mut self.output);
        if let Some(connection) = &mut self.connection {
            connection.clock.spoke(now);
        }
    }

    pub(crate) fn puback(&mut self, id: u16, code: u8, now: Instant) {
        if let Some(connection) = &self.connection {
            self.send(&encode::puback(connection.version, id, code), &[], now);
        }
    }

    /// Tells the broker that the connection ends, if the broker has accepted it.
    pub(crate) fn close(&mut self, code: u8, now: Instant) {
        if let Some(Connection { version, broker: Some(_), .. }) = &self.connection {
            // 3.1.1 has this packet only for an end in order.
            if *version == Version::V5 || code == SUCCESS {
                self.send(&encode::disconnect(*version, code), &[], now);
            }
        }
    }

    /// The broker ends the connection, perhaps because of a packet.
    pub(crate) fn ended_by_broker(&mut self, is_blamed: bool) {
        if self.connection.is_some()
            && let Some(key) = self.in_flight.ended(is_blamed)
        {
            self.events.push_back(Event::Refused { key, why: Refusal::Ends });
        }
    }

    /// The connection is over. Output remains only if this side ends it.
    pub(crate) fn end(&mut self, mut down: Down) {
        let Some(connection) = self.connection.take() else { return };
        if self.settings.version.is_none() {
            let Connection { version, broker, .. } = connection;
            down = self.negotiation.ended(version, broker.is_some(), down);
        }
        if !matches!(down, Down::Disconnected | Down::Broken(_)) {
            self.output.clear();
        }
        self.events.push_back(Event::Down(down));
    }
}
