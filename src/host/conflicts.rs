//! Conflicts between manifests that are to run in one process.

use std::path::Path;

use super::{data, error::HostError};
use crate::{manifest::Manifest, server};

/// All conflicts of a manifest with earlier ones and with the data folder: an equal name, addresses
/// of which only one can be bound, folders that reach too far, and a store that can't be read. `--bind`
/// and passed listeners are not known here.
pub(crate) fn conflicts(
    manifest: &Manifest,
    earlier: &[Manifest],
    data: Option<&Path>,
) -> Vec<HostError> {
    let name = same_name(manifest, earlier).into_iter();
    let addresses = earlier.iter().filter_map(|other| taken(manifest, other));
    let folders = data::mistakes(manifest, earlier, data);
    // The store is the process's. Its mistake counts as one of the first manifest.
    let store = data.filter(|_| earlier.is_empty()).and_then(|data| data::read(data).err());
    let of_data = folders.into_iter().chain(store).map(HostError::Data);
    name.chain(addresses).chain(of_data).collect()
}

/// The conflict of equal names.
pub(super) fn same_name(manifest: &Manifest, earlier: &[Manifest]) -> Option<HostError> {
    let Manifest { name, file, .. } = manifest;
    let is_same = earlier.iter().any(|other| other.name == *name);
    is_same.then(|| HostError::Duplicate { name: name.clone(), file: file.clone() })
}

/// The first address that two manifests share.
pub(super) fn taken(manifest: &Manifest, other: &Manifest) -> Option<HostError> {
    let addresses = |of: &Manifest| -> Vec<_> {
        of.handlers.iter().flat_map(|handler| handler.addresses()).collect()
    };
    let used = addresses(other);
    let mut own = addresses(manifest).into_iter();
    let overlaps = |address: &_| used.iter().any(|other| server::overlap(*other, *address));
    let address = own.find(overlaps)?;
    Some(HostError::Taken { file: manifest.file.clone(), address, by: other.file.clone() })
}
