//! The clients, and the alarm.

use rquickjs::{Ctx, Error, Object, Result, Value};

use super::{bytes, refuse};
use crate::{
    bindings::footlight::host::{
        alarm,
        connections::{self, ConnectionId, Payload, Refusal},
    },
    event::ready,
};

/// A client's number. The glue has it from the host.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn number(id: f64) -> ConnectionId {
    id as ConnectionId
}

fn refused(ctx: &Ctx<'_>, what: &str, refusal: Refusal) -> Error {
    let (code, why) = match refusal {
        Refusal::Gone => ("gone", "the client is gone".into()),
        Refusal::Full(waiting) => {
            ("full", format!("{waiting} bytes wait for the client; more would exceed limits.outbox"))
        }
        Refusal::Limit => ("limit", "the event has asked for more than limits.effects allows".into()),
        Refusal::Invalid => ("invalid", "the host refuses the value: see limits.tag, limits.tags, limits.attachment, and the close codes in RFC 6455".into()),
    };
    refuse(ctx, code, &format!("{what}: {why}"))
}

/// A text, or bytes.
fn payload(ctx: &Ctx<'_>, value: &Value<'_>) -> Result<Payload> {
    match value.as_string() {
        Some(text) => Ok(Payload::Text(text.to_string()?)),
        None => bytes(ctx, value).map(Payload::Binary),
    }
}

pub fn info<'js>(ctx: Ctx<'js>, id: f64) -> Result<Option<Object<'js>>> {
    ready(&ctx, "client.info")?;
    let Some(known) = connections::info(number(id)) else { return Ok(None) };
    let info = Object::new(ctx)?;
    info.set("peer", known.peer)?;
    info.set("path", known.path)?;
    info.set("query", known.query)?;
    info.set("subprotocol", known.subprotocol)?;
    info.set("connectedSince", known.connected_since as f64)?;
    Ok(Some(info))
}

pub fn list(ctx: Ctx<'_>, tag: Option<String>) -> Result<Vec<f64>> {
    ready(&ctx, "clients")?;
    Ok(connections::list(tag.as_deref()).into_iter().map(|id| id as f64).collect())
}

pub fn send<'js>(ctx: Ctx<'js>, id: f64, data: Value<'js>) -> Result<u32> {
    ready(&ctx, "client.send")?;
    let data = payload(&ctx, &data)?;
    connections::send(number(id), &data).map_err(|refusal| refused(&ctx, "client.send", refusal))
}

pub fn broadcast<'js>(
    ctx: Ctx<'js>,
    tag: Option<String>,
    data: Value<'js>,
    except: Option<f64>,
) -> Result<u32> {
    ready(&ctx, "broadcast")?;
    let data = payload(&ctx, &data)?;
    connections::broadcast(tag.as_deref(), &data, except.map(number))
        .map_err(|refusal| refused(&ctx, "broadcast", refusal))
}

pub fn close(ctx: Ctx<'_>, id: f64, code: f64, reason: String) -> Result<()> {
    ready(&ctx, "client.close")?;
    let done = connections::close(number(id), close_code(code), &reason);
    done.map_err(|refusal| refused(&ctx, "client.close", refusal))
}

/// A close code. The host refuses 0, which stands for what is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn close_code(code: f64) -> u16 {
    if (1000.0..5000.0).contains(&code) && code.fract() == 0.0 { code as u16 } else { 0 }
}

pub fn tag(ctx: Ctx<'_>, id: f64, tag: String) -> Result<()> {
    ready(&ctx, "client.tags.add")?;
    let done = connections::tag(number(id), &tag);
    done.map_err(|refusal| refused(&ctx, "client.tags.add", refusal))
}

pub fn untag(ctx: Ctx<'_>, id: f64, tag: String) -> Result<()> {
    ready(&ctx, "client.tags.delete")?;
    let done = connections::untag(number(id), &tag);
    done.map_err(|refusal| refused(&ctx, "client.tags.delete", refusal))
}

pub fn has_tag(ctx: Ctx<'_>, id: f64, tag: String) -> Result<bool> {
    ready(&ctx, "client.tags.has")?;
    Ok(connections::list(Some(&tag)).contains(&number(id)))
}

/// What is kept with the client, as a text, so that the glue can compare it.
pub fn attachment(ctx: Ctx<'_>, id: f64) -> Result<Option<String>> {
    ready(&ctx, "client.data")?;
    let Some(kept) = connections::attachment(number(id)) else { return Ok(None) };
    let text = String::from_utf8(kept);
    text.map(Some)
        .map_err(|_| refuse(&ctx, "invalid", "client.data is no JSON: another module has made it"))
}

pub fn set_attachment(ctx: Ctx<'_>, id: f64, text: Option<String>) -> Result<()> {
    match connections::set_attachment(number(id), text.as_deref().map(str::as_bytes)) {
        // The data lasts as long as the connection.
        Ok(()) | Err(Refusal::Gone) => Ok(()),
        Err(refusal) => Err(refused(&ctx, "client.data", refusal)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn alarm_set(ctx: Ctx<'_>, after_ms: f64) -> Result<()> {
    ready(&ctx, "alarm.set")?;
    alarm::set(after_ms as u64);
    Ok(())
}

pub fn alarm_cancel(ctx: Ctx<'_>) -> Result<()> {
    ready(&ctx, "alarm.cancel")?;
    alarm::cancel();
    Ok(())
}
