//! Redirects: what is sent where.

use wit_core::{HttpRequest, host::HttpError};

use super::{FOLLOW, Options, Server, client, get, ok, plain, send, text};
use crate::http_client::{request::Request, url::Url};

/// An answer that redirects.
fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Over There\r\nLocation: {to}\r\nContent-Length: 5\r\n\r\nthere")
}

#[test]
fn redirects_are_followed_to_where_the_manifest_allows() {
    let other = Server::saying(&[&ok("other")]);
    let server = Server::saying(&[&redirect(302, "/b"), &redirect(307, &other.url("/c")), ""]);
    let both = client(&[&server.url("/"), &other.url("/c")]);
    assert_eq!(text(&get(&both, &server.url("/a"))), "other");
    assert!(other.heads()[0].starts_with("GET /c HTTP/1.1\r\n"));
    let server = Server::saying(&[&redirect(302, "http://evil.example/")]);
    let outcome = get(&client(&[&server.url("/")]), &server.url("/"));
    let Err(HttpError::Denied(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("has no \"http://evil.example\"; add it there"), "{why}");
    // Out of the path that is allowed.
    let server = Server::saying(&[&redirect(302, "/api/../admin")]);
    let outcome = get(&client(&[&server.url("/api")]), &server.url("/api"));
    let Err(HttpError::Denied(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.ends_with("but not /admin"), "{why}");
}

#[test]
fn a_redirect_to_an_address_of_this_machine_by_a_name_is_refused() {
    // The name of the redirect leads to 127.0.0.1, and no grant says that it may.
    let server = Server::saying(&[&redirect(302, "http://inner.localhost/")]);
    let client = client(&[&server.url("/"), "http://inner.localhost"]);
    let outcome = get(&client, &server.url("/"));
    let Err(HttpError::Denied(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("inner.localhost leads to 127.0.0.1, an address of this machine; "));
}

#[test]
fn five_redirects_are_followed_and_not_six_and_no_circle_is_endless() {
    let mut answers: Vec<_> = (1..=5).map(|to| redirect(301, &format!("/{to}"))).collect();
    answers.push(ok("arrived"));
    let answers: Vec<_> = answers.iter().map(String::as_str).collect();
    let server = Server::saying(&answers);
    assert_eq!(text(&get(&client(&[&server.url("/")]), &server.url("/0"))), "arrived");
    assert!(server.heads()[5].starts_with("GET /5 "));
    let circle = redirect(302, "/");
    let server = Server::saying(&[&*circle; 6]);
    let outcome = get(&client(&[&server.url("/")]), &server.url("/"));
    assert_eq!(outcome, Err(HttpError::Failed("the servers redirect more than 5 times".into())));
    assert_eq!(server.heads().len(), 6);
}

#[test]
fn an_actor_that_wants_no_redirects_gets_them_as_answers() {
    let server = Server::saying(&[&redirect(302, "http://evil.example/")]);
    let options = Options { follows: false, ..FOLLOW };
    let outcome = send(&client(&[&server.url("/")]), plain("GET", &server.url("/")), options);
    assert_eq!((outcome.as_ref().unwrap().status, text(&outcome)), (302, "there"));
    // These are no redirects that can be followed.
    let bare = "HTTP/1.1 302 Where\r\nContent-Length: 2\r\n\r\n??";
    for (answer, status) in
        [(redirect(300, "/x"), 300), (redirect(305, "/x"), 305), (bare.into(), 302)]
    {
        let server = Server::saying(&[&answer]);
        let outcome = get(&client(&[&server.url("/")]), &server.url("/"));
        assert_eq!(outcome.unwrap().status, status);
    }
    let server = Server::saying(&[&redirect(302, "http://a b/")]);
    let outcome = get(&client(&[&server.url("/")]), &server.url("/"));
    assert!(matches!(outcome, Err(HttpError::Failed(_))), "{outcome:?}");
}

#[test]
fn method_and_body_change_as_rfc_9110_says() {
    for (status, method, expected) in [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (301, "GET", "GET"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (308, "PATCH", "PATCH"),
    ] {
        let headers = ["Content-Type", "CONTENT-Language", "X-Kept"];
        let headers = headers.map(|name| (name.to_owned(), "x".to_owned())).to_vec();
        let body = (method != "HEAD").then(|| b"body".to_vec());
        let request = HttpRequest { headers, body, ..plain(method, "http://a/") };
        let mut request = Request::new(request).unwrap();
        let before = request.clone();
        request.redirected(status, Url::parse("http://a/b").unwrap());
        assert_eq!(request.method, expected, "{status} {method}");
        assert_eq!(request.url.path, "/b");
        if method == expected || method == "HEAD" {
            let same_body = if status == 303 && method != "HEAD" { &None } else { &before.body };
            assert_eq!(&request.body, same_body, "{status} {method}");
        } else {
            assert_eq!(request.body, None);
            assert_eq!(request.fields, [("X-Kept".to_owned(), "x".to_owned())]);
        }
    }
}

#[test]
fn secrets_stay_with_the_origin_that_they_are_for() {
    for (to, kept) in [
        ("http://a/other", 3),
        ("http://a:80/", 3),
        ("http://a:81/", 1),
        ("https://a/", 1),
        ("http://b/", 1),
        ("http://sub.a/", 1),
    ] {
        let headers = [("Authorization", "x"), ("cookie", "y"), ("X-Kept", "z")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let request = HttpRequest { headers, ..plain("GET", "http://a/") };
        let mut request = Request::new(request).unwrap();
        request.redirected(307, Url::parse(to).unwrap());
        assert_eq!(request.fields.len(), kept, "{to}");
        // They don't come back.
        request.redirected(307, Url::parse("http://a/").unwrap());
        assert_eq!(request.fields.len(), kept, "{to}");
    }
}
