//! Plain HTTP on the port of the WebSocket: health, metrics, the console page, files.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::symlink,
};

use crate::support::{PATIENCE, Server, guest, wat};

/// Sends a request line with some fields, and reads the whole answer.
fn request(server: &Server, line: &str, fields: &str) -> String {
    let mut socket = TcpStream::connect(server.address("events")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n");
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The answer to a plain GET.
fn get(server: &Server, path: &str) -> String {
    request(server, &format!("GET {path}"), "")
}

/// The number of a metric, by its name and labels.
fn metric(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).trim().parse().unwrap()
}

#[test]
fn health_is_ok_while_the_actor_can_be_started() {
    let server = Server::of(guest("events"));
    let answer = get(&server, "/healthz");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"));
    let head = request(&server, "HEAD /healthz", "");
    assert!(head.contains("\r\nContent-Length: 3\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(request(&server, "POST /healthz", "").starts_with("HTTP/1.1 405 "));
}

#[test]
fn metrics_count_what_happened() {
    let server = Server::of(guest("events"));
    let mut client = server.client("events");
    client.expect("state:0");
    client.ask("hello", "hello");
    get(&server, "/missing");
    let text = get(&server, "/metrics");
    assert!(text.contains("\r\nContent-Type: text/plain; version=0.0.4"), "{text}");
    for (name, expected) in [
        ("connections{actor=\"events\"}", 1),
        ("connections_total{actor=\"events\"}", 1),
        ("events_total{actor=\"events\"}", 2),
        ("received_messages_total{actor=\"events\"}", 1),
        ("received_bytes_total{actor=\"events\"}", 5),
        ("sent_messages_total{actor=\"events\"}", 2),
        ("sent_bytes_total{actor=\"events\"}", 12),
        ("traps_total{actor=\"events\"}", 0),
        ("mailbox_bytes{actor=\"events\"}", 0),
        ("refused_requests_total{actor=\"events\",status=\"404\"}", 1),
        ("refused_requests_total{actor=\"events\",status=\"503\"}", 0),
    ] {
        assert_eq!(metric(&text, &format!("footlight_{name}")), expected, "{name}");
    }
    for name in ["fuel_total{actor=\"events\"}", "actor_memory_bytes{actor=\"events\"}"] {
        assert!(metric(&text, &format!("footlight_{name}")) > 0, "{name}");
    }
    assert!(metric(&text, "process_resident_memory_bytes") > 0);
    // Every metric is explained before its first value.
    for line in text.split("\r\n\r\n").nth(1).unwrap().lines().filter(|line| !line.starts_with('#'))
    {
        let name = line.split(['{', ' ']).next().unwrap();
        let parts = ["_bucket", "_sum", "_count"];
        let name = parts.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
        assert!(text.contains(&format!("# TYPE {name} ")), "{name}");
    }
}

#[test]
fn metrics_need_the_token_and_health_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "s3cret").unwrap();
    let server = Server::of(guest("events").config(&format!("token_file = {file:?}")));
    assert!(get(&server, "/metrics").starts_with("HTTP/1.1 401 "));
    assert!(get(&server, "/metrics?token=s3cret").starts_with("HTTP/1.1 200 "));
    assert!(get(&server, "/healthz").starts_with("HTTP/1.1 200 "));
}

#[test]
fn the_console_is_one_page_that_loads_nothing_and_can_be_turned_off() {
    let server = Server::of(guest("events"));
    for path in ["/", "/console"] {
        let page = get(&server, path);
        assert!(page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html"), "{page}");
        assert!(page.contains("\r\nContent-Security-Policy: default-src 'none';"), "{page}");
        assert!(!page.contains("src=") && !page.contains("@import"), "it loads something");
    }
    let server = Server::of(guest("events").config("console = false"));
    assert!(get(&server, "/").starts_with("HTTP/1.1 426 "));
    assert!(get(&server, "/console").starts_with("HTTP/1.1 404 "));
}

#[test]
fn files_are_served_from_their_folder_and_from_nowhere_else() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("static");
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::write(outer.path().join("secret"), "SECRET").unwrap();
    fs::write(root.join(".hidden"), "SECRET").unwrap();
    symlink("../secret", root.join("link")).unwrap();
    fs::write(root.join("index.html"), "<p>page").unwrap();
    fs::write(root.join("sub/index.html"), "<p>sub").unwrap();
    fs::write(root.join("a b.js"), "1").unwrap();
    fs::write(root.join("large"), vec![b'x'; 1000]).unwrap();
    fs::write(root.join("larger"), vec![b'x'; 1001]).unwrap();
    let actor = guest("events").limit("file", 1000).config(&format!("static = {root:?}"));
    let server = Server::of(actor);
    let page = get(&server, "/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"));
    assert!(page.ends_with("\r\n\r\n<p>page"), "{page}");
    let head = request(&server, "HEAD /large", "");
    assert!(head.contains("\r\nContent-Length: 1000\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(get(&server, "/large").ends_with(&"x".repeat(1000)));
    assert!(get(&server, "/larger").starts_with("HTTP/1.1 403 "));
    assert!(get(&server, "/a%20b.js?x").contains("\r\nContent-Type: text/javascript"));
    assert!(get(&server, "/sub").contains("\r\nLocation: sub/\r\n"));
    assert!(get(&server, "/sub/").ends_with("<p>sub"));
    assert!(get(&server, "/console").contains("<title>Footlight console</title>"));
    for path in [
        "/.hidden",
        "/%2ehidden",
        "/link",
        "/../secret",
        "/%2e%2e/secret",
        "/sub/../../secret",
        "/..%2fsecret",
        "//secret",
        "/%2fetc/passwd",
        "/sub%00/index.html",
        "/%ff",
        "/missing",
        "/large/",
        "/..",
        "/.",
    ] {
        let answer = get(&server, path);
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(!answer.contains("SECRET"), "{path}");
    }
    // The WebSocket still has its path.
    server.client("events").expect("state:0");
}

#[test]
fn every_listener_has_the_client_for_pages_and_a_file_of_its_name_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let with_files = format!("static = {:?}", folder.path());
    let actors = [
        guest("events").config("console = false"),
        guest("events").config(&with_files),
        guest("events").config(&with_files).http(),
        guest("requests").without_files().only_http().name("events"),
    ];
    for actor in actors {
        let server = Server::of(actor);
        let answer = get(&server, "/footlight.js");
        let (head, script) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/javascript;"), "{head}");
        assert!(head.contains("\r\nX-Content-Type-Options: nosniff"), "{head}");
        assert!(head.contains("\r\nCache-Control: no-cache\r\n"), "{head}");
        assert!(script.len() <= 2048 && script.contains("globalThis.footlight = "), "{script}");
        let length = format!("\r\nContent-Length: {}\r\n", script.len());
        let of_head = request(&server, "HEAD /footlight.js", "");
        assert!(of_head.contains(&length) && of_head.ends_with("\r\n\r\n"), "{of_head}");
        let tag = head.lines().find_map(|line| line.strip_prefix("ETag: ")).unwrap();
        let known = request(&server, "GET /footlight.js", &format!("If-None-Match: {tag}\r\n"));
        assert!(known.starts_with("HTTP/1.1 304 ") && known.contains(tag), "{known}");
        let other = request(&server, "GET /footlight.js", "If-None-Match: \"x\"\r\n");
        assert!(other.starts_with("HTTP/1.1 200 "), "{other}");
        // The whole is an answer to every range.
        let part = request(&server, "GET /footlight.js", "Range: bytes=0-1\r\n");
        assert!(part.starts_with("HTTP/1.1 200 ") && part.contains(&length), "{part}");
        assert!(request(&server, "OPTIONS /footlight.js", "").starts_with("HTTP/1.1 204 "));
        assert!(request(&server, "POST /footlight.js", "").starts_with("HTTP/1.1 405 "));
    }
    let server = Server::of(guest("events").config(&with_files));
    fs::write(folder.path().join("footlight.js"), "own").unwrap();
    assert!(get(&server, "/footlight.js").ends_with("\r\n\r\nown"));
}

#[test]
fn a_file_that_is_read_more_slowly_than_the_rate_is_broken_off_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    // More than the buffers of both kernels hold.
    fs::write(folder.path().join("large"), vec![b'x'; 16 << 20]).unwrap();
    let config = format!("static = {:?}", folder.path());
    // Who may fall behind by 64 KiB has 62 ms at this rate.
    let actor = guest("events").config(&config).limit("rate", "\"1MiB\"");
    let server = Server::of(actor);
    let mut socket = TcpStream::connect(server.address("events")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    while metric(&get(&server, "/metrics"), "footlight_broken_pages_total{actor=\"events\"}") == 0 {
    }
    let mut bytes = Vec::new();
    let _ = socket.read_to_end(&mut bytes);
    assert!(bytes.starts_with(b"HTTP/1.1 200 OK\r\n") && bytes.len() < 16 << 20);
}

#[test]
fn a_folder_that_is_missing_keeps_the_host_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let actor = wat("actor", "(module)").config("static = \"missing\"").write(folder.path());
    let output = crate::support::footlight(&["check", actor.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("missing: cannot be served: "), "{said}");
}
