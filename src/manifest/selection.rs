//! The manifests that a command reads, and what the command changes in them.

use std::path::PathBuf;

use super::{Manifest, defaults, expand};

/// The manifests of a command. They can be read anew while it runs.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Manifests, folders with one or with folders that have one, or modules.
    pub paths: Vec<PathBuf>,
    /// Replaces the port of the only listener.
    pub port: Option<u16>,
    /// Whether the console inspects the actor wherever it is served, as in `footlight dev`.
    pub inspect: bool,
}

impl Selection {
    /// Reads the manifests.
    ///
    /// # Errors
    /// The mistakes of all of them, a line for each.
    pub fn load(&self) -> Result<Vec<Manifest>, String> {
        let (mut manifests, mut mistakes) = (Vec::new(), Vec::new());
        for path in expand(&self.paths) {
            match Manifest::load(&path) {
                Ok(manifest) => manifests.push(manifest),
                Err(error) => mistakes.push(error.to_string()),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes.join("\n"));
        }
        if let Some(port) = self.port {
            defaults::set_port(&mut manifests, port).map_err(|error| error.to_string())?;
        }
        if self.inspect {
            let listeners = manifests.iter_mut().flat_map(Manifest::listeners_mut);
            listeners.for_each(|listener| listener.inspect = listener.console);
        }
        Ok(manifests)
    }
}
