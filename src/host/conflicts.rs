//! Conflicts between manifests that are to run in one process.

use std::{io, net::IpAddr, path::Path, sync::Arc};

use super::{data, error::HostError, handler::HandlerError};
use crate::{
    manifest::Manifest,
    mqtt::{client_id, config::BrokerConfig},
    server::{self, EndpointError},
};

/// All conflicts of a manifest with earlier ones and with the data folder: an equal name, an equal client of a
/// broker, addresses of which only one can be bound, folders that reach too far, and a store that can't be read. `--bind`
/// and passed listeners are not known here.
pub(crate) fn conflicts(
    manifest: &Manifest,
    earlier: &[Manifest],
    data: Option<&Path>,
) -> Vec<HostError> {
    let addresses = earlier.iter().filter_map(|other| taken(manifest, other));
    let folders = data::mistakes(manifest, earlier, data);
    // The store is the process's. Its mistake counts as one of the first manifest.
    let store = data.filter(|_| earlier.is_empty()).and_then(|data| data::read(data).err());
    let of_data = folders.into_iter().chain(store).map(HostError::Data);
    same(manifest, earlier).chain(addresses).chain(of_data).collect()
}

/// What a manifest has that only one may have, and an earlier one has: its name, a client of a broker.
pub(super) fn same(manifest: &Manifest, earlier: &[Manifest]) -> impl Iterator<Item = HostError> {
    same_name(manifest, earlier).into_iter().chain(same_client(manifest, earlier))
}

/// The conflict of equal names.
fn same_name(manifest: &Manifest, earlier: &[Manifest]) -> Option<HostError> {
    let Manifest { name, file, .. } = manifest;
    let is_same = earlier.iter().any(|other| other.name == *name);
    is_same.then(|| HostError::Duplicate { name: name.clone(), file: file.clone() })
}

/// The first broker at which a manifest and an earlier one, or two handlers of it, have the same client identifier.
/// They would push each other out forever.
fn same_client(manifest: &Manifest, earlier: &[Manifest]) -> Option<HostError> {
    let clients = |of: &'_ Manifest| -> Vec<_> {
        let all = of.brokers().iter().map(|BrokerConfig { address, client_id, .. }| {
            // A wrong identifier is told when the broker is opened.
            Some((address.to_string(), client_id::fill(client_id.as_deref(), &of.name).ok()?))
        });
        all.flatten().map(|client| (client, of.file.clone())).collect()
    };
    let mut used: Vec<_> = earlier.iter().flat_map(clients).collect();
    for (client, file) in clients(manifest) {
        if let Some((_, by)) = used.iter().find(|(other, _)| *other == client) {
            let ((broker, client_id), by) = (client, by.clone());
            return Some(HostError::SameClient { file, broker, client_id, by });
        }
        used.push((client, file));
    }
    None
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

/// Says which of the `earlier` manifests has the address that could not be bound, if one of them has
/// it. `host` is that of `--bind`.
pub(super) fn name_actor(
    error: HostError,
    earlier: &[Arc<Manifest>],
    host: Option<IpAddr>,
) -> HostError {
    let HostError::Handler(HandlerError::WebSocketServer(EndpointError::Bind {
        manifest: file,
        address,
        error: cause,
        ..
    })) = &error
    else {
        return error;
    };
    let has_it = |other: &&Arc<Manifest>| {
        let mut addresses = other.handlers.iter().flat_map(|handler| handler.addresses());
        addresses.any(|mut taken| {
            taken.set_ip(host.unwrap_or(taken.ip()));
            server::overlap(taken, *address)
        })
    };
    match earlier.iter().find(has_it) {
        Some(other) if cause.kind() == io::ErrorKind::AddrInUse => {
            HostError::Taken { file: file.clone(), address: *address, by: other.file.clone() }
        }
        _ => error,
    }
}
