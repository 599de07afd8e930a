//! Opens all files that a manifest names: `run` uses them, and `check` reports on them.

use std::{path::Path, sync::Arc};

use super::{error::HostError, exports, handler};
use crate::{
    actor::{Grants, LoadError, Module, Report},
    files::Folders,
    limits::Limits,
    logger,
    manifest::{Handler, Manifest, missing_capabilities},
    regular::{self, Unread},
};

/// Everything that a manifest names.
pub struct Opened {
    /// Checked: it would run with what the manifest grants.
    pub module: Module,
    /// The module before it, if an earlier run has stored that one's state and kept a copy of it.
    pub last_good: Option<Box<Module>>,
    /// The content of its `init_state` file.
    pub init_state: Option<Vec<u8>>,
    /// All of the manifest, with their files and folders.
    pub handlers: Vec<handler::Opened>,
}

/// Why a manifest can't be used.
pub struct NotOpened {
    /// All mistakes.
    pub errors: Vec<HostError>,
    /// The report on the module, if it could be read.
    pub report: Option<Box<Report>>,
}

impl Opened {
    /// Opens everything. Nothing is bound, written or run. The log file is only checked.
    ///
    /// # Errors
    /// All mistakes, not only the first.
    pub fn new(manifest: &Manifest) -> Result<Self, NotOpened> {
        let log = logger::check(&manifest.logging);
        Self::with(manifest, log.map_err(|error| HostError::log(manifest, error)), |_| true)
    }

    /// Opens what the actor itself uses: no listener, and no log.
    ///
    /// # Errors
    /// All mistakes, not only the first.
    pub(crate) fn without_sources(manifest: &Manifest) -> Result<Self, NotOpened> {
        Self::with(manifest, Ok(()), |handler| !handler.brings_events())
    }

    /// Opens the handlers that are `wanted`. `log` says whether the log can be opened.
    fn with(
        manifest: &Manifest,
        log: Result<(), HostError>,
        wanted: fn(&Handler) -> bool,
    ) -> Result<Self, NotOpened> {
        let mut errors = Vec::new();
        let mut report = None;
        let file = &manifest.component;
        let module = load(file, manifest);
        if let Err(LoadError::Unfit(unfit)) = &module {
            report = Some(unfit.clone());
        }
        let module = module.map_err(|error| HostError::load(file, error, Some(manifest)));
        let module = keep(module, &mut errors);
        if let Some(module) = &module {
            let missing = exports::missing(manifest, module.report());
            errors.extend(missing.into_iter().map(HostError::Export));
        }
        let init_state = keep(read_state(manifest), &mut errors).flatten();
        let mut handlers = Vec::new();
        for handler in manifest.handlers.iter().filter(|handler| wanted(handler)) {
            match handler::Opened::new(handler, &manifest.name) {
                Ok(opened) => handlers.push(opened),
                Err(failures) => errors.extend(failures.into_iter().map(HostError::Handler)),
            }
        }
        keep(log, &mut errors);
        match module {
            Some(module) if errors.is_empty() => {
                Ok(Self { module, last_good: None, init_state, handlers })
            }
            module => {
                let report =
                    report.or_else(|| module.map(|module| Box::new(module.report().clone())));
                Err(NotOpened { errors, report })
            }
        }
    }
}

impl Opened {
    /// The folders whose files the actor may use; `None` if the manifest grants none.
    pub(crate) fn folders(&self) -> Option<Arc<Folders>> {
        self.handlers.iter().find_map(|handler| match handler {
            handler::Opened::Filesystem(folders) => Some(folders.clone()),
            _ => None,
        })
    }
}

/// Loads a module with what a manifest grants.
pub(super) fn load(file: &Path, manifest: &Manifest) -> Result<Module, LoadError> {
    let missing = missing_capabilities(&manifest.handlers).into_iter();
    let missing: Vec<_> = missing.map(|(_, capability)| capability).collect();
    Module::load(file, &manifest.limits, Grants::without(&missing))
}

/// Returns what could be opened, and otherwise adds the error to `errors`.
fn keep<T>(opened: Result<T, HostError>, errors: &mut Vec<HostError>) -> Option<T> {
    opened.map_err(|error| errors.push(error)).ok()
}

/// Reads the `init_state` file, if the manifest names one.
fn read_state(manifest: &Manifest) -> Result<Option<Vec<u8>>, HostError> {
    let Some(file) = &manifest.init_state else { return Ok(None) };
    let Limits { state: limit, .. } = manifest.limits;
    match regular::read(file, limit) {
        Ok(state) => Ok(Some(state)),
        Err(Unread::TooLarge(size)) => {
            Err(HostError::InitStateSize { file: file.clone(), size, limit })
        }
        Err(Unread::Io(error)) => Err(HostError::InitState { file: file.clone(), error }),
    }
}
