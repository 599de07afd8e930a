//! What a session does with the broker's packets.

use std::time::Instant;

use crate::{
    broken::Broken,
    codec::{
        decode::{self, Connack, Packet, Publish},
        encode,
        framer::Frame,
        name,
    },
    event::{Down, Event, Message, Refusal, Skip},
    publication::{Qos, prepare},
    reason::{QUOTA_EXCEEDED, Reason, SUCCESS, TAKEN_OVER},
    session::{Connection, Session},
    topic,
};

impl Session {
    /// Takes bytes of the broker, up to the end of the first packet of which the caller learns.
    /// Returns how many it took. It takes none while there are events, or while more than
    /// [`crate::Limits::output`] bytes wait to be written.
    pub fn received(&mut self, input: &[u8], now: Instant) -> usize {
        let mut taken = 0;
        while self.events.is_empty() && self.output().len() <= self.settings.limits.output {
            let rest = input.get(taken..).unwrap_or_default();
            // After the end nothing counts any more.
            let Some(connection) = &mut self.connection else { return input.len() };
            if rest.is_empty() {
                break;
            }
            connection.clock.heard(now);
            let done = connection.framer.push(rest).and_then(|(len, frame)| {
                taken += len;
                frame.map_or(Ok(()), |frame| self.frame(&frame, now))
            });
            if let Err(broken) = done {
                self.close(broken.code, now);
                self.end(Down::Broken(broken));
            }
        }
        taken
    }

    fn frame(&mut self, frame: &Frame, now: Instant) -> Result<(), Broken> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let packet = decode::decode(frame, connection.version, &self.settings.limits)?;
        // What is wrong with the packet as a whole.
        let broken =
            |problem, code| Err(Broken { packet: name(frame.kind()), offset: 0, problem, code });
        let is_up = connection.broker.is_some();
        match packet {
            Packet::Connack(_) if is_up => {
                return broken("the connection is accepted already", 0x82);
            }
            Packet::Connack(connack) => {
                if connack.session_present && self.settings.session_expiry == 0 {
                    return broken("a session is there, and a new one was wanted", 0x82);
                }
                self.connack(connack, now);
            }
            // It may not come before CONNACK, but its reason says more than that.
            Packet::Disconnect(reason) if reason.code() == TAKEN_OVER => self.end(Down::TakenOver),
            Packet::Disconnect(reason) => {
                self.ended_by_broker(reason.blames_a_packet());
                self.end(Down::Closed(reason));
            }
            _ if !is_up => return broken("it comes before CONNACK", 0x82),
            Packet::Publish(publish) => self.message(publish, now),
            Packet::Puback { id, reason } => {
                let Some(key) = self.in_flight.acknowledged(id) else {
                    return broken("no publication waits for it", 0x82);
                };
                self.events.push_back(match reason.is_error() {
                    true => Event::Refused { key, why: Refusal::Broker(reason) },
                    false => Event::Delivered { key },
                });
                self.send_waiting(now);
            }
            Packet::Suback { id, reason } => {
                let waiting = &mut connection.subscribing;
                let Some(place) = waiting.iter().position(|(waiting, _)| *waiting == id) else {
                    return broken("no subscription waits for it", 0x82);
                };
                let (_, index) = waiting.swap_remove(place);
                if waiting.is_empty() {
                    connection.clock.all_subscriptions_answered();
                }
                self.subscribed(index, reason);
                self.send_waiting(now);
            }
            Packet::Pingresp => {
                connection.clock.ping_answered();
                self.send_waiting(now);
            }
        }
        Ok(())
    }

    fn connack(&mut self, connack: Connack, now: Instant) {
        let Connack { session_present, reason, broker } = connack;
        if reason.is_error() {
            return self.end(Down::Refused(reason));
        }
        let Some(connection) = &mut self.connection else { return };
        // More often than the broker wants is allowed, and finds a dead connection earlier.
        let keepalives = [Some(self.settings.keepalive), broker.keepalive];
        connection.clock.up(keepalives.into_iter().flatten().filter(|seconds| *seconds > 0).min());
        connection.broker = Some(broker);
        let version = connection.version;
        self.events.push_back(Event::Up { version, session_present });
        self.in_flight.reconnected(session_present);
        let is_suspected = self.in_flight.is_suspected();
        if is_suspected {
            // It could be a subscription for which the broker ends connections, or nothing of this side.
            self.subscribe(session_present, now);
            self.ping(now);
        }
        self.send_waiting(now);
        if !is_suspected {
            self.subscribe(session_present, now);
        }
    }

    /// Sends what is in flight and has not left on this connection, as far as the broker takes it.
    fn send_waiting(&mut self, now: Instant) {
        while let Some(Connection { version, broker: Some(broker), subscribing, clock, .. }) =
            &self.connection
            && (!self.in_flight.is_suspected() || (subscribing.is_empty() && !clock.is_pinged()))
            && let Some(entry) = self.in_flight.next(broker.receive_maximum)
        {
            let (id, payload) = (entry.id, entry.publication.payload.clone());
            let limits = &self.settings.limits;
            let publication = &entry.publication;
            match prepare(publication, *version, broker, limits, Some(id), entry.was_sent) {
                Ok(head) => {
                    self.in_flight.sent();
                    self.send(&head, &payload, now);
                }
                Err(why) => {
                    let key = self.in_flight.refuse();
                    self.events.extend(key.map(|key| Event::Refused { key, why }));
                }
            }
        }
    }

    /// Subscribes to what the broker has not granted in the session that it has now. So a session
    /// that goes on does not get again what the broker has retained, which 3.1.1 can't say otherwise.
    /// The first connection subscribes to everything: the settings may be others than before.
    fn subscribe(&mut self, session_present: bool, now: Instant) {
        if !session_present {
            self.granted.fill(false);
        }
        for index in 0..self.granted.len() {
            let Some(Connection { version, broker: Some(broker), subscribing, clock, .. }) =
                &mut self.connection
            else {
                return;
            };
            let subscription = match self.settings.subscriptions.get(index) {
                Some(subscription) if self.granted.get(index) == Some(&false) => subscription,
                _ => continue,
            };
            // The settings leave identifiers for all subscriptions.
            let Some(id) = self.in_flight.free_id(subscribing) else { return };
            let head = encode::subscribe(subscription, *version, id);
            // These would end the connection.
            let refused = if !broker.has_wildcards && topic::has_wildcards(&subscription.filter) {
                Some(0xA2)
            } else if !broker.has_shared && topic::is_shared(&subscription.filter) {
                Some(0x9E)
            } else if head.size(0) > broker.maximum_packet {
                Some(0x95)
            } else {
                None
            };
            if let Some(code) = refused {
                self.subscribed(index, Reason::new(code));
                continue;
            }
            subscribing.push((id, index));
            clock.subscribed(now);
            self.send(&head, &[], now);
        }
    }

    /// The broker has answered a subscription.
    fn subscribed(&mut self, index: usize, reason: Reason) {
        let Some(subscription) = self.settings.subscriptions.get(index) else { return };
        let outcome = match reason.code() {
            0 => Ok(Qos::AtMostOnce),
            1 => Ok(Qos::AtLeastOnce),
            _ => Err(reason),
        };
        if let Some(granted) = self.granted.get_mut(index) {
            *granted = outcome.is_ok();
        }
        self.events.push_back(Event::Subscribed { filter: subscription.filter.clone(), outcome });
    }

    fn message(&mut self, publish: Publish, now: Instant) {
        let Publish { topic, id, retained, duplicate, size, content } = publish;
        let is_wanted = |filter: &str| topic::matches(filter, &topic);
        let subscriptions = &self.settings.subscriptions;
        let content = match content {
            Ok(_) if !subscriptions.iter().any(|subscription| is_wanted(&subscription.filter)) => {
                Err(Skip::Unsubscribed)
            }
            content => content,
        };
        match content {
            Ok((properties, payload)) => {
                let qos = if id.is_some() { Qos::AtLeastOnce } else { Qos::AtMostOnce };
                let ack = id.map(|id| self.unacknowledged.add(id));
                let message = Message { topic, payload, qos, retained, duplicate, ack, properties };
                self.events.push_back(Event::Message(message));
            }
            Err(why) => {
                if let Some(id) = id {
                    let code = if why == Skip::Unsubscribed { SUCCESS } else { QUOTA_EXCEEDED };
                    self.puback(id, code, now);
                }
                let topic = crate::codec::beginning(&topic);
                self.events.push_back(Event::Skipped { topic, size, why });
            }
        }
    }
}
