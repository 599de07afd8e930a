//! Requests that the call waits for.

use super::{ASKERS, answer, asker, one, ready};
use crate::support::{Actor, Server, get, wat, web::Web};

/// A server that tells what it was asked.
fn mirror() -> Web {
    Web::start(|seen| match &*seen.line {
        "GET /there" => Some((302, "/here".into())),
        "GET /large" => Some((200, "x".repeat(100))),
        "GET /silent" => None,
        line => Some((200, format!("{line} {}", seen.body))),
    })
}

#[test]
fn a_server_is_asked_in_every_shape_by_both_interfaces() {
    let web = mirror();
    let server = Server::start(&ASKERS.map(|name| asker(name, &[&web.url("")])));
    for name in ASKERS {
        let mut client = ready(&server, name);
        for word in ["send", "fetch"] {
            let ask =
                |method: &str, path, body| format!("{word} {method} {} {body}", web.url(path));
            client.ask(&ask("GET", "/a?b=c", ""), "200 GET /a?b=c ");
            client.ask(&ask("POST", "/", "some content"), "200 POST / some content");
            client.ask(&ask("HEAD", "/", ""), "200 none");
            client.ask(&ask("GET", "/there", ""), "200 GET /here ");
            let said = answer(&mut client, &ask("TRACE", "/", ""));
            assert!(said.contains("the method TRACE is not sent"), "{name} {said}");
            let said = answer(&mut client, &format!("{word} GET http://other.example/"));
            assert!(said.contains("has no \"http://other.example\"; add it there"), "{said}");
            // The actor goes on.
            client.ask("hello", "hello");
        }
    }
    assert_eq!(web.rest().len(), ASKERS.len() * 2 * 5);
}

#[test]
fn a_shape_without_errors_gets_the_answer_of_a_gateway() {
    let web = mirror();
    for name in ["asker-guide", "asker-typed"] {
        let server = Server::of(asker(name, &[&web.url("")]).limit("fetch_wait", "\"500ms\""));
        let mut client = ready(&server, name);
        let said = answer(&mut client, "send GET http://other.example/");
        assert!(said.starts_with("502 `allow` of the manifest's `http-client` has no"), "{said}");
        client.ask(
            &format!("send GET {}", web.url("/silent")),
            "504 not done within `limits.fetch_wait`",
        );
    }
    let server = Server::of(asker("asker-result", &[&web.url("")]));
    let mut client = ready(&server, "asker-result");
    let said = answer(&mut client, "send GET http://other.example/");
    assert!(said.starts_with("failed: `allow` of the manifest's"), "{said}");
}

#[test]
fn what_an_actor_asks_for_beside_the_request_is_done() {
    let web = mirror();
    let server = one(&web, |actor| actor);
    let mut client = ready(&server, "asker-typed");
    let url = |path: &str| web.url(path);
    client.ask(&format!("small 100 {}", url("/large")), &format!("200 {}", "x".repeat(100)));
    client.ask(&format!("small 99 {}", url("/large")), "too-large");
    client.ask(&format!("stay - {}", url("/there")), "302 ");
    client.ask(&format!("within 50 {}", url("/silent")), "timed-out");
    client.ask(&format!("field X-Field {} value", url("/")), "200 GET / ");
    let seen = web.rest();
    assert!(seen.last().unwrap().head.contains("x-field: value\r\n"));
    let said = answer(&mut client, &format!("field Host {} other", url("/")));
    assert_eq!(said, "invalid: the host itself sets the header field Host");
    assert!(web.rest().is_empty());
    client.ask("answer", "none");
}

#[test]
fn requests_and_refusals_are_counted_and_logged_without_their_paths() {
    let web = mirror();
    let server = one(&web, |actor| actor);
    let mut client = ready(&server, "asker-typed");
    client.ask(&format!("fetch GET {}", web.url("/secret")), "200 GET /secret ");
    let said = answer(&mut client, "fetch GET http://other.example/secret");
    assert!(said.starts_with("denied: "), "{said}");
    let origin = web.url("");
    server.wait_for(&["DEBUG", &format!("GET {origin}: 200, 12 bytes, ")]);
    server.wait_for(&["INFO", "GET http://other.example: `allow` of", "add it there"]);
    assert!(!server.log().contains("secret"), "{}", server.log());
    let metrics = get(server.address("asker-typed"), "/metrics");
    for line in ["fetches_total 2", "fetch_failures_total 1", "fetched_bytes_total 12"] {
        let found = metrics.lines().any(|found| {
            let (name, number) = line.split_once(' ').unwrap();
            found.contains(name) && found.ends_with(&format!(" {number}"))
        });
        assert!(found, "{line} in {metrics}");
    }
}

#[test]
fn while_a_call_waits_for_a_server_its_time_does_not_count_and_other_actors_go_on() {
    let web = Web::start(|seen| {
        // The other actor answers before this one does.
        (seen.line == "GET /quick").then(|| (200, "quick".into()))
    });
    let slow = asker("asker-typed", &[&web.url("")])
        .limit("time", "\"20ms\"")
        .limit("fetch_wait", "\"300ms\"");
    let other = asker("asker-guide", &[&web.url("")]);
    let server = Server::start(&[slow, other]);
    let (mut waiting, mut quick) = (ready(&server, "asker-typed"), ready(&server, "asker-guide"));
    waiting.text(&format!("fetch GET {}", web.url("/slow")));
    assert_eq!(web.next().line, "GET /slow");
    quick.ask(&format!("fetch GET {}", web.url("/quick")), "200 quick");
    waiting.expect("timed-out");
    waiting.ask("hello", "hello");
}

#[test]
fn check_names_the_handler_that_a_module_needs_to_ask_servers() {
    let text = "(module (import \"footlight:host/http@0.1.0\" \"fetch\" (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32))))";
    let folder = tempfile::tempdir().unwrap();
    let check = |actor: Actor| {
        let manifest = actor.write(folder.path());
        let output = crate::support::footlight(&["check", manifest.to_str().unwrap()]);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let said = check(wat("bare", text));
    assert!(said.contains("the manifest grants no requests to servers; add [[handlers]] with type = \"http-client\""), "{said}");
    let said = check(wat("granted", text).servers("allow = [\"http://a\"]"));
    assert!(said.contains("asks a server") && !said.contains("grants no requests"), "{said}");
}
