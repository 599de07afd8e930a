//! The place of `calls` in builds without the feature `mqtt`: each call is a trap.

use super::super::row::{Call, Step, Trap};
use crate::mqtt::config::TYPE;

pub(super) fn message<'h>(_: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    Err(Trap::Host(TYPE.not_granted()))
}

pub(super) use self::{message as broker_status, message as publish};

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        actor::{Grants, Module},
        limits::Limits,
    };

    #[test]
    fn an_actor_that_imports_mqtt_loads_and_is_told_that_this_build_has_none() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/broker.wasm");
        let missing = [&TYPE.capabilities[0]];
        let grants = Grants::without(&missing);
        let module = Module::load(&file, &Limits::default(), grants).unwrap();
        let notes = module.report().traps();
        let expected = "this build has no MQTT; build it with `--features mqtt`";
        assert!(notes.iter().any(|note| note.contains(expected)), "{notes:?}");
    }
}
