//! What is called: a module, or what a manifest names.

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use footlight_store::Contents;

use super::{CallError, options::Call};
use crate::{
    actor::{Grants, Module},
    files::Folders,
    host::{NotOpened, Opened},
    http_client,
    limits::Limits,
    manifest::{Handler, Manifest, is_name},
    regular, state,
};

/// The name of an actor whose file's name can't be one.
const NAME: &str = "actor";
/// Where a client connects if no listener says so.
const PATH: &str = "/";

/// What is called.
pub(super) struct Called {
    /// Given to `init`.
    pub(super) name: String,
    /// Checked: all its imports are granted.
    pub(super) module: Module,
    /// The content of its `init_state` file.
    pub(super) init_state: Option<Vec<u8>>,
    /// The period of the manifest's `tick`.
    pub(super) tick: Option<Duration>,
    /// `None` if the manifest grants no files.
    pub(super) folders: Option<Arc<Folders>>,
    /// The servers that it may ask; `None` if the manifest allows none.
    pub(super) servers: Option<http_client::Config>,
    /// Those of the manifest, or the defaults.
    pub(super) limits: Limits,
    /// Where its clients connect.
    pub(super) path: String,
    /// Whether there is no manifest that says which files there are.
    pub(super) is_alone: bool,
}

impl Called {
    /// Opens a module, or what a manifest names.
    pub(super) fn open(path: &Path) -> Result<Self, CallError> {
        if !regular::is_wasm(path) {
            let manifest = Manifest::load(path).map_err(CallError::Manifest)?;
            let opened = Opened::without_sources(&manifest);
            let opened = opened.map_err(|NotOpened { errors, .. }| CallError::Open(errors))?;
            let path = manifest.handlers.iter().find_map(|handler| match handler {
                Handler::WebSocketServer(config) => Some(config.listeners.first()?.path.clone()),
                Handler::Filesystem(_) | Handler::HttpClient(_) => None,
            });
            let folders = opened.folders();
            let Opened { module, init_state, .. } = opened;
            let servers = manifest.handlers.iter().find_map(|handler| match handler {
                Handler::HttpClient(config) => Some(config.clone()),
                Handler::WebSocketServer(_) | Handler::Filesystem(_) => None,
            });
            let Manifest { name, tick, limits, .. } = manifest;
            let path = path.unwrap_or_else(|| PATH.into());
            return Ok(Self {
                name,
                module,
                init_state,
                tick,
                folders,
                servers,
                limits,
                path,
                is_alone: false,
            });
        }
        let limits = Limits::default();
        let module = Module::load(path, &limits, Grants::ALL);
        let module = module.map_err(|error| CallError::Load { file: path.into(), error })?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_name(stem));
        Ok(Self {
            name: stem.unwrap_or(NAME).into(),
            module,
            init_state: None,
            tick: None,
            folders: Some(Arc::default()),
            servers: Some(http_client::Config { grants: Vec::new() }),
            limits,
            path: PATH.into(),
            is_alone: true,
        })
    }

    /// What the actor goes on from; `None` if it begins with `init`.
    pub(super) fn contents(&self, call: &Call) -> Result<Option<Contents>, CallError> {
        if let Some(file) = &call.state {
            let state = regular::read(file, self.limits.state);
            let state = state.map_err(|error| CallError::Read { file: file.clone(), error })?;
            return Ok(Some(Contents { state: Some(Bytes::from(state)), ..Contents::default() }));
        }
        match &call.data {
            Some(dir) => state::contents(dir, &self.name).map_err(CallError::Data),
            None => Ok(None),
        }
    }
}
