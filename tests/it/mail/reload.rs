//! Actors that come and go while others send to them.

use std::fs;

use super::{answer, ready, seen, typed};
use crate::support::{Actor, Client, Server, program};

/// Writes these actors where the server has its own, and lets it read them.
fn reload(server: &Server, actors: &[Actor], line: &str) {
    let folder = server.folder("one");
    let folder = folder.parent().unwrap();
    for actor in actors {
        actor.write(folder);
    }
    server.signal("HUP");
    server.wait_for(&[line]);
}

#[test]
fn whom_an_actor_may_send_to_changes_with_a_reload() {
    let server =
        Server::start(&[typed("one", &["other"]), typed("other", &[]), typed("third", &[])]);
    let mut one = ready(&server, "one");
    let denied =
        |to: &str| format!("the manifest does not let one send to {to:?}; `to` has to name it");
    assert_eq!(answer(&mut one, "send third hi"), denied("third"));
    reload(&server, &[typed("one", &["third"])], "one: reloaded: receivers");
    assert_eq!(answer(&mut one, "send third hi"), "sent");
    assert_eq!(answer(&mut one, "send other hi"), denied("other"));
    seen(&mut ready(&server, "third"), "hi ");
}

#[test]
fn what_waits_for_an_actor_that_is_named_no_more_is_dropped_and_told() {
    let other = typed("other", &[]).limit("time", "\"24h\"");
    let server = Server::start(&[typed("one", &["other"]), other]);
    let mut busy = ready(&server, "other");
    busy.text("spin 4000000000");
    assert_eq!(answer(&mut ready(&server, "one"), "burst 3 other m"), "3 ");
    reload(&server, &[typed("one", &[])], "one: reloaded: receivers");
    server.wait_for(&["one", "drops 3 messages that it has sent"]);
}

#[test]
fn what_waits_for_an_actor_that_was_removed_comes_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    typed("one", &["other"]).write(folder.path());
    let busy = typed("other", &[]).limit("shutdown", "\"50ms\"").limit("time", "\"24h\"");
    busy.write(folder.path());
    let mut command = program();
    command.arg("run").arg("-v").arg(folder.path());
    let server = Server::run(command, 2);
    let mut other = ready(&server, "other");
    other.text("spin 4000000000");
    let mut one = ready(&server, "one");
    assert_eq!(answer(&mut one, "burst 3 other m"), "3 ");
    fs::remove_dir_all(folder.path().join("other")).unwrap();
    server.signal("HUP");
    server.wait_for(&["footlight: reloaded: 0 changed, 0 added, 1 removed; 1 in all"]);
    assert_eq!(answer(&mut one, "send other m"), "there is no actor other here now");
    typed("other", &[]).write(folder.path());
    server.signal("HUP");
    let line = server.wait_for(&["other: added, at http://"]);
    let (_, url) = line.split_once("ws://").unwrap();
    let address = url.split('/').next().unwrap().parse().unwrap();
    let mut other = Client::connect(address, "/ws");
    other.expect("ready");
    seen(&mut other, "m0 m1 m2 ");
}
