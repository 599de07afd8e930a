//! What is called: a module, or what a manifest names.

use std::{mem, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use footlight_store::Contents;

use super::{CallError, options::Call, script::unread};
use crate::{
    actor::{Grants, Module},
    env::Env,
    files::Folders,
    host::Opened,
    http_client,
    limits::Limits,
    manifest::{Handler, Manifest, is_name},
    messages, mqtt, regular, state,
};

/// The name of an actor whose file's name can't be one.
const NAME: &str = "actor";
/// A run shows all lines of its log.
const LOG_RATE: usize = usize::MAX;
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
    /// Its environment.
    pub(super) env: Env,
    /// `None` if the manifest grants no files.
    pub(super) folders: Option<Arc<Folders>>,
    /// The servers that it may ask; `None` if the manifest allows none.
    pub(super) servers: Option<http_client::Config>,
    /// The actors that it may send to; `None` if it has no handler for messages.
    pub(super) receivers: Option<messages::Config>,
    /// Its brokers.
    pub(super) brokers: mqtt::Config,
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
        if !Manifest::is_module(path) {
            let manifest = Manifest::load(path);
            let manifest = manifest.map_err(|error| CallError::other(format_args!("{error}")))?;
            return Self::named_by(manifest);
        }
        let limits = Limits { log_rate: LOG_RATE, ..Limits::default() };
        let module = Module::load(path, &limits, Grants::ALL);
        let module =
            module.map_err(|error| CallError::other(format_args!("{}", error.of(path))))?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_name(stem));
        Ok(Self {
            name: stem.unwrap_or(NAME).into(),
            module,
            init_state: None,
            tick: None,
            env: Env::default(),
            folders: Some(Arc::default()),
            servers: Some(http_client::Config { grants: Vec::new() }),
            receivers: Some(messages::Config::default()),
            brokers: mqtt::Config { brokers: vec![mqtt::config::BrokerConfig::anything()] },
            limits,
            path: PATH.into(),
            is_alone: true,
        })
    }

    /// Opens what a manifest names.
    fn named_by(mut manifest: Manifest) -> Result<Self, CallError> {
        manifest.limits.log_rate = LOG_RATE;
        let opened = Opened::without_sources(&manifest).map_err(|not_opened| {
            let lines: Vec<_> = not_opened.errors.iter().map(ToString::to_string).collect();
            CallError::other(format_args!("{}", lines.join("\n")))
        })?;
        let (mut path, mut servers) = (None, None);
        for handler in &manifest.handlers {
            match handler {
                Handler::WebSocketServer(config) => {
                    path = config.listeners.first().map(|listener| listener.path.clone());
                }
                Handler::HttpClient(config) => servers = Some(config.clone()),
                Handler::Filesystem(_) | Handler::MessageServer(_) | Handler::Mqtt(_) => {}
            }
        }
        Ok(Self {
            folders: opened.folders(),
            module: opened.module,
            init_state: opened.init_state,
            name: mem::take(&mut manifest.name),
            tick: manifest.tick,
            env: mem::take(&mut manifest.env),
            servers,
            receivers: manifest.messages().cloned(),
            brokers: mqtt::Config { brokers: manifest.brokers().to_vec() },
            limits: mem::take(&mut manifest.limits),
            path: path.unwrap_or_else(|| PATH.into()),
            is_alone: false,
        })
    }

    /// What the actor goes on from; `None` if it begins with `init`.
    pub(super) fn contents(&self, call: &Call) -> Result<Option<Contents>, CallError> {
        if let Some(file) = &call.state {
            let state = regular::read(file, self.limits.state);
            let state = state.map_err(|error| unread(file, &error))?;
            return Ok(Some(Contents { state: Some(Bytes::from(state)), ..Contents::default() }));
        }
        match &call.data {
            Some(dir) => state::contents(dir, &self.name)
                .map_err(|error| CallError::other(format_args!("{error}"))),
            None => Ok(None),
        }
    }
}
