//! Numbers of one width as numbers of another, without a cast that could cut something off.

/// A size or a count as a number of 64 bits. No platform that this is built for has larger ones.
pub fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
