//! What takes the host long, and the guest no fuel, lets others have their turn too.

use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use footlight::limits::Limits;
use smol::future::{block_on, poll_once};

use super::{
    guest::{Guest, harmless},
    inside::Inside,
};

/// Has a text handled twice, with slices of this size and more than a turn's time in between, and
/// says whether others have their turn then. The guest itself spends next to nothing.
fn yields_after(guest: Guest, text: &str, slice: u64) -> bool {
    block_on(async {
        let limits = Limits { slice, ..Limits::default() };
        let mut inside = Inside::of(&guest.memory("16"), &limits).await.unwrap();
        let mut yielded = false;
        for _ in 0..2 {
            inside.handle(text).await.unwrap().unwrap();
            assert!(inside.context.meter.spent() < 1000, "{}", inside.context.meter.spent());
            yielded = yields(inside.context.meter.yield_if_due()).await;
            // More than a turn's time, which passes while the thread computes.
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(2) {}
        }
        yielded
    })
}

/// Whether this needs a turn of its own.
async fn yields(future: impl Future) -> bool {
    poll_once(pin!(future)).await.is_none()
}

#[test]
fn making_an_instance_lets_others_have_their_turn() {
    assert!(block_on(yields(Inside::of(&harmless("odd"), &Limits::default()))));
}

#[test]
fn what_the_host_copies_for_an_event_counts_towards_its_turn() {
    // A unit of fuel stands for 64 bytes.
    for (bytes, slice, yields) in [(640_000, 10_000, true), (640_000, 20_000, false)] {
        let text = "x".repeat(bytes);
        assert_eq!(yields_after(harmless("odd"), &text, slice), yields, "{slice}");
    }
    assert!(!yields_after(harmless("odd"), "text", 10_000));
    // And what comes out: the state, and the messages.
    let state = |bytes: u32| {
        format!("(call $reply (i32.const 0) (i32.const {bytes}) (i32.const 64) (i32.const 0))")
    };
    let both = "(call $text (i32.const 64) (i32.const 9000) (i32.const 240000))
        (call $reply (i32.const 0) (i32.const 400000) (i32.const 64) (i32.const 1))";
    for (reply, yields) in [(state(640_000), true), (state(400_000), false), (both.into(), true)] {
        let guest = harmless("odd").attack(reply.as_str());
        assert_eq!(yields_after(guest, "attack", 10_000), yields, "{reply}");
    }
}
