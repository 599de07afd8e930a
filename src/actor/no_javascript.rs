//! The place of `javascript` in builds without that feature: no script can run.

use std::{path::Path, sync::Arc};

use wasmi::{Instance, Store};

use super::{
    imports::Guest, inspect::Report, load_error::LoadError, module_hash::ModuleHash,
    translated::Translated,
};
use crate::{limits::Limits, script::ScriptError};

/// A script that the engine has loaded: there is none.
pub enum LoadedScript {}

/// A script can't be loaded.
///
/// # Errors
/// [`ScriptError::NoEngine`].
pub(super) fn load(_: &Path, _: &Limits) -> Result<(Arc<Translated>, LoadedScript), LoadError> {
    Err(LoadError::Script(Box::new(ScriptError::NoEngine)))
}

/// The same for the copy of a script, which is not known here.
pub(super) fn load_archived(
    _: &[u8],
    _: &Limits,
) -> Option<Result<(Arc<Translated>, LoadedScript), LoadError>> {
    None
}

impl LoadedScript {
    pub(super) fn hash(&self) -> ModuleHash {
        match *self {}
    }

    pub(crate) fn archive(&self) -> &[u8] {
        match *self {}
    }

    /// What its top level has logged.
    pub fn log(&self) -> &[String] {
        match *self {}
    }

    pub(super) fn restore(&self, _: &Instance, _: &mut Store<Guest>) -> Result<(), wasmi::Error> {
        match *self {}
    }

    pub(super) fn narrow(&self, _: &mut Report) {
        match *self {}
    }
}
