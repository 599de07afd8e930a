//! The time that a call is told.

use crate::world::World;

/// The time of a call: that at which it is first asked for.
pub struct CallTime {
    /// What tells it.
    world: World,
    /// In milliseconds since 1970, once it has been asked for.
    told: Option<u64>,
}

impl CallTime {
    /// That of a call that begins.
    pub fn of(world: World) -> Self {
        Self { world, told: None }
    }

    /// The milliseconds since 1970.
    pub fn now(&mut self) -> u64 {
        *self.told.get_or_insert_with(|| self.world.since_1970())
    }
}
