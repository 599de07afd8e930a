//! `footlight:host/storage`: what the actor stores.

use wit_core::host::{Flat::I32, Page, StorageError};

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{actor::transaction::Transaction, convert::to_u64, interfaces::STORAGE};

/// The result of `put`.
type Put = Result<(), StorageError>;
/// The result of `delete`.
type Deleted = Result<bool, StorageError>;

/// The functions of this interface.
pub(crate) const ROWS: &[Import] = &[
    row(
        &STORAGE,
        "get",
        "reads a stored value",
        &[I32, I32],
        Kind::suspending::<Option<Vec<u8>>>(get),
    ),
    row(&STORAGE, "put", "stores a value", &[I32, I32, I32, I32], Kind::suspending::<Put>(put)),
    row(
        &STORAGE,
        "delete",
        "deletes a stored value",
        &[I32, I32],
        Kind::suspending::<Deleted>(delete),
    ),
    row(
        &STORAGE,
        "list",
        "lists stored values",
        &[I32, I32, I32, I32, I32, I32],
        Kind::suspending::<Page>(list),
    ),
    row(
        &STORAGE,
        "delete-all",
        "deletes all stored values",
        &[],
        Kind::suspending::<()>(delete_all),
    ),
];

/// The cost of finding a key among all entries, which takes time logarithmic in their number.
const SEARCH: u64 = 1000;
/// The cost of changing an entry. It includes the work of the commit or of taking it back.
const CHANGE: u64 = 2000;
/// The cost of listing one entry.
const LISTED: u64 = 300;
/// The cost of deleting one of all entries. Most of the work follows after the call.
const DELETED: u64 = 1000;

/// `get: func(key: string) -> option<list<u8>>`
fn get<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let key = call.parameters.text("key")?;
    let (host, result) = call.end("value", SEARCH)?;
    let value = host.storage.get(key).map(|value| value.to_vec());
    Ok(Step::Done(result.lower(value)))
}

/// `put: func(key: string, value: list<u8>) -> result<_, error>`
fn put<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let (key, value) = (call.parameters.text("key")?, call.parameters.bytes("value")?);
    let (host, result) = call.end("result", CHANGE)?;
    let Transaction { stored, budget, .. } = &mut host.transaction;
    let put = host.storage.put(key, value, stored, |bytes| budget.pay(bytes));
    Ok(Step::done(result, put))
}

/// `delete: func(key: string) -> result<bool, error>`
fn delete<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let key = call.parameters.text("key")?;
    let (host, result) = call.end("result", CHANGE)?;
    let Transaction { stored, budget, .. } = &mut host.transaction;
    let deleted = host.storage.delete(key, stored, |bytes| budget.pay(bytes));
    Ok(Step::done(result, deleted))
}

/// `list: func(prefix: string, after: option<string>, limit: u32) -> page`
fn list<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let prefix = call.parameters.text("prefix")?;
    let after = call.parameters.optional_text("after")?;
    let limit = call.parameters.u32();
    let page = call.host.storage.list(prefix, after, limit);
    let cost = LISTED.saturating_mul(to_u64(page.entries.len())).saturating_add(SEARCH);
    let (_, result) = call.end("list", cost)?;
    Ok(Step::Done(result.lower(page)))
}

/// `delete-all: func()`
fn delete_all<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let cost = DELETED.saturating_mul(to_u64(call.host.storage.count()));
    let (host, result) = call.end("result", cost)?;
    host.storage.delete_all(&mut host.transaction.stored);
    Ok(Step::Done(result.lower(())))
}
