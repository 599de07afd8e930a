//! Sequences of commits, steps, failures and power cuts, against a model: what was acknowledged is
//! there, and nothing else is.
#![no_main]

use footlight_fuzz::simulation::{random::Random, run::Run};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut random = Random::from_bytes(data);
    let mut run = Run::new(&mut random);
    while !random.is_spent() {
        run.act(&mut random);
    }
});
