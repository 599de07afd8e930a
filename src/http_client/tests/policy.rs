//! Which servers an actor may ask, and at which addresses.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use wit_core::host::HttpError;

use super::{Outcome, Server, client, client_with, get, ip, ok, text};
use crate::{http_client::client::Client, limits::Limits};

/// Why a request is denied.
fn denied(outcome: Outcome) -> String {
    match outcome {
        Err(HttpError::Denied(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// A client that may ask a name, which leads to the addresses that `lookup` finds.
fn named(
    server: &Server,
    name: &str,
    private: bool,
    lookup: fn(&str) -> std::io::Result<Vec<IpAddr>>,
) -> (Client, String) {
    let url = format!("http://{name}:{}/", server.address.port());
    let mut client = client_with(&[&url], private, Limits::default());
    client.resolver.lookup = lookup;
    (client, url)
}

#[test]
fn what_the_manifest_does_not_name_is_denied_with_what_to_add() {
    let client = client(&["https://api.example", "http://10.0.0.5:8123/api"]);
    for (uri, expected) in [
        (
            "https://evil.example/x?secret",
            "`allow` of the manifest's `http-client` has no \"https://evil.example\"; add it there",
        ),
        (
            "http://api.example/",
            "`allow` of the manifest's `http-client` has no \"http://api.example\"; add it there",
        ),
        (
            "http://10.0.0.5:8123/apix?secret",
            "`allow` of the manifest's `http-client` has http://10.0.0.5:8123, but not /apix",
        ),
    ] {
        assert_eq!(denied(get(&client, uri)), expected);
    }
}

#[test]
fn an_address_that_the_manifest_names_may_be_this_machine() {
    let server = Server::saying(&[&ok("here"), &ok("localhost")]);
    let port = server.address.port();
    assert_eq!(text(&get(&client(&[&server.url("/")]), &server.url("/"))), "here");
    let url = format!("http://localhost:{port}/");
    assert_eq!(text(&get(&client(&[&url]), &url)), "localhost");
}

#[test]
fn a_name_that_leads_to_a_private_address_needs_a_word_of_the_operator() {
    let server = Server::saying(&[&ok("private")]);
    let lookup = |_: &str| Ok(vec![ip("::ffff:127.0.0.1")]);
    let (client, url) = named(&server, "rebound.example", false, lookup);
    assert_eq!(
        denied(get(&client, &url)),
        "rebound.example leads to 127.0.0.1, an address of this machine; allow the address itself, \
         or add `private = true` to this `http-client`"
    );
    let (client, url) = named(&server, "rebound.example", true, lookup);
    assert_eq!(text(&get(&client, &url)), "private");
    for (address, place) in [
        ("10.1.2.3", "an address of a private network"),
        ("100.64.0.1", "an address of a private network"),
        ("fd00::1", "an address of a private network"),
        ("169.254.169.254", "a link-local address"),
        ("64:ff9b::a9fe:a9fe", "a link-local address"),
    ] {
        // The name itself has the address, because a lookup has no other state.
        let lookup = |name: &str| {
            let address = name.trim_end_matches(".example");
            Ok(vec![ip(&address.replace('x', ":").replace('-', "."))])
        };
        let name = format!("{}.example", address.replace(':', "x").replace('.', "-"));
        let (client, url) = named(&Server::saying(&[]), &name, false, lookup);
        let why = denied(get(&client, &url));
        assert!(why.contains(&format!("leads to {address}, {place}; ")), "{why}");
    }
}

#[test]
fn no_word_of_the_operator_allows_an_address_for_many_or_for_nobody() {
    let server = Server::saying(&[]);
    for lookup in [
        (|_: &str| Ok(vec![ip("0.0.0.0")])) as fn(&str) -> std::io::Result<Vec<IpAddr>>,
        |_| Ok(vec![ip("::")]),
        |_| Ok(vec![ip("224.0.0.251")]),
        |_| Ok(vec![ip("255.255.255.255")]),
        |_| Ok(vec![ip("ff02::1")]),
    ] {
        let (client, url) = named(&server, "many.example", true, lookup);
        let why = denied(get(&client, &url));
        assert!(why.ends_with("no address of one server"), "{why}");
    }
}

#[test]
fn the_addresses_that_were_checked_are_the_ones_that_are_connected_to() {
    /// How often a name was looked up.
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let server = Server::saying(&[&ok("one"), &ok("two")]);
    // First an address of a documentation network, which `private` allows and nobody answers. Then
    // this machine, which a second lookup for the same request would find.
    let (client, url) = named(&server, "rebinding.example", false, |_| {
        let first = ASKED.fetch_add(1, Relaxed) == 0;
        Ok(vec![ip(if first { "9.9.9.9" } else { "127.0.0.1" })])
    });
    let mut impatient = client;
    impatient
        .limits
        .set(Limits { fetch_wait: std::time::Duration::from_millis(50), ..Limits::default() });
    let first = get(&impatient, &url);
    assert!(matches!(first, Err(HttpError::TimedOut | HttpError::Failed(_))), "{first:?}");
    assert_eq!(ASKED.load(Relaxed), 1);
    // The second request asks again, and finds that the name has moved.
    impatient.limits.set(Limits::default());
    assert!(denied(get(&impatient, &url)).contains("leads to 127.0.0.1"));
    assert_eq!(ASKED.load(Relaxed), 2);
    impatient.resolver.lookup = |_| Ok(vec![ip("127.0.0.1"), ip("127.0.0.1")]);
    impatient.grants.iter_mut().for_each(|grant| grant.private = true);
    assert_eq!(text(&get(&impatient, &url)), "one");
    // Of several addresses, those that are not allowed are left out, and the next one is tried.
    impatient.resolver.lookup = |_| Ok(vec![ip("0.0.0.0"), ip("::1"), ip("127.0.0.1")]);
    assert_eq!(text(&get(&impatient, &url)), "two");
}
