//! Parameters of imports with any content. Lifting ends without a panic, and has the same outcome
//! as in the reference implementation.
//!
//! Input: signature and place (1 byte each), 17 parameters (8 each), all little-endian; then the
//! memory.
#![no_main]

use arbitrary::Unstructured;
use footlight_fuzz::{
    reference::{
        imports::Signature,
        parameters::{compare, lift},
    },
    top::Top,
};
use libfuzzer_sys::fuzz_target;
use wit_core::{Memory as _, error::LiftErrorKind};

/// An input's first bytes.
#[derive(Debug, arbitrary::Arbitrary)]
struct Head {
    signature: u8,
    place: u8,
    flat: [u64; 17],
}

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let Ok(head) = u.arbitrary::<Head>() else { return };
    let memory = u.take_rest();
    let samples = Signature::samples();
    let signature = &samples[usize::from(head.signature) % samples.len()];
    let flat = &head.flat[..signature.flat()];
    if head.place & 1 == 0 {
        compare(signature, memory, flat);
    } else {
        at_the_top(signature, &Top(memory), flat);
    }
    // Missing parameters count as 0.
    let _ = lift(signature, memory, &flat[..flat.len() / 2]);
});

/// Lifts from a memory of four gigabytes of which only the last bytes exist.
fn at_the_top(signature: &Signature, memory: &Top<'_>, flat: &[u64]) {
    match lift(signature, memory, flat) {
        Ok((_, pointer)) => {
            if let Some(area) = signature.result.area() {
                assert!(pointer.is_multiple_of(area.align));
                assert!(memory.read(pointer, area.size as usize).is_some());
            }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(!matches!(error.kind, LiftErrorKind::Discriminant { .. }));
        }
    }
}
