//! Requests to servers.

use rquickjs::{Ctx, Error, Object, Result, Value};

use super::{array, bytes, outcome::pairs, refuse};
use crate::{
    bindings::footlight::host::http::{self, Error as Refusal, Options, Request, Response},
    event::ready,
};

/// An error's code, and what it means.
pub fn explain(refusal: Refusal) -> (&'static str, String) {
    match refusal {
        Refusal::Denied(why) => ("denied", why),
        Refusal::Invalid(why) => ("invalid", why),
        Refusal::Unresolved(why) => ("unresolved", why),
        Refusal::TimedOut => ("timed-out", "it took too long; the server may have got the request".into()),
        Refusal::TooLarge => ("too-large", "the answer is larger than maxBody, or limits.fetch_response".into()),
        Refusal::Limit => (
            "limit",
            "the event has asked for more than limits.effects allows, or limits.fetches requests wait".into(),
        ),
        Refusal::Interrupted => (
            "interrupted",
            "the host was stopped before the answer came; the server may have got the request".into(),
        ),
        Refusal::Failed(why) => ("failed", why),
    }
}

fn refused(ctx: &Ctx<'_>, what: &str, refusal: Refusal) -> Error {
    let (code, why) = explain(refusal);
    refuse(ctx, code, &format!("{what}: {why}"))
}

/// An answer for the glue.
pub fn response<'js>(ctx: &Ctx<'js>, answer: Response) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("status", answer.status)?;
    let headers = answer.headers.into_iter().flat_map(|(name, value)| [name, value]);
    object.set("headers", headers.collect::<Vec<_>>())?;
    if let Some(body) = answer.body {
        object.set("body", array(ctx, body)?)?;
    }
    Ok(object)
}

/// What the glue has made of an address and options.
fn request<'js>(ctx: &Ctx<'js>, raw: &Object<'js>) -> Result<(Request, Options)> {
    let body: Option<Value<'js>> = raw.get("body")?;
    let request = Request {
        method: raw.get("method")?,
        uri: raw.get("uri")?,
        headers: pairs(raw.get("headers")?),
        body: body.map(|body| bytes(ctx, &body)).transpose()?,
    };
    let options = Options {
        timeout_ms: raw.get::<_, Option<f64>>("timeout")?.map(whole),
        max_body: raw.get::<_, Option<f64>>("maxBody")?.map(whole),
        follow_redirects: raw.get("follow")?,
    };
    Ok((request, options))
}

/// A number of milliseconds or bytes. The host has limits far below the largest.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u32 {
    number as u32
}

pub fn fetch<'js>(ctx: Ctx<'js>, raw: Object<'js>) -> Result<Object<'js>> {
    ready(&ctx, "fetch")?;
    let (request, options) = request(&ctx, &raw)?;
    let answer = http::fetch(&request, options).map_err(|why| refused(&ctx, "fetch", why))?;
    response(&ctx, answer)
}

pub fn fetch_later<'js>(ctx: Ctx<'js>, tag: String, raw: Object<'js>) -> Result<()> {
    ready(&ctx, "fetchLater")?;
    let (request, options) = request(&ctx, &raw)?;
    http::fetch_later(&tag, &request, options).map_err(|why| refused(&ctx, "fetchLater", why))
}
