//! How connections begin and end with real brokers.

use std::time::Duration;

use footlight_mqtt::{Credentials, Down, Event, Settings, Version};

use crate::{
    broker::Broker,
    client::{Client, publication, settings, with_all, with_mosquitto},
};

#[test]
fn a_silent_connection_stays_up_by_pings() {
    with_all(|broker, version| {
        let mut settings = settings(version, "lamp", &["a"]);
        settings.keepalive = 2;
        let mut lamp = Client::up(broker, settings);
        // The broker would end the connection after three seconds.
        let pings = [0xC0, 0].repeat(2);
        while !lamp.written.ends_with(&pings) {
            lamp.step();
            assert_eq!(lamp.session.next_event(), None);
        }
        lamp.publish(1, &publication("b", ""));
        lamp.wait_delivered(1);
    });
}

#[test]
fn a_broker_that_hangs_is_left() {
    with_mosquitto(|broker, version| {
        let mut settings = settings(version, "lamp", &[]);
        (settings.keepalive, settings.timeout) = (1, Duration::from_secs(1));
        let mut lamp = Client::up(broker, settings);
        broker.freeze();
        assert_eq!(lamp.wait_down(), Down::NoAnswer("PINGREQ"));
        lamp.connect();
        assert_eq!(lamp.wait_down(), Down::NoAnswer("CONNECT"));
    });
}

#[test]
fn another_client_of_the_same_name_takes_the_session_over() {
    with_all(|broker, version| {
        let mut first = Client::up(broker, settings(version, "lamp", &["a"]));
        let _second = Client::up(broker, settings(version, "lamp", &["a"]));
        // mosquitto 2.0.11 closes the old connection without a word, on MQTT 5 too.
        assert!(matches!(first.wait_down(), Down::TakenOver | Down::Ended));
    });
}

#[test]
fn a_wrong_password_is_refused_in_words() {
    for version in [Version::V5, Version::V3_1_1] {
        let Some(broker) = Broker::mosquitto("allow_anonymous false") else { return };
        let with = |password: &str| {
            let mut settings = settings(version, "lamp", &[]);
            let password = Some(password.to_owned().into());
            settings.credentials = Some(Credentials { user: "ann".into(), password });
            settings
        };
        let mut lamp = Client::new(&broker, with("wrong"));
        lamp.connect();
        let down = lamp.wait_down().to_string();
        assert_eq!(down, "the broker refuses the connection: not authorized (0x87)");
        Client::up(&broker, with("secret"));
    }
}

/// What becomes of a client's first connection that leaves the version open.
fn first_connection(broker: &Broker) -> (Client, Result<Version, Down>) {
    let mut lamp = Client::new(broker, Settings::new("lamp"));
    lamp.connect();
    let outcome = lamp.wait(|event| match event {
        Event::Up { version, .. } => Some(Ok(*version)),
        Event::Down(down) => Some(Err(down.clone())),
        _ => None,
    });
    (lamp, outcome)
}

#[test]
fn without_a_choice_the_newest_version_is_taken_that_the_broker_knows() {
    if let Some(broker) = Broker::mosquitto("") {
        assert_eq!(first_connection(&broker).1, Ok(Version::V5));
    }
    if let Some(broker) = Broker::nats() {
        let (mut lamp, outcome) = first_connection(&broker);
        assert_eq!(outcome, Err(Down::OtherVersion));
        lamp.connect();
        assert_eq!(lamp.wait_up(), (Version::V3_1_1, false));
    }
}
