//! Who waits, who has to leave, and for whom.

use smol::future::{block_on, poll_once};

use super::*;

/// A time that does not pass in a test.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Places, of which one network may have two, that are good for `first`, and for an hour with each
/// byte.
fn places(limit: usize, line: usize, first: Duration) -> Arc<Places> {
    let credit = Credit { initial: first, per_byte: HOUR, max: HOUR };
    Places::new(Rules { limit, share: 2, queue: line, credit })
}

/// Whether a place has to be left.
fn is_lost(place: &Place) -> bool {
    block_on(poll_once(place.evicted())).is_some()
}

/// The network of an IPv4 address that ends in this.
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
    // Nobody is made to leave before its time.
    assert!(!is_lost(&first) && !is_lost(&second));
    drop(second);
    block_on(third.acquired());
    assert_eq!((third.state(), fourth.state()), (PlaceState::Acquired, PlaceState::Full));
    drop(fourth);
    drop(first);
    assert_eq!(places.count(), 1);
}

#[test]
fn as_many_wait_as_the_line_is_long_and_one_more_is_refused() {
    let places = places(1, 1, HOUR);
    let (_first, second) = (places.enter(None).unwrap(), places.enter(None).unwrap());
    assert!(places.enter(None).is_none());
    drop(second);
    assert!(places.enter(None).is_some());
}

#[test]
fn the_longest_overdue_leaves_for_one_who_waits_and_no_more_than_that() {
    let places = places(2, 10, Duration::ZERO);
    let (first, second) = (places.enter(None).unwrap(), places.enter(None).unwrap());
    assert!(!is_lost(&first) && !is_lost(&second));
    let third = places.enter(None).unwrap();
    block_on(poll_once(third.acquired()));
    assert!(is_lost(&first) && !is_lost(&second));
    drop(first);
    block_on(third.acquired());
    assert!(!is_lost(&second) && !is_lost(&third));
    let _fourth = places.enter(None).unwrap();
    assert!(is_lost(&second) && !is_lost(&third));
}

#[test]
fn whoever_makes_progress_keeps_its_place_even_when_it_was_asked_to_leave() {
    let places = places(2, 10, Duration::ZERO);
    let (first, second) = (places.enter(None).unwrap(), places.enter(None).unwrap());
    let third = places.enter(None).unwrap();
    first.progress(1);
    assert!(!is_lost(&first) && !is_lost(&second));
    // It is the other's turn to be asked.
    block_on(poll_once(third.acquired()));
    assert!(!is_lost(&first) && is_lost(&second));
}

#[test]
fn a_network_past_its_share_waits_for_its_own_and_others_pass_it() {
    let places = places(3, 10, Duration::ZERO);
    let [one, two, three] = [(); 3].map(|()| places.enter(network(1)).unwrap());
    assert_eq!((two.state(), three.state()), (PlaceState::Acquired, PlaceState::Share));
    let other = places.enter(network(2)).unwrap();
    assert_eq!(other.state(), PlaceState::Acquired);
    // Only its own are asked to leave for it.
    block_on(poll_once(three.acquired()));
    assert!(is_lost(&one) && !is_lost(&other));
    drop(one);
    assert_eq!(three.state(), PlaceState::Acquired);
    // Those who belong to no network wait for any.
    let local = places.enter(None).unwrap();
    assert_eq!(local.state(), PlaceState::Full);
    let fourth = places.enter(network(1)).unwrap();
    drop(other);
    assert_eq!((local.state(), fourth.state()), (PlaceState::Acquired, PlaceState::Share));
    drop((two, three, fourth, local));
    // Nothing is kept of those who have gone.
    let inner = places.inner.lock();
    assert!(inner.per_network.is_empty() && inner.queue.is_empty() && inner.evicting == 0);
}

#[test]
fn a_packet_gives_back_the_whole_time_and_a_byte_next_to_nothing() {
    let (second, ms) = (Duration::from_secs(1), Duration::from_millis(1));
    let credit = Credit { initial: second, per_byte: 4 * ms, max: second };
    let start = Instant::now();
    let at = |time| start + time;
    // Sent at once, it changes nothing; after 0.9 s it is good for a second from then on.
    assert_eq!(credit.after(300, at(second), start), at(second));
    assert_eq!(credit.after(300, at(second), at(900 * ms)), at(1900 * ms));
    assert_eq!(credit.after(1, at(second), at(900 * ms)), at(1004 * ms));
    // What comes when the time is up, because the host was late to read it, counts from now.
    assert_eq!(credit.after(100, at(second), at(5 * second)), at(5400 * ms));
    assert_eq!(credit.after(usize::MAX, at(second), at(second)), at(2 * second));
}
