//! Addresses of the web, and what grants allow.

use super::super::{
    grant::Grant,
    url::{Url, UrlError},
};

/// The normal form of an address.
fn normal(text: &str) -> String {
    Url::parse(text).map_or_else(|error| format!("{error:?}"), |url| url.to_string())
}

#[test]
fn addresses_that_mean_the_same_have_one_form() {
    for (text, expected) in [
        ("http://example.org", "http://example.org/"),
        ("HTTP://EXAMPLE.ORG:80/", "http://example.org/"),
        ("https://example.org:443", "https://example.org/"),
        ("https://example.org:/", "https://example.org/"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("http://example.org./a", "http://example.org/a"),
        ("http://example.org?q=1", "http://example.org/?q=1"),
        ("http://example.org#x", "http://example.org/"),
        ("http://example.org/a?b#c?d/e", "http://example.org/a?b"),
        ("http://a/%7euser/%41", "http://a/~user/A"),
        ("http://a/x%2fy%3f", "http://a/x%2Fy%3F"),
        ("http://a/b/../c/./d/..", "http://a/c/"),
        ("http://a/b/%2e%2E/c", "http://a/c"),
        ("http://a/b/.%2e", "http://a/"),
        ("http://a/../../b", "http://a/b"),
        ("http://a/b/.", "http://a/b/"),
        ("http://a//b///c", "http://a//b///c"),
        ("http://a/?x=%2e%2e/../y", "http://a/?x=%2e%2e/../y"),
        ("http://[::1]:8123/", "http://[::1]:8123/"),
        ("http://[0:0::0001]/", "http://[::1]/"),
        ("http://[::ffff:10.0.0.5]/", "http://10.0.0.5/"),
        ("http://10.0.0.5:8123/api", "http://10.0.0.5:8123/api"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
        ("http://under_score.example/", "http://under_score.example/"),
    ] {
        assert_eq!(normal(text), expected, "{text}");
        // The form of a form is itself.
        assert_eq!(normal(expected), expected);
    }
}

#[test]
fn what_servers_may_read_differently_is_no_address() {
    let long = format!("http://{}/", "a".repeat(64));
    let names = format!("http://{}a/", "a.".repeat(127));
    let path = format!("http://a/{}", "x".repeat(8192));
    for (text, expected) in [
        ("example.org", UrlError::Scheme),
        ("//example.org/", UrlError::Scheme),
        ("ftp://example.org/", UrlError::Scheme),
        ("http:/example.org/", UrlError::Scheme),
        (" http://example.org/", UrlError::Scheme),
        ("http://user@example.org/", UrlError::User),
        ("http://user:password@example.org/", UrlError::User),
        ("http://good.example@evil.example/", UrlError::User),
        ("http://", UrlError::Host),
        ("http:///path", UrlError::Host),
        ("http://:80/", UrlError::Host),
        ("http://a b/", UrlError::Host),
        ("http://a\\b/", UrlError::Host),
        ("http://good.example\\@evil.example/", UrlError::User),
        ("http://a%2eb/", UrlError::Host),
        ("http://*.example/", UrlError::Host),
        ("http://a..b/", UrlError::Host),
        ("http://./", UrlError::Host),
        (&long, UrlError::Host),
        (&names, UrlError::Host),
        // Numbers that a resolver takes for 127.0.0.1.
        ("http://127.1/", UrlError::Host),
        ("http://2130706433/", UrlError::Host),
        ("http://0x7f000001/", UrlError::Host),
        ("http://0177.0.0.1/", UrlError::Host),
        ("http://127.0.0.1.1/", UrlError::Host),
        ("http://0x7f.0.0.0x1/", UrlError::Host),
        ("http://[::1/", UrlError::Port),
        ("http://[::1]80/", UrlError::Host),
        ("http://[fe80::1%25eth0]/", UrlError::Host),
        ("http://::1/", UrlError::Port),
        ("http://bücher.example/", UrlError::International),
        ("http://ＡＢ.example/", UrlError::International),
        ("http://a:0/", UrlError::Port),
        ("http://a:65536/", UrlError::Port),
        ("http://a:+80/", UrlError::Port),
        ("http://a:8a/", UrlError::Port),
        ("http://a/b c", UrlError::Character(' ')),
        ("http://a/b\r\nX: y", UrlError::Character('\r')),
        ("http://a/b\\c", UrlError::Character('\\')),
        ("http://a/é", UrlError::Character('é')),
        ("http://a/?q=\"", UrlError::Character('"')),
        ("http://a/%", UrlError::Escape),
        ("http://a/%4", UrlError::Escape),
        ("http://a/%4x", UrlError::Escape),
        ("http://a/?%zz", UrlError::Escape),
        ("http://a/b/..%2fc", UrlError::HiddenDots),
        ("http://a/b/..%5Cc", UrlError::HiddenDots),
        ("http://a/b/%252e%252e/c", UrlError::HiddenDots),
        ("http://a/b/%25252e./c", UrlError::HiddenDots),
        ("http://a/b/..;/c", UrlError::HiddenDots),
        ("http://a/b/..;x=1/c", UrlError::HiddenDots),
        ("http://a/b/%2e%2e%3b/c", UrlError::HiddenDots),
        ("http://a/%2525252525252541", UrlError::HiddenDots),
        (&path, UrlError::TooLong),
    ] {
        assert_eq!(Url::parse(text).map(|url| url.to_string()), Err(expected), "{text}");
    }
}

#[test]
fn references_are_joined_as_rfc_3986_says() {
    let base = Url::parse("http://a/b/c/d;p?q").unwrap();
    // RFC 3986, section 5.4. A fragment is left out here.
    for (reference, expected) in [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q"),
        ("g#s", "http://a/b/c/g"),
        (";x", "http://a/b/c/;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("g..", "http://a/b/c/g.."),
        ("./../g", "http://a/b/g"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g?x:y", "http://a/b/c/g?x:y"),
        ("https://other/x", "https://other/x"),
        ("HTTPS://OTHER", "https://other/"),
    ] {
        assert_eq!(base.join(reference).unwrap().to_string(), expected, "{reference}");
    }
    for reference in ["ftp://a/", "javascript:alert(1)", "http:g", "//u@a/", "/a b", "..%2fx"] {
        assert!(base.join(reference).is_err(), "{reference}");
    }
}

#[test]
fn a_grant_allows_its_path_and_what_is_beneath_it_at_its_origin() {
    let allows = |grant: &str, url: &str| {
        let Url { origin, path, .. } = Url::parse(grant).unwrap();
        Grant { origin, path, private: false }.allows(&Url::parse(url).unwrap())
    };
    for (grant, url, expected) in [
        ("https://api.example", "https://api.example/", true),
        ("https://api.example", "https://API.example:443/any/thing?x", true),
        ("https://api.example", "http://api.example/", false),
        ("https://api.example", "https://api.example:8443/", false),
        ("https://api.example", "https://api.example.evil/", false),
        ("https://api.example", "https://sub.api.example/", false),
        ("http://a/api", "http://a/api", true),
        ("http://a/api", "http://a/api/", true),
        ("http://a/api", "http://a/api/x", true),
        ("http://a/api", "http://a/api?x", true),
        ("http://a/api", "http://a/apix", false),
        ("http://a/api", "http://a/api;x", false),
        ("http://a/api", "http://a/", false),
        ("http://a/api", "http://a/API", false),
        ("http://a/api", "http://a/api/../admin", false),
        ("http://a/api", "http://a/api/%2e%2E/admin", false),
        ("http://a/api", "http://a/%61pi", true),
        ("http://a/api", "http://a/x/../api/y", true),
        ("http://a/api/", "http://a/api/x", true),
        ("http://a/api/", "http://a/api", false),
        ("http://10.0.0.5:8123/api", "http://10.0.0.5:8123/api/states", true),
        ("http://10.0.0.5", "http://[::ffff:a00:5]/", true),
    ] {
        assert_eq!(allows(grant, url), expected, "{grant} {url}");
    }
}
