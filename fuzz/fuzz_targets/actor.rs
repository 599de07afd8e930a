//! Whole sequences of events against an actor under any limits.
#![no_main]

use footlight_fuzz::{play::Play, stage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: stage::keep_log(), |play: Play| stage::perform(play));
