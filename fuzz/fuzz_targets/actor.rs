//! Whole sequences of events against an actor under any limits.
#![no_main]

use footlight_fuzz::{play::Play, sink, stage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: sink::install(), |play: Play| stage::perform(play));
