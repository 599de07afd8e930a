//! One request and its answer on a connection (RFC 9112). The library turns them into bytes and
//! back. Here the bytes are read and written, and their number is bounded.

use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use ureq_proto::{
    BodyMode,
    client::{
        Await100Result, Call, RecvResponseResult, SendRequestResult,
        state::{Prepare, RecvBody, RecvResponse},
    },
    http,
};
use wit_core::{HttpResponse, host::HttpError};

use super::{failure::Failure, request::Request, stream::Stream};
use crate::convert::to_u64;

/// The most bytes of a request's head: of its address, its fields and the host's own.
const MAX_REQUEST_HEAD: usize = 20 << 10;
/// The most bytes of an answer's head, with the heads of interim answers before it.
const MAX_HEAD: usize = 16 << 10;
/// How much is read at once, in bytes.
const CHUNK: usize = 8 << 10;
/// The most bytes of chunks' heads and trailers, for each byte of content that is allowed.
const MAX_OVERHEAD: u64 = 8;

/// What servers see of the program.
const USER_AGENT: &str = concat!("footlight/", env!("CARGO_PKG_VERSION"));

/// Sends a request and reads its answer, whose content has at most `max_body` bytes. If
/// `skips_redirects` is set, the content of a redirect is not read.
///
/// # Errors
/// The connection broke, the answer is no HTTP, or it is too large.
pub async fn exchange(
    stream: &mut dyn Stream,
    request: &Request,
    max_body: usize,
    skips_redirects: bool,
) -> Result<HttpResponse, Failure> {
    let receiving = send(stream, request).await?;
    let mut input = Input { stream, buffer: Vec::new(), ended: false };
    let (call, head) = read_head(&mut input, receiving).await?;
    let mut response = HttpResponse {
        status: head.status().as_u16(),
        headers: head.headers().iter().map(field).collect(),
        body: None,
    };
    if skips_redirects && location(&response).is_some() {
        return Ok(response);
    }
    if let Some(RecvResponseResult::RecvBody(call)) = call.proceed() {
        response.body = Some(read_body(&mut input, call, max_body).await?);
    } else if request.method != "HEAD" {
        response.body = Some(Vec::new());
    }
    Ok(response)
}

/// Where an answer redirects to, if it is a redirect that can be followed without asking.
pub(super) fn location(response: &HttpResponse) -> Option<&str> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = |(name, _): &&(String, String)| name == "location";
    response.headers.iter().find(location).map(|(_, value)| &**value)
}

/// Makes the library's form of a request.
fn prepare(request: &Request) -> Result<Call<Prepare>, Failure> {
    let mut builder = http::Request::builder()
        .method(&*request.method)
        .uri(request.url.to_string())
        .header("connection", "close");
    let has = |name: &str| request.fields.iter().any(|(one, _)| one.eq_ignore_ascii_case(name));
    if !has("user-agent") {
        builder = builder.header("user-agent", USER_AGENT);
    }
    for (name, value) in &request.fields {
        builder = builder.header(name, value.as_bytes());
    }
    // Methods that mean something by their content tell its length even if there is none.
    let expected = matches!(&*request.method, "POST" | "PUT" | "PATCH");
    if request.body.is_some() || expected {
        let length = request.body.as_ref().map_or(0, Vec::len);
        builder = builder.header("content-length", length);
    }
    let head = builder.body(()).map_err(|error| Failure::failed(error.to_string()))?;
    let mut call = Call::new(head).map_err(not_http)?;
    call.allow_non_standard_methods(true);
    if request.body.is_some() {
        call.force_send_body();
    }
    Ok(call)
}

/// Sends a request.
async fn send(stream: &mut dyn Stream, request: &Request) -> Result<Call<RecvResponse>, Failure> {
    let mut call = prepare(request)?.proceed();
    let mut head = vec![0; MAX_REQUEST_HEAD];
    let mut filled = 0;
    while !call.can_proceed() {
        let room = head.get_mut(filled..).unwrap_or_default();
        filled += call.write(room).map_err(not_http)?;
    }
    stream.write_all(head.get(..filled).unwrap_or_default()).await?;
    let sent = call.proceed().map_err(not_http)?;
    let mut call = match sent.ok_or_else(confused)? {
        SendRequestResult::RecvResponse(call) => {
            stream.flush().await?;
            return Ok(call);
        }
        SendRequestResult::SendBody(call) => call,
        SendRequestResult::Await100(call) => match call.proceed().map_err(not_http)? {
            Await100Result::SendBody(call) => call,
            Await100Result::RecvResponse(call) => return Ok(call),
        },
    };
    let body = request.body.as_deref().unwrap_or_default();
    // A server may refuse a request and hang up before it has read all. Its answer says why.
    let written = async {
        stream.write_all(body).await?;
        stream.flush().await
    };
    let _ = written.await;
    call.consume_direct_write(body.len()).map_err(not_http)?;
    call.proceed().ok_or_else(confused)
}

/// The bytes that a server sends.
struct Input<'s> {
    stream: &'s mut dyn Stream,
    /// What was read and not used yet.
    buffer: Vec<u8>,
    /// Whether the server has sent all.
    ended: bool,
}

impl Input<'_> {
    /// Reads more.
    async fn read(&mut self) -> Result<(), Failure> {
        let start = self.buffer.len();
        self.buffer.resize(start + CHUNK, 0);
        let read = self.stream.read(self.buffer.get_mut(start..).unwrap_or_default()).await;
        let bytes = *read.as_ref().unwrap_or(&0);
        self.buffer.truncate(start + bytes);
        self.ended = bytes == 0;
        // Many servers end TLS without saying so, and a reset may follow a complete answer.
        match read {
            Err(error) if !is_end(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Forgets bytes that were used.
    fn used(&mut self, bytes: usize) {
        self.buffer.drain(..bytes.min(self.buffer.len()));
    }
}

/// Whether an error tells only that the server sends no more.
fn is_end(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted)
}

/// Reads the head of the answer. Interim answers before it are left out.
async fn read_head(
    input: &mut Input<'_>,
    mut call: Call<RecvResponse>,
) -> Result<(Call<RecvResponse>, http::Response<()>), Failure> {
    let mut left = MAX_HEAD;
    loop {
        let (used, head) = call.try_response(&input.buffer, false).map_err(not_http)?;
        input.used(used);
        left = left.saturating_sub(used);
        match head {
            Some(head) if head.status() == http::StatusCode::SWITCHING_PROTOCOLS => {
                return Err(Failure::failed("the server changes to another protocol"));
            }
            Some(head) => return Ok((call, head)),
            None if used > 0 => continue,
            None if input.buffer.len() >= left => {
                return Err(Failure::failed(format!(
                    "the head of the answer has more than {MAX_HEAD} bytes"
                )));
            }
            None if input.ended => {
                return Err(Failure::failed("the server hung up before it answered"));
            }
            None => input.read().await?,
        }
    }
}

/// Reads the content of the answer.
async fn read_body(
    input: &mut Input<'_>,
    mut call: Call<RecvBody>,
    max: usize,
) -> Result<Vec<u8>, Failure> {
    let mode = call.body_mode();
    if matches!(mode, BodyMode::LengthDelimited(length) if length > to_u64(max)) {
        return Err(Failure(HttpError::TooLarge));
    }
    let (mut body, mut piece) = (Vec::new(), vec![0; CHUNK]);
    let mut left = to_u64(max).saturating_mul(MAX_OVERHEAD).saturating_add(to_u64(MAX_HEAD));
    loop {
        let (used, made) = call.read(&input.buffer, &mut piece).map_err(not_http)?;
        body.extend_from_slice(piece.get(..made).unwrap_or_default());
        input.used(used);
        left = left.saturating_sub(to_u64(used));
        let is_over = mode != BodyMode::CloseDelimited && call.can_proceed();
        if body.len() > max || left == 0 {
            return Err(Failure(HttpError::TooLarge));
        } else if is_over {
            return Ok(body);
        } else if used > 0 {
            continue;
        } else if input.ended && mode == BodyMode::CloseDelimited {
            return Ok(body);
        } else if input.ended {
            return Err(Failure::failed("the server hung up in the middle of its answer"));
        } else if input.buffer.len() > MAX_HEAD {
            return Err(Failure::failed("the answer's chunks are no HTTP"));
        }
        input.read().await?;
    }
}

/// A field as text. Bytes that are not UTF-8 become `U+FFFD`.
fn field((name, value): (&http::HeaderName, &http::HeaderValue)) -> (String, String) {
    (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The failure for an answer that the library refuses.
fn not_http(error: ureq_proto::Error) -> Failure {
    Failure::failed(format!("the answer is no HTTP that can be read: {error}"))
}

/// The failure for a state of the library that should not be.
fn confused() -> Failure {
    Failure::failed("the request could not be sent as a whole")
}
