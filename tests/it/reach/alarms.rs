//! Alarms, ticks and the time, with a clock that the tests set.
//!
//! A due alarm comes before any later event of a client. So if a client asks something and first
//! gets its answer, no alarm was due.

use super::{
    answer,
    hosted::{Hosted, START},
    make,
};
use crate::support::{Actor, Client, SHAPES, Server, guest};

/// A host for a guest of each shape, and a client that hears of alarms.
fn each(adjust: impl Fn(Actor) -> Actor, test: impl Fn(&str, &Hosted, &mut Client)) {
    for shape in SHAPES {
        let host = Hosted::start(&adjust(guest(shape)));
        let mut client = host.client();
        make(&mut client, "tag 1 alarm", &["done"]);
        test(shape, &host, &mut client);
    }
}

/// No alarm is due, and none was since the client's last message.
fn quiet(client: &mut Client) {
    client.ask("hello", "hello");
}

#[test]
fn an_alarm_rings_once_when_its_time_has_come() {
    each(
        |actor| actor,
        |_, host, client| {
            make(client, "alarm 500", &["done"]);
            host.pass(499);
            quiet(client);
            host.pass(1);
            client.expect("alarm");
            host.pass(3_600_000);
            quiet(client);
            assert_eq!(host.stats.alarms.get(), 1);
        },
    );
}

#[test]
fn what_a_call_asked_for_last_is_what_counts() {
    each(
        |actor| actor,
        |_, host, client| {
            make(client, "alarm 100", &["done"]);
            make(client, "alarm 50; no-alarm; alarm 300", &["done"; 3]);
            host.pass(299);
            quiet(client);
            host.pass(1);
            client.expect("alarm");
            make(client, "alarm 100", &["done"]);
            make(client, "alarm 50; no-alarm", &["done"; 2]);
            host.pass(1000);
            quiet(client);
            // Cancelling an alarm that is not set is no mistake.
            make(client, "no-alarm", &["done"]);
        },
    );
}

#[test]
fn an_alarm_of_a_call_that_fails_is_not_set_and_the_one_before_stays() {
    each(
        |actor| actor,
        |shape, host, client| {
            for failure in ["trap", "other", "random 65537", "err"] {
                if failure == "err" && !matches!(shape, "result" | "renamed") {
                    continue;
                }
                for request in ["alarm 50", "no-alarm", "alarm 500"] {
                    make(client, "alarm 100", &["done"]);
                    let mut other = host.client();
                    other.text(&format!("do {request}; {failure}"));
                    match failure {
                        "trap" | "random 65537" => drop(other.expect_close(1011)),
                        // The answer comes after the alarm.
                        _ => quiet(&mut other),
                    }
                    host.pass(99);
                    quiet(client);
                    // After a trap the actor has a new instance.
                    host.pass(1);
                    client.expect("alarm");
                    host.pass(1000);
                    quiet(client);
                }
            }
        },
    );
}

#[test]
fn an_alarm_outlasts_an_instance_that_is_dropped_since_nothing_happens() {
    each(
        |actor| actor.limit("hibernate_after", "\"10ms\""),
        |_, host, client| {
            const FAR: u64 = 10_000_000_000;
            make(client, &format!("alarm {FAR}"), &["done"]);
            let before = host.stats.hibernations.get();
            while host.stats.hibernations.get() == before {
                host.pass(1);
                std::thread::yield_now();
            }
            host.pass(FAR);
            client.expect("alarm");
        },
    );
}

#[test]
fn an_alarm_that_fails_does_not_come_again_and_what_it_asked_for_is_undone() {
    each(
        |actor| actor,
        |shape, host, client| {
            for failure in ["trap", "err", "other"] {
                if failure == "err" && !matches!(shape, "result" | "renamed") {
                    continue;
                }
                make(client, &format!("attach 1 do alarm 100 | tag 1 new | {failure}"), &["done"]);
                make(client, "alarm 100", &["done"]);
                host.pass(100);
                // An alarm has no client for an answer, so an answer of a wrong type does no harm.
                // The guest sends its answers as messages instead.
                if failure == "other" {
                    client.expect_all(&["alarm", "done", "done", ""]);
                    make(client, "no-alarm; untag 1 new", &["done"; 2]);
                } else {
                    // "alarm" would have come first.
                    quiet(client);
                    make(client, "list new", &["list"]);
                }
                host.pass(3_600_000);
                quiet(client);
            }
        },
    );
}

#[test]
fn a_tick_comes_steadily_though_its_calls_fail() {
    each(
        |actor| actor.key("tick = \"1s\""),
        |_, host, client| {
            for _ in 0..3 {
                host.pass(999);
                quiet(client);
                host.pass(1);
                client.expect("alarm");
            }
            make(client, "attach 1 do trap", &["done"]);
            let events = host.stats.alarms.get();
            for count in 1..=3 {
                host.pass(1000);
                quiet(client);
                assert_eq!(host.stats.alarms.get(), events + count);
            }
            assert_eq!(host.stats.traps.get(), 3);
            make(client, "detach 1", &["done"]);
            host.pass(1000);
            client.expect("alarm");
        },
    );
}

#[test]
fn after_a_long_sleep_there_is_one_event_and_no_burst() {
    each(
        |actor| actor.key("tick = \"1s\""),
        |_, host, client| {
            make(client, "alarm 1500", &["done"]);
            host.pass(3_600_000);
            client.expect("alarm");
            quiet(client);
            quiet(client);
            host.pass(999);
            quiet(client);
            host.pass(1);
            client.expect("alarm");
            assert_eq!(host.stats.alarms.get(), 2);
        },
    );
}

#[test]
fn an_alarm_has_no_sender_and_its_answers_go_nowhere() {
    each(
        |actor| actor,
        |_, host, client| {
            make(client, "attach 1 do sender | info 1 | list", &["done"]);
            let known = answer(client, "info 1");
            make(client, "alarm 1", &["done"]);
            host.pass(1);
            client.expect_all(&["alarm", "sender none", &known, "list 1"]);
        },
    );
}

#[test]
fn an_alarm_that_is_set_too_soon_after_the_last_one_comes_when_the_limit_has_passed() {
    each(
        |actor| actor.limit("alarm", "\"50ms\""),
        |_, host, client| {
            make(client, "attach 1 do alarm 0", &["done"]);
            // The first alarm may come at once. It may overtake the next event, but not this answer.
            make(client, "alarm 0", &["done"]);
            for _ in 0..3 {
                client.expect_all(&["alarm", "done"]);
                host.pass(49);
                quiet(client);
                host.pass(1);
            }
            client.expect_all(&["alarm", "done"]);
            // The host does not delay an alarm that is later than that.
            make(client, "attach 1 do alarm 51", &["done"]);
            host.pass(50);
            client.expect_all(&["alarm", "done"]);
            host.pass(50);
            quiet(client);
            host.pass(1);
            client.expect_all(&["alarm", "done"]);
        },
    );
}

#[test]
fn the_time_stands_still_within_a_call_and_goes_on_between_calls() {
    each(
        |actor| actor,
        |_, host, client| {
            let now = |millis: u64| format!("now {}", START + millis);
            make(client, "now; repeat 100 random 1000; now", &[&now(0), "random 1000", &now(0)]);
            host.pass(1234);
            make(client, "now", &[&now(1234)]);
            let mut late = host.client();
            let told = answer(&mut late, "info 2");
            assert!(told.ends_with(&format!(" since={}", START + 1234)), "{told}");
        },
    );
}

#[test]
fn by_the_systems_clock_a_call_that_takes_its_time_sees_it_stand_still() {
    let server = Server::of(guest("events"));
    let mut client = super::joined(&server, "events");
    client.text("do now; repeat 20 random 65536; now");
    let [first, _, second] = std::array::from_fn(|_| client.next());
    assert_eq!(first, second);
    client.text("do now");
    assert_ne!(client.next(), first);
}

#[test]
fn alarms_without_end_and_clients_without_end_do_not_keep_each_other_waiting() {
    let actors = SHAPES.map(|shape| guest(shape).limit("alarm", "\"1ms\""));
    let server = Server::start(&actors);
    for shape in SHAPES {
        let [mut alarmed, mut busy] = super::several(&server, shape);
        make(&mut alarmed, "tag 1 alarm; attach 1 do alarm 0; alarm 0", &["done"; 3]);
        // Alarms keep ringing however many answers the other client gets, and it gets all of them
        // however many alarms there are.
        for round in 0..50 {
            alarmed.expect_all(&["alarm", "done"]);
            for ask in 0..5 {
                let text = format!("{round} {ask}");
                busy.ask(&text, &text);
            }
        }
        // Now without waiting for the answers.
        for round in 0..200 {
            busy.text(&round.to_string());
        }
        for _ in 0..20 {
            alarmed.expect_all(&["alarm", "done"]);
        }
        (0..200).for_each(|round| busy.expect(&round.to_string()));
        busy.ask("do no-alarm", "done");
    }
}
