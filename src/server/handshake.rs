//! The opening handshake (RFC 6455, section 4.2).

use async_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{
    endpoint::Endpoint, error_response::ErrorResponse, framing::Framing, request_head::RequestHead,
    token,
};

/// The most bytes of a client's subprotocols that the log shows.
const MAX_SHOWN: usize = 100;

/// The answer to a request for an upgrade.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Upgrade {
    /// The value of `Sec-WebSocket-Accept`, which proves that the key was read.
    pub accept: String,
    /// What was chosen of the client's; `None` if nothing.
    pub subprotocol: Option<String>,
    /// What the client asked for, at most [`MAX_SHOWN`] bytes of it, if nothing was chosen. For the
    /// log.
    pub unagreed: Option<String>,
    /// The requested path, for the actor.
    pub path: String,
    /// The query, for the actor. Without the token, which is the operator's secret.
    pub query: String,
}

impl Upgrade {
    /// The answer's bytes. They accept no extension, because the host supports none.
    pub(crate) fn response(&self) -> String {
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

/// Checks a request of HTTP/1.1 for an upgrade. The order of the checks puts the most helpful error first.
///
/// # Errors
/// The first check that failed.
pub(crate) fn upgrade(
    request: &RequestHead<'_>,
    framing: Framing,
    endpoint: &Endpoint,
) -> Result<Upgrade, ErrorResponse> {
    if request.method != "GET" {
        return Err(ErrorResponse::Method);
    }
    if request.path != endpoint.path && request.path != "/" {
        return Err(ErrorResponse::NotFound { path: endpoint.path.clone() });
    }
    if !request.has_token("Connection", "Upgrade") {
        return Err(ErrorResponse::Bad("the field `Connection: Upgrade` is missing"));
    }
    // The bytes of a body would be taken for frames.
    if framing != Framing::Length(0) {
        return Err(ErrorResponse::Bad("a request for a WebSocket has no body"));
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
    endpoint.authorize(request)?;
    if !endpoint.access.may_connect(request) {
        return Err(ErrorResponse::Origin);
    }
    let query = match endpoint.token {
        // The token is the operator's secret, so the actor does not see it.
        Some(_) => token::without_token(request.query),
        None => request.query.into(),
    };
    let subprotocol = choose(request, endpoint);
    Ok(Upgrade {
        accept: derive_accept_key(key),
        unagreed: if subprotocol.is_none() { asked(request) } else { None },
        subprotocol,
        path: request.path.into(),
        query,
    })
}

/// Whether this is 16 bytes in base64: 22 digits and two padding signs.
fn is_key(key: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.strip_suffix(b"==").is_some_and(|digits| digits.len() == 22 && digits.iter().all(digit))
}

/// The first of the client's subprotocols that the listener supports; clients list them by
/// preference. If there is none, none is chosen, and a browser then closes the connection.
fn choose(request: &RequestHead<'_>, endpoint: &Endpoint) -> Option<String> {
    let mut asked = request.list("Sec-WebSocket-Protocol");
    let known = |name: &[u8]| endpoint.subprotocols.iter().find(|own| own.as_bytes() == name);
    asked.find_map(known).cloned()
}

/// The subprotocols that a client asks for, cut off at [`MAX_SHOWN`] bytes. `None` if there are none.
fn asked(request: &RequestHead<'_>) -> Option<String> {
    let mut all = request.list("Sec-WebSocket-Protocol").collect::<Vec<_>>().join(&b", "[..]);
    all.truncate(MAX_SHOWN);
    (!all.is_empty()).then(|| String::from_utf8_lossy(&all).into_owned())
}
