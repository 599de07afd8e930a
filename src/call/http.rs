//! HTTP requests and responses in reports.

use serde_json::{Map, Value};
use wit_core::{HttpRequest, HttpResponse};

use super::bytes::optional;

/// A request.
pub(super) fn request(request: &HttpRequest) -> Value {
    let HttpRequest { method, uri, headers, body } = request;
    let mut object = Map::new();
    object.insert("method".into(), method.as_str().into());
    object.insert("uri".into(), uri.as_str().into());
    add_content(&mut object, headers, body.as_deref());
    object.into()
}

/// A response.
pub(super) fn response(response: &HttpResponse) -> Value {
    let HttpResponse { status, headers, body } = response;
    let mut object = Map::new();
    object.insert("status".into(), (*status).into());
    add_content(&mut object, headers, body.as_deref());
    object.into()
}

/// Adds header fields, as a list of names and values, and the content.
fn add_content(object: &mut Map<String, Value>, fields: &[(String, String)], body: Option<&[u8]>) {
    let pair = |(name, value): &(String, String)| {
        Value::Array(vec![name.as_str().into(), value.as_str().into()])
    };
    object.insert("headers".into(), Value::Array(fields.iter().map(pair).collect()));
    object.insert("body".into(), optional(body));
}
