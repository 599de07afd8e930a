//! What the session does when nothing comes.

use footlight_mqtt::{Down, Event, Version};

use crate::broker::{Stage, connack, connack_of, packet, settings};

const PINGREQ: [u8; 2] = [0xC0, 0];
const PINGRESP: [u8; 2] = [0xD0, 0];

#[test]
fn a_broker_that_does_not_answer_connect_is_left() {
    let mut stage = Stage::new(settings(Version::V5));
    stage.session.connect(stage.now);
    stage.wait(9);
    assert_eq!(stage.events(), []);
    stage.wait(1);
    assert_eq!(stage.events(), [Event::Down(Down::NoAnswer("CONNECT"))]);
    assert!(stage.session.output().is_empty());
}

#[test]
fn a_silent_connection_is_pinged_until_nothing_answers() {
    for version in [Version::V5, Version::V3_1_1] {
        let mut settings = settings(version);
        settings.subscriptions.clear();
        let mut stage = Stage::up(settings, &connack_of(version, false));
        for _ in 0..3 {
            stage.wait(59);
            assert!(stage.output().is_empty());
            stage.wait(1);
            assert_eq!(stage.output(), [PINGREQ]);
            assert_eq!(stage.hear(&PINGRESP), []);
        }
        stage.wait(60);
        assert_eq!(stage.output(), [PINGREQ]);
        stage.wait(10);
        assert_eq!(stage.events(), [Event::Down(Down::NoAnswer("PINGREQ"))]);
    }
}

#[test]
fn the_keepalive_of_the_broker_counts_if_it_is_shorter() {
    for (server, seconds) in [(30, 30), (600, 60), (0, 60)] {
        let mut settings = settings(Version::V5);
        settings.subscriptions.clear();
        let [high, low] = u16::to_be_bytes(server);
        let mut stage = Stage::up(settings, &connack(false, &[0x13, high, low]));
        stage.wait(seconds - 1);
        assert!(stage.output().is_empty());
        stage.wait(1);
        assert_eq!(stage.output(), [PINGREQ], "{server}");
    }
}

#[test]
fn without_a_keepalive_nothing_is_pinged() {
    let mut settings = settings(Version::V5);
    settings.subscriptions.clear();
    settings.keepalive = 0;
    let stage = Stage::up(settings, &connack(false, &[]));
    assert_eq!(stage.session.deadline(), None);
}

#[test]
fn a_subscription_without_an_answer_ends_the_connection() {
    let mut stage = Stage::up(settings(Version::V5), &connack(false, &[]));
    stage.wait(10);
    assert_eq!(stage.events(), [Event::Down(Down::NoAnswer("SUBSCRIBE"))]);
}

#[test]
fn while_the_caller_does_not_read_the_broker_need_not_answer() {
    let mut stage = Stage::up(settings(Version::V5), &connack(false, &[]));
    stage.session.set_reading(false, stage.now);
    for _ in 0..5 {
        stage.wait(60);
        assert_eq!(stage.output(), [PINGREQ]);
    }
    assert_eq!(stage.events(), []);
    stage.session.set_reading(true, stage.now);
    stage.wait(9);
    assert_eq!(stage.hear(&[&PINGRESP[..], &packet(0x90, &[0, 1, 0, 1])].concat()).len(), 1);
    assert!(stage.session.deadline().unwrap() > stage.now);
}

#[test]
fn pings_that_nobody_writes_do_not_pile_up() {
    let mut stage = Stage::up(settings(Version::V5), &connack(false, &[]));
    stage.session.set_reading(false, stage.now);
    for _ in 0..5 {
        stage.wait(60);
    }
    assert_eq!(stage.output(), [PINGREQ]);
    stage.wait(60);
    assert_eq!(stage.output(), [PINGREQ]);
}
