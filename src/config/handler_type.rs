//! The description of a type of handler, for reading manifests and for judging modules.

use crate::{
    features::{Feature, HAS_HANDLERS},
    interfaces::Interface,
};

/// A type of handler. Each handler's folder has a constant of this type.
#[derive(Debug, PartialEq, Eq)]
pub struct HandlerType {
    /// The value of `type` in a manifest.
    pub name: &'static str,
    /// An example of its `config`. The manifest's mistakes show it.
    pub example: &'static str,
    /// Whether it is a source of events. An actor without such a handler would never be called.
    pub brings_events: bool,
    /// The capabilities that an actor has only with a handler of this type.
    pub capabilities: &'static [Capability],
    /// The part of the program that it needs and that a build may leave out.
    pub feature: Option<&'static Feature>,
}

impl HandlerType {
    /// The part of the program that it needs, if this build does not have it.
    pub(crate) fn lacks(&self) -> Option<&'static Feature> {
        if HAS_HANDLERS {
            return None;
        }
        self.feature.filter(|feature| !feature.is_built)
    }

    /// What a call is told that needs a handler of this type.
    pub(crate) fn not_granted(&self) -> String {
        self.capabilities.first().map_or("", |capability| capability.advice).into()
    }

    /// Advice for a manifest that needs a handler of this type.
    pub fn advice(&self) -> String {
        format!("add a [[handlers]] table with type = \"{}\" and {}", self.name, self.example)
    }
}

/// Interfaces that an actor may import only with a handler of some type.
#[derive(Debug, PartialEq, Eq)]
pub struct Capability {
    /// What the actor may import with it.
    pub interfaces: &'static [&'static Interface],
    /// The problem, if `requires` names one of them and the handler is missing.
    pub missing: &'static str,
    /// The problem and the advice, if a module imports one of them and the handler is missing.
    pub advice: &'static str,
}
