//! Results of imports with any content, and a guest's allocator that returns anything. Placing them
//! never panics, and writes nothing outside the block that the allocator returned. With an honest
//! allocator, the guest reads what the host returned.
//!
//! Input: signature, whether the guest is honest, and the result's case (1 byte each), its number
//! (8), the memory's size (2), where the result is wanted (4), sixteen pointers (4 each), garbage
//! (8), an honest allocator's habits (4), all little-endian; then four texts and the bytes, each
//! after its length (1), the ids and the names, each list after its length (1).
#![no_main]

use arbitrary::Unstructured;
use footlight_fuzz::{
    input::{byte, bytes, text},
    reference::{
        answers::{honest, hostile},
        arena::Arena,
        imports::Signature,
        parts::Parts,
    },
};
use libfuzzer_sys::fuzz_target;

/// An input's first bytes.
#[derive(Debug, arbitrary::Arbitrary)]
struct Head {
    signature: u8,
    honest: u8,
    case: u8,
    number: u64,
    memory: u16,
    at: u32,
    pointers: [u32; 16],
    garbage: [u8; 8],
    habits: [u8; 4],
}

/// The most bytes of all blocks of an honest guest, with the gaps between them. The guest has a
/// memory of 4096.
const MOST: usize = 3900;

/// The largest gap before a block, with the padding for its alignment.
const GAP: usize = 22;

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let Ok(head) = u.arbitrary::<Head>() else { return };
    let samples = Signature::samples();
    let returned = samples[usize::from(head.signature) % samples.len()].result;
    let parts = Parts {
        case: head.case,
        number: head.number,
        texts: [(); 4].map(|()| text(&mut u)),
        bytes: bytes(&mut u),
        ids: (0..byte(&mut u)).map(|_| u.arbitrary().unwrap_or_default()).collect(),
        names: (0..byte(&mut u) % 64).map(|_| (text(&mut u), byte(&mut u))).collect(),
    };
    if head.honest & 1 == 1 && needed(&parts) <= MOST {
        honest(returned, &parts, Arena::new(&head.garbage, &head.habits));
    } else {
        // The addresses repeat, in case a block is requested twice.
        let pointers = head.pointers.repeat(2);
        hostile(returned, &parts, head.memory.into(), head.at & !7, &pointers);
    }
});

/// The most bytes that an answer from these parts takes in the guest.
fn needed(parts: &Parts) -> usize {
    let texts: usize = parts.texts.iter().map(|text| text.len() + GAP).sum();
    // A stored entry takes more than an entry of a folder: two pairs, its key and its value.
    let stored = |(key, _): &(String, u8)| 16 + key.len() + GAP + 7 + GAP;
    let names: usize = parts.names.iter().map(stored).sum();
    texts + names + parts.bytes.len() + 8 * parts.ids.len() + 4 * GAP + 56
}
