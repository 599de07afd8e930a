//! The example `notify`, with a webhook of the test's own.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering::Relaxed},
};

use tempfile::TempDir;

use crate::support::{Actor, Client, Server, example, web::Web};

/// The actor with a webhook.
pub fn with(web: &Web) -> Actor {
    let hook = web.url("/hook");
    let actor = Actor::file("notify", example("notify")).init_state(format!("{hook}\n").as_bytes());
    actor.servers(&format!("allow = [{hook:?}]"))
}

/// The next text.
fn next(client: &mut Client) -> String {
    client.next().to_text().unwrap().to_owned()
}

#[test]
fn a_button_calls_the_webhook_and_all_see_what_came_of_it() {
    let status = Arc::new(AtomicU16::new(204));
    let answer = status.clone();
    let web = Web::start(move |_| Some((answer.load(Relaxed), String::new())));
    let server = Server::of(with(&web));
    let mut ann = server.client("notify");
    ann.expect("");
    let mut bob = server.client("notify");
    bob.expect("");
    ann.text("ring");
    let seen = web.next();
    assert_eq!(seen.line, "POST /hook");
    assert_eq!(seen.body, r#"{"text":"The bell rang.","number":1}"#);
    assert!(seen.head.contains("content-type: application/json\r\n"), "{}", seen.head);
    for client in [&mut ann, &mut bob] {
        assert_eq!([next(client), next(client)], ["1 waits", "1 204"]);
    }
    status.store(500, Relaxed);
    bob.text("ring");
    for client in [&mut ann, &mut bob] {
        assert_eq!([next(client), next(client)], ["2 waits\n1 204", "2 500\n1 204"]);
    }
    ann.ask("knock", "Send `ring`.");
    server.client("notify").expect("2 500\n1 204");
}

#[test]
fn a_call_that_a_restart_interrupts_is_shown_as_such() {
    let data = TempDir::new().unwrap();
    let folder = data.path().to_str().unwrap().to_owned();
    let web = Web::start(|_| None);
    let actor = with(&web).extra("[storage]\ndurability = \"strict\"\n");
    let mut server = Server::start_with(&["--data", &folder], std::slice::from_ref(&actor));
    let mut client = server.client("notify");
    client.expect("");
    client.ask("ring", "1 waits");
    web.next();
    server.signal("KILL");
    server.wait();
    let server = Server::start_with(&["--data", &folder], &[actor]);
    let told = "1 interrupted: the host was stopped, so nobody knows";
    let mut client = server.client("notify");
    // The client may be there before the event.
    let first = next(&mut client);
    assert!(first == told || (first == "1 waits" && next(&mut client) == told), "{first}");
    assert!(web.rest().is_empty());
}

#[test]
fn an_address_that_the_manifest_does_not_allow_is_shown_with_what_to_add() {
    let web = Web::start(|_| None);
    let actor = with(&web).init_state(b"http://hooks.example/\n");
    let server = Server::of(actor);
    let mut client = server.client("notify");
    client.expect("");
    client.text("ring");
    let said = next(&mut client);
    assert!(said.starts_with("1 denied: "), "{said}");
    assert!(said.ends_with("has no \"http://hooks.example\"; add it there"), "{said}");
}
