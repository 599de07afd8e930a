//! Files of the `static` folder: conditions, ranges and redirects (RFC 9110, sections 13 to 15).

use std::{fs, os::unix::fs::symlink, path::Path};

use super::{Answer, Connection, request};
use crate::support::{Server, guest};

/// A file of this project, which was not changed in the last few seconds. So it has validators.
const SETTLED: &str = "/LICENSE-MIT";

/// A server of this folder.
fn serve(folder: &Path) -> Server {
    Server::of(guest("events").config(&format!("static = {folder:?}")))
}

/// A server of this project's files.
fn serve_project() -> Server {
    serve(Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// The answer to GET on a connection of its own.
fn get(server: &Server, path: &str, fields: &str) -> Answer {
    Connection::open(server).ask(request(&format!("GET {path}"), fields))
}

#[test]
fn a_copy_that_is_current_is_not_sent_again_and_304_has_the_fields_of_200() {
    let server = serve_project();
    let whole = get(&server, SETTLED, "");
    let tag = whole.field("ETag").unwrap();
    let modified = whole.field("Last-Modified").unwrap();
    assert!(tag.starts_with('"'), "{tag}");
    for fields in [
        format!("If-None-Match: {tag}\r\n"),
        format!("If-None-Match: \"x\", W/{tag}\r\n"),
        "If-None-Match: *\r\n".into(),
        format!("If-Modified-Since: {modified}\r\n"),
    ] {
        let again = get(&server, SETTLED, &fields);
        assert_eq!((again.status, again.field("Content-Length")), (304, None), "{fields}");
        for name in ["ETag", "Last-Modified", "Cache-Control"] {
            assert_eq!(again.field(name), whole.field(name), "{fields}");
        }
        assert!(again.field("Date").is_some());
    }
    for (fields, status) in [
        (format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {modified}\r\n"), 200),
        (format!("If-Match: {tag}\r\n"), 200),
        ("If-Match: \"x\"\r\n".into(), 412),
        (format!("If-Unmodified-Since: {modified}\r\n"), 200),
        ("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n".into(), 412),
        (format!("If-Match: \"x\"\r\nIf-None-Match: {tag}\r\n"), 412),
    ] {
        assert_eq!(get(&server, SETTLED, &fields).status, status, "{fields}");
    }
    // Pages that are made for each request have no validators.
    assert_eq!(get(&server, "/healthz", "If-Match: \"x\"\r\n").status, 412);
    assert_eq!(get(&server, "/healthz", "If-None-Match: \"x\"\r\n").status, 200);
}

#[test]
fn a_file_that_was_changed_a_moment_ago_has_no_validators() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "one").unwrap();
    let server = serve(folder.path());
    let answer = get(&server, "/file", "");
    assert_eq!((answer.field("ETag"), answer.field("Last-Modified")), (None, None));
}

#[test]
fn one_range_is_sent_alone_and_what_is_no_range_gets_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "0123456789").unwrap();
    fs::write(folder.path().join("empty"), "").unwrap();
    let server = serve(folder.path());
    for (range, status, content_range, body) in [
        ("bytes=0-0", 206, Some("bytes 0-0/10"), "0"),
        ("bytes=2-4", 206, Some("bytes 2-4/10"), "234"),
        ("bytes=7-", 206, Some("bytes 7-9/10"), "789"),
        ("bytes=7-99", 206, Some("bytes 7-9/10"), "789"),
        ("bytes=-3", 206, Some("bytes 7-9/10"), "789"),
        ("bytes=-99", 206, Some("bytes 0-9/10"), "0123456789"),
        ("bytes=0-0,2-2", 200, None, "0123456789"),
        ("bytes=4-2", 200, None, "0123456789"),
        ("lines=0-1", 200, None, "0123456789"),
        ("nonsense", 200, None, "0123456789"),
    ] {
        let answer = get(&server, "/file", &format!("Range: {range}\r\n"));
        assert_eq!((answer.status, answer.field("Content-Range")), (status, content_range));
        assert_eq!(answer.body, body.as_bytes(), "{range}");
        assert_eq!(answer.field("Accept-Ranges"), Some("bytes"));
    }
    for (path, range, len) in
        [("/file", "bytes=10-", 10), ("/file", "bytes=-0", 10), ("/empty", "bytes=0-", 0)]
    {
        let answer = get(&server, path, &format!("Range: {range}\r\n"));
        assert_eq!(
            (answer.status, answer.field("Content-Range")),
            (416, Some(&*format!("bytes */{len}")))
        );
    }
    assert_eq!(get(&server, "/empty", "Range: bytes=-1\r\n").status, 200);
    let mut client = Connection::open(&server);
    client.send(request("HEAD /file", "Range: bytes=0-0\r\n"));
    let head = client.head();
    assert_eq!((head.status, head.field("Content-Length")), (200, Some("10")));
}

#[test]
fn a_range_of_another_version_gets_the_whole() {
    let server = serve_project();
    let whole = get(&server, SETTLED, "");
    let (tag, modified) = (whole.field("ETag").unwrap(), whole.field("Last-Modified").unwrap());
    for (version, status) in [
        (tag.to_owned(), 206),
        (modified.into(), 206),
        (format!("W/{tag}"), 200),
        ("\"x\"".into(), 200),
        ("Sun, 06 Nov 1994 08:49:37 GMT".into(), 200),
    ] {
        let answer = get(&server, SETTLED, &format!("If-Range: {version}\r\nRange: bytes=0-3\r\n"));
        assert_eq!(answer.status, status, "{version}");
        let len = if status == 206 { 4 } else { whole.body.len() };
        assert_eq!(answer.body, whole.body[..len]);
    }
}

#[test]
fn a_redirect_to_a_folder_is_relative_and_keeps_the_query() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["sub", "a:b", "with space", "sub/inner.d", "http:", "\u{e4}"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    symlink("sub", folder.path().join("link")).unwrap();
    let server = serve(folder.path());
    for (path, location) in [
        ("/sub", "sub/"),
        ("/sub?x=1", "sub/?x=1"),
        ("/sub?", "sub/"),
        ("/sub?a=/b?c&d=%0d%0a", "sub/?a=/b?c&d=%0d%0a"),
        ("/sub/inner.d", "inner.d/"),
        ("/a:b", "a%3Ab/"),
        ("/http:", "http%3A/"),
        ("/with%20space", "with%20space/"),
        ("/%c3%a4", "%C3%A4/"),
        ("/%73ub", "sub/"),
        ("/link", "link/"),
    ] {
        let answer = get(&server, path, "");
        assert_eq!((answer.status, answer.field("Location")), (301, Some(location)), "{path}");
        assert!(answer.body.is_empty());
    }
    for path in ["//sub", "//sub/", "/sub//inner.d", "//evil.example/..", "/\\evil.example"] {
        assert_eq!(get(&server, path, "").status, 404, "{path}");
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_sent_breaks_the_connection_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    fs::write(&path, vec![b'x'; 16 << 20]).unwrap();
    let server = serve(folder.path());
    let mut client = Connection::open(&server);
    client.send(request("GET /large", ""));
    // The head has come, and the kernels do not have room for all the rest.
    assert_eq!(client.head().field("Content-Length"), Some("16777216"));
    fs::File::options().write(true).open(&path).unwrap().set_len(1).unwrap();
    assert!(client.rest() < 16 << 20);
    server.wait_for(&["a page broke off"]);
}
