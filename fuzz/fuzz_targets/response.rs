//! Responses of an actor with any status, fields and content. What passes the check is sent as one
//! response with just the actor's own fields and those of the host, and its content ends where the head
//! says.
#![no_main]

use arbitrary::Arbitrary;
use footlight::{
    actor::response::{MAX_FIELD_BYTES, check},
    exchange::HttpResponse,
    server::actor_response::first_bytes,
};
use libfuzzer_sys::fuzz_target;

/// What an actor returns.
#[derive(Debug, Arbitrary)]
struct Returned {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    head_only: bool,
}

fuzz_target!(|returned: Returned| {
    let Returned { status, headers, body, head_only } = returned;
    let response = HttpResponse { status, headers, body };
    if let Err(error) = check(&response) {
        assert!(!error.to_string().is_empty());
        return;
    }
    let bytes = first_bytes(response.clone(), head_only);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("the head's end");
    let head = str::from_utf8(&bytes[..end]).expect("fields are text");
    let rest = &bytes[end + 4..];
    assert!(head.len() <= MAX_FIELD_BYTES + 4 * response.headers.len() + 256);
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap();
    assert!(first.starts_with(&format!("HTTP/1.1 {status} ")));
    let mut length = None;
    for line in lines {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
        let (name, value) = line.split_once(": ").expect("a field");
        if name == "Content-Length" {
            assert!(length.is_none(), "two lengths");
            length = Some(value.parse::<u64>().expect("a length"));
            continue;
        }
        if line == "X-Content-Type-Options: nosniff" {
            continue;
        }
        let own =
            |(own, text): &(String, String)| own == name && text.trim_matches([' ', '\t']) == value;
        assert!(response.headers.iter().any(own), "{line:?} is not the actor's");
        let lower = name.to_ascii_lowercase();
        assert!(lower != "transfer-encoding" && lower != "connection" && lower != "content-length");
    }
    let content = response.body.as_deref().unwrap_or_default();
    match status {
        204 | 304 => assert!(length.is_none() && rest.is_empty()),
        205 => assert!(length == Some(0) && rest.is_empty()),
        _ if head_only => assert!(rest.is_empty()),
        // A long content is not among the first bytes.
        _ => {
            assert_eq!(length, Some(content.len() as u64));
            assert!(rest.is_empty() || rest == content);
        }
    }
});
