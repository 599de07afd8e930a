//! The time that a guest reads during a call.

use crate::world::World;

/// The time of a call. It is read when the guest first asks, and then stays the same for the whole
/// call.
pub struct CallTime {
    world: World,
    /// In milliseconds since 1970, once the guest has asked.
    millis: Option<u64>,
}

impl CallTime {
    /// The time of a call that begins now.
    pub fn of(world: World) -> Self {
        Self { world, millis: None }
    }

    /// The time in milliseconds since 1970.
    pub fn now(&mut self) -> u64 {
        *self.millis.get_or_insert_with(|| self.world.since_1970())
    }
}
