//! A reload while the host runs: SIGHUP, with other manifests and other modules.

mod actors;
pub mod dev;
pub mod live;
mod load;
mod migrations;
mod refusals;
mod stored;
mod versions;

use crate::support::{Actor, Server};

/// Writes the actor anew where the server has it, and asks the server to read it.
fn reload(server: &Server, actor: &Actor) {
    write(server, actor);
    server.signal("HUP");
}

/// Writes the actor anew where the server has it.
pub fn write(server: &Server, actor: &Actor) {
    actor.write(server.folder(&actor.name).parent().unwrap());
}

/// Waits until the server has reloaded so often.
pub fn until_reloaded(server: &Server, times: usize) {
    crate::support::eventually("reloaded", || server.count("footlight: reloaded: ") >= times);
}
