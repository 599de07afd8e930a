//! What `run` prints once it serves: where each actor is, and who can connect.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{features::TOOLS, host::Listening, qr_code, server::Endpoint};

/// The most actors that a line of advice names.
const MAX_NAMES: usize = 5;

/// How to show parts of the text.
#[derive(Clone, Copy)]
struct Style {
    /// Before an address that a person can open.
    strong: &'static str,
    /// Before advice.
    faint: &'static str,
    /// After either.
    end: &'static str,
}

/// For files, pipes and the log.
const PLAIN: Style = Style { strong: "", faint: "", end: "" };
/// For terminals: bold and faint, which are visible on every background.
const STYLED: Style = Style { strong: "\x1b[1m", faint: "\x1b[2m", end: "\x1b[0m" };

/// The text. Each address has a line: the URL for a browser, the actor's name and the URL of the
/// WebSocket, with two spaces between them. A listener without a page has only the latter, first in
/// its line. A line for the inspector follows. Then comes advice, each once, and in a `terminal` with so many columns, which knows styles, a
/// page as a QR code. `own` are this machine's addresses in its networks.
pub fn text(listening: &[Listening], own: &[IpAddr], terminal: Option<usize>) -> String {
    let style = if terminal.is_some() { STYLED } else { PLAIN };
    let mut text = String::new();
    for Listening { actor, address, endpoint } in listening {
        for ip in addresses(address.ip(), own) {
            let mut urls = endpoint.urls(SocketAddr::new(ip, address.port())).into_iter();
            let Style { strong, end, .. } = style;
            text += &[strong, &urls.next().unwrap_or_default(), end, "  ", actor].concat();
            for url in urls {
                text += "  ";
                text += &url;
            }
            text.push('\n');
        }
        // Once, for this machine if it is one of them: who has this URL sees all that the actor does.
        let first = addresses(address.ip(), own).into_iter().next().unwrap_or(address.ip());
        let inspector = endpoint.inspector_url(SocketAddr::new(first, address.port()));
        for url in inspector.as_slice() {
            text += &[
                style.strong,
                url,
                style.end,
                "  ",
                actor,
                "  inspects it; keep this URL secret\n",
            ]
            .concat();
        }
    }
    for advice in advice(listening) {
        text += &[style.faint, &advice, style.end, "\n"].concat();
    }
    if let (Some(columns), true) = (terminal, TOOLS.is_built)
        && let Some(url) = page_for_phones(listening, own)
    {
        text += &qr_code::lines(&url, columns).unwrap_or_default();
    }
    text
}

/// The first page that a phone in this machine's networks can open.
fn page_for_phones(listening: &[Listening], own: &[IpAddr]) -> Option<String> {
    listening.iter().find_map(|Listening { address, endpoint, .. }| {
        let mut others = addresses(address.ip(), own).into_iter().filter(|ip| !ip.is_loopback());
        let urls = endpoint.urls(SocketAddr::new(others.next()?, address.port()));
        urls.into_iter().next().filter(|_| endpoint.has_page())
    })
}

/// The addresses to name for a listener at this one.
fn addresses(bound: IpAddr, own: &[IpAddr]) -> Vec<IpAddr> {
    let loopback = match bound {
        ip if !ip.is_unspecified() => return vec![ip],
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    // Linux also accepts IPv4 where a listener has the IPv6 address for all networks.
    let fits = |ip: &&IpAddr| bound.is_ipv6() || ip.is_ipv4();
    [&loopback].into_iter().chain(own.iter().filter(fits)).copied().collect()
}

/// What the operator may want to change.
fn advice(listening: &[Listening]) -> Vec<String> {
    let is_local = |one: &Listening| one.address.ip().is_loopback();
    let takes_any_page = |one: &Listening| {
        let Endpoint { has_socket, access, token, .. } = &*one.endpoint;
        *has_socket && access.is_open() && token.is_none()
    };
    let mut lines = Vec::new();
    if let Some(which) = which(listening, is_local) {
        let advice = ". --bind 0.0.0.0 opens it to others.";
        lines.push(["Only this machine can connect", &which, advice].concat());
    }
    if let Some(which) = which(listening, |one| !is_local(one)) {
        let advice = ". --bind 127.0.0.1 keeps them out.";
        lines.push(["Others in its networks can connect", &which, advice].concat());
    }
    // In a browser, any page can connect to a WebSocket in the same network.
    if let Some(which) = which(listening, takes_any_page) {
        let advice = ". `origins` in the manifest says which ones may.";
        lines.push(["Any web page may connect", &which, advice].concat());
    }
    lines
}

/// Names the actors whose listeners are as asked, if they are not all. `None` if there are none.
fn which(listening: &[Listening], is_so: impl Fn(&Listening) -> bool) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for one in listening.iter().filter(|one| is_so(one)) {
        if !names.contains(&&*one.actor) {
            names.push(&one.actor);
        }
    }
    if names.is_empty() {
        return None;
    }
    if listening.iter().all(is_so) {
        return Some(String::new());
    }
    let more = names.len().saturating_sub(MAX_NAMES);
    names.truncate(MAX_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some([" to ", &names.join(", "), &more].concat())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::server::{Endpoint, config::Listener};

    /// A listener of an actor at an address.
    fn at(actor: &str, address: &str, change: fn(&mut Listener)) -> Listening {
        let address: SocketAddr = address.parse().unwrap();
        let mut listener = Listener::new(address.ip(), address.port());
        change(&mut listener);
        let endpoint = Arc::new(Endpoint::new(&listener).unwrap());
        Listening { actor: actor.into(), address, endpoint }
    }

    #[test]
    fn a_line_begins_with_the_address_to_click_and_each_advice_stands_once() {
        let two =
            [at("a", "127.0.0.1:80", |_| {}), at("b", "[::1]:81", |it| it.path = "/x".into())];
        assert_eq!(
            text(&two, &[], None),
            "http://127.0.0.1:80/  a  ws://127.0.0.1:80/ws\n\
             http://[::1]:81/  b  ws://[::1]:81/x\n\
             Only this machine can connect. --bind 0.0.0.0 opens it to others.\n\
             Any web page may connect. `origins` in the manifest says which ones may.\n"
        );
    }

    #[test]
    fn advice_names_the_actors_that_it_is_not_for_all() {
        let safe = |listener: &mut Listener| listener.access.origins = Some(vec!["self".into()]);
        let mut all = vec![at("a", "192.0.2.1:1", safe)];
        let others = ["b", "c", "d", "e", "f", "g", "b"];
        all.extend(others.map(|name| at(name, "127.0.0.1:2", |_| {})));
        let text = text(&all, &[], None);
        let advice: Vec<_> = text.lines().skip(all.len()).collect();
        assert_eq!(
            advice,
            [
                "Only this machine can connect to b, c, d, e, f and 1 more. --bind 0.0.0.0 opens it \
                 to others.",
                "Others in its networks can connect to a. --bind 127.0.0.1 keeps them out.",
                "Any web page may connect to b, c, d, e, f and 1 more. `origins` in the manifest says \
                 which ones may.",
            ]
        );
    }

    #[test]
    fn a_listener_for_all_networks_has_a_line_for_each_address() {
        let own = ["192.0.2.7", "2001:db8::7"].map(|ip| ip.parse().unwrap());
        let shown = |address| {
            let text = text(&[at("a", address, |_| {})], &own, None);
            let urls = text.lines().filter(|line| line.starts_with("http"));
            urls.map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(shown("0.0.0.0:80"), ["http://127.0.0.1:80/", "http://192.0.2.7:80/"]);
        let six = ["http://[::1]:80/", "http://192.0.2.7:80/", "http://[2001:db8::7]:80/"];
        assert_eq!(shown("[::]:80"), six);
        assert_eq!(shown("192.0.2.9:80"), ["http://192.0.2.9:80/"]);
    }

    #[test]
    fn a_phone_gets_the_first_page_that_it_can_reach() {
        let own = ["192.0.2.7", "2001:db8::7"].map(|ip| ip.parse().unwrap());
        let bare = at("a", "0.0.0.0:80", |listener| listener.console = false);
        let local = at("b", "127.0.0.1:81", |_| {});
        let open = at("c", "0.0.0.0:82", |_| {});
        let url = page_for_phones(&[bare, local, open], &own);
        assert_eq!(url.as_deref(), Some("http://192.0.2.7:82/"));
        let named = at("d", "192.0.2.9:83", |_| {});
        assert_eq!(page_for_phones(&[named], &[]).as_deref(), Some("http://192.0.2.9:83/"));
        assert_eq!(page_for_phones(&[at("e", "0.0.0.0:84", |_| {})], &[]), None);
    }

    #[test]
    fn a_terminal_that_is_wide_enough_gets_the_page_for_phones_as_a_qr_code() {
        let own = ["192.0.2.7".parse().unwrap()];
        let open = [at("a", "0.0.0.0:80", |_| {})];
        let code = qr_code::lines("http://192.0.2.7:80/", 33).unwrap();
        assert!(text(&open, &own, Some(33)).ends_with(&format!("\n{code}")));
        for text in [
            text(&open, &own, Some(32)),
            text(&open, &own, None),
            text(&open, &[], Some(80)),
            text(&[at("a", "127.0.0.1:80", |_| {})], &own, Some(80)),
        ] {
            assert!(!text.contains('▄'), "{text}");
        }
    }

    #[test]
    fn without_a_page_the_socket_comes_first() {
        let bare = at("a", "127.0.0.1:80", |listener| listener.console = false);
        assert!(text(&[bare], &[], None).starts_with("ws://127.0.0.1:80/ws  a\n"));
    }

    #[test]
    fn a_terminal_gets_bold_addresses_and_faint_advice() {
        let text = text(&[at("a", "127.0.0.1:80", |_| {})], &[], Some(80));
        assert!(text.starts_with("\x1b[1mhttp://127.0.0.1:80/\x1b[0m  a  ws:"), "{text}");
        assert!(text.contains("\n\x1b[2mOnly this machine"), "{text}");
    }
}
