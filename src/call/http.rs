//! HTTP requests and responses in reports and in files of events.

use serde_json::{Map, Value};
use wit_core::{HttpRequest, HttpResponse, host::HttpError};

use super::{bytes::optional, step::Step};
use crate::{
    header_fields::{control, is_token},
    http_client::{
        Failure,
        answers::{Outcome, Question},
        url::Url,
    },
    state::json::{Mistake, Object, set, wrong},
};

/// A request.
pub(super) fn request(request: &HttpRequest) -> Value {
    let HttpRequest { method, uri, headers, body } = request;
    let mut object = Map::new();
    set(&mut object, "method", method.as_str().into());
    set(&mut object, "uri", uri.as_str().into());
    with_content(object, headers, body.as_deref())
}

/// A response.
pub(super) fn response(response: &HttpResponse) -> Value {
    let HttpResponse { status, headers, body } = response;
    let mut object = Map::new();
    set(&mut object, "status", (*status).into());
    with_content(object, headers, body.as_deref())
}

/// Adds header fields, as a list of names and values, and the content.
fn with_content(
    mut object: Map<String, Value>,
    fields: &[(String, String)],
    body: Option<&[u8]>,
) -> Value {
    let mut pairs = Vec::new();
    for (name, value) in fields {
        pairs.push(Value::Array(vec![name.as_str().into(), value.as_str().into()]));
    }
    set(&mut object, "headers", pairs.into());
    set(&mut object, "body", optional(body));
    object.into()
}

/// What a server answered: a key and its value.
pub(super) fn outcome(outcome: &Outcome) -> (&'static str, Value) {
    match outcome {
        Ok(response) => ("response", self::response(response)),
        Err(error) => ("error", Failure(error.clone()).to_string().into()),
    }
}

/// Makes a step of a request to the actor.
///
/// # Errors
/// What is wrong with it.
pub(super) fn step(request: HttpRequest) -> Result<Step, String> {
    let HttpRequest { method, uri, .. } = &request;
    if !is_token(method) {
        return Err(format!("{method:?} is no method such as GET"));
    }
    let is_visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    if !uri.starts_with('/') || !uri.bytes().all(is_visible) {
        return Err(format!("{uri:?} is no path such as /api?a=b, with escapes such as %20"));
    }
    Ok(Step::Request(request))
}

/// Reads a request to the actor from a line: `{"method": "POST", "path": "/api", "query": "a=b",
/// "headers": {"accept": "text/plain"}, "body": "text"}`.
pub(super) fn read_request(line: &Object<'_>) -> Result<Step, String> {
    let mut uri = line.text("path")?.unwrap_or("/").to_owned();
    if let Some(query) = line.text("query")? {
        uri = uri + "?" + query;
    }
    let request = HttpRequest {
        method: line.text("method")?.unwrap_or("GET").into(),
        uri,
        headers: read_fields(line)?,
        body: line.bytes("body")?.map(Vec::from),
    };
    step(request)
}

/// Reads the answer of a server: `{"status": 200, "headers": {…}, "body": …}`, or `{"error": …}`, or
/// only the content. `key` says what it answers: an address, with or without a method before it.
pub(super) fn read_answer(key: &str, value: &Value) -> Result<Step, String> {
    let (method, url) = match key.split_once(' ') {
        Some((method, url)) => (Some(method.to_owned()), url),
        None => (None, key),
    };
    let url = Url::parse(url).map_err(|error| String::from(wrong(key, &error.to_string())))?;
    let answer = if value.is_null() {
        None
    } else if let Some(text) = value.as_str() {
        Some(Ok(HttpResponse { status: 200, headers: Vec::new(), body: Some(text.into()) }))
    } else {
        Some(read_outcome(&Object::new(value, key)?)?)
    };
    Ok(Step::Server(Question { method, url }, answer))
}

/// Reads an answer that is an object.
fn read_outcome(object: &Object<'_>) -> Result<Outcome, Mistake> {
    if let Some(error) = object.text("error")? {
        object.only(&["error"])?;
        return Ok(Err(match error {
            "timed-out" => HttpError::TimedOut,
            "too-large" => HttpError::TooLarge,
            "interrupted" => HttpError::Interrupted,
            "unresolved" => HttpError::Unresolved("it has no address".into()),
            text => HttpError::Failed(text.into()),
        }));
    }
    object.only(&["status", "headers", "body"])?;
    let status = object.number("status", 999)?.unwrap_or(200);
    Ok(Ok(HttpResponse {
        status: u16::try_from(status).unwrap_or(200),
        headers: read_fields(object)?,
        body: Some(object.bytes("body")?.unwrap_or_default().into()),
    }))
}

/// Reads header fields: an object, or a list of names and values. Names are in lower case, as the host
/// gives them to actors.
fn read_fields(object: &Object<'_>) -> Result<Vec<(String, String)>, Mistake> {
    let Some(value) = object.get("headers") else { return Ok(Vec::new()) };
    let problem = "is neither an object of names and values nor a list of [name, value]";
    let wrong = || object.mistake("headers", problem);
    let mut fields = Vec::new();
    let mut add = |name: &str, value: Option<&Value>| {
        let value = value.and_then(Value::as_str).filter(|value| control(value).is_none())?;
        is_token(name).then(|| fields.push((name.to_ascii_lowercase(), value.to_owned())))
    };
    if let Some(map) = value.as_object() {
        for (name, value) in map {
            add(name, Some(value)).ok_or_else(wrong)?;
        }
    } else {
        for pair in value.as_array().ok_or_else(wrong)? {
            let name = pair.get(0).and_then(Value::as_str).unwrap_or_default();
            add(name, pair.get(1)).ok_or_else(wrong)?;
        }
    }
    Ok(fields)
}
