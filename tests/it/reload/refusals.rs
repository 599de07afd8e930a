//! Reloads that change nothing.

use std::fs;

use super::{reload, versions::Version, write};
use crate::support::{Actor, Server, get, wat};

/// How many reloads of the server have failed.
fn failed(server: &Server) -> String {
    let text = get(server.address("actor"), "/metrics");
    let start = "footlight_failed_reloads_total{actor=\"actor\"} ";
    text.lines().find_map(|line| line.strip_prefix(start)).unwrap().to_owned()
}

#[test]
fn every_mistake_and_every_change_that_needs_a_restart_is_named_and_changes_nothing() {
    let actor = || Version::new(1).actor().limit("connections", 2);
    let server = Server::of(actor());
    let mut client = server.client("actor");
    client.ask("a", "0");
    let restart = |key: &str| format!("only a restart can change {key}; restart the host, or");
    // Each has something that would show if it were taken over.
    let new = || Version::new(2).adds('m').actor();
    let cases: [(Actor, &[String]); 9] = [
        (new().key("nane = 1"), &["no key of the manifest".into()][..0]),
        (new().limit("connections", 0), &["limits.connections".into()]),
        (wat("actor", "(module)"), &["can't run here: no export".into()]),
        (new().port(1), &[restart("port of listener 1")]),
        (new().host("127.0.0.2"), &[restart("host of listener 1")]),
        (
            new().config("console = false").path("/x"),
            &[restart("path of listener 1, console of listener 1")],
        ),
        (new().extra("[storage]\nwear = \"3MB/day\""), &[restart("storage.wear")]),
        (new().extra("[storage]\ndurability = \"strict\""), &["needs a data folder".into()]),
        (
            new().extra("[logging]\nfile_path = \"/proc/actor.log\""),
            &["logging: the file cannot be opened".into()],
        ),
    ];
    for (number, (actor, parts)) in (1..).zip(cases) {
        reload(&server, &actor);
        let mut all = vec!["ERROR footlight: not reloaded: ", "actor/"];
        all.extend(parts.iter().map(String::as_str));
        server.wait_for(&all);
        crate::support::eventually("counted", || failed(&server) == number.to_string());
        client.ask("a", "0");
    }
    // All mistakes are named at once.
    reload(&server, &new().port(1).limit("tags", 1).extra("[storage]\nwait = \"9s\""));
    server.wait_for(&[&restart("storage.wait, port of listener 1")]);
    // A file that is missing.
    write(&server, &new());
    fs::remove_file(server.folder("actor").join("actor.wasm")).unwrap();
    server.signal("HUP");
    server.wait_for(&["not reloaded: ", "actor.wasm: cannot be read: No such file"]);
    assert_eq!(server.count("footlight: reloaded: "), 0);
    // What is in order again is taken.
    reload(&server, &new());
    server.wait_for(&["footlight: reloaded: 1 changed"]);
    client.ask("a", "0m");
}

#[test]
fn an_actor_that_would_get_the_address_of_a_running_one_is_refused() {
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let server = Server::of(Version::new(1).actor().port(port));
    let mut client = server.client("actor");
    client.ask("a", "0");
    let manifest = server.folder("actor").join("manifest.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("name = \"actor\"", "name = \"other\"")).unwrap();
    server.signal("HUP");
    let holds =
        format!("the actor that had this manifest holds 127.0.0.1:{port} until it has ended");
    server.wait_for(&["not reloaded: ", &holds, "restart the host"]);
    client.ask("a", "0");
}
