//! The stream of frames, because the host writes messages without the protocol's library.

use super::{joined, with_each};
use crate::support::{Raw, masked};

#[test]
fn frames_of_every_kind_of_length_are_sent_and_shared() {
    with_each(
        |actor| actor.limit("outbox", 1 << 20),
        |server, shape| {
            let mut one = joined(server, shape);
            let mut raw = Raw::connect(server.address(shape)).upgraded();
            for size in [0, 1, 125, 126, 127, 65_535, 65_536] {
                let text = "x".repeat(size);
                raw.text(&format!("big:{size}"));
                assert_eq!(raw.frame(), (0x81, text.clone().into_bytes()));
                one.text(&format!("do broadcast-big - - {size}; send-bytes 2 {size}"));
                one.expect(&text);
                assert_eq!(raw.frame(), (0x81, text.clone().into_bytes()));
                assert_eq!(raw.frame(), (0x82, text.into_bytes()));
                assert_eq!(one.next().to_text().unwrap(), "to 2");
                assert!(one.next().is_text());
            }
        },
    );
}

#[test]
fn pongs_between_frames_that_are_written_in_parts_leave_the_stream_whole() {
    const ROUNDS: u8 = 40;
    with_each(
        |actor| actor.limit("outbox", 64 << 20),
        |server, shape| {
            let mut raw = Raw::with_small_buffer(server.address(shape)).upgraded();
            let mut sender = raw.socket.try_clone().unwrap();
            let send = std::thread::spawn(move || {
                use std::io::Write as _;

                for round in 0..ROUNDS {
                    sender.write_all(&masked(0x81, b"big:100000")).unwrap();
                    sender.write_all(&masked(0x89, &[round; 125])).unwrap();
                    sender.write_all(&masked(0x89, &[round])).unwrap();
                    sender.write_all(&masked(0x81, &[b'a', round])).unwrap();
                }
            });
            // Reading a little at a time splits the frames.
            let (mut texts, mut pongs) = (Vec::new(), Vec::new());
            while texts.len() < 4 * usize::from(ROUNDS) {
                match raw.frame() {
                    (0x81, text) => texts.push(text),
                    (0x8a, payload) => pongs.push(payload),
                    (first, payload) => panic!("{first:#x} with {} bytes", payload.len()),
                }
            }
            send.join().unwrap();
            for (round, texts) in (0..ROUNDS).zip(texts.chunks(4)) {
                assert_eq!(texts[0], [b'x'; 100_000]);
                let hex = format!("{round:02x}");
                assert_eq!(texts[1], format!("ping:{}", hex.repeat(125)).into_bytes());
                assert_eq!(texts[2], format!("ping:{hex}").into_bytes());
                assert_eq!(texts[3], [b'a', round]);
            }
            // A pong may answer only the last of several pings (RFC 6455, section 5.5.3). Pongs come
            // in order, and the last one comes.
            let sent = (0..ROUNDS).flat_map(|round| [vec![round; 125], vec![round]]);
            let mut sent = sent.collect::<Vec<_>>().into_iter();
            for pong in &pongs {
                assert!(sent.any(|ping| ping == *pong), "a pong that nobody asked for");
            }
            assert_eq!(sent.next(), None);
        },
    );
}
