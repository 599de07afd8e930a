//! The opening handshake (RFC 6455, section 4.2).

use async_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{endpoint::Endpoint, error_response::ErrorResponse, request_head::RequestHead, token};

/// The answer to a request for an upgrade.
#[derive(Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// The value of `Sec-WebSocket-Accept`.
    pub accept: String,
    /// The subprotocol that was chosen, if any.
    pub subprotocol: Option<String>,
    /// The requested path, for the actor.
    pub path: String,
    /// The query, for the actor. Without the token, which is the operator's secret.
    pub query: String,
}

impl Upgrade {
    /// The answer's bytes. They accept no extension, because the host supports none.
    pub fn response(&self) -> String {
        let mut response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {}\r\n",
            self.accept
        );
        if let Some(name) = &self.subprotocol {
            response += &format!("Sec-WebSocket-Protocol: {name}\r\n");
        }
        response + "\r\n"
    }
}

/// Checks a request for an upgrade. The order of the checks puts the most helpful error first.
///
/// # Errors
/// The first check that failed.
pub fn upgrade(request: &RequestHead<'_>, endpoint: &Endpoint) -> Result<Upgrade, ErrorResponse> {
    if request.method != "GET" {
        return Err(ErrorResponse::Method);
    }
    if request.path != endpoint.path && request.path != "/" {
        return Err(ErrorResponse::NotFound { path: endpoint.path.clone() });
    }
    if request.version != 1 {
        return Err(ErrorResponse::Bad("a WebSocket needs HTTP/1.1"));
    }
    if !request.has_token("Connection", "Upgrade") {
        return Err(ErrorResponse::Bad("the field `Connection: Upgrade` is missing"));
    }
    if request.field("Host").count() != 1 {
        return Err(ErrorResponse::Bad("exactly one field `Host` is needed"));
    }
    if !request.field("Sec-WebSocket-Version").eq([b"13".as_slice()]) {
        return Err(ErrorResponse::UpgradeRequired);
    }
    let mut keys = request.field("Sec-WebSocket-Key");
    let (Some(key), None) = (keys.next().filter(|key| is_key(key)), keys.next()) else {
        return Err(ErrorResponse::Bad(
            "the field `Sec-WebSocket-Key` must be 16 bytes in base64, once",
        ));
    };
    request.authorize(endpoint)?;
    if !may_connect(request, endpoint) {
        return Err(ErrorResponse::Origin);
    }
    let query = match endpoint.token {
        // The token is the operator's secret, so the actor does not see it.
        Some(_) => token::without_token(request.query),
        None => request.query.into(),
    };
    Ok(Upgrade {
        accept: derive_accept_key(key),
        subprotocol: choose(request, endpoint),
        path: request.path.into(),
        query,
    })
}

/// Whether this is 16 bytes in base64: 22 digits and two padding signs.
fn is_key(key: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.strip_suffix(b"==").is_some_and(|digits| digits.len() == 22 && digits.iter().all(digit))
}

/// Whether a browser may connect from this page. A request without `Origin` does not come from a
/// page. A client that can omit it could also forge it (RFC 6455, section 10.2).
fn may_connect(request: &RequestHead<'_>, endpoint: &Endpoint) -> bool {
    let Some(allowed) = &endpoint.origins else { return true };
    let mut origins = request.field("Origin");
    let Some(origin) = origins.next() else { return true };
    let own = || {
        let host = request.field("Host").next().unwrap_or_default();
        let origin_host = origin.strip_prefix(b"http://").or(origin.strip_prefix(b"https://"));
        origin_host.is_some_and(|found| found.eq_ignore_ascii_case(host))
    };
    let is_allowed = |entry: &String| match entry.as_str() {
        "self" => own(),
        entry => origin.eq_ignore_ascii_case(entry.as_bytes()),
    };
    origins.next().is_none() && allowed.iter().any(is_allowed)
}

/// The first of the client's subprotocols that the listener supports; clients list them by
/// preference. If there is none, none is chosen, and a browser then closes the connection.
fn choose(request: &RequestHead<'_>, endpoint: &Endpoint) -> Option<String> {
    let mut asked = request.list("Sec-WebSocket-Protocol");
    let known = |name: &[u8]| endpoint.subprotocols.iter().find(|own| own.as_bytes() == name);
    asked.find_map(known).cloned()
}

#[cfg(test)]
mod tests {
    use super::{super::request_head::*, *};
    use crate::server::config::Listener;

    /// The request of RFC 6455, section 1.2, with some text replaced.
    fn request(from: &str, to: &str) -> Vec<u8> {
        let request = "GET /ws HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
                       Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       Sec-WebSocket-Version: 13\r\n\r\n";
        assert!(request.contains(from), "{from}");
        request.replacen(from, to, 1).into_bytes()
    }

    /// A default listener with some changes.
    fn endpoint(change: impl FnOnce(&mut Listener)) -> Endpoint {
        let mut listener = Listener::new([127, 0, 0, 1].into(), 0);
        change(&mut listener);
        Endpoint::new(&listener).unwrap()
    }

    fn decide(bytes: &[u8]) -> Decision {
        super::super::request_head::decide(bytes, &endpoint(|_| {}))
    }

    fn refusal(from: &str, to: &str) -> ErrorResponse {
        match decide(&request(from, to)) {
            Decision::Refuse(refusal) => refusal,
            other => panic!("{from} as {to}: {other:?}"),
        }
    }

    #[test]
    fn the_rfcs_own_request_gets_the_rfcs_own_answer() {
        let mut bytes = request("", "");
        let len = bytes.len();
        bytes.extend(b"frames");
        let accept = String::from("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let (path, query) = ("/ws".into(), String::new());
        let upgrade = Upgrade { accept, subprotocol: None, path, query };
        assert_eq!(decide(&bytes), Decision::Upgrade { upgrade, len });
    }

    #[test]
    fn every_prefix_of_a_request_is_incomplete() {
        let bytes = request("", "");
        for len in 0..bytes.len() {
            assert_eq!(decide(&bytes[..len]), Decision::Incomplete, "{len} bytes");
        }
    }

    #[test]
    fn other_ways_to_write_the_same_request_are_accepted() {
        for (from, to) in [
            ("GET /ws ", "GET /ws?room=1&x=/y "),
            ("GET /ws ", "GET / "),
            ("Connection: Upgrade", "Connection: keep-alive, upgrade"),
            ("Connection: Upgrade", "connection: keep-alive\r\nCONNECTION: UPGRADE"),
            ("Upgrade: websocket", "Upgrade: h2c, WebSocket"),
            ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version:13 "),
            ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        ] {
            let decision = decide(&request(from, to));
            assert!(matches!(decision, Decision::Upgrade { .. }), "{to}: {decision:?}");
        }
    }

    #[test]
    fn each_mistake_has_its_status() {
        for (from, to, status) in [
            ("GET ", "POST ", 405),
            ("GET /ws ", "GET /other ", 404),
            ("GET /ws ", "GET /ws/ ", 404),
            ("Upgrade: websocket\r\n", "", 426),
            ("Upgrade: websocket", "Upgrade: h2c", 426),
            ("Version: 13", "Version: 8", 426),
            ("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13", 426),
            ("Sec-WebSocket-Version: 13\r\n", "", 426),
            ("HTTP/1.1", "HTTP/1.0", 400),
            ("HTTP/1.1", "HTTP/2", 400),
            ("Connection: Upgrade", "Connection: close", 400),
            ("Host: server.example.com\r\n", "", 400),
            ("Host: ", "Host: other\r\nHost: ", 400),
            ("dGhlIHNhbXBsZSBub25jZQ==", "", 400),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 400),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhl\"HNhbXBsZSBub25jZQ==", 400),
            ("Host: ", "Ho st: ", 400),
            ("Host: ", "Host: \0", 400),
        ] {
            let refusal = refusal(from, to);
            assert!(refusal.status().0 == status, "{from} as {to}: {refusal:?}");
        }
    }

    #[test]
    fn a_head_of_8_kib_is_taken_and_one_byte_more_is_not() {
        let room = MAX_BYTES - request("", "").len();
        let fits = format!("/ws?{} ", "x".repeat(room - 1));
        assert_eq!(request("/ws ", &fits).len(), MAX_BYTES);
        let decision = decide(&request("/ws ", &fits));
        assert!(matches!(decision, Decision::Upgrade { .. }), "{decision:?}");
        let too_long = format!("/ws?{} ", "x".repeat(room));
        assert_eq!(refusal("/ws ", &too_long), ErrorResponse::TooLarge);
        // A head without an end is refused as soon as 8 KiB have arrived.
        let endless = vec![b'a'; MAX_BYTES];
        assert_eq!(decide(&endless[..MAX_BYTES - 1]), Decision::Incomplete);
        assert_eq!(decide(&endless), Decision::Refuse(ErrorResponse::TooLarge));
    }

    #[test]
    fn sixty_four_fields_are_taken_and_one_more_is_not() {
        let fields = |n| "a:b\r\n".repeat(n) + "Host: server.example.com\r\n";
        let decision = decide(&request("Host: server.example.com\r\n", &fields(59)));
        assert!(matches!(decision, Decision::Upgrade { .. }), "{decision:?}");
        assert_eq!(refusal("Host: server.example.com\r\n", &fields(60)), ErrorResponse::TooLarge);
    }
}
