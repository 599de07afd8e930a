//! `footlight dev` lets open pages load anew after a file of theirs has changed.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
};

use tempfile::TempDir;

use super::{dev::dev, versions::Version};
use crate::support::{PATIENCE, Server};

/// An actor with a page, in a folder.
pub fn with_page() -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let actor = Version::new(1).actor().config("static = \"page\"");
    actor.write(outer.path());
    let folder = outer.path().join("actor");
    fs::create_dir(folder.join("page")).unwrap();
    fs::write(folder.join("page/index.html"), "<p>one</p>").unwrap();
    fs::write(folder.join("page/style.css"), "p {}").unwrap();
    (outer, folder)
}

/// Sends a request. `{at}` in it stands for the address.
fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = request.replace("{at}", &address.to_string());
    socket.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes()).unwrap();
    socket
}

/// The answer to a request that was sent.
fn answer(mut socket: TcpStream) -> String {
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

/// The page with these header fields more.
fn page(address: SocketAddr, fields: &str) -> String {
    answer(send(address, &format!("GET / HTTP/1.1\r\nHost: {{at}}\r\n{fields}")))
}

/// The path of the channel, with the token that a page has.
fn channel(page: &str) -> String {
    let (_, rest) = page.split_once("fetch('").expect("the script");
    rest.split_once('\'').unwrap().0.to_owned()
}

/// Asks for the version after `seen`, as the script does.
fn ask(address: SocketAddr, channel: &str, seen: &str) -> TcpStream {
    let fields = "Host: {at}\r\nOrigin: http://{at}\r\nContent-Length: 0\r\n";
    send(address, &format!("POST {channel}{seen} HTTP/1.1\r\n{fields}"))
}

/// The version in an answer.
fn version(answer: &str) -> &str {
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.rsplit("\r\n").next().unwrap()
}

#[test]
fn an_open_page_learns_that_a_file_has_changed() {
    let (_outer, folder) = with_page();
    let server = dev(&folder, &[]);
    let address = server.address("actor");
    let first = page(address, "");
    assert!(first.contains("<p>one</p>\n<script>"), "{first}");
    let channel = channel(&first);
    let seen = answer(ask(address, &channel, ""));
    let waiting = ask(address, &channel, version(&seen));
    fs::write(folder.join("page/style.css"), "p { color: red }").unwrap();
    assert_ne!(version(&answer(waiting)), version(&seen));
    // A page that was away meanwhile learns it at once.
    assert_ne!(version(&answer(ask(address, &channel, version(&seen)))), version(&seen));
    // Its sockets stay, and so does the actor.
    assert_eq!(server.count("footlight: reloaded"), 0);
}

#[test]
fn nobody_but_the_listeners_own_pages_can_ask() {
    let (_outer, folder) = with_page();
    let server = dev(&folder, &[]);
    let address = server.address("actor");
    let channel = channel(&page(address, ""));
    let own = "Host: {at}\r\nOrigin: http://{at}\r\n";
    let status = |line: &str, fields: &str| {
        let request = format!("{line} HTTP/1.1\r\n{fields}Content-Length: 0\r\n");
        answer(send(address, &request)).split(' ').nth(1).unwrap().to_owned()
    };
    let post = format!("POST {channel}");
    assert_eq!(status(&post, own), "200");
    let other_token = channel.replace(|sign: char| sign.is_ascii_digit(), "x");
    assert_eq!(status(&format!("POST {other_token}"), own), "403");
    assert_eq!(status("POST /console/reload", own), "403");
    assert_eq!(status(&format!("GET {channel}"), own), "405");
    for fields in [
        "Host: {at}\r\n",
        "Host: {at}\r\nOrigin: null\r\n",
        "Host: {at}\r\nOrigin: http://evil.example\r\n",
        "Host: evil.example\r\nOrigin: http://evil.example\r\n",
    ] {
        assert_eq!(status(&post, fields), "403", "{fields}");
    }
    for proxy in ["Forwarded: for=x", "Via: 1.1 x", "X-Forwarded-For: x", "x-forwarded-proto: x"] {
        assert_eq!(status(&post, &format!("{own}{proxy}\r\n")), "403", "{proxy}");
        assert!(!page(address, &format!("{proxy}\r\n")).contains("<script>"), "{proxy}");
    }
    let foreign = answer(send(address, "GET / HTTP/1.1\r\nHost: evil.example\r\n"));
    assert!(foreign.ends_with("<p>one</p>"), "{foreign}");
}

#[test]
fn pages_are_sent_whole_in_dev_and_as_they_are_by_run() {
    let (_outer, folder) = with_page();
    let server = dev(&folder, &[]);
    let address = server.address("actor");
    let whole = page(address, "Range: bytes=0-1\r\nIf-None-Match: *\r\n");
    assert!(whole.starts_with("HTTP/1.1 200") && !whole.contains("ETag"), "{whole}");
    let style = "GET /style.css HTTP/1.1\r\nHost: {at}\r\n";
    assert!(answer(send(address, style)).ends_with("p {}"));
    server.stop();
    let mut command = crate::support::program();
    command.arg("run").arg(&folder);
    let server = Server::run(command, 1);
    let address = server.address("actor");
    assert!(page(address, "").ends_with("<p>one</p>"));
    let refused = answer(ask(address, "/console/reload?", ""));
    assert!(refused.starts_with("HTTP/1.1 405"), "{refused}");
}
