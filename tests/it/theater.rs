//! Actors that are written and built as Theater's were: of February 2025, in the shape *typed*, and of
//! March 2025, in the shape *result*. Each has handlers for files, HTTP, a WebSocket and more in one
//! manifest, one state for all, and a page that the actor serves itself.

use std::{fs, net::SocketAddr, path::Path, thread, time::Instant};

use serde_json::{Value, json};

use crate::{
    components::wasip1,
    http_server::{Answer, ask, get},
    support::{PATIENCE, Server, footlight, program, web::Web},
};

/// The two actors, with the ports that their manifests name for page and socket.
const ACTORS: [(&str, [u16; 2]); 2] = [("february", [8084, 8085]), ("march", [8086, 8087])];

/// Their folders, with components beside the files that authors write.
fn folders() -> tempfile::TempDir {
    let outer = tempfile::tempdir().unwrap();
    for (name, _) in ACTORS {
        let source = format!("{}/tests/guests/theater-{name}", env!("CARGO_MANIFEST_DIR"));
        let (source, folder) = (Path::new(&source), outer.path().join(name));
        fs::create_dir_all(folder.join("assets")).unwrap();
        for file in ["manifest.toml", "init.json", "assets/index.html"] {
            if source.join(file).exists() {
                fs::copy(source.join(file), folder.join(file)).unwrap();
            }
        }
        let component = wasip1(&format!("theater-{name}"));
        fs::write(folder.join(format!("theater_{name}.wasm")), component).unwrap();
    }
    outer
}

/// Both actors in one process.
pub struct Theater {
    server: Server,
    folders: tempfile::TempDir,
}

impl Theater {
    /// Starts the actors after these changes of their manifests. The ports are free ones.
    fn start(changes: &[(&str, &str)]) -> Self {
        let folders = folders();
        let mut command = program();
        command.args(["run", "-v"]);
        for (name, ports) in ACTORS {
            let manifest = folders.path().join(name).join("manifest.toml");
            let mut text = fs::read_to_string(&manifest).unwrap();
            for port in ports {
                text = replaced(&text, &format!("port = {port}"), "port = 0");
            }
            for (from, to) in changes {
                text = text.replace(from, to);
            }
            fs::write(&manifest, text).unwrap();
            command.arg(manifest);
        }
        let server = Server::run(command, ACTORS.len());
        // The pages name the port of the socket.
        for (name, [_, port]) in ACTORS {
            let page = folders.path().join(name).join("assets/index.html");
            let text = fs::read_to_string(&page).unwrap();
            let free = format!(":{}/", server.address(name).port());
            fs::write(&page, replaced(&text, &format!(":{port}/"), &free)).unwrap();
        }
        Self { server, folders }
    }

    /// Starts the actors with all that they use: a folder to write in, a server, and each other.
    pub fn whole(web: &Web) -> Self {
        let allow = format!("config = {{ allow = [{:?}] }}", web.url("/"));
        let theater = Self::start(&[
            ("path = \"assets\"", "path = \"assets\", writable = true"),
            ("type = \"http-client\"\nconfig = {}", &format!("type = \"http-client\"\n{allow}")),
            (
                "type = \"message-server\"\nconfig = {}",
                "type = \"message-server\"\nconfig = { to = [\"february\"] }",
            ),
        ]);
        fs::write(theater.file("quote.url"), web.url("/quote\n")).unwrap();
        theater
    }

    /// The address of an actor's page.
    pub fn page(&self, actor: &str) -> SocketAddr {
        let own = |line: &&String| line.contains(&format!("  {actor}  "));
        let line = self.server.greeting.iter().find(own).expect("the page's address");
        let (_, rest) = line.split_once("http://").unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }

    /// A file of the actor of February.
    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folders.path().join("february/assets").join(name)
    }

    /// Says something over HTTP.
    fn say(&self, actor: &str, text: &str) -> Answer {
        ask(self.page(actor), "POST /api/messages", "", Some(message(text).as_bytes()))
    }

    /// What has been said, over HTTP.
    fn said(&self, actor: &str) -> Vec<String> {
        texts(&get(self.page(actor), "/api/messages").body)
    }
}

/// A web server that says something.
pub fn quotes() -> Web {
    Web::start(|_| Some((200, "Less is more.".into())))
}

/// Replaces what is there once.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
    text.replace(from, to)
}

/// The JSON of a message.
fn message(text: &str) -> String {
    json!({ "from": "Bob", "text": text }).to_string()
}

/// The texts of a list of messages.
fn texts(list: &str) -> Vec<String> {
    let list: Vec<Value> = serde_json::from_str(list).unwrap();
    list.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn actors_of_theaters_time_pass_the_check_with_the_files_of_their_authors() {
    let folders = folders();
    let folder = |name: &str| folders.path().join(name).display().to_string();
    let output = footlight(&["check", &folder("february"), &folder("march")]);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{text}");
    for part in [
        "theater/supervisor.spawn",
        "no `supervisor`",
        "has no effect",
        "grants no servers",
        "names none, so each send is refused",
    ] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
}

#[test]
fn actors_of_theaters_time_serve_page_api_and_socket_from_one_state() {
    let theater = Theater::start(&[]);
    let server = &theater.server;
    // `init` takes the content of `init_data` in the one, and the actor's name in the other.
    server.wait_for(&["february: actor: the chat has 1 messages"]);
    server.wait_for(&["march: actor: this is march"]);
    for (name, first) in [("february", &["I was here."][..]), ("march", &[])] {
        let page = get(theater.page(name), "/");
        assert_eq!(
            (page.status, page.field("content-type")),
            (200, Some("text/html; charset=utf-8"))
        );
        assert!(page.body.contains("<title>Chat of "), "{}", page.body);

        let mut client = server.client(name);
        assert_eq!(texts(client.next().to_text().unwrap()), first);
        assert_eq!(theater.say(name, "Me too.").status, 201);
        client.text(&message("Hello!"));
        let all = [first, &["Me too.", "Hello!"]].concat();
        assert_eq!(texts(client.next().to_text().unwrap()), all);
        assert_eq!(theater.said(name), all);
        assert_eq!(ask(theater.page(name), "DELETE /api/messages", "", None).status, 404);
    }
    assert_eq!(ask(theater.page("february"), "POST /api/messages", "", Some(b"no")).status, 400);
    // An error of this form is not for the client.
    assert_eq!(ask(theater.page("march"), "POST /api/messages", "", Some(b"no")).status, 500);

    // What the manifests do not grant yet is a value, which the actors pass on.
    server.wait_for(&["february", "stdout: chat.log: "]);
    server.wait_for(&["march", "stderr: february: the manifest does not let"]);
    let quoted = ask(theater.page("february"), "POST /api/quote", "", None);
    assert_eq!(quoted.status, 502, "{quoted:?}");
}

#[test]
fn an_actor_of_theaters_time_may_import_the_supervisor_and_fails_only_where_it_calls_it() {
    let theater = Theater::start(&[]);
    let mut client = theater.server.client("march");
    client.next();
    client.text(&message("before"));
    client.next();
    client.text("/spawn other.toml");
    client.expect_close(1011);
    theater.server.wait_for(&["march", "this host offers no `supervisor`"]);
    assert_eq!(theater.said("march"), ["before"]);
}

#[test]
fn actors_of_theaters_time_use_files_servers_and_each_other_where_their_manifests_say_so() {
    let web = quotes();
    let theater = Theater::whole(&web);
    assert_eq!(theater.say("february", "Me too.").status, 201);
    let quoted = ask(theater.page("february"), "POST /api/quote", "", None);
    assert_eq!(quoted.status, 201, "{}", quoted.body);
    let seen = web.next();
    assert_eq!(seen.line, "GET /quote");
    assert!(seen.head.contains("accept: text/plain\r\n"), "{}", seen.head);
    let log = || fs::read_to_string(theater.file("chat.log")).unwrap();
    assert_eq!(log(), "Bob: Me too.\na server: Less is more.\n");

    // What is said in March reaches February, and its file.
    let mut client = theater.server.client("march");
    client.next();
    client.text(&message("Spring!"));
    assert_eq!(texts(client.next().to_text().unwrap()), ["Spring!"]);
    let all = ["I was here.", "Me too.", "Less is more.", "Spring!"];
    let start = Instant::now();
    while theater.said("february") != all {
        assert!(start.elapsed() < PATIENCE, "{:?}", theater.said("february"));
        thread::yield_now();
    }
    assert!(log().ends_with("\nBob: Spring!\n"), "{}", log());
    client.ask("/count", "4");

    // What this form can't say as an error is told in its own way.
    fs::write(theater.file("quote.url"), "http://192.0.2.1/").unwrap();
    let refused = ask(theater.page("february"), "POST /api/quote", "", None);
    assert!(refused.status == 502 && refused.body.contains("allow"), "{refused:?}");
    fs::remove_file(theater.file("index.html")).unwrap();
    let missing = get(theater.page("february"), "/");
    assert_eq!(
        (missing.status, &*missing.body),
        (500, "there is nothing of this name in the folder")
    );
}
