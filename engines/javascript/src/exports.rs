//! What the host calls: each export gives an event to the engine.

use rquickjs::{Ctx, Exception, Object, Result, TypedArray, function::Args};

use crate::{
    Actor,
    bindings::{
        exports::{
            footlight::{host::migration, script::load as script},
            ntwk::theater::{
                actor,
                http_server::{self, HttpRequest, HttpResponse},
                message_server_client,
                websocket_server::{self, MessageType, WebsocketMessage, WebsocketResponse},
            },
        },
        footlight::host::{connections, http},
    },
    engine::handle,
    event::Event,
    load,
    natives::{
        http::{explain, response},
        mqtt,
    },
};

/// The close code of a frame that has none (RFC 6455, section 7.1.5).
const NO_CODE: u16 = 1005;

type State = Option<Vec<u8>>;

impl script::Guest for Actor {
    fn load(
        files: Vec<(String, Vec<u8>)>,
        main: String,
    ) -> std::result::Result<script::ScriptInfo, script::ScriptError> {
        load::load(files, &main)
    }
}

impl actor::Guest for Actor {
    fn init(state: State, (name,): (String,)) -> std::result::Result<(State,), String> {
        let event = handle("init", state, |_, args| args.push_arg(name))?;
        Ok((event.state,))
    }
}

impl migration::Guest for Actor {
    fn migrate(old: State) -> std::result::Result<State, String> {
        Ok(handle("migrate", old, |_, _| Ok(()))?.state)
    }
}

impl websocket_server::Guest for Actor {
    fn handle_message(
        state: State,
        (message,): (WebsocketMessage,),
    ) -> std::result::Result<(State, (WebsocketResponse,)), String> {
        let WebsocketMessage { ty, data, text } = message;
        // Numbers of connections count up from 1, so a double holds them precisely.
        let sender = connections::sender().map(|id| id as f64);
        let event = match ty {
            MessageType::Connect => handle("connect", state, |_, args| args.push_arg(sender)),
            MessageType::Text => handle("message", state, |_, args| {
                args.push_arg(sender)?;
                args.push_arg(text.unwrap_or_default())
            }),
            MessageType::Binary => handle("message", state, |ctx, args| {
                args.push_arg(sender)?;
                args.push_arg(TypedArray::<u8>::new(ctx.clone(), data.unwrap_or_default())?)
            }),
            MessageType::Close => handle("close", state, |_, args| {
                args.push_arg(sender)?;
                args.push_arg(data.as_deref().map_or(NO_CODE, code))?;
                args.push_arg(text.unwrap_or_default())
            }),
            MessageType::Other(kind) if kind == "alarm" => handle("alarm", state, |_, _| Ok(())),
            MessageType::Other(kind) if kind == "http-response" => {
                handle("response", state, |ctx, args| answered(ctx, args, text.unwrap_or_default()))
            }
            MessageType::Other(kind) if kind == "mqtt" => handle("mqtt", state, |ctx, args| {
                args.push_arg(mqtt::message(ctx, data.unwrap_or_default())?)
            }),
            MessageType::Other(kind) if kind == "mqtt-up" => {
                handle("mqttUp", state, |_, args| args.push_arg(text.unwrap_or_default()))
            }
            MessageType::Other(kind) if kind == "mqtt-down" => {
                handle("mqttDown", state, |_, args| args.push_arg(text.unwrap_or_default()))
            }
            // The host answers pings. There may be events of other types in later versions.
            MessageType::Ping | MessageType::Pong | MessageType::Other(_) => {
                return Ok((state, (WebsocketResponse { messages: Vec::new() },)));
            }
        };
        let Event { state, messages, .. } = event?;
        Ok((state, (WebsocketResponse { messages },)))
    }
}

impl http_server::Guest for Actor {
    fn handle_request(
        state: State,
        (request,): (HttpRequest,),
    ) -> std::result::Result<(State, (HttpResponse,)), String> {
        let event = handle("http", state, |ctx, args| {
            let raw = Object::new(ctx.clone())?;
            raw.set("method", request.method)?;
            raw.set("uri", request.uri)?;
            let headers = request.headers.into_iter().flat_map(|(name, value)| [name, value]);
            raw.set("headers", headers.collect::<Vec<_>>())?;
            if let Some(body) = request.body {
                raw.set("body", TypedArray::<u8>::new(ctx.clone(), body)?)?;
            }
            args.push_arg(raw)
        })?;
        let response = event.response.ok_or("the script has no handler `http`")?;
        Ok((event.state, (response,)))
    }
}

impl message_server_client::Guest for Actor {
    fn handle_send(state: State, (message,): (Vec<u8>,)) -> std::result::Result<(State,), String> {
        let event = handle("actorMessage", state, |ctx, args| {
            args.push_arg(TypedArray::<u8>::new(ctx.clone(), message)?)
        })?;
        Ok((event.state,))
    }

    fn handle_request(
        state: State,
        (message,): (Vec<u8>,),
    ) -> std::result::Result<(State, (Vec<u8>,)), String> {
        let event = handle("actorRequest", state, |ctx, args| {
            args.push_arg(TypedArray::<u8>::new(ctx.clone(), message)?)
        })?;
        let reply = event.reply.ok_or("the script has no handler `actorRequest`")?;
        Ok((event.state, (reply,)))
    }
}

/// The first two bytes of a close frame's payload.
fn code(data: &[u8]) -> u16 {
    data.first_chunk().map_or(NO_CODE, |bytes| u16::from_be_bytes(*bytes))
}

/// The answer to a request of an earlier event: a response, or an error.
fn answered<'js>(ctx: &Ctx<'js>, args: &mut Args<'js>, tag: String) -> Result<()> {
    args.push_arg(tag)?;
    match http::answer() {
        Some(Ok(answer)) => args.push_arg(response(ctx, answer)?),
        Some(Err(error)) => {
            let (code, message) = explain(error);
            let exception = Exception::from_message(ctx.clone(), &message)?;
            exception.set("code", code)?;
            args.push_arg(exception)
        }
        None => Ok(()),
    }
}
