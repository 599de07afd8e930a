//! The stored entries.

use rquickjs::{Array, Ctx, Error, Result, TypedArray, Value};

use super::{array, bytes, refuse};
use crate::{
    bindings::footlight::host::storage::{self, Error as Refusal},
    event::ready,
};

/// The most entries that are asked for at once. The host's pages end before 64 KiB.
const PAGE: u32 = 1000;

fn refused(ctx: &Ctx<'_>, what: &str, refusal: Refusal) -> Error {
    let (code, why) = match refusal {
        Refusal::InvalidKey => {
            ("invalid-key", "the key is empty, or longer than limits.storage_key".into())
        }
        Refusal::TooLarge => ("too-large", "the value is larger than limits.storage_value".into()),
        Refusal::Full(used) => {
            ("full", format!("the entries take {used} bytes; more would exceed limits.storage"))
        }
        Refusal::Limit => {
            ("limit", "the event has asked for more than limits.effects allows".into())
        }
    };
    refuse(ctx, code, &format!("{what}: {why}"))
}

pub fn get<'js>(ctx: Ctx<'js>, key: String) -> Result<Option<TypedArray<'js, u8>>> {
    ready(&ctx, "storage.get")?;
    storage::get(&key).map(|value| array(&ctx, value)).transpose()
}

pub fn put<'js>(ctx: Ctx<'js>, key: String, value: Value<'js>) -> Result<()> {
    ready(&ctx, "storage.put")?;
    let value = bytes(&ctx, &value)?;
    storage::put(&key, &value).map_err(|refusal| refused(&ctx, "storage.put", refusal))
}

pub fn delete(ctx: Ctx<'_>, key: String) -> Result<bool> {
    ready(&ctx, "storage.delete")?;
    storage::delete(&key).map_err(|refusal| refused(&ctx, "storage.delete", refusal))
}

pub fn delete_all(ctx: Ctx<'_>) -> Result<()> {
    ready(&ctx, "storage.deleteAll")?;
    storage::delete_all();
    Ok(())
}

/// Pairs of a key and its value, from as many pages as are needed.
pub fn list<'js>(
    ctx: Ctx<'js>,
    prefix: String,
    mut after: Option<String>,
    limit: f64,
) -> Result<Array<'js>> {
    ready(&ctx, "storage.list")?;
    let entries = Array::new(ctx.clone())?;
    let mut left = limit;
    while left >= 1.0 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let page = storage::list(&prefix, after.as_deref(), left.min(f64::from(PAGE)) as u32);
        after = page.entries.last().map(|entry| entry.key.clone());
        for entry in page.entries {
            left -= 1.0;
            let pair = Array::new(ctx.clone())?;
            pair.set(0, entry.key)?;
            pair.set(1, array(&ctx, entry.value)?)?;
            entries.set(entries.len(), pair)?;
        }
        if !page.more || after.is_none() {
            break;
        }
    }
    Ok(entries)
}
