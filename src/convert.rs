//! Conversions of numbers without a cast that could truncate them.

/// A size or a count as a 64-bit number. No supported platform has larger sizes.
pub(crate) fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
