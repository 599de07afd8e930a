//! The plan for every sight that matters, with a clock of their own.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// An open store with nothing to do.
fn sight() -> Sight {
    Sight {
        // Far enough from the beginning of time to go back from.
        now: Instant::now() + 100 * SECOND,
        failed: false,
        piece: Piece::None,
        retry: None,
        due: None,
        reserve: false,
        small: false,
        wear: Duration::ZERO,
        look: None,
        closing: None,
    }
}

#[test]
fn without_work_the_thread_waits_until_it_is_called() {
    assert_eq!(Plan::new(&sight()), Plan::Wait(None));
}

#[test]
fn what_is_due_is_written_at_once() {
    let idle = sight();
    let due = Sight { due: Some(idle.now), piece: Piece::Idle, ..idle };
    assert_eq!(Plan::new(&due), Plan::Record);
    assert!(!due.gathers());
}

#[test]
fn a_turn_over_goes_on_while_nothing_is_due() {
    assert_eq!(Plan::new(&Sight { piece: Piece::Idle, ..sight() }), Plan::Piece);
}

#[test]
fn a_turn_over_that_is_behind_goes_first() {
    let idle = sight();
    let due = Sight { due: Some(idle.now), piece: Piece::First, ..idle };
    assert_eq!(Plan::new(&due), Plan::Piece);
}

#[test]
fn small_changes_go_between_the_pieces_of_a_turn_over_that_is_behind() {
    let idle = sight();
    let due = Sight { due: Some(idle.now), piece: Piece::First, small: true, ..idle };
    assert_eq!(Plan::new(&due), Plan::Small);
    assert_eq!(Plan::new(&Sight { failed: true, ..due.clone() }), Plan::Piece);
    assert_eq!(Plan::new(&Sight { due: None, ..due.clone() }), Plan::Piece);
    assert_eq!(Plan::new(&Sight { wear: SECOND, ..due }), Plan::Piece);
}

#[test]
fn records_go_on_while_a_failed_turn_over_waits_for_its_next_try() {
    let idle = sight();
    let later = idle.now + SECOND;
    let waits = Sight { piece: Piece::First, retry: Some(later), ..idle };
    assert_eq!(Plan::new(&waits), Plan::Wait(Some(later)));
    let due = Sight { due: Some(waits.now), ..waits };
    assert_eq!(Plan::new(&due), Plan::Record);
}

#[test]
fn after_a_failure_nothing_is_written_before_the_live_set_is_in_the_other_file() {
    let idle = sight();
    let failed = Sight { failed: true, due: Some(idle.now), reserve: true, ..idle };
    assert_eq!(Plan::new(&failed), Plan::Piece);
    let later = failed.now + SECOND;
    let waits = Sight { retry: Some(later), ..failed };
    assert_eq!(Plan::new(&waits), Plan::Wait(Some(later)));
    assert!(!waits.gathers());
}

#[test]
fn a_record_that_wear_can_not_pay_waits_until_it_can() {
    let idle = sight();
    let poor = Sight { due: Some(idle.now), wear: SECOND / 4, ..idle };
    assert_eq!(Plan::new(&poor), Plan::Wait(Some(poor.now + SECOND / 4)));
    assert!(poor.gathers());
}

#[test]
fn a_record_waits_for_wear_for_at_most_a_second_after_its_first_change() {
    let idle = sight();
    let due = idle.now - SECOND / 2;
    let poor = Sight { due: Some(due), wear: Duration::MAX, ..idle };
    assert_eq!(Plan::new(&poor), Plan::Wait(Some(due + SECOND)));
    let late = Sight { now: due + SECOND, ..poor };
    assert_eq!(Plan::new(&late), Plan::Record);
}

#[test]
fn a_reservation_does_not_wait_for_wear() {
    let reserve = Sight { reserve: true, wear: SECOND, ..sight() };
    assert_eq!(Plan::new(&reserve), Plan::Record);
}

#[test]
fn the_thread_wakes_for_what_comes_first() {
    let idle = sight();
    let [one, two, three] = [1, 2, 3].map(|seconds| idle.now + seconds * SECOND);
    let closing = Some(three);
    let failed = Sight { failed: true, retry: Some(two), look: Some(one), closing, ..idle };
    assert_eq!(Plan::new(&failed), Plan::Wait(Some(one)));
    assert_eq!(Plan::new(&Sight { look: None, ..failed.clone() }), Plan::Wait(Some(two)));
    let retry = Some(three + SECOND);
    assert_eq!(Plan::new(&Sight { look: None, retry, ..failed }), Plan::Wait(Some(three)));
}

#[test]
fn at_the_end_what_is_due_is_written_without_regard_to_wear() {
    let idle = sight();
    let closing = Some(idle.now + SECOND);
    let due = Sight { due: Some(idle.now), wear: SECOND, closing, ..idle };
    assert_eq!(Plan::new(&due), Plan::Record);
    assert_eq!(Plan::new(&Sight { due: None, piece: Piece::Idle, ..due }), Plan::End);
}

#[test]
fn when_the_time_is_up_the_thread_ends_whatever_is_left() {
    let idle = sight();
    let closing = Some(idle.now);
    let left = Sight { failed: true, due: Some(idle.now), closing, ..idle };
    assert_eq!(Plan::new(&left), Plan::End);
}
