//! `footlight:host/http` and Theater's `http-client`: requests to other servers.

use std::time::Duration;

use wit_core::{
    HttpRequest, HttpResponse, Shape,
    host::{
        Flat::{self, I32},
        HttpError, LoweredResult, Parameters,
        http::{MostFields, RequestRef},
    },
};

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{
    actor::{effects::Effect, host_calls::HostCalls},
    http_client::{
        Failure, Http, Options, Request,
        request::{MAX_FIELD_BYTES, MAX_FIELDS},
    },
    interfaces::{HTTP, HTTP_CLIENT},
};

/// The result of `fetch`.
type Fetched = Result<HttpResponse, HttpError>;
/// The result of `fetch-later`.
type Asked = Result<(), HttpError>;
/// The result of Theater's `send-http` where it has one.
type Sent = Result<HttpResponse, String>;

/// The functions. There are two rows for `send-http`, told apart by the module's shape.
pub(crate) const ROWS: &[Import] = &[
    row(&HTTP, "fetch", "asks a server", &FETCH, Kind::suspending::<Fetched>(fetch)),
    row(
        &HTTP,
        "fetch-later",
        "asks a server for an event",
        &LATER,
        Kind::suspending::<Asked>(fetch_later),
    ),
    row(
        &HTTP,
        "answer",
        "reads a server's answer",
        &[],
        Kind::suspending::<Option<Fetched>>(answer),
    ),
    Import {
        interface: &HTTP_CLIENT,
        name: "send-http",
        role: "asks a server",
        shapes: &[Shape::Guide, Shape::Typed],
        params: &REQUEST,
        kind: Kind::suspending::<HttpResponse>(send_plainly),
    },
    Import {
        interface: &HTTP_CLIENT,
        name: "send-http",
        role: "asks a server",
        shapes: &[Shape::Result, Shape::Renamed],
        params: &REQUEST,
        kind: Kind::suspending::<Sent>(send),
    },
];

/// The flat form of a request: method, URI, fields and body.
const REQUEST: [Flat; 9] = [I32; 9];
/// A request, and options of which two may be missing.
const FETCH: [Flat; 14] = [I32; 14];
/// A tag before them.
const LATER: [Flat; 16] = [I32; 16];

/// What is read of a request's fields.
const MOST: MostFields = MostFields { count: MAX_FIELDS, bytes: MAX_FIELD_BYTES };
/// The cost of passing a request to a connection of its own.
const HANDED_OVER: u64 = 100_000;
/// The least that a request counts for in `limits.effects`: about what its connection needs. It
/// limits the number of requests of a call.
const REQUEST_BYTES: usize = 4096;

/// `fetch: func(request: request, options: options) -> result<response, error>`
fn fetch<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let request = call.parameters.request("request", MOST)?;
    let options = lift_options(&mut call.parameters)?;
    let (host, result) = call.end::<Fetched>("result", HANDED_OVER)?;
    wait(host, &request, options, move |fetched| result.lower(fetched.map_err(HttpError::from)))
}

/// `send-http: func(req: http-request) -> http-response`: this form can't return an error.
fn send_plainly<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let request = call.parameters.request("req", MOST)?;
    let (host, result) = call.end::<HttpResponse>("result", HANDED_OVER)?;
    wait(host, &request, DEFAULT, move |fetched| result.lower(fetched.unwrap_or_else(as_gateway)))
}

/// `send-http: func(req: http-request) -> result<http-response, string>`
fn send<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let request = call.parameters.request("req", MOST)?;
    let (host, result) = call.end::<Sent>("result", HANDED_OVER)?;
    wait(host, &request, DEFAULT, move |fetched| {
        result.lower(fetched.map_err(|failure| failure.to_string()))
    })
}

/// What Theater's actors can't say.
const DEFAULT: Options = Options { wait: None, max_body: None, follows: true };

/// Sends a request and waits for its answer. `lower` makes the result of the import.
fn wait<'h>(
    host: &'h mut HostCalls,
    request: &RequestRef<'_>,
    options: Options,
    lower: impl FnOnce(Result<HttpResponse, Failure>) -> LoweredResult + Send + 'h,
) -> Result<Step<'h>, Trap> {
    let checked = check(host, request)?;
    let http = http(host)?;
    let request = match checked {
        Ok(request) => request,
        Err(failure) => return Ok(Step::Refused(lower(Err(failure)))),
    };
    Ok(Step::wait(async move { Ok(lower(http.fetch(request, options).await)) }))
}

/// `fetch-later: func(tag: string, request: request, options: options) -> result<_, error>`
fn fetch_later<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let tag = call.parameters.text("tag")?;
    let request = call.parameters.request("request", MOST)?;
    let options = lift_options(&mut call.parameters)?;
    let (host, result) = call.end::<Asked>("result", HANDED_OVER)?;
    let asked = match check(host, &request)? {
        Ok(request) => ask(host, tag, request, options)?,
        Err(failure) => Err(failure),
    };
    Ok(Step::done(result, asked.map_err(HttpError::from)))
}

/// Requests a request.
fn ask(
    host: &mut HostCalls,
    tag: &str,
    request: Request,
    options: Options,
) -> Result<Result<(), Failure>, Trap> {
    let longest = host.longest_tag();
    if tag.len() > longest {
        let text = format!("the tag has more than {longest} bytes (`limits.tag`)");
        return Ok(Err(Failure(HttpError::Invalid(text))));
    }
    let http = http(host)?;
    let asked = http.ask(tag, request, options);
    if let Err(failure) = &asked {
        http.refused(failure);
    }
    Ok(asked.map(|asked| host.transaction.add(Effect::Fetch(asked))))
}

/// `answer: func() -> option<result<response, error>>`
fn answer<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (host, result) = call.end::<Option<Fetched>>("result", 0)?;
    let answered = host.answered.as_ref().map(|answered| answered.outcome.clone());
    Ok(Step::Done(result.lower(answered)))
}

/// Lifts `options`.
fn lift_options(parameters: &mut Parameters<'_, [u8]>) -> Result<Options, Trap> {
    let wait = parameters.optional_u32("options")?;
    let max_body = parameters.optional_u32("options")?;
    Ok(Options {
        wait: wait.map(|millis| Duration::from_millis(millis.into())),
        max_body: max_body.map(|size| usize::try_from(size).unwrap_or(usize::MAX)),
        follows: parameters.boolean(),
    })
}

/// What the actor may ask. It is a trap to call these functions without it.
fn http(host: &HostCalls) -> Result<&Http, Trap> {
    let none = || Trap::Host(crate::http_client::config::TYPE.not_granted());
    host.http.as_ref().ok_or_else(none)
}

/// Pays for a request, copies it out of the guest and checks it. A refusal is counted and logged.
fn check(host: &mut HostCalls, request: &RequestRef<'_>) -> Result<Result<Request, Failure>, Trap> {
    let checked = pay_and_check(host, request);
    let http = http(host)?;
    if let Err(failure) = &checked {
        http.refused(failure);
    }
    Ok(checked)
}

/// Pays for a request, copies it out of the guest and checks it.
fn pay_and_check(host: &mut HostCalls, request: &RequestRef<'_>) -> Result<Request, Failure> {
    let RequestRef { method, uri, headers, body } = request;
    let Some(headers) = headers else {
        let text =
            format!("it has more than {MAX_FIELDS} header fields or {MAX_FIELD_BYTES} bytes");
        return Err(Failure(HttpError::Invalid(text)));
    };
    let body_bytes = body.map_or(0, <[u8]>::len);
    let bytes = method.len().saturating_add(uri.len()).saturating_add(body_bytes);
    let paid = host.transaction.budget.pay(bytes.saturating_add(REQUEST_BYTES));
    paid.map_err(|_| Failure(HttpError::Limit))?;
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Request::new(HttpRequest {
        method: (*method).to_owned(),
        uri: (*uri).to_owned(),
        headers: headers.iter().map(owned).collect(),
        body: body.map(<[u8]>::to_vec),
    })
}

/// The answer that a gateway gives if it has none (RFC 9110, section 15.6; RFC 9209).
fn as_gateway(failure: Failure) -> HttpResponse {
    let status = if failure.0 == HttpError::TimedOut { 504 } else { 502 };
    let field = |name: &str, value: String| (name.to_owned(), value);
    HttpResponse {
        status,
        headers: vec![
            field("proxy-status", format!("footlight; error={}", failure.proxy_status())),
            field("content-type", "text/plain; charset=utf-8".into()),
        ],
        body: Some(failure.to_string().into_bytes()),
    }
}
