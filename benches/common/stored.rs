//! A data folder with much in it, made by the store without a host.

use std::{
    fs::{self, DirBuilder, File},
    future::poll_fn,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    thread,
    time::Duration,
};

use bytes::Bytes;
use footlight_store::{Changes, Durability, Options, Owner, Store};
use smol::block_on;

use super::Result;

/// A store that may write as much as it likes.
pub(crate) const UNWORN: Options =
    Options { wear: 1_000_000_000_000_000, wait: Duration::from_secs(30) };
/// The most bytes of values in one commit.
const COMMIT: usize = 1 << 20;
/// A store that has written nothing for this long has finished its turn-over.
const REST: Duration = Duration::from_millis(50);

/// Stores values of `value` bytes for `owner`, `bytes` in all. There must be nothing yet.
pub(crate) fn fill(data: &Path, owner: &str, bytes: usize, value: usize) -> Result<()> {
    let store = Store::open(data, UNWORN)?;
    put(&store.owner(owner, Durability::Strict), bytes, value)?;
    Ok(store.close()?)
}

/// Does the same, and writes on until the file has only about `room` bytes left before the next
/// turn-over.
pub(crate) fn fill_nearly(data: &Path, owner: &str, bytes: usize, room: u64) -> Result<()> {
    let store = Store::open(data, UNWORN)?;
    let owner = store.owner(owner, Durability::Strict);
    put(&owner, bytes, 64 << 10)?;
    let mut number = 0_u8;
    let mut write = |bytes: usize| -> Result<u64> {
        let before = store.stats().bytes;
        number = number.wrapping_add(1);
        let changes = Bytes::from(vec![number; bytes]);
        commit(&owner, [("filler".to_owned(), changes)])?;
        Ok(store.stats().bytes - before)
    };
    // A turn-over writes much more than the commit beside it.
    let mut most = store.stats().size;
    while write(64 << 10)? < 128 << 10 {
        most = most.checked_sub(64 << 10).ok_or("the store does not turn over")?;
    }
    let stats = loop {
        let before = store.stats();
        thread::sleep(REST);
        if store.stats().bytes == before.bytes {
            break before;
        }
    };
    let mut left = (stats.size / 4 * 3).saturating_sub(stats.live).saturating_sub(room);
    while left >= 68 << 10 {
        left = left.saturating_sub(write(64 << 10)?);
    }
    Ok(store.close()?)
}

/// Copies a data folder that no host uses, and waits until the copy is on the disk.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let (from, to) = (from.join("store"), to.join("store"));
    DirBuilder::new().mode(0o700).create(&to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let copy = to.join(file.file_name());
        fs::copy(file.path(), &copy)?;
        File::open(copy)?.sync_all()?;
    }
    Ok(File::open(to)?.sync_all()?)
}

/// Stores values of this size.
fn put(owner: &Owner, bytes: usize, value: usize) -> Result<()> {
    let value = value.max(1);
    let numbers: Vec<_> = (0..bytes / value).collect();
    for some in numbers.chunks((COMMIT / value).max(1)) {
        let values = some.iter().map(|number| {
            let byte = u8::try_from(number % 251).unwrap_or(0);
            (format!("key-{number:08}"), Bytes::from(vec![byte; value]))
        });
        commit(owner, values)?;
    }
    Ok(())
}

/// Stores these values, and waits until they are on the disk.
fn commit(owner: &Owner, values: impl IntoIterator<Item = (String, Bytes)>) -> Result<()> {
    let values = values.into_iter().map(|(key, value)| (key.into(), Some(value)));
    let ticket = owner.commit(Changes { keys: values.collect(), ..Changes::default() });
    block_on(poll_fn(|cx| owner.poll_durable(ticket, cx)))?;
    Ok(())
}
