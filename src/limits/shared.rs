//! Limits that everything which keeps to them shares.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;

use super::Limits;

/// The limits of one actor. Each object that keeps to a limit has a clone of this handle and reads
/// the limit when it needs it. So a limit can be changed in one place while the host runs.
#[derive(Clone, Default)]
pub struct SharedLimits(Arc<ArcSwap<Limits>>);

impl SharedLimits {
    /// Reads a limit, or several of the same version.
    pub fn get<T>(&self, read: impl FnOnce(&Limits) -> T) -> T {
        read(&self.0.load())
    }

    /// Sets other limits, for everything that shares these. What already fits stays as it is: an open
    /// connection is not closed by a lower limit.
    pub fn set(&self, limits: Limits) {
        self.0.store(Arc::new(limits));
    }
}

impl From<Limits> for SharedLimits {
    fn from(limits: Limits) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(limits)))
    }
}

impl From<&Limits> for SharedLimits {
    fn from(limits: &Limits) -> Self {
        limits.clone().into()
    }
}

impl fmt::Debug for SharedLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedLimits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_share_the_limits_see_a_change() {
        let limits = SharedLimits::from(Limits { tags: 1, ..Limits::default() });
        let other = limits.clone();
        limits.set(Limits { tags: 2, ..Limits::default() });
        assert_eq!(other.get(|limits| limits.tags), 2);
    }
}
