//! Origins, and the entries of `origins`.

use super::*;

#[test]
fn origins_are_compared_by_scheme_host_and_port() {
    for (one, other, same) in [
        ("http://a", "http://a:80", true),
        ("https://a", "https://a:443", true),
        ("http://A", "HTTP://a", true),
        ("http://a", "https://a", false),
        ("http://a:443", "https://a:443", false),
        ("http://a:8080", "http://a", false),
        ("http://a", "http://a.", false),
        ("http://[::1]", "http://[::1]:80", true),
        ("x://a", "x://a:80", false),
        ("null", "NULL", true),
        ("file://", "null", false),
    ] {
        let (one, other) = (Origin::parse(one).unwrap(), Origin::parse(other).unwrap());
        assert_eq!(one == other, same, "{one} and {other}");
    }
}

#[test]
fn what_is_no_origin_equals_none() {
    for text in [
        "",
        "a",
        "http://",
        "://a",
        "http://a/",
        "http://a?x",
        "http://u@a",
        "http://a:b",
        "http://a:65536",
        "http://a:-1",
        "http://a b",
        "http://a\\b",
        "file:///x",
    ] {
        assert_eq!(Origin::parse(text), None, "{text}");
    }
}

#[test]
fn an_entry_is_written_as_browsers_send_it() {
    for text in [
        "http://example.org",
        "https://example.org:8443",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "http://[::ffff:c000:201]",
        "http://localhost",
        "http://xn--bcher-kva.example",
        "chrome-extension://abcdefghijklmnop",
        "moz-extension://11111111-2222",
        "capacitor://localhost",
        "http://1.example",
        "null",
        "file://",
    ] {
        assert_eq!(Origin::exact(text).unwrap().to_string(), text);
    }
}

#[test]
fn an_entry_that_no_browser_sends_is_a_mistake_with_its_advice() {
    for (text, mistake, advice) in [
        ("example.org", Mistake::Form, "\"https://example.org\""),
        ("https://", Mistake::Form, "\"https://example.org\""),
        ("file://x", Mistake::Form, "\"file://\""),
        ("a b://x", Mistake::Letters, "lower case"),
        ("https://a/", Mistake::Tail, "write \"https://a\""),
        ("https://a:1/x", Mistake::Tail, "write \"https://a:1\""),
        ("https://a?x", Mistake::Tail, "write \"https://a\""),
        ("https://a#x", Mistake::Tail, "write \"https://a\""),
        ("https://u@a", Mistake::User, "no user"),
        ("https://*", Mistake::Wildcard, "no patterns"),
        ("https://*.example.org", Mistake::Wildcard, "no patterns"),
        ("https://Example.org", Mistake::Letters, "lower case"),
        ("HTTPS://example.org", Mistake::Letters, "lower case"),
        ("https://bücher.example", Mistake::Letters, "Punycode"),
        ("https://example.org:443", Mistake::DefaultPort, "write \"https://example.org\""),
        ("http://[::1]:80", Mistake::DefaultPort, "write \"http://[::1]\""),
        ("https://a:", Mistake::Port, "from 1 to 65535"),
        ("https://a:0", Mistake::Port, "from 1 to 65535"),
        ("https://a:080", Mistake::Port, "without zeros"),
        ("https://a:65536", Mistake::Port, "from 1 to 65535"),
        ("https://a:b", Mistake::Port, "from 1 to 65535"),
        ("http://127.1", Mistake::Address, "four numbers"),
        ("http://0x7f000001", Mistake::Address, "four numbers"),
        ("http://010.0.0.1", Mistake::Address, "four numbers"),
        ("http://[0:0::1]", Mistake::Address, "shortest"),
        ("http://[::ffff:192.0.2.1]", Mistake::Address, "shortest"),
        ("http://[x]", Mistake::Address, "shortest"),
        ("http://[::1", Mistake::Form, "\"https://example.org\""),
        ("ws://a", Mistake::Scheme, "write \"http://a\""),
        ("wss://a:8443", Mistake::Scheme, "write \"https://a:8443\""),
    ] {
        assert_eq!(Origin::exact(text), Err(mistake), "{text}");
        assert!(mistake.advice(text).contains(advice), "{text}: {}", mistake.advice(text));
    }
}

#[test]
fn a_page_is_of_a_host_by_name_and_port() {
    for (origin, host, expected) in [
        ("http://a", "a", true),
        ("http://a", "a:80", true),
        ("http://a:80", "a", true),
        ("https://a", "a:443", true),
        ("https://a", "a", true),
        ("http://a:8080", "A:8080", true),
        ("http://[::1]:8080", "[::1]:8080", true),
        ("http://a:8080", "a", false),
        ("https://a", "a:80", false),
        ("http://a", "b", false),
        ("x://a", "a", false),
        ("null", "null", false),
    ] {
        let origin = Origin::parse(origin).unwrap();
        assert_eq!(origin.is_of(host), expected, "{origin} of {host}");
    }
}
