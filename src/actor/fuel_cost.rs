//! What an actor's imports cost it in fuel: about what they cost the host in time. Arithmetic takes
//! up to a nanosecond for a unit; no import is to take more than three times that.
//! `cargo bench --bench prices` measures it.

use wit_core::host::{Payload, Request};

use crate::convert::to_u64;

/// What any request costs: the guest is suspended for it and goes on.
const REQUEST: usize = 1000;
/// What it costs to look for a tag among those of all connections: a few searches, whose time grows
/// with the logarithm of their number.
const SEARCH: usize = 1000;
/// What the handing over to another thread costs, for a file.
const FILE: usize = 20_000;
/// What it costs to list one more connection.
const LISTED: usize = 100;
/// What it costs to send to one more connection. Most of that comes after the call.
const RECEIVER: usize = 1000;
/// What it costs to place one block of an answer, beside what the guest's allocator spends.
const BLOCK: usize = 300;
/// What `clock.now` costs.
pub const NOW: u64 = 100;
/// What `log` costs, beside the bytes of its line.
const LINE: usize = 300;
/// What a random byte costs.
const RANDOM: usize = 2;
/// The bytes that are copied for a unit.
const COPIED: usize = 16;
/// The bytes of text that are looked through for a unit, whether they are UTF-8.
const READ: usize = 1;

/// What a request costs, if it is about so many connections: those with the tag that it names, or
/// all.
pub fn of_request(request: &Request<'_>, found: usize) -> u64 {
    let own = match *request {
        Request::List { .. } => LISTED.saturating_mul(found),
        Request::Broadcast { .. } => RECEIVER.saturating_mul(found),
        Request::Random { count } => {
            usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(RANDOM)
        }
        Request::ReadFile { .. } | Request::ListFiles { .. } | Request::WriteFile { .. } => FILE,
        _ => 0,
    };
    let units = REQUEST
        .saturating_add(own)
        .saturating_add(if tag(request).is_some() { SEARCH } else { 0 })
        .saturating_add(request.bytes() / COPIED)
        .saturating_add(text(request) / READ);
    to_u64(units)
}

/// What an answer of so many bytes costs, before the guest has room for it.
pub fn of_answer(bytes: usize) -> u64 {
    to_u64(bytes / COPIED)
}

/// What it costs to place one block of an answer.
pub fn of_block() -> u64 {
    to_u64(BLOCK)
}

/// What a line of so many bytes costs.
pub fn of_line(bytes: usize) -> u64 {
    to_u64(LINE.saturating_add(bytes / READ))
}

/// The bytes of text in a request.
fn text(request: &Request<'_>) -> usize {
    let payload = |payload: Payload<'_>| match payload {
        Payload::Text(text) => text.len(),
        Payload::Binary(_) => 0,
    };
    match *request {
        Request::Send { payload: of, .. } => payload(of),
        Request::Broadcast { payload: of, tag, .. } => {
            payload(of).saturating_add(tag.map_or(0, str::len))
        }
        Request::List { .. } | Request::Tag { .. } | Request::Untag { .. } => {
            tag(request).map_or(0, str::len)
        }
        Request::Close { reason, .. } => reason.len(),
        Request::ReadFile { path }
        | Request::ListFiles { path }
        | Request::WriteFile { path, .. } => path.len(),
        _ => 0,
    }
}

/// The tag that a request names.
fn tag<'a>(request: &Request<'a>) -> Option<&'a str> {
    match *request {
        Request::List { tag } | Request::Broadcast { tag, .. } => tag,
        Request::Tag { tag, .. } | Request::Untag { tag, .. } => Some(tag),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_the_host_longer_costs_more() {
        let price = |request, found| of_request(&request, found);
        let text = |text| Request::Send { id: 1, payload: Payload::Text(text) };
        let data = |data| Request::Send { id: 1, payload: Payload::Binary(data) };
        let bytes = "x".repeat(1600);
        assert_eq!(price(Request::Sender, 1000), 1000);
        assert_eq!(price(text(""), 1000), 1000);
        assert_eq!(price(text(&bytes), 1000), 1000 + 100 + 1600);
        assert_eq!(price(data(bytes.as_bytes()), 1000), 1000 + 100);
        assert_eq!(price(Request::List { tag: None }, 1000), 1000 + 100_000);
        let broadcast = Request::Broadcast { tag: None, payload: Payload::Text(""), except: None };
        assert_eq!(price(broadcast, 1000), 1000 + 1_000_000);
        // What names a tag is for those that have it.
        assert_eq!(price(Request::List { tag: Some("four") }, 3), 1000 + 1000 + 4 + 300);
        assert_eq!(price(Request::Tag { id: 1, tag: "four" }, 0), 1000 + 1000 + 4);
        assert_eq!(price(Request::Random { count: 64 }, 0), 1000 + 128);
        // However much it is, it is a number.
        assert!(price(Request::Random { count: u32::MAX }, usize::MAX) >= 1 << 32);
        assert_eq!(price(broadcast, usize::MAX), u64::MAX);
    }
}
