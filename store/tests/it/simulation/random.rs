//! Random decisions: from a seed, or from a fuzzer's bytes.

use std::collections::VecDeque;

/// A source of decisions that is the same for the same beginning.
#[derive(Debug, Clone)]
pub struct Random {
    /// Used up before `state` is.
    bytes: VecDeque<u8>,
    state: u64,
}

impl Random {
    /// Decisions from a seed.
    pub fn new(seed: u64) -> Self {
        Self { bytes: VecDeque::new(), state: seed }
    }

    /// Decisions from these bytes. Once they are used up, they come from a seed.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec().into(), state: bytes.len() as u64 }
    }

    /// Whether the fuzzer's bytes are used up.
    pub fn is_spent(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Any number (SplitMix64).
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is at most 65536 if a fuzzer shall choose all of them.
    pub fn below(&mut self, end: u64) -> u64 {
        let Some(byte) = self.bytes.pop_front() else { return self.next() % end };
        let high = if end > 256 { self.bytes.pop_front().unwrap_or(0) } else { 0 };
        u64::from(u16::from_le_bytes([byte, high])) % end
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Bytes that no fuzzer need choose.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.next().to_le_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }
}
