//! How connections begin and end.

use bytes::Bytes;
use footlight_mqtt::{
    Credentials, Down, Event, Properties, Publication, Qos, Settings, Version, Will,
};

use crate::broker::{Stage, connack, connack_of, packet, settings, text};

/// The only event, which says why the connection is over.
fn down(events: Vec<Event>) -> Down {
    match <[Event; 1]>::try_from(events) {
        Ok([Event::Down(down)]) => down,
        other => panic!("{other:?}"),
    }
}

fn will() -> Will {
    let publication = Publication {
        topic: "gone".into(),
        payload: "bye".into(),
        qos: Qos::AtLeastOnce,
        retain: true,
        properties: Properties { is_text: true, ..Properties::default() },
    };
    Will { publication, delay: 7 }
}

fn full(version: Version) -> Settings {
    let mut settings = settings(version);
    settings.keepalive = 300;
    settings.credentials =
        Some(Credentials { user: "ann".into(), password: Some(Bytes::from_static(b"\xFF")) });
    settings.will = Some(will());
    settings.limits.packet = 0x1234;
    settings
}

#[test]
fn connect_of_mqtt_5_has_everything() {
    let mut stage = Stage::new(full(Version::V5));
    stage.session.connect(stage.now);
    let expected = [
        &text("MQTT")[..],
        &[5, 0b1110_1100, 1, 44],
        // Session expiry, receive maximum, maximum packet size, topic alias maximum.
        &[16, 0x11, 0, 0, 14, 16, 0x21, 0, 20, 0x27, 0, 0, 0x12, 0x34, 0x22, 0, 0],
        &text("lamp"),
        // The will's format and delay.
        &[7, 1, 1, 0x18, 0, 0, 0, 7],
        &text("gone"),
        &text("bye"),
        &text("ann"),
        &[0, 1, 0xFF],
    ];
    assert_eq!(stage.output(), [packet(0x10, &expected.concat())]);
}

#[test]
fn connect_of_3_1_1_has_everything_but_properties() {
    let mut stage = Stage::new(full(Version::V3_1_1));
    stage.session.connect(stage.now);
    let expected = [
        &text("MQTT")[..],
        &[4, 0b1110_1100, 1, 44],
        &text("lamp"),
        &text("gone"),
        &text("bye"),
        &text("ann"),
        &[0, 1, 0xFF],
    ];
    assert_eq!(stage.output(), [packet(0x10, &expected.concat())]);
}

#[test]
fn without_an_expiry_the_session_is_new_on_each_connection() {
    for version in [Version::V5, Version::V3_1_1] {
        let mut settings = settings(version);
        settings.session_expiry = 0;
        let mut stage = Stage::new(settings);
        stage.session.connect(stage.now);
        assert_eq!(stage.output()[0][9], 0b10, "{version}");
        let Down::Broken(broken) = down(stage.hear(&connack_of(version, true))) else { panic!() };
        assert_eq!((broken.packet, broken.offset), ("CONNACK", 0));
    }
}

#[test]
fn a_broker_accepts_a_connection() {
    for version in [Version::V5, Version::V3_1_1] {
        for session_present in [false, true] {
            let mut stage = Stage::new(settings(version));
            let (events, _) = stage.reconnect(&connack_of(version, session_present));
            assert_eq!(events, [Event::Up { version, session_present }]);
        }
    }
}

#[test]
fn a_refusal_is_told_in_words() {
    let mut stage = Stage::new(settings(Version::V5));
    let properties = [&[0x1F][..], &text("ask the admin")].concat();
    let len = u8::try_from(properties.len()).unwrap();
    let (events, _) = stage.reconnect(&packet(0x20, &[&[0, 0x87, len], &properties[..]].concat()));
    let down_ = down(events);
    assert!(matches!(&down_, Down::Refused(reason) if reason.code() == 0x87));
    assert_eq!(
        down_.to_string(),
        "the broker refuses the connection: not authorized (0x87), \"ask the admin\""
    );
    let mut stage = Stage::new(settings(Version::V3_1_1));
    let (events, _) = stage.reconnect(&packet(0x20, &[0, 4]));
    assert_eq!(
        down(events).to_string(),
        "the broker refuses the connection: bad user name or password (0x86)"
    );
}

/// The version of the CONNECT that comes next.
fn next_version(stage: &mut Stage) -> u8 {
    stage.session.connect(stage.now);
    stage.output()[0][8]
}

#[test]
fn a_broker_that_refuses_mqtt_5_gets_3_1_1_from_then_on() {
    for refusal in [packet(0x20, &[0, 1]), packet(0x20, &[0, 0x84, 0])] {
        let mut settings = settings(Version::V5);
        settings.version = None;
        let mut stage = Stage::new(settings);
        assert_eq!(next_version(&mut stage), 5);
        assert_eq!(down(stage.hear(&refusal)), Down::OtherVersion);
        for _ in 0..2 {
            assert_eq!(next_version(&mut stage), 4);
            let version = Version::V3_1_1;
            let up = Event::Up { version, session_present: false };
            assert_eq!(stage.hear(&connack_of(version, false)), [up]);
            stage.session.ended();
            assert_eq!(down(stage.events()), Down::Ended);
        }
        assert_eq!(next_version(&mut stage), 4);
        assert!(matches!(down(stage.hear(&packet(0x20, &[0, 1]))), Down::Refused(_)));
        assert_eq!(next_version(&mut stage), 5);
    }
}

#[test]
fn a_broker_that_is_known_to_speak_mqtt_5_gets_no_3_1_1_because_it_closes() {
    let mut settings = settings(Version::V5);
    settings.version = None;
    let mut stage = Stage::new(settings);
    assert_eq!(next_version(&mut stage), 5);
    stage.hear(&packet(0x20, &[0, 0, 0]));
    for _ in 0..3 {
        stage.session.ended();
        assert_eq!(down(stage.events()), Down::Ended);
        assert_eq!(next_version(&mut stage), 5);
    }
}

#[test]
fn a_broker_that_closes_without_an_answer_gets_3_1_1_once() {
    let mut settings = settings(Version::V5);
    settings.version = None;
    let mut stage = Stage::new(settings);
    assert_eq!(next_version(&mut stage), 5);
    stage.session.ended();
    assert_eq!(down(stage.events()), Down::OtherVersion);
    assert_eq!(next_version(&mut stage), 4);
    stage.session.ended();
    assert_eq!(down(stage.events()), Down::Ended);
    assert_eq!(next_version(&mut stage), 5);
}

#[test]
fn a_version_that_is_set_is_never_left() {
    let mut stage = Stage::new(settings(Version::V5));
    assert_eq!(next_version(&mut stage), 5);
    assert!(matches!(down(stage.hear(&packet(0x20, &[0, 1]))), Down::Refused(_)));
    assert_eq!(next_version(&mut stage), 5);
}

#[test]
fn a_broker_says_why_it_ends_the_connection() {
    let mut stage = Stage::up(settings(Version::V5), &connack(false, &[]));
    assert_eq!(down(stage.hear(&packet(0xE0, &[0x8E]))), Down::TakenOver);
    stage.reconnect(&connack(true, &[]));
    let closed = down(stage.hear(&packet(0xE0, &[0x8B, 0])));
    assert_eq!(closed.to_string(), "the broker ended the connection: server shutting down (0x8B)");
    stage.reconnect(&connack(true, &[]));
    assert!(
        matches!(down(stage.hear(&packet(0xE0, &[]))), Down::Closed(reason) if reason.code() == 0)
    );
}

#[test]
fn an_end_in_order_says_so_to_the_broker() {
    for version in [Version::V5, Version::V3_1_1] {
        let mut stage = Stage::up(settings(version), &connack_of(version, false));
        stage.session.disconnect(stage.now);
        assert_eq!(down(stage.events()), Down::Disconnected);
        assert_eq!(stage.output(), [[0xE0, 0]]);
    }
}

#[test]
fn each_connection_ends_once() {
    let mut stage = Stage::up(settings(Version::V5), &connack(false, &[]));
    stage.session.ended();
    stage.session.ended();
    stage.session.disconnect(stage.now);
    assert_eq!(down(stage.events()), Down::Ended);
    assert_eq!(stage.hear(&connack(false, &[])), []);
    assert_eq!((stage.output(), stage.session.deadline()), (vec![], None));
    // A connection that is still there ends when the next one begins.
    stage.session.connect(stage.now);
    stage.session.connect(stage.now);
    assert_eq!(down(stage.events()), Down::Ended);
}
