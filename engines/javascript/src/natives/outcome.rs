//! What an event leaves: its state, its answer, its response.

use rquickjs::{Ctx, Exception, Result, Value};

use super::{bytes, clients::close_code, values::parse_bytes};
use crate::{
    bindings::exports::ntwk::theater::{
        http_server::HttpResponse,
        websocket_server::{MessageType, WebsocketMessage},
    },
    event::{self, ready},
};

/// The state as the script sees it; `undefined` if there is none.
pub fn state<'js>(ctx: Ctx<'js>) -> Result<Value<'js>> {
    ready(&ctx, "state")?;
    // Taken and put back, because a parser must not run while the event is borrowed.
    let Some(bytes) = event::with(|event| event.state.clone()) else {
        return Ok(Value::new_undefined(ctx));
    };
    if bytes.is_empty() {
        return Ok(Value::new_undefined(ctx));
    }
    parse_bytes(&ctx, bytes)
}

/// Makes a value the state.
pub fn keep<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Result<()> {
    let text = ctx.json_stringify(value)?;
    let bytes = text.map(|text| text.to_string()).transpose()?.map(String::into_bytes);
    event::with(|event| event.state = bytes);
    Ok(())
}

/// Adds a message to the answer.
pub fn answer<'js>(
    ctx: Ctx<'js>,
    kind: String,
    text: Option<String>,
    data: Option<Value<'js>>,
) -> Result<()> {
    let ty = match kind.as_str() {
        "binary" => MessageType::Binary,
        "ping" => MessageType::Ping,
        "pong" => MessageType::Pong,
        _ => MessageType::Text,
    };
    let data = data.map(|data| bytes(&ctx, &data)).transpose()?;
    event::with(|event| event.messages.push(WebsocketMessage { ty, data, text }));
    Ok(())
}

/// Closes the client after the answer.
pub fn answer_close(code: f64, reason: String) {
    let data = Some(close_code(code).to_be_bytes().into());
    let message = WebsocketMessage { ty: MessageType::Close, data, text: Some(reason) };
    event::with(|event| event.messages.push(message));
}

/// Sets the response.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn respond<'js>(
    ctx: Ctx<'js>,
    status: f64,
    headers: Vec<String>,
    body: Option<Value<'js>>,
) -> Result<()> {
    if !(100.0..1000.0).contains(&status) || status.fract() != 0.0 {
        return Err(Exception::throw_range(&ctx, "a status is an integer from 100 to 999"));
    }
    let body = body.map(|body| bytes(&ctx, &body)).transpose()?;
    let response = HttpResponse { status: status as u16, headers: pairs(headers), body };
    event::with(|event| event.response = Some(response));
    Ok(())
}

/// Names and values in turn as pairs.
pub fn pairs(flat: Vec<String>) -> Vec<(String, String)> {
    let mut flat = flat.into_iter();
    std::iter::from_fn(|| Some((flat.next()?, flat.next()?))).collect()
}
