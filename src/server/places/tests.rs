//! Who waits, who is evicted, and for whom.

use smol::future::{block_on, poll_once};

use super::*;

/// Longer than any test takes.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Places with a share of two for each network, an initial credit of `first` and an hour for each
/// byte.
fn places(limit: usize, line: usize, first: Duration) -> Arc<Places> {
    // The limits stand for what the tests choose.
    let limits = Limits { requests: limit, downloads: line, handshake: first, ..Limits::default() };
    Places::new(limits.into(), |limits| Rules {
        limit: limits.requests,
        share: 2,
        queue: limits.downloads,
        credit: Credit { initial: limits.handshake, per_byte: HOUR, max: HOUR },
    })
}

/// Whether the holder has to leave.
fn is_evicted(place: &Place) -> bool {
    block_on(poll_once(place.evicted())).is_some()
}

/// The network of an IPv4 address that ends in this byte.
fn network(last: u8) -> Option<Network> {
    Network::of([192, 0, 2, last].into())
}

#[test]
fn one_past_the_limit_waits_until_a_place_is_free() {
    let places = places(2, 10, HOUR);
    let [first, second, third, fourth] = [(); 4].map(|()| places.enter(None).unwrap());
    assert_eq!((first.state(), second.state()), (PlaceState::Acquired, PlaceState::Acquired));
    assert_eq!((third.state(), fourth.state()), (PlaceState::Full, PlaceState::Full));
    assert!(block_on(poll_once(third.acquired())).is_none());
    // Nobody is evicted before its credit ends.
    assert!(!is_evicted(&first) && !is_evicted(&second));
    drop(second);
    block_on(third.acquired());
    assert_eq!((third.state(), fourth.state()), (PlaceState::Acquired, PlaceState::Full));
    drop(fourth);
    drop(first);
    assert_eq!(places.count(), 1);
}

#[test]
fn the_queue_takes_as_many_as_its_limit_and_refuses_one_more() {
    let places = places(1, 1, HOUR);
    let (_first, second) = (places.enter(None).unwrap(), places.enter(None).unwrap());
    assert!(places.enter(None).is_none());
    drop(second);
    assert!(places.enter(None).is_some());
}

#[test]
fn the_longest_overdue_holder_is_evicted_for_a_waiting_client_and_nobody_else() {
    let places = places(2, 10, Duration::ZERO);
    let (first, second) = (places.enter(None).unwrap(), places.enter(None).unwrap());
    assert!(!is_evicted(&first) && !is_evicted(&second));
    let third = places.enter(None).unwrap();
    block_on(poll_once(third.acquired()));
    assert!(is_evicted(&first) && !is_evicted(&second));
    drop(first);
    block_on(third.acquired());
    assert!(!is_evicted(&second) && !is_evicted(&third));
    let _fourth = places.enter(None).unwrap();
    assert!(is_evicted(&second) && !is_evicted(&third));
}

#[test]
fn a_holder_that_is_told_to_leave_before_it_knows_of_its_place_leaves() {
    let places = places(1, 10, Duration::ZERO);
    let (first, second) = (places.enter(None).unwrap(), places.enter(None).unwrap());
    drop(first);
    // Now the second one holds the place, and is told to leave at once.
    let third = places.enter(None).unwrap();
    assert_eq!(second.state(), PlaceState::Acquired);
    assert!(block_on(poll_once(second.lost())).is_some());
    drop(second);
    assert!(block_on(poll_once(third.lost())).is_none());
    assert_eq!(third.state(), PlaceState::Acquired);
}

#[test]
fn progress_saves_a_place_even_after_its_holder_was_told_to_leave() {
    let places = places(2, 10, Duration::ZERO);
    let (first, second) = (places.enter(None).unwrap(), places.enter(None).unwrap());
    let third = places.enter(None).unwrap();
    first.progress(1);
    assert!(!is_evicted(&first) && !is_evicted(&second));
    // Now the other one is told to leave.
    block_on(poll_once(third.acquired()));
    assert!(!is_evicted(&first) && is_evicted(&second));
}

#[test]
fn a_network_past_its_share_waits_for_its_own_places_and_is_overtaken_by_others() {
    let places = places(3, 10, Duration::ZERO);
    let [one, two, three] = [(); 3].map(|()| places.enter(network(1)).unwrap());
    assert_eq!((two.state(), three.state()), (PlaceState::Acquired, PlaceState::Share));
    let other = places.enter(network(2)).unwrap();
    assert_eq!(other.state(), PlaceState::Acquired);
    // Only a holder of the same network is told to leave.
    block_on(poll_once(three.acquired()));
    assert!(is_evicted(&one) && !is_evicted(&other));
    drop(one);
    assert_eq!(three.state(), PlaceState::Acquired);
    // A client without a network waits for any place.
    let local = places.enter(None).unwrap();
    assert_eq!(local.state(), PlaceState::Full);
    let fourth = places.enter(network(1)).unwrap();
    drop(other);
    assert_eq!((local.state(), fourth.state()), (PlaceState::Acquired, PlaceState::Share));
    drop((two, three, fourth, local));
    // No entry is left behind.
    let inner = places.inner.lock();
    assert!(inner.per_network.is_empty() && inner.queue.is_empty() && inner.evicting == 0);
}

#[test]
fn a_packet_restores_the_whole_credit_and_a_byte_adds_almost_nothing() {
    let (second, ms) = (Duration::from_secs(1), Duration::from_millis(1));
    let credit = Credit { initial: second, per_byte: 4 * ms, max: second };
    let start = Instant::now();
    let at = |time| start + time;
    // Progress right at the start adds nothing. After 0.9 s, it gives a full second again.
    assert_eq!(credit.after(300, at(second), start), at(second));
    assert_eq!(credit.after(300, at(second), at(900 * ms)), at(1900 * ms));
    assert_eq!(credit.after(1, at(second), at(900 * ms)), at(1004 * ms));
    // Bytes that the host reads too late count from when it reads them.
    assert_eq!(credit.after(100, at(second), at(5 * second)), at(5400 * ms));
    assert_eq!(credit.after(usize::MAX, at(second), at(second)), at(2 * second));
}
