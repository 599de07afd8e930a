//! `footlight:host/connections`: the actor's clients.

use bytes::Bytes;
use wit_core::host::{
    Flat::{I32, I64},
    Info, Payload, Refusal,
};

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{
    actor::{
        answer::checked_close,
        effects::{Effect, RECEIVER},
        host_calls::HostCalls,
        transaction::Transaction,
    },
    convert::to_u64,
    exchange::{ConnectionId, Message},
    interfaces::CONNECTIONS,
};

/// The result of `send` and `broadcast`.
type Counted = Result<u32, Refusal>;
/// The result of functions that return nothing but success.
type Done = Result<(), Refusal>;

/// The functions of this interface.
pub(crate) const ROWS: &[Import] = &[
    row(
        &CONNECTIONS,
        "sender",
        "says whose event it is",
        &[],
        Kind::suspending::<Option<u64>>(sender),
    ),
    row(
        &CONNECTIONS,
        "info",
        "tells of a connection",
        &[I64],
        Kind::suspending::<Option<Info>>(info),
    ),
    row(
        &CONNECTIONS,
        "list",
        "lists the connections",
        &[I32, I32, I32],
        Kind::suspending::<Vec<u64>>(list),
    ),
    row(
        &CONNECTIONS,
        "send",
        "sends to one client",
        &[I64, I32, I32, I32],
        Kind::suspending::<Counted>(send),
    ),
    row(
        &CONNECTIONS,
        "broadcast",
        "sends to many clients",
        &[I32, I32, I32, I32, I32, I32, I32, I64],
        Kind::suspending::<Counted>(broadcast),
    ),
    row(&CONNECTIONS, "tag", "tags a connection", &[I64, I32, I32], Kind::suspending::<Done>(tag)),
    row(
        &CONNECTIONS,
        "untag",
        "takes a tag away",
        &[I64, I32, I32],
        Kind::suspending::<Done>(untag),
    ),
    row(
        &CONNECTIONS,
        "attachment",
        "reads what is kept with a connection",
        &[I64],
        Kind::suspending::<Option<Vec<u8>>>(attachment),
    ),
    row(
        &CONNECTIONS,
        "set-attachment",
        "keeps something with a connection",
        &[I64, I32, I32, I32],
        Kind::suspending::<Done>(set_attachment),
    ),
    row(
        &CONNECTIONS,
        "close",
        "closes a connection",
        &[I64, I32, I32, I32],
        Kind::suspending::<Done>(close),
    ),
];

/// The cost of looking up a tag among those of all connections: a few searches, which take time
/// logarithmic in the number of tags.
const SEARCH: u64 = 1000;
/// The cost of listing one connection.
const LISTED: u64 = 100;
/// The cost of sending to one connection. Most of the work follows after the call.
const SENT: u64 = 1000;

/// The cost of an operation that costs `units` for each connection with this tag, or for each
/// connection.
fn for_each(host: &HostCalls, tag: Option<&str>, units: u64) -> u64 {
    let search = if tag.is_some() { SEARCH } else { 0 };
    units.saturating_mul(to_u64(host.clients.count(tag))).saturating_add(search)
}

/// `sender: func() -> option<connection-id>`
fn sender<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (host, result) = call.end("result", 0)?;
    Ok(Step::Done(result.lower(host.sender.map(|id| id.0))))
}

/// `info: func(id: connection-id) -> option<connection-info>`
fn info<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let id = ConnectionId(call.parameters.u64());
    let (host, result) = call.end("result", 0)?;
    let info = host.clients.get(id).map(|entry| {
        let client = entry.session.client();
        Info {
            peer: client.peer.to_string(),
            path: client.path.to_string(),
            query: client.query.to_string(),
            subprotocol: client.subprotocol.as_ref().map(|name| name.to_string()),
            connected_since: client.since,
        }
    });
    Ok(Step::Done(result.lower(info)))
}

/// `list: func(tag: option<string>) -> list<connection-id>`
fn list<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let tag = call.parameters.optional_text("tag")?;
    let cost = for_each(call.host, tag, LISTED);
    let (host, result) = call.end("list", cost)?;
    let ids: Vec<_> = host.clients.present(tag).map(|entry| entry.session.id().0).collect();
    Ok(Step::Done(result.lower(ids)))
}

/// `send: func(id: connection-id, payload: payload) -> result<u32, refusal>`
fn send<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let id = ConnectionId(call.parameters.u64());
    let payload = call.parameters.payload("payload")?;
    let (host, result) = call.end("result", 0)?;
    Ok(match request_send(host, id, payload) {
        full @ Err(Refusal::Full(_)) => Step::Full { to: id, result: result.lower(full) },
        sent => Step::done(result, sent),
    })
}

/// Requests sending a message to one client.
fn request_send(host: &mut HostCalls, id: ConnectionId, payload: Payload<'_>) -> Counted {
    let to = host.clients.one(id)?.session.clone();
    let bytes = payload.as_bytes().len();
    if !host.transaction.budget.affords(bytes) {
        return Err(Refusal::Limit);
    }
    let waiting = host.clients.count_send(id, bytes.max(1))?;
    host.transaction.budget.pay(bytes)?;
    host.transaction.add(Effect::Send { to, message: message(payload) });
    Ok(waiting)
}

/// `broadcast: func(tag: option<string>, payload: payload, except: option<connection-id>) ->
/// result<u32, refusal>`
fn broadcast<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let tag = call.parameters.optional_text("tag")?;
    let payload = call.parameters.payload("payload")?;
    let except = call.parameters.optional_u64("except")?.map(ConnectionId);
    let cost = for_each(call.host, tag, SENT);
    let (host, result) = call.end("result", cost)?;
    Ok(Step::done(result, request_broadcast(host, tag, payload, except)))
}

/// Requests sending a message to many clients.
fn request_broadcast(
    host: &mut HostCalls,
    tag: Option<&str>,
    payload: Payload<'_>,
    except: Option<ConnectionId>,
) -> Counted {
    let bytes = payload.as_bytes().len();
    let all = host.clients.present(tag).map(|entry| &entry.session);
    let to: Vec<_> = all.filter(|to| Some(to.id()) != except).cloned().collect();
    host.transaction.budget.pay(bytes.saturating_add(to.len().saturating_mul(RECEIVER)))?;
    for to in &to {
        host.clients.count_broadcast(to.id(), bytes.max(1));
    }
    let receivers = to.len();
    if !to.is_empty() {
        host.transaction.add(Effect::Broadcast { to, message: message(payload) });
    }
    Ok(u32::try_from(receivers).unwrap_or(u32::MAX))
}

/// `tag: func(id: connection-id, tag: string) -> result<_, refusal>`
fn tag<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let id = ConnectionId(call.parameters.u64());
    let tag = call.parameters.text("tag")?;
    let (host, result) = call.end("result", SEARCH)?;
    let Transaction { undo, budget, .. } = &mut host.transaction;
    let tagged = host.clients.tag(id, tag, undo, |bytes| budget.pay(bytes));
    Ok(Step::done(result, tagged))
}

/// `untag: func(id: connection-id, tag: string) -> result<_, refusal>`
fn untag<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let id = ConnectionId(call.parameters.u64());
    let tag = call.parameters.text("tag")?;
    let (host, result) = call.end("result", SEARCH)?;
    let Transaction { undo, budget, .. } = &mut host.transaction;
    let untagged = host.clients.untag(id, tag, undo, |bytes| budget.pay(bytes));
    Ok(Step::done(result, untagged))
}

/// `attachment: func(id: connection-id) -> option<list<u8>>`
fn attachment<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let id = ConnectionId(call.parameters.u64());
    let (host, result) = call.end("attachment", 0)?;
    let entry = host.clients.get(id);
    let kept = entry.and_then(|entry| entry.attachment()).map(<[u8]>::to_vec);
    Ok(Step::Done(result.lower(kept)))
}

/// `set-attachment: func(id: connection-id, value: option<list<u8>>) -> result<_, refusal>`
fn set_attachment<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let id = ConnectionId(call.parameters.u64());
    let value = call.parameters.optional_bytes("value")?;
    let (host, result) = call.end("result", 0)?;
    let Transaction { undo, budget, .. } = &mut host.transaction;
    let kept = host.clients.attach(id, value, undo, |bytes| budget.pay(bytes));
    Ok(Step::done(result, kept))
}

/// `close: func(id: connection-id, code: u16, reason: string) -> result<_, refusal>`
fn close<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let id = ConnectionId(call.parameters.u64());
    let (code, reason) = (call.parameters.u16(), call.parameters.text("reason")?);
    let (host, result) = call.end("result", 0)?;
    Ok(Step::done(result, request_close(host, id, code, reason)))
}

/// Requests closing a connection.
fn request_close(host: &mut HostCalls, id: ConnectionId, code: u16, reason: &str) -> Done {
    let to = host.clients.one(id)?.session.clone();
    let close = checked_close(code, reason).ok_or(Refusal::Invalid)?;
    host.transaction.budget.pay(reason.len())?;
    host.transaction.add(Effect::Close { to, close });
    // After this, the call can't send to this client either.
    host.clients.set_leaving(id, true);
    Ok(())
}

/// Copies a message out of the guest's memory.
fn message(payload: Payload<'_>) -> Message {
    match payload {
        Payload::Text(text) => Message::Text(text.into()),
        Payload::Binary(data) => Message::Binary(Bytes::copy_from_slice(data)),
    }
}
