//! Messages of other actors in reports and in files of events.

use serde_json::{Map, Value};

use super::{bytes::value, step::Step};
use crate::{
    exchange::ActorMessage,
    manifest::is_name,
    messages::answers::Asked,
    state::json::{Mistake, Object, read_bytes, set},
};

/// The sender of a message that names none.
const SENDER: &str = "other";

/// A message that came.
pub(super) fn message(message: &ActorMessage) -> Value {
    let mut object = Map::new();
    set(&mut object, "from", (*message.from).into());
    set(&mut object, "data", value(&message.content));
    object.into()
}

/// A request to another actor, with its `reply` or `error`.
pub(super) fn asked(asked: &Asked) -> Value {
    let Asked { to, content, outcome } = asked;
    let mut object = Map::new();
    set(&mut object, "to", to.as_str().into());
    set(&mut object, "data", value(content));
    match outcome {
        Ok(reply) => set(&mut object, "reply", value(reply)),
        Err(error) => set(&mut object, "error", error.as_str().into()),
    }
    object.into()
}

/// Reads a message of another actor from a line: `{"from": "lamp", "data": "on"}`. `is_request` says
/// whether the sender waits for a reply.
pub(super) fn read(line: &Object<'_>, is_request: bool) -> Result<Step, Mistake> {
    let from = line.text("from")?.unwrap_or(SENDER);
    if !is_name(from) {
        return Err(line.mistake("from", "is no name of an actor"));
    }
    let content = line.bytes("data")?.ok_or_else(|| line.mistake("data", "is missing"))?;
    Ok(Step::Actor(ActorMessage { from: from.into(), content }, is_request))
}

/// Reads what another actor replies: bytes, or `{"error": …}`, or null for one that is not there.
pub(super) fn read_actor(name: &str, reply: &Value) -> Result<Step, Mistake> {
    let reply = match reply {
        Value::Null => None,
        Value::Object(entries) if entries.contains_key("error") => {
            let object = Object::new(reply, name)?;
            object.only(&["error"])?;
            let error = object.text("error")?.unwrap_or_default();
            Some(Err(error.to_owned()))
        }
        reply => Some(Ok(read_bytes(reply, name)?.into())),
    };
    Ok(Step::Other(name.to_owned(), reply))
}
