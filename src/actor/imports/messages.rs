//! Theater's `message-server-host`: messages to the other actors of the host.

use wit_core::host::Flat::{self, I32};

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{
    actor::{effects::Effect, host_calls::HostCalls},
    interfaces::MESSAGE_SERVER_HOST,
    messages::Messages,
};

/// The result of `send`.
type Done = Result<(), String>;
/// The result of `request`.
type Replied = Result<Vec<u8>, String>;

/// The functions of this interface.
pub(crate) const ROWS: &[Import] = &[
    row(
        &MESSAGE_SERVER_HOST,
        "send",
        "sends to another actor",
        PARAMETERS,
        Kind::suspending::<Done>(send),
    ),
    row(
        &MESSAGE_SERVER_HOST,
        "request",
        "asks another actor",
        PARAMETERS,
        Kind::suspending::<Replied>(request),
    ),
];

/// The parameters of both.
const PARAMETERS: &[Flat] = &[I32, I32, I32, I32];
/// The cost of keeping a message for its receiver.
const KEPT: u64 = 2000;
/// The cost of passing a message to another actor.
const HANDED_OVER: u64 = 20_000;
/// The error if the call asks for too much.
const LIMIT: &str = "this call asks for too much (`limits.effects`)";

/// `send: func(actor-id: string, msg: list<u8>) -> result<_, string>`
fn send<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (to, message) = (call.parameters.text("actor-id")?, call.parameters.bytes("msg")?);
    let (host, result) = call.end::<Done>("result", KEPT)?;
    if pay(host, to, message).is_err() {
        return Ok(Step::done(result, Err(LIMIT.into())));
    }
    let sent = messages(host)?.send(to, message);
    let sent = sent.map(|sent| host.transaction.add(Effect::Message(sent)));
    Ok(Step::Done(result.lower(sent)))
}

/// `request: func(actor-id: string, msg: list<u8>) -> result<list<u8>, string>`
fn request<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (to, message) = (call.parameters.text("actor-id")?, call.parameters.bytes("msg")?);
    let (host, result) = call.end::<Replied>("reply", HANDED_OVER)?;
    if pay(host, to, message).is_err() {
        return Ok(Step::done(result, Err(LIMIT.into())));
    }
    let messages = messages(host)?;
    let (to, message) = (to.to_owned(), message.to_vec());
    Ok(Step::wait(async move { Ok(result.lower(messages.ask(&to, message).await)) }))
}

/// Pays for a message.
fn pay(host: &mut HostCalls, to: &str, message: &[u8]) -> Result<(), wit_core::host::Refusal> {
    host.transaction.budget.pay(to.len().saturating_add(message.len()))
}

/// What the actor may send. It is a trap to call these functions without it.
fn messages(host: &HostCalls) -> Result<&Messages, Trap> {
    let none = || Trap::Host(crate::messages::config::TYPE.not_granted());
    host.messages.as_ref().ok_or_else(none)
}
