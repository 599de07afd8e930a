//! Whole sequences of events against an actor under any limits. Where an input begins with 255, the
//! actor reaches other clients and sets alarms, and all that comes of it is known beforehand.
#![no_main]

use arbitrary::{Arbitrary as _, Unstructured};
use footlight_fuzz::{courier, play::Play, sink, stage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: sink::install(), |data: &[u8]| match data {
    [255, rest @ ..] => courier::perform(rest),
    _ => {
        if let Ok(play) = Play::arbitrary_take_rest(Unstructured::new(data)) {
            stage::perform(play);
        }
    }
});
