//! What a client sends over HTTP: heads with bodies, one request after another. Nothing panics, what
//! is kept is bounded, and bytes that come in pieces mean the same as all at once.
//!
//! Input: the limit of a body (2 bytes, little-endian), the size of a piece (1 byte), and the bytes.
#![no_main]

use footlight::server::{
    body::{BodyDecoder, BodyError},
    framing::RequestMeta,
    request_head::{MAX_FIELDS, RequestHead},
};
use libfuzzer_sys::fuzz_target;

/// What was understood of the bytes so far.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    /// A head of this length.
    Head(usize),
    /// The whole body of that request.
    Body(Vec<u8>),
    /// The head is refused with this status. Nothing after it is read.
    Refused(u16),
    /// The body is refused. Nothing after it is read.
    Broken(BodyError),
}

/// A connection's reader.
struct Reader {
    limit: usize,
    /// What has arrived and was not used yet.
    bytes: Vec<u8>,
    /// The present body, and what has come of it.
    body: Option<(BodyDecoder, Vec<u8>)>,
    events: Vec<Event>,
}

impl Reader {
    fn new(limit: usize) -> Self {
        Self { limit, bytes: Vec::new(), body: None, events: Vec::new() }
    }

    /// Whether nothing more is read.
    fn is_over(&self) -> bool {
        matches!(self.events.last(), Some(Event::Refused(_) | Event::Broken(_)))
    }

    /// Takes more bytes.
    fn feed(&mut self, piece: &[u8]) {
        if self.is_over() {
            return;
        }
        self.bytes.extend_from_slice(piece);
        while !self.is_over() && self.step() {}
    }

    /// Uses up some of the bytes. Returns false if there are too few.
    fn step(&mut self) -> bool {
        if let Some((mut decoder, mut content)) = self.body.take() {
            let mut rest = self.bytes.as_slice();
            loop {
                match decoder.next(&mut rest) {
                    Ok([]) => break,
                    Ok(found) => content.extend_from_slice(found),
                    Err(error) => {
                        self.events.push(Event::Broken(error));
                        return false;
                    }
                }
            }
            assert!(content.len() <= self.limit);
            let used = self.bytes.len() - rest.len();
            self.bytes.drain(..used);
            let is_done = decoder.is_done();
            if is_done {
                self.events.push(Event::Body(content));
            } else {
                assert!(self.bytes.is_empty(), "a decoder takes all bytes or is done");
                self.body = Some((decoder, content));
            }
            return is_done;
        }
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let parsed = RequestHead::parse(&self.bytes, &mut fields).and_then(|parsed| {
            parsed.map(|(head, len)| Ok((RequestMeta::of(&head, len)?, len))).transpose()
        });
        match parsed {
            Ok(None) => {
                assert!(self.bytes.len() < 8192, "what is kept of a head is bounded");
                false
            }
            Ok(Some((meta, len))) => {
                assert!(len > 0 && len <= self.bytes.len());
                self.bytes.drain(..len);
                self.events.push(Event::Head(len));
                match BodyDecoder::new(meta.framing, self.limit) {
                    Ok(decoder) => self.body = Some((decoder, Vec::new())),
                    Err(error) => self.events.push(Event::Broken(error)),
                }
                true
            }
            Err(refusal) => {
                assert!(!refusal.to_string().is_empty());
                self.events.push(Event::Refused(refusal.status().0));
                false
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let [low, high, size, bytes @ ..] = data else { return };
    let limit = usize::from(u16::from_le_bytes([*low, *high]));
    let (mut whole, mut pieces) = (Reader::new(limit), Reader::new(limit));
    whole.feed(bytes);
    bytes.chunks(usize::from(*size).max(1)).for_each(|piece| pieces.feed(piece));
    let is_late = |event: &Event| matches!(event, Event::Refused(400 | 414 | 431 | 501 | 505));
    match (whole.events.last(), pieces.events.last()) {
        // A head that is wrong in two ways may be refused for the one that comes first.
        (Some(one), Some(other)) if is_late(one) && is_late(other) => {
            whole.events.pop();
            pieces.events.pop();
        }
        _ => {}
    }
    assert_eq!(whole.events, pieces.events);
});
