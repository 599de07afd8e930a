use super::*;

/// The normal form of a field.
fn parsed(text: &str) -> Option<String> {
    Origin::parse(text).map(|origin| origin.to_string())
}

#[test]
fn an_origin_is_compared_in_its_normal_form() {
    for (text, expected) in [
        ("null", Some("null")),
        ("file://", Some("file://")),
        ("http://a", Some("http://a")),
        ("http://a:80", Some("http://a")),
        ("https://a:443", Some("https://a")),
        ("http://a:443", Some("http://a:443")),
        ("https://a:80", Some("https://a:80")),
        ("http://a:", Some("http://a")),
        ("http://a:08080", Some("http://a:8080")),
        ("HTTP://A.Example:8080", Some("http://a.example:8080")),
        ("http://a.", Some("http://a.")),
        ("http://[0::1]:8080", Some("http://[::1]:8080")),
        ("http://[::ffff:1.2.3.4]", Some("http://[::ffff:102:304]")),
        ("moz-extension://0b1c-2d", Some("moz-extension://0b1c-2d")),
        ("tauri://localhost", Some("tauri://localhost")),
        ("app://a:80", Some("app://a:80")),
        ("Null", None),
        ("", None),
        ("a", None),
        ("http:a", None),
        ("http://", None),
        ("http:///", None),
        ("http://a/", None),
        ("http://a?b", None),
        ("http://a#b", None),
        ("http://u@a", None),
        ("http://a http://b", None),
        ("http://a, http://b", None),
        ("http://a:0", None),
        ("http://a:+80", None),
        ("http://a:65536", None),
        ("http://*", None),
        ("file://a/b", None),
        ("1http://a", None),
    ] {
        assert_eq!(parsed(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn an_entry_of_the_manifest_is_what_browsers_send_or_a_mistake_with_the_right_text() {
    for right in [
        "null",
        "file://",
        "https://example.org",
        "https://example.org.",
        "http://example.org:443",
        "http://localhost:8080",
        "http://192.0.2.1",
        "http://[2001:db8::1]:8080",
        "http://[::ffff:102:304]",
        "https://xn--bcher-kva.example",
        "chrome-extension://abcdefghijklmnop",
    ] {
        // `null` is an entry of its own, as `self` is.
        if right != "null" {
            assert_eq!(
                Origin::of_manifest(right).map(|origin| origin.to_string()),
                Ok(right.into())
            );
        }
        assert_eq!(parsed(right).as_deref(), Some(right));
    }
    let write = |text: &str| format!("write \"{text}\"");
    let example = write("https://example.org");
    for (entry, problem, advice) in [
        ("https://example.org:443", "default port", example.clone()),
        ("http://example.org:80", "default port", write("http://example.org")),
        ("https://example.org:", "default port", example.clone()),
        ("https://example.org:08443", "not written", write("https://example.org:8443")),
        ("https://example.org:0", "no valid port", "write a number from 1 to 65535".into()),
        ("https://example.org:65536", "no valid port", "write a number from 1 to 65535".into()),
        ("https://example.org:x", "no valid port", "write a number from 1 to 65535".into()),
        ("https://example.org/", "a `/` at the end", example.clone()),
        ("https://example.org/a/b", "a path", example.clone()),
        ("https://example.org\\a", "a path", example.clone()),
        ("https://example.org?x", "a query", example.clone()),
        ("https://example.org#x", "a fragment", example.clone()),
        ("https://u@example.org", "a user", example.clone()),
        ("https://u:p@Example.org:443/?x", "a user", example.clone()),
        ("https://Example.org", "not written", example.clone()),
        ("HTTPS://example.org", "not written", example.clone()),
        ("wss://example.org", "scheme of a WebSocket", example.clone()),
        ("ws://example.org:8080/ws", "scheme of a WebSocket", write("http://example.org:8080")),
        ("https://*.example.org", "a `*`", "write each name out".into()),
        ("https://*", "a `*`", "write each name out".into()),
        ("https://", "no host", crate::server::host::NoHost::Empty.advice().into()),
        ("https:///", "no host", crate::server::host::NoHost::Empty.advice().into()),
        ("https://b\u{fc}cher.example", "beyond ASCII", "ASCII form".into()),
        ("http://127.1", "no IP address", "192.0.2.1".into()),
        ("http://[::1", "no IP address", "[2001:db8::1]".into()),
        ("http://[0:0::1]", "not written", write("http://[::1]")),
        ("http://[::FFFF:1.2.3.4]", "not written", write("http://[::ffff:102:304]")),
        ("http://::1", "no valid host", "in brackets".into()),
        ("https://a b", "no valid host name", "letters, digits".into()),
        ("file:///index.html", "no origin", write("file://")),
        ("file:/x", "no scheme", write("file://")),
        ("example.org", "no scheme", "\"https://example.org\" or \"http://example.org\"".into()),
        ("Example.org:8080", "no scheme", "\"https://example.org:8080\" or".into()),
        ("Self", "no scheme", write("self")),
        ("NULL", "no scheme", write("null")),
        ("*", "no scheme", "such as \"https://example.org\"".into()),
        ("", "no scheme", "such as \"https://example.org\"".into()),
    ] {
        let OriginMistake { problem: found, advice: given } =
            Origin::of_manifest(entry).expect_err(entry);
        assert!(found.contains(problem), "{entry}: {found}");
        assert!(given.contains(&advice), "{entry}: {given}");
    }
}

#[test]
fn a_page_is_of_the_host_if_name_and_port_are_the_same() {
    for (origin, host, same) in [
        ("http://a", "a", true),
        ("https://a", "a", true),
        ("http://a", "A:80", true),
        ("https://a", "a:443", true),
        ("http://a:80", "a", true),
        ("http://a:8080", "a:8080", true),
        ("https://a:8443", "a:8443", true),
        ("http://[::1]:8080", "[0::1]:8080", true),
        ("http://127.0.0.1", "127.0.0.1:", true),
        ("http://a", "b", false),
        ("http://a", "a:8080", false),
        ("http://a", "a:443", false),
        ("https://a", "a:80", false),
        // Another port of the same name is another origin (RFC 6454, section 5).
        ("https://a:8443", "a", false),
        ("http://a:8080", "a:8081", false),
        ("http://a.", "a", false),
        ("http://127.0.0.1", "[::ffff:127.0.0.1]", false),
        ("app://a", "a", false),
        ("null", "null", false),
        ("file://", "", false),
    ] {
        let parsed = Origin::parse(origin).unwrap();
        assert_eq!(parsed.is_of(host), same, "{origin} at {host}");
    }
}
