//! Messages to other actors, and the reply to one.

use rquickjs::{Ctx, Error, Result, TypedArray, Value};

use super::{array, bytes, refuse};
use crate::{
    bindings::ntwk::theater::message_server_host as host,
    event::{self, ready},
};

/// The host says why, and who is at fault.
fn refused(ctx: &Ctx<'_>, what: &str, to: &str, why: &str) -> Error {
    refuse(ctx, "failed", &format!("{what}({to:?}): {why}"))
}

pub fn send<'js>(ctx: Ctx<'js>, to: String, message: Value<'js>) -> Result<()> {
    ready(&ctx, "actors.send")?;
    let message = bytes(&ctx, &message)?;
    host::send(&to, &message).map_err(|why| refused(&ctx, "actors.send", &to, &why))
}

pub fn request<'js>(ctx: Ctx<'js>, to: String, message: Value<'js>) -> Result<TypedArray<'js, u8>> {
    ready(&ctx, "actors.request")?;
    let message = bytes(&ctx, &message)?;
    let reply = host::request(&to, &message);
    array(&ctx, reply.map_err(|why| refused(&ctx, "actors.request", &to, &why))?)
}

/// Sets the reply to a request.
pub fn reply<'js>(ctx: Ctx<'js>, data: Value<'js>) -> Result<()> {
    let reply = bytes(&ctx, &data)?;
    event::with(|event| event.reply = Some(reply));
    Ok(())
}
