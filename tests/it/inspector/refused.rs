//! Who may not inspect an actor.

use super::{Inspector, inspected, request, token};
use crate::support::Server;

/// The answer's status to a request for the stream with these fields. `{token}` and `{host}` stand for
/// the right ones.
fn status(server: &Server, line: &str, fields: &[&str]) -> u16 {
    let host = server.address("events").to_string();
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let request = format!("{line} HTTP/1.1\r\n{fields}\r\n");
    let request = request.replace("{token}", &token(server)).replace("{host}", &host);
    let (_, head) = Inspector::ask(server, &request);
    head.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap()
}

const LINE: &str = "GET /console/inspect?token={token}";
const HOST: &str = "Host: {host}";

#[test]
fn an_inspector_needs_the_token_from_this_machine_too() {
    let server = Server::of(inspected());
    let path = "GET /console/inspect";
    for (line, fields, expected) in [
        (LINE, "Accept: */*", 200),
        ("HEAD /console/inspect?token={token}", "Accept: */*", 200),
        (path, "Authorization: Bearer {token}", 200),
        ("POST /console/inspect?token={token}", "Accept: */*", 405),
        (path, "Accept: */*", 401),
        ("GET /console/inspect?token=", "Accept: */*", 401),
        ("GET /console/inspect?token={token}0", "Accept: */*", 401),
        ("GET /console/inspect?inspect={token}", "Accept: */*", 401),
        (LINE, "Authorization: Bearer 0{token}", 401),
        (path, "Authorization: Basic {token}", 401),
    ] {
        assert_eq!(status(&server, line, &[HOST, fields]), expected, "{line} {fields}");
    }
    let line = server.wait_for(&["is refused: 401 Unauthorized"]);
    assert!(!server.log().contains(&token(&server)), "the log has the token: {line}");
    let metrics = crate::support::get(server.address("events"), "/metrics");
    let count = "footlight_refused_requests_total{actor=\"events\",status=\"401\"} 6";
    assert!(metrics.contains(count), "{metrics}");
}

#[test]
fn each_start_has_another_token() {
    let tokens = [(); 2].map(|()| token(&Server::of(inspected())));
    assert_eq!(tokens.each_ref().map(String::len), [32, 32]);
    assert_ne!(tokens[0], tokens[1]);
}

#[test]
fn the_token_of_clients_is_none_for_inspectors() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "secret").unwrap();
    let server = Server::of(inspected().config(&format!("token_file = {file:?}")));
    assert_eq!(status(&server, "GET /console/inspect?token=secret", &[HOST]), 401);
    assert_eq!(status(&server, LINE, &[HOST]), 200);
    // And the other way round.
    assert_eq!(status(&server, "GET /metrics?token={token}", &[HOST]), 401);
}

#[test]
fn a_name_that_is_not_the_hosts_own_leads_to_no_inspector() {
    let server = Server::of(inspected());
    let port = server.address("events").port();
    for (host, expected) in [
        (format!("localhost:{port}"), 200),
        (format!("[::1]:{port}"), 200),
        (format!("127.0.0.1:{port}"), 200),
        (format!("evil.example:{port}"), 421),
        (format!("127.0.0.1.evil.example:{port}"), 421),
    ] {
        assert_eq!(status(&server, LINE, &[&format!("Host: {host}")]), expected, "{host}");
    }
    // The socket of this listener has no such rule, since its manifest has no `origins`.
    assert_eq!(status(&server, "GET /healthz", &["Host: evil.example"]), 200);
    // Without a name there is nothing that could be compared.
    let request = request(&server).replace("HTTP/1.1", "HTTP/1.0");
    let (_, head) = Inspector::ask(&server, &request);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let from = request.find("Host").unwrap();
    let (_, head) = Inspector::ask(&server, &format!("{}\r\n", &request[..from]));
    assert!(head.starts_with("HTTP/1.1 421 "), "{head}");
}

#[test]
fn the_names_of_the_manifest_lead_to_the_inspector() {
    let config = "origins = [\"self\", \"https://example.org\"]\nnames = [\"lamp.example\"]";
    let server = Server::of(inspected().config(config));
    let origin = |origin: &str| {
        let fields = ["Host: lamp.example", &format!("Origin: {origin}")];
        status(&server, LINE, &fields)
    };
    assert_eq!(origin("http://lamp.example"), 200);
    // A page that may connect may not inspect.
    assert_eq!(origin("https://example.org"), 403);
}

#[test]
fn a_page_of_another_origin_is_no_inspector() {
    let server = Server::of(inspected());
    for (fields, expected) in [
        (&["Origin: http://{host}"][..], 200),
        (&["Sec-Fetch-Site: same-origin"], 200),
        (&["Sec-Fetch-Site: none"], 200),
        (&["Origin: http://{host}", "Sec-Fetch-Site: same-origin"], 200),
        (&["Origin: https://{host}"], 403),
        (&["Origin: http://127.0.0.1"], 403),
        (&["Origin: http://localhost:8080"], 403),
        (&["Origin: http://evil.example"], 403),
        (&["Origin: null"], 403),
        (&["Origin: file://"], 403),
        (&["Origin:"], 403),
        (&["Origin: http://{host}", "Origin: http://evil.example"], 403),
        (&["Sec-Fetch-Site: cross-site"], 403),
        (&["Sec-Fetch-Site: same-site"], 403),
        (&["Sec-Fetch-Site:"], 403),
        (&["Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"], 403),
        (&["Origin: http://{host}", "Sec-Fetch-Site: cross-site"], 403),
    ] {
        let all = [&[HOST], fields].concat();
        assert_eq!(status(&server, LINE, &all), expected, "{fields:?}");
    }
    server.wait_for(&["is refused: 403 Forbidden", "only this listener's own page"]);
}

#[test]
fn who_comes_through_a_proxy_is_no_inspector() {
    let server = Server::of(inspected());
    for (field, expected) in [
        ("X-Forwarder: a", 200),
        ("Forwarded: for=192.0.2.1", 403),
        ("forwarded:", 403),
        ("Via: 1.1 proxy", 403),
        ("X-Real-IP: 127.0.0.1", 403),
        ("X-Forwarded-For: 127.0.0.1", 403),
        ("x-forwarded-proto: http", 403),
        ("X-Forwarded-Host: localhost", 403),
        ("X-Forwarded-: a", 403),
    ] {
        assert_eq!(status(&server, LINE, &[HOST, field]), expected, "{field}");
    }
    server.wait_for(&["is refused: 403 Forbidden", "through a proxy"]);
    // One that tells nothing is known by the manifest.
    let behind = inspected().config("trusted_proxies = [\"127.0.0.1\"]");
    assert_eq!(status(&Server::of(behind.clone()), LINE, &[HOST]), 403);
    let server = Server::of(behind.config("proxy_protocol = true"));
    let header = "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n";
    let (_, head) = Inspector::ask(&server, &(header.to_owned() + &request(&server)));
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    let (_, head) = Inspector::ask(&server, &format!("PROXY UNKNOWN\r\n{}", request(&server)));
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
}
