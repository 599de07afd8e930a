//! What fails, what comes back, and the end.

use super::*;

#[test]
fn strict_changes_that_waited_too_long_fail_and_relaxed_ones_do_not() {
    let now = Instant::now();
    let (mut queue, [a, b, c]) = queue([("a", STRICT), ("b", RELAXED), ("c", STRICT)]);
    let (ticket, _) = queue.commit(a, state(1), now);
    queue.commit(b, state(1), now);
    queue.commit(c, state(1), now + SECOND);
    queue.hurry();
    queue.expire(now + 29 * SECOND, 30 * SECOND, &mut Vec::new());
    assert_eq!(queue.poll(a, ticket), Poll::Pending);
    let mut wake = Vec::new();
    queue.expire(now + 30 * SECOND, 30 * SECOND, &mut wake);
    assert_eq!(wake.len(), 1);
    assert!(matches!(queue.poll(a, ticket), Poll::Ready(Err(_))));
    assert_eq!(queue.write(), ["c", "b"]);
}

#[test]
fn a_failed_record_fails_its_strict_owners_and_only_them() {
    let now = Instant::now();
    let (mut queue, [a, b, c]) = queue([("a", STRICT), ("b", STRICT), ("c", RELAXED)]);
    let (lost, _) = queue.commit(a, state(1), now);
    queue.commit(c, state(1), now - 5 * SECOND);
    queue.make_due(now);
    let parts = queue.take(1000);
    assert_eq!(names(&parts), ["a", "c"]);
    let (more, _) = queue.commit(a, state(2), now);
    let (kept, _) = queue.commit(b, state(3), now);
    queue.broken(failed());
    queue.not_written(parts, &failed(), None, &mut Vec::new());
    assert_eq!(queue.poll(a, lost), Poll::Ready(Err(failed())));
    assert_eq!(queue.poll(a, more), Poll::Ready(Err(failed())));
    assert_eq!(queue.poll(b, kept), Poll::Pending);
    // The relaxed one is due at once, since it has waited already.
    queue.make_due(now);
    queue.mended(&mut Vec::new());
    assert_eq!(queue.write(), ["b", "c"]);
}

#[test]
fn commits_of_a_failed_owner_are_ignored_until_it_has_recovered() {
    let now = Instant::now();
    let (mut queue, [a]) = queue([("a", STRICT)]);
    queue.commit(a, state(1), now);
    let parts = queue.take(1000);
    queue.broken(failed());
    queue.not_written(parts, &failed(), None, &mut Vec::new());
    assert_eq!(queue.recover(a), Poll::Pending);
    let (ignored, new) = queue.commit(a, state(2), now);
    assert!(!new);
    assert_eq!(queue.poll(a, ignored), Poll::Ready(Err(failed())));
    let mut wake = Vec::new();
    queue.mended(&mut wake);
    assert_eq!(wake.len(), 1);
    assert_eq!(queue.due_since(), None);
    assert_eq!(queue.recover(a), Poll::Ready(()));
    let (again, new) = queue.commit(a, state(3), now);
    assert!(new && again > ignored);
    assert_eq!(queue.write(), ["a"]);
    assert_eq!(queue.poll(a, again), Poll::Ready(Ok(again)));
}

#[test]
fn an_owner_recovers_only_when_its_record_is_decided() {
    let now = Instant::now();
    let (mut queue, [a]) = queue([("a", STRICT)]);
    let (first, _) = queue.commit(a, state(1), now);
    let parts = queue.take(1000);
    let (second, _) = queue.commit(a, state(2), now);
    queue.expire(now + SECOND, SECOND, &mut Vec::new());
    assert!(matches!(queue.poll(a, second), Poll::Ready(Err(_))));
    assert_eq!(queue.recover(a), Poll::Pending);
    let mut wake = Vec::new();
    queue.written(&parts, &mut wake);
    assert_eq!(wake.len(), 1);
    // What is on the disk stays there.
    assert_eq!(queue.poll(a, first), Poll::Ready(Ok(first)));
    assert_eq!(queue.recover(a), Poll::Ready(()));
}

#[test]
fn relaxed_changes_come_back_beneath_later_ones() {
    let now = Instant::now();
    let (mut queue, [a]) = queue([("a", RELAXED)]);
    let key = |value: &'static str| {
        let keys = [("k".into(), Some(Bytes::from(value)))].into();
        Changes { keys, ..Changes::default() }
    };
    queue.commit(a, Changes { opened: vec![7, 8], ..state(1) }, now);
    queue.commit(a, key("old"), now);
    queue.make_due(now + 5 * SECOND);
    let parts = queue.take(1000);
    queue.commit(a, Changes { closed: vec![7], ..key("new") }, now + SECOND);
    queue.not_written(parts, &failed(), None, &mut Vec::new());
    assert_eq!(queue.next_timed(), Some(now + 5 * SECOND));
    queue.make_due(now + 5 * SECOND);
    let parts = queue.take(1000);
    let expected = Changes { opened: vec![8], ..state(1) };
    assert_eq!(*parts[0].changes, Changes { keys: key("new").keys, ..expected });
}

#[test]
fn relaxed_changes_without_room_wait_for_longer() {
    let now = Instant::now();
    let (mut queue, [a]) = queue([("a", RELAXED)]);
    queue.commit(a, state(1), now);
    queue.hurry();
    let parts = queue.take(1000);
    queue.not_written(parts, &failed(), Some(now + SECOND), &mut Vec::new());
    assert_eq!(queue.next_timed(), Some(now + 6 * SECOND));
}

#[test]
fn before_the_end_nobody_waits_for_an_interval() {
    let now = Instant::now();
    let (mut queue, [a, b]) = queue([("a", RELAXED), ("b", RELAXED)]);
    queue.commit(a, state(1), now);
    queue.hurry();
    queue.commit(b, state(1), now);
    assert_eq!(queue.write(), ["a", "b"]);
    queue.seal();
    let (late, new) = queue.commit(a, state(2), now);
    assert!(!new);
    queue.end(failed(), &mut Vec::new());
    assert_eq!(queue.poll(a, late), Poll::Ready(Err(failed())));
}

#[test]
fn at_the_end_only_what_is_written_is_reached() {
    let now = Instant::now();
    let (mut queue, [a, b]) = queue([("a", STRICT), ("b", RELAXED)]);
    let (written, _) = queue.commit(a, state(1), now);
    queue.write();
    let (lost, _) = queue.commit(b, state(1), now);
    let mut wake = Vec::new();
    queue.end(failed(), &mut wake);
    assert_eq!(queue.poll(a, written), Poll::Ready(Ok(written)));
    assert_eq!(queue.owner(a).unwrap().durable(Some(&failed())), Ok(written));
    assert_eq!(queue.poll(b, lost), Poll::Ready(Err(failed())));
    let (late, new) = queue.commit(a, state(2), now);
    assert!(!new);
    assert_eq!(queue.poll(a, late), Poll::Ready(Err(failed())));
}
