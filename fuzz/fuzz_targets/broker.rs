//! A broker that says anything, in any pieces, while its client publishes and acknowledges. The MQTT
//! session never panics, holds no more than its limits allow, answers for each publication once, and
//! writes whole packets.
//!
//! Input: the version (1 byte), then actions, which [`act`] describes.
#![no_main]

use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};

use footlight_mqtt::{
    Ack, Event, Limits, Properties, Publication, Qos, Session, Settings, Subscription, Version,
    Will,
};
use libfuzzer_sys::fuzz_target;

/// The longest payload that is published, in bytes.
const PAYLOAD: usize = 255;
/// How many messages the caller keeps unacknowledged. It forgets older ones.
const KEPT: usize = 50;
const LIMITS: Limits = Limits {
    packet: 256,
    topic: 16,
    properties: 40,
    user_properties: 2,
    in_flight: 4,
    in_flight_bytes: 1200,
    output: 300,
};
/// What the session may hold: publications, a packet that is not complete, and as output the limit,
/// one larger packet, all publications again, acknowledgements, and what begins a connection.
const MOST: usize = 1200 + 256 + 300 + PAYLOAD + 100 + 1200 + KEPT * 6 + 300;

struct Caller {
    session: Session,
    now: Instant,
    is_connected: bool,
    next_key: u64,
    /// Publications without an answer.
    waiting: HashSet<u64>,
    acks: VecDeque<Ack>,
    /// What was written on this connection and is not a whole packet.
    written: Vec<u8>,
}

fuzz_target!(|data: &[u8]| {
    let Some((version, mut rest)) = data.split_first() else { return };
    let version = match version % 4 {
        0 => None,
        1 => Some(Version::V3_1_1),
        _ => Some(Version::V5),
    };
    let mut caller = Caller {
        session: Session::new(settings(version)).expect("they are valid"),
        now: Instant::now(),
        is_connected: false,
        next_key: 0,
        waiting: HashSet::new(),
        acks: VecDeque::new(),
        written: Vec::new(),
    };
    while let Some(after) = act(&mut caller, rest) {
        rest = after;
        caller.take_events();
        assert!(caller.session.held() <= MOST, "{}", caller.session.held());
    }
    caller.session.disconnect(caller.now);
    caller.take_events();
    assert!(!caller.is_connected && caller.session.deadline().is_none());
});

fn settings(version: Option<Version>) -> Settings {
    let mut settings = Settings::new("lamp");
    settings.version = version;
    settings.session_expiry = 60;
    settings.receive_maximum = 3;
    settings.limits = LIMITS;
    settings.will = Some(Will { publication: publication(1, "", 3), delay: 1 });
    let filters = ["a/#", "+", "$share/g/b"].into_iter();
    let of = |filter: &str| Subscription { filter: filter.into(), qos: Qos::AtLeastOnce };
    settings.subscriptions = filters.map(of).collect();
    settings
}

fn publication(kind: u8, topic: &str, len: u8) -> Publication {
    let mut properties = Properties::default();
    if kind & 4 != 0 {
        properties.user = vec![("k".into(), "v".into())];
        properties.content_type = Some("c".into());
    }
    Publication {
        topic: format!("a{topic}").into(),
        payload: vec![b'x'; usize::from(len)].into(),
        qos: if kind & 1 == 0 { Qos::AtMostOnce } else { Qos::AtLeastOnce },
        retain: kind & 2 != 0,
        properties,
    }
}

/// Does the next action. Returns what follows it, or nothing at the end.
fn act<'d>(caller: &mut Caller, data: &'d [u8]) -> Option<&'d [u8]> {
    let (&action, rest) = data.split_first()?;
    let (&number, after) = rest.split_first()?;
    let len = usize::from(number).min(after.len());
    match action % 8 {
        // The broker says this, in pieces.
        0 => {
            let (said, after) = after.split_at(len);
            for piece in said.chunks(usize::from(action >> 3) + 1) {
                caller.hear(piece);
            }
            return Some(after);
        }
        // The broker sends a packet of this length.
        1 | 2 => {
            let (&first, after) = after.split_first()?;
            let (body, after) = after.split_at(len.min(after.len()));
            let mut packet = vec![first];
            match u8::try_from(body.len()) {
                Ok(len @ ..0x80) => packet.push(len),
                _ => packet.extend([body.len() as u8 | 0x80, (body.len() >> 7) as u8]),
            }
            packet.extend_from_slice(body);
            caller.hear(&packet);
            return Some(after);
        }
        3 => caller.publish(&publication(
            action >> 3,
            if number % 16 == 0 { "#" } else { "" },
            number,
        )),
        4 => {
            let place = usize::from(number) % KEPT;
            if let Some(ack) = caller.acks.remove(place) {
                caller.session.acknowledge(ack, caller.now);
            }
        }
        5 => caller.write(usize::from(number) * 4),
        6 => {
            caller.now += Duration::from_secs(number.into());
            caller.session.expired(caller.now);
        }
        _ => match action >> 3 {
            0 => caller.session.ended(),
            1 => caller.session.disconnect(caller.now),
            2 => caller.session.set_reading(number % 2 == 0, caller.now),
            _ => caller.connect(),
        },
    }
    Some(after)
}

impl Caller {
    fn connect(&mut self) {
        self.session.ended();
        self.take_events();
        self.written.clear();
        self.session.connect(self.now);
        self.is_connected = true;
    }

    fn hear(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            let taken = self.session.received(piece, self.now);
            piece = &piece[taken..];
            let events = self.take_events();
            assert!(events <= 1 + usize::from(LIMITS.in_flight) + 3);
            if taken == 0 && events == 0 {
                // It wants to write first.
                assert!(self.session.output().len() > LIMITS.output);
                self.write(usize::MAX);
            }
        }
    }

    fn publish(&mut self, publication: &Publication) {
        let key = self.next_key;
        if self.session.publish(key, publication, self.now).is_ok() {
            assert!(self.is_connected);
            self.next_key += 1;
            // One with QoS 0 is answered only if it is refused, which its event tells.
            if publication.qos == Qos::AtLeastOnce {
                self.waiting.insert(key);
            }
        }
    }

    fn write(&mut self, len: usize) {
        let output = self.session.output();
        let len = len.min(output.len());
        self.written.extend_from_slice(&output[..len]);
        self.session.wrote(len, self.now);
        while let Some(len) = packet_len(&self.written)
            && len <= self.written.len()
        {
            let kind = self.written[0] >> 4;
            assert!([1, 3, 4, 8, 12, 14].contains(&kind), "{kind}");
            self.written.drain(..len);
        }
    }

    fn take_events(&mut self) -> usize {
        let mut number = 0;
        while let Some(event) = self.session.next_event() {
            number += 1;
            match event {
                Event::Up { .. } | Event::Subscribed { .. } => assert!(self.is_connected),
                Event::Down(why) => {
                    assert!(self.is_connected && !why.to_string().is_empty());
                    self.is_connected = false;
                }
                Event::Message(message) => {
                    assert!(!message.topic.is_empty() && !message.topic.contains(['+', '#', '\0']));
                    assert!(message.topic.len() <= usize::from(LIMITS.topic));
                    assert!(message.properties.user.len() <= usize::from(LIMITS.user_properties));
                    self.acks.extend(message.ack);
                    if self.acks.len() > KEPT {
                        self.acks.pop_front();
                    }
                }
                Event::Skipped { topic, .. } => assert!(topic.len() <= 256),
                Event::Delivered { key } => assert!(self.waiting.remove(&key)),
                Event::Refused { key, why } => {
                    assert!(key < self.next_key && !why.to_string().is_empty());
                    self.waiting.remove(&key);
                }
            }
        }
        assert!(self.waiting.len() <= usize::from(LIMITS.in_flight));
        number
    }
}

/// How long the packet is that begins here, if its header is complete.
fn packet_len(bytes: &[u8]) -> Option<usize> {
    let digits = 1 + bytes.get(1..)?.iter().position(|byte| byte & 0x80 == 0)?;
    let digit = |sum, byte: &u8| sum << 7 | usize::from(byte & 0x7F);
    Some(1 + digits + bytes[1..=digits].iter().rev().fold(0, digit))
}
