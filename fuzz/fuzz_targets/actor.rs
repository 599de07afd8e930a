//! Sequences of events for an actor with any limits. If an input begins with 255, the actor reaches
//! other clients, files and other actors and sets alarms, and a model predicts everything.
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
