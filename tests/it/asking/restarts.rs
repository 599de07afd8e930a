//! Requests that are on their way when the host ends.

use super::{answer, asker, ready};
use crate::support::{Actor, Server, web::Web};

/// A server that never answers.
fn silent() -> Web {
    Web::start(|_| None)
}

/// A guest with a data folder.
fn start(data: &tempfile::TempDir, actor: &Actor) -> Server {
    let folder = data.path().to_str().unwrap();
    Server::start_with(&["-v", "--data", folder], std::slice::from_ref(actor))
}

#[test]
fn a_request_without_an_answer_is_answered_with_interrupted_after_a_restart_and_not_sent_again() {
    for kill in [true, false] {
        let (web, data) = (silent(), tempfile::tempdir().unwrap());
        let actor = asker("asker-typed", &[&web.url("")]).limit("fetch_wait", "\"1h\"");
        let actor = actor.extra("[storage]\ndurability = \"strict\"\n");
        let mut server = start(&data, &actor);
        let mut client = ready(&server, "asker-typed");
        for tag in ["one", "two"] {
            client.ask(&format!("later {tag} {}", web.url("/")), "asked");
            assert_eq!(web.next().line, "GET /");
        }
        if kill {
            server.signal("KILL");
            server.wait();
        } else {
            let (status, log) = server.stop();
            assert!(status.success(), "{log}");
        }
        // The actor broadcasts what it is told, so a client that is there in time hears it. The log
        // tells the rest.
        let server = start(&data, &actor);
        let mut client = ready(&server, "asker-typed");
        client.ask("hello", "hello");
        let state = || {
            let mut client = ready(&server, "asker-typed");
            answer(&mut client, "answer")
        };
        assert_eq!(state(), "none");
        drop(client);
        let (status, _) = server.stop();
        assert!(status.success());
        // Both were told once: nothing is stored any more.
        let folder = data.path().to_str().unwrap();
        let export = crate::support::footlight(&["state", "export", "--data", folder]);
        let text = String::from_utf8(export.stdout).unwrap();
        assert!(!text.contains("\"host\""), "{text}");
        assert!(web.rest().is_empty());
    }
}

#[test]
fn what_is_under_way_is_stored_under_no_key_of_the_actors() {
    let (web, data) = (silent(), tempfile::tempdir().unwrap());
    let actor = asker("asker-typed", &[&web.url("")]).limit("fetch_wait", "\"1h\"");
    let mut server = start(&data, &actor);
    let mut client = ready(&server, "asker-typed");
    client.ask(&format!("later lamp {}", web.url("/")), "asked");
    assert_eq!(web.next().line, "GET /");
    server.signal("KILL");
    server.wait();
    let folder = data.path().to_str().unwrap();
    let state = |arguments: &[&str]| {
        let output =
            crate::support::footlight(&[&["state"], arguments, &["--data", folder]].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    let export = state(&["export"]);
    // With the default of `durability`, the record may not be there yet.
    if !export.contains("asker-typed") {
        return;
    }
    assert!(export.contains("\"host\": \"0:4:lamp\"") && !export.contains("\"keys\""), "{export}");
    assert!(state(&["ls"]).contains("0 keys 0 bytes"), "{}", state(&["ls"]));
    // It is imported as it was exported.
    let file = data.path().join("export.json");
    std::fs::write(&file, &export).unwrap();
    state(&["import", file.to_str().unwrap()]);
    assert_eq!(state(&["export"]), export);
}
