//! A broker's bytes in random pieces.

use std::time::Duration;

use footlight_mqtt::{Event, Version};
use proptest::{collection::vec, prelude::*};

use crate::broker::{Stage, connack_of, packet, puback, publication, publish, settings};

/// What a broker may say after CONNACK, right or wrong.
fn said(version: Version) -> impl Strategy<Value = Vec<u8>> {
    let properties = (version == Version::V5).then_some(&[0x26, 0, 0, 0, 0][..]);
    let small: Option<&[u8]> = (version == Version::V5).then_some(&[]);
    prop_oneof![
        (1..30u16, "[a-z]{1,5}", 0..300usize).prop_map(move |(id, topic, len)| {
            publish(2, &topic, id, properties, &"x".repeat(len))
        }),
        "[a-z/]{1,9}".prop_map(move |topic| publish(1, &topic, 0, small, "")),
        (1..4u16).prop_map(puback),
        Just(packet(0xD0, &[])),
        Just(packet(0xE0, &[0x8E])),
        vec(any::<u8>(), 0..6),
    ]
}

/// Lets the session hear this, acknowledges every second message, and returns everything it does.
fn perform(version: Version, pieces: &[&[u8]]) -> (Vec<Event>, Vec<u8>) {
    let mut stage = Stage::new(settings(version));
    stage.session.connect(stage.now);
    for key in 0..3 {
        // There is no connection yet.
        assert!(!stage.publish(key, &publication("a")));
    }
    let (mut all, mut number) = (Vec::new(), 0);
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let taken = stage.session.received(rest, stage.now);
            rest = &rest[taken..];
            while let Some(mut event) = stage.session.next_event() {
                if let Event::Up { .. } = event {
                    assert!(
                        stage.publish(1, &publication("a")) && stage.publish(2, &publication("b"))
                    );
                }
                if let Event::Message(message) = &mut event
                    && let Some(ack) = message.ack.take()
                {
                    number += 1;
                    if number % 2 == 0 {
                        stage.session.acknowledge(ack, stage.now);
                    }
                }
                all.push(event);
            }
        }
        stage.now += Duration::from_millis(1);
    }
    (all, stage.session.output().to_vec())
}

proptest! {
    #[test]
    fn a_session_does_the_same_however_the_bytes_are_cut(
        is_5 in any::<bool>(),
        packets in vec(said(Version::V5), 0..20),
        packets_3 in vec(said(Version::V3_1_1), 0..20),
        cuts in vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let version = if is_5 { Version::V5 } else { Version::V3_1_1 };
        let packets = if is_5 { packets } else { packets_3 };
        let bytes = [connack_of(version, false), packets.concat()].concat();
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let pieces: Vec<_> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        let single: Vec<_> = bytes.chunks(1).collect();
        let whole = perform(version, &[&bytes]);
        prop_assert_eq!(&perform(version, &pieces), &whole);
        prop_assert_eq!(&perform(version, &single), &whole);
    }
}
