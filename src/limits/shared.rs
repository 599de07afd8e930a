//! Limits that everything which keeps to them shares.

use std::{fmt, sync::Arc};

use arc_swap::{ArcSwap, Cache};

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

    /// A handle that reads faster, for what reads at each event.
    pub(crate) fn cached(&self) -> CachedLimits {
        CachedLimits(Cache::new(self.0.clone()))
    }

    /// Sets other limits, for everything that shares these. What already fits stays as it is: an open
    /// connection is not closed by a lower limit.
    pub fn set(&self, limits: Limits) {
        self.0.store(Arc::new(limits));
    }
}

/// Limits that keep the version that was read last, and only look whether it is still the present one.
pub struct CachedLimits(Cache<Arc<ArcSwap<Limits>>, Arc<Limits>>);

impl CachedLimits {
    /// Reads a limit, or several of the same version.
    pub(crate) fn get<T>(&mut self, read: impl FnOnce(&Limits) -> T) -> T {
        read(self.0.load())
    }
}

impl Default for CachedLimits {
    fn default() -> Self {
        SharedLimits::default().cached()
    }
}

impl fmt::Debug for CachedLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CachedLimits")
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
        let (other, mut cached) = (limits.clone(), limits.cached());
        assert_eq!(cached.get(|limits| limits.tags), 1);
        limits.set(Limits { tags: 2, ..Limits::default() });
        assert_eq!(other.get(|limits| limits.tags), 2);
        assert_eq!(cached.get(|limits| limits.tags), 2);
    }
}
