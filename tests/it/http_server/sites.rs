//! Pages of other sites, which reach the actor through a visitor's browser.

use super::ask;
use crate::support::{Server, guest};

/// An actor whose listener has these origins.
fn server(config: &str) -> Server {
    Server::of(guest("requests").without_files().only_http().config(config))
}

#[test]
fn a_page_of_another_site_changes_nothing() {
    let server = server("");
    let address = server.address("requests");
    let evil = "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n";
    for line in ["POST /count", "PUT /count", "DELETE /count", "PATCH /count"] {
        let answer = ask(address, line, evil, Some(b"x"));
        assert_eq!(answer.status, 403, "{line}");
        assert!(answer.body.contains("`origins`"), "{}", answer.body);
    }
    let answer = ask(address, "GET /count", evil, None);
    assert_eq!(answer.body, "1", "none of them reached the actor");
    assert_eq!(answer.field("access-control-allow-origin"), None, "the page can't read it");
    let own = "Origin: http://x\r\nSec-Fetch-Site: same-origin\r\n";
    assert_eq!(ask(address, "POST /count", own, Some(b"x")).body, "2");
    assert_eq!(ask(address, "POST /count", "Origin: http://x\r\n", Some(b"x")).body, "3");
    let preflight = format!("{evil}Access-Control-Request-Method: PUT\r\n");
    assert_eq!(ask(address, "OPTIONS /count", &preflight, None).status, 403);
}

#[test]
fn a_page_that_origins_names_asks_and_reads() {
    let server = server("origins = [\"self\", \"https://app.example\"]\nnames = [\"x\"]");
    let address = server.address("requests");
    let app = "Origin: https://app.example\r\n";
    let preflight = format!(
        "{app}Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\n"
    );
    let answer = ask(address, "OPTIONS /a", &preflight, None);
    assert_eq!(answer.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://app.example"),
        ("access-control-allow-methods", "PUT"),
        ("access-control-allow-headers", "x-a"),
        ("access-control-max-age", "600"),
    ] {
        assert_eq!(answer.field(name), Some(value), "{}", answer.head);
    }
    let fields = format!("{app}Sec-Fetch-Site: cross-site\r\n");
    for (line, status) in [("PUT /count", 200), ("GET /count", 200), ("GET /trap", 500)] {
        let answer = ask(address, line, &fields, None);
        assert_eq!(answer.status, status, "{line}");
        let shared = answer.field("access-control-allow-origin");
        assert_eq!(shared, Some("https://app.example"), "{line}");
        assert_eq!(answer.field("vary"), Some("Origin"), "{line}");
    }
    // What the actor says about it does not count.
    let answer = ask(address, "GET /field/Access-Control-Allow-Origin/*", "", None);
    assert_eq!(
        (answer.field("access-control-allow-origin"), answer.field("vary")),
        (None, Some("Origin"))
    );
}
