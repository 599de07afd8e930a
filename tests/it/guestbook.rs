//! An actor that is written and built as Theater's of February 2025 were: handlers for files, HTTP, a
//! WebSocket and requests to servers in one manifest, one state for all, and a page that the actor
//! serves itself.

use std::{fs, net::SocketAddr};

use serde_json::{Value, json};

use crate::{
    http_server::{ask, get},
    support::{Actor, Server, actors_root, web::Web},
};

/// The page of the actor, with a place for the port of the WebSocket.
const PAGE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/guestbook/page/index.html"));

/// A server with the actor, the address of its page, and its folder.
pub fn serve(web: &Web) -> (Server, SocketAddr, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("quote.url"), web.url("/quote\n")).unwrap();
    let module = actors_root().join("tests/guests/guestbook.wasm");
    let first = json!({ "entries": [{ "name": "Ann", "text": "I was here." }] });
    let actor = Actor::file("guestbook", module)
        .init_state(first.to_string().as_bytes())
        .folder(folder.path(), "")
        .servers(&format!("allow = [{:?}]", web.url("/")))
        .extra("[[handlers]]\ntype = \"http-server\"\nconfig = { port = 0 }\n");
    let server = Server::of(actor);
    let port = server.address("guestbook").port().to_string();
    fs::write(folder.path().join("index.html"), PAGE.replace("WEBSOCKET_PORT", &port)).unwrap();
    let (_, rest) = server.greeting[1].split_once("http://").expect("the page's address");
    let page = rest.split('/').next().unwrap().parse().unwrap();
    (server, page, folder)
}

/// A web server that says something.
pub fn quotes() -> Web {
    Web::start(|_| Some((200, "Less is more.".into())))
}

/// The texts of a list of entries.
fn texts(list: &str) -> Vec<String> {
    let list: Vec<Value> = serde_json::from_str(list).unwrap();
    list.iter().map(|entry| entry["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_actor_of_february_2025_serves_its_page_its_api_and_its_socket_from_one_state() {
    let web = quotes();
    let (server, page, folder) = serve(&web);
    // Its `init` takes the content of `init_state`.
    server.wait_for(&["guestbook: actor: the book has 1 entries"]);
    let mut client = server.client("guestbook");
    assert_eq!(texts(client.next().to_text().unwrap()), ["I was here."]);

    let answer = get(page, "/");
    assert_eq!(
        (answer.status, answer.field("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    assert!(answer.body.contains("<title>Guestbook</title>"));

    let entry = json!({ "name": "Bob", "text": "Me too." }).to_string();
    let answer = ask(page, "POST /api/entries", "", Some(entry.as_bytes()));
    assert_eq!((answer.status, texts(&answer.body).len()), (201, 2));
    assert_eq!(ask(page, "POST /api/entries", "", Some(b"no JSON")).status, 400);
    assert_eq!(ask(page, "DELETE /api/entries", "", None).status, 404);

    let answer = ask(page, "POST /api/quote", "", None);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let seen = web.next();
    assert_eq!(seen.line, "GET /quote");
    assert!(seen.head.contains("accept: text/plain\r\n"), "{}", seen.head);

    client.text(&json!({ "name": "Cid", "text": "Hello!" }).to_string());
    let all = ["I was here.", "Me too.", "Less is more.", "Hello!"];
    assert_eq!(texts(client.next().to_text().unwrap()), all);
    assert_eq!(texts(&get(page, "/api/entries").body), all);

    // What this form can't say as an error is told in its own way.
    fs::write(folder.path().join("quote.url"), "http://192.0.2.1/").unwrap();
    let refused = ask(page, "POST /api/quote", "", None);
    assert!(refused.status == 502 && refused.body.contains("allow"), "{refused:?}");
    fs::remove_file(folder.path().join("index.html")).unwrap();
    let missing = get(page, "/");
    assert_eq!(
        (missing.status, &*missing.body),
        (500, "there is nothing of this name in the folder")
    );
}
